"""Makes the database of a new appliance, brings one to today's schema, or refuses it.

Owns the schema version (`PRAGMA user_version`): one number for the whole database, whichever store's package holds the
migration, so that the order of all of them is plain. All missing migrations run in one transaction: a crash or a full
disk leaves the database as it was. Only `make` begins with nothing: a database that is missing, empty or without a
schema is one that was lost, and everything else refuses it, as it refuses one that is newer than this release.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Final

from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import AppError, SchemaTooNew, SchemaTooOld
from appliance.store.db import connect
from appliance.store.disk_errors import translate_disk_errors
from appliance.store.queries import STORE
from appliance.vault.unlock import require_database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STORES: Final = (STORE,)
"""The packages whose `migrations/` make the one schema."""
_FILE = re.compile(r"^(\d{4})_\w+\.sql$")


def migrations(stores: Sequence[str] = STORES) -> list[tuple[int, str]]:
    """Return (version, SQL) of every migration of these packages. Raises ValueError for a number used twice."""
    found: dict[int, str] = {}
    for store in stores:
        for item in resources.files(store).joinpath("migrations").iterdir():
            if match := _FILE.match(item.name):
                version = int(match[1])
                if version in found:
                    raise ValueError(f"two migrations have the number {version}: the second is {store}/{item.name}")
                found[version] = item.read_text(encoding="utf-8")
    return sorted(found.items())


def make(path: Path, key: bytes, stores: Sequence[str] = STORES) -> None:
    """Make the database of a new appliance. Raises WrongKey, StorageFull."""
    _apply_all(path, key, stores)


def migrate(path: Path, key: bytes, stores: Sequence[str] = STORES) -> tuple[int, int]:
    """Apply what is missing; return the version before and after.

    Raises AppError (`database_lost`), SchemaTooNew, WrongKey, StorageFull.
    """
    is_outdated(path, key, stores)
    return _apply_all(path, key, stores)


def _apply_all(path: Path, key: bytes, stores: Sequence[str]) -> tuple[int, int]:
    connection = connect(path, key)
    try:
        with translate_disk_errors(path):
            return apply(connection, stores=stores)
    finally:
        connection.close()


def apply(connection: sqlcipher.Connection, upto: int | None = None, stores: Sequence[str] = STORES) -> tuple[int, int]:
    """Apply the migrations after the database's version, up to `upto` where one is given."""
    before = _version(connection)
    known = migrations(stores)
    newest = known[-1][0]
    _check(before, newest)
    missing = [(version, sql) for version, sql in known if before < version <= (upto or newest)]
    if not missing:
        return before, before
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version, sql in missing:
            for statement in statements(sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return before, missing[-1][0]


def require_known(path: Path, key: bytes) -> None:
    """Raise AppError (`database_lost`), SchemaTooNew or WrongKey before anything of the database is touched.

    Whoever opens a database for writing also folds what its write-ahead log holds into it; this only reads.
    """
    is_outdated(path, key)


def is_outdated(path: Path, key: bytes, stores: Sequence[str] = STORES) -> bool:
    """Return whether the database lacks migrations of this release; it only reads.

    Raises AppError (`database_lost`), SchemaTooNew, WrongKey.
    """
    # First: SQLite removes the write-ahead log that lies beside an empty file, and it may be all that is left.
    require_database(path)
    connection = connect(path, key, read_only=True)
    try:
        version, newest = _version(connection), migrations(stores)[-1][0]
    finally:
        connection.close()
    if not version:
        raise AppError(code="database_lost", file=str(path))
    _check(version, newest)
    return version < newest


def require_current(path: Path, key: bytes) -> None:
    """Raise SchemaTooOld unless the schema is this release's: for who reads the tables as they are.

    Raises what `is_outdated` raises.
    """
    if is_outdated(path, key):
        raise SchemaTooOld(folder=str(path.parent))


def _version(connection: sqlcipher.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check(version: int, newest: int) -> None:
    if version > newest:
        raise SchemaTooNew(f"the database has schema {version}, this release knows {newest}")


def statements(sql: str) -> list[str]:
    """Split a migration into its statements, each of which ends with a semicolon at the end of a line.

    Those inside a trigger end no statement.
    """
    found, begun = [], ""
    for part in re.split(r";\s*(?:\n|$)", re.sub(r"--[^\n]*", "", sql)):
        begun += part.strip()
        if begun and sqlcipher.complete_statement(f"{begun};"):
            found.append(begun)
            begun = ""
        elif begun:
            begun += ";\n"
    return [*found, begun] if begun else found
