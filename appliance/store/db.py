"""The encrypted database: one writer, a reader for the writer, readers for all others; each connection has its thread.

Owns how connections are opened (SQLCipher with a raw key, WAL, `synchronous=FULL`, foreign keys) and who uses which of
them when. How transactions begin and end is in `transactions.py`, what a failing disk looks like in `disk_errors.py`.
Rules: the writer's connection is used by one task at a time, in the order asked; whatever must follow a commit
(disconnecting a session, waking a follower) is registered with `after_commit`, runs even when the caller went away
meanwhile, and does not run when the transaction fails; temporary tables stay in memory, so nothing readable reaches the
disk. It does not know any table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

import aiosqlite
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import AppError, StorageFull, Unavailable, WrongKey
from appliance.store import transactions
from appliance.store.disk_errors import (
    DATABASE_ERRORS,
    as_app_error,
    has_space,
    is_disk_trouble,
    translate_disk_errors,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
    from pathlib import Path


Row = tuple[Any, ...]
Params = Mapping[str, object] | Sequence[object]
P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")

logger = logging.getLogger(__name__)
READERS = 3
WRITER_CACHE_KIB = 32_000
READER_CACHE_KIB = 8_000
BUSY_MS = 10_000
# Pages of write-ahead log before a checkpoint moves them into the database: 16 MiB, so that a checkpoint is paid once
# in thousands of messages and recovery after a crash still takes a fraction of a second.
WAL_PAGES = 4_000


class Rows(Protocol):
    """The statements of one transaction, on the thread of its connection: what store functions are given.

    A store function is `def name(rows: Rows, …)`, called as `await reader.run(name, …)` or `await tx.run(name, …)`.
    Parameters are named (`:room`), bound from a mapping; rows that are written by the thousand are tuples in the order
    in which the statement names its parameters, which costs nothing (a mapping costs half as much again for each row).
    """

    def all(self, sql: str, params: Params = ..., /) -> list[Row]:
        """Return every row."""
        ...

    def one(self, sql: str, params: Params = ..., /) -> Row | None:
        """Return the first row, or None."""
        ...

    def value(self, sql: str, params: Params = ..., /) -> Any:
        """Return the first column of the first row. Raises LookupError when there is none."""
        ...

    def run(self, sql: str, params: Params = ..., /) -> int:
        """Run one statement; return the number of rows it changed."""
        ...

    def many(self, sql: str, rows: Iterable[Params], /) -> int:
        """Run one statement for each row; return the number of rows changed."""
        ...


class _Statements(sqlcipher.Connection):
    """A connection as `Rows`: no wrapper stands between a store function and the driver."""

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        rows: list[Row] = self.execute(sql, params).fetchall()
        return rows

    def one(self, sql: str, params: Params = ()) -> Row | None:
        row: Row | None = self.execute(sql, params).fetchone()
        return row

    def value(self, sql: str, params: Params = ()) -> Any:
        row = self.execute(sql, params).fetchone()
        if row is None:
            raise LookupError("a row that must be there is not")
        return row[0]

    def run(self, sql: str, params: Params = ()) -> int:
        count: int = self.execute(sql, params).rowcount
        return count

    def many(self, sql: str, rows: Iterable[Params]) -> int:
        count: int = self.executemany(sql, rows).rowcount
        return count


def connect(path: Path, key: bytes, *, cache_kib: int = WRITER_CACHE_KIB, read_only: bool = False) -> _Statements:
    """Open the database at `path` with its raw 32-byte key; read only, neither it nor its write-ahead log changes.

    Raises WrongKey if the key does not open it, StorageFull or Unavailable when the disk fails.
    """
    where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    try:
        connection: _Statements = sqlcipher.connect(
            where, uri=True, isolation_level=None, check_same_thread=False, factory=_Statements
        )
    except sqlcipher.OperationalError as error:
        raise as_app_error(error, path) from error
    try:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        # Beside the default, SHA-512, this takes a third of the time of a page where the processor knows SHA-256.
        connection.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
        # SQLCipher would write its own account of a wrong key to standard error; ours is the exception below.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        # SQLite would make an index of a whole table for one statement (views `entry` and `entry_line`).
        connection.execute("PRAGMA automatic_index = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    except sqlcipher.DatabaseError as error:
        connection.close()
        if is_disk_trouble(error):
            raise as_app_error(error, path) from error
        # The first page holds the salt: another key and a torn first page look the same.
        raise WrongKey(f"{path.name} does not open", code="database_closed") from error
    return connection


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that can also run a whole function on its thread: one hop for many statements.

    Once SQLCipher met a torn page, the connection refuses every other page too, each time in other words; so one that
    the disk failed is `damaged` until it is reopened.
    """

    damaged = False
    path: Path

    async def run(self, function: Callable[Concatenate[Rows, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(rows, …)` on the connection's own thread."""
        return await self._execute(function, self._conn, *args, **kwargs)  # type: ignore[no-any-return, no-untyped-call]

    async def mended(self) -> None:
        """Reopen the connection if the disk failed it. Raises WrongKey, Unavailable when that cannot be done."""
        if not self.damaged:
            return
        old = self._conn

        def exchange() -> sqlcipher.Connection:
            old.close()
            return self._connector()

        self._connection = await self._execute(exchange)  # type: ignore[no-untyped-call]
        self.damaged = False

    @contextmanager
    def translate_disk_errors(self) -> Iterator[None]:
        """As the function of this name; after any error but a full disk the connection counts as `damaged`."""
        try:
            with translate_disk_errors(self.path):
                yield
        except Unavailable as error:
            self.damaged = self.damaged or not isinstance(error, StorageFull)
            raise


class Reader:
    """Statements inside one read transaction: all of them see the same snapshot of the database."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run(self, function: Callable[Concatenate[Rows, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(rows, …)` in this transaction, in one hop to the connection's thread."""
        return await self._connection.run(function, *args, **kwargs)


class Tx(Reader):
    """One write transaction. It commits when its block ends and leaves no trace when the block raises."""

    __slots__ = ("_after",)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._after: list[Callable[[], object]] = []

    def after_commit(self, function: Callable[[], object]) -> None:
        """Call `function()` once the transaction is durable, and never otherwise."""
        self._after.append(function)

    def committed(self) -> None:
        """Run what waits for the commit; called by `Store.write` alone."""
        for function in self._after:
            function()


class Exclusive:
    """The writer, held: what is decided while it is held cannot be overtaken by another writer."""

    __slots__ = ("_writer",)

    def __init__(self, writer: Connection) -> None:
        self._writer = writer

    async def commit(self, function: Callable[Concatenate[Rows, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(rows, …)` as one transaction: it commits on return and is undone on an error.

        Shielded, so that a caller who goes away cannot leave the outcome unknown. After a failure it may be called
        again: the connection is then reopened where that is needed.
        """
        with self._writer.translate_disk_errors():
            await self._writer.mended()
        with self._writer.translate_disk_errors():
            return await asyncio.shield(
                self._writer.run(transactions.transaction, lambda rows: function(rows, *args, **kwargs))
            )

    async def commit_unsynced(
        self, function: Callable[Concatenate[Rows, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do as `commit` does but do not wait for the disk: a crash of the machine may undo it, and nothing else.

        For what can be made again. Whatever is committed afterwards is durable together with it.
        """
        with self._writer.translate_disk_errors():
            await self._writer.mended()
        with self._writer.translate_disk_errors():
            return await asyncio.shield(
                self._writer.run(transactions.unsynced, lambda rows: function(rows, *args, **kwargs))
            )

    async def commit_each(
        self, function: Callable[[Rows, list[ItemT]], object], items: list[ItemT]
    ) -> list[tuple[ItemT, AppError]]:
        """Run `function(rows, items)` as one transaction; if it fails, for each half of the items by itself.

        Return the items that could not be written even alone, each with why. Raises StorageFull: then the items of this
        call may be written in part, and can be written again where writing is idempotent.
        """
        return await in_halves(lambda part: self.commit(function, part), items)


async def in_halves(
    write: Callable[[list[ItemT]], Awaitable[object]], items: list[ItemT]
) -> list[tuple[ItemT, AppError]]:
    """Write items together; if that fails, each half of them by itself.

    Return the items that could not be written even alone, each with why. Raises StorageFull, as no half has more space.
    """
    if not items:
        return []
    try:
        await write(items)
    except StorageFull:
        raise
    except Exception as error:
        if len(items) == 1:
            if not isinstance(error, AppError):
                logger.exception("one item of several could not be written")
            return [(items[0], error if isinstance(error, AppError) else AppError())]
        middle = len(items) // 2
        return [*await in_halves(write, items[:middle]), *await in_halves(write, items[middle:])]
    return []


class Store:
    """The open database. Made by `open_store`; closed once."""

    def __init__(self, path: Path, writer: Connection, readers: list[Connection]) -> None:
        """Take the first of `readers` for the writer's own reads, the others for everybody."""
        self.path = path
        self._writer = writer
        self._write_lock = asyncio.Lock()
        self._all_readers = readers
        self._reader_of_writer, *readers = readers
        self._readers: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._readers.put_nowait(reader)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """Lend a connection in a read transaction: one consistent snapshot of the database."""
        connection = await self._readers.get()
        try:
            async with _reading(connection) as reader:
                yield reader
        finally:
            self._readers.put_nowait(connection)

    async def read_each(
        self, function: Callable[..., T], items: Sequence[ItemT], *, while_writing: bool = False
    ) -> list[T | AppError]:
        """Return `function(rows, item)` for each item, in order; where an item fails, its error instead.

        Without a fault everything is read in one transaction. After a torn page the connection refuses every other page
        too, so the items that follow are read on a reopened one. An error that is no AppError is logged and becomes
        one with the code `internal`. `while_writing`: the caller holds the writer.
        """
        found: list[T | AppError] = []
        while len(found) < len(items):
            entered = False
            try:
                async with self.read_while_writing() if while_writing else self.read() as reader:
                    entered = True
                    await reader.run(_run_each, function, items[len(found) :], found)
            except AppError as error:
                # Where no connection can be had, none of the items can be read.
                found += [error] * (1 if entered else len(items) - len(found))
        return found

    @asynccontextmanager
    async def read_while_writing(self) -> AsyncIterator[Reader]:
        """Lend the connection that is reserved for who holds the writer (`exclusive`): slow reads never delay it."""
        async with _reading(self._reader_of_writer) as reader:
            yield reader

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Lend the writer in a transaction. Raises StorageFull or Unavailable when the disk fails."""
        async with self._write_lock:
            tx = Tx(self._writer)
            with self._writer.translate_disk_errors():
                await self._writer.mended()
                await self._writer.run(transactions.begin_write)
                try:
                    yield tx
                except BaseException as error:
                    await asyncio.shield(self._writer.run(transactions.undo, error))
                    raise
                await asyncio.shield(self._commit(tx))

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Exclusive]:
        """Hold the writer for a batch that is prepared in the event loop and written in one hop: the room log's way."""
        async with self._write_lock:
            with self._writer.translate_disk_errors():
                await self._writer.mended()
            yield Exclusive(self._writer)

    async def check(self) -> None:
        """Read once, and begin and end a transaction of the writer. Raises StorageFull, Unavailable."""
        async with self.read() as reader:
            await reader.run(_look)
        async with self.exclusive() as writer:
            await writer.commit(_look)
        if not has_space(self.path):
            raise StorageFull

    async def _commit(self, tx: Tx) -> None:
        """Commit and run what waits for it, as one step that a caller who goes away does not cut in two."""
        await self._writer.run(transactions.commit)
        tx.committed()

    async def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the database."""
        for reader in self._all_readers:
            await reader.close()
        async with self._write_lock:
            await self._writer.close()


@asynccontextmanager
async def _reading(connection: Connection) -> AsyncIterator[Reader]:
    """Open a read transaction on a connection for the block."""
    with connection.translate_disk_errors():
        await connection.mended()
        await connection.run(transactions.begin_read)
        try:
            yield Reader(connection)
        finally:
            await connection.run(transactions.end_read)


async def open_store(path: Path, key: bytes, *, readers: int = READERS, read_only: bool = False) -> Store:
    """Open the writer, its reader and `readers` more; `read_only` to look at the database beside a server.

    Raises WrongKey, StorageFull, Unavailable.
    """
    opened: list[Connection] = []
    try:
        for cache_kib in (WRITER_CACHE_KIB, *([READER_CACHE_KIB] * (readers + 1))):
            opened.append(await _open(path, key, cache_kib, read_only=read_only))  # noqa: PERF401 - for when one fails
    except BaseException:
        # Each has a thread, which would keep the process from ending.
        for connection in opened:
            await connection.close()
        raise
    return Store(path, opened[0], opened[1:])


async def _open(path: Path, key: bytes, cache_kib: int, *, read_only: bool) -> Connection:
    def connector() -> sqlcipher.Connection:
        return connect(path, key, cache_kib=cache_kib, read_only=read_only)

    connection = Connection(connector, iter_chunk_size=64)
    connection.path = path
    await connection
    return connection


def _look(raw: sqlcipher.Connection) -> None:
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _run_each(
    raw: sqlcipher.Connection, function: Callable[..., T], items: Sequence[ItemT], found: list[T | AppError]
) -> None:
    """Append the result of each item to `found`, up to the first for which the disk fails: that error is raised."""
    for item in items:
        try:
            found.append(function(raw, item))
        except AppError as error:
            found.append(error)
        except Exception as error:
            if isinstance(error, DATABASE_ERRORS) and is_disk_trouble(error):
                raise
            logger.exception("one item of several could not be read")
            found.append(AppError(type(error).__name__))


@contextmanager
def reading(path: Path, key: bytes) -> Iterator[Rows]:
    """Lend the database to a tool that reads beside a server, read only. Raises WrongKey, Unavailable.

    Each statement sees the newest commit; `snapshot` makes several see the same one.
    """
    with closing(connect(path, key, read_only=True)) as rows, translate_disk_errors(path):
        yield rows
