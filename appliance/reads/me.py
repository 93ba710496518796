"""What the client needs first: who the caller is, with which roles, and whether the terms are accepted (F80)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from appliance.late import load
from appliance.reads.directory import load_views, unit_ref
from appliance.rules.agency_settings import CONTACT_MODE, HELPDESK
from appliance.rules.file_types import blocked_ends
from appliance.store import terms
from appliance.wire.session import AgencyView, FileLimits, HelpdeskView, Me, Terms, TermsState

if TYPE_CHECKING:
    from appliance.locale import Language
    from appliance.model import PersonId
    from appliance.people import Session
    from appliance.services import Services
    from appliance.wire.directory import PersonView


@cache
def _server_version() -> str:
    """Return the release, read from the package's files when somebody first asks."""
    release: str = load("importlib.metadata:version")("gchat-appliance")
    return release


async def load_me(s: Services, session: Session) -> Me:
    """Return the caller's own picture."""
    now = s.clock()
    card, account = s.directory.people[session.person], s.accounts.get(session.person)
    accepted = account.accepted if account else 0
    return Me(
        person=await load_own_view(s, session.person),
        roles=sorted(session.roles),
        unit=unit_ref(s, card.unit),
        terms=TermsState(version=s.terms.in_force(now), accepted=accepted or None),
        csrf=session.csrf,
        must_change_password=session.must_change,
        contact_mode=s.settings.get(CONTACT_MODE, now).value,
        shortest_password=s.config.policies.passwords.shortest,
        server_version=_server_version(),
        files=FileLimits(largest=s.config.files.largest, blocked=_blocked(s)),
    )


def _blocked(s: Services) -> dict[str, list[str]]:
    return {kind: sorted(ends) for kind, ends in blocked_ends(s.config.files.blocked).items()}


async def load_own_view(s: Services, person: PersonId) -> PersonView:
    """Return a person as they see themselves."""
    async with s.store.read() as reader:
        return (await load_views(s, reader, person, [person]))[0]


def load_agency(s: Services) -> AgencyView:
    """Return who runs this appliance and whom to ask: what the page says before anybody has signed in."""
    agency, helpdesk = s.config.agency, s.settings.get(HELPDESK, s.clock())
    return AgencyView(
        name_th=agency.name_th,
        name_en=agency.name_en,
        helpdesk=HelpdeskView(phone=helpdesk.phone, email=helpdesk.email, place=helpdesk.place),
    )


async def load_terms(s: Services, person: PersonId, language: Language) -> Terms:
    """Return the terms in force in the caller's language; version 0 and empty when the agency has published none."""
    account = s.accounts.get(person)
    async with s.store.read() as reader:
        found = await reader.run(terms.get, s.terms.in_force(s.clock()))
        accepted_at = await reader.run(terms.accepted_at, person, found.version) if found else None
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
        accepted_at=accepted_at,
    )
