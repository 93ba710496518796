"""Pages of a room's log and the wordings of a message, for a member (F16, F18, F19).

A page has no gaps: what may not be seen is there with `hidden` and the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Invalid, NotFound
from appliance.log import events
from appliance.model import EntryType, PersonId, RoomId
from appliance.store import entries
from appliance.wire.messages import History, Messages, MessagesQuery, Version

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.services import Services


async def load_messages(s: Services, person: PersonId, room: RoomId, query: MessagesQuery) -> Messages:
    """Return a page of a room. Raises NotFound, Forbidden, Invalid for more than one position."""
    head = await s.log.head_for(person, room)
    first, last, newest_first, more = page(query, head.size)
    if last < first:
        return Messages(messages=[], has_more=more)
    async with s.store.read() as reader:
        found = await reader.run(events.stored_events, s.log.bodies, room, head.key, first, last)
    return Messages(messages=found[::-1] if newest_first else found, has_more=more)


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


async def load_history(s: Services, person: PersonId, room: RoomId, n: int) -> History:
    """Return every wording of a message. Raises NotFound for what is no standing message, Forbidden."""
    head = await s.log.head_for(person, room)
    async with s.store.read() as reader:
        versions = await reader.run(_versions, s, room, head.key, n)
    if not versions:
        raise NotFound(field="n")
    return History(versions=versions)


def _versions(raw: sqlcipher.Connection, s: Services, room: RoomId, key: int, n: int) -> list[Version]:
    message = entries.one(raw, key, n)
    if message is None or message.type != EntryType.MESSAGE_TEXT or message.redact is not None:
        return []
    found = []
    for at_n in (n, *entries.edits_of(raw, key, n)):
        row = entries.one(raw, key, at_n)
        body, _ = events.open_body(raw, s.log.bodies, room, row) if row else (None, None)
        if row and body:
            found.append(Version(n=at_n, at=row.at, body=body))
    return found
