"""How transactions begin and end on a connection and its thread, whole or in part (`savepoint`)."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar, cast

from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import Unavailable
from appliance.store.disk_errors import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.store.db import Rows

T = TypeVar("T")


def begin_read(raw: sqlcipher.Connection) -> None:
    """Begin a read transaction; one that was left open ends first."""
    end_read(raw)
    raw.execute("BEGIN")


def end_read(raw: sqlcipher.Connection) -> None:
    """End the read transaction, if there is one."""
    if raw.in_transaction:
        raw.execute("COMMIT")


def begin_write(raw: sqlcipher.Connection) -> None:
    """Begin a write transaction."""
    # A caller who was cancelled while it waited for its BEGIN has left a transaction that nobody owns.
    rollback(raw)
    raw.execute("BEGIN IMMEDIATE")


def commit(raw: sqlcipher.Connection) -> None:
    """Commit; what cannot be committed is rolled back."""
    try:
        raw.execute("COMMIT")
    except BaseException as error:
        undo(raw, error)
        raise


def rollback(raw: sqlcipher.Connection) -> None:
    """Roll back the transaction, if there is one."""
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def undo(raw: sqlcipher.Connection, error: BaseException) -> None:
    """Roll back; on a full disk also fold the write-ahead log into the database, whose space is then used again."""
    rollback(raw)
    if FULL in str(error):
        with suppress(sqlcipher.Error):
            raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


@contextmanager
def savepoint(rows: Rows) -> Iterator[None]:
    """Undo what the block wrote, and nothing that the transaction wrote before it, if the block raises."""
    rows.run("SAVEPOINT part")
    try:
        yield
    except BaseException:
        # SQLite itself has ended the transaction after some errors of the disk.
        if cast("sqlcipher.Connection", rows).in_transaction:
            rows.run("ROLLBACK TO part")
            rows.run("RELEASE part")
        raise
    rows.run("RELEASE part")


@contextmanager
def snapshot(rows: Rows) -> Iterator[None]:
    """Have the statements of the block see one moment of the database, where `reading` lent it."""
    rows.run("BEGIN")
    try:
        yield
    finally:
        rows.run("COMMIT")


def transaction(raw: sqlcipher.Connection, function: Callable[[Rows], T]) -> T:
    """Run `function` in a write transaction of its own."""
    begin_write(raw)
    try:
        result = function(raw)
        raw.execute("COMMIT")
    except BaseException as error:
        undo(raw, error)
        raise
    return result


def unsynced(raw: sqlcipher.Connection, function: Callable[[Rows], T]) -> T:
    """As `transaction`, without waiting for the disk: for what can be made again.

    Raises Unavailable when the connection cannot be made to wait for the disk again: then it must be reopened.
    """
    # In the transaction that a cancelled caller left (`begin_write`), SQLite refuses the PRAGMA.
    rollback(raw)
    raw.execute("PRAGMA synchronous = NORMAL")
    try:
        return transaction(raw, function)
    finally:
        _wait_for_disk(raw)


def _wait_for_disk(raw: sqlcipher.Connection) -> None:
    try:
        raw.execute("PRAGMA synchronous = FULL")
    except sqlcipher.Error as error:
        raise Unavailable(str(error)) from error
