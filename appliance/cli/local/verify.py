"""`gchat room verify`: reads the database beside a server that may be running, and changes nothing."""

from __future__ import annotations

import argparse
import sys

from appliance import config
from appliance.cli.questions import ask
from appliance.locale import both
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check
from appliance.log.notes import log_verifiers
from appliance.log.verification import LogFiles, verify_rooms
from appliance.model import RoomId
from appliance.store.migrate import require_current
from appliance.vault import unlock


def run(arguments: argparse.Namespace) -> int:
    """Compare what is stored with what was signed and recorded."""
    loaded = config.load(arguments.data.resolve())
    keys = unlock.unlock_keys(loaded, ask)
    require_current(loaded.database, keys.database_key)
    verifier, *former = log_verifiers(loaded.agency, keys)
    check = Check(verifier, Bodies(keys), former=tuple(former))
    asked = [RoomId(arguments.room)] if arguments.room else []
    found = verify_rooms(LogFiles(loaded.database, keys.database_key, loaded.heads_file), check, asked)
    for fault in found.faults:
        print(fault, file=sys.stderr)
    print(both("verify.rooms_verified", faulty=found.rooms - len(found.faulty), rooms=found.rooms))
    print(both("verify.no_evidence_read_receipts"))
    return 1 if found.faults else 0
