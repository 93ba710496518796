"""The feed as a history: how far it goes, and what names it up to a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import STORAGE_DAMAGED, Unavailable
from appliance.store import feed

if TYPE_CHECKING:
    from appliance.services import Services


async def newest_pos(s: Services) -> int:
    """Return the newest position of the feed."""
    async with s.store.read() as reader:
        return await reader.run(feed.last_pos)


async def history_id_at(s: Services, pos: int) -> str:
    """Return what names the history up to a position; nothing where that cannot be read."""
    try:
        async with s.store.read() as reader:
            return await reader.run(feed.history_id_at, pos)
    except Unavailable as error:
        if error.code != STORAGE_DAMAGED:
            raise
        return ""
