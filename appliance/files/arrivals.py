"""One writer for each upload: a newer request takes the place of one whose line is half dead.

Rules:
- who comes later cuts the connection of who writes now, and waits until that one has kept what had arrived;
- of several who wait the newest one writes, the others are turned away.

In memory alone: after a restart nobody writes. Does not: read or write bytes.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@dataclass(slots=True, eq=False)
class _Place:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: object = None
    cut: Callable[[], object] | None = None
    here: int = 0


class Arrivals:
    """Who writes to which upload."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def __contains__(self, upload: str) -> bool:
        return upload in self._places

    def __len__(self) -> int:
        return len(self._places)

    @asynccontextmanager
    async def only_writer(self, upload: str, cut: Callable[[], object]) -> AsyncIterator[None]:
        """Be the one who writes to an upload for the block; `cut()` is called when a newer one takes over.

        Raises Conflict (`upload_taken_over`) for who was overtaken while it waited.
        """
        place = self._places.setdefault(upload, _Place())
        place.newest = me = object()
        place.here += 1
        if place.cut is not None:
            place.cut()
        try:
            async with place.lock:
                if place.newest is not me:
                    raise Conflict(code="upload_taken_over")
                place.cut = cut
                try:
                    yield
                finally:
                    place.cut = None
        finally:
            place.here -= 1
            if not place.here:
                del self._places[upload]
