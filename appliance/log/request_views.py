"""Requests to a room's owner in the shape that clients see, the same in answers and in events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.rules.owner_requests import Kind
from appliance.wire.rooms import MemberSuggestion, RemovalRequest, Suggested

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import PersonId
    from appliance.people import PersonCard
    from appliance.rules.owner_requests import OwnerRequest


def view(request: OwnerRequest, cards: Mapping[PersonId, PersonCard]) -> RemovalRequest | MemberSuggestion:
    """Return a request as clients see it, with the names of those concerned."""
    return removal_view(request, cards) if request.kind is Kind.REMOVAL else suggestion_view(request, cards)


def removal_view(request: OwnerRequest, cards: Mapping[PersonId, PersonCard]) -> RemovalRequest:
    """Return a request to be taken off as clients see it."""
    return RemovalRequest(**_common(request, cards), escalated=request.escalated)


def suggestion_view(request: OwnerRequest, cards: Mapping[PersonId, PersonCard]) -> MemberSuggestion:
    """Return a suggestion as clients see it."""
    return MemberSuggestion(**_common(request, cards), people=[suggested(who, cards) for who in request.people])


def _common(request: OwnerRequest, cards: Mapping[PersonId, PersonCard]) -> dict[str, Any]:
    card = cards.get(request.person)
    return {
        "id": request.id,
        "room": request.room,
        "person": request.person,
        "name": card.name if card else request.person,
        "name_en": card.name_en if card else None,
        "state": request.outcome.value,
        "asked": request.asked,
        "reason": request.reason,
        "answered": request.answered,
        "answered_by": request.answered_by,
        "note": request.note,
    }


def suggested(person: PersonId, cards: Mapping[PersonId, PersonCard]) -> Suggested:
    """Return somebody who is suggested as clients see them."""
    card = cards.get(person)
    if card is None:
        return Suggested(person=person, name=person)
    return Suggested(
        person=person,
        name=card.name,
        name_en=card.name_en,
        unit=card.unit_name,
        unit_en=card.unit_name_en,
        post=card.post,
        post_en=card.post_en,
    )
