"""Brings a database to today's schema, or refuses one that is newer than this release.

Owns the schema version (`PRAGMA user_version`). All missing migrations run in one transaction: a crash or a full disk
leaves the database as it was.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from appliance.errors import SchemaTooNew, SchemaTooOld
from appliance.store.db import connect, translate_disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from sqlcipher3 import dbapi2 as sqlcipher

_FILE = re.compile(r"^(\d{4})_\w+\.sql$")


def migrations() -> list[tuple[int, str]]:
    """Return (version, SQL) of every migration, in order."""
    folder = resources.files("appliance.store.migrations")
    found = [(int(match[1]), item) for item in folder.iterdir() if (match := _FILE.match(item.name))]
    return [(version, item.read_text(encoding="utf-8")) for version, item in sorted(found, key=lambda pair: pair[0])]


def migrate(path: Path, key: bytes) -> tuple[int, int]:
    """Apply what is missing; return the version before and after. Raises SchemaTooNew, WrongKey, StorageFull."""
    refuse_newer(path, key)
    connection = connect(path, key)
    try:
        with translate_disk_errors(path):
            return apply(connection)
    finally:
        connection.close()


def apply(connection: sqlcipher.Connection, upto: int | None = None) -> tuple[int, int]:
    """Apply the migrations after the database's version, up to `upto` where one is given."""
    before = _version(connection)
    known = migrations()
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


def refuse_newer(path: Path, key: bytes) -> None:
    """Raise SchemaTooNew for a database of a newer release, before anything is touched.

    Whoever opens a database for writing also folds what its write-ahead log holds into it; this only reads.
    """
    if not path.exists():
        return
    connection = connect(path, key, read_only=True)
    try:
        _check(_version(connection), migrations()[-1][0])
    finally:
        connection.close()


def is_outdated(path: Path, key: bytes) -> bool:
    """Say whether the database lacks migrations of this release; it only reads. Raises SchemaTooNew, WrongKey."""
    if not path.exists():
        return True
    connection = connect(path, key, read_only=True)
    try:
        version, newest = _version(connection), migrations()[-1][0]
    finally:
        connection.close()
    _check(version, newest)
    return version < newest


def require_current(path: Path, key: bytes) -> None:
    """Raise SchemaTooOld or SchemaTooNew unless the schema is this release's: for who reads the tables as they are."""
    if is_outdated(path, key):
        raise SchemaTooOld(folder=str(path.parent))


def _version(connection: sqlcipher.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check(version: int, newest: int) -> None:
    if version > newest:
        raise SchemaTooNew(f"the database has schema {version}, this release knows {newest}")


def statements(sql: str) -> list[str]:
    """Split a migration into its statements; a statement ends with a semicolon at the end of a line."""
    bare = re.sub(r"--[^\n]*", "", sql)
    return [statement.strip() for statement in re.split(r";\s*(?:\n|$)", bare) if statement.strip()]
