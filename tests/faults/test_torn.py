"""A write-ahead log torn at any byte, and pages of the database torn: what is whole is there, what is not is told.

How much of a torn log must be there is worked out from SQLite's file format (`wal.py`), not by the program under test.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.errors import AppError, Unavailable, WrongKey
from appliance.model import Draft, EntryType, Home, PersonId, RoomId, TextBody
from appliance.services import Services
from appliance.store.db import connect
from appliance.store.disk_errors import translate_disk_errors
from appliance.store.entries import between
from appliance.store.rooms import all_ids, load
from appliance.vault import unlock
from tests import torn
from tests.commands import carried_out
from tests.faults import proof, wal
from tests.faults.appliance import Appliance, clients, sign_in
from tests.faults.load import at_work
from tests.faults.team import ROOMS, assemble
from tests.waiting import PATIENCE_S, until

TEARS = int(os.environ.get("GCHAT_FAULT_TEARS", "4"))
PAGE = 4096


@pytest.fixture
async def killed(appliance: Callable[..., Appliance]) -> Appliance:
    """An appliance that was killed −9 with a few hundred transactions in its write-ahead log."""
    served = appliance()
    served.start()
    async with clients() as session:
        team = await assemble(session, served)
        async with at_work(team.workers):
            log = served.data / "gchat.db-wal"
            await until(lambda: log.exists() and wal.commits(log) > 60, "commits in the log")
    served.kill()
    assert wal.commits(served.data / "gchat.db-wal") > 50
    return served


def truncated(log: bytes, rng: random.Random) -> bytes:
    return log[: rng.randrange(len(log))]


def bit_flipped(log: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(log))
    return log[:at] + bytes((log[at] ^ 1 << rng.randrange(8),)) + log[at + 1 :]


def page_zeroed(log: bytes, rng: random.Random) -> bytes:
    size = wal.frame_size(log)
    at = wal.HEADER + size * rng.randrange((len(log) - wal.HEADER) // size) + wal.FRAME_HEADER
    return log[:at] + bytes(PAGE) + log[at + PAGE :]


def tail_overwritten(log: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(log))
    return log[:at] + rng.randbytes(len(log) - at)


TEARINGS = (truncated, bit_flipped, page_zeroed, tail_overwritten)


@pytest.mark.slow
async def test_a_torn_log_opens_with_everything_up_to_the_last_whole_commit(
    killed: Appliance, appliance: Callable[..., Appliance], rng: random.Random, tmp_path: Path
) -> None:
    whole = (killed.data / "gchat.db-wal").read_bytes()
    for number in range(TEARS):
        tearing = TEARINGS[number % len(TEARINGS)]
        torn = tearing(whole, rng)
        folder = shutil.copytree(killed.data, tmp_path / f"torn{number}", ignore=shutil.ignore_patterns("*.sock"))
        (folder / "gchat.db-shm").unlink(missing_ok=True)
        (folder / "gchat.db-wal").write_bytes(torn[: wal.intact(torn)])
        due = entries(folder)
        (folder / "gchat.db-wal").write_bytes(torn)
        served = appliance(folder)
        served.start()
        async with clients() as session:
            callers = {served.room(code): await sign_in(session, served, user) for code, user in ROOMS.items()}
            held = await proof.held(callers)
            proof.whole(held)
            assert {room: len(found) for room, found in held.items()} == {room: due[room] for room in held}, tearing
            await next(iter(callers.values())).say(served.room("dengue"), "ไปต่อ", "after-the-tear")
        served.stop()
        await proof.verified(folder, () if number else callers)
        shutil.rmtree(folder)


def entries(folder: Path) -> dict[str, int]:
    """Return how many entries each room has, in a copy that the appliance has not seen."""
    copy = shutil.copytree(folder, folder.with_name(f"{folder.name}-due"))
    loaded = config.load(copy)
    raw = connect(loaded.database, unlock.unlock_keys(loaded, wiring.no_terminal).database_key)
    counted = "SELECT r.id, (SELECT count(*) FROM entry e WHERE e.room = r.key) FROM room r"
    found: dict[str, int] = dict(raw.execute(counted).fetchall())
    raw.close()
    shutil.rmtree(copy)
    return found


def tear_page(data: Path, number: int, rng: random.Random) -> None:
    """Make a page of the database unreadable, as a dying disk does."""
    with (data / "gchat.db").open("r+b") as file:
        file.seek((number - 1) * PAGE + 512)
        file.write(rng.randbytes(512))


def leaf_of(data: Path, table: str) -> int:
    """Return the last page of a table: a leaf that holds rows."""
    loaded = config.load(data)
    raw = connect(loaded.database, unlock.unlock_keys(loaded, wiring.no_terminal).database_key)
    try:
        root = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    finally:
        raw.close()
    return int(root)


async def test_a_torn_page_needed_at_the_start_is_told(
    appliance: Callable[..., Appliance], data: Path, rng: random.Random
) -> None:
    """The process says what is wrong and ends; the supervisor says so too and does not start it for ever."""
    tear_page(data, leaf_of(data, "account"), rng)
    served = appliance(supervised=True)
    served.begin()
    assert served.process is not None
    code = await asyncio.to_thread(served.process.wait, PATIENCE_S)
    said = served.said()
    assert code == 1, said
    assert "The appliance cannot start" in said
    assert "เริ่มระบบไม่ได้" in said
    assert "(account)" in said
    assert "Traceback" not in said


@pytest.mark.slow
async def test_each_page_torn_in_turn_costs_what_lies_on_it(data: Path) -> None:
    """The appliance starts or says which table it cannot do without; a room refuses only what its own page refuses.

    All rooms are written to at once, so that their messages share batches.
    """
    loaded = config.load(data)
    key = unlock.unlock_keys(loaded, wiring.no_terminal).database_key
    pristine = loaded.database.read_bytes()
    with closing(connect(loaded.database, key)) as raw:
        owners = dict(raw.execute("SELECT id, owner FROM room WHERE closed = 0").fetchall())
    now = wiring.system_clock()
    named: set[str] = set()
    refused: set[str] = set()
    for number in torn.pages(pristine):
        torn.tear(loaded.database, pristine, number)
        try:
            async with wiring.services(loaded) as s:
                answers = await say_to_all(s, owners)
        except (WrongKey, Unavailable) as error:
            named |= tables_of(error)
            continue
        failed = {room for room, answer in answers.items() if answer is not None}
        assert {answers[room] for room in failed} <= {"storage_damaged"}, number
        able = {room for room in failed if torn.usable(loaded.database, key, room, owners[room], now)}
        assert not able, (number, able)
        refused |= failed
    assert named <= NEEDED_AT_START
    assert {"account", "person", "session", "setting", "sqlite_schema", "the first page"} <= named
    assert refused == owners.keys(), "each room lies on some page"


async def say_to_all(s: Services, owners: dict[str, str]) -> dict[str, str | None]:
    """Send to all rooms, and again to those that refused as long as fewer do; return each room's last answer.

    A page beside the torn one that is full refuses its rooms until what others write has made space in it.
    """
    answers: dict[str, str | None] = dict.fromkeys(owners, "unsent")
    before = len(owners) + 1
    while (waiting := [room for room, answer in answers.items() if answer is not None]) and len(waiting) < before:
        before = len(waiting)
        sent = await asyncio.gather(*(say(s, RoomId(room), owners[room]) for room in waiting))
        answers |= dict(zip(waiting, sent, strict=True))
    return answers


def tables_of(error: AppError) -> set[str]:
    """Return what the appliance said it cannot start without."""
    if isinstance(error, WrongKey):
        assert error.code == "database_closed"
        return {"the first page"}
    assert error.code == "storage_damaged_at_start"
    return set(str(error.detail["tables"]).split(", "))


NEEDED_AT_START = frozenset((
    "account", "person", "post", "post_holding", "role", "session", "setting", "sqlite_schema", "terms",
    "terms_acceptance", "the first page", "unit", "version",
))  # fmt: skip


async def say(s: Services, room: RoomId, owner: str) -> str | None:
    """Send a message; return the code it was refused with."""
    try:
        await s.log.append(
            Draft(room, s.log.home.principal(PersonId(owner)), EntryType.MESSAGE_TEXT, "torn", body=TextBody("ยังส่งได้"))
        )
    except AppError as error:
        return error.code
    return None


async def test_a_torn_page_of_messages_costs_those_messages_alone(
    appliance: Callable[..., Appliance], data: Path, rng: random.Random
) -> None:
    """They stand there as damaged; everything else goes on, and the damage has a name when rooms are verified."""
    served = appliance()
    served.start()
    async with clients() as session:
        suphawadi = await sign_in(session, served, "suphawadi.c")
        for number in range(60):
            # A few to a page, so that there are pages of this room alone.
            await suphawadi.say(served.room("dengue"), "รายงาน " * 100, f"before-the-damage-{number}")
    served.stop()
    tear_page(data, page_of_old_messages(data, served.room("dengue")), rng)
    served.start()
    async with clients() as session:
        suphawadi = await sign_in(session, served, "suphawadi.c")
        for number in range(6):
            found = await suphawadi.history(served.room("dengue"))
            assert [event["n"] for event in found] == list(range(len(found)))
            damaged = [event["n"] for event in found if event.get("hidden") == "damaged"]
            assert 0 < len(damaged) < 60
            assert sum("body" in event for event in found) >= 60 - len(damaged)
            assert await suphawadi.history(served.room("p09"))
            assert (await suphawadi.say(served.room("p09"), "ห้องอื่นยังใช้ได้", f"beside-the-damage-{number}"))["n"]
        assert (await suphawadi.say(served.room("dengue"), "ห้องนี้ยังส่งได้", "after-the-damage"))["n"]
    served.stop()
    done = await asyncio.to_thread(carried_out, "room", "verify", "--data", data)
    assert done.code == 1
    assert served.room("dengue") in done.err
    assert "damaged" in done.err
    assert "Traceback" not in done.err


def test_room_verify_names_the_rooms_on_a_torn_page_of_rooms(data: Path, rng: random.Random) -> None:
    """The names are read from the index; no room is passed over in silence."""
    loaded = config.load(data)
    key = unlock.unlock_keys(loaded, wiring.no_terminal).database_key
    with closing(connect(loaded.database, key)) as raw:
        made = all_ids(raw)
    tear_page(data, leaf_of(data, "room"), rng)
    done = carried_out("room", "verify", "--data", data)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert made
    assert all(room in done.err for room in made), done.err


def page_of_old_messages(data: Path, room: str) -> int:
    """Return a page that holds entries of a room, but not its newest nor any of another: torn in a copy, one by one."""
    copy = shutil.copytree(data, data.with_name("searched"))
    loaded = config.load(copy)
    key = unlock.unlock_keys(loaded, wiring.no_terminal).database_key
    pristine = loaded.database.read_bytes()
    with closing(connect(loaded.database, key)) as raw:
        found = {one: load(raw, one, Home(loaded.agency.slug)) for one in all_ids(raw)}
    sizes = {row.key: row.size for row in found.values() if row}
    damaged = next(row.key for one, row in found.items() if row and one == room)

    def readable(number: int, first: int = 0) -> bool:
        try:
            with closing(connect(loaded.database, key)) as raw, translate_disk_errors(loaded.database):
                return bool(between(raw, number, first, sizes[number] - 1))
        except AppError:
            return False

    try:
        for number in range(len(pristine) // PAGE, 1, -1):
            torn = pristine[: (number - 1) * PAGE] + bytes(PAGE) + pristine[number * PAGE :]
            loaded.database.write_bytes(torn)
            if (
                not readable(damaged)
                and readable(damaged, sizes[damaged] - 1)
                and all(map(readable, sizes.keys() - {damaged}))
            ):
                return number
    finally:
        shutil.rmtree(copy)
    raise AssertionError("no page is this room's alone")
