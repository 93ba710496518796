"""Two versions of the rules side by side: every entry is judged, shown, projected and found by those it was written by.

The second is planted: in it the owner alone writes, a message names what it answers in another field and is found by
other words, a reaction has no table, and each message gives the room its number as a name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from appliance.actions import evidence, messages
from appliance.errors import Forbidden
from appliance.evidence import verifier
from appliance.evidence.offline import state as offline
from appliance.log import new_entry, projections, views
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check, verify_room
from appliance.model import Deny, Draft, EntryType, Home, Role, State, TextBody
from appliance.reads.messages import load_messages
from appliance.reads.search_batch import stored_batch
from appliance.rules import entry_types, rooms, versions
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.roles import Actor
from appliance.rules.versions import RuleSet
from appliance.store.db import connect
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery
from tests.bureau import KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.log.integrity import Fault
    from appliance.model import Proposed, RoomId, RoomState


@dataclass(frozen=True, slots=True)
class Announced(State):
    """A message by the second version of the rules."""

    answers: int | None = None
    everyone: bool = False


def _owner_writes(_room: RoomState, role: Role, *_: object) -> Deny | None:
    return None if role is Role.OWNER else Deny.NOT_OWNER


def _shown(common: dict[str, Any], state: Announced, words: views.Words, home: Home) -> MessageTextEvent:
    body = views.text_view(state, words, home)
    return MessageTextEvent(**common, reply_to=state.answers, body=body, hidden=words.hidden)


def _apply(before: RoomState | None, entry: Proposed, room: RoomId, n: int) -> RoomState:
    state = rooms.apply(before, entry, room, n)
    return replace(state, name=f"ข้อความที่ {n}") if entry.type is EntryType.MESSAGE_TEXT else state


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What makes the second version known to this release, which then writes by it (`write_by_second`)."""
    text, both = ENTRY_TYPES[EntryType.MESSAGE_TEXT], dict(ENTRY_TYPES)
    row = replace(text, state=Announced, may=_owner_writes, words=lambda body: f"ประกาศ {body.text}", carries=None)
    rows = {**both, EntryType.MESSAGE_TEXT: row}
    without_table = projections.Projection(lambda *_: None, None)
    monkeypatch.setitem(entry_types.VERSIONS, 1, both)
    monkeypatch.setitem(entry_types.VERSIONS, 2, rows)
    monkeypatch.setitem(versions.RULES, 2, RuleSet(rooms.authorize, _apply))
    monkeypatch.setitem(views.VERSIONS, 2, {**views.VIEWS, EntryType.MESSAGE_TEXT: _shown})
    changed = {**projections.PROJECTIONS, EntryType.MESSAGE_REACTION: without_table}
    monkeypatch.setitem(projections.VERSIONS, 2, changed)
    monkeypatch.setitem(offline.VERSIONS, 2, {**offline.SHAPES, "message.text": {}})
    return monkeypatch


def write_by_second(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(new_entry, "RULES_VERSION", 2)
    patch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, entry_types.VERSIONS[2][EntryType.MESSAGE_TEXT])


def fault_of(b: Bureau, room: RoomId) -> Fault | None:
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        return verify_room(raw, room, Check(SIGNER.verifier, Bodies(KEYS)))
    finally:
        raw.close()


def announcement(b: Bureau, who: str, room: RoomId, text: str, answers: int) -> Draft:
    sender = b.s.log.home.principal(who)  # type: ignore[arg-type]
    return Draft(room, sender, EntryType.MESSAGE_TEXT, b.txn(), body=TextBody(text), state=Announced(answers))


async def grown(b: Bureau, patch: pytest.MonkeyPatch) -> tuple[RoomId, int, int]:
    """Return a room with a message of each version, each with a reaction; and where they stand."""
    room = await b.group(NARIN, MALEE, SOMCHAI)
    old = await b.say(MALEE, room, "ถ้อยคำเดิม")
    await messages.react(b.s, SOMCHAI, room, old.n, "👍", on=True)
    write_by_second(patch)
    [new] = await b.s.log.append(announcement(b, NARIN, room, "ถ้อยคำใหม่", old.n))
    await messages.react(b.s, SOMCHAI, room, new.n, "👍", on=True)
    return room, old.n, new.n


async def test_each_entry_is_judged_by_its_own_rules(bureau: Bureau, second: pytest.MonkeyPatch) -> None:
    room, old, new = await grown(bureau, second)
    with pytest.raises(Forbidden) as caught:
        await bureau.s.log.append(announcement(bureau, MALEE, room, "ไม่ใช่เจ้าของ", old))
    assert caught.value.deny is Deny.NOT_OWNER
    await bureau.s.log.checkpoints.sign()
    assert (await bureau.s.log.head(room)).state.name == f"ข้อความที่ {new}"
    assert await asyncio.to_thread(fault_of, bureau, room) is None, "judged and projected as when it was written"


async def test_each_entry_is_shown_and_found_by_its_own_rules(bureau: Bureau, second: pytest.MonkeyPatch) -> None:
    room, old, new = await grown(bureau, second)
    page = (await load_messages(bureau.s, SOMCHAI, room, MessagesQuery())).messages
    shown = {event.n: event for event in page if isinstance(event, MessageTextEvent)}
    assert {n: (event.body.text, event.reply_to) for n, event in shown.items() if event.body} == {
        old: ("ถ้อยคำเดิม", None),
        new: ("ถ้อยคำใหม่", old),
    }
    assert {n: len(event.reactions) for n, event in shown.items()} == {old: 1, new: 0}
    assert entry_types.find_alike(EntryType.MESSAGE_TEXT) is None, "what versions differ in is asked of the database"
    assert entry_types.find_alike(EntryType.ROOM_CLOSE) is ENTRY_TYPES[EntryType.ROOM_CLOSE]
    told = (await stored_batch(bureau.s, 0)).entries
    assert {entry.n: entry.text for entry in told} == {old: "ถ้อยคำเดิม", new: "ประกาศ ถ้อยคำใหม่"}


async def test_a_court_judges_each_entry_by_its_own_rules(
    bureau: Bureau, second: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room, *_ = await grown(bureau, second)
    lines: list[bytes] = []

    async def keep(line: bytes) -> None:
        lines.append(line)

    await evidence.export_room(bureau.s, Actor.operator("root(0)"), room, "คำสั่งศาลที่ 7", keep)
    path = tmp_path / "room.jsonl"
    await asyncio.to_thread(path.write_bytes, b"".join(lines))
    assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
    second.delitem(offline.VERSIONS, 2)
    assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 1
    assert "rules" in capsys.readouterr().out


async def test_what_only_a_later_release_knows_is_not_shown(bureau: Bureau, second: pytest.MonkeyPatch) -> None:
    room, old, new = await grown(bureau, second)
    for table in (entry_types.VERSIONS, versions.RULES, views.VERSIONS, projections.VERSIONS):
        second.delitem(table, 2)
    page = (await load_messages(bureau.s, SOMCHAI, room, MessagesQuery())).messages
    assert {event.n: event.hidden for event in page if event.n in {old, new}} == {old: None, new: "damaged"}


def test_every_version_has_rows_rules_views_and_projections() -> None:
    known = set(versions.RULES)
    for table in (entry_types.VERSIONS, views.VERSIONS, projections.VERSIONS, offline.VERSIONS):
        assert set(table) == known
    for version in known:
        assert set(entry_types.VERSIONS[version]) == set(views.VERSIONS[version]) == set(offline.VERSIONS[version])
    for kind in EntryType:
        rows = [rows[kind] for rows in entry_types.VERSIONS.values() if kind in rows]
        assert len({row.message for row in rows}) == 1, "the database finds messages by the name of their type"
