"""A second store beside the appliance's: its migrations and statements come from its own package, into one schema."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from appliance.errors import SchemaTooNew
from appliance.store.db import connect
from appliance.store.migrate import STORES, make, migrate, migrations
from appliance.store.queries import Queries

KEY = bytes(range(32))
LAST = migrations()[-1][0]


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The appliance's store, and a package with a table that refers to one of the appliance's."""
    package = tmp_path / "case_store"
    (package / "migrations").mkdir(parents=True)
    (package / "sql").mkdir()
    (package / "__init__.py").touch()
    (package / "migrations" / f"{LAST + 1:04}_cases.sql").write_text(
        'CREATE TABLE "case" (id INTEGER PRIMARY KEY, unit TEXT NOT NULL REFERENCES unit (id)) STRICT;\n'
    )
    (package / "sql" / "cases.sql").write_text('-- name: count\nSELECT count(*) FROM "case";\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "case_store", raising=False)
    return (*STORES, "case_store")


def test_both_make_one_schema_and_each_has_its_own_statements(tmp_path: Path, stores: tuple[str, ...]) -> None:
    path = tmp_path / "gchat.db"
    make(path, KEY)
    assert migrate(path, KEY, stores) == (LAST, LAST + 1)
    raw = connect(path, KEY)
    assert raw.execute(Queries("cases", "case_store").count).fetchone() == (0,)
    raw.close()
    with pytest.raises(SchemaTooNew):
        migrate(path, KEY)
    with pytest.raises(AttributeError, match="no query 'page'"):
        _ = Queries("cases", "case_store").page


def test_a_number_is_used_once_whichever_store_uses_it(tmp_path: Path, stores: tuple[str, ...]) -> None:
    (tmp_path / "case_store" / "migrations" / f"{LAST:04}_again.sql").touch()
    with pytest.raises(ValueError, match=f"number {LAST}.*case_store"):
        migrations(stores)
