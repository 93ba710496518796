"""Requests to an owner as clients see them, also of people whom the directory does not know any more."""

from __future__ import annotations

from appliance.log.request_views import view
from appliance.model import PersonId, RoomId, UnitId
from appliance.people import PersonCard, Visibility
from appliance.rules.owner_requests import Kind, Outcome, OwnerRequest
from appliance.wire.rooms import MemberSuggestion, RemovalRequest, Suggested
from tests.bureau import MALEE, NARIN

GONE = PersonId("p_gone")
CARD = PersonCard(
    MALEE, "1", "มาลี มีสุข", "Malee Meesuk", UnitId("u"), "กองระบาดวิทยา", "Epidemiology", "นักวิชาการ", "Scholar", 50,
    (), frozenset(), Visibility.AGENCY, active=True, sort_key="",
)  # fmt: skip


def asked(kind: Kind, who: PersonId, *people: PersonId) -> OwnerRequest:
    return OwnerRequest("rr_1", kind, RoomId("r_1"), who, people, "ช่วยงาน", Outcome.PENDING, 5, escalated=8)


def test_who_is_suggested_is_named_by_the_directory_or_by_the_bare_id() -> None:
    found = view(asked(Kind.SUGGESTION, MALEE, MALEE, GONE), {MALEE: CARD})
    assert isinstance(found, MemberSuggestion)
    assert (found.person, found.name, found.name_en) == (MALEE, "มาลี มีสุข", "Malee Meesuk")
    assert found.people == [
        Suggested(
            person=MALEE, name="มาลี มีสุข", name_en="Malee Meesuk", unit="กองระบาดวิทยา", unit_en="Epidemiology",
            post="นักวิชาการ", post_en="Scholar",
        ),
        Suggested(person=GONE, name=GONE),
    ]  # fmt: skip


def test_who_asks_is_named_by_the_bare_id_where_the_directory_has_none() -> None:
    found = view(asked(Kind.REMOVAL, NARIN, NARIN), {MALEE: CARD})
    assert isinstance(found, RemovalRequest)
    assert (found.person, found.name, found.name_en, found.state) == (NARIN, NARIN, None, "pending")
    assert (found.reason, found.asked, found.escalated) == ("ช่วยงาน", 5, 8)
