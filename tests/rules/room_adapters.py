"""Adapters of the rules about rooms and messages: `given` names a room, a person and what they want.

All go through `authorize`, as everything in the product does; the web client's twin is `ruleAdapters.ts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.model import EntryType, Member, PersonId, Role, RoomId, RoomKind, RoomState, Target
from appliance.rules.names import emoji, room_name
from appliance.rules.removal_requests import Outcome, RemovalRequest, is_due_for_escalation, may_answer, may_ask
from appliance.rules.rooms import authorize, denied_actions, may_ask_removal

if TYPE_CHECKING:
    from collections.abc import Callable

    Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a header that a verdict needs."""

    ty: str
    sn: str
    st: dict[str, Any]
    ts: int


def room(given: Given) -> RoomState:
    """Return the room of a case."""
    told = given["room"]
    owner = PersonId(told["owner"])
    people = [PersonId(person) for person in told["members"]]
    members = {person: Member(person, Role.OWNER if person == owner else Role.MEMBER, 0) for person in people}
    closed = told.get("closed", False)
    return RoomState(RoomId("r_case"), RoomKind(told["kind"]), "ห้อง", owner, members, closed)


def role(given: Given) -> Role | None:
    """Return the part the case's person has in its room."""
    return room(given).role_of(PersonId(given["person"]))


def verdict(given: Given, kind: str, fields: dict[str, Any] | None = None) -> object:
    """Return what `authorize` says of an entry of this kind by the case's person."""
    told = given.get("target")
    aimed = Target(1, EntryType(told["type"]), PersonId(told["sender"]), told["at"], told["redacted"]) if told else None
    asked = Asked(kind, f"{given['person']}@agency", fields or {}, given.get("now", 0))
    return authorize(room(given), asked, aimed)


def cards(people: list[str]) -> dict[str, Any]:
    """Return the fields of an entry that adds people."""
    return {"members": [{"p": person} for person in people]}


def request(told: dict[str, Any] | None) -> RemovalRequest | None:
    """Return the request of a case."""
    if told is None:
        return None
    return RemovalRequest(
        "rr_case", RoomId("r_case"), PersonId(told.get("person", "p_b")), "", Outcome(told["state"]), told["asked"],
        told.get("answered"), escalated=told.get("escalated"),
    )  # fmt: skip


def _may_answer(given: Given) -> object:
    asked = request(given["request"])
    assert asked is not None
    return may_answer(room(given), PersonId(given["person"]), asked, given["administrators"])


def _is_due(given: Given) -> object:
    asked = request(given["request"])
    assert asked is not None
    return is_due_for_escalation(asked, given["now"], given["days"])


ROOM_ADAPTERS: dict[str, Callable[[Given], object]] = {
    "authorize": lambda g: verdict(g, g["type"], g["fields"]),
    "may_post": lambda g: verdict(g, "message.text"),
    "may_rename": lambda g: verdict(g, "room.rename", {"name": "ใหม่"}),
    "may_close": lambda g: verdict(g, "room.close"),
    "may_add": lambda g: verdict(g, "member.add", cards(g["people"])),
    "may_remove": lambda g: verdict(g, "member.remove", {"members": g["people"], "self": g["self"]}),
    "may_transfer": lambda g: verdict(g, "owner.transfer", {"to": g["to"]}),
    "may_ask_removal": lambda g: may_ask_removal(room(g), role(g)),
    "may_mention_everyone": lambda g: verdict(g, "message.text", {"everyone": True}),
    "may_edit": lambda g: verdict(g, "message.edit"),
    "may_redact": lambda g: verdict(g, "message.redact"),
    "may_react": lambda g: verdict(g, "message.reaction", {"emoji": "👍", "on": True}),
    "denied_actions": lambda g: denied_actions(room(g), PersonId(g["person"])),
    "may_ask": lambda g: may_ask(room(g), role(g), request(g["last"]), g["now"], g["days"]),
    "may_answer": _may_answer,
    "is_due_for_escalation": _is_due,
    "room_name": lambda g: room_name(g["name"]),
    "emoji": lambda g: emoji(g["text"]),
}
