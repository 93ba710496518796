"""Makes what is found by room from the log by position, in the background: `entry_at` and `txn` (`store/folding.py`).

A batch writes its entries to the log alone, so it touches the same few pages however many rooms it is for. Here the two
tables are brought up to date, each second or after `AT_ONCE` entries, in transactions that nobody waits for. Nothing is
lost when one of them fails or the appliance is killed: readers take what is not folded from the log, and the next start
folds the rest. An entry for which the tables cannot be written (a torn page) stays unfolded and does not hold up those
after it; it is tried again once a minute.

Owns the idempotency keys of what is not folded. The caller holds the writer when it asks for them or adds to them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.store import folding
from appliance.store.batch import RepeatedTxnError, keys_of
from appliance.store.disk_errors import DATABASE_ERRORS, OF_THE_DISK

if TYPE_CHECKING:
    from appliance.log.feed import Feed
    from appliance.store.batch import Batch, Key
    from appliance.store.db import Exclusive, Rows, Store

logger = logging.getLogger(__name__)
EVERY_S: Final = 1.0
AT_ONCE: Final = 500
"""Entries after which folding does not wait for its second."""
ROUNDS_BEFORE_RETRY: Final = 60


class Folding:
    """Folds the log. `load` before the first batch, `start` when batches may come, `close` to fold what is left."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store, self._feed = store, feed
        self._keys: dict[Key, int] = {}
        # None: nothing may be written yet.
        self._first: int | None = None
        self._stuck = set[int]()
        self._entries, self._round = 0, -1
        self._due, self._closing = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> AppError | None:
        """Read what is not folded. Return the error if that fails: then no repeat is known, so no batch is written."""
        [found] = await self._store.read_each(lambda rows, _: folding.load(rows), (None,))
        if isinstance(found, AppError):
            return found
        self._first, self._stuck = found.first, set(found.single)
        self._keys = dict(found.keys)
        self._entries = found.entries
        return None

    def start(self) -> None:
        """Fold what there is, then fold new entries in the background."""
        self._due.set()
        self._task = asyncio.create_task(self._fold_forever(), name="folding")

    async def close(self) -> None:
        """Fold what is left and stop; what cannot be folded now is by the next start."""
        if self._task is not None:
            self._closing = True
            self._due.set()
            await self._task
        if self._first is not None and not self._entries:
            with contextlib.suppress(AppError):
                async with self._store.exclusive() as writer:
                    await writer.commit_unsynced(folding.end)

    async def begin(self, writer: Exclusive) -> None:
        """Have what a batch is about to write read from the log: before the first one. Raises AppError."""
        if self._first is None:
            first = self._feed.pos + 1
            await writer.commit_unsynced(folding.begin, first)
            self._first = first

    def refuse_repeats(self, batch: Batch) -> None:
        """Raise RepeatedTxnError where an entry that is not folded has an idempotency key of the batch."""
        if not self._keys.keys().isdisjoint(keys_of(batch)):
            raise RepeatedTxnError

    def added(self, batch: Batch) -> None:
        """Note a batch that is durable."""
        self._keys.update(keys_of(batch))
        self._entries += len(batch.entries)
        if self._entries >= AT_ONCE:
            self._due.set()

    async def fold(self) -> None:
        """Fold everything there is. Raises AppError when the disk fails: what is not folded then stays so."""
        self._round += 1
        retry = sorted(self._stuck) if self._round % ROUNDS_BEFORE_RETRY == 0 else ()
        if not self._entries and not retry:
            return
        async with self._store.exclusive() as writer:
            for pos in retry:
                await self._retry(writer, pos)
            if self._first is not None:
                await self._fold(writer, self._first, self._feed.pos)
            self._entries = 0
            self._keys = {key: pos for key, pos in self._keys.items() if pos in self._stuck} if self._stuck else {}

    async def _fold(self, writer: Exclusive, first: int, last: int) -> None:
        """Fold a range; where that fails, each half by itself, down to the entry at fault."""
        if first > last:
            return
        try:
            await writer.commit_unsynced(_write, first, last)
        except OF_THE_DISK:
            raise
        except (AppError, *DATABASE_ERRORS) as error:
            if first == last:
                # An entry that cannot be read either stays in the open range, and this raises.
                await writer.commit_unsynced(_leave, first)
                self._stuck.add(first)
                logger.error("the entry at position %d cannot be folded and is read from the log: %s", first, error)  # noqa: TRY400
            else:
                middle = (first + last) // 2
                await self._fold(writer, first, middle)
                await self._fold(writer, middle + 1, last)
        self._first = last + 1

    async def _retry(self, writer: Exclusive, pos: int) -> None:
        with contextlib.suppress(AppError):
            await writer.commit_unsynced(_write_one, pos)
            self._stuck.discard(pos)

    async def _fold_forever(self) -> None:
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._due.wait()
            self._due.clear()
            try:
                await self.fold()
            except AppError as error:
                logger.warning("entries could not be folded and are read from the log: %s", error)
            except Exception:
                logger.exception("entries could not be folded and are read from the log")


def _write(rows: Rows, first: int, last: int) -> None:
    folding.fold(rows, first, last)
    folding.advance(rows, last + 1)


def _leave(rows: Rows, pos: int) -> None:
    folding.advance(rows, pos + 1)
    folding.leave(rows, pos)


def _write_one(rows: Rows, pos: int) -> None:
    folding.fold(rows, pos, pos)
    folding.release(rows, pos)
