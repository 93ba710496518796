"""How the administrator's commands reach the database: beside a server that may be running, or without one.

Each opens it, does one action as the API would, signs the audit log's head and ends; the server notices within a
second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from appliance import config, wiring
from appliance.actions.audit import sign_checkpoint
from appliance.cli.late import load
from appliance.cli.questions import ask
from appliance.config import Config
from appliance.identity import Identity
from appliance.people_services import OfflineServices
from appliance.rules.roles import Actor
from appliance.store.db import open_store
from appliance.vault import unlock
from appliance.vault.keyring import Keyring

Command = Callable[[OfflineServices, Actor, argparse.Namespace], Awaitable[int]]
LOGIN_UID: Final = Path("/proc/self/loginuid")
NO_LOGIN: Final = 2**32 - 1


def run(arguments: argparse.Namespace) -> int:
    """Carry out the command that the grammar named."""
    return asyncio.run(_run(load(arguments.command), arguments))


async def _run(command: Command, arguments: argparse.Namespace) -> int:

    async with _services(arguments.data.resolve()) as s:
        try:
            return await command(s, operator(), arguments)
        finally:
            await sign_checkpoint(s)


def operator() -> Actor:
    """Return the operator who gives a command: the one way to name them, for every command."""
    return Actor.operator(operator_name())


def operator_name() -> str:
    """Return who types: the system account of the process and, where known, of the login it came from.

    Both are the kernel's word (`/proc/self/loginuid` survives `sudo` and `su`), never the environment's.
    """
    uid = login = os.getuid()
    with suppress(OSError, ValueError):
        login = int(LOGIN_UID.read_text(encoding="ascii"))
    return _account(uid) if login in (NO_LOGIN, uid) else f"{_account(uid)} login={_account(login)}"


def _account(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name}({uid})"
    except KeyError:
        return f"({uid})"


@asynccontextmanager
async def _services(data: Path) -> AsyncIterator[OfflineServices]:
    """Open what actions about people need, beside a running server or without one."""
    loaded = config.load(data)
    async with open_services(loaded, unlock.unlock_keys(loaded, ask)) as s:
        yield s


@asynccontextmanager
async def open_services(loaded: Config, keys: Keyring) -> AsyncIterator[OfflineServices]:
    """Open an appliance whose keys are open already."""
    wiring.migrate_beside_server(loaded, keys.database_key)
    store = await open_store(loaded.database, keys.database_key, readers=1)
    try:
        identity = await Identity.load(
            store, pepper=keys.session_pepper, policies=loaded.policies, now=wiring.system_clock()
        )
        try:
            yield OfflineServices(
                config=loaded,
                clock=wiring.system_clock,
                new_id=wiring.random_id,
                new_token=wiring.random_token,
                keys=keys,
                store=store,
                identity=identity,
            )
        finally:
            identity.close()
    finally:
        await store.close()
