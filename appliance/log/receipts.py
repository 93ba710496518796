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
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Invalid
from appliance.model import PersonId, RoomId
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
AFTER_FAILURE_S: Final = 1.0
RECEIPT: Final = "receipt"
# A room of 500 is told at most every 2.5 s, as a peer agency would be every 5 s (federation.md §5.4).
MEMBERS_A_MOMENT: Final = 20
LONGEST_MOMENTS: Final = 50


class Receipts:
    """Collects receipts and writes them together."""

    def __init__(self, store: Store, room_log: RoomLog, clock: Callable[[], Millis]) -> None:
        self._store, self._log, self._clock = store, room_log, clock
        self._waiting: dict[tuple[RoomId, PersonId], tuple[int, Millis]] = {}
        self._callers: list[asyncio.Future[None]] = []
        self._untold: dict[RoomId, dict[PersonId, int]] = {}
        self._told_at: dict[RoomId, int] = {}
        self._moment = 0
        self._writing = False
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
        head = await self._log.head_for(person, room)
        if upto >= head.size:
            raise Invalid(field="upto")
        self._note({(room, person): (upto, self._clock())})
        self._wake.set()

    async def flushed(self) -> None:
        """Wait until every receipt noted so far is durable. Raises StorageFull, Unavailable when the disk fails."""
        if self._waiting or self._untold or self._writing:
            await self._written()

    async def told(self, room: RoomId) -> None:
        """Have what is known of a room's readers told now, large as it may be, and wait until that is done."""
        self._told_at.pop(room, None)
        await self.flushed()

    async def _written(self) -> None:
        caller: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._callers.append(caller)
        self._wake.set()
        await caller

    def _note(self, noted: dict[tuple[RoomId, PersonId], tuple[int, Millis]]) -> None:
        """Keep of each person's receipts in a room the furthest, and of two as far the first."""
        for key, (upto, at) in noted.items():
            if key not in self._waiting or self._waiting[key][0] < upto:
                self._waiting[key] = (upto, at)

    async def _write_forever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(MOMENT_S)
            self._moment += 1
            try:
                await self._write()
            except Exception:
                log.exception("receipts could not be kept; they will be written again")
                await asyncio.sleep(AFTER_FAILURE_S)
                self._wake.set()

    async def _write(self, *, everything: bool = False) -> None:
        waiting, self._waiting = self._waiting, {}
        callers, self._callers = self._callers, []
        self._wake.clear()
        self._writing = True
        try:
            news = await self._commit(waiting, everything=everything)
        except BaseException as error:
            self._note(waiting)
            _answer(callers, error if isinstance(error, AppError) else AppError())
            raise
        finally:
            self._writing = False
        _answer(callers, None)
        if news:
            self._log.publish(Committed(news[-1].pos, news))
        if self._untold:
            self._wake.set()

    async def _commit(
        self, waiting: dict[tuple[RoomId, PersonId], tuple[int, Millis]], *, everything: bool
    ) -> list[RoomNews]:
        heads = {room: await self._log.head(room) for room in {room for room, _ in waiting} | set(self._untold)}
        untold = {room: dict(reads) for room, reads in self._untold.items()}
        for (room, person), (upto, _) in waiting.items():
            reads = untold.setdefault(room, {})
            reads[person] = max(upto, reads.get(person, -1))
        due = [room for room in untold if everything or self._is_due(room, len(heads[room].state.members))]
        rows = [(heads[room].key, person, upto, at) for (room, person), (upto, at) in waiting.items()]
        if not rows and not due:
            return []
        now = self._clock()
        async with self._store.exclusive() as writer:
            told = [(self._log.reserve_pos(), room, {"read": untold.pop(room)}) for room in due]
            lines = [
                (pos, now, RECEIPT, heads[room].key, None, msgspec.json.encode(data).decode())
                for pos, room, data in told
            ]
            await writer.commit(_write_rows, rows, lines)
        self._untold = untold
        for room in due:
            self._told_at[room] = self._moment
        return [RoomNews(room, pos, [feed.event(pos, now, RECEIPT, room, data)]) for pos, room, data in told]

    def _is_due(self, room: RoomId, members: int) -> bool:
        wait = min(LONGEST_MOMENTS, members // MEMBERS_A_MOMENT)
        return self._moment - self._told_at.get(room, -LONGEST_MOMENTS) >= wait


def _answer(callers: list[asyncio.Future[None]], error: AppError | None) -> None:
    for caller in callers:
        if caller.done():
            continue
        if error is None:
            caller.set_result(None)
        else:
            caller.set_exception(error)


def _write_rows(
    raw: sqlcipher.Connection,
    rows: list[tuple[int, PersonId, int, Millis]],
    lines: list[tuple[int, Millis, str, int, None, str]],
) -> None:
    receipts.insert(raw, rows)
    for line in lines:
        feed.insert(raw, line)
