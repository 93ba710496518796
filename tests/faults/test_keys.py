"""Wrong, missing and damaged keys, a database of a newer release: told in Thai and English, and nothing is touched."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from appliance import config, wiring
from appliance.store.db import connect
from appliance.vault import unlock
from tests.commands import carried_out
from tests.forking import Forks, forks

THAI: Final = re.compile("[\u0e01-\u0e5b]{4}")
# The locks of the folders and the index of the write-ahead log hold nothing, and are made anew by whoever looks.
NOT_DATA: Final = frozenset(("appliance.lock", "lock", "gchat.db-shm"))


def wrong_key(data: Path) -> None:
    (data / "master.key").write_text("ab" * 32 + "\n")


def no_key(data: Path) -> None:
    (data / "master.key").unlink()


def key_for_all_to_read(data: Path) -> None:
    (data / "master.key").chmod(0o644)


def key_that_is_none(data: Path) -> None:
    (data / "master.key").write_text("this is not a key\n")


def no_keyring(data: Path) -> None:
    (data / "keyring.json").unlink()


def half_a_keyring(data: Path) -> None:
    path = data / "keyring.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def altered_keyring(data: Path) -> None:
    path = data / "keyring.json"
    record = json.loads(path.read_text())
    wrapped = record["keys"]["database"]
    record["keys"]["database"] = ("B" if wrapped[10] != "B" else "C").join((wrapped[:10], wrapped[11:]))
    path.write_text(json.dumps(record))
    path.chmod(0o600)


def keyring_of_a_newer_release(data: Path) -> None:
    path = data / "keyring.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    path.chmod(0o600)


def database_of_another(data: Path) -> None:
    (data / "gchat.db").unlink()
    connect(data / "gchat.db", b"another key of thirty-two bytes!").close()


def database_of_a_newer_release(data: Path) -> None:
    """With what it had not yet folded into the database when it was killed."""
    loaded = config.load(data)
    raw = connect(loaded.database, unlock.unlock_keys(loaded, wiring.no_terminal).database_key)
    raw.execute("PRAGMA user_version = 9999")
    raw.execute("CREATE TABLE of_tomorrow (n INTEGER PRIMARY KEY) STRICT")
    for name in ("gchat.db", "gchat.db-wal"):
        shutil.copy(data / name, data / f"{name}.kept")
    raw.close()
    for name in ("gchat.db", "gchat.db-wal"):
        (data / f"{name}.kept").replace(data / name)


def torn_first_page(data: Path) -> None:
    with (data / "gchat.db").open("r+b") as file:
        file.write(bytes(4096))


def bad_configuration(data: Path) -> None:
    (data / "gchat.toml").write_text("[staff]\nprot = 80\n")


TROUBLES: Final[dict[Callable[[Path], None], str]] = {
    wrong_key: "Wrong master key",
    no_key: "master.key is not in the data folder",
    key_for_all_to_read: "Others can reach the key file",
    key_that_is_none: "The master key cannot be read",
    no_keyring: "There is a database but no keyring.json",
    half_a_keyring: "keyring.json is damaged",
    altered_keyring: "keyring.json is damaged or was altered",
    keyring_of_a_newer_release: "keyring.json was written by a newer release",
    database_of_another: "The database does not open",
    database_of_a_newer_release: "The database is from a newer release",
    torn_first_page: "The database does not open",
    bad_configuration: "staff.prot",
}


def state(data: Path) -> dict[str, tuple[str, int, int]]:
    """Return content, mode and time of change of every file.

    An empty write-ahead log holds nothing, and reading a database makes one.
    """
    return {
        str(path.relative_to(data)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in data.rglob("*")
        if path.is_file() and path.name not in NOT_DATA and not (path.suffix == ".db-wal" and path.stat().st_size == 0)
    }


@pytest.fixture(scope="module")
def forked() -> Iterator[Forks]:
    with forks() as lent:
        yield lent


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_trouble_with_keys_is_told_and_touches_nothing(
    forked: Forks, data: Path, trouble: Callable[[Path], None]
) -> None:
    trouble(data)
    before = state(data)
    told(*forked.run("serve", "--data", data), TROUBLES[trouble])
    assert state(data) == before


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        ("up --port 0", wrong_key),
        ("up --port 0", database_of_a_newer_release),
        ("migrate", database_of_a_newer_release),
        ("keys check", half_a_keyring),
        ("keys check", database_of_a_newer_release),
        ("room verify", database_of_a_newer_release),
    ],
)
def test_other_commands_say_the_same(forked: Forks, data: Path, command: str, trouble: Callable[[Path], None]) -> None:
    trouble(data)
    before = state(data)
    told(*forked.run(*command.split(), "--data", data), TROUBLES[trouble])
    assert state(data) == before


def test_a_check_of_the_keys_changes_nothing(data: Path) -> None:
    before = state(data)
    assert carried_out("keys", "check", "--data", data).code == 0
    assert state(data) == before


def told(code: int, said: str, english: str) -> None:
    """The reason is there in both languages, and no trace of a fault in the program."""
    assert code == 1, said
    assert english in said, said
    assert THAI.search(said), said
    assert "Traceback" not in said, said
