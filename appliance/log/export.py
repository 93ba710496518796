"""A room's whole log as a stream of lines, for evidence: `gchat-verify room` checks it without the appliance.

The lines are those of `evidence.export`, up to the room's size at the beginning, under a checkpoint signed for exactly
that size. A body whose key was destroyed is left out, and the log still verifies. Memory is bounded by one page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import KeyDestroyed
from appliance.evidence.export import ExportEntry, ExportHead, checkpoint_line, entry_line, head_line
from appliance.evidence.leaf import encode_leaf
from appliance.store import entries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.log.bodies import Bodies
    from appliance.log.heads import Head
    from appliance.log.writer import RoomLog
    from appliance.model import RoomId
    from appliance.store.db import Store

PAGE: Final = 500


async def export_room(store: Store, log: RoomLog, room: RoomId) -> AsyncIterator[bytes]:
    """Give the lines of a room's log as of now. Raises NotFound, WrongKey for a body that was altered."""
    head = await log.head(room)
    yield head_line(ExportHead(origin=log.checkpoints.origin(room), room=room, vkey=log.checkpoints.vkey))
    for first in range(0, head.size, PAGE):
        async with store.read() as reader:
            lines = await reader.run(_lines, log.bodies, room, head, first)
        for line in lines:
            yield line
    yield checkpoint_line(log.checkpoints.note(room, head))


def _lines(raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, head: Head, first: int) -> list[bytes]:
    lines = []
    for n, at, header, epoch, sealed in entries.export_page(raw, head.key, first, min(PAGE, head.size - first)):
        salt, body = _opened(raw, bodies, room, n, epoch, sealed)
        leaf = encode_leaf(header, hub_time=at, n=n, registry=0)
        lines.append(entry_line(ExportEntry(leaf=leaf, salt=salt, body=body)))
    return lines


def _opened(
    raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, n: int, epoch: int | None, sealed: bytes | None
) -> tuple[bytes | None, bytes | None]:
    if epoch is None or sealed is None:
        return None, None
    try:
        return bodies.open_bytes(raw, room, n, epoch, sealed)
    except KeyDestroyed:
        return None, None
