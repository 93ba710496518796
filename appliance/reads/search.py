"""Searching what a person may read (F19).

The search process gives candidates; here the database decides, in one read transaction with the words: the person is a
member now, the message stands, and this is its newest wording. Whether the words match is checked
afterwards, in the search process, so that neither a reader of the database nor the event loop waits for it. So a
person taken off a room stops
finding its messages at once, whatever the index holds. Conversations cleared from the screen are found.

A page ends when it is full, has looked at many candidates or has taken its CPU time; its cursor continues from there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from appliance.errors import AppError, Invalid, Unavailable
from appliance.log import events
from appliance.log.events import RoomReader, Viewer
from appliance.model import PersonId, RoomId, UnitId
from appliance.reads.damaged import is_damage, is_of_item, viewer_of
from appliance.reads.rooms import member_keys, member_rooms
from appliance.reads.search_types import index_types
from appliance.rules.text import closed_directions
from appliance.search_client import Budget
from appliance.store import entries, rooms
from appliance.wire import cursors
from appliance.wire.search import Found, Hit, HitFile
from search_index import wire
from search_index.layout import suggest
from search_index.query import Query, QueryRefused, parse

if TYPE_CHECKING:
    from appliance.attachments import FileRef
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.wire.search import SearchQuery

CANDIDATES: Final = 100
# A page looks at this many candidates at the most; what it then has is the page, and its cursor continues from there.
MAX_LOOKS: Final = 20
PAGE_S: Final = 0.1
"""CPU seconds that reading and comparing words may take for one page."""
MIN_READ: Final = 10
MAX_READ: Final = 100_000
"""Characters of candidates that are read and compared at once: five of the longest messages."""
END_OF_TIME: Final = 253_402_300_799_999


async def load_found(s: Services, person: PersonId, query: SearchQuery) -> Found:
    """Return a page of messages, newest first. Raises Invalid for a query nobody can answer, Unavailable."""
    wanted = _parse(query.q)
    asked = _request(s, wanted, query, await member_rooms(s, person))
    # One more than is shown, so that a cursor says that there is one more and never what the person is not shown.
    page = _Page(s, person, wanted, query.limit + 1)
    before, more = _before(query.cursor), bool(asked.rooms)
    for _ in range(MAX_LOOKS):
        if not more or page.is_over:
            break
        found = await s.search.find(msgspec.structs.replace(asked, before=before))
        looked = await page.look(found.hits)
        if looked:
            before = _place(found.hits[looked - 1])
        more = found.more or looked < len(found.hits)
    hits = page.hits[: query.limit]
    return Found(
        hits=hits,
        cursor=_cursor(_next(page, hits, more=more)),
        suggestion=suggest(query.q) if not hits and query.cursor is None else None,
    )


def _next(page: _Page, hits: list[Hit], *, more: bool) -> wire.Before | None:
    """Return where the next page goes on: after the last hit, or what of the candidates looked at was shown last.

    None when there are no more, and when so many candidates in a row are shown to others alone that the search ends.
    """
    if len(page.hits) > len(hits):
        return _place(hits[-1])
    return page.last_shown if more else None


def _place(hit: Hit | wire.Hit) -> wire.Before:
    return wire.Before(hit.at, hit.room, hit.n)


def _parse(text: str) -> Query:
    try:
        return parse(text)
    except QueryRefused as error:
        raise Invalid(field="q", code=error.code) from error


def _request(s: Services, wanted: Query, query: SearchQuery, mine: list[RoomId]) -> wire.Search:
    filters = (query.room, query.sender, query.unit, query.from_, query.to, query.has_link, query.has_file, query.type)
    if not wanted.needles and all(value is None for value in filters):
        raise Invalid(field="q", code="query_too_short")
    senders = None if query.sender is None else {query.sender}
    if query.unit is not None:
        units = s.directory.now.below(UnitId(query.unit))
        people = {card.id for card in s.directory.people.values() if not card.units.isdisjoint(units)}
        senders = {str(person) for person in people} if senders is None else senders & people
    return wire.Search(
        needles=list(wanted.needles),
        rooms=[room for room in mine if query.room in (None, room)],
        senders=None if senders is None else sorted(senders),
        types=index_types(query.type, has_file=query.has_file),
        has_link=query.has_link,
        since=min(query.from_ or 0, END_OF_TIME),
        until=END_OF_TIME if query.to is None else min(query.to, END_OF_TIME),
        limit=CANDIDATES,
    )


class _Page:
    """The hits found so far, and what the page may still cost.

    `last_shown` is the place of the last candidate looked at whose words the person may read, with the hits or not.
    """

    def __init__(self, s: Services, person: PersonId, wanted: Query, most: int) -> None:
        self._s, self._person, self._wanted, self._most = s, person, wanted, most
        self._budget = Budget(PAGE_S)
        self.hits: list[Hit] = []
        self.last_shown: wire.Before | None = None

    @property
    def is_over(self) -> bool:
        """Return whether the page is full or has taken its time."""
        return len(self.hits) >= self._most or self._budget.left_s <= 0

    async def look(self, candidates: list[wire.Hit]) -> int:
        """Add those of the candidates that the person may see and that have what is asked for.

        Return how many were looked at.
        """
        looked = 0
        while looked < len(candidates) and not (looked and self.is_over):
            enough = self._most - len(self.hits)
            part = candidates[looked : looked + max(enough, MIN_READ)]
            found, used_s = await _read_texts(self._s, self._person, part)
            self._budget.left_s -= used_s
            cuts = await self._s.search.look_through(self._wanted, [_sent(one) for one in found], enough, self._budget)
            looked_at = list(zip(part, found, cuts, strict=False))
            self.hits += [_hit(one, text.files, cut) for one, text, cut in looked_at if text and cut]
            shown = [one for one, text, _ in looked_at if text is not None]
            self.last_shown = _place(shown[-1]) if shown else self.last_shown
            looked += len(cuts)
        return looked


class _Text(NamedTuple):
    """What an entry is found by, and its files, whose names are the last lines of it."""

    text: str
    files: tuple[FileRef, ...]

    def __repr__(self) -> str:
        """Name the type alone: what people wrote must not show in a log."""
        return "_Text(…)"


def _sent(found: _Text | None) -> wire.Text | None:
    return None if found is None else wire.Text(found.text, [file.name for file in found.files])


async def _read_texts(s: Services, person: PersonId, candidates: list[wire.Hit]) -> tuple[list[_Text | None], float]:
    """As `_texts`; where a torn page ends that, of the first candidates what is whole. Raises Unavailable."""
    try:
        async with s.store.read() as reader:
            return await reader.run(_texts, s, person, candidates)
    except Unavailable as error:
        if not is_damage(error):
            raise
    mine, viewer = {room: key for key, room in (await member_keys(s, person)).items()}, viewer_of(s, person)
    used_s = 0.0

    def text(rows: Rows, candidate: wire.Hit) -> _Text | None:
        nonlocal used_s
        begun, room = time.thread_time(), RoomId(candidate.room)
        found = _text(rows, s, mine[room], room, candidate.n, viewer) if room in mine else None
        used_s += time.thread_time() - begun
        return found

    found = await s.store.read_each(text, candidates[:MIN_READ])
    if passing := [error for error in found if isinstance(error, AppError) and not is_of_item(error)]:
        raise passing[0]
    return [None if isinstance(one, AppError) else one for one in found], used_s


def _texts(rows: Rows, s: Services, person: PersonId, candidates: list[wire.Hit]) -> tuple[list[_Text | None], float]:
    """Return for each of the first candidates the words that the person may read of it now, or None; and the CPU time.

    Ends early, but after one candidate at least, at `MAX_READ` characters.
    """
    begun = time.thread_time()
    mine, viewer = rooms.keys_of_person(rows, person), viewer_of(s, person)
    texts: list[_Text | None] = []
    left = MAX_READ
    for candidate in candidates:
        room = RoomId(candidate.room)
        text = _text(rows, s, mine[room], room, candidate.n, viewer) if room in mine else None
        texts.append(text)
        left -= len(text.text) if text else 0
        if left <= 0:
            break
    return texts, time.thread_time() - begun


def _text(rows: Rows, s: Services, key: int, room: RoomId, n: int, viewer: Viewer) -> _Text | None:
    """Return what an entry is found by, in its newest words, if it is shown to the person."""
    row = entries.one(rows, key, n)
    found = None if row is None else events.found_by(RoomReader(rows, s.log.bodies, room, key), row, viewer)
    return None if found is None else _Text(*found)


def _hit(candidate: wire.Hit, files: tuple[FileRef, ...], cut: wire.Cut) -> Hit:
    closed = closed_directions(cut.text)
    return Hit(
        room=candidate.room,
        n=candidate.n,
        at=candidate.at,
        sender=candidate.sender,
        # What the cut left open is closed behind it; anything before would move the highlights.
        snippet=closed if closed.startswith(cut.text) else cut.text,
        highlights=list(cut.highlights),
        files=[
            HitFile(name=file.name, form=file.form.value, highlights=list(marked))
            for file, marked in zip(files, cut.names, strict=True)
        ],
    )


def _cursor(before: wire.Before | None) -> str | None:
    return None if before is None else cursors.written(cursors.HITS, before.at, before.room, before.n)


def _before(cursor: str | None) -> wire.Before | None:
    if cursor is None:
        return None
    try:
        return msgspec.convert(cursors.read(cursors.HITS, cursor), wire.Before)
    except msgspec.ValidationError as error:
        raise Invalid(field="cursor") from error
