"""How the administrator's commands reach the database: beside a server that may be running, or without one.

Each opens it, does one action as the API would, signs the audit log's head and ends; the server notices within a
second. Passwords are asked for, or read from standard input, never taken as arguments. Times are Thai time, Buddhist
years are understood.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import getpass
import os
import pwd
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from appliance.errors import Invalid
from appliance.rules.accounts import FORMULA_SIGNS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from appliance.config import Config
    from appliance.model import Millis
    from appliance.people_services import OfflineServices, PeopleServices
    from appliance.rules.roles import Actor
    from appliance.vault.keyring import Keyring

    Command = Callable[[OfflineServices, Actor, argparse.Namespace], Awaitable[int]]

BANGKOK: Final = timezone(timedelta(hours=7))
_BUDDHIST_OFFSET: Final = 543
LOGIN_UID: Final = Path("/proc/self/loginuid")
NO_LOGIN: Final = 2**32 - 1


def add_command(group: Any, name: str, what: str, run: Command) -> argparse.ArgumentParser:
    """Add a command that does one thing and say which."""
    command: argparse.ArgumentParser = group.add_parser(name, help=what)
    command.add_argument("--data", type=Path, default=Path("/var/lib/gchat"), help="the appliance's folder")
    command.set_defaults(run=lambda arguments: asyncio.run(_run(run, arguments)))
    return command


async def _run(command: Command, arguments: argparse.Namespace) -> int:
    from appliance.actions.audit import sign_checkpoint  # noqa: PLC0415 - commands import what they need when they run

    async with _services(arguments.data.resolve()) as s:
        try:
            return await command(s, operator(), arguments)
        finally:
            await sign_checkpoint(s)


def operator() -> Actor:
    """Return the operator who gives a command: the one way to name them, for every command."""
    from appliance.rules.roles import Actor  # noqa: PLC0415 - commands import what they need when they run

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
    from appliance import cli, config, unlocking  # noqa: PLC0415 - commands import what they need when they run

    loaded = config.load(data)
    async with open_services(loaded, unlocking.unlock_keys(loaded, cli.ask)) as s:
        yield s


@asynccontextmanager
async def open_services(loaded: Config, keys: Keyring) -> AsyncIterator[OfflineServices]:
    """Open an appliance whose keys are open already."""
    from appliance import wiring  # noqa: PLC0415 - commands import what they need when they run
    from appliance.identity import Identity  # noqa: PLC0415
    from appliance.people_services import OfflineServices  # noqa: PLC0415
    from appliance.store.db import open_store  # noqa: PLC0415

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


async def prove_person(s: PeopleServices, user: str) -> Actor:
    """Ask someone to prove who they are, by password and, where they use one, TOTP code. Raises Unauthenticated."""
    from appliance.actions.second_person import prove_second_person  # noqa: PLC0415 - commands import what they need when they run
    from appliance.rules.accounts import fold_user  # noqa: PLC0415

    password = ask_secret(f"รหัสผ่านของ {user} — password of {user}: ")
    account = next((account for account in s.identity.accounts() if account.user == fold_user(user)), None)
    code = ask_secret(f"รหัสยืนยันของ {user} — code of {user}: ") if account and account.totp else None
    return await prove_second_person(s, user, password, code)


async def prove_two(s: PeopleServices, by: str, second: str) -> tuple[Actor, Actor]:
    """Ask two people to prove who they are; the first acts, at the operator's shell, and both names go on record."""
    decides, agrees = await prove_person(s, by), await prove_person(s, second)
    return replace(decides, name=f"{decides.name} {operator().name}"), agrees


def read_text(path: Path) -> str:
    """Return the text of a file that an administrator wrote, in any encoding that directory files may have.

    Raises Invalid (`file_encoding`), OSError.
    """
    from appliance.rules.import_files import decode  # noqa: PLC0415 - commands import what they need when they run

    text = decode(path.read_bytes())
    if text is None:
        raise Invalid(code="file_encoding", file=str(path))
    return text


def ask_secret(prompt: str) -> str:
    """Return what is typed unseen, or the next line of standard input. Raises Cancelled."""
    from appliance import cli  # noqa: PLC0415 - commands import what they need when they run

    return cli.typed(getpass.getpass, prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


class safe_csv:  # noqa: N801 - used like the function csv.writer
    """Writes CSV whose cells no spreadsheet takes for a formula: an apostrophe is put before those it would."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\n")

    def writerow(self, cells: Iterable[object]) -> None:
        """Write a line."""
        self._writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*FORMULA_SIGNS, "\t", "\r")) else cell


def parse_time(text: str, *, last: bool = False) -> Millis:
    """Return the time that `YYYY-MM-DD`, `D/M/YYYY` or either with `THH:MM` means in Thailand.

    Buddhist years are understood. A day alone is its beginning, or, where it is the `last` day, its end, as `to` is in
    directory files. Raises Invalid (`import_date`).
    """
    from appliance.rules.import_files import DAY_MS, midnight, parse_date  # noqa: PLC0415 - commands import what they need when they run

    day, _, clock = text.partition("T")
    date = parse_date(day)
    try:
        at = datetime.strptime(clock or "00:00", "%H:%M").replace(tzinfo=BANGKOK).time()
    except ValueError:
        at = None
    if date is None or at is None:
        raise Invalid(text, code="import_date", value=text)
    if last and not clock:
        return midnight(date) + DAY_MS
    return midnight(date) + (at.hour * 60 + at.minute) * 60_000


def shown_end(at: Millis | None) -> str:
    """Return when something ends; midnight is the end of the day before (24:00, ISO 8601-1 §5.3.2.3)."""
    if at is None or datetime.fromtimestamp(at / 1000, BANGKOK).strftime("%H:%M") != "00:00":
        return shown(at)
    return f"{shown(at - 1).partition(' ')[0]} 24:00"


def shown(at: Millis | None) -> str:
    """Return a time as Thai people write it."""
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at / 1000, BANGKOK)
    return f"{local.day:02}/{local.month:02}/{local.year + _BUDDHIST_OFFSET} {local:%H:%M}"
