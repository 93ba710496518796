"""Terms of use: publishing a version, accepting it (F80).

A version is never changed; a correction is the next version, and everyone is asked again from its effective time on.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from appliance.actions.account_changes import get_account
from appliance.actions.audit_checkpoints import ACCEPTED
from appliance.actions.audit_records import record_at
from appliance.errors import Conflict, Forbidden, Invalid
from appliance.rules.roles import Duty, may_perform
from appliance.rules.text import has_visible
from appliance.store import terms

if TYPE_CHECKING:
    from appliance.config import Agency
    from appliance.model import Millis
    from appliance.people import Session
    from appliance.rules.roles import Actor
    from appliance.services import Services


class TermsDraft(msgspec.Struct, frozen=True):
    """Terms before they are published: titles and texts, each in Thai and English."""

    titles: tuple[str, str]
    texts: tuple[str, str]


def standard_terms(agency: Agency) -> TermsDraft:
    """Return the product's own draft with the agency's name in it."""
    folder = resources.files("appliance.locale")
    thai, english = ((folder / f"terms_{language}.txt").read_text(encoding="utf-8") for language in ("th", "en"))
    return written_terms(thai.replace("{agency}", agency.name_th), english.replace("{agency}", agency.name_en))


def written_terms(thai: str, english: str | None = None) -> TermsDraft:
    """Return terms from texts whose first line is the title; Thai stands in where there is no English.

    Raises Invalid where a title or a text is missing.
    """
    (title_th, text_th), (title_en, text_en) = _titled(thai), _titled(english or thai)
    if not all((title_th, text_th, title_en, text_en)):
        raise Invalid(code="terms_incomplete")
    return TermsDraft((title_th, title_en), (text_th, text_en))


def _titled(text: str) -> tuple[str, str]:
    title, _, body = text.strip().partition("\n")
    return title.strip(), body.strip()


async def accept_terms(s: Services, session: Session, version: int) -> None:
    """Accept the version that was shown. Raises Conflict (`terms_changed`) unless it is the one in force."""
    async with s.store.write() as tx:
        now = s.clock()
        if version != s.terms.in_force(now):
            raise Conflict(code="terms_changed")
        if await tx.run(terms.accept, session.person, version, session.id, now):
            await record_at(tx, now, session.person, ACCEPTED, session.person, version=version, session=session.id)
        account = await get_account(tx, session.person)
        tx.after_commit(lambda: s.accounts.put(account))


async def publish_terms(
    s: Services, actor: Actor, titles: tuple[str, str], texts: tuple[str, str], effective: Millis | None = None
) -> int:
    """Publish the next version, each text in Thai and English; return its number. Raises Forbidden, Invalid."""
    if denied := may_perform(Duty.PUBLISH_TERMS, actor):
        raise Forbidden(denied)
    if not all(has_visible(part) for part in (*titles, *texts)):
        raise Invalid(field="text", code="terms_incomplete")
    now = s.clock()
    async with s.store.write() as tx:
        version = max((number for number, _ in await tx.run(terms.list_versions)), default=0) + 1
        text = terms.TermsText(version, *titles, *texts, effective=max(effective or now, now))
        await tx.run(terms.insert, text, actor.name, now)
        await record_at(tx, now, actor.name, "terms.publish", str(version), effective=text.effective)
        tx.after_commit(lambda: s.terms.put(version, text.effective))
    return version
