"""Officers' shares are typed back before anything depends on them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from appliance import config
from appliance.cli.local.stopped import operator
from appliance.store.db import connect
from appliance.vault.master import MasterKey, split_shares
from appliance.vault.record import read_record
from appliance.vault.unlock import unlock_keys
from appliance.wiring import no_terminal
from tests.commands import carried_out
from tests.faults.test_keys import state
from tests.waiting import PATIENCE_S

GCHAT = (sys.executable, "-m", "appliance.cli")
AGENCY = ("--slug", "dot", "--domain", "dot.test", "--name-th", "กรมทดสอบ", "--name-en", "Tests", "--no-administrator")
pytestmark = pytest.mark.slow


class Officers:
    """A command that prints shares, and people who read them and type."""

    def __init__(self, *words: str | Path) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*GCHAT, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.shares = [self._pipe(self.process.stdout).readline().strip() for _ in range(3)]

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def type(self, *lines: str) -> tuple[int, str]:
        """Type these lines and no more; return the exit code and what was complained of."""
        _, said = self.process.communicate("".join(f"{line}\n" for line in lines), timeout=PATIENCE_S)
        return self.process.returncode, said

    def hang_up(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_S)


def opens(data: Path, *lines: str) -> bool:
    given = "".join(f"{line}\n" for line in lines)
    return carried_out("keys", "check", "--data", data, given=given).code == 0


@pytest.mark.parametrize("typed", ["nothing", "killed", "one", "one twice", "of another set"])
def test_a_rotation_counts_once_two_shares_came_back(world_data: Path, typed: str) -> None:
    before = state(world_data)
    officers = Officers("keys", "rotate", "--to", "shares", "--data", world_data)
    one = officers.shares[0]
    if typed == "killed":
        officers.hang_up()
    else:
        other = split_shares(MasterKey(bytes(32)))[:2]
        lines = {"nothing": (), "one": (one,), "one twice": (one, one) * 5, "of another set": other * 5}[typed]
        code, said = officers.type(*lines)
        assert code == 1
        assert "Traceback" not in said
    assert state(world_data) == before
    assert opens(world_data)


def test_a_rotation_to_shares(world_data: Path) -> None:
    officers = Officers("keys", "rotate", "--to", "shares", "--data", world_data)
    one, two, three = officers.shares
    slip = " ".join(["wrap", *one.split()[1:]])
    code, said = officers.type(slip, one, three)
    assert code == 0, said
    assert "mistyped" in said
    config = world_data / "gchat.toml"
    config.write_text(config.read_text().replace('source = "file"', 'source = "shares"'))
    assert opens(world_data, two, three)


def test_a_rotation_is_on_record_under_the_kernels_name(world_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence: of all commands the one that replaces the key over all keys left no trace."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody.else")
    before = read_record(world_data).key_id
    done = carried_out("keys", "rotate", "--data", world_data)
    assert done.code == 0, done.err
    after = read_record(world_data).key_id
    raw = connect(world_data / "gchat.db", unlock_keys(config.load(world_data), no_terminal).database_key)
    try:
        found = raw.execute("SELECT actor, target, outcome, detail FROM audit WHERE action = 'keys.rotate' ORDER BY n")
        records = [(actor, target, outcome, json.loads(detail)) for actor, target, outcome, detail in found]
    finally:
        raw.close()
    actor, detail = operator().name, {"former": before, "source": "file"}
    assert before != after
    assert records == [(actor, f"master:{after}", outcome, detail) for outcome in ("begun", "done")]
    assert carried_out("audit", "verify", "--data", world_data).code == 0


def test_a_new_agency_with_shares(tmp_path: Path) -> None:
    data = tmp_path / "data"
    unready = Officers("setup", "--data", data, *AGENCY, "--keys", "shares")
    assert unready.type(unready.shares[0])[0] == 1
    assert not data.exists()
    officers = Officers("setup", "--data", data, *AGENCY, "--keys", "shares")
    code, said = officers.type(officers.shares[2], officers.shares[0])
    assert code == 0, said
    assert opens(data, *officers.shares[:2])
    assert not opens(data, *unready.shares[:2])
