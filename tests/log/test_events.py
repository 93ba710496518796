"""What of a stored entry is shown, from its row alone: nothing of the database is asked where the header decides."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec.structs import replace

from appliance.actions import messages
from appliance.evidence.canonical import FIRST_COUNTER, Header, decode_header, encode_header
from appliance.evidence.commitment import NO_BODY
from appliance.log.bodies import Bodies
from appliance.log.events import (
    RoomReader,
    Viewer,
    audience,
    bare_event,
    is_hidden,
    stored_event,
    stored_one,
    version_of,
    words_of,
)
from appliance.log.views import Words
from appliance.model import EntryType, PersonId, RoomId
from appliance.rules.entry_states import TextSaid
from appliance.rules.entry_types import ENTRY_TYPES, EntryKind
from appliance.store import entries
from appliance.store.db import Rows
from appliance.store.entries import EntryRow
from appliance.wire.entries import DamagedEvent, EntryEvent, HiddenEvent, MessageTextEvent, RoomRenameEvent
from appliance.wire.messages import Edited, Reaction, TextBody
from tests.bureau import HOME, KEYS, MALEE, NARIN, SOMCHAI, START, Bureau, principal
from tests.sql import edit_entries, run_sql

ROOM = RoomId("r_aaaaaaaaaaaaaaaaaaaaaaaaaa")
AT = RoomReader(cast("Any", None), Bodies(KEYS), ROOM, 1)
"""A room without a database: whatever asks it fails."""
VIEWER = Viewer(principal(MALEE), START)


def row(kind: str, state: dict[str, object] | None = None, **more: Any) -> EntryRow:
    """Return entry 3, written by Narin."""
    header = Header(
        commitment=NO_BODY, body_length=0, id="e_1", origin=HOME.agency, counter=FIRST_COUNTER, room=ROOM,
        rules_version=1, sender=principal(NARIN), state=state, written_at=START, type=kind, v=1,
    )  # fmt: skip
    plain: dict[str, Any] = {"target": None, "seal": None, "epoch": None, "sealed": None, "edit": None, "redact": None}
    return EntryRow(
        n=3, pos=9, at=START, type=kind, sender=NARIN, hub_time=START, registry_version=0,
        counter=FIRST_COUNTER, origin=HOME.agency, header=encode_header(header), **{**plain, **more},
    )  # fmt: skip


TEXT, RENAME = EntryType.MESSAGE_TEXT.value, EntryType.ROOM_RENAME.value


@pytest.mark.parametrize(
    "wrong", [row(RENAME), row(RENAME, {"name": 5}), row("message.poem", {"name": "x"}), row(TEXT, {"reply_to": "x"})]
)
def test_a_header_that_says_what_no_entry_says_is_shown_as_damaged(wrong: EntryRow) -> None:
    damaged = DamagedEvent(at=START, room=ROOM, n=3, hidden="damaged")
    assert stored_event(AT, wrong, VIEWER) == bare_event(AT, wrong, VIEWER) == damaged
    assert words_of(AT, wrong, VIEWER) == Words(hidden="damaged")
    assert version_of(AT, wrong, VIEWER) == damaged
    assert is_hidden(AT, wrong, VIEWER)


def test_what_somebody_is_not_shown_is_a_place_in_the_log_and_its_body_is_not_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Opening it would ask the database, and there is none."""
    own = EntryKind(state=TextSaid, may=lambda *_: None, shown_to=lambda _, sender, who, _now: who == sender)
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, own)
    said = row(TEXT, epoch=1, sealed=b"words")
    hidden = HiddenEvent(at=START, room=ROOM, n=3, hidden="not_shown")
    assert stored_event(AT, said, VIEWER) == bare_event(AT, said, VIEWER) == hidden
    assert words_of(AT, said, VIEWER) == Words(hidden="not_shown")
    assert version_of(AT, said, VIEWER) == hidden
    assert is_hidden(AT, said, VIEWER)
    assert not is_hidden(AT, said, Viewer(principal(NARIN), START))


def test_a_retracted_message_has_no_words_whatever_its_body_is() -> None:
    said = row(TEXT, epoch=1, sealed=b"words", redact=5)
    event = stored_event(AT, said, VIEWER)
    assert isinstance(event, MessageTextEvent)
    assert (event.body, event.hidden, event.n, event.sender) == (None, "retracted", 3, NARIN)
    assert words_of(AT, said, VIEWER) == Words(hidden="retracted")
    assert version_of(AT, said, VIEWER) == event


@pytest.mark.parametrize("gone", [{}, {"epoch": 1}, {"sealed": b"words"}])
def test_a_body_that_is_gone_is_erased(gone: dict[str, Any]) -> None:
    said = row(TEXT, **gone)
    assert words_of(AT, said, VIEWER) == Words(hidden="erased")
    assert getattr(version_of(AT, said, VIEWER), "hidden", 0) == "erased"


def test_an_entry_of_which_the_header_alone_was_read_shows_its_state_but_no_words() -> None:
    text, rename = bare_event(AT, row(TEXT, epoch=1, sealed=b"words"), VIEWER), row(RENAME, {"name": "ใหม่"})
    assert (getattr(text, "body", 0), getattr(text, "hidden", 0)) == (None, "damaged")
    event = bare_event(AT, rename, VIEWER)
    assert isinstance(event, RoomRenameEvent)
    assert event == stored_event(AT, rename, VIEWER)
    assert event.state.name == "ใหม่"


async def test_an_entry_that_is_not_there_is_no_event(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room)
    key = (await bureau.s.log.head(room)).key

    def read(rows: Rows, n: int) -> EntryEvent | None:
        return stored_one(RoomReader(rows, bureau.s.log.bodies, room, key), n, VIEWER)

    async with bureau.s.store.read() as reader:
        found = [await reader.run(read, n) for n in (sent.n, sent.n + 1)]
    assert [event and event.n for event in found] == [sent.n, None]


def test_whom_there_is_an_entry_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What everybody is shown asks nothing; what some are not shown asks its row of the table for each."""
    said = row(TEXT)
    everybody = audience(AT, said, START)
    assert all(everybody(principal(who)) for who in (NARIN, MALEE))
    own = EntryKind(state=TextSaid, may=lambda *_: None, shown_to=lambda _, sender, who, _now: who == sender)
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, own)
    authors = audience(AT, said, START)
    assert [authors(principal(who)) for who in (NARIN, MALEE)] == [True, False]


class TestMarkedAsEdited:
    """The mark of a message names its newest edit; one that names anything else shows no words (F72)."""

    async def words(self, b: Bureau, room: RoomId, n: int) -> Words:
        def read(rows: Rows) -> Words:
            at = RoomReader(rows, b.s.log.bodies, room, entries.room_key(rows, room))
            found = entries.one(rows, at.key, n)
            assert found is not None
            return words_of(at, found, VIEWER)

        async with b.s.store.read() as reader:
            return await reader.run(read)

    async def edited(self, b: Bureau, room: RoomId, who: PersonId) -> tuple[int, int]:
        """Return a message and its edit."""
        sent = await b.say(who, room, "ก่อน")
        await messages.edit_message(b.s, who, room, sent.n, TextBody(text="หลัง"), b.txn())
        return sent.n, sent.n + 1

    async def test_by_an_edit_of_its_author_it_has_that_ones_words(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent, edit = await self.edited(bureau, room, NARIN)
        found = await self.words(bureau, room, sent)
        assert (found.body.text if found.body else None, found.edited) == ("หลัง", Edited(n=edit, at=START))

    async def test_by_anything_else_it_is_damaged(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent, _ = await self.edited(bureau, room, NARIN)
        own, another = await self.edited(bureau, room, NARIN), await self.edited(bureau, room, MALEE)
        for pointed_at in (999, own[0], own[1], another[1]):
            async with bureau.s.store.write() as tx:
                await tx.run(run_sql, "UPDATE message_mark SET edit = ? WHERE n = ?", (pointed_at, sent))
            assert await self.words(bureau, room, sent) == Words(hidden="damaged")

    async def test_by_an_edit_that_says_what_none_says_it_is_damaged(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent, edit = await self.edited(bureau, room, NARIN)
        key = (await bureau.s.log.head(room)).key
        async with bureau.s.store.write() as tx:
            found = await tx.run(entries.one, key, edit)
            assert found is not None
            header = replace(decode_header(found.header), state={"target": sent, "everyone": "all"})
            await tx.run(
                edit_entries, "UPDATE entry SET header = ? WHERE room = ? AND n = ?", (encode_header(header), key, edit)
            )
        words = await self.words(bureau, room, sent)
        assert (words.body, words.hidden) == (None, "damaged")


async def test_reactions_are_shown_with_what_takes_them_and_is_shown(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room)
    await messages.react(bureau.s, MALEE, room, sent.n, "👍", on=True)
    key = (await bureau.s.log.head(room)).key

    async def shown() -> EntryEvent | None:
        async with bureau.s.store.read() as reader:
            return await reader.run(
                lambda rows: stored_one(RoomReader(rows, bureau.s.log.bodies, room, key), sent.n, VIEWER)
            )

    event = await shown()
    assert getattr(event, "reactions", None) == [Reaction(emoji="👍", people=[MALEE])]
    await messages.retract_message(bureau.s, NARIN, room, sent.n, "", "r")
    event = await shown()
    assert (getattr(event, "reactions", None), getattr(event, "hidden", None)) == ([], "retracted")
