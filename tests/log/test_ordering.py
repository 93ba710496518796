"""One person's messages in one room stay in the order given, whatever of them is refused for now and given again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import AppError, Forbidden, Unavailable, passes
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.ordering import with_those_behind
from appliance.model import Appended, Deny, Draft, EntryType, PersonId, RoomId
from appliance.model import TextBody as Body
from appliance.reads.messages import load_messages
from appliance.rules.entry_states import TextSaid
from appliance.store import batch as batches
from appliance.wire.messages import MessagesQuery
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, principal
from tests.waiting import PATIENCE_S

NAMES = ("a", "b", "c", "d", "e", "f")


def disk_fails() -> Exception:
    error: Exception = sqlcipher.OperationalError("disk I/O error")
    return error


def page_refuses() -> Exception:
    return MemoryError()


def command(name: str, who: PersonId = NARIN, room: str = "r_1") -> Command:
    return Command((Draft(RoomId(room), principal(who), EntryType.MESSAGE_TEXT, name),), lambda _: None)


@pytest.mark.parametrize(
    ("error", "room", "refused"),
    [
        (Unavailable("busy", code="busy"), "r_1", [1, 4, 5]),
        (Forbidden(Deny.NOT_A_MEMBER), "r_1", [1]),
        (Unavailable("busy", code="busy"), THIS_ROOM, [1]),
    ],
    ids=["passes", "stays", "new rooms"],
)
def test_what_stands_behind_a_refusal_that_passes_is_refused_with_it(
    error: AppError, room: str, refused: list[int]
) -> None:
    """Not what stands before it, nor by another person, nor in another room; commands that make rooms have no order."""
    given = [
        command("before", room=room), command("fails", room=room), command("by another", MALEE, room),
        command("elsewhere", room="r_2"), command("behind", room=room), command("last", room=room),
    ]  # fmt: skip
    found = with_those_behind(given, {id(given[1]): error})
    assert [number for number, one in enumerate(given) if id(one) in found] == refused
    assert set(found.values()) == {error}
    assert with_those_behind(given, {}) == {}


class Sender:
    """Gives messages to the log without waiting, and each refused one again, in order, as clients do."""

    def __init__(self, b: Bureau, who: PersonId, room: RoomId) -> None:
        self._b, self._who, self._room = b, who, room
        self.results: dict[str, Appended | AppError] = {}
        self._news = asyncio.Event()
        self.tries = 0

    def give(self, *names: str) -> None:
        for name in names:
            draft = Draft(self._room, principal(self._who), EntryType.MESSAGE_TEXT, name, body=Body(name))
            self._b.s.log.submit(Command((draft,), self._noting(name)))

    async def give_until_kept(self, *names: str) -> None:
        waiting = list(names)
        while waiting:
            self.tries += 1
            assert self.tries < 20
            self.results.clear()
            self.give(*waiting)
            await self.answered(waiting)
            refused = [name for name in waiting if isinstance(self.results[name], AppError)]
            assert all(passes(error) for error in self.results.values() if isinstance(error, AppError))
            waiting = refused

    async def answered(self, names: list[str]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.results.keys() >= set(names):
                self._news.clear()
                await self._news.wait()

    def _noting(self, name: str) -> Callable[[list[Appended] | AppError], None]:
        def done(result: list[Appended] | AppError) -> None:
            self.results[name] = result if isinstance(result, AppError) else result[0]
            self._news.set()

        return done


async def texts(b: Bureau, room: RoomId, who: PersonId) -> list[str]:
    page = await load_messages(b.s, who, room, MessagesQuery(after=0, limit=200))
    return [event.body.text for event in page.messages if getattr(event, "body", None) and event.sender == who]


@pytest.mark.parametrize("trouble", [disk_fails, page_refuses])
@pytest.mark.parametrize("times", range(1, 7))
async def test_a_disk_that_fails_for_a_while_does_not_change_the_order(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], Exception], times: int
) -> None:
    """The first attempts to write fail, those after them do not: none of a person's messages overtakes another."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    real, failed = batches.write, 0

    def write(raw: sqlcipher.Connection, batch: batches.Batch) -> None:
        nonlocal failed
        if batch.entries and failed < times:
            failed += 1
            raise trouble()
        real(raw, batch)

    monkeypatch.setattr(batches, "write", write)
    people = (NARIN, MALEE, SOMCHAI)
    await asyncio.gather(*(Sender(bureau, who, room).give_until_kept(*NAMES) for who in people))
    assert failed == times
    for who in people:
        assert await texts(bureau, room, who) == list(NAMES)


async def test_a_failing_disk_is_not_asked_once_for_each_message(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    attempts = 0

    def write(_raw: sqlcipher.Connection, batch: batches.Batch) -> None:
        nonlocal attempts
        attempts += bool(batch.entries)
        raise disk_fails()

    monkeypatch.setattr(batches, "write", write)
    sender = Sender(bureau, NARIN, room)
    sender.give(*NAMES)
    await sender.answered(list(NAMES))
    assert {result.code for result in sender.results.values() if isinstance(result, AppError)} == {"storage_failed"}
    assert attempts == 1


async def test_what_waits_behind_a_refused_message_is_refused_with_it(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given while the batch before is being written: its sender cannot know yet. Other rooms and people go on."""
    room, other = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
    narin, malee, elsewhere = Sender(bureau, NARIN, room), Sender(bureau, MALEE, room), Sender(bureau, NARIN, other)
    real, loop, failed = batches.write, asyncio.get_running_loop(), asyncio.Event()
    begun = False

    def give_more() -> None:
        narin.give("b")
        malee.give("c")
        elsewhere.give("d")
        failed.set()

    def write(raw: sqlcipher.Connection, batch: batches.Batch) -> None:
        nonlocal begun
        if batch.entries and not begun:
            begun = True
            asyncio.run_coroutine_threadsafe(_call(give_more), loop).result(PATIENCE_S)
            raise disk_fails()
        real(raw, batch)

    monkeypatch.setattr(batches, "write", write)
    narin.give("a")
    await failed.wait()
    await asyncio.gather(narin.answered(["a", "b"]), malee.answered(["c"]), elsewhere.answered(["d"]))
    assert [getattr(narin.results[name], "code", None) for name in ("a", "b")] == ["storage_failed"] * 2
    assert isinstance(malee.results["c"], Appended)
    assert isinstance(elsewhere.results["d"], Appended)
    await narin.give_until_kept("a", "b")
    assert await texts(bureau, room, NARIN) == ["a", "b"]


async def _call(function: Callable[[], None]) -> None:
    function()


async def test_a_message_refused_for_good_holds_up_none_behind_it(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sender = Sender(bureau, NARIN, room)
    bad = Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, "bad", body=Body("ดี"), state=TextSaid(reply_to=0))
    results: list[object] = []
    bureau.s.log.submit(Command((bad,), results.append))
    sender.give("a")
    await sender.answered(["a"])
    assert isinstance(results[0], AppError)
    assert isinstance(sender.results["a"], Appended)
