"""What other agencies are given of a room: entries from a position on, with the hub's note over them, and what they
answer.

Rules:
- an agency is given a room while it has members there, and the entries up to and including the one that took its last
  member off; nothing after that, and nothing of rooms where it never had any;
- a range ends at a size of which the hub's note is kept. The hub signs anew where there is none, and keeps it, so that
  everybody gets the same bytes; a follower, which gives its replica for backfill, ends at the notes that it has;
- leaves are those that were signed (`rows.py`); salt and body are left out where they were destroyed or cannot be
  opened;
- a cosignature counts once it is verified by a witness key of the agency over the note that is kept at its size.

Does not: speak with anybody, nor decide when something is given (`federation`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import Forbidden, Invalid, KeyDestroyed, NotFound, WrongKey
from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import join_note, open_note, split_note
from appliance.evidence.verification import Body
from appliance.log.foreign import MAX_ENTRIES, Given
from appliance.log.foreign_facts import frontier_at
from appliance.log.notes import is_hub, sign_room
from appliance.log.rows import leaf_of
from appliance.model import Deny
from appliance.rules.confirmation import confirmed_size
from appliance.store import entries, replicas
from appliance.store.batch import NewNote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from appliance.evidence.note import Signer
    from appliance.evidence.registry import Registry
    from appliance.evidence.tree import Frontier
    from appliance.log.bodies import Bodies
    from appliance.log.heads import Head
    from appliance.model import RoomId
    from appliance.store.db import Rows, Store
    from appliance.store.entries import ExportRow

MAX_BYTES: Final = 4 << 20
"""Of one range: leaves, salts and bodies. One entry is always given, however long."""


class Range(NamedTuple):
    """Entries from `first` on with the hub's note over them, up to the size `end`; `upto` is what the agency gets."""

    first: int
    given: list[Given]
    note: str
    upto: int

    @property
    def end(self) -> int:
        """The size of the room with these entries."""
        return self.first + len(self.given)


class Due(NamedTuple):
    """A room of which an agency has less than it gets."""

    room: RoomId
    has: int
    upto: int


class Giving:
    """Gives rooms to other agencies. `head` returns a room as it is now, as `RoomLog.head` does."""

    def __init__(self, store: Store, bodies: Bodies, signer: Signer, head: Callable[[RoomId], Awaitable[Head]]) -> None:
        self._store, self._bodies, self._signer, self._head = store, bodies, signer, head

    async def range_for(self, peer: str, room: RoomId, first: int, max_bytes: int = MAX_BYTES) -> Range | None:
        """Return what an agency gets from `first` on, at most `MAX_ENTRIES` and `max_bytes`; None where it has all.

        Raises NotFound, Forbidden where it never had a member, Unavailable.
        """
        head = await self._head(room)
        async with self._store.read() as reader:
            upto = await reader.run(self._upto, peer, head)
            if first >= upto:
                return None
            given = await reader.run(self._given, head, first, upto, max_bytes)
            note = await reader.run(replicas.note_at, head.key, first + len(given))
            if note is None and not self._signs(head, first + len(given)):
                note = await reader.run(replicas.note_between, head.key, first + 1, first + len(given))
                if note is None:
                    raise NotFound(f"{room}: no note over the entries from {first} on", field="note")
                given = given[: note.size - first]
            frontier = None if note else await reader.run(frontier_at, head.key, first + len(given))
        if frontier is not None:
            return Range(first, given, await self._signed(head, frontier), upto)
        return Range(first, given, note.note if note else "", upto)

    def _signs(self, head: Head, size: int) -> bool:
        return is_hub(head.state, self._bodies.home.agency, head.size) and (
            head.state.hub_epoch == 1 or size > head.state.hub_since
        )

    async def _signed(self, head: Head, frontier: Frontier) -> str:
        note = sign_room(self._signer, head.state, frontier)
        async with self._store.write() as tx:
            await tx.run(replicas.insert_note, NewNote(head.key, frontier.size, frontier.to_bytes(), note))
        return note

    def _upto(self, rows: Rows, peer: str, head: Head) -> int:
        share = replicas.share_of(rows, peer, head.key)
        if share is None:
            raise Forbidden(Deny.NOT_A_MEMBER)
        return head.size if share.upto is None else min(share.upto, head.size)

    def _given(self, rows: Rows, head: Head, first: int, upto: int, max_bytes: int) -> list[Given]:
        found: list[Given] = []
        left = max_bytes
        for row in entries.export_page(rows, head.key, first, min(MAX_ENTRIES, upto - first)):
            one = Given(leaf_of(row), self._body(rows, head.state.room, row))
            left -= len(one.leaf) + (0 if one.body is None else len(one.body.salt) + len(one.body.data))
            if found and left < 0:
                break
            found.append(one)
        return found

    def _body(self, rows: Rows, room: RoomId, row: ExportRow) -> Body | None:
        if row.epoch is None or row.sealed is None:
            return None
        try:
            return Body(*self._bodies.open_bytes(rows, room, row.n, row.epoch, row.sealed))
        except KeyDestroyed:
            return None
        except WrongKey:
            self._bodies.note_damaged(room, row.n, "does not open, so no other agency is given it")
            return None

    async def due(self, peer: str) -> list[Due]:
        """Return the rooms of this hub of which an agency has less than it gets. Raises Unavailable."""
        async with self._store.read() as reader:
            return await reader.run(self._due, peer)

    def _due(self, rows: Rows, peer: str) -> list[Due]:
        found = []
        for room, has, upto, size in replicas.shares_of_hub(rows, peer, self._bodies.home.agency):
            gets = size if upto is None else min(upto, size)
            if has < gets:
                found.append(Due(room, has, gets))
        return found

    async def acknowledge(self, peer: str, room: RoomId, size: int, lines: Iterable[str], registry: Registry) -> None:
        """Note that an agency has a room up to a size, and keep its cosignature of that size, if there is one.

        Raises NotFound, Forbidden, Invalid (`cosignature_invalid`).
        """
        head = await self._head(room)
        async with self._store.write() as tx:
            await tx.run(self._upto, peer, head)
            note = await tx.run(replicas.note_at, head.key, size)
            if note is None:
                raise Invalid(f"{room}: no note of size {size}", field="size")
            for line in lines:
                _check_cosignature(note.note, line, peer, registry)
                await tx.run(replicas.insert_cosignature, head.key, peer, size, line)
            await tx.run(replicas.note_has, peer, head.key, size)

    async def confirmed(self, room: RoomId) -> int:
        """Return the size below which every entry of a room is confirmed by the other agencies in it."""
        head = await self._head(room)
        async with self._store.read() as reader:
            cosigned = await reader.run(replicas.cosigned, head.key)
        return confirmed_size(cosigned, head.agencies - {head.state.hub})

    async def cosigned_note(self, room: RoomId, size: int) -> str | None:
        """Return the hub's note at a size with the cosignatures that came since, or None where none is kept."""
        head = await self._head(room)
        async with self._store.read() as reader:
            note = await reader.run(replicas.note_at, head.key, size)
            lines = await reader.run(replicas.cosignatures, head.key, size)
        return None if note is None else note.note + "".join(lines)


def _check_cosignature(note: str, line: str, peer: str, registry: Registry) -> None:
    text, _ = split_note(note)
    try:
        open_note(join_note(text, (line,)), registry.witness_keys(peer, 0))
    except EvidenceError as error:
        raise Invalid(f"{peer}: {error}", field="cos", code="cosignature_invalid") from error
