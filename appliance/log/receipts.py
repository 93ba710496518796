"""Read receipts by name (F16): durable, coalesced, and only of what was shown.

A receipt says that a range of positions was shown to a person. Receipts are written in batches, `BATCH_S` apart, each
in one transaction (`RoomLog.change`). Rules:
- a batch publishes the receipts of a room as one event of the feed, so a busy room costs one line whatever its size;
- a large room gets that event only every few batches; those who have the room on their screen get an ephemeral copy
  within a second;
- the first time a message was shown is kept for good; showing it again changes nothing;
- a room that cannot take receipts because of a torn page loses its own and delays no other.

Receipts of a local room are events of the feed, not entries (decision 0006).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Invalid, Unavailable
from appliance.log.damage import DAMAGED
from appliance.model import PersonId, RoomId
from appliance.rules.receipts import Range, merged, without
from appliance.store import receipts
from appliance.store.db import in_halves
from appliance.store.receipts import ShownRange

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.log.heads import Head
    from appliance.log.riders import RiderTx
    from appliance.log.writer import RoomLog
    from appliance.model import Millis

    BroadcastToWatching = Callable[[RoomId, str, dict[str, object], Millis], object]

logger = logging.getLogger(__name__)
BATCH_S: Final = 0.1
AFTER_FAILURE_S: Final = 1.0
RECEIPT: Final = "receipt"
# A room of 500 is announced every 2.5 s at most, to a peer agency every 5 s.
MEMBERS_A_BATCH: Final = 20
MAX_BATCHES_BETWEEN: Final = 50
# A copy goes to each of those who look at the room, so not after every batch.
MAX_BATCHES_BETWEEN_WATCHED: Final = 10

Ranges = list[Range]


class Receipts:
    """Collects receipts and writes them together."""

    def __init__(self, room_log: RoomLog, clock: Callable[[], Millis], broadcast: BroadcastToWatching) -> None:
        self._log, self._clock, self._broadcast = room_log, clock, broadcast
        self._waiting: dict[tuple[RoomId, PersonId], list[tuple[Range, Millis]]] = {}
        self._callers: list[asyncio.Future[None]] = []
        self._unannounced: dict[RoomId, dict[PersonId, Ranges]] = {}
        self._announced_at: dict[RoomId, int] = {}
        self._unwatched: dict[RoomId, dict[PersonId, Ranges]] = {}
        self._watched_at: dict[RoomId, int] = {}
        self._batch = 0
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

    async def read(self, room: RoomId, person: PersonId, upto: int, first: int = 0) -> None:
        """Note that entries `first` to `upto` were shown: everything up to there where no `first` is given.

        Raises Forbidden, NotFound, Invalid beyond the room's last entry and for a range that ends before it begins.
        """
        head = await self._log.head_for(person, room)
        if upto >= head.size:
            raise Invalid(field="upto")
        if first > upto:
            raise Invalid(field="first")
        self._note(room, person, [((first, upto), self._clock())])
        self._wake.set()

    async def flushed(self) -> None:
        """Wait until every receipt noted so far is durable. Raises StorageFull, Unavailable when the disk fails."""
        if self._waiting or self._unannounced or self._writing:
            await self._written()

    async def _written(self) -> None:
        caller: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._callers.append(caller)
        self._wake.set()
        await caller

    def _note(self, room: RoomId, person: PersonId, shown: list[tuple[Range, Millis]]) -> None:
        """Keep what was shown in the order in which it was, but nothing that is waiting already."""
        waiting = self._waiting.setdefault((room, person), [])
        for new, at in shown:
            left = [new]
            for old, _ in waiting:
                left = without(left, old)
            waiting.extend((part, at) for part in left)

    async def _write_forever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(BATCH_S)
            self._batch += 1
            try:
                await self._write()
            except Unavailable as error:
                logger.warning("receipts could not be kept; they will be written again: %s", error)
            except Exception:
                logger.exception("receipts could not be kept; they will be written again")
                await asyncio.sleep(AFTER_FAILURE_S)
                self._wake.set()

    async def _write(self, *, everything: bool = False) -> None:
        waiting, self._waiting = self._waiting, {}
        callers, self._callers = self._callers, []
        self._wake.clear()
        self._writing = True
        try:
            passing = await self._commit(waiting, everything=everything)
        except BaseException as error:
            self._note_again(waiting)
            _answer(callers, error if isinstance(error, AppError) else AppError())
            raise
        finally:
            self._writing = False
        _answer(callers, passing)
        self._broadcast_to_watching_members()
        if passing is not None:
            raise passing
        if self._unannounced:
            self._wake.set()

    def _note_again(self, failed: dict[tuple[RoomId, PersonId], list[tuple[Range, Millis]]]) -> None:
        """Put back what could not be written, before what has come since."""
        since, self._waiting = self._waiting, failed
        for (room, person), shown in since.items():
            self._note(room, person, shown)

    async def _commit(
        self, waiting: dict[tuple[RoomId, PersonId], list[tuple[Range, Millis]]], *, everything: bool
    ) -> AppError | None:
        """Write what waits and announce what is due; return the error of rooms that are to be written again."""
        heads = await self._readable_heads({room for room, _ in waiting} | set(self._unannounced))
        unannounced = {room: dict(reads) for room, reads in self._unannounced.items() if room in heads}
        writes = {room: _RoomWrite(room) for room in heads}
        for (room, person), shown in waiting.items():
            if room in heads:
                reads = unannounced.setdefault(room, {})
                reads[person] = merged([*reads.get(person, ()), *(part for part, _ in shown)])
                writes[room].rows.extend(ShownRange(heads[room].key, person, *part, at) for part, at in shown)
        due = [room for room in unannounced if everything or self._is_due(room, len(heads[room].state.members))]
        for room in due:
            writes[room].reads = unannounced.pop(room)
        failed = await in_halves(self._put, [one for one in writes.values() if one.rows or one.reads])
        self._unannounced = unannounced
        for room in due:
            self._announced_at[room] = self._batch
        lost = {one.room for one, error in failed}
        self._keep_for_those_watching([one for one in writes.values() if one.room not in lost and not one.reads])
        return self._take_back(failed)

    async def _put(self, writes: list[_RoomWrite]) -> None:
        """Write the receipts of rooms and announce those that are due, in one transaction. Raises as `change`."""

        def rider(tx: RiderTx) -> None:
            receipts.insert(tx.rows, [row for one in writes for row in one.rows])
            for one in writes:
                if one.reads:
                    tx.announce(RECEIPT, state_of(one.reads), room=one.room)

        await self._log.change(rider)

    def _take_back(self, failed: list[tuple[_RoomWrite, AppError]]) -> AppError | None:
        """Keep what could not be written for the next batch, but not of rooms that are damaged; return why, if any."""
        passing: AppError | None = None
        for one, error in failed:
            logger.warning("receipts of room %s could not be kept: %s", one.room, error)
            if error.code != DAMAGED:
                passing = error
                self._unannounced.setdefault(one.room, {}).update(one.reads)
                for row in one.rows:
                    self._note(one.room, row.person, [((row.first, row.upto), row.at)])
        return passing

    async def _readable_heads(self, wanted: set[RoomId]) -> dict[RoomId, Head]:
        """Return the rooms that receipts are about, without those that are damaged: their receipts are given up."""
        heads: dict[RoomId, Head] = {}
        for room in wanted:
            try:
                heads[room] = await self._log.head(room)
            except Unavailable as error:
                if error.code != DAMAGED:
                    raise
                logger.warning("receipts of room %s could not be kept: %s", room, error)
        return heads

    def _is_due(self, room: RoomId, members: int) -> bool:
        wait = min(MAX_BATCHES_BETWEEN, members // MEMBERS_A_BATCH)
        return self._batch - self._announced_at.get(room, -MAX_BATCHES_BETWEEN) >= wait

    def _keep_for_those_watching(self, written: list[_RoomWrite]) -> None:
        for one in written:
            for row in one.rows:
                reads = self._unwatched.setdefault(one.room, {})
                reads[row.person] = merged([*reads.get(row.person, ()), (row.first, row.upto)])

    def _broadcast_to_watching_members(self) -> None:
        """Give those who look at a large room what the feed will say later; the feed's line says it again."""
        for room in [room for room in self._unwatched if room not in self._unannounced]:
            del self._unwatched[room]
        for room, reads in list(self._unwatched.items()):
            if self._batch - self._watched_at.get(room, -MAX_BATCHES_BETWEEN) >= MAX_BATCHES_BETWEEN_WATCHED:
                self._watched_at[room] = self._batch
                del self._unwatched[room]
                self._broadcast(room, RECEIPT, state_of(reads), self._clock())


def state_of(reads: dict[PersonId, Ranges]) -> dict[str, object]:
    """Return the fields of a receipt's event: each person's furthest position, and all that was shown to them."""
    return {"read": {person: ranges[-1][1] for person, ranges in reads.items()}, "shown": reads}


def _answer(callers: list[asyncio.Future[None]], error: AppError | None) -> None:
    for caller in callers:
        if caller.done():
            continue
        if error is None:
            caller.set_result(None)
        else:
            caller.set_exception(error)


class _RoomWrite(msgspec.Struct):
    """What one batch writes of a room: receipts, and what is announced of them, if anything is by now."""

    room: RoomId
    rows: list[ShownRange] = msgspec.field(default_factory=list)
    reads: dict[PersonId, Ranges] = msgspec.field(default_factory=dict)
