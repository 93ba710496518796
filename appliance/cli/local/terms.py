"""`gchat terms …`: terms of use."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from appliance.actions.terms import publish_terms, standard_terms, written_terms
from appliance.cli.local.formats import parse_time, read_text, safe_csv
from appliance.people_services import OfflineServices
from appliance.rules.roles import Actor
from appliance.store import terms


async def publish(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Publish the next version of the terms."""
    draft = standard_terms(s.config.agency)
    if arguments.file is not None:
        paths = (arguments.file, arguments.english) if arguments.english else (arguments.file,)
        draft = written_terms(*(read_text(path) for path in paths))
    start = parse_time(arguments.start) if arguments.start else None
    print(await publish_terms(s, actor, draft.titles, draft.texts, start))
    return 0


async def acceptances(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Print who accepted which version, as CSV."""
    out = safe_csv(sys.stdout)
    out.writerow(("version", "staff_no", "person", "at", "session"))
    async with s.store.read() as reader:
        for item in await terms.list_acceptances(reader):
            at = datetime.fromtimestamp(item.at / 1000, UTC).isoformat()
            out.writerow((item.version, item.staff_no, item.person, at, item.session))
    return 0
