"""Pages of a room's log and the wordings of a message, for a member (F16, F18, F19).

A page has no gaps: what may not or, on a torn page, cannot be seen is there with `hidden` and the reason. It ends at
its `limit` or at the bytes of an answer (`bounds.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Invalid, NotFound
from appliance.log import events
from appliance.log.events import RoomReader
from appliance.model import PersonId, RoomId
from appliance.reads.bounds import fitting
from appliance.reads.damaged import is_damage, read_one_by_one, readable
from appliance.rules import entry_types
from appliance.store import entries
from appliance.wire import cursors
from appliance.wire.entries import History, Messages, Version
from appliance.wire.messages import MessagesQuery

if TYPE_CHECKING:
    from appliance.reads.damaged import Readable
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.wire.entries import EntryEvent

logger = logging.getLogger(__name__)
READ_AT_ONCE: Final = 25
"""Entries read together: a page of long ones ends at its bytes, and no more of them are opened than that."""


async def load_messages(s: Services, person: PersonId, room: RoomId, query: MessagesQuery) -> Messages:
    """Return a page of a room. Raises NotFound, Forbidden, Invalid for more than one position."""
    place = await readable(s, person, room)
    first, last, newest_first, more = page(query, place.size)
    if last < first:
        return Messages(messages=[], has_more=more)
    wanted = range(first, last + 1)
    try:
        async with s.store.read() as reader:
            shown = await reader.run(_shown, s, place, wanted, query.around, newest_first)
    except Exception as error:
        if isinstance(error, AppError) and not is_damage(error):
            raise
        logger.warning("a page of room %s cannot be read at once, but entry by entry: %r", room, error)
        shown = _fit(await read_one_by_one(s, place, wanted), query.around, newest_first=newest_first)
    cut = len(shown) <= last - first
    if newest_first:
        return Messages(messages=shown, has_more=more or cut)
    return Messages(messages=shown, has_more=more or (cut and shown[-1].n != last))


def page(query: MessagesQuery, size: int) -> tuple[int, int, bool, bool]:
    """Return (first, last, newest first, more in that direction) of a page in a room of `size` entries."""
    asked = [position for position in (query.before, query.after, query.around) if position is not None]
    if len(asked) > 1:
        raise Invalid(field="before")
    if query.after is not None:
        first, last = query.after + 1, min(size - 1, query.after + query.limit)
        return first, last, False, last < size - 1
    if query.around is not None:
        first = max(0, min(query.around, size - 1) - query.limit // 2)
        last = min(size - 1, first + query.limit - 1)
        return first, last, False, last < size - 1
    last = size - 1 if query.before is None else min(size, query.before) - 1
    first = max(0, last - query.limit + 1)
    return first, last, True, first > 0


def _shown(
    rows: Rows,
    s: Services,
    place: Readable,
    wanted: range,
    around: int | None,
    newest_first: bool,  # noqa: FBT001 - handed on to the reader's thread
) -> list[EntryEvent]:
    """Return the entries of a page that fit an answer: from its beginning, or from the one it is around outwards."""
    parts = [wanted[at : at + READ_AT_ONCE] for at in range(0, len(wanted), READ_AT_ONCE)]
    if around is None:
        read = (
            event
            for part in (reversed(parts) if newest_first else parts)
            for event in _in_turn(rows, s, place, part, newest_first=newest_first)
        )
        return fitting(read)[0]
    return _fit(
        [event for part in parts for event in _in_turn(rows, s, place, part)], around, newest_first=newest_first
    )


def _fit(found: list[EntryEvent], around: int | None, *, newest_first: bool) -> list[EntryEvent]:
    """Return those that fit an answer, of entries in the order of the log."""
    if around is None:
        return fitting(reversed(found) if newest_first else found)[0]
    fit, _ = fitting(sorted(found, key=lambda event: abs(event.n - around)))
    return sorted(fit, key=lambda event: event.n)


def _in_turn(rows: Rows, s: Services, place: Readable, part: range, *, newest_first: bool = False) -> list[EntryEvent]:
    found = events.stored_events(_at(rows, s, place), part[0], part[-1], place.viewer)
    return found[::-1] if newest_first else found


async def load_history(
    s: Services, person: PersonId, room: RoomId, n: int, cursor: str | None = None, limit: int = 50
) -> History:
    """Return a page of the wordings of a message, oldest first; `cursor` continues where a page ended.

    Raises NotFound for what is no standing message, Forbidden, Invalid for what is no cursor.
    """
    first = 0 if cursor is None else cursors.read(cursors.VERSIONS, cursor)[0]
    place = await readable(s, person, room)
    async with s.store.read() as reader:
        found = await reader.run(_history, s, place, n, first, limit)
    if found is None:
        raise NotFound(field="n")
    return found


def _history(rows: Rows, s: Services, place: Readable, n: int, first: int, limit: int) -> History | None:
    message = entries.one(rows, place.key, n)
    if message is None:
        return None
    kind = entry_types.find(message.type, entries.stored_header(message.header).rules_version)
    if kind is None or not kind.takes or events.is_hidden(_at(rows, s, place), message, place.viewer):
        return None
    places = [at_n for at_n in (n, *entries.edits_of(rows, place.key, n)) if at_n >= first]
    versions = (version for at_n in places if (version := _version(rows, s, place, at_n)))
    shown, more = fitting(versions, limit)
    return History(versions=shown, cursor=cursors.written(cursors.VERSIONS, shown[-1].n + 1) if more else None)


def _version(rows: Rows, s: Services, place: Readable, n: int) -> Version | None:
    """Return one wording; one that was destroyed is left out."""
    row = entries.one(rows, place.key, n)
    if row is None:
        return None
    event = events.version_of(_at(rows, s, place), row, place.viewer)
    hidden: str | None = getattr(event, "hidden", None)
    if hidden == events.ERASED:
        return None
    return Version(n=n, at=row.at, body=getattr(event, "body", None), hidden=hidden)


def _at(rows: Rows, s: Services, place: Readable) -> RoomReader:
    return RoomReader(rows, s.log.bodies, place.room, place.key)
