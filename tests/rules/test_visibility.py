"""Who is shown what: hidden by default, and each viewer by the row of the entry's type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.model import (
    EVERYONE,
    Ability,
    Deny,
    EntryType,
    Member,
    Principal,
    Proposed,
    Role,
    RoomId,
    RoomKind,
    RoomState,
    State,
    Target,
)
from appliance.rules.concerns import concerned, named
from appliance.rules.entry_states import MessageRetracted, Reacted, TextEdited, TextSaid
from appliance.rules.entry_types import ENTRY_TYPES, EntryKind, proposed, to_nobody
from appliance.rules.policy import POLICIES
from appliance.rules.rooms import authorize
from appliance.rules.visibility import EVIDENCE, INDEX, SHOWN, EntryFacts, Hidden, Reason, may_read, shown

AUTHOR, READER, OTHER = Principal("p_a@moph"), Principal("p_b@moph"), Principal("p_c@moph")
VIEWERS = (AUTHOR, READER, EVERYONE, INDEX, EVIDENCE)
TEXT = EntryFacts(EntryType.MESSAGE_TEXT.value, TextSaid(), AUTHOR)


def seen(entry: EntryFacts, now: int = 0) -> list[str]:
    """Return what each of VIEWERS gets: nothing where it is shown, else the reason."""
    verdicts = (shown(entry, viewer, now) for viewer in VIEWERS)
    return [verdict.reason.value if isinstance(verdict, Hidden) else "" for verdict in verdicts]


def test_every_type_of_the_product_says_whom_it_is_shown_to() -> None:
    assert [kind for kind, row in ENTRY_TYPES.items() if row.shown_to is to_nobody] == []


def test_a_message_is_shown_to_all_and_a_retracted_one_to_a_court_alone() -> None:
    assert seen(TEXT) == ["", "", "", "", ""]
    assert seen(TEXT._replace(retracted=True)) == ["retracted", "retracted", "retracted", "retracted", ""]


def test_a_type_that_does_not_say_so_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, EntryKind(state=TextSaid, may=lambda *_: None))
    assert seen(TEXT) == ["not_shown"] * len(VIEWERS)


def test_a_type_that_nobody_knows_is_shown_to_nobody() -> None:
    assert seen(TEXT._replace(type="message.poem")) == ["not_shown"] * len(VIEWERS)


def test_the_row_decides_for_each_viewer_and_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    row = EntryKind(state=TextSaid, may=lambda *_: None, shown_to=lambda _, sender, who, now: who == sender and now < 5)
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, row)
    assert seen(TEXT, now=4) == ["", "not_shown", "not_shown", "", "not_shown"]
    assert shown(TEXT, AUTHOR, 4) == SHOWN
    assert shown(TEXT, AUTHOR, 5) == Hidden(Reason.NOT_SHOWN)
    assert shown(TEXT._replace(retracted=True), READER, 4) == Hidden(Reason.NOT_SHOWN)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (EntryType.MESSAGE_EDIT, TextEdited(target=1)),
        (EntryType.MESSAGE_REDACT, MessageRetracted(target=1)),
        (EntryType.MESSAGE_REACTION, Reacted(target=1, emoji="👍", on=True)),
    ],
)
def test_what_marks_an_entry_is_shown_to_whom_that_one_is(
    monkeypatch: pytest.MonkeyPatch, kind: EntryType, state: State
) -> None:
    row = EntryKind(state=TextSaid, may=lambda *_: None, shown_to=lambda _, sender, who, now: who == sender and now < 5)
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, row)
    message = Target(1, EntryType.MESSAGE_TEXT, AUTHOR, 0, TextSaid(), redacted=False)
    mark = EntryFacts(kind, state, AUTHOR, of=message)
    assert seen(mark, now=4) == ["", "not_shown", "not_shown", "", "not_shown"]
    assert seen(mark, now=5) == ["not_shown", "not_shown", "not_shown", "", "not_shown"]
    assert seen(mark._replace(of=None)) == ["not_shown"] * len(VIEWERS)


def test_nobody_is_concerned_by_or_named_in_what_they_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    row = EntryKind(
        state=TextSaid,
        may=lambda *_: None,
        shown_to=lambda _, __, who, now: who == READER and now < 5,
        concerns=lambda _: (OTHER, READER, EVERYONE),
        mentions=lambda *_: (OTHER, READER, EVERYONE),
    )
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, row)
    assert concerned(RoomKind.GROUP, TEXT, 4) == named(TEXT, 4, None, {}) == (READER,)
    assert concerned(RoomKind.GROUP, TEXT, 5) == named(TEXT, 5, None, {}) == ()


@pytest.mark.parametrize("ability", list(Ability))
def test_what_somebody_is_not_shown_takes_nothing_of_them(monkeypatch: pytest.MonkeyPatch, ability: Ability) -> None:
    asking = {row.needs: kind for kind, row in ENTRY_TYPES.items() if row.needs}[ability]
    states = {
        Ability.ANSWER: TextSaid(reply_to=1),
        Ability.EDIT: TextEdited(target=1),
        Ability.RETRACT: MessageRetracted(target=1),
        Ability.REACT: Reacted(target=1, emoji="👍", on=True),
    }
    hidden = EntryKind(
        state=TextSaid, may=lambda *_: None, takes=frozenset(Ability), shown_to=lambda _, __, who, ___: who != READER
    )
    monkeypatch.setitem(ENTRY_TYPES, EntryType.ROOM_RENAME, hidden)
    people = {who: Member(who, Role.MEMBER, 0) for who in (AUTHOR, READER)}
    room = RoomState(RoomId("r_1"), RoomKind.GROUP, "ห้อง", AUTHOR, people, "moph")
    for redacted in (False, True):
        target = Target(1, EntryType.ROOM_RENAME, READER, 0, TextSaid(), redacted=redacted)
        entry = Proposed(EntryType(asking), "moph", READER, 1, states[ability], n=9, hub_time=1)
        assert authorize(room, entry, target) == authorize(room, entry, None) == Deny.NOT_A_MESSAGE
        assert authorize(room, entry._replace(sender=AUTHOR), target) is not Deny.NOT_A_MESSAGE


def test_what_marks_another_entry_takes_nothing_itself() -> None:
    with pytest.raises(ValueError, match="takes nothing itself"):
        EntryKind(state=Reacted, may=lambda *_: None, needs=Ability.REACT, takes=frozenset((Ability.REACT,)))


@pytest.mark.parametrize("needs", [Ability.EDIT, Ability.RETRACT, Ability.REACT])
def test_what_is_read_with_the_entry_it_marks_is_shown_with_it(needs: Ability) -> None:
    """Pages show a message with its newest words and its reactions: a narrower row would be a hole."""
    for narrower in (to_nobody, lambda _, sender, viewer, __: viewer == sender):
        with pytest.raises(ValueError, match="is shown to whom that entry is"):
            EntryKind(state=Reacted, may=lambda *_: None, needs=needs, shown_to=narrower)


def test_a_room_that_does_not_federate_stays_in_its_agency(monkeypatch: pytest.MonkeyPatch) -> None:
    abroad, empty = Principal("p_c@mot"), {"name": "ก", "unit": "", "post": ""}
    people = {AUTHOR: Member(AUTHOR, Role.OWNER, 0), abroad: Member(abroad, Role.MEMBER, 1)}
    room = RoomState(RoomId("r_1"), RoomKind.GROUP, "ห้อง", AUTHOR, people, "moph")
    entries = {
        "written": proposed("message.text", "mot", abroad, 0, {}, hub_time=0, n=2),
        "added": proposed("member.add", "moph", AUTHOR, 0, {"members": [{"p": "p_d@mot", **empty}]}, hub_time=0, n=2),
        "handed over": proposed("owner.transfer", "moph", AUTHOR, 0, {"to": abroad}, hub_time=0, n=2),
        "of its own": proposed("message.text", "moph", AUTHOR, 0, {}, hub_time=0, n=2),
    }
    verdicts = {what: authorize(room, entry) for what, entry in entries.items() if isinstance(entry, Proposed)}
    assert verdicts == dict.fromkeys(entries)
    monkeypatch.setitem(POLICIES, RoomKind.GROUP, replace(POLICIES[RoomKind.GROUP], federates=False))
    verdicts = {what: authorize(room, entry) for what, entry in entries.items() if isinstance(entry, Proposed)}
    assert verdicts == {**dict.fromkeys(entries, Deny.ORIGIN_MISMATCH), "of its own": None}


def test_members_read_a_room_and_nobody_else() -> None:
    members = {AUTHOR: Member(AUTHOR, Role.OWNER, 0)}
    room = RoomState(RoomId("r_1"), RoomKind.GROUP, "ห้อง", AUTHOR, members, "moph")
    assert may_read(room, AUTHOR, 0) is None
    assert may_read(room, READER, 0) is Deny.NOT_A_MEMBER
