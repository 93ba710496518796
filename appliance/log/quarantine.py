"""Rooms that are read-only because what came from their hub is not their log.

Owns the list of a running appliance; the rows, with the evidence, are in `store/replicas.py`. Nothing is written to
such a room, from here or from elsewhere, and everything in it can be read; other rooms go on. An operator ends it, once
it is known which history is the right one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from appliance.errors import AppError, Forbidden
from appliance.model import Deny
from appliance.store import replicas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.model import RoomId
    from appliance.store.db import Store

logger = logging.getLogger(__name__)


class QuarantinedRooms:
    """The rooms that are read-only, each with the reason."""

    def __init__(self) -> None:
        self._reasons: dict[RoomId, str] = {}

    async def load(self, store: Store) -> None:
        """Read which rooms are. Where that cannot be read, none is known; what their hub gives is judged again."""
        [found] = await store.read_each(lambda rows, _: replicas.quarantined(rows), (None,))
        if isinstance(found, AppError):
            logger.error("rooms that are quarantined cannot be read: %s", found)
            return
        self._reasons = found

    def note(self, room: RoomId, reason: str) -> None:
        """Remember a room whose finding is durable."""
        logger.error("room %s is read-only from now on: what its hub gave is not its log (%s)", room, reason)
        self._reasons[room] = reason

    def end(self, room: RoomId) -> None:
        """Let a room be written again."""
        self._reasons.pop(room, None)

    def refusal(self, room: RoomId) -> AppError | None:
        """Return why nothing can be written to a room, or None."""
        return Forbidden(Deny.ROOM_QUARANTINED) if room in self._reasons else None

    def __contains__(self, room: RoomId) -> bool:
        """Return whether a room is read-only."""
        return room in self._reasons

    def __iter__(self) -> Iterator[RoomId]:
        return iter(tuple(self._reasons))
