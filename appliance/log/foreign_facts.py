"""What judging entries of other agencies needs of the database: ids that are taken, roots, entries that are held.

Read once for each command, before its batch is decided (`loading.py`). An id is used once in a room; the table of ids
is filled here for rooms that agencies share, up to the entry before the command, so that rooms of one agency have none.
A root is found from the nearest note below its size; whoever says they have seen a size has verified the hub's note
there, so one that is far from any note was never seen. It decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.evidence.tree import Frontier
from appliance.evidence.verification import sizes_named
from appliance.log.foreign import Replicated
from appliance.log.heads import recompute
from appliance.log.rows import leaf_of
from appliance.store import entries, outbox, replicas
from appliance.store.batch import NewId
from appliance.store.entries import stored_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.log.foreign import Received
    from appliance.log.heads import Head
    from appliance.store.db import Rows
    from appliance.store.replicas import RoomNote

FAR: Final = 1_000
"""How many entries a root may lie from the nearest note below it."""
PAGE: Final = 2_000


class ForeignFacts(msgspec.Struct):
    """What is known before the batch.

    `ids` has the positions of those ids that are taken, `own` whose agency each of these entries is; `filled` are rows
    for ids that the table did not have yet. `roots` are by size. `held` are the leaves of entries that a replica has
    already, by position, and `note` the hub's newest note here that such entries are proved with. `waiting` are those
    ids that are in the outbox, with their idempotency keys.
    """

    ids: dict[str, int] = msgspec.field(default_factory=dict)
    origins: dict[str, str] = msgspec.field(default_factory=dict)
    filled: list[NewId] = msgspec.field(default_factory=list)
    roots: dict[int, bytes] = msgspec.field(default_factory=dict)
    held: dict[int, bytes] = msgspec.field(default_factory=dict)
    note: RoomNote | None = None
    waiting: dict[str, str | None] = msgspec.field(default_factory=dict)


def load(rows: Rows, command: Received | Replicated, head: Head | None) -> ForeignFacts:
    """Return what is known of a room before a command; nothing of a room that is not there."""
    facts = ForeignFacts()
    if head is None:
        return facts
    headers = [one.header for one in command.parsed if one.header is not None]
    _find_ids(rows, head, [header.id for header in headers], facts)
    for size in {size for header in headers for size in sizes_named(header)}:
        if (root := root_at(rows, head, size)) is not None:
            facts.roots[size] = root
    if isinstance(command, Replicated):
        positions = [one.n for one in command.parsed if one.n is not None and one.n < head.size]
        if positions:
            found = entries.log_after(rows, head.key, min(positions), len(positions))
            facts.held = {row.n: leaf_of(row) for row in found}
        facts.waiting = outbox.of_ids(rows, [header.id for header in headers])
        facts.note = replicas.note_upto(rows, head.key, head.size)
        _add_root_of_note(rows, command, head, facts)
    return facts


def root_at(rows: Rows, head: Head, size: int) -> bytes | None:
    """Return the root when a room had this size, or None for a size it never had, or one far above any note."""
    if size >= head.size:
        return head.frontier.root() if size == head.size else None
    frontier = frontier_at(rows, head.key, size, FAR)
    return None if frontier is None else frontier.root()


def frontier_at(rows: Rows, room: int, size: int, far: int | None = None) -> Frontier | None:
    """Return the edge of a stored tree at a size that it had; None if no note is within `far` entries below."""
    note = replicas.note_upto(rows, room, size)
    start = Frontier() if note is None else Frontier.from_bytes(note.frontier)
    if far is not None and size - start.size > far:
        return None
    return start if size == start.size else recompute(rows, room, start, size)


def _add_root_of_note(rows: Rows, command: Replicated, head: Head, facts: ForeignFacts) -> None:
    """Add the root at the end of what was given, where all of it is held already."""
    last = max((one.n for one in command.parsed if one.n is not None), default=-1)
    if last < head.size and (root := root_at(rows, head, last + 1)) is not None:
        facts.roots[last + 1] = root


def _find_ids(rows: Rows, head: Head, ids: Iterable[str], facts: ForeignFacts) -> None:
    asked = list(ids)
    facts.ids = replicas.find_ids(rows, head.key, asked)
    n, wanted = replicas.ids_upto(rows, head.key), set(asked)
    while n < head.size:
        for row in entries.log_after(rows, head.key, n, PAGE):
            header = stored_header(row.header)
            facts.filled.append(NewId(head.key, header.id, row.n))
            if header.id in wanted:
                facts.ids[header.id] = row.n
            n = row.n + 1
    for entry_id, at in facts.ids.items():
        if (row_of_id := entries.without_body(rows, head.key, at)) is not None:
            facts.origins[entry_id] = row_of_id.origin
