"""What people have read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import PersonId, RoomId
    from appliance.services import Services


async def note_read(s: Services, person: PersonId, room: RoomId, upto: int, first: int = 0) -> None:
    """Note that entries `first` to `upto` of a room were shown to a person; it is written with the next batch.

    Raises Forbidden, NotFound, Invalid beyond the room's last entry and for a range that ends before it begins.
    """
    await s.receipts.read(room, person, upto, first)


async def mark_read(s: Services, person: PersonId, room: RoomId, upto: int, first: int = 0) -> None:
    """As `note_read`; answers after the durable commit. Raises StorageFull, Unavailable when the disk fails."""
    await note_read(s, person, room, upto, first)
    await s.receipts.flushed()
