"""The counts of files follow their rows, whoever writes them and in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.store import file_checks, file_use
from appliance.store.db import connect
from appliance.store.migrate import make

KEY = bytes(32)
PEOPLE = ("malee", "somchai")
YEARS = {2026: 1_790_000_000_000, 2027: 1_798_736_400_000}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("use") / "gchat.db"
    make(path, KEY)
    with closing(connect(path, KEY)) as raw:
        raw.execute(
            "INSERT INTO room (key, id, kind, owner, created_at, created_by, create_txn)"
            " VALUES (1, 'r', 'group', 'malee', 0, 'malee', 't')"
        )
        raw.execute("INSERT INTO epoch_key (key, room, week, kind, wrapped) VALUES (1, 1, '2026-W48', 'file', x'01')")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.fixture
def raw(made: bytes, tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "gchat.db"
    path.write_bytes(made)
    with closing(connect(path, KEY)) as opened:
        yield opened


def add_upload(raw: Any, name: str, person: str, size: int, at: int) -> None:
    raw.execute(
        "INSERT INTO upload (id, person, size, said, wrapped_key, made_at, expires_at)"
        " VALUES (?, ?, ?, x'00', x'00', ?, ?)",
        (name, person, size, at, at),
    )


def add_blob(raw: Any, name: str, person: str, size: int, at: int, kind: str = "file") -> None:
    raw.execute(
        "INSERT INTO blob (id, kind, owner, type, size, root, wrapped_key, made_at)"
        " VALUES (?, ?, ?, 'image/png', ?, x'00', x'11', ?)",
        (name, kind, person, size, at),
    )


def add_variant(raw: Any, name: str, parent: str, size: int, at: int) -> None:
    raw.execute(
        "INSERT INTO blob (id, kind, parent, owner, type, size, root, made_at)"
        " SELECT ?, 'thumb', id, owner, 'image/webp', ?, x'00', ? FROM blob WHERE id = ?",
        (name, size, at, parent),
    )


def add_ref(raw: Any, blob: str, n: int) -> None:
    raw.execute(
        "INSERT INTO file_ref (room, n, place, blob, epoch, wrapped_key, form)"
        " VALUES (1, ?, 0, ?, 1, x'22', 'picture')",
        (n, blob),
    )


def vary(raw: Any, random: Random, name: str, files: list[str]) -> None:
    """Now and then, make a variant of one of the files, or delete those of one."""
    if random.randrange(5) == 0:
        add_variant(raw, name, random.choice(files), random.randrange(1, 10**6), random.choice(list(YEARS.values())))
    if random.randrange(9) == 0:
        raw.execute("DELETE FROM blob WHERE parent = ?", (random.choice(files),))


def counts(raw: Any) -> tuple[Counter[Any], Counter[Any]]:
    """Return what `file_use` says and what the rows themselves come to."""
    said: Counter[Any] = Counter()
    for scope, owner, year, size, reserved in raw.execute("SELECT scope, owner, year, bytes, reserved FROM file_use"):
        said[scope, owner, year, "bytes"] = size
        said[scope, owner, year, "reserved"] = reserved
    true: Counter[Any] = Counter()
    for statement, what in (
        ("SELECT owner, year, size FROM blob WHERE EXISTS (SELECT 1 FROM file_ref f WHERE f.blob = id)", "bytes"),
        ("SELECT owner, year, size FROM blob WHERE parent LIKE 'b%'", "bytes"),
        ("SELECT person, year, size FROM upload WHERE state <> 'refused'", "reserved"),
    ):
        for owner, year, size in raw.execute(statement):
            true["person", owner, year, what] += size
            true["agency", "", 0, what] += size
    return said, true


@pytest.mark.parametrize("seed", range(5))
def test_random_sequences_keep_every_count(raw: Any, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the same sequence each time
    add_blob(raw, "portrait", "malee", 7, YEARS[2026], "portrait")
    uploads: set[str] = set()
    blobs: list[str] = []
    refs: list[int] = []
    for step in range(300):
        vary(raw, random, f"v{step}", [*blobs, "portrait"])
        what = random.choice(("upload", "drop", "refuse", "blob", "ref", "ref", "unref", "undone"))
        person, at, size = random.choice(PEOPLE), random.choice(list(YEARS.values())), random.randrange(1, 10**9)
        if what == "upload":
            add_upload(raw, f"u{step}", person, size, at)
            uploads.add(f"u{step}")
        elif what == "drop" and uploads:
            gone = sorted(uploads)[random.randrange(len(uploads))]
            uploads.remove(gone)
            raw.execute("DELETE FROM upload WHERE id = ?", (gone,))
        elif what == "refuse" and uploads:
            raw.execute("UPDATE upload SET state = 'refused' WHERE id = ?", (max(uploads),))
        elif what == "blob":
            add_blob(raw, f"b{step}", person, size, at)
            blobs.append(f"b{step}")
        elif what == "ref" and blobs:
            add_ref(raw, random.choice(blobs), step)
            refs.append(step)
        elif what == "unref" and refs:
            raw.execute("DELETE FROM file_ref WHERE n = ?", (refs.pop(random.randrange(len(refs))),))
        elif what == "undone" and blobs:
            raw.execute("SAVEPOINT s")
            add_ref(raw, random.choice(blobs), step)
            raw.execute("ROLLBACK TO s")
            raw.execute("RELEASE s")
    said, true = counts(raw)
    assert +said == +true
    assert file_checks.wrong_use(raw) == {}
    wrong = raw.execute("SELECT id FROM blob WHERE refs <> (SELECT count(*) FROM file_ref f WHERE f.blob = blob.id)")
    assert wrong.fetchall() == []
    with_key = raw.execute("SELECT id FROM blob WHERE refs > 0 AND wrapped_key IS NOT NULL")
    assert with_key.fetchall() == []


def test_a_year_of_the_schema_is_that_of_the_rule(raw: Any) -> None:
    for year, at in YEARS.items():
        add_blob(raw, f"b{year}", "malee", 10, at)
        add_upload(raw, f"u{year}", "malee", 5, at)
        add_ref(raw, f"b{year}", year)
    assert [file_use.of_person(raw, "malee", year) for year in (2025, *YEARS)] == [0, 15, 15]  # type: ignore[arg-type]
    assert file_use.of_agency(raw) == 30
    assert file_use.of_people(raw, ["malee", "nobody"]) == 30  # type: ignore[list-item]
    assert file_use.list_people(raw) == [("malee", 20, 10)]


def test_a_blob_with_references_cannot_go_and_a_count_cannot_be_below_none(raw: Any) -> None:
    add_blob(raw, "b", "malee", 10, YEARS[2026])
    add_ref(raw, "b", 1)
    with pytest.raises(sqlcipher.IntegrityError):
        raw.execute("DELETE FROM blob WHERE id = 'b'")
    raw.execute("UPDATE blob SET refs = 0 WHERE id = 'b'")
    with pytest.raises(sqlcipher.IntegrityError):
        raw.execute("DELETE FROM file_ref WHERE n = 1")
