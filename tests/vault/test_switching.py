"""A new agency or log key in two phases: both valid between them, each phase whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import VaultLocked, WrongKey
from appliance.vault.epochs import EpochId, unwrap, unwrap_any, wrap
from appliance.vault.keyring import Keyring, rotate_master
from appliance.vault.master import MasterKey
from appliance.vault.record import Purpose, SourceKind
from appliance.vault.switching import begin_switch, finish_switch
from tests.vault.folders import Folder, contents
from tests.vault.test_keyring import new_key_for

SetUp = Callable[[SourceKind], Folder]
EPOCH = EpochId("r_1", "2026-W48", "text")
SWITCHED = (Purpose.AGENCY, Purpose.FILES, Purpose.LOG_SIGNING)


@pytest.fixture
def folder(set_up: SetUp) -> Folder:
    return set_up(SourceKind.FILE)


def test_between_the_phases_the_new_agency_key_wraps_and_both_open(folder: Folder) -> None:
    before = wrap(folder.ring.agency_key, EPOCH, bytes(32))
    begin_switch(folder.path, folder.master, Purpose.AGENCY)
    ring = Keyring.load(folder.path, folder.master)
    assert ring.agency_key != folder.ring.agency_key
    assert ring.agency_keys == (ring.agency_key, folder.ring.agency_key)
    for wrapped in (before, wrap(ring.agency_key, EPOCH, bytes(32))):
        assert unwrap_any(ring.agency_keys, EPOCH, wrapped) == bytes(32)
    finish_switch(folder.path, folder.master, Purpose.AGENCY)
    done = Keyring.load(folder.path, folder.master)
    assert done.agency_keys == (ring.agency_key,)
    with pytest.raises(WrongKey):
        unwrap(done.agency_key, EPOCH, before)


def test_between_the_phases_both_files_keys_are_valid_and_the_new_one_counts(folder: Folder) -> None:
    assert folder.ring.files_keys == (folder.ring.files_key,)
    begin_switch(folder.path, folder.master, Purpose.FILES)
    ring = Keyring.load(folder.path, folder.master)
    assert ring.files_keys == (ring.files_key, folder.ring.files_key)
    assert ring.agency_keys == folder.ring.agency_keys
    finish_switch(folder.path, folder.master, Purpose.FILES)
    assert Keyring.load(folder.path, folder.master).files_keys == (ring.files_key,)


def test_between_the_phases_the_present_log_key_stays(folder: Folder) -> None:
    begin_switch(folder.path, folder.master, Purpose.LOG_SIGNING)
    ring = Keyring.load(folder.path, folder.master)
    assert ring.log_signing_seed == folder.ring.log_signing_seed
    assert ring.next_log_signing_seed not in (None, ring.log_signing_seed)
    finish_switch(folder.path, folder.master, Purpose.LOG_SIGNING, "the former")
    done = Keyring.load(folder.path, folder.master)
    assert (done.log_signing_seed, done.next_log_signing_seed) == (ring.next_log_signing_seed, None)
    assert done.retired_log_keys == ("the former",)


@pytest.mark.parametrize("purpose", SWITCHED)
def test_repeating_a_phase_changes_nothing(folder: Folder, purpose: Purpose) -> None:
    assert finish_switch(folder.path, folder.master, purpose) == folder.ring
    first = begin_switch(folder.path, folder.master, purpose)
    kept = contents(folder.path)
    assert begin_switch(folder.path, folder.master, purpose) == first
    assert contents(folder.path) == kept
    done = finish_switch(folder.path, folder.master, purpose, "x")
    kept = contents(folder.path)
    assert finish_switch(folder.path, folder.master, purpose, "x") == done
    assert contents(folder.path) == kept


def test_both_switches_and_a_rotation_of_the_master_key_at_once(folder: Folder) -> None:
    begin_switch(folder.path, folder.master, Purpose.AGENCY)
    ring = begin_switch(folder.path, folder.master, Purpose.LOG_SIGNING)
    new = new_key_for(folder, SourceKind.FILE)
    rotated = rotate_master(folder.path, folder.master, new.key, new.record)
    assert (rotated.keys, rotated.second) == (ring.keys, ring.second)
    for purpose in SWITCHED:
        rotated = finish_switch(folder.path, new.key, purpose)
    assert not rotated.second


def test_the_two_keys_of_a_purpose_open_in_no_place_but_theirs(folder: Folder) -> None:
    begin_switch(folder.path, folder.master, Purpose.AGENCY)
    path: Path = folder.path / "keyring.json"
    record = json.loads(path.read_text())
    record["keys"]["agency"], record["second"]["agency"] = record["second"]["agency"], record["keys"]["agency"]
    path.write_text(json.dumps(record))
    with pytest.raises(VaultLocked):
        Keyring.load(folder.path, folder.master)


@pytest.mark.parametrize("phase", [begin_switch, finish_switch])
def test_another_master_key_switches_nothing(folder: Folder, phase: Callable[..., Keyring]) -> None:
    before = contents(folder.path)
    with pytest.raises(WrongKey):
        phase(folder.path, MasterKey(bytes(32)), Purpose.AGENCY)
    assert contents(folder.path) == before


def test_no_key_shows_in_a_print(folder: Folder) -> None:
    ring = begin_switch(folder.path, folder.master, Purpose.LOG_SIGNING)
    for key in (*ring.keys.values(), *ring.second.values()):
        assert key.hex() not in repr(ring)
        assert repr(key) not in repr(ring)
