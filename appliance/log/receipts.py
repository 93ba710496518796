"""Read receipts by name (F16): durable, cumulative, coalesced.

A receipt says that a person has read a room up to a position. Receipts that arrive within a moment of each other are
written in one transaction and told as one event for each room, so a busy room costs one line whatever its size; in a
large room the moment is longer. The first time a position is reached is kept for good; reading again changes nothing.
Receipts of a local room are events of the feed, not entries (docs/decisions: receipts).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Forbidden, Invalid
from appliance.model import Deny, PersonId, RoomId
from appliance.store import feed, receipts
from appliance.wire.committed import Committed, RoomNews

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.log.writer import RoomLog
    from appliance.model import Millis
    from appliance.store.db import Store

log = logging.getLogger(__name__)
MOMENT_S: Final = 0.1
# A room of 500 is told at most every 2.5 s, as a peer agency would be every 5 s (federation.md §5.4).
MEMBERS_A_MOMENT: Final = 20
LONGEST_MOMENTS: Final = 50


class Receipts:
    """Collects receipts and writes them together."""

    def __init__(self, store: Store, room_log: RoomLog, clock: Callable[[], Millis]) -> None:
        self._store, self._log, self._clock = store, room_log, clock
        self._waiting: dict[tuple[RoomId, PersonId], tuple[int, Millis]] = {}
        self._untold: defaultdict[RoomId, dict[PersonId, int]] = defaultdict(dict)
        self._told_at: dict[RoomId, int] = {}
        self._moment = 0
        self._written = asyncio.Event()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write_forever(), name="receipts")

    async def close(self) -> None:
        """Write what waits and stop."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(AppError):
            await self._write(everything=True)

    async def read(self, room: RoomId, person: PersonId, upto: int) -> None:
        """Note a receipt after checking it. Raises Forbidden, NotFound, Invalid beyond the room's last entry."""
        head = await self._log.head(room)
        if head.state.role_of(person) is None:
            raise Forbidden(Deny.NOT_A_MEMBER)
        if upto >= head.size:
            raise Invalid(field="upto")
        key = (room, person)
        if key not in self._waiting or self._waiting[key][0] < upto:
            self._waiting[key] = (upto, self._clock())
        self._wake.set()

    async def flushed(self) -> None:
        """Wait until every receipt noted so far is durable."""
        while self._waiting:
            self._wake.set()
            await self._written.wait()

    async def _write_forever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(MOMENT_S)
            self._moment += 1
            try:
                await self._write()
            except AppError:
                log.warning("receipts could not be kept; they will be written again")
                await asyncio.sleep(1)
                self._wake.set()

    async def _write(self, *, everything: bool = False) -> None:
        waiting, self._waiting = self._waiting, {}
        self._wake.clear()
        try:
            news = await self._commit(waiting, everything=everything)
        except BaseException:
            self._waiting = waiting | self._waiting
            raise
        finally:
            self._written.set()
            self._written = asyncio.Event()
        if news:
            self._log.publish(Committed(news[-1].pos, news))
        if self._untold:
            self._wake.set()

    async def _commit(
        self, waiting: dict[tuple[RoomId, PersonId], tuple[int, Millis]], *, everything: bool
    ) -> list[RoomNews]:
        heads = {room: await self._log.head(room) for room in {room for room, _ in waiting} | set(self._untold)}
        for (room, person), (upto, _) in waiting.items():
            self._untold[room][person] = max(upto, self._untold[room].get(person, -1))
        due = [room for room in self._untold if everything or self._is_due(room, len(heads[room].state.members))]
        rows = [(heads[room].key, person, upto, at) for (room, person), (upto, at) in waiting.items()]
        now = self._clock()
        news, lines = [], []
        async with self._store.exclusive() as writer:
            for room in due:
                pos = self._log.reserve_pos()
                data = {"read": self._untold[room]}
                news.append(RoomNews(room, pos, [feed.event(pos, now, "receipt", room, data)]))
                lines.append((pos, now, "receipt", heads[room].key, None, msgspec.json.encode(data).decode()))
            await writer.commit(_write_rows, rows, lines)
        for room in due:
            del self._untold[room]
            self._told_at[room] = self._moment
        return news

    def _is_due(self, room: RoomId, members: int) -> bool:
        wait = min(LONGEST_MOMENTS, members // MEMBERS_A_MOMENT)
        return self._moment - self._told_at.get(room, -LONGEST_MOMENTS) >= wait


def _write_rows(
    raw: sqlcipher.Connection,
    rows: list[tuple[int, PersonId, int, Millis]],
    lines: list[tuple[int, Millis, str, int, None, str]],
) -> None:
    receipts.insert(raw, rows)
    for line in lines:
        feed.insert(raw, *line)
