"""The process that serves lets go of the master key once the keyring is open."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.cli.main import main
from appliance.process import serve
from appliance.vault import unlock
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterKey


def test_the_master_key_is_read_once_and_kept_by_nothing(world_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = unlock.open_master(config.load(world_data), wiring.no_terminal).secret
    read, write = os.pipe()
    os.write(write, secret.hex().encode())
    os.close(write)
    opened: list[Keyring] = []

    def run(_config: object, _handover: object, unlock_keys: Callable[[], Keyring]) -> None:
        opened.append(unlock_keys())
        gc.collect()
        assert not [held for held in gc.get_objects() if isinstance(held, MasterKey)]

    monkeypatch.setattr(serve, "run", run)
    assert main(["serve", "--data", str(world_data), "--key-fd", str(read)]) == 0
    assert [ring.agency for ring in opened] == [config.load(world_data).agency.slug]
