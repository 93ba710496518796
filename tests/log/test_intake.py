"""The way in to the writer by values: what is counted, what is refused at once, what goes out together."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from appliance.config import Limits
from appliance.errors import AppError, StorageFull, TooMany, Unavailable
from appliance.limits import Entries
from appliance.log import intake as module
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.heads import Heads
from appliance.log.intake import Intake
from appliance.model import Appended, Draft, EntryType, Principal, RoomId
from appliance.model import TextBody as Body
from tests.bureau import HOME, MALEE, NARIN, UNLIMITED, principal
from tests.waiting import PATIENCE_S

ROOM, WRITER = RoomId("r_1"), principal(NARIN)
Result = list[Appended] | AppError


def frozen() -> float:
    return 0.0


def intake(limits: Limits = UNLIMITED) -> Intake:
    return Intake(HOME, Entries(limits, frozen), Heads())


class Answers(dict[str, Result]):
    """What the callers of commands were told, by `txn_id`."""

    def command(self, txn_id: str, who: Principal = WRITER, room: RoomId = ROOM) -> Command:
        return Command(
            (Draft(room, who, EntryType.MESSAGE_TEXT, txn_id, body=Body("ก")),),
            lambda result: self.update({txn_id: result}),
        )

    def codes(self) -> dict[str, str]:
        return {name: found.code for name, found in self.items() if isinstance(found, AppError)}


async def taken(of: Intake) -> list[str | None]:
    async with asyncio.timeout(PATIENCE_S):
        return [command.drafts[0].txn_id for command in await of.next_batch()]


async def test_a_batch_takes_what_waits_and_what_is_just_arriving() -> None:
    of, told = intake(), Answers()
    batch = asyncio.create_task(taken(of))
    await asyncio.sleep(0)
    of.put(told.command("a"))
    await asyncio.sleep(0)
    of.put(told.command("b"))
    assert await batch == ["a", "b"]
    assert not told


async def test_what_was_put_back_comes_first() -> None:
    of, told = intake(), Answers()
    of.put(told.command("b"))
    of.put_back([told.command("a")])
    assert await taken(of) == ["a", "b"]


async def test_once_closed_what_waits_is_given_out_and_nothing_more_comes_in() -> None:
    of, told = intake(), Answers()
    of.put(told.command("before"))
    of.close()
    of.put(told.command("after"))
    assert await taken(of) == ["before"]
    assert await taken(of) == []
    assert told.codes() == {"after": "busy"}


async def test_closing_ends_the_wait() -> None:
    of = intake()
    batch = asyncio.create_task(taken(of))
    await asyncio.sleep(0)
    of.close()
    assert await batch == []


def test_where_nothing_can_be_written_each_command_hears_it_alone() -> None:
    """Each gets an error of its own: a shared one would collect the tracebacks of all who raise it."""
    of, told = intake(), Answers()
    of.check_writable()
    of.refuse_all(StorageFull())
    for txn_id in ("a", "b"):
        of.put(told.command(txn_id))
    assert told.codes() == {"a": "storage_full", "b": "storage_full"}
    assert told["a"] is not told["b"]
    for check in (of.check, of.check_writable):
        with pytest.raises(StorageFull):
            check()


def test_a_full_queue_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    of, told = intake(), Answers()
    for txn_id in ("a", "b", "c"):
        of.put(told.command(txn_id))
    assert told.codes() == {"c": "busy"}
    with pytest.raises(Unavailable):
        of.check()


def test_what_a_person_appends_is_counted_whichever_way_it_comes() -> None:
    of, told = intake(Limits(user_entries_burst=3)), Answers()
    of.check_share(NARIN)
    of.take_share(NARIN)
    for txn_id in ("a", "b", "c"):
        of.put(told.command(txn_id))
    of.put(told.command("other", principal(MALEE)))
    of.put(told.command("system", HOME.system))
    assert told.codes() == {"c": "too_many_requests"}
    for share in (of.check_share, of.take_share):
        with pytest.raises(TooMany):
            share(NARIN)


def test_who_makes_too_many_rooms_is_refused() -> None:
    of, told = intake(Limits(user_rooms_hour=1)), Answers()
    for txn_id in ("a", "b"):
        of.put(told.command(txn_id, room=THIS_ROOM))
    assert told.codes() == {"b": "too_many_rooms"}


async def test_what_cannot_be_compared_fails_alone() -> None:
    of, told = intake(), Answers()
    unhashable = cast("str", ["t"])
    heard: list[Result] = []
    of.put(Command((Draft(ROOM, principal(NARIN), EntryType.MESSAGE_TEXT, unhashable),), heard.append))
    of.put(told.command("a"))
    assert [result.code for result in heard if isinstance(result, AppError)] == ["internal"]
    assert await taken(of) == ["a"]


async def test_what_waits_behind_a_refusal_that_passes_is_refused_with_it() -> None:
    """By the same person in the same room, and until the next batch: what comes later was sent knowing of it."""
    of, told = intake(), Answers()
    of.put(told.command("a"))
    [first] = await of.next_batch()
    of.put(told.command("behind"))
    of.put(told.command("elsewhere", room=RoomId("r_2")))
    of.put(told.command("another", principal(MALEE)))
    of.refuse([first], StorageFull())
    assert of.without_those_behind([told.command("of the same batch")]) == []
    assert await taken(of) == ["elsewhere", "another"]
    assert told.codes() == dict.fromkeys(("a", "of the same batch", "behind"), "storage_full")
    of.put(told.command("again"))
    assert await taken(of) == ["again"]


def test_a_caller_who_cannot_be_told_harms_nobody() -> None:
    of, told = intake(), Answers()

    def broken(_: Result) -> None:
        raise RuntimeError("the connection is gone")

    of.refuse((Command(told.command("a").drafts, broken), told.command("b")), StorageFull())
    assert told.codes() == {"b": "storage_full"}
