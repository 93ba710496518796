"""Makes what is found by room from the log by position, in the background: `entry_at` and `txn` (`store/folding.py`).

A batch writes its entries to the log and to the short table `unfolded_at`, so it touches the same few pages however
many rooms it is for. Here they go from there to the two tables, each second or after `AT_ONCE` entries, in transactions
that nobody waits for. Nothing is lost when one of them fails or the appliance is killed: readers find entries that are
not folded where they are, and the next start folds the rest. An entry for which the tables cannot be written (a torn
page, or another entry at its place) stays unfolded and does not hold up the others; it is tried again once a minute.

Owns the idempotency keys of what is not folded. The caller holds the writer when it asks for them or adds to them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.store import folding
from appliance.store.batch import RepeatedTxnError, keys_of, place_of
from appliance.store.disk_errors import DATABASE_ERRORS, OF_THE_DISK

if TYPE_CHECKING:
    from appliance.store.batch import Batch, Key
    from appliance.store.db import Exclusive, Store

logger = logging.getLogger(__name__)
EVERY_S: Final = 1.0
AT_ONCE: Final = 500
"""Entries after which folding does not wait for its second."""
ROUNDS_BEFORE_RETRY: Final = 60


class Folding:
    """Folds the log. `load` before the first batch, `start` when batches may come, `close` to fold what is left."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[Key, int] = {}
        # Places of entries that were not tried yet, and of those that could not be folded.
        self._new: list[int] = []
        self._stuck = set[int]()
        self._round = -1
        self._due, self._closing = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> AppError | None:
        """Read what is not folded. Return the error if that fails: then no repeat is known, so no batch is written."""
        [found] = await self._store.read_each(lambda rows, _: folding.load(rows), (None,))
        if isinstance(found, AppError):
            return found
        self._new, self._keys = found
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

    def refuse_repeats(self, batch: Batch) -> None:
        """Raise RepeatedTxnError where an entry that is not folded has an idempotency key of the batch."""
        if not self._keys.keys().isdisjoint(keys_of(batch)):
            raise RepeatedTxnError

    def added(self, batch: Batch) -> None:
        """Note a batch that is durable."""
        self._keys.update(keys_of(batch))
        self._new += map(place_of, batch.entries)
        if len(self._new) >= AT_ONCE:
            self._due.set()

    async def fold(self) -> None:
        """Fold everything there is. Raises AppError when the disk fails: what is not folded then stays so."""
        self._round += 1
        retry = self._stuck if self._round % ROUNDS_BEFORE_RETRY == 0 else ()
        if not self._new and not retry:
            return
        async with self._store.exclusive() as writer:
            await self._fold(writer, sorted({*self._new, *retry}))
            self._new = []
            self._keys = {key: place for key, place in self._keys.items() if place in self._stuck}

    async def _fold(self, writer: Exclusive, places: list[int]) -> None:
        """Fold entries together; where that fails, each half by itself, down to the entry at fault."""
        try:
            await writer.commit_unsynced(folding.fold, places)
        except OF_THE_DISK:
            raise
        except (AppError, *DATABASE_ERRORS) as error:
            if len(places) > 1:
                middle = len(places) // 2
                await self._fold(writer, places[:middle])
                await self._fold(writer, places[middle:])
            elif places[0] not in self._stuck:
                self._stuck.add(places[0])
                room, n = divmod(places[0], 1 << 32)
                logger.error("entry %d of the room with key %d cannot be folded: %s", n, room, error)  # noqa: TRY400
        else:
            self._stuck.difference_update(places)

    async def _fold_forever(self) -> None:
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._due.wait()
            self._due.clear()
            try:
                await self.fold()
            except AppError as error:
                logger.warning("entries could not be folded yet: %s", error)
            except Exception:
                logger.exception("entries could not be folded yet")
