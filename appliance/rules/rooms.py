"""Who may do what in a room: `authorize` is the one place that decides, for people, peers, imports and tests alike.

Pure: values in, verdict out; rules version 1 (the specification, federation.md §5.3, F32 to F41). The full tables
are `tests/rules/tables/authorize.json` and those of the rules it calls, shared with the web client where they say so.
Order matters: membership is checked before anything that would reveal the room's state to an outsider. `apply` is the
other half: what an allowed state entry makes of the room. Whether two people may start a private chat at all is
`contact.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from appliance.model import Deny, EntryType, Member, PersonId, PostId, Role, RoomId, RoomKind, RoomState, Target
from appliance.rules import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RULES_VERSION: Final = 1
MAX_MEMBERS: Final = 5_000
# What the system writes for itself (an account was revoked) carries this sender; no person can have it.
SYSTEM: Final = PersonId("system")


class Header(Protocol):
    """What a verdict needs of an entry's header (`evidence.canonical.Header`): type, sender, state fields, time."""

    @property
    def type(self) -> str:
        """Type of the entry."""

    @property
    def origin(self) -> str:
        """Slug of the sender's agency."""

    @property
    def sender(self) -> str:
        """Sender, `person@agency`."""

    @property
    def state(self) -> dict[str, Any] | None:
        """State fields."""

    @property
    def written_at(self) -> int:
        """Time, milliseconds UTC."""


def authorize(state: RoomState | None, header: Header, target: Target | None = None) -> Deny | None:
    """Say why the entry may not be appended, or None. `state` is None for a room that does not exist yet."""
    sender = PersonId(header.sender.partition("@")[0])
    fields = header.state or {}
    if state is None:
        return None if header.type == EntryType.ROOM_CREATE and fields["owner"] == sender else Deny.WRONG_TYPE
    if header.type in _BY_SYSTEM:
        return _may_act_as_system(state, sender, header.type, fields)
    role = state.role_of(sender)
    if role is None:
        return Deny.NOT_A_MEMBER
    if state.closed:
        return Deny.ROOM_CLOSED
    rule = _RULES.get(header.type)
    return rule(state, role, fields) if rule else messages.check(state, role, sender, header, target)


def may_rename(state: RoomState, role: Role, _fields: Mapping[str, Any]) -> Deny | None:
    """F36: only the owner, and a private chat has no name."""
    return _owner_of_group(state, role)


def may_close(state: RoomState, role: Role, _fields: Mapping[str, Any]) -> Deny | None:
    """F37, Q6: deleting closes; a private chat belongs to both and stays."""
    return _owner_of_group(state, role)


def may_add(state: RoomState, role: Role, fields: Mapping[str, Any]) -> Deny | None:
    """F32: only the owner, at once; nobody twice."""
    if denied := _owner_of_group(state, role):
        return denied
    added = [PersonId(card["p"]) for card in fields["members"]]
    if any(person in state.members for person in added) or len(set(added)) != len(added):
        return Deny.ALREADY_MEMBER
    if len(state.members) + len(added) > MAX_MEMBERS:
        return Deny.ROOM_FULL
    return None


def may_remove(state: RoomState, role: Role, fields: Mapping[str, Any]) -> Deny | None:
    """F33, F34, F40: only the owner; members cannot take themselves off; the owner hands over first."""
    removed = [PersonId(person) for person in fields["members"]]
    if state.kind is RoomKind.DIRECT:
        return Deny.DIRECT_ROOM_FIXED
    if role is not Role.OWNER:
        return Deny.CANNOT_LEAVE if len(removed) == 1 and fields.get("self") else Deny.NOT_OWNER
    if any(person not in state.members for person in removed):
        return Deny.TARGET_NOT_MEMBER
    if state.owner in removed:
        return Deny.OWNER_MUST_TRANSFER
    return None


def may_transfer(state: RoomState, role: Role, fields: Mapping[str, Any]) -> Deny | None:
    """F37: the owner, to another member; one owner at any time."""
    if denied := _owner_of_group(state, role):
        return denied
    if fields["to"] == state.owner or PersonId(fields["to"]) not in state.members:
        return Deny.TARGET_NOT_MEMBER
    return None


def may_ask_removal(state: RoomState, role: Role | None) -> Deny | None:
    """F41: a member who is not the owner, in a group."""
    return _may_ask_owner(state, role, Deny.OWNER_MUST_TRANSFER)


def may_suggest(state: RoomState, role: Role | None) -> Deny | None:
    """F34: a member who is not the owner suggests people to the owner, in a group."""
    return _may_ask_owner(state, role, Deny.OWNER_ADDS_DIRECTLY)


ACTIONS: Final = (
    "post", "rename", "close", "add", "remove", "transfer", "ask_removal", "suggest", "mention_everyone",
)  # fmt: skip
"""What a member may or may not do in a room, by the names that clients know."""


def all_denied(code: str) -> dict[str, str]:
    """Return every action with one reason: of a room that takes nothing new."""
    return dict.fromkeys(ACTIONS, code)


def denied_actions(state: RoomState, person: PersonId) -> dict[str, str]:
    """Return, for every action the person may not take here, the reason's code: what a client greys out."""
    role = state.role_of(person)
    if role is None:
        return {}
    closed = Deny.ROOM_CLOSED if state.closed else None
    owner = closed or _owner_of_group(state, role)
    reasons = {
        "post": closed,
        "rename": owner,
        "close": owner,
        "add": owner,
        "remove": owner,
        "transfer": owner,
        "ask_removal": may_ask_removal(state, role),
        "suggest": may_suggest(state, role),
        "mention_everyone": closed or messages.may_mention_everyone(state, role),
    }
    return {action: reason.value for action, reason in reasons.items() if reason}


def apply(state: RoomState | None, header: Header, room: RoomId, n: int) -> RoomState:
    """Return the room as the allowed entry `n` leaves it; message entries change nothing."""
    fields = header.state or {}
    if state is None:
        owner = PersonId(fields["owner"])
        return RoomState(
            room=room,
            kind=RoomKind(fields["kind"]),
            name=fields.get("name"),
            owner=owner,
            members={owner: Member(owner, Role.OWNER, n)},
            hub=header.origin,
            owner_post=fields.get("owner_post"),
        )
    change = _CHANGES.get(header.type)
    return change(state, fields, n) if change else state


def _may_ask_owner(state: RoomState, role: Role | None, instead: Deny) -> Deny | None:
    if role is None:
        return Deny.NOT_A_MEMBER
    if state.closed:
        return Deny.ROOM_CLOSED
    if state.kind is RoomKind.DIRECT:
        return Deny.DIRECT_ROOM_FIXED
    return instead if role is Role.OWNER else None


def _owner_of_group(state: RoomState, role: Role) -> Deny | None:
    if state.kind is RoomKind.DIRECT:
        return Deny.DIRECT_ROOM_FIXED
    return None if role is Role.OWNER else Deny.NOT_OWNER


def _may_add_here(state: RoomState, role: Role, fields: Mapping[str, Any]) -> Deny | None:
    """Let the creator of a private chat add the one other person; from then on it is fixed."""
    if state.kind is RoomKind.DIRECT and len(state.members) == 1 and len(fields["members"]) == 1:
        other = fields["members"][0]["p"]
        return Deny.ALREADY_MEMBER if other in state.members else None
    return may_add(state, role, fields)


def _may_act_as_system(state: RoomState, sender: PersonId, kind: str, fields: Mapping[str, Any]) -> Deny | None:
    if sender != SYSTEM:
        return Deny.HUB_ONLY
    if kind == EntryType.SYSTEM_CLOSE:
        return Deny.ROOM_CLOSED if state.closed else None
    if kind == EntryType.SHRED:
        # Bodies of entries `from` to `to` were destroyed by a rule of retention:
        # the specification, federation.md §5.9.
        return None if 0 <= fields["from"] <= fields["to"] and fields["rule"] else Deny.WRONG_TYPE
    if kind == EntryType.OWNER_REASSIGN and "card" in fields:
        # A post has a new holder, who comes in as the owner (Q8).
        return None if fields["card"]["p"] == fields["to"] else Deny.TARGET_NOT_MEMBER
    named = [fields["to"]] if kind == EntryType.OWNER_REASSIGN else fields["members"]
    if any(person not in state.members for person in named):
        return Deny.TARGET_NOT_MEMBER
    # A room is never without its owner: another one is put in first.
    return Deny.OWNER_MUST_TRANSFER if kind == EntryType.SYSTEM_REMOVE and state.owner in named else None


def _added(state: RoomState, fields: Mapping[str, Any], n: int) -> RoomState:
    new = {PersonId(card["p"]): Member(PersonId(card["p"]), Role.MEMBER, n) for card in fields["members"]}
    return replace(state, members={**state.members, **new})


def _removed(state: RoomState, fields: Mapping[str, Any], _n: int) -> RoomState:
    gone = set(fields["members"])
    return replace(state, members={person: m for person, m in state.members.items() if person not in gone})


def _handed_over(state: RoomState, fields: Mapping[str, Any], n: int) -> RoomState:
    new = PersonId(fields["to"])
    members = dict(state.members)
    if state.owner in members:
        members[state.owner] = replace(members[state.owner], role=Role.MEMBER)
    since = members[new].since if new in members else n
    members[new] = Member(new, Role.OWNER, since)
    post = fields.get("post")
    return replace(state, owner=new, members=members, owner_post=PostId(post) if post else None)


def _renamed(state: RoomState, fields: Mapping[str, Any], _n: int) -> RoomState:
    return replace(state, name=fields["name"])


def _closed(state: RoomState, _fields: Mapping[str, Any], _n: int) -> RoomState:
    return replace(state, closed=True)


_BY_SYSTEM: Final = {EntryType.SYSTEM_REMOVE, EntryType.SYSTEM_CLOSE, EntryType.OWNER_REASSIGN, EntryType.SHRED}
_RULES: Final[dict[str, Callable[[RoomState, Role, Mapping[str, Any]], Deny | None]]] = {
    EntryType.ROOM_RENAME: may_rename,
    EntryType.ROOM_CLOSE: may_close,
    EntryType.MEMBER_ADD: _may_add_here,
    EntryType.MEMBER_REMOVE: may_remove,
    EntryType.OWNER_TRANSFER: may_transfer,
}
_CHANGES: Final[dict[str, Callable[[RoomState, Mapping[str, Any], int], RoomState]]] = {
    EntryType.ROOM_RENAME: _renamed,
    EntryType.ROOM_CLOSE: _closed,
    EntryType.MEMBER_ADD: _added,
    EntryType.MEMBER_REMOVE: _removed,
    EntryType.SYSTEM_REMOVE: _removed,
    EntryType.SYSTEM_CLOSE: _closed,
    EntryType.OWNER_TRANSFER: _handed_over,
    EntryType.OWNER_REASSIGN: _handed_over,
}
