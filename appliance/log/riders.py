"""Rows that commit together with a command, or with an event of their own.

A rider is a function that writes rows in the transaction that writes a command's entries: an audit record, the answer
to a request, whatever must be there exactly when the entries are. It runs on the connection's own thread, after the
rows of the whole batch. Rules:
- a rider that raises refuses its command and no other: the transaction is undone, the batch is decided again without
  that command, and all riders run again. So a rider must change nothing but the database;
- the riders of each command run under a SAVEPOINT: those behind a failed one do not see its rows, which might refuse
  them too. So one round finds all that fail by themselves;
- for a repeat, or a command that changes nothing, no rider runs;
- what a rider publishes gets its position in the feed in the same transaction and is published after the commit.

Does not: know the queue or connections.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from appliance.errors import AppError
from appliance.store import batch as batches
from appliance.store import entries, epoch_keys, feed
from appliance.store.db import Rows
from appliance.store.disk_errors import DATABASE_ERRORS, is_disk_trouble
from appliance.store.transactions import savepoint
from appliance.wire.committed import Committed, RoomNews
from appliance.wire.events import non_entry_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.log.bodies import EpochKey
    from appliance.log.commands import AnyCommand, Result
    from appliance.model import Appended, Millis, PersonId, RoomId, RoomState
    from appliance.store.batch import Batch

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Announced(msgspec.Struct):
    """The lines that riders add to the feed: `pos` is the newest position, `committed` what is published afterwards.

    `destroyed` are the epoch keys that riders destroyed: they leave memory with the commit.
    """

    pos: int
    committed: list[Committed] = msgspec.field(default_factory=list)
    destroyed: list[int] = msgspec.field(default_factory=list)


class RiderTx(msgspec.Struct, frozen=True):
    """The transaction a rider writes in. `at` is its time; `appended` are the positions of its command's drafts.

    `state` is the room as its command leaves it. In the tables it is there already as the whole batch leaves it.
    `file_key` is the epoch key that wraps the keys of its files, where it carries any; it is written already.
    """

    rows: Rows
    at: Millis
    announced: Announced
    appended: Sequence[Appended] = ()
    state: RoomState | None = None
    file_key: EpochKey | None = None

    def announce(
        self, kind: str, data: Mapping[str, Any], *, room: RoomId | None = None, person: PersonId | None = None
    ) -> None:
        """Put an event that is no entry on the feed: for a room's members, or for one person alone."""
        self.announced.pos += 1
        pos = self.announced.pos
        key = entries.room_key(self.rows, room) if room else None
        feed.insert(self.rows, (pos, self.at, kind, key, person, msgspec.json.encode(data).decode()))
        if person is not None:
            self.announced.committed.append(Committed(pos, [], frozenset((person,))))
        elif room is not None:
            event = non_entry_event(self.at, kind, room, dict(data))
            self.announced.committed.append(Committed(pos, [RoomNews(room, pos, pos, [event])]))

    def destroy_keys(self, keys: Sequence[int]) -> None:
        """Destroy epoch keys, by number, for good, and the references to files that were under them.

        Once the transaction has committed nothing opens or is sealed with them. This tells nobody and erases no body:
        `actions/disposal.py` does that.
        """
        epoch_keys.destroy(self.rows, keys, self.at)
        self.announced.destroyed.extend(keys)


Rider = Callable[[RiderTx], T]


class RidersFailedError(Exception):
    """Riders of some commands failed; nothing of the batch was written. `errors` are by `id(command)`."""

    def __init__(self, errors: dict[int, AppError]) -> None:
        super().__init__(f"the riders of {len(errors)} commands failed")
        self.errors = errors


def write(
    rows: Rows,
    batch: Batch,
    results: Sequence[Result],
    at: Millis,
    announced: Announced,
) -> None:
    """Write a batch and run the riders of its commands, in order. Raises RidersFailedError, RepeatedTxnError."""
    batches.write(rows, batch)
    errors: dict[int, AppError] = {}
    for command, appended, state, file_key in results:
        if command.riders and (error := _error_of(command, RiderTx(rows, at, announced, appended, state, file_key))):
            errors[id(command)] = error
    if errors:
        raise RidersFailedError(errors)


def run_alone(rows: Rows, rider: Rider[T], at: Millis, announced: Announced) -> T:
    """Run a rider that no command carries, inside the caller's transaction."""
    return rider(RiderTx(rows, at, announced))


def _error_of(command: AnyCommand, tx: RiderTx) -> AppError | None:
    """Run a command's riders under a savepoint; return why they failed, having undone them, or None."""
    try:
        with savepoint(tx.rows):
            for rider in command.riders:
                rider(tx)
    except AppError as error:
        return error
    except (Exception, CancelledError) as error:
        # A rider waits for nothing, so nobody cancels it: one that says so has failed, and must not end the writer.
        if isinstance(error, DATABASE_ERRORS) and is_disk_trouble(error):
            raise
        logger.exception("a rider of a command for room %s failed", command.room or "(new)")
        return AppError()
    return None
