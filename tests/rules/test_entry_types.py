"""Every type of entry has a row, reads back what it writes, and refuses every wrong shape without an exception."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.evidence.offline.state import SHAPES as OFFLINE
from appliance.model import ContactMode, Deny, EntryType, PostId, Principal, RoomKind, State
from appliance.rules import entry_types
from appliance.rules.entry_states import (
    BodiesDestroyed,
    Card,
    ClosedBySystem,
    MembersAdded,
    MembersRemoved,
    MessageRetracted,
    OwnerReassigned,
    OwnerTransferred,
    Reacted,
    RemovedBySystem,
    RoomClosed,
    RoomCreated,
    RoomRenamed,
    TextEdited,
    TextSaid,
)
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.statements import Order, Signature, Statement, StatementType

A = Principal("p_a@moph")
SAID = Statement(StatementType.USER_CARD, "{}", "gw-1", "A" * 86)
ORDER = Order(StatementType.REGISTRY_ORDER, "{}", (Signature("r-1", "A" * 86), Signature("r-2", "A" * 86)))
CARD = Card(A, "มาลี", "กอง", "", 700, SAID)
FULL: dict[EntryType, State] = {
    EntryType.ROOM_CREATE: RoomCreated(RoomKind.GROUP, A, "ห้อง", PostId("po_1"), CARD),
    EntryType.ROOM_RENAME: RoomRenamed("ใหม่", "เดิม"),
    EntryType.ROOM_CLOSE: RoomClosed(),
    EntryType.MEMBER_ADD: MembersAdded((CARD, Card(Principal("p_b@moi"), "ข", "", "")), 800, ContactMode.PUBLIC),
    EntryType.MEMBER_REMOVE: MembersRemoved((A,), oneself=True),
    EntryType.SYSTEM_REMOVE: RemovedBySystem((A,), "account_ended", (A,), (SAID,)),
    EntryType.SYSTEM_CLOSE: ClosedBySystem("private_chat", (A,)),
    EntryType.OWNER_TRANSFER: OwnerTransferred(A, PostId("po_1"), SAID),
    EntryType.OWNER_REASSIGN: OwnerReassigned(A, PostId("po_1"), "post", (A,), CARD, ORDER),
    EntryType.MESSAGE_TEXT: TextSaid(4, everyone=True, files=2, label=1),
    EntryType.MESSAGE_EDIT: TextEdited(4, everyone=True),
    EntryType.MESSAGE_REDACT: MessageRetracted(4, "ผิดห้อง"),
    EntryType.MESSAGE_REACTION: Reacted(4, "👍", on=False),
    EntryType.SHRED: BodiesDestroyed(1, 2, "R1", 5),
}
"""A state of every type with every field set."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def test_every_type_has_a_row() -> None:
    assert set(ENTRY_TYPES) == set(EntryType) == set(FULL)
    assert len({row.state for row in ENTRY_TYPES.values()}) == len(ENTRY_TYPES)


@pytest.mark.parametrize("kind", EntryType)
def test_what_is_written_reads_back(kind: EntryType) -> None:
    written = entry_types.write(kind, FULL[kind])
    assert list(written) == list(ENTRY_TYPES[kind].shape.keys)
    assert len(written) == len(fields(FULL[kind]))
    assert entry_types.read(kind, written) == FULL[kind]
    needed = {key: value for key, value in written.items() if ENTRY_TYPES[kind].shape.keys[key]}
    least = entry_types.read(kind, needed)
    assert isinstance(least, State)
    assert entry_types.write(kind, least) == needed


@pytest.mark.parametrize("kind", EntryType)
def test_a_court_reads_what_is_written(kind: EntryType) -> None:
    """Whatever the appliance writes, the offline verifier takes: the same fields, required or not."""
    written = entry_types.write(kind, FULL[kind])
    for key, (required, right) in OFFLINE[kind].items():
        assert key in written
        assert right(written[key]), key
        assert not required or ENTRY_TYPES[kind].shape.keys[key], key


@pytest.mark.parametrize("kind", EntryType)
def test_a_field_that_is_missing_or_of_another_kind_is_a_wrong_shape(kind: EntryType) -> None:
    written = entry_types.write(kind, FULL[kind])
    assert entry_types.read(kind, {**written, "more": 1}) == FULL[kind], "what is not known decides nothing"
    for key, required in ENTRY_TYPES[kind].shape.keys.items():
        left = {name: value for name, value in written.items() if name != key}
        assert (entry_types.read(kind, left) is Deny.WRONG_SHAPE) is required
        values: list[object] = [None, [], {}, [None], 1.5, -1, 2**53]
        for wrong in values:
            assert entry_types.read(kind, {**written, key: wrong}) is Deny.WRONG_SHAPE, (key, wrong)


@given(st.sampled_from(EntryType), st.data())
def test_whatever_a_header_says_is_a_state_or_a_reason(kind: EntryType, data: st.DataObject) -> None:
    """Never an exception, and what is taken is what would be written, so nothing was converted on the way."""
    key = st.sampled_from([*ENTRY_TYPES[kind].shape.keys, "x"])
    said: dict[str, Any] = {
        **entry_types.write(kind, FULL[kind]),
        **data.draw(st.dictionaries(key, VALUES, max_size=2)),
    }
    found = entry_types.read(kind, said)
    if isinstance(found, Deny):
        assert found is Deny.WRONG_SHAPE
    else:
        assert entry_types.write(kind, found).items() <= said.items()


@pytest.mark.parametrize("name", ["p_a", "", "@moph", "p_a@", "p_a@moph@moi", "p a@moph", "p_a@mo ph", "*", "ก@moph"])
def test_a_person_is_named_with_the_agency(name: str) -> None:
    written = entry_types.write(EntryType.OWNER_TRANSFER, FULL[EntryType.OWNER_TRANSFER])
    assert entry_types.read(EntryType.OWNER_TRANSFER, {**written, "to": name}) is Deny.WRONG_SHAPE
    card = {"p": name, "name": "ก", "unit": "", "post": ""}
    assert entry_types.read(EntryType.MEMBER_ADD, {"members": [card]}) is Deny.WRONG_SHAPE


def test_a_type_that_nobody_knows_is_refused() -> None:
    assert entry_types.read("message.poem", {}) is Deny.WRONG_TYPE
