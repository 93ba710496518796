"""Rooms that cannot be read because of a torn page or a changed row, and how to read all others in spite of it.

Owns the list of damaged rooms of a running appliance (`DamagedRooms`), and the walk over all rooms, which continues
after a torn page (`list_rooms`). It repairs nothing: a damaged disk is replaced and the data restored from a backup.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import STORAGE_DAMAGED, AppError, StorageFull, Unavailable, Unproven
from appliance.store import rooms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.model import RoomId
    from appliance.store.db import Store

logger = logging.getLogger(__name__)
DAMAGED: Final = STORAGE_DAMAGED


class DamagedRooms:
    """The rooms that are damaged, each with the error that their members get.

    They lie on a torn page, have a row that says what no row says, or are not what was signed.
    """

    def __init__(self) -> None:
        self._errors: dict[RoomId, AppError] = {}

    def note(self, room: RoomId, error: AppError) -> None:
        """Remember a room that could not be read, and name it in the log once. Other troubles pass and are not kept."""
        if room in self._errors:
            return
        if error.code == DAMAGED:
            logger.error("room %s is damaged on the disk: nothing can be sent to it. Restore it from a backup", room)
            self._errors[room] = error
        elif isinstance(error, Unproven):
            logger.error(
                "room %s is not what was signed: it is neither written nor signed. Restore it. %s", room, error
            )
            self._errors[room] = error

    def get(self, room: RoomId) -> AppError | None:
        """Return why nothing can be sent to a room, or None."""
        return self._errors.get(room)

    def __iter__(self) -> Iterator[RoomId]:
        return iter(tuple(self._errors))


async def list_rooms(store: Store) -> tuple[list[RoomId], list[int]]:
    """Return every room, and the keys of rooms whose id cannot be read. Raises Unavailable when the disk fails."""
    try:
        async with store.read() as reader:
            return await reader.run(rooms.all_ids), []
    except StorageFull:
        raise
    except Unavailable:
        logger.warning("not all rooms can be read at once; reading one by one")
    lasts = await store.read_each(lambda rows, read: read(rows), (rooms.last_key, rooms.last_key_with_entries))
    last = max((found for found in lasts if not isinstance(found, AppError)), default=0)
    keys = range(1, last + 1)
    [by_index] = await store.read_each(lambda rows, _: rooms.ids_by_index(rows), (None,))
    return _merged(by_index, dict(zip(keys, await store.read_each(rooms.id_if_there, keys), strict=True)))


def _merged(
    by_index: dict[int, RoomId] | AppError, by_key: dict[int, RoomId | AppError | None]
) -> tuple[list[RoomId], list[int]]:
    """Return the rooms that one of two readings has, by key, and the keys that neither can say anything of.

    `by_index` is what the index alone says; `by_key` has the room of each key, None where there is none.
    """
    known = {} if isinstance(by_index, AppError) else dict(by_index)
    known |= {key: found for key, found in by_key.items() if found is not None and not isinstance(found, AppError)}
    unreadable = [key for key, found in by_key.items() if isinstance(found, AppError) and key not in known]
    return [known[key] for key in sorted(known)], unreadable
