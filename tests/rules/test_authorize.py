"""`authorize` for every type of entry, every part in a room and every policy: a decision table, multiplied out.

An outsider is none of a room's members, and nobody but the system appends what is the system's. In a closed room no
member does anything. What is left is in the table: columns for the owner and for another member where the owner adds
people, for either of a pair, and for the system: `group` is any room but one of a pair, `open` one of these that is not
closed. `posts`, `reacts` and `retracts` are what the policy says.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Final, cast

import pytest

from appliance.model import Deny, EntryType, RoomKind
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.policy import NOTHING_ALLOWED, POLICIES, Members, RoomPolicy, Who, policy_of
from tests.rules.room_adapters import ROOM_ADAPTERS

TABLE: Final = """
type              owner       member      pair               system
room.create       wrong_type  wrong_type  wrong_type         -
room.rename       yes         not_owner   direct_room_fixed  -
room.close        yes         not_owner   direct_room_fixed  -
member.add        yes         not_owner   direct_room_fixed  -
member.remove     yes         not_owner   direct_room_fixed  -
owner.transfer    yes         not_owner   direct_room_fixed  -
message.text      posts       posts       posts              -
message.edit      not_author  not_author  not_author         -
message.redact    retracts    not_author  retracts           -
message.reaction  reacts      reacts      reacts             -
sys.remove        -           -           -                  group
sys.close         -           -           -                  open
owner.reassign    -           -           -                  group
shred             -           -           -                  yes
"""
ROWS: Final = [line.split() for line in TABLE.strip().splitlines()[1:]]
FIELDS: Final[dict[str, dict[str, Any]]] = {
    "room.create": {"kind": "group", "name": "ห้อง", "owner": "p_a"},
    "room.rename": {"name": "ใหม่"},
    "member.add": {"members": [{"p": "p_new"}]},
    "member.remove": {"members": ["p_b"]},
    "owner.transfer": {"to": "p_b"},
    "message.reaction": {"emoji": "👍", "on": True},
    "sys.remove": {"members": ["p_b"]},
    "sys.close": {"why": "private_chat"},
    "owner.reassign": {"to": "p_b"},
    "shred": {"from": 1, "to": 2, "rule": "R1", "at": 0},
}
PEOPLE: Final = {"owner": "p_a", "member": "p_b", "outsider": "p_x", "system": "system"}
FREE: Final = POLICIES[RoomKind.GROUP]
ALL_POLICIES: Final = [
    replace(FREE, members=members, may_post=posts, may_react=reacts, owner_retracts=retracts)
    for members, posts, reacts, retracts in product(Members, Who, Who, (True, False))
]


def test_every_type_of_entry_is_in_the_table() -> None:
    assert sorted(row[0] for row in ROWS) == sorted(EntryType)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_part_under_every_policy(row: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for policy, part, closed in product(ALL_POLICIES, PEOPLE, (False, True)):
        monkeypatch.setitem(POLICIES, RoomKind.GROUP, policy)
        assert _verdict(row[0], part, closed=closed) == _expected(row, policy, part, closed=closed), (policy, part)


def _verdict(kind: str, part: str, *, closed: bool) -> object:
    room = {"kind": "group", "owner": "p_a", "members": ["p_a", "p_b", "p_c"], "closed": closed}
    message = {"type": "message.text", "sender": "p_c", "at": 0, "redacted": False}
    given = {"room": room, "person": PEOPLE[part], "type": kind, "fields": FIELDS.get(kind, {})}
    aimed = {"target": message} if kind in {"message.edit", "message.redact", "message.reaction"} else {}
    return ROOM_ADAPTERS["authorize"]({**given, **aimed})


def _expected(row: list[str], policy: RoomPolicy, part: str, *, closed: bool) -> str | None:
    kind, owner, member, pair, system = row
    if ENTRY_TYPES[kind].by_system:
        if part != "system":
            return Deny.HUB_ONLY
        if system in {"group", "open"} and policy.members is Members.PAIR:
            return Deny.DIRECT_ROOM_FIXED
        return Deny.ROOM_CLOSED if system == "open" and closed else None
    if part in {"outsider", "system"}:
        return Deny.NOT_A_MEMBER
    if closed:
        return Deny.ROOM_CLOSED
    inside = {"owner": owner, "member": member}[part]
    return _said(inside if policy.members is Members.OWNER_ADDS else pair, policy, part)


def _said(cell: str, policy: RoomPolicy, part: str) -> str | None:
    """Return the verdict that a cell of the table stands for."""
    free = {Who.MEMBERS: True, Who.OWNER: part == "owner", Who.NOBODY: False}
    return {
        "yes": None,
        "posts": None if free[policy.may_post] else Deny.NOT_OWNER,
        "reacts": None if free[policy.may_react] else Deny.NOT_OWNER,
        "retracts": None if policy.owner_retracts and part == "owner" else Deny.NOT_AUTHOR,
    }.get(cell, cell)


def test_a_kind_without_a_row_allows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert policy_of("poem") == NOTHING_ALLOWED
    monkeypatch.delitem(POLICIES, RoomKind.GROUP)
    for row in ROWS:
        for part in ("owner", "member"):
            assert _verdict(row[0], part, closed=False) is not None, row
    room = {"kind": "group", "owner": "p_a", "members": ["p_a", "p_b"]}
    fixed = ("rename", "close", "add", "remove", "transfer", "ask_removal", "suggest")
    assert ROOM_ADAPTERS["denied_actions"]({"room": room, "person": "p_a"}) == {
        **dict.fromkeys(fixed, "direct_room_fixed"),
        **dict.fromkeys(("post", "attach", "mention_everyone"), "not_owner"),
    }


@pytest.mark.parametrize("kind", ["message.text", "message.reaction"])
def test_a_value_without_a_meaning_allows_nobody(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whoever = cast("Who", "whoever")
    monkeypatch.setitem(POLICIES, RoomKind.GROUP, replace(FREE, may_post=whoever, may_react=whoever))
    assert _verdict(kind, "owner", closed=False) is Deny.NOT_OWNER
