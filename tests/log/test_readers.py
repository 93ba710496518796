"""Who has read a message, a page at a time: everybody once, in order, at the same cost for page and room (F16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from appliance.actions import rooms
from appliance.errors import Invalid
from appliance.log import receipts
from appliance.model import PersonId, RoomId
from appliance.reads.readers import load_readers
from appliance.reads.rooms import sort_key
from appliance.wire.messages import Readers
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, open_bureau

# 2,000 people join a room for each of them.
pytestmark = pytest.mark.slow
MEMBERS = 2_000
# Some of them in the same millisecond, as it happens when a room comes back from lunch.
READERS = 1_234
AT_ONCE = 7


class Message(NamedTuple):
    """A message in a room of 2,000; `gone` read it and is no member any more."""

    room: RoomId
    n: int
    gone: PersonId


class Hall(NamedTuple):
    """The bureau with that room, opened for one test."""

    b: Bureau
    room: RoomId
    n: int
    gone: PersonId


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Message]:
    async def fill(folder: Path) -> Message:
        async with open_bureau(folder, extra=MEMBERS - 2) as b:
            people = [PersonId(f"p{n}") for n in range(MEMBERS - 2)]
            room = await b.group(NARIN, MALEE, *people)
            sent = await b.say(NARIN, room)
            for n, person in enumerate(people[:READERS]):
                b.clock.pass_(1 if n % AT_ONCE == 0 else 0)
                await b.s.receipts.read(room, person, sent.n)
            await b.s.receipts.flushed()
            await rooms.change_members(b.s, NARIN, room, [], [people[5]], "gone")
            return Message(room, sent.n, people[5])

    folder = tmp_path_factory.mktemp("hall")
    return folder, asyncio.run(fill(folder))


@pytest.fixture
async def hall(data: tuple[Path, Message]) -> AsyncIterator[Hall]:
    folder, message = data
    async with open_bureau(folder) as b:
        yield Hall(b, *message)


async def pages(hall: Hall, cursor: str | None = None, limit: int = 170) -> list[Readers]:
    """Turn every page from a cursor on."""
    found = [await load_readers(hall.b.s, NARIN, hall.room, hall.n, cursor, limit)]
    while found[-1].cursor is not None:
        found.append(await load_readers(hall.b.s, NARIN, hall.room, hall.n, found[-1].cursor, limit))
    return found


async def test_paging_finds_everybody_once_and_in_order(hall: Hall) -> None:
    turned = await pages(hall)
    read = [reader for page in turned for reader in page.read]
    unread = [reader.person for page in turned for reader in page.unread]
    everybody = {NARIN, MALEE, *(f"p{n}" for n in range(MEMBERS - 2))}
    assert sorted([*unread, *(reader.person for reader in read)]) == sorted(everybody - {NARIN})
    assert len(read) == READERS
    assert hall.gone in {reader.person for reader in read}
    assert all(one.at <= next_.at for one, next_ in pairwise(read))
    assert unread == sorted(unread, key=lambda who: (sort_key(hall.b.s, who), who))
    assert {(page.read_count, page.unread_count) for page in turned} == {(READERS, MEMBERS - 1 - READERS)}
    assert {len(page.read) + len(page.unread) for page in turned[:-1]} == {170}


async def test_the_others_are_one_step_away(hall: Hall) -> None:
    [first, *_] = turned = await pages(hall)
    assert first.unread == []
    assert first.unread_cursor is not None
    straight = await pages(hall, first.unread_cursor)
    assert all(page.read == [] for page in straight)
    assert [one for page in straight for one in page.unread] == [one for page in turned for one in page.unread]
    assert [page.unread_cursor is None for page in turned] == [page.unread != [] for page in turned]


@pytest.mark.parametrize("limit", [1, READERS, READERS + 1, MEMBERS])
async def test_pages_end_where_the_lists_do(hall: Hall, limit: int) -> None:
    first = await load_readers(hall.b.s, NARIN, hall.room, hall.n, None, limit)
    assert len(first.read) == min(limit, READERS)
    assert len(first.unread) == min(max(0, limit - READERS), MEMBERS - 1 - READERS)
    assert (first.cursor is None) == (limit == MEMBERS)


async def test_a_page_costs_the_same_few_statements_whatever_the_room(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = hall.b
    small = await b.group(NARIN, MALEE, SOMCHAI)
    sent = await b.say(NARIN, small)
    ran: list[str] = []
    for connection in b.s.store._all_readers:  # noqa: SLF001 - to hear what runs
        await connection.run(lambda rows: cast("Any", rows).set_trace_callback(ran.append))
    named: list[str] = []

    def names(_: object, who: str) -> dict[str, str]:
        named.append(who)
        return {"name": who}

    monkeypatch.setattr("appliance.reads.readers._names", names)
    costs = []
    cursor: str | None = None
    for room, n in ((small, sent.n), (hall.room, hall.n), (hall.room, hall.n)):
        ran.clear()
        named.clear()
        page = await load_readers(b.s, NARIN, room, n, cursor, 50)
        cursor = page.cursor
        costs.append(len(ran))
    assert len(set(costs)) == 1
    assert costs[0] <= 4, "begin, the message, its readers, end"
    assert len(named) == 50
    for connection in b.s.store._all_readers:  # noqa: SLF001 - to hear no more
        await connection.run(lambda rows: cast("Any", rows).set_trace_callback(None))


async def test_a_cursor_that_is_none_is_refused(hall: Hall) -> None:
    for cursor in ("", "r", "x0.1.1.p", "r0.1.1", "r0.-1.0.p", "r0.1.1.p q", "r0.1.1.p.q", "r0.๑.1.p", "r2.1.1.p"):
        with pytest.raises(Invalid):
            await load_readers(hall.b.s, NARIN, hall.room, hall.n, cursor)


async def test_who_reads_while_pages_are_turned_is_found_once(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "BATCH_S", 0.005)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room)
    await bureau.read(SOMCHAI, room, sent.n)
    first = await load_readers(bureau.s, NARIN, room, sent.n, None, 1)
    bureau.clock.pass_(1)
    await bureau.read(MALEE, room, sent.n)
    second = await load_readers(bureau.s, NARIN, room, sent.n, first.cursor, 1)
    found = [one.person for one in first.read] + [one.person for one in second.unread]
    assert (found, second.read) == ([SOMCHAI, MALEE], [])
    assert (second.read_count, second.unread_count, second.cursor) == (1, 1, None)
    fresh = await load_readers(bureau.s, NARIN, room, sent.n)
    assert ([one.person for one in fresh.read], fresh.unread) == ([SOMCHAI, MALEE], [])
