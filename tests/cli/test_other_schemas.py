"""Every command of `gchat` on a folder whose database is of another release, or lost: it works, or says why.

The commands are those of the parser; a new one is tried without being named here.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance import config
from appliance.cli.explain import explain
from appliance.cli.main import COMMANDS as GROUPS
from appliance.cli.main import main, parser
from appliance.cli.questions import ask
from appliance.errors import AppError, SchemaTooNew, SchemaTooOld
from appliance.process import setup
from appliance.store.db import connect
from appliance.store.migrate import apply, migrations
from appliance.vault import unlock
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENCY = setup.NewAgency("dot", "dot.test", "กรมทดสอบ", "Department of Tests")
OPENS_NO_DATABASE = {"keys show", "setup"}


def leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield a command line for every command under a parser, with something for all that it requires."""
    below = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)  # noqa: SLF001
    if below is not None:
        for name, command in below.choices.items():
            yield from leaves(command, (*words, name))
    elif "--data" in parser._option_string_actions:  # noqa: SLF001 - the grammar itself
        yield words


def line_of(words: tuple[str, ...], folder: Path) -> list[str]:
    """Return a command with the folder and a value for each argument that has to be given."""
    command = parser(words[0])
    for word in words:
        below = next(one for one in command._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
        command = below.choices[word]
    line = [*words, "--data", str(folder)]
    # Of what excludes each other the first is given.
    first = {group._group_actions[0] for group in command._mutually_exclusive_groups if group.required}  # noqa: SLF001
    for action in command._actions:  # noqa: SLF001 - the grammar itself
        value = value_of(action, folder)
        if action in first and not action.option_strings:
            line += value
            continue
        if action.required and action.option_strings:
            line += [action.option_strings[0], *value]
        elif not action.option_strings and action.nargs not in ("?", "*"):
            line += value
    return line


def value_of(action: argparse.Action, folder: Path) -> list[str]:
    if action.nargs == 0:
        return []
    if action.choices:
        return [str(next(iter(action.choices)))]
    if action.type is Path:
        return [str(folder / "given.csv")]
    return ["1"]


PROCESSES = set(leaves(parser("up", "serve", "search")))
COMMANDS = sorted(set(leaves(parser(*GROUPS))) - PROCESSES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agency whose database is not made yet."""
    folder = tmp_path_factory.mktemp("made") / "data"
    setup.create(folder, AGENCY, "file", ask)
    (folder / "given.csv").write_text("staff_no\n", encoding="utf-8")
    for file in folder.glob("gchat.db*"):
        file.unlink()
    return folder


def at_schema(made: Path, folder: Path, *, upto: int | None = None, version: int | None = None) -> config.Config:
    """Copy the agency and make its database with the migrations up to one, or as a release to come would number it."""
    shutil.copytree(made, folder)
    loaded = config.load(folder)
    connection = connect(loaded.database, unlock.unlock_keys(loaded, ask).database_key)
    apply(connection, upto)
    if version is not None:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return loaded


def test_the_commands_are_found_in_the_grammar() -> None:
    assert {("room", "verify"), ("keys", "check"), ("people", "import"), ("migrate",)} <= set(COMMANDS)
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_on_a_folder_that_is_not_migrated_yet(
    made: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a command prints comes from this release's tables, or it names what brings them."""
    loaded = at_schema(made, tmp_path / "data", upto=1)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code = main(line_of(words, loaded.data))
    said = capsys.readouterr().err
    assert code in (0, 1)
    assert explain(SchemaTooNew()) not in said
    if words == ("room", "verify"):
        assert said.strip() == explain(SchemaTooOld(folder=str(loaded.data)))
        assert f"gchat migrate --data {loaded.data}" in said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_on_a_folder_of_a_newer_release(
    made: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    newest = migrations()[-1][0]
    loaded = at_schema(made, tmp_path / "data", version=newest + 1)
    before = loaded.database.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code = main(line_of(words, loaded.data))
    said = capsys.readouterr().err
    if " ".join(words) not in OPENS_NO_DATABASE:
        assert code == 1
        assert explain(SchemaTooNew(f"the database has schema {newest + 1}, this release knows {newest}")) in said
    assert loaded.database.read_bytes() == before


def lost(made: Path, folder: Path, how: str) -> config.Config:
    """Copy the agency, with a database of no bytes whose log is still there, or with one that has no table."""
    shutil.copytree(made, folder)
    loaded = config.load(folder)
    if how == "without a schema":
        connect(loaded.database, unlock.unlock_keys(loaded, ask).database_key).close()
        assert loaded.database.stat().st_size
    else:
        loaded.database.touch()
        loaded.database.with_name("gchat.db-wal").write_bytes(b"what a copy that broke off left")
    return loaded


def held(folder: Path) -> dict[str, bytes]:
    """Return every file with something in it, but the index of the log that SQLite needs to read."""
    files = (file for file in folder.iterdir() if file.name != "gchat.db-shm")
    return {file.name: data for file in files if (data := file.read_bytes()) or file.name == "gchat.db"}


@pytest.mark.parametrize("how", ["of no bytes", "without a schema"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_on_a_folder_whose_database_is_lost(
    made: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No command takes it for one of an older release: the appliance would come up empty."""
    loaded = lost(made, tmp_path / "data", how)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = held(loaded.data)
    code = main(line_of(words, loaded.data))
    said = capsys.readouterr().err
    if " ".join(words) not in OPENS_NO_DATABASE:
        assert code == 1
        assert said.strip() == explain(AppError(code="database_lost", file=str(loaded.database)))
    assert held(loaded.data) == before


@pytest.mark.parametrize("how", ["of no bytes", "without a schema"])
def test_the_appliance_does_not_come_up_where_its_database_is_lost(made: Path, tmp_path: Path, how: str) -> None:
    loaded = lost(made, tmp_path / "data", how)
    before = loaded.database.read_bytes()
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "appliance.cli", "up", "--data", str(loaded.data), "--port", "0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert explain(AppError(code="database_lost", file=str(loaded.database))) in done.stderr
    assert loaded.database.read_bytes() == before
