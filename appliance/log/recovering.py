"""Rooms of this hub that are not written to until their followers have said what they have.

Owns the list of a running appliance. A room is on it from `begin`, after a database was restored, or as soon as a
follower says that it has more entries than the hub (`heard`). It comes off once every follower has answered and none
has more; what is missing is pulled from a follower through `RoomLog.replicate`, which is not held. An operator may end
it where a follower does not answer (`end`). Which rule decides: `rules/recovery.py`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from appliance.errors import AppError, Unavailable
from appliance.rules.recovery import Recovery, recovery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from appliance.model import RoomId

logger = logging.getLogger(__name__)


class RecoveringRooms:
    """The rooms that wait, each with what its followers have said."""

    def __init__(self) -> None:
        self._heads: dict[RoomId, dict[str, int | None]] = {}

    def begin(self, rooms: Mapping[RoomId, Iterable[str]]) -> None:
        """Hold rooms until all of these followers have answered."""
        for room, followers in rooms.items():
            known = self._heads.get(room, {})
            self._heads[room] = {agency: known.get(agency) for agency in followers}

    def heard(self, room: RoomId, agency: str, size: int, own: int) -> Recovery:
        """Note what a follower has of a room of which this hub has `own` entries; return what is to be done next."""
        heads = self._heads.get(room)
        if heads is None:
            if size <= own:
                return Recovery(None, own, done=True)
            logger.error("%s has %d entries of room %s, and its hub %d: it waits for them", agency, size, room, own)
            heads = self._heads[room] = {}
        heads[agency] = size
        return self.next_for(room, own)

    def next_for(self, room: RoomId, own: int) -> Recovery:
        """Return what is to be done next for a room; one for which nothing is comes off the list."""
        found = recovery(own, self._heads.get(room, {}))
        if found.done:
            self.end(room)
        return found

    def end(self, room: RoomId) -> None:
        """Let a room be written to."""
        self._heads.pop(room, None)

    def refusal(self, room: RoomId) -> AppError | None:
        """Return why a room is not written to now, or None."""
        return Unavailable(str(room), code="room_recovering") if room in self._heads else None

    def __iter__(self) -> Iterator[RoomId]:
        return iter(tuple(self._heads))
