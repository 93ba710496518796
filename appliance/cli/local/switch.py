"""`gchat keys switch`: a new agency key, files key or log key in the place of the present one, in two phases."""

from __future__ import annotations

import argparse
import asyncio
from typing import Final

from appliance import config, wiring
from appliance.actions import key_switch
from appliance.cli.local.stopped import open_services, operator
from appliance.cli.questions import ask
from appliance.config import Config
from appliance.errors import Conflict
from appliance.locale import both
from appliance.log.notes import log_signer
from appliance.process import tls
from appliance.store import audit
from appliance.store.migrate import migrate
from appliance.vault import unlock
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterKey
from appliance.vault.record import Purpose
from appliance.vault.switching import begin_switch, finish_switch

PURPOSES: Final = {"log": Purpose.LOG_SIGNING, "agency": Purpose.AGENCY, "files": Purpose.FILES}


def run(arguments: argparse.Namespace) -> int:
    """Begin a switch, or finish it."""
    loaded = config.load(arguments.data.resolve())
    purpose = PURPOSES[arguments.key]
    with wiring.only_process(loaded, refused=wiring.SERVER_MUST_STOP):
        master = unlock.open_master(loaded, ask)
        keys = unlock.unlock_keys(loaded, ask, master)
        migrate(loaded.database, keys.database_key)
        asyncio.run((_finish if arguments.finish else _begin)(loaded, master, keys, purpose))
    return 0


async def _begin(loaded: Config, master: MasterKey, _keys: Keyring, purpose: Purpose) -> None:

    keys = begin_switch(loaded.data, master, purpose)
    async with open_services(loaded, keys) as s:
        await key_switch.record_begun(s, operator(), purpose)
        print(both("switch.begun"))
        if purpose is Purpose.LOG_SIGNING:
            async with s.store.read() as reader:
                newest = await reader.run(audit.list_newest, 1, target=key_switch.key_name(s, purpose))
            print(both("switch.publish"), key_switch.statement_of(newest[0]), sep="\n")


async def _finish(loaded: Config, master: MasterKey, keys: Keyring, purpose: Purpose) -> None:

    if purpose not in keys.second:
        raise Conflict(code="no_key_switch")
    async with open_services(loaded, keys) as s:
        await key_switch.finish(s, operator(), purpose)
        if purpose is Purpose.FILES:
            tls.reseal(loaded, keys)
    retired = log_signer(loaded.agency, keys).verifier.vkey if purpose is Purpose.LOG_SIGNING else None
    finish_switch(loaded.data, master, purpose, retired)
    print(both("switch.finished"))
