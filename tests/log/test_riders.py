"""Rows that commit with a command: both or neither, and a rider's fault stays that of its own command."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.actions import rooms
from appliance.actions.audit_records import recording
from appliance.errors import AppError, Conflict, Unavailable
from appliance.log.riders import RiderTx
from appliance.model import AccountState, Draft, EntryType, RoomId
from appliance.model import TextBody as Body
from appliance.people import Grant
from appliance.reads.messages import load_messages
from appliance.reads.rooms import load_rooms
from appliance.reads.sync import load_sync
from appliance.rules.roles import Actor
from appliance.store import audit
from appliance.wire.messages import MessagesQuery
from tests.bureau import ADMIN, HEAD, HOME, MALEE, NARIN, SOMCHAI, Bureau, open_bureau, principal

PATIENCE_S = 60


def text(room: RoomId, words: str) -> Draft:
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, words, body=Body(words))


async def texts(b: Bureau, room: RoomId) -> list[str]:
    page = await load_messages(b.s, NARIN, room, MessagesQuery(after=0, limit=200))
    return [event.body.text for event in page.messages if getattr(event, "body", None)]


async def recorded(b: Bureau) -> list[tuple[str, str]]:
    """Return (action, target) of every record of the audit log that a test's rider wrote."""
    async with b.s.store.read() as reader:
        return [(row.action, row.target) for row in await reader.run(audit.list_from, 0, 500) if row.actor == "test"]


def fail(_: RiderTx) -> None:
    raise Conflict(field="outcome")


def break_down(_: RiderTx) -> None:
    raise ZeroDivisionError


def break_a_rule(tx: RiderTx) -> None:
    tx.rows.run("INSERT INTO audit SELECT * FROM audit")


FAULTS = {"fail": (fail, "conflict"), "break": (break_down, "internal"), "rule": (break_a_rule, "internal")}
KINDS = st.sampled_from(["none", "sound", "sound", *FAULTS])


async def test_what_rides_along_is_written_and_published_with_the_entry(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE)
    heard = list[int]()
    bureau.s.log.feed.followers.append(lambda committed: heard.append(committed.pos))
    since = bureau.s.log.feed.pos

    def ride(tx: RiderTx) -> None:
        recording("test", "ride", str(tx.appended[0].n))(tx)
        tx.announce("room.left", {}, room=room)
        tx.announce("requests.seen", {}, room=room, person=MALEE)

    [sent] = await bureau.s.log.append(text(room, "ก"), riders=(ride,))
    assert await recorded(bureau) == [("ride", str(sent.n))]
    assert heard == [sent.pos, sent.pos + 1, sent.pos + 2]
    after = await bureau.say(NARIN, room)
    mine = (await load_sync(bureau.s, MALEE, since, 100)).events
    assert [event.type for event in mine] == ["message.text", "room.left", "requests.seen", "message.text"]
    assert (mine[0].n, mine[3].n) == (sent.n, after.n)
    others = (await load_sync(bureau.s, NARIN, since, 100)).events
    assert [event.type for event in others] == ["message.text", "room.left", "message.text"]


async def test_a_repeat_takes_nothing_along(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE)
    both = [bureau.s.log.append(text(room, "ก"), riders=(recording("test", "ride", room),)) for _ in range(2)]
    first, second = await asyncio.gather(*both)
    [third] = await bureau.s.log.append(text(room, "ก"), riders=(fail,))
    assert first == second == [third]
    assert await recorded(bureau) == [("ride", room)]


async def test_the_second_of_two_sees_what_the_first_one_wrote(bureau: Bureau) -> None:
    """As two answers to one request in one batch: one holds, and the other refuses its own command."""
    room = await bureau.group(NARIN, MALEE)

    def once(tx: RiderTx) -> None:
        if audit.find_last(tx.rows, "ride", room):
            raise Conflict(field="outcome")
        recording("test", "ride", room)(tx)

    both = (bureau.s.log.append(text(room, words), riders=(once,)) for words in "กข")
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(first, list)
    assert isinstance(second, Conflict)
    assert await texts(bureau, room) == ["ก"]
    assert await recorded(bureau) == [("ride", room)]


async def test_rows_of_one_that_failed_are_not_there_for_the_next(bureau: Bureau) -> None:
    """As two answers to one request in one batch: what the refused one wrote does not refuse the other."""
    room = await bureau.group(NARIN, MALEE)
    ride = recording("test", "ride", room)

    def once(tx: RiderTx) -> None:
        if audit.find_last(tx.rows, "ride", room):
            raise Conflict(field="outcome")
        ride(tx)

    riders = {"ก": (ride, fail), "ข": (once,)}
    both = (bureau.s.log.append(text(room, words), riders=riding) for words, riding in riders.items())
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(first, Conflict)
    assert isinstance(second, list)
    assert await texts(bureau, room) == ["ข"]
    assert await recorded(bureau) == [("ride", room)]


@settings(max_examples=15)
@given(st.lists(st.tuples(KINDS, st.integers(0, 1)), min_size=2, max_size=16))
def test_a_rider_that_fails_refuses_its_own_command_alone(script: list[tuple[str, int]]) -> None:
    async def send(b: Bureau, room: RoomId, number: int, kind: str) -> str:
        riders = [] if kind == "none" else [recording("test", "ride", str(number))]
        riders += [FAULTS[kind][0]] if kind in FAULTS else []
        try:
            await b.s.log.append(text(room, str(number)), riders=riders)
        except AppError as error:
            return error.code
        return "done"

    async def run(folder: Path) -> None:
        async with open_bureau(folder) as b:
            both = [await b.group(NARIN, MALEE) for _ in range(2)]
            found = await asyncio.gather(*(send(b, both[at], n, kind) for n, (kind, at) in enumerate(script)))
            assert found == [FAULTS[kind][1] if kind in FAULTS else "done" for kind, _ in script]
            assert sorted(await recorded(b)) == sorted(
                ("ride", str(n)) for n, (kind, _) in enumerate(script) if kind == "sound"
            )
        async with open_bureau(folder) as b:
            for which, room in enumerate(both):
                wanted = [str(n) for n, (kind, at) in enumerate(script) if at == which and kind not in FAULTS]
                assert await texts(b, room) == wanted

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def test_a_rider_that_says_it_was_cancelled_has_failed_and_the_writer_goes_on(bureau: Bureau) -> None:
    def cancelled(_: RiderTx) -> None:
        raise asyncio.CancelledError

    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(AppError, match="internal"):
            await bureau.s.log.append(text(room, "ก"), riders=(cancelled,))
        await bureau.s.log.append(text(room, "ข"))
    assert await texts(bureau, room) == ["ข"]


class TestChangesWithoutAnEntry:
    async def test_one_that_fails_leaves_neither_rows_nor_a_gap_in_the_feed(self, bureau: Bureau) -> None:
        await bureau.group(NARIN, MALEE)
        pos = bureau.s.log.feed.pos

        def announce_and_fail(tx: RiderTx) -> None:
            tx.announce("requests.seen", {}, person=MALEE)
            raise Conflict(field="outcome")

        with pytest.raises(Conflict):
            await bureau.s.log.change(announce_and_fail)
        assert bureau.s.log.feed.pos == pos
        await bureau.s.log.change(lambda tx: tx.announce("requests.seen", {}, person=MALEE))
        page = await load_sync(bureau.s, MALEE, pos, 9)
        assert ([event.type for event in page.events], page.pos) == (["requests.seen"], pos + 1)

    async def test_it_is_published_though_its_caller_went_away(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE)
        published = asyncio.Event()
        bureau.s.log.feed.followers.append(lambda _: published.set())
        task = asyncio.create_task(bureau.s.log.change(lambda tx: tx.announce("room.left", {}, room=room)))
        async with bureau.s.store.exclusive():
            await asyncio.sleep(0)
            task.cancel()
        async with asyncio.timeout(PATIENCE_S):
            await published.wait()
        await bureau.say(NARIN, room)


class TestAuditWithTheChange:
    """Injected: the record cannot be written. Nothing of the change is there either, and the next attempt does both."""

    @pytest.fixture
    def unwritable(self, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        def torn(*_: object, **__: object) -> int:
            raise Unavailable("torn", code="storage_damaged")

        monkeypatch.setattr(audit, "append", torn)
        return monkeypatch

    async def test_a_room_is_not_reassigned_without_its_record(
        self, bureau: Bureau, unwritable: pytest.MonkeyPatch
    ) -> None:
        by, second = (Actor(who, who, (Grant("agency_admin"),)) for who in (ADMIN, HEAD))
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.set_state(NARIN, AccountState.REVOKED)
        with pytest.raises(Unavailable):
            await rooms.reassign_room(bureau.s, by, room, MALEE, "เกษียณ", second)
        assert (await bureau.s.log.head(room)).state.owner == principal(NARIN)
        unwritable.undo()
        await rooms.reassign_room(bureau.s, by, room, MALEE, "เกษียณ", second)
        assert (await bureau.s.log.head(room)).state.owner == principal(MALEE)

    async def test_a_room_is_not_ended_without_its_record(self, bureau: Bureau, unwritable: pytest.MonkeyPatch) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        with pytest.raises(Unavailable):
            await rooms.end_room(bureau.s, "operator:root", room, "ห้องก่อกวน")
        assert set(map(HOME.person, (await bureau.s.log.head(room)).state.members)) == {NARIN, MALEE, SOMCHAI}
        unwritable.undo()
        await rooms.end_room(bureau.s, "operator:root", room, "ห้องก่อกวน")
        assert set(map(HOME.person, (await bureau.s.log.head(room)).state.members)) == {NARIN}


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from appliance.actions.audit_records import recording
from tests.bureau import MALEE, NARIN, open_bureau
from tests.log.test_riders import text

def die(_): os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_bureau(Path(sys.argv[1])) as b:
        room = await b.group(NARIN, MALEE)
        await b.s.log.append(text(room, "ก"), riders=(recording("test", "ride", "1"),))
        await b.s.log.append(text(room, "ข"), riders=(recording("test", "ride", "2"), *([die] * (sys.argv[2] == "in"))))
        die(None)

asyncio.run(main())
"""


@pytest.mark.parametrize(("where", "left"), [("in", 1), ("after", 2)])
async def test_a_process_that_is_killed_leaves_both_or_neither(tmp_path: Path, where: str, left: int) -> None:
    code = await asyncio.to_thread(
        subprocess.call, [sys.executable, "-c", KILLED, str(tmp_path), where], timeout=PATIENCE_S
    )
    assert code == -signal.SIGKILL
    async with open_bureau(tmp_path) as b:
        [room] = (await load_rooms(b.s, NARIN)).rooms
        assert await texts(b, RoomId(room.id)) == ["ก", "ข"][:left]
        assert await recorded(b) == [("ride", "1"), ("ride", "2")][:left]
