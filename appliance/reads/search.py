"""Searching what a person may read (F19, search.md).

The search process gives candidates; here the database decides, hit by hit and in one read transaction with the words:
the person is a member now, the message stands, and its newest wording has what was asked for. So a person taken off a
room stops finding its messages at once, whatever the index holds. Conversations cleared from the screen are found.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import Invalid
from appliance.log import events
from appliance.model import EntryType, PersonId, RoomId, UnitId
from appliance.store import entries, rooms
from appliance.wire.search import Found, Hit
from search_index import wire
from search_index.layout import suggest
from search_index.query import Query, QueryRefused, matches, parse
from search_index.snippet import snippet

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.services import Services
    from appliance.wire.search import SearchQuery

CANDIDATES: Final = 100
# A page looks at this many candidates at the most; what it then has is the page, and its cursor goes on from there.
MOST_LOOKS: Final = 20
END_OF_TIME: Final = 253_402_300_799_999

_CURSOR: Final = msgspec.json.Decoder(wire.Before)


async def load_found(s: Services, person: PersonId, query: SearchQuery) -> Found:
    """Return a page of messages, newest first. Raises Invalid for a query nobody can answer, Unavailable."""
    wanted = _parse(query.q)
    async with s.store.read() as reader:
        mine = await reader.run(rooms.keys_of_person, person)
    asked = _request(s, wanted, query, list(mine))
    hits: list[Hit] = []
    before, more = _before(query.cursor), bool(asked.rooms)
    for _ in range(MOST_LOOKS):
        if not more or len(hits) >= query.limit:
            break
        found = await s.search.find(msgspec.structs.replace(asked, before=before))
        async with s.store.read() as reader:
            good = await reader.run(_verified, s, person, wanted, found.hits, query.limit - len(hits))
        hits += [hit for hit in good if hit is not None]
        if good:
            last = found.hits[len(good) - 1]
            before = wire.Before(last.at, last.room, last.n)
        more = found.more or len(good) < len(found.hits)
    return Found(
        hits=hits,
        cursor=_cursor(before) if more and before is not None else None,
        suggestion=suggest(query.q) if not hits and query.cursor is None else None,
    )


def _parse(text: str) -> Query:
    try:
        return parse(text)
    except QueryRefused as error:
        raise Invalid(field="q", code=error.code) from error


def _request(s: Services, wanted: Query, query: SearchQuery, mine: list[RoomId]) -> wire.Search:
    filters = (query.room, query.sender, query.unit, query.from_, query.to, query.has_link)
    if not wanted.needles and all(value is None for value in filters):
        raise Invalid(field="q", code="query_too_short")
    senders = None if query.sender is None else {query.sender}
    if query.unit is not None:
        units = s.identity.directory.below(UnitId(query.unit))
        people = {card.id for card in s.identity.people.values() if not card.units.isdisjoint(units)}
        senders = {str(person) for person in people} if senders is None else senders & people
    return wire.Search(
        needles=list(wanted.needles),
        rooms=[room for room in mine if query.room in (None, room)],
        senders=None if senders is None else sorted(senders),
        types=None if query.type is None else [query.type],
        has_link=query.has_link,
        since=min(query.from_ or 0, END_OF_TIME),
        until=END_OF_TIME if query.to is None else min(query.to, END_OF_TIME),
        limit=CANDIDATES,
    )


def _verified(
    raw: sqlcipher.Connection,
    s: Services,
    person: PersonId,
    wanted: Query,
    candidates: list[wire.Hit],
    enough: int,
) -> list[Hit | None]:
    """Return for each candidate the hit the person may see, or None; not looking further once there are `enough`."""
    mine = rooms.keys_of_person(raw, person)
    found: list[Hit | None] = []
    for candidate in candidates:
        if enough == 0:
            break
        room = RoomId(candidate.room)
        text = _text(raw, s, mine[room], room, candidate.n) if room in mine else None
        if text is not None and matches(wanted, text):
            found.append(_hit(wanted, candidate, text))
            enough -= 1
        else:
            found.append(None)
    return found


def _text(raw: sqlcipher.Connection, s: Services, key: int, room: RoomId, n: int) -> str | None:
    """Return the newest wording of a standing message."""
    row = entries.one(raw, key, n)
    if row is None or row.type != EntryType.MESSAGE_TEXT or row.redact is not None:
        return None
    worded = entries.one(raw, key, row.edit) if row.edit is not None else row
    body, _ = events.open_body(raw, s.log.bodies, room, worded) if worded else (None, None)
    return body.text if body else None


def _hit(wanted: Query, candidate: wire.Hit, text: str) -> Hit:
    cut = snippet(wanted, text)
    return Hit(
        room=candidate.room,
        n=candidate.n,
        at=candidate.at,
        sender=candidate.sender,
        snippet=cut.text,
        highlights=list(cut.highlights),
    )


def _cursor(before: wire.Before) -> str:
    return urlsafe_b64encode(msgspec.json.encode(before)).decode()


def _before(cursor: str | None) -> wire.Before | None:
    if cursor is None:
        return None
    try:
        return _CURSOR.decode(urlsafe_b64decode(cursor.encode()))
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(field="cursor") from error
