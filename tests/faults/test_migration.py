"""A migration killed at any write leaves the schema of before or of after, and the next start finishes it."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.cli.local import administer
from appliance.demo import ministries
from appliance.process import setup
from appliance.store.db import connect
from appliance.store.migrate import apply, migrate, migrations
from appliance.vault import unlock
from tests.commands import carried_out
from tests.forking import forks

# Every write is tried in a soak; a sample that begins, ends and lies between otherwise.
EVERY = int(os.environ.get("GCHAT_FAULT_EVERY", "7"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An appliance whose database has the first schema there ever was."""
    folder = tmp_path / "old"
    setup.create(folder, ministries.MOPH.agency, "file", wiring.no_terminal)
    (folder / "gchat.db").unlink()
    raw = connect(folder / "gchat.db", key_of(folder))
    apply(raw, upto=migrations()[0][0])
    raw.close()
    return folder


def key_of(folder: Path) -> bytes:
    return unlock.unlock_keys(config.load(folder), wiring.no_terminal).database_key


def schema(folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """Return the version and everything the database declares; and that the database is sound."""
    raw = connect(folder / "gchat.db", key_of(folder))
    try:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        declared = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        return raw.execute("PRAGMA user_version").fetchone()[0], declared
    finally:
        raw.close()


def test_a_migration_killed_at_any_write_is_finished_by_the_next(old: Path, broken_disk: Path, tmp_path: Path) -> None:
    whole = shutil.copytree(old, tmp_path / "whole")
    assert carried_out("migrate", "--data", whole).code == 0
    before, after = schema(old), schema(whole)
    assert before[0] < after[0]
    killed, at = 0, 1
    with forks(LD_PRELOAD=str(broken_disk), BROKEN_DISK_PATH="gchat.db") as forked:
        while True:
            folder = shutil.copytree(old, tmp_path / "killed")
            done = forked.run("migrate", "--data", folder, BROKEN_DISK_KILL=str(at))
            if done.code == 0:
                assert schema(folder) == after
                break
            assert done.code == -signal.SIGKILL, done.said
            killed += 1
            assert schema(folder) in (before, after)
            migrate(folder / "gchat.db", key_of(folder))
            assert schema(folder) == after
            shutil.rmtree(folder)
            at += EVERY
    assert killed > 3


def test_a_command_leaves_whoever_holds_the_folder_its_schema(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(administer, "CONNECT_TIMEOUT_S", 0.1)
    before = schema(old)
    with wiring.only_process(config.load(old)):
        done = carried_out("user", "list", "--data", old)
    assert done.code == 1
    assert "already serves this data folder" in done.err, done.err
    assert "Traceback" not in done.err
    assert schema(old) == before
    # Nobody serves it: then the command brings it to its own schema.
    done = carried_out("user", "list", "--data", old)
    assert done.code == 0, done.err
    assert schema(old)[0] == migrations()[-1][0]
