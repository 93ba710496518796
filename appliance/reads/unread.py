"""What of a room is new to a person: how much is unread, how often they are named, and the newest line they are shown.

Counted in SQL, by what the registry says of each type of entry. Of types that not all members are shown, each entry is
looked at for this person (`rules/visibility.py`); a room without any costs one statement less. The caller owns the
transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.log import events
from appliance.rules import entry_types
from appliance.store import entries

if TYPE_CHECKING:
    from appliance.log.events import RoomReader, Viewer
    from appliance.model import PersonId
    from appliance.store.entries import EntryRow


def counts(at: RoomReader, person: PersonId, viewer: Viewer, after: int) -> tuple[int, int]:
    """Return how many entries after a position are unread for a person, and how many name them; at most 1,000."""
    hidden = _hidden_after(at, viewer, after)
    return (
        entries.unread_count(at.rows, at.key, person, after, hidden),
        entries.mention_count(at.rows, at.key, person, after, hidden),
    )


def newest_line(at: RoomReader, person: PersonId, viewer: Viewer) -> EntryRow | None:
    """Return the newest entry that a person is shown as the last line of a room: a message, or what concerns them."""
    before = entries.END
    while True:
        found = (
            entries.last_message(at.rows, at.key, before),
            entries.last_concern(at.rows, at.key, person, before),
        )
        newest = max((row for row in found if row is not None), key=lambda row: row.n, default=None)
        if newest is None or events.is_there(at, newest, viewer):
            return newest
        before = newest.n


def _hidden_after(at: RoomReader, viewer: Viewer, after: int) -> list[int]:
    """Return where after a position entries stand that somebody is not shown."""
    types = entry_types.types_where(lambda row: not row.for_all)
    if not types:
        return []
    rows = entries.of_types_after(at.rows, at.key, after, types)
    return [row.n for row in rows if not events.is_there(at, row, viewer)]
