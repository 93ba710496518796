"""The schema and every statement: fresh equals migrated, each is prepared for real, none scans, none is unused.

A statement is named where it is used (`SQL.page_before`), so a name that no module speaks is dead. A plan that reads a
whole table is refused unless `SCANS` says why it may.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.errors import SchemaTooNew
from appliance.store.damage import LOGS
from appliance.store.db import connect
from appliance.store.migrate import STORES, apply, make, migrate, migrations, require_known, statements
from appliance.store.queries import load

ROOT: Final = Path(__file__).parents[2]
SUBJECTS: Final = {
    path.stem: store
    for store in STORES
    for path in sorted(Path(str(resources.files(store).joinpath("sql"))).glob("*.sql"))
}
KEY: Final = bytes(range(32))
EVERY: Final = [
    (subject, name, sql) for subject, store in SUBJECTS.items() for name, sql in load(subject, store).items()
]
# Statements that may read a whole table, and why. A directory has thousands of rows, a log millions.
SCANS: Final[dict[tuple[str, str], tuple[set[str], str]]] = {
    ("accounts", "count_costs"): ({"account"}, "all accounts, when they changed"),
    ("accounts", "list_cards"): ({"a"}, "all accounts, into memory when they changed"),
    ("accounts", "list_roles"): ({"role"}, "all roles, into memory when accounts changed"),
    ("accounts", "list_totp"): ({"account"}, "all accounts, when the agency key is switched"),
    ("audit", "last_checkpoint"): ({"audit_checkpoint"}, "the last row by its key: one step"),
    ("audit", "list_checkpoints"): ({"audit_checkpoint"}, "an audit of the audit log reads it whole"),
    ("directory_shown", "list_since"): ({"directory_shown"}, "one row for each person, at start"),
    ("entries", "is_in_log"): ({"log"}, "an audit, once an entry of a room is missing"),
    ("entries", "of_no_room"): ({"log", "entry_at", "unfolded_at", "txn", "k"}, "every entry: verifying all rooms"),
    ("entries", "unplaced"): ({"l"}, "every entry: verifying all rooms"),
    ("feed", "at_entries"): ({"f"}, "every line that is no entry: verifying all rooms"),
    ("feed", "latest"): ({"feed", "log"}, "the last thousand rows by their key"),
    ("file_checks", "all_bytes"): ({"blob"}, "all blobs, by the nightly check"),
    ("file_checks", "counted_use"): ({"file_use"}, "all counts, by the nightly check"),
    ("file_checks", "largest"): ({"b"}, "a report that an operator asks for"),
    ("file_checks", "overdue_deletions"): ({"file_deletion"}, "what is marked and not deleted: nearly always nothing"),
    ("file_checks", "use_of_blobs"): ({"b"}, "all blobs, by the nightly check"),
    ("file_checks", "use_of_uploads"): ({"upload"}, "uploads on their way, by the nightly check"),
    ("file_checks", "waiting_index"): ({"file_deletion"}, "what is marked and not deleted: nearly always nothing"),
    ("file_checks", "wrong_refs"): ({"b"}, "all blobs, by the nightly check"),
    ("portraits", "list_waiting"): ({"portrait"}, "those that wait for a moderator, by an index that has no others"),
    ("portraits", "people"): ({"portrait"}, "one short row for each photograph, once a minute"),
    ("file_deletions", "people_with_uploads"): ({"upload"}, "uploads on their way, some hundred rows, by an index"),
    ("file_deletions", "unreferenced"): ({"blob"}, "those without references, by an index that has no others"),
    ("folding", "load"): ({"unfolded_at"}, "what a crash left unfolded, at start: some hundred rows"),
    ("outbox", "rooms"): ({"outbox", "o"}, "what is on its way to hubs and not back: few rows, by an index"),
    ("outbox", "put_submitted"): ({"outbox"}, "what is on its way to hubs and not back: few rows, when a link opens"),
    ("outbox", "take_refused"): ({"outbox"}, "what is on its way to hubs or was refused just now: few rows"),
    ("people", "list_all"): ({"person"}, "the directory, into memory when it changed"),
    ("people", "list_holdings"): ({"post_holding"}, "the directory, into memory when it changed"),
    ("recorded_heads", "list_advanced"): ({"r"}, "every room once a day: which heads are to be recorded"),
    ("recorded_heads", "list_all"): ({"recorded_head"}, "every room once a day: the root over all heads"),
    ("replicas", "cursors"): ({"peer_cursor"}, "one row for each agency, at start"),
    ("replicas", "followers_of_hub"): ({"p"}, "one row for each agency and shared room, after a restore"),
    ("replicas", "quarantined"): ({"q"}, "rooms that are read-only, at start: nearly always none"),
    ("rooms", "ids_by_index"): ({"room"}, "every room, when a page of the table is torn"),
    ("rooms", "listed"): ({"r"}, "every room, when an operator looks for one"),
    ("rooms", "people_with_rooms"): ({"room_member"}, "everybody in a room, when accounts or the directory changed"),
    ("rooms", "without_checkpoint"): ({"r"}, "every room once, at start: what a crash left unsigned"),
    ("sessions", "list_all"): ({"session"}, "all sessions, into memory at start"),
    ("sessions", "list_known_networks"): ({"k"}, "the networks of all accounts, into memory at start"),
    ("sessions", "list_epochs"): ({"session"}, "all sessions, when accounts changed"),
    ("settings", "list_all"): ({"setting"}, "a handful of rows"),
    ("terms", "list_versions"): ({"terms"}, "a handful of rows"),
    ("terms", "list_acceptances"): ({"a"}, "who has accepted what: a report"),
    ("units", "list_all"): ({"unit"}, "the directory, into memory when it changed"),
    ("units", "list_posts"): ({"post"}, "the directory, into memory when it changed"),
}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlcipher.Connection]:
    """A fresh database with its statistics as they are at the beginning: none."""
    path = tmp_path_factory.mktemp("schema") / "gchat.db"
    make(path, KEY)
    connection = connect(path, KEY)
    yield connection
    connection.close()


def declared(connection: sqlcipher.Connection) -> dict[str, Any]:
    """Return what a database declares: objects with their text, columns with type and default, foreign keys."""
    objects = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables = [name for kind, name, *_ in objects if kind == "table"]
    return {
        "objects": objects,
        "columns": {table: connection.execute(f"PRAGMA table_xinfo({table})").fetchall() for table in tables},
        "references": {table: connection.execute(f"PRAGMA foreign_key_list({table})").fetchall() for table in tables},
    }


def test_a_fresh_schema_equals_one_migrated_step_by_step_with_rows_in_it(tmp_path: Path) -> None:
    fresh, stepped = tmp_path / "fresh.db", tmp_path / "stepped.db"
    known = [version for version, _ in migrations()]
    make(fresh, KEY)
    for version in known:
        connection = connect(stepped, KEY)
        assert apply(connection, upto=version)[1] == version
        connection.execute(
            "INSERT OR IGNORE INTO unit (id, code, name_th, kind, valid_from) VALUES ('u', 'u', 'ก', 'section', 0)"
        )
        connection.close()
    with_rows, empty = connect(stepped, KEY), connect(fresh, KEY)
    try:
        assert declared(with_rows) == declared(empty)
        assert with_rows.execute("SELECT count(*) FROM unit").fetchone() == (1,)
        for connection in (with_rows, empty):
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        with_rows.close()
        empty.close()


def test_migrations_are_numbered_without_gap_and_do_nothing_twice(tmp_path: Path) -> None:
    assert [version for version, _ in migrations()] == list(range(1, len(migrations()) + 1))
    path = tmp_path / "gchat.db"
    make(path, KEY)
    assert migrate(path, KEY) == (len(migrations()), len(migrations()))


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gchat.db"
    connection = connect(path, KEY)
    apply(connection, upto=1)
    before = declared(connection)
    broken = [*migrations()[:2], (3, "CREATE TABLE three (n INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n")]
    monkeypatch.setattr("appliance.store.migrate.migrations", lambda _stores: broken)
    with pytest.raises(sqlcipher.OperationalError):
        apply(connection)
    assert declared(connection) == before
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_a_newer_database_is_refused_and_keeps_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "gchat.db"
    make(path, KEY)
    connection = connect(path, KEY)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    before = path.read_bytes()
    for refused in (migrate, require_known):
        with pytest.raises(SchemaTooNew, match="schema 1000"):
            refused(path, KEY)
    assert path.read_bytes() == before


def test_every_table_is_strict_and_every_statement_ends(raw: sqlcipher.Connection) -> None:
    tables = raw.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    ).fetchall()
    loose = [name for name, strict in tables if not strict and not name.startswith("sqlite_")]
    assert not loose
    for _, sql in migrations():
        assert all(sqlcipher.complete_statement(statement + ";") for statement in statements(sql))


@pytest.mark.parametrize(("subject", "name", "sql"), EVERY, ids=[f"{subject}.{name}" for subject, name, _ in EVERY])
def test_a_statement_is_one_that_names_its_columns_and_reads_no_whole_table(
    raw: sqlcipher.Connection, subject: str, name: str, sql: str
) -> None:
    assert ";" not in re.sub(r"'[^']*'", "", sql), "one statement under each name"
    assert not re.search(r"SELECT\s+(\w+\.)?\*", sql, re.IGNORECASE), "columns are named"
    plan = raw.execute(f"EXPLAIN QUERY PLAN {sql}", bound(sql)).fetchall()
    scanned = {match[1] for *_, detail in plan if (match := re.match(r"SCAN (\w+)", detail)) and table(match[1], sql)}
    assert scanned == SCANS.get((subject, name), (set(), ""))[0], plan


def test_every_table_of_a_log_is_known_as_one(raw: sqlcipher.Connection) -> None:
    """Who adds a table says here whether a start reads all of it; those of the logs may be torn and large."""
    read_at_start = {
        *("account", "audit_checkpoint", "audit_head", "checkpoint", "departure", "directory_shown", "ended_session"),
        *("epoch_key", "import_run", "known_network", "owner_request", "passkey", "person", "post"),
        *(
            "peer_cursor",
            "quarantine",
            "post_holding",
            "recorded_head",
            "recovery_code",
            "role",
            "room",
            "room_member",
            "room_view",
            "session",
        ),
        *("setting", "sign_in", "terms", "terms_acceptance", "told", "unfolded_at", "unit"),
    }
    tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {name for name in tables if not name.startswith("sqlite_")} == read_at_start | LOGS


def test_every_reasoned_scan_is_of_a_statement_there_is() -> None:
    assert SCANS.keys() <= {(subject, name) for subject, name, _ in EVERY}
    assert all(why for _, why in SCANS.values())


@pytest.mark.slow
def test_every_name_is_used_and_every_use_has_a_name() -> None:
    used: dict[str, set[str]] = {subject: set() for subject in SUBJECTS}
    for package in ("appliance", "console"):
        for path in (ROOT / package).rglob("*.py"):
            if "client" not in path.relative_to(ROOT).parts:
                for subject, name in uses(ast.parse(path.read_text(encoding="utf-8"))):
                    used[subject].add(name)
    for subject, store in SUBJECTS.items():
        names = load(subject, store).keys()
        assert not names - used[subject], f"{subject}.sql: nobody uses these"
        assert not used[subject] - names, f"{subject}.sql: not there"


def uses(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give (subject, name) of every statement that a module speaks of."""
    bound_to = {
        target.id: node.value.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "Queries"
        and isinstance(node.value.args[0], ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target]) if isinstance(target, ast.Name)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound_to:
            yield str(bound_to[node.value.id]), node.attr


def bound(sql: str) -> Any:
    """Return a parameter for every blank of a statement."""
    bare = re.sub(r"'[^']*'", "", sql)
    named = re.findall(r":(\w+)", bare)
    if named:
        return dict.fromkeys(named, "[]")
    numbered = {int(number) for number in re.findall(r"\?(\d+)", bare)}
    return [None] * (max(numbered) if numbered else bare.count("?"))


def table(name: str, sql: str) -> bool:
    """Say whether a scanned name is a table of the schema, not the result of a subquery or of a function."""
    return name not in ("json_each", "CONSTANT") and not re.search(rf"\b(WITH RECURSIVE|WITH) {name}\b", sql)
