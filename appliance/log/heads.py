"""The rooms in memory: what the writer needs of a room to decide and append without a query.

A `Head` is a value. The writer works on copies and puts the new ones here only after their commit, so a failed write
leaves nothing to undo. The number of heads in memory is bounded; a room that was evicted is loaded again when it is
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from cachetools import LRUCache

from appliance.errors import Unproven
from appliance.evidence.errors import EvidenceError
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.tree import Frontier
from appliance.log.notes import home_of, open_room
from appliance.log.rows import leaf_of
from appliance.model import agency_of
from appliance.store import entries, rooms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.evidence.note import Verifier
    from appliance.model import Millis, RoomId, RoomState
    from appliance.store.db import Rows

KEPT: Final = 10_000


class Head(msgspec.Struct, frozen=True):
    """A room's state and the edge of its log: `size` entries under the tree of `frontier`.

    `last_at` is the hub time of the last one and `registry` its version of the registry of agencies; neither goes back.
    `counters` says how many of the entries are of which agency, `agencies` of which agencies its members are.
    """

    key: int
    state: RoomState
    size: int
    last_at: Millis
    registry: int
    counters: Mapping[str, int]
    frontier: Frontier
    agencies: frozenset[str]

    @property
    def shared(self) -> bool:
        """Whether members of more than one agency are in the room."""
        return len(self.agencies) > 1


def agencies_of(state: RoomState) -> frozenset[str]:
    """Return the agencies of a room's members."""
    return frozenset(map(agency_of, state.members))


class Heads:
    """Heads by room, the least recently used evicted first; many more than a batch may name."""

    def __init__(self) -> None:
        self._heads: LRUCache[RoomId, Head] = LRUCache(KEPT)

    def get(self, room: RoomId) -> Head | None:
        """Return a head that is in memory."""
        try:
            return self._heads[room]
        except KeyError:
            return None

    def put(self, room: RoomId, head: Head) -> None:
        """Keep a head as the newest."""
        self._heads[room] = head


def load(rows: Rows, room: RoomId, verifier: Verifier) -> Head | None:
    """Read a head from the database, or None for a room that does not exist. Raises Unproven."""
    row = rooms.load(rows, room, home_of(verifier))
    if row is None:
        return None
    signed, counters = signed_tree(rows, room, row.key, verifier)
    try:
        frontier = recompute(rows, row.key, signed, counters=counters)
    except EvidenceError as error:
        raise Unproven(f"{room}: {error}", room=room) from error
    if frontier.size != row.size:
        raise Unproven(f"{room}: entries are missing", room=room)
    return Head(row.key, row.state, row.size, row.last_at, row.registry, counters, frontier, agencies_of(row.state))


def signed_tree(rows: Rows, room: RoomId, key: int, verifier: Verifier) -> tuple[Frontier, dict[str, int]]:
    """Return the stored edge of the tree, once it is the one that the room's checkpoint signs, and its counters.

    Raises Unproven.

    A room is created together with its first checkpoint, so one without any was tampered with. What is not proved here
    is never built upon: the next signature would vouch for it.
    """
    try:
        signed = rooms.checkpoint(rows, key)
        checkpoint = open_room(signed.note, room, verifier) if signed else None
        if signed is None or checkpoint is None:
            raise Unproven(f"{room} has no good checkpoint", room=room)
        frontier = Frontier.from_bytes(signed.frontier)
    except EvidenceError as error:
        raise Unproven(f"{room}: {error}", room=room) from error
    if (frontier.size, frontier.root()) != (checkpoint.size, checkpoint.root):
        raise Unproven(f"{room}: the stored tree is not the one that was signed", room=room)
    if sum(signed.counters.values()) != signed.size:
        raise Unproven(f"{room}: the counters are not those of the signed entries", room=room)
    return frontier, signed.counters


def recompute(
    rows: Rows,
    room: int,
    start: Frontier,
    upto: int | None = None,
    page: int = 2_000,
    *,
    counters: dict[str, int] | None = None,
) -> Frontier:
    """Return the tree that `start` and the stored entries after it make, up to size `upto` where one is given.

    Adds these entries to `counters`, by agency.
    """
    frontier, n = start, start.size
    while True:
        found = entries.log_after(rows, room, n, page)
        kept = [row for row in found if upto is None or row.n < upto]
        frontier = frontier.extend(leaf_hash(leaf_of(row)) for row in kept)
        if counters is not None:
            for row in kept:
                counters[row.origin] = counters.get(row.origin, 0) + 1
        if len(kept) < page:
            return frontier
        n = kept[-1].n + 1
