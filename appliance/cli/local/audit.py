"""`gchat audit …`: the audit log."""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode

from appliance.actions.audit import verify_audit
from appliance.cli.local.formats import shown
from appliance.log.recorded_heads import head_lines, root_over
from appliance.people_services import OfflineServices
from appliance.rules.roles import Actor
from appliance.store import audit, recorded_heads


async def list_newest(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    """Print the newest records."""
    async with s.store.read() as reader:
        records = await audit.list_newest(reader, arguments.limit, target=arguments.target)
    for item in reversed(records):
        detail = item.detail if item.detail is not None else "–"
        print(f"{item.n}\t{shown(item.at)}\t{item.actor}\t{item.action}\t{item.target}\t{item.outcome}\t{detail}")
    return 0


async def heads(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Print the recorded heads of rooms."""
    async with s.store.read() as reader:
        heads = await reader.run(recorded_heads.list_all)
    for line in head_lines(heads):
        print(line)
    print(f"{len(heads)} ห้อง — rooms · {b64encode(root_over(heads)).decode()}", file=sys.stderr)
    return 0


async def verify(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Compute the log again."""
    found = await verify_audit(s)
    for fault in found.faults:
        print(fault, file=sys.stderr)
    print(json.dumps({"records": found.records, "checkpoints": found.checkpoints, "faults": len(found.faults)}))
    return 1 if found.faults else 0
