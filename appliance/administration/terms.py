"""`gchat terms …`: terms of use."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from appliance.actions.terms import publish_terms, standard_terms, written_terms
from appliance.administration.formats import csv_line, parse_time, read_text
from appliance.administration.terminal import File, Nothing, Terminal
from appliance.locale import both
from appliance.services import Services
from appliance.store import terms


class NewTerms(msgspec.Struct, kw_only=True):
    """`terms publish`: the agency's texts, or the product's; `start` is when they begin to hold."""

    file: File | None
    english: File | None
    start: str | None


async def publish(s: Services, terminal: Terminal, given: NewTerms) -> int:
    """Publish the next version of the terms."""
    draft = standard_terms(s.config.agency)
    if given.file is not None:
        files = (given.file, given.english) if given.english else (given.file,)
        draft = written_terms(*(read_text(file) for file in files))
    start = parse_time(given.start) if given.start else None
    version = await publish_terms(s, terminal.operator, draft.titles, draft.texts, start)
    await terminal.out(str(version))
    await terminal.err(both("admin.terms_published", version=version))
    return 0


async def acceptances(s: Services, terminal: Terminal, _given: Nothing) -> int:
    """Print who accepted which version, as CSV."""
    await terminal.out(csv_line(("version", "staff_no", "person", "at", "session")))
    async with s.store.read() as reader:
        accepted = await reader.run(terms.list_acceptances)
    for item in accepted:
        at = datetime.fromtimestamp(item.at / 1000, UTC).isoformat()
        await terminal.out(csv_line((item.version, item.staff_no, item.person, at, item.session)))
    return 0
