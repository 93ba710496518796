"""Whether the statements in an entry say what the entry says: who must have signed what, about whom, and when.

The hub's own people need no statement, since the hub signs the log. Of another agency everybody who comes in brings a
card signed at home, valid at hub time; who is taken off, the signed end of the account, unless the agency itself is
gone; who becomes the owner, the signed acceptance of their agency or an order of the registry (decision 51).

Rules: pure, called through the row of a type (`entry_types.py`) after `authorize` has allowed the entry. `Facts.read`
gives what a statement says if it is rightly signed, else None: keys are the caller's (`evidence/verification.py`, the
offline verifier). A statement that stands in an entry has to hold, also where none was needed. The standard library
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.model import Deny, agency_of
from appliance.rules.policy import policy_of
from appliance.rules.statements import (
    DAY_MS,
    CardState,
    HubAcceptance,
    RegistryOrder,
    StatementType,
    UserCard,
    UserRevoked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.model import Proposed, RoomState
    from appliance.rules.entry_states import (
        Card,
        MembersAdded,
        OwnerReassigned,
        OwnerTransferred,
        RemovedBySystem,
        RoomCreated,
    )
    from appliance.rules.statements import Fields, Order, Statement

CLOCK_MS: Final = 10 * 60_000
"""How far the clock of the agency that signs may be ahead of the hub's."""
CARD_MS: Final = DAY_MS
"""How long a card may be valid."""
ACCEPTANCE_MS: Final = DAY_MS
"""How old an acceptance may be."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What judging statements needs beside the entry.

    `read`: what a statement of this kind says, if it is rightly signed. `has_ended`: the agency is revoked in the
    registry. `accepts`: the agency lets its people into a room of this hub with this label. `root_at`: the log's root
    (base64) when it had a size.
    """

    read: Callable[[Statement | Order, StatementType], Fields | None]
    has_ended: Callable[[str], bool]
    accepts: Callable[[str, str, int], bool]
    root_at: Callable[[int], str | None]


def creator(_room: RoomState | None, entry: Proposed, state: RoomCreated, facts: Facts) -> Deny | None:
    """Judge the card of who makes a room."""
    return _card(entry, state.card, facts) if state.card else None


def newcomers(room: RoomState, entry: Proposed, state: MembersAdded, facts: Facts) -> Deny | None:
    """Judge the cards of who comes in, and whether their agencies let them into this room."""
    for card in state.members:
        if denied := _card(entry, card, facts):
            return denied
    label, own = policy_of(room.kind).label_ceiling, entry.origin
    agencies = {agency_of(card.p) for card in state.members} - {own}
    return None if all(facts.accepts(agency, own, label) for agency in agencies) else Deny.NOT_ACCEPTED


def removed(room: RoomState, entry: Proposed, state: RemovedBySystem, facts: Facts) -> Deny | None:
    """Judge who is taken off by the system: of another agency, whose account it ended or which is gone itself."""
    ended = set()
    for statement in state.revoked:
        said = facts.read(statement, StatementType.USER_REVOKED)
        if not isinstance(said, UserRevoked) or agency_of(said.u) != said.ag or said.at > entry.hub_time + CLOCK_MS:
            return Deny.REVOCATION_MISSING
        ended.add(said.u)
    if not ended <= set(state.members):
        return Deny.WRONG_SHAPE
    others = {person for person in state.members if agency_of(person) != room.hub} - ended
    return None if all(facts.has_ended(agency_of(person)) for person in others) else Deny.REVOCATION_MISSING


def new_owner(room: RoomState, entry: Proposed, state: OwnerTransferred, facts: Facts) -> Deny | None:
    """Judge whether the agency of the new owner takes the room: as it is now, or was less than a day ago."""
    if state.accepted is None:
        return None if agency_of(state.to) == room.hub else Deny.ACCEPTANCE_MISSING
    said = facts.read(state.accepted, StatementType.HUB_ACCEPTANCE)
    if not isinstance(said, HubAcceptance):
        return Deny.ACCEPTANCE_MISSING
    fits = said.ag == agency_of(state.to) and said.room == room.room
    # Since the present hub began: what an agency accepted before another hub is used up.
    known = room.hub_since <= said.size <= entry.n and facts.root_at(said.size) == said.root
    in_time = -CLOCK_MS <= entry.hub_time - said.at <= ACCEPTANCE_MS
    return None if fits and known and in_time else Deny.ACCEPTANCE_DIFFERS


def new_hub(room: RoomState, entry: Proposed, state: OwnerReassigned, facts: Facts) -> Deny | None:
    """Judge an owner whom the system puts in: of another agency only by order, of this log at this size."""
    if state.card is not None and (denied := _card(entry, state.card, facts)):
        return denied
    if state.order is None:
        return None if agency_of(state.to) == room.hub else Deny.ORDER_MISSING
    said = facts.read(state.order, StatementType.REGISTRY_ORDER)
    if not isinstance(said, RegistryOrder):
        return Deny.ORDER_MISSING
    fits = said.owner == state.to and said.hub == agency_of(state.to) and said.room == room.room
    here = said.size == entry.n and facts.root_at(entry.n) == said.root
    return None if fits and here else Deny.ORDER_DIFFERS


def _card(entry: Proposed, card: Card, facts: Facts) -> Deny | None:
    """Judge one card: of the hub's own people it may be unsigned."""
    if card.signed is None:
        return None if agency_of(card.p) == entry.origin else Deny.CARD_UNSIGNED
    said = facts.read(card.signed, StatementType.USER_CARD)
    if not isinstance(said, UserCard):
        return Deny.CARD_UNSIGNED
    names = (said.u, said.ag, said.name_th, said.unit, said.pos, said.level)
    if names != (card.p, agency_of(card.p), card.name, card.unit, card.post, card.rank):
        return Deny.CARD_DIFFERS
    if said.st is not CardState.ACTIVE:
        return Deny.CARD_REVOKED
    begins, ends = said.iat * 1000, said.exp * 1000
    valid = begins <= entry.hub_time + CLOCK_MS and entry.hub_time < ends <= begins + CARD_MS
    return None if valid else Deny.CARD_EXPIRED
