"""Fetches entries that are missing: exactly those, from the agency that gave later ones, or from any other follower.

Rules: what is fetched is judged like what a link brings, so its source need not be trusted; one room is fetched once at
a time, whoever asks; a page that brings nothing new ends it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Conflict, NotFound, Unavailable
from federation.exchange import arriving
from federation.gateway.messages import Kind
from federation.gateway.requests import MAX_ENTRIES
from federation.protocol import frames

if TYPE_CHECKING:
    from appliance.model import RoomId
    from federation.exchange.exchange import Exchange

OK: Final = 200
NOT_GIVEN: Final = "peer_gives_nothing"


class Fetching:
    """Fetches missing entries of rooms."""

    def __init__(self, x: Exchange) -> None:
        self._x = x
        self._rooms: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def fetch_missing(self, peer: str, room: RoomId, n: int) -> None:
        """Take in all entries of a room from the end of what is here until entry `n` is there. Raises AppError."""
        async with self._rooms[room]:
            while (size := await self._size(room)) <= n:
                await self._fetch_page(peer, room, size)
                if await self._size(room) == size:
                    raise Unavailable(f"{peer} gives no entry {size} of {room}", code=NOT_GIVEN)

    async def _fetch_page(self, peer: str, room: RoomId, first: int) -> None:
        target = {"room": room, "from": str(first), "to": str(first + MAX_ENTRIES)}
        fetched = await self._x.jobs.fetch(peer, Kind.LOG, target)
        if fetched.status != OK:
            raise Unavailable(f"{peer} answers {fetched.status}", code=NOT_GIVEN)
        try:
            frame = frames.parse(fetched.body)
        except frames.FrameError as error:
            raise Unavailable(f"{peer}: {error}", code=NOT_GIVEN) from error
        if not isinstance(frame, frames.Feed) or frame.room != room:
            raise Unavailable(f"{peer} gives something else", code=NOT_GIVEN)
        try:
            await self._x.s.log.replicate(room, peer, arriving.entries_of(frame), frame.cp)
        except Conflict as gap:
            raise Unavailable(str(gap), code=NOT_GIVEN) from gap

    async def _size(self, room: RoomId) -> int:
        try:
            return (await self._x.s.log.head(room)).size
        except NotFound:
            return 0
        except AppError:
            raise
