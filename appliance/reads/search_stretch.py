"""A stretch of the feed in the search index's terms: messages with their newest words, and what is gone.

The index is told what stands now, not what stood when a line of the feed was written: a message that was edited or
retracted since is told as such, and told again later changes nothing. What was committed just now is told from memory,
so that a message need not be read and opened again right after it was written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.log import events
from appliance.model import EntryType, RoomId
from appliance.store import entries, feed
from search_index import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Millis
    from appliance.services import Services
    from appliance.wire.committed import Committed

STRETCH: Final = 500
TEXT: Final = "text"
_CHANGES: Final = frozenset((EntryType.MESSAGE_EDIT.value, EntryType.MESSAGE_REDACT.value))
_LINK: Final = re.compile(r"https?://\S|www\.\S", re.IGNORECASE)


def stretch(raw: sqlcipher.Connection, s: Services, after: int) -> wire.Add:
    """Return the next stretch of the feed after a position, in the index's terms, inside a read transaction."""
    head = feed.last_pos(raw)
    lines = feed.entries_after(raw, after, STRETCH)
    upto = lines[-1][0] if len(lines) == STRETCH else head
    keys = {room: entries.room_key(raw, room) for room in {room for _, room, _ in lines}}
    told: list[wire.Entry] = []
    gone: list[wire.Range] = []
    for _, room, n in lines:
        row = entries.one(raw, keys[room], n)
        if row is None:
            continue
        if row.type == EntryType.MESSAGE_REDACT and row.target is not None:
            gone.append(wire.Range(room, row.target, row.target))
        elif row.type == EntryType.MESSAGE_TEXT:
            told += _entry(raw, s, RoomId(room), keys[room], row.n, replaces=False)
        elif row.type == EntryType.MESSAGE_EDIT and row.target is not None:
            told += _entry(raw, s, RoomId(room), keys[room], row.target, replaces=True)
    return wire.Add(after, upto, told, gone, feed.mark_at(raw, upto))


def fresh_stretch(fresh: Iterable[Committed], after: int, mark: str) -> wire.Add | None:
    """Return what these commits tell after a position and its mark, from memory; None when only the database knows."""
    told: list[wire.Entry] = []
    upto = after
    for committed in fresh:
        upto = max(upto, committed.pos)
        for news in committed.rooms:
            for event in news.events:
                if event.type in _CHANGES or len(told) == wire.MOST_ENTRIES:
                    return None
                if event.n is not None:
                    mark = feed.mark(event.pos, event.at, news.room, event.n)
                if event.pos > after and event.body is not None and event.n is not None and event.sender is not None:
                    told.append(_told(news.room, event.n, event.sender, event.at, event.body.text, replaces=False))
    return wire.Add(after, upto, told, mark=mark)


def _entry(
    raw: sqlcipher.Connection, s: Services, room: RoomId, key: int, n: int, *, replaces: bool
) -> list[wire.Entry]:
    """Return a message with its newest words, or nothing when it has none to find."""
    row = entries.one(raw, key, n)
    if row is None or row.redact is not None:
        return []
    worded = entries.one(raw, key, row.edit) if row.edit is not None else row
    body, _ = events.open_body(raw, s.log.bodies, room, worded) if worded else (None, None)
    if body is None:
        return []
    return [_told(room, n, row.sender, row.at, body.text, replaces=replaces)]


def _told(room: RoomId, n: int, sender: str, at: Millis, text: str, *, replaces: bool) -> wire.Entry:
    has_link = _LINK.search(text) is not None
    return wire.Entry(room, n, sender, at, text, TEXT, has_link, replaces)
