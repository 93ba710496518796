"""Adapters of the rules about rooms and messages: `given` names a room, a person and what they want.

All go through `authorize`, as everything in the product does; the web client's twin is `ruleAdapters.ts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.model import (
    Deny,
    EntryType,
    Home,
    Member,
    PersonId,
    Principal,
    Role,
    RoomId,
    RoomKind,
    RoomState,
    State,
    Target,
    agency_of,
)
from appliance.rules.concerns import concerned
from appliance.rules.entry_types import proposed
from appliance.rules.names import emoji, room_name
from appliance.rules.owner_requests import (
    Kind,
    Outcome,
    OwnerRequest,
    is_due_for_escalation,
    is_fulfilled,
    may_answer,
    may_ask,
    may_hear,
    repeats_from,
)
from appliance.rules.rooms import authorize, denied_actions, may_ask_removal, may_suggest
from appliance.rules.visibility import EntryFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    Given = dict[str, Any]


HOME = Home("agency")
EMPTY_CARD = {"name": "ก", "unit": "", "post": ""}


def room(given: Given) -> RoomState:
    """Return the room of a case."""
    told = given["room"]
    owner = full(told["owner"])
    people = list(map(full, told["members"]))
    members = {person: Member(person, Role.OWNER if person == owner else Role.MEMBER, 0) for person in people}
    closed = told.get("closed", False)
    return RoomState(RoomId("r_case"), RoomKind(told["kind"]), "ห้อง", owner, members, "agency", closed=closed)


def full(person: str) -> Principal:
    """Return who a person of a case is in the room: of the agency, where it says no other."""
    return HOME.principal(PersonId(person))


def role(given: Given) -> Role | None:
    """Return the part the case's person has in its room."""
    return room(given).role_of(full(given["person"]))


def verdict(given: Given, kind: str, fields: dict[str, Any] | None = None) -> object:
    """Return what `authorize` says of an entry of this kind by the case's person; a room that is none is null."""
    told = given.get("target")
    aimed = (
        Target(1, EntryType(told["type"]), full(told["sender"]), told["at"], State(), redacted=told["redacted"])
        if told
        else None
    )
    sender = full(given["person"])
    origin = given.get("origin", agency_of(sender))
    asked = proposed(
        kind, origin, sender, given.get("now", 0), whole(fields or {}, kind), n=9, hub_time=given.get("now", 0)
    )
    return asked if isinstance(asked, Deny) else authorize(room(given) if given["room"] else None, asked, aimed)


def whole(fields: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the fields of a case with what no rule asks for: the rest of cards, and which message it points at."""
    given = {key: value for key, value in fields.items() if key not in {"members", "card"}}
    given |= {key: full(given[key]) for key in ("owner", "to") if isinstance(given.get(key), str)}
    if kind in {"message.edit", "message.redact", "message.reaction"}:
        given.setdefault("target", 1)
    if "members" in fields:
        given["members"] = [
            full(member) if isinstance(member, str) else EMPTY_CARD | {"p": full(member["p"])}
            for member in fields["members"]
        ]
    if "card" in fields:
        given["card"] = EMPTY_CARD | {"p": full(fields["card"]["p"])}
    return given


def _concerned(given: Given) -> object:
    asked = proposed(
        given["type"], "agency", full(given["sender"]), 0, whole(given["fields"], given["type"]), n=9, hub_time=0
    )
    assert not isinstance(asked, Deny)
    facts = EntryFacts(asked.type, asked.state, asked.sender)
    return list(map(HOME.person, concerned(RoomKind(given["kind"]), facts, 0)))


def cards(people: list[str]) -> dict[str, Any]:
    """Return the fields of an entry that adds people."""
    return {"members": [{"p": person} for person in people]}


def request(told: dict[str, Any]) -> OwnerRequest:
    """Return the request of a case: to be taken off, unless it says otherwise."""
    person = PersonId(told.get("person", "p_b"))
    people = tuple(PersonId(who) for who in told.get("people", [person]))
    return OwnerRequest(
        "rr_case", Kind(told.get("kind", "removal")), RoomId("r_case"), person, people, "",
        Outcome(told.get("state", "pending")), told["asked"], told.get("answered"), escalated=told.get("escalated"),
    )  # fmt: skip


def _may_ask(given: Given) -> object:
    common = {
        "person": given["person"],
        "kind": given["kind"],
        **({"people": given["people"]} if "people" in given else {}),
    }
    asked = request({**common, "asked": given["now"]})
    return may_ask(HOME, room(given), asked, [request({**common, **told}) for told in given["earlier"]], given["days"])


ROOM_ADAPTERS: dict[str, Callable[[Given], object]] = {
    "authorize": lambda g: verdict(g, g["type"], g["fields"]),
    "may_post": lambda g: verdict(g, "message.text"),
    "may_carry": lambda g: verdict(g, "message.text", {"files": g["files"], "label": g["label"]}),
    "may_rename": lambda g: verdict(g, "room.rename", {"name": "ใหม่"}),
    "may_close": lambda g: verdict(g, "room.close"),
    "may_add": lambda g: verdict(g, "member.add", cards(g["people"])),
    "may_remove": lambda g: verdict(g, "member.remove", {"members": g["people"], "self": g["self"]}),
    "may_transfer": lambda g: verdict(g, "owner.transfer", {"to": g["to"]}),
    "may_ask_removal": lambda g: may_ask_removal(room(g), role(g)),
    "may_suggest": lambda g: may_suggest(room(g), role(g)),
    "may_mention_everyone": lambda g: verdict(g, "message.text", {"everyone": True}),
    "may_reply": lambda g: verdict(g, "message.text", {"reply_to": 1}),
    "may_edit": lambda g: verdict(g, "message.edit"),
    "may_redact": lambda g: verdict(g, "message.redact"),
    "may_react": lambda g: verdict(g, "message.reaction", {"emoji": "👍", "on": True}),
    "denied_actions": lambda g: denied_actions(room(g), full(g["person"])),
    "may_ask": _may_ask,
    "may_answer": lambda g: may_answer(
        HOME, room(g), PersonId(g["person"]), request(g["request"]), g["administrators"]
    ),
    "may_hear": lambda g: may_hear(HOME, room(g), PersonId(g["person"]), request(g["request"])),
    "is_fulfilled": lambda g: is_fulfilled(HOME, request(g["request"]), list(map(full, g["members"]))),
    "repeats_from": lambda g: repeats_from(request(g["request"]), g["days"]),
    "is_due_for_escalation": lambda g: is_due_for_escalation(request(g["request"]), g["now"], g["days"]),
    "concerned": _concerned,
    "room_name": lambda g: room_name(g["name"]),
    "emoji": lambda g: emoji(g["text"]),
}
