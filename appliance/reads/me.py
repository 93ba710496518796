"""What the client needs first: who the caller is, with which roles, and whether the terms are accepted (F80)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.reads.directory import load_views, unit_ref
from appliance.store import terms
from appliance.wire.session import Me, Terms, TermsState

if TYPE_CHECKING:
    from appliance.locale import Language
    from appliance.model import PersonId
    from appliance.people import Session
    from appliance.people_services import PeopleServices


async def load_me(s: PeopleServices, session: Session, language: Language) -> Me:
    """Return the caller's own picture."""
    now = s.clock()
    card, account = s.identity.people[session.person], s.identity.account(session.person)
    accepted = account.accepted if account else 0
    async with s.store.read() as reader:
        views = await load_views(s, reader, session.person, [session.person], language)
    return Me(
        person=views[0],
        roles=sorted(session.roles),
        unit=unit_ref(s, card.unit, language),
        terms=TermsState(version=s.identity.terms_in_force(now), accepted=accepted or None),
        csrf=session.csrf,
        must_change_password=session.must_change,
        contact_mode=s.identity.contact_mode(now).value,
    )


async def load_terms(s: PeopleServices, person: PersonId, language: Language) -> Terms:
    """Return the terms in force in the caller's language; version 0 and empty when the agency has published none."""
    account = s.identity.account(person)
    async with s.store.read() as reader:
        found = await terms.get(reader, s.identity.terms_in_force(s.clock()))
    if found is None:
        return Terms(version=0, title="", text="", language=language, effective=0)
    # An agency may have published Thai alone, which then stands in for English.
    shown: Language = language if found.text_en != found.text_th else "th"
    return Terms(
        version=found.version,
        title=found.title_en if shown == "en" else found.title_th,
        text=found.text_en if shown == "en" else found.text_th,
        language=shown,
        effective=found.effective,
        accepted=(account.accepted or None) if account else None,
    )
