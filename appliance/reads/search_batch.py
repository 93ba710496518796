"""A batch of the feed in the search index's terms: messages with their newest words, and what is deleted.

The index gets each message as it is now, not as it was when its line of the feed was written: a message that was edited
or retracted since is sent with its newest words, or as deleted. Sending a line again is idempotent. What was committed
just now is sent from memory, so that no message is read and opened again right after it was written.

Rules: a batch is bounded in lines and in bytes (`Bounds`), and ends after a whole line. A message that cannot be read,
on a torn page or under a key that does not open, is named in the log and left out; the others are sent.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import AppError, Unavailable
from appliance.evidence.canonical import decode_header
from appliance.log import events
from appliance.log.damage import DAMAGED
from appliance.log.events import RoomReader, Viewer
from appliance.model import Deny, RoomId
from appliance.reads.history import history_id_at
from appliance.reads.search_types import index_type
from appliance.rules import entry_types
from appliance.rules.policy import policy_of
from appliance.rules.visibility import INDEX
from appliance.store import entries, feed, rooms
from appliance.wire.entries import EntryEventBase, HiddenEvent
from search_index import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.feed import EntryLine
    from appliance.wire.committed import Committed

logger = logging.getLogger(__name__)
ENTRY_OVERHEAD: Final = 200
"""Bytes of an entry beside its text, at most: ids, numbers, and what MessagePack adds."""
# Not the fault of one message: the disk is full or failing, and what could not be read is read again later.
_TRANSIENT: Final = frozenset(("storage_full", "storage_failed"))
_LINK: Final = re.compile(r"https?://\S|www\.\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a batch may be: lines of the feed, and bytes of its entries; one entry always fits."""

    lines: int = 500
    bytes: int = 4 * 1024 * 1024

    def halved(self) -> Bounds:
        """Return half as much, at least one line."""
        return Bounds(max(1, self.lines // 2), self.bytes // 2)


WHOLE: Final = Bounds()


class _Change(NamedTuple):
    """What a line of the feed changes in the index: a message to put in, or some to take out, or nothing."""

    entry: wire.IndexEntry | None = None
    gone: wire.Range | None = None


class _Lines:
    """Reads lines of the feed until the batch is full."""

    def __init__(self, s: Services, bounds: Bounds) -> None:
        self._s, self._bounds, self._bytes = s, bounds, 0

    def read(self, rows: Rows, line: EntryLine) -> _Change | None:
        """Return what a line changes, or None when it does not fit any more."""
        if self._bytes >= self._bounds.bytes:
            return None
        change = _change_of(rows, self._s, line)
        if change.entry is not None:
            size = size_of(change.entry.text)
            if self._bytes and self._bytes + size > self._bounds.bytes:
                self._bytes = self._bounds.bytes
                return None
            self._bytes += size
        return change


async def stored_batch(s: Services, after: int, bounds: Bounds = WHOLE) -> wire.Add:
    """Return the next batch of the feed after a position, in the index's terms. Raises Unavailable."""
    lines, head = await _lines_after(s, after, bounds.lines)
    upto = lines[-1].pos if len(lines) == bounds.lines else head
    messages: list[wire.IndexEntry] = []
    gone: list[wire.Range] = []
    found = await s.store.read_each(_Lines(s, bounds).read, lines)
    last = after
    for line, one in zip(lines, found, strict=True):
        if one is None:
            upto = last
            break
        if isinstance(one, AppError):
            if one.code in _TRANSIENT:
                raise one
            logger.error("the entry at position %d of the feed cannot be indexed and is left out: %s", line.pos, one)
        elif one.entry is not None:
            messages.append(one.entry)
        elif one.gone is not None:
            gone.append(one.gone)
        last = line.pos
    return wire.Add(after, upto, messages, gone, await history_id_at(s, upto))


async def _lines_after(s: Services, after: int, most: int) -> tuple[list[EntryLine], int]:
    """Return the next lines that are entries, and the newest position there is."""
    async with s.store.read() as reader:
        head = await reader.run(feed.last_pos)
    for wanted in (most, 1):
        [found] = await s.store.read_each(lambda rows, n: feed.entries_after(rows, after, n), (wanted,))
        if not isinstance(found, AppError):
            return found, head if len(found) < wanted == most else (found[-1].pos if found else head)
        if found.code != DAMAGED:
            raise found
    return await _lines_past_damage(s, after, head), head


async def _lines_past_damage(s: Services, after: int, head: int) -> list[EntryLine]:
    """Return the first line that can be read after a torn page of the feed: by doubling steps, then by bisection."""

    async def line_after(pos: int) -> list[EntryLine] | None:
        [found] = await s.store.read_each(lambda rows, at: feed.entries_after(rows, at, 1), (pos,))
        return None if isinstance(found, AppError) else found

    step = 1
    while (found := await line_after(min(after + step, head))) is None:
        if after + step >= head:
            raise Unavailable("the end of the feed cannot be read", code=DAMAGED)
        step *= 2
    low, high = after + step // 2, min(after + step, head)
    while high - low > 1:
        middle = (low + high) // 2
        earlier = await line_after(middle)
        if earlier is None:
            low = middle
        else:
            found, high = earlier, middle
    logger.error("positions %d to %d of the feed cannot be read: their messages are not indexed", after + 1, high)
    return found


def _change_of(rows: Rows, s: Services, line: EntryLine) -> _Change:
    room = rooms.id_of(rows, line.room)
    row = entries.one(rows, line.room, line.n)
    if row is None:
        return _Change()
    header = decode_header(row.header)
    kind = entry_types.find(row.type, header.rules_version)
    state = entry_types.read(row.type, header.state, header.rules_version)
    if kind is None or isinstance(state, Deny) or not policy_of(rooms.kind_of(rows, line.room)).searchable:
        return _Change()
    if kind.words is not None:
        return _Change(_entry(rows, s, room, line.room, row.n, replaces=False))
    if kind.erases is not None:
        first, last = kind.erases(state)
        # A row that no rule has judged may say any numbers; nothing after the entry itself can have been meant.
        return _Change(gone=wire.Range(room, first, min(last, row.n)) if first <= row.n else None)
    if kind.changes_words and row.target is not None:
        gone = wire.Range(room, row.target, row.target) if kind.retracts else None
        return _Change(None if gone else _entry(rows, s, room, line.room, row.target, replaces=True), gone)
    return _Change()


def fresh_batch(fresh: Iterable[Committed], after: int, history_id: str, bounds: Bounds = WHOLE) -> wire.Add | None:
    """Return what these commits hold after a position and its history_id, from memory, as far as the bounds go.

    None when only the database knows.
    """
    messages: list[wire.IndexEntry] = []
    upto, size = after, 0
    for committed in fresh:
        for news in committed.rooms:
            for i, event in enumerate(news.events):
                pos = news.first + i
                if isinstance(event, HiddenEvent):
                    return None
                if not isinstance(event, EntryEventBase):
                    continue
                row = entry_types.find_alike(event.type)
                if row is None or row.changes_words:
                    return None
                if pos <= after:
                    continue
                text = news.words.get(i) if policy_of(news.kind).searchable else None
                if text is not None:
                    size += size_of(text)
                    if messages and (size > bounds.bytes or len(messages) == wire.MAX_ENTRIES):
                        return wire.Add(after, upto, messages, history_id=history_id)
                    body = getattr(event, "body", None)
                    kind = index_type(one.form for one in getattr(body, "files", ()))
                    messages.append(_entry_of(news.room, event.n, event.sender, event.at, text, kind, replaces=False))
                history_id, upto = feed.history_id(pos, event.at, news.room, event.n), pos
        upto = max(upto, committed.pos)
    return wire.Add(after, upto, messages, history_id=history_id)


def size_of(text: str) -> int:
    """Return the bytes an entry with this text has at most, as it travels."""
    return len(text.encode(errors="replace")) + ENTRY_OVERHEAD


def _entry(rows: Rows, s: Services, room: RoomId, key: int, n: int, *, replaces: bool) -> wire.IndexEntry | None:
    """Return a message with its newest words, or None when it has none to find."""
    row = entries.one(rows, key, n)
    at = RoomReader(rows, s.log.bodies, room, key)
    found = None if row is None else events.found_by(at, row, Viewer(INDEX, s.clock()))
    if row is None or found is None:
        return None
    text, files = found
    kind = index_type(one.form.value for one in files)
    return _entry_of(room, n, row.sender, row.at, text, kind, replaces=replaces)


def _entry_of(
    room: RoomId, n: int, sender: str, at: Millis, text: str, kind: str, *, replaces: bool
) -> wire.IndexEntry:
    # Most messages have neither sign, and looking for a letter in either case is dear.
    has_link = ("." in text or "/" in text) and _LINK.search(text) is not None
    return wire.IndexEntry(room, n, sender, at, text, kind, has_link, replaces)
