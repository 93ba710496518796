"""Whether the hub of a room may write to it again after it was restored: what its followers say they have decides.

Pure. A hub that writes while a follower has more than it does would sign two histories of one room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Recovery(NamedTuple):
    """What is to be done: ask a follower for the entries from the hub's own size on, or wait, or nothing more."""

    ask: str | None
    upto: int
    done: bool


def recovery(own: int, heads: Mapping[str, int | None]) -> Recovery:
    """Return what a hub with `own` entries of a room does next; `heads` are its followers', None: not answered yet.

    The one that is furthest ahead is asked first, and of several the first by name.
    """
    ahead = [(-size, agency) for agency, size in heads.items() if size is not None and size > own]
    if ahead:
        size, agency = min(ahead)
        return Recovery(agency, -size, done=False)
    return Recovery(None, own, done=None not in heads.values())
