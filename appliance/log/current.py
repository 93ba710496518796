"""Rooms in their newest state, for reads and actions: from memory, else from the database (`heads.py`).

Rule: after a commit the database has the new state slightly before memory has it. A caller that needs the room in that
time waits for memory, so that nobody is refused what they were shown already. It writes nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.errors import Forbidden, NotFound, Unavailable
from appliance.log import heads as head_rows
from appliance.log.notes import home_of
from appliance.model import Deny
from appliance.rules.visibility import may_read
from appliance.store import rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from appliance.evidence.note import Verifier
    from appliance.log.damage import DamagedRooms
    from appliance.log.heads import Head, Heads
    from appliance.model import Millis, PersonId, RoomId
    from appliance.store.db import Store


class CurrentRooms:
    """The rooms of the appliance as they are now."""

    def __init__(
        self, store: Store, heads: Heads, damaged: DamagedRooms, verifier: Verifier, clock: Callable[[], Millis]
    ) -> None:
        self._home, self._clock = home_of(verifier), clock
        self._store, self._heads, self._damaged, self._verifier = store, heads, damaged, verifier
        self._being_written: frozenset[RoomId] = frozenset()
        self._adopted = asyncio.Event()

    @contextmanager
    def being_written(self, rooms_written: Iterable[RoomId]) -> Iterator[None]:
        """Have those who ask for these rooms wait until the block ends."""
        self._being_written = frozenset(rooms_written)
        self._adopted.clear()
        try:
            yield
        finally:
            self._being_written = frozenset()
            self._adopted.set()

    async def head_for(self, person: PersonId, room: RoomId) -> Head:
        """Return a room to one of its members; see `RoomLog.head_for`."""
        try:
            head = await self.head(room)
        except Unavailable:
            [found] = await self._store.read_each(rooms.is_member, ((room, person),))
            if found is False:
                raise Forbidden(Deny.NOT_A_MEMBER) from None
            raise
        if denied := may_read(head.state, self._home.principal(person), self._clock()):
            raise Forbidden(denied)
        return head

    async def head(self, room: RoomId) -> Head:
        """Return a room, whoever asks; see `RoomLog.head`."""
        if room in self._being_written:
            await self._adopted.wait()
        head = self._heads.get(room)
        if head is None:
            if error := self._damaged.get(room):
                raise error
            try:
                async with self._store.read() as reader:
                    head = await reader.run(head_rows.load, room, self._verifier)
            except Unavailable as error:
                self._damaged.note(room, error)
                raise
            if head is None:
                raise NotFound(field="room")
            # The writer may have loaded and advanced it meanwhile; its version is the newer one.
            return self._heads.get(room) or head
        return head
