"""Looks through texts for what is asked for, and cuts what to show of them.

Here, in the process of the index, so that comparing words takes nothing from the appliance's interpreter. The texts
come with the request, and nothing of them is kept. Between two texts other requests have their turn.
"""

from __future__ import annotations

import asyncio
import time

from search_index import wire
from search_index.query import Query, matches
from search_index.snippet import marks, snippet


async def look(request: wire.Look) -> wire.Looked:
    """Return what to show of the texts, as far as what is `enough` and the budget go."""
    query = Query(tuple(request.needles))
    cuts: list[wire.Cut | None] = []
    used, found = 0.0, 0
    for text in request.texts:
        begun = time.thread_time()
        cut = _cut(query, text) if text is not None else None
        used += time.thread_time() - begun
        cuts.append(cut)
        found += cut is not None
        if found == request.enough or used >= request.budget_s:
            break
        await asyncio.sleep(0)
    return wire.Looked(cuts, used)


def _cut(query: Query, text: wire.Text) -> wire.Cut | None:
    if not matches(query, text.text):
        return None
    shown = snippet(query, text.words)
    return wire.Cut(shown.text, list(shown.highlights), [list(marks(query, name)) for name in text.names])
