"""A message that its author alone is shown: nobody else hears, reads or exports its words, and the log is provable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.evidence import verifier
from appliance.log.export import RoomExport
from appliance.model import EntryType, PersonId, RoomId
from appliance.reads.messages import load_messages
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.wire.committed import Committed
from appliance.wire.entries import EntryEvent, HiddenEvent
from appliance.wire.messages import MessagesQuery
from tests.bureau import MALEE, NARIN, SIGNER, SOMCHAI, Bureau

WORDS = "คำของนรินทร์"


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have messages shown to who wrote them and to nobody else."""
    row = replace(
        ENTRY_TYPES[EntryType.MESSAGE_TEXT],
        shown_to=lambda _state, sender, viewer, _now: viewer == sender,
        takes=frozenset(),
    )
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, row)


async def newest(b: Bureau, who: PersonId, room: RoomId) -> EntryEvent:
    return (await load_messages(b.s, who, room, MessagesQuery(limit=1))).messages[0]


@pytest.mark.usefixtures("own")
async def test_all_hear_of_a_place_in_the_log_and_its_author_reads_it_from_the_feed(bureau: Bureau) -> None:
    room, heard = await bureau.group(NARIN, MALEE, SOMCHAI), list[Committed]()
    bureau.s.log.feed.followers.append(heard.append)
    sent = await bureau.say(NARIN, room, WORDS)
    [committed] = heard
    [news] = committed.rooms
    hidden = HiddenEvent(at=bureau.clock(), room=room, n=sent.n, hidden="not_shown")
    assert list(news.events) == [hidden]
    assert committed.people == {NARIN}
    assert await newest(bureau, MALEE, room) == hidden
    read = await newest(bureau, NARIN, room)
    assert (read.n, getattr(read, "body").text) == (sent.n, WORDS)  # noqa: B009 - one of a union


@pytest.mark.usefixtures("own")
async def test_an_export_leaves_it_out_and_verifies(bureau: Bureau, tmp_path: Path) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = [await bureau.say(NARIN, room, WORDS) for _ in range(2)]
    head = await bureau.s.log.head(room)
    export = RoomExport(room, head, SIGNER, bureau.s.log.bodies, bureau.clock(), bureau.s.log.registry)
    lines = b"".join([line async for line in export.lines(bureau.s.store)])
    assert (export.withheld, export.damaged) == ([one.n for one in sent], [])
    assert WORDS not in lines.decode()
    path = tmp_path / "room.jsonl"
    await asyncio.to_thread(path.write_bytes, lines)
    assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
