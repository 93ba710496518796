"""A plan by values: the same commands, context and sources give the same plan, and nothing else is changed."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import count
from types import MappingProxyType
from typing import cast

import pytest

from appliance.errors import Unavailable
from appliance.evidence.registry import Registry
from appliance.log.batch_context import BatchContext
from appliance.log.bodies import EpochKey, new_key
from appliance.log.checkpoints import Checkpoints
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.damage import DamagedRooms
from appliance.log.heads import Head
from appliance.log.plan import Planned, plan
from appliance.log.sources import Numbers, Random
from appliance.model import (
    Deny,
    Draft,
    EntryType,
    Home,
    Marks,
    Millis,
    PersonId,
    RoomId,
    RoomKind,
    RoomState,
    State,
    Target,
)
from appliance.model import TextBody as Body
from appliance.rules.entry_states import (
    Card,
    MembersAdded,
    MembersRemoved,
    MessageRetracted,
    Reacted,
    RoomCreated,
    TextEdited,
    TextSaid,
)
from appliance.store.db import Store
from appliance.vault.epochs import EpochId, EpochKind, iso_week
from tests.bureau import HOME, KEYS, MALEE, NARIN, OUTSIDER, SIGNER, SOMCHAI, START, principal

WEEK = iso_week(START)
AGENCY_KEY = KEYS.agency_keys[0]
CHECKPOINTS = Checkpoints(cast("Store", None), SIGNER, DamagedRooms())


def sources() -> Random:
    """Return sources that give the same every time."""
    ids, drawn = count(1), count(1)
    return Random(lambda kind: f"{kind}_{next(ids):06d}", lambda size: sha256(b"%d" % next(drawn)).digest()[:size])


def draft(
    who: PersonId,
    kind: EntryType,
    state: State | None = None,
    *,
    room: RoomId = THIS_ROOM,
    text: str | None = None,
    txn: str | None = None,
) -> Draft:
    return Draft(room, principal(who), kind, txn, body=Body(text) if text else None, state=state)


def command(*drafts: Draft, pair: str | None = None) -> Command:
    return Command(drafts, lambda _: None, pair)


def group(*members: PersonId, text: str | None = None) -> Command:
    """Return a command that makes a group, with a first message if there is a text for one."""
    owner, *others = members
    cards = tuple(Card(principal(who), "ชื่อ", "", "") for who in others)
    state = RoomCreated(RoomKind.GROUP, principal(owner), "ห้อง", card=Card(principal(owner), "เจ้าของ", "", ""))
    first = [draft(owner, EntryType.MESSAGE_TEXT, text=text, txn="t")] if text else []
    return command(
        draft(owner, EntryType.ROOM_CREATE, state, txn="c"),
        draft(owner, EntryType.MEMBER_ADD, MembersAdded(cards)),
        *first,
    )


def context(
    *heads: Head,
    random: Random | None = None,
    numbers: Numbers | None = None,
    errors: dict[int, Unavailable] | None = None,
) -> BatchContext:
    """Return a context that knows these rooms and the first message of each, of which MALEE is the sender."""
    random = random or sources()
    rooms = {head.state.room: head for head in heads}
    keys: dict[tuple[int, str, EpochKind], EpochKey] = {
        (head.key, WEEK, "text"): new_key(AGENCY_KEY, head.key, EpochId(room, WEEK, "text"), 1, random)
        for room, head in rooms.items()
    }
    target = Target(2, EntryType.MESSAGE_TEXT, principal(MALEE), START, TextSaid(), redacted=False)
    return BatchContext(
        home=HOME,
        registry=Registry.alone(HOME.agency),
        now=START,
        heads=MappingProxyType(rooms),
        keys=MappingProxyType(keys),
        agency_key=AGENCY_KEY,
        targets=MappingProxyType({(room, 2): target for room in rooms}),
        marks=MappingProxyType({(room, 2): Marks() for room in rooms}),
        errors=errors or {},
        may_keep_group=lambda _home, _state, _now: None,
        pos=40,
        sign=CHECKPOINTS.row,
        sign_as_hub=CHECKPOINTS.row_as_hub,
        foreign={},
        roots={},
        random=random,
        numbers=numbers or Numbers(7, 7),
    )


def told(planned: Planned) -> tuple[object, ...]:
    """Return all that a plan says, by values."""
    return (
        planned.batch,
        planned.heads,
        planned.committed,
        planned.results,
        [(one, error.code) for one, error in planned.refused],
        planned.idle,
        [key.row for key in planned.new_keys],
        planned.pos,
    )


def begun() -> Head:
    """Return a room with three members and a message."""
    planned = plan([group(NARIN, MALEE, SOMCHAI, text="แรก")], context())
    [head] = planned.heads.values()
    return head


def batch_of(room: RoomId) -> list[Command]:
    return [
        command(draft(MALEE, EntryType.MESSAGE_TEXT, room=room, text="สวัสดี", txn="1")),
        command(draft(MALEE, EntryType.MESSAGE_EDIT, TextEdited(2), room=room, text="แก้", txn="2")),
        command(draft(SOMCHAI, EntryType.MESSAGE_REACTION, Reacted(2, "👍", on=True), room=room)),
        command(draft(SOMCHAI, EntryType.MESSAGE_REACTION, Reacted(2, "👍", on=True), room=room)),
        command(draft(OUTSIDER, EntryType.MESSAGE_TEXT, room=room, text="ไม่ใช่สมาชิก", txn="3")),
        group(SOMCHAI, MALEE, NARIN, text="ห้องใหม่"),
        command(draft(MALEE, EntryType.MESSAGE_REDACT, MessageRetracted(2), room=room)),
        command(draft(MALEE, EntryType.MESSAGE_EDIT, TextEdited(2), room=room, text="ช้าไป", txn="4")),
        command(draft(NARIN, EntryType.MESSAGE_TEXT, room=RoomId("r_nowhere"), text="ที่ไหน", txn="5")),
    ]


def test_the_same_inputs_give_the_same_plan() -> None:
    head = begun()
    commands = batch_of(head.state.room)
    first, second = (plan(commands, context(head)) for _ in range(2))
    assert told(first) == told(second)
    assert [error.code for _, error in first.refused] == ["not_a_member", "message_retracted", "not_found"]
    assert first.idle == [commands[3]]
    assert [len(result.appended) for result in first.results] == [1, 1, 1, 1, 3]
    assert {row.sealed for row in first.batch.entries if row.sealed} and len(first.new_keys) == 2  # noqa: PT018 - one fact


def test_other_sources_give_other_salts_and_keys() -> None:
    """So what is compared above would differ if anything of it came from elsewhere."""
    head = begun()
    commands = batch_of(head.state.room)
    later = sources()
    later.new_bytes(16)
    first, second = plan(commands, context(head)), plan(commands, context(head, random=later))
    assert {row.sealed for row in first.batch.entries if row.sealed}.isdisjoint(
        row.sealed for row in second.batch.entries
    )
    assert {key.wrapped for key in first.batch.epoch_keys}.isdisjoint(key.wrapped for key in second.batch.epoch_keys)


def test_numbers_go_on_from_the_highest() -> None:
    numbers = Numbers(11, 20)
    planned = plan([group(NARIN, MALEE, SOMCHAI, text="ก") for _ in range(2)], context(numbers=numbers))
    assert [row.key for row in planned.batch.rooms] == [12, 13]
    assert [row.key for row in planned.batch.epoch_keys] == [21, 22]
    assert numbers == Numbers(13, 22)


def test_a_room_that_begins_with_several_messages_has_one_key_for_them() -> None:
    numbers = Numbers(11, 20)
    more = draft(NARIN, EntryType.MESSAGE_TEXT, text="ข")
    planned = plan([command(*group(NARIN, MALEE, SOMCHAI, text="ก").drafts, more)], context(numbers=numbers))
    assert [row.key for row in planned.batch.epoch_keys] == [21]
    assert [row.epoch for row in planned.batch.entries] == [None, None, 21, 21]
    assert numbers == Numbers(12, 21)


@pytest.mark.parametrize(("numbers", "made"), [(Numbers(None, 7), 0), (Numbers(7, None), 1), (Numbers(7, 7), 2)])
def test_where_a_torn_page_hides_the_highest_number_only_what_needs_one_is_refused(numbers: Numbers, made: int) -> None:
    head = begun()
    commands = [
        command(draft(MALEE, EntryType.MESSAGE_TEXT, room=head.state.room, text="ไปต่อ", txn="1")),
        group(SOMCHAI, MALEE, NARIN),
        group(SOMCHAI, MALEE, NARIN, text="ข้อความแรก"),
    ]
    planned = plan(commands, context(head, numbers=numbers))
    assert len(planned.results) == 1 + made
    assert [error.code for _, error in planned.refused] == ["storage_damaged"] * (2 - made)


def test_what_could_not_be_read_refuses_its_command() -> None:
    head = begun()
    commands = batch_of(head.state.room)[:2]
    planned = plan(commands, context(head, errors={id(commands[0]): Unavailable("torn")}))
    assert [(one, error.code) for one, error in planned.refused] == [(commands[0], "unavailable")]
    assert [result.command for result in planned.results] == [commands[1]]


def constant() -> Random:
    """Return sources that give the same to every command, so that one command more changes no row of the others."""
    return Random(lambda kind: kind, bytes)


@pytest.mark.parametrize(
    "poisoned",
    [
        pytest.param((draft(MALEE, EntryType.MESSAGE_REACTION, TextSaid()),), id="in its header"),
        pytest.param(
            (
                draft(NARIN, EntryType.MESSAGE_TEXT, text="ก่อนผิดพลาด"),
                draft(NARIN, EntryType.MEMBER_REMOVE, MembersRemoved((principal(SOMCHAI),))),
            ),
            id="when its entries are made",
        ),
    ],
)
def test_an_unexpected_error_refuses_its_command_alone(poisoned: tuple[Draft, ...]) -> None:
    head = begun()
    room = head.state.room
    sound = batch_of(room)
    bad = command(*(one._replace(room=room) for one in poisoned))

    def unexpected(_home: Home, state: RoomState, _now: Millis) -> Deny | None:
        if state.room == room:
            raise ZeroDivisionError
        return None

    asked = replace(context(head, random=constant()), may_keep_group=unexpected)
    wanted = plan(sound, replace(asked, numbers=Numbers(7, 7)))
    assert len(wanted.results) == 5
    for at in range(len(sound) + 1):
        planned = plan([*sound[:at], bad, *sound[at:]], replace(asked, numbers=Numbers(7, 7)))
        [refused] = [pair for pair in planned.refused if pair[0] is bad]
        assert refused[1].code == "internal"
        planned.refused.remove(refused)
        assert told(planned) == told(wanted)
