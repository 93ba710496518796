"""`gchat keys …`: rotate the master key, split it into officers' shares, check that it opens the appliance."""

from __future__ import annotations

import argparse
import asyncio
import sys

from appliance import config, wiring
from appliance.actions.key_switch import record_rotation
from appliance.cli.explain import print_error, retry_printer
from appliance.cli.local.stopped import open_services, operator
from appliance.cli.questions import ask
from appliance.config import Config
from appliance.evidence.note import Verifier
from appliance.locale import both
from appliance.log.notes import log_signer
from appliance.store.migrate import require_known
from appliance.vault import unlock
from appliance.vault.keyring import Keyring, rotate_master
from appliance.vault.master import MasterKey, MasterSource, NewMaster, confirm_shares, new_master_key
from appliance.vault.record import SourceKind


def show(arguments: argparse.Namespace) -> int:
    """Print the key that signs logs."""
    loaded = config.load(arguments.data.resolve())
    show_log_key(log_signer(loaded.agency, unlock.unlock_keys(loaded, ask)).verifier)
    return 0


def show_log_key(verifier: Verifier) -> None:
    """Print the key that courts check evidence with, and its fingerprint for paper, in Thai and English."""
    print(both("keys.evidence_key"))
    print(f"  {verifier.vkey}")
    print(both("keys.fingerprint_paper"))
    print(f"  {verifier.fingerprint}")


def rotate(arguments: argparse.Namespace) -> int:
    """Wrap every key under a new master key."""
    data = arguments.data.resolve()
    unlock.require_appliance(data)
    loaded = config.load(data)
    to = SourceKind(arguments.to or loaded.keys.source)
    with wiring.only_process(loaded, refused=wiring.SERVER_MUST_STOP):
        old = unlock.open_master(loaded, ask)
        keys = unlock.unlock_keys(loaded, ask, old)
        require_known(loaded.database, keys.database_key)
        made = new_master_key(MasterSource(to), data, ask, retry_printer())
        hand_out_shares(made)
        asyncio.run(_rotate_on_record(loaded, keys, old, made))
    if to != loaded.keys.source:
        print(f'gchat.toml: [keys] source = "{to}"')
    print(both("keys.master_key_was_rotated"))
    return 0


async def _rotate_on_record(loaded: Config, keys: Keyring, old: MasterKey, made: NewMaster) -> None:
    """Replace the master key; who did it is recorded before anything changes, and again when it is done."""
    async with open_services(loaded, keys) as s:
        await record_rotation(s, operator(), "begun", made.key.key_id, former=old.key_id, source=made.record.kind.value)
        rotate_master(loaded.data, old, made.key, made.record)
        await record_rotation(s, operator(), "done", made.key.key_id, former=old.key_id, source=made.record.kind.value)


def hand_out_shares(made: NewMaster) -> None:
    """Show new shares and have two of them typed back, before anything depends on them. Raises WrongKey, Invalid."""
    if made.shares is None:
        return

    print(both("keys.hand_out"), file=sys.stderr)
    for share in made.shares:
        print(share, flush=True)
    confirm_shares(made, ask, print_error)


def check(arguments: argparse.Namespace) -> int:
    """Open the keys and the database."""
    loaded = config.load(arguments.data.resolve())
    keys = unlock.unlock_keys(loaded, ask)
    require_known(loaded.database, keys.database_key)
    print(both("keys.check_good"))
    for purpose in keys.second:
        print(both("keys.switch_under_way_both", value=purpose.value))
    return 0
