"""The vault's fixture: an appliance folder, set up."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterSource, new_master_key
from appliance.vault.record import SourceKind
from tests.vault.folders import CHEAP, Folder, answers, write_credential


@pytest.fixture
def set_up(tmp_path: Path) -> Callable[[SourceKind], Folder]:
    """Sets an appliance up with a master key from the source named."""

    def make(kind: SourceKind) -> Folder:
        path, credentials = tmp_path / "data", tmp_path / "credentials"
        write_credential(credentials, os.urandom(32))
        source = MasterSource(kind, CHEAP, credentials)
        new = new_master_key(source, path, answers())
        ring = Keyring.create(path, new.key, "moph", new.record, "moph.test")
        (path / "gchat.db").write_bytes(os.urandom(64))
        return Folder(path, source, answers(shares=new.shares or ()), new.key, ring, new.shares)

    return make
