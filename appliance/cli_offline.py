"""How the administrator's commands reach the database: beside a server that may be running, or without one.

Each opens it, does one action as the API would, signs the audit log's head and ends; the server notices within a
second. Passwords are asked for, or read from standard input, never taken as arguments. Times are Thai time, Buddhist
years are understood.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from appliance.model import Millis
    from appliance.people_services import OfflineServices
    from appliance.rules.roles import Actor

    Command = Callable[[OfflineServices, Actor, argparse.Namespace], Awaitable[int]]

BANGKOK: Final = timezone(timedelta(hours=7))
_BUDDHIST_OFFSET: Final = 543


def add_command(group: Any, name: str, what: str, run: Command) -> argparse.ArgumentParser:
    """Add a command that does one thing and say which."""
    command: argparse.ArgumentParser = group.add_parser(name, help=what)
    command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"), help="the appliance's folder")
    command.set_defaults(run=lambda arguments: asyncio.run(_run(run, arguments)))
    return command


async def _run(command: Command, arguments: argparse.Namespace) -> int:
    from appliance.actions.audit import sign_checkpoint  # noqa: PLC0415 - commands import what they need when they run
    from appliance.rules.roles import Actor  # noqa: PLC0415

    async with _services(arguments.data.resolve()) as s:
        code = await command(s, Actor.operator(getpass.getuser()), arguments)
        await sign_checkpoint(s)
        return code


@asynccontextmanager
async def _services(data: Path) -> AsyncIterator[OfflineServices]:
    """Open what actions about people need, beside a running server or without one."""
    from appliance import cli, config, unlocking, wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.identity import Identity  # noqa: PLC0415
    from appliance.people_services import OfflineServices  # noqa: PLC0415
    from appliance.store.db import open_store  # noqa: PLC0415

    loaded = config.load(data)
    keys = unlocking.unlock_keys(loaded, cli.ask)
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


def ask_secret(prompt: str) -> str:
    """Return what is typed unseen, or the next line of standard input."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def moment(text: str) -> Millis:
    """Return the time that `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM` means in Thailand; Buddhist years are understood."""
    from appliance.rules.import_files import midnight, parse_date  # noqa: PLC0415 - commands import what they need when they run

    day, _, clock = text.partition("T")
    date = parse_date(day)
    try:
        at = datetime.strptime(clock or "00:00", "%H:%M").replace(tzinfo=BANGKOK).time()
    except ValueError:
        at = None
    if date is None or at is None:
        raise Invalid(text, code="import_date", value=text)
    return midnight(date) + (at.hour * 60 + at.minute) * 60_000


def shown(at: Millis | None) -> str:
    """Return a time as Thai people write it."""
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at / 1000, BANGKOK)
    return f"{local.day:02}/{local.month:02}/{local.year + _BUDDHIST_OFFSET} {local:%H:%M}"
