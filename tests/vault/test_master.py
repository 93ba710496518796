"""The four sources of the master key: each opens, and each refuses without touching a file."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import AppError, VaultLocked, WrongKey
from appliance.locale import LANGUAGES, text
from appliance.vault.keyring import Keyring, unlock
from appliance.vault.master import (
    AT_START,
    MasterKey,
    MasterSource,
    Question,
    derive,
    new_master_key,
    open_master_key,
    split_shares,
)
from appliance.vault.record import PassphraseRecord, SourceKind
from appliance.vault.refusals import Reason
from tests.hostile import TEXTS, behind_a_letter, costs_its_length
from tests.vault.folders import CHEAP, PASSPHRASE, Folder, answers, contents, write_credential

SetUp = Callable[[SourceKind], Folder]
every_source = pytest.mark.parametrize("kind", list(SourceKind))


@every_source
def test_each_source_opens_what_it_set_up(set_up: SetUp, kind: SourceKind) -> None:
    folder = set_up(kind)
    before = contents(folder.path)
    assert open_master_key(folder.source, folder.path, folder.ask) == folder.master
    assert unlock(folder.source, folder.path, folder.ask) == folder.ring
    assert contents(folder.path) == before
    assert ("master.key" in before) is (kind is SourceKind.FILE)


@every_source
def test_a_wrong_key_changes_nothing(set_up: SetUp, kind: SourceKind) -> None:
    folder = set_up(kind)
    if kind is SourceKind.FILE:
        (folder.path / "master.key").write_text(os.urandom(32).hex() + "\n")
    write_credential(folder.source.credentials_dir or folder.path, os.urandom(32))
    stranger = answers(PASSPHRASE + "๑", split_shares(MasterKey(os.urandom(32))))
    before = contents(folder.path)
    with pytest.raises(WrongKey) as refusal:
        unlock(folder.source, folder.path, stranger)
    assert refusal.value.detail["reason"] == "another_key"
    assert refusal.value.detail["needed"] == folder.master.key_id
    assert contents(folder.path) == before


@every_source
def test_a_missing_key_changes_nothing(set_up: SetUp, kind: SourceKind) -> None:
    folder = set_up(kind)
    (folder.path / "master.key").unlink(missing_ok=True)
    before = contents(folder.path)
    nowhere = MasterSource(kind, CHEAP, folder.path / "absent")
    with pytest.raises(AppError) as refusal:
        unlock(nowhere, folder.path, lambda _: "")
    reasons = {"key_file_missing", "credential_missing", "another_key", "share_form"}
    assert refusal.value.detail["reason"] in reasons
    assert contents(folder.path) == before


@every_source
def test_a_lost_keyring_beside_a_database_changes_nothing(set_up: SetUp, kind: SourceKind) -> None:
    folder = set_up(kind)
    (folder.path / "keyring.json").unlink()
    before = contents(folder.path)
    new = new_master_key(folder.source, folder.path, folder.ask)
    attempts: list[Callable[[], Keyring]] = [
        lambda: unlock(folder.source, folder.path, folder.ask),
        lambda: Keyring.create(folder.path, new.key, "moph", new.record, "moph.test"),
    ]
    for attempt in attempts:
        with pytest.raises(VaultLocked) as refusal:
            attempt()
        assert refusal.value.detail["reason"] == "keyring_lost"
    assert contents(folder.path) == before


def test_an_empty_folder_is_not_set_up(tmp_path: Path) -> None:
    with pytest.raises(VaultLocked) as refusal:
        unlock(MasterSource(SourceKind.FILE), tmp_path, answers())
    assert refusal.value.detail["reason"] == "keyring_missing"
    assert not any(tmp_path.iterdir())


def test_systemd_names_the_credentials_folder(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = set_up(SourceKind.CREDENTIAL)
    as_configured = MasterSource(SourceKind.CREDENTIAL)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(VaultLocked) as refusal:
        unlock(as_configured, folder.path, folder.ask)
    assert refusal.value.detail["reason"] == "credential_missing"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder.source.credentials_dir))
    assert unlock(as_configured, folder.path, folder.ask) == folder.ring


def test_shares_open_an_appliance_whose_tpm_died(set_up: SetUp) -> None:
    folder = set_up(SourceKind.CREDENTIAL)
    _, second, third = split_shares(folder.master)
    by_officers = MasterSource(SourceKind.SHARES)
    assert unlock(by_officers, folder.path, answers(shares=(third, second))) == folder.ring


def test_a_passphrase_where_none_was_set(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    with pytest.raises(VaultLocked) as refusal:
        unlock(MasterSource(SourceKind.PASSPHRASE), folder.path, answers())
    assert refusal.value.detail == {"reason": "no_passphrase_set", "kind": "file"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o601])
@pytest.mark.parametrize("name", ["master.key", "keyring.json"])
def test_key_files_open_to_others_are_refused(set_up: SetUp, name: str, mode: int) -> None:
    folder = set_up(SourceKind.FILE)
    (folder.path / name).chmod(mode)
    before = contents(folder.path)
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail == {"reason": "open_to_others", "file": name, "mode": f"{mode:04o}"}
    assert contents(folder.path) == before


@pytest.mark.parametrize(("mode", "opens"), [(0o400, True), (0o600, True), (0o440, True), (0o444, False)])
def test_credentials_have_the_modes_systemd_gives(set_up: SetUp, mode: int, *, opens: bool) -> None:
    folder = set_up(SourceKind.CREDENTIAL)
    assert folder.source.credentials_dir
    (folder.source.credentials_dir / "gchat-master-key").chmod(mode)
    if opens:
        assert unlock(folder.source, folder.path, folder.ask) == folder.ring
        return
    with pytest.raises(VaultLocked, match="chmod 600"):
        unlock(folder.source, folder.path, folder.ask)


def test_the_key_file_of_another_user_is_refused(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = set_up(SourceKind.FILE)
    if os.geteuid() == 0:
        os.chown(folder.path / "master.key", 65534, 65534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail["reason"] == "open_to_others"


def test_a_link_is_not_followed(set_up: SetUp, tmp_path: Path) -> None:
    folder = set_up(SourceKind.FILE)
    (folder.path / "master.key").rename(tmp_path / "elsewhere")
    (folder.path / "master.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail == {"reason": "open_to_others", "file": "master.key"}


@pytest.mark.parametrize("text", ["", "\n", "zz" * 32, "00" * 31, "00" * 33, "ก" * 64, "00" * 32 + "\n11"])
def test_a_damaged_key_file_is_refused(set_up: SetUp, text: str) -> None:
    folder = set_up(SourceKind.FILE)
    (folder.path / "master.key").write_text(text, "utf-8")
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail["reason"] == "key_file_damaged"


def test_a_key_left_by_an_interrupted_set_up_is_used_again(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    (folder.path / "keyring.json").unlink()
    (folder.path / "gchat.db").unlink()
    before = contents(folder.path)
    new = new_master_key(folder.source, folder.path, folder.ask)
    assert new.key == folder.master
    Keyring.create(folder.path, new.key, "moph", new.record, "moph.test")
    assert contents(folder.path)["master.key"] == before["master.key"]


def test_thai_passphrases_in_any_order_of_marks() -> None:
    """Sara u and mai ek of one consonant: keyboards send them either way round (Unicode: U+0E38 before U+0E48)."""
    record = PassphraseRecord(bytes(16), CHEAP)
    one, other = "ข้าราชการผู\u0e48ทำบุ\u0e48น", "ข้าราชการผ\u0e48\u0e39ทำบ\u0e48\u0e38น"
    assert one != other
    assert derive(one, record) == derive(other, record) == derive(one + "\n", record)
    assert derive(one, record) != derive(one + " ", record)
    assert derive(one, record) != derive(one, PassphraseRecord(b"1" * 16, CHEAP))


def test_a_new_passphrase_is_long_and_typed_twice(tmp_path: Path) -> None:
    source = MasterSource(SourceKind.PASSPHRASE, CHEAP)
    with pytest.raises(WrongKey) as short:
        new_master_key(source, tmp_path, answers("สั้นเกินไป"))
    assert short.value.detail == {"reason": "passphrase_short", "least": 15}

    def slip(question: Question) -> str:
        return PASSPHRASE[question.number - 1 :]

    with pytest.raises(WrongKey) as differs:
        new_master_key(source, tmp_path, slip)
    assert differs.value.detail["reason"] == "passphrase_differs"


def test_a_cost_the_machine_cannot_bear_is_told() -> None:
    impossible = PassphraseRecord(bytes(16), type(AT_START)(time_cost=1, memory_kib=8, parallelism=64))
    with pytest.raises(VaultLocked) as refusal:
        derive(PASSPHRASE, impossible)
    assert refusal.value.detail["reason"] == "derivation_failed"


def test_a_passphrase_costs_an_attacker_memory() -> None:
    """RFC 9106 §4: at least its second recommendation, 64 MiB and three passes."""
    assert AT_START.memory_kib >= 64 * 1024
    assert AT_START.time_cost >= 3


def test_a_master_key_does_not_show() -> None:
    secret = os.urandom(32)
    key = MasterKey(secret)
    for shown in (repr(key), str(key), f"{key}", repr([key]), key.key_id):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copier(key)
    assert key == MasterKey(secret)
    assert hash(key) == hash(MasterKey(secret))
    assert key != MasterKey(os.urandom(32))
    assert key != secret


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_is_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(bytes(length))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_speaks_thai_and_english(reason: Reason) -> None:
    thai, english = (text(f"key.{reason}", language) for language in LANGUAGES)
    assert any("\u0e00" <= c <= "\u0e7f" for c in thai)
    assert english.isascii()
    assert english.endswith(".")


@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_a_passphrase_costs_its_length(set_up: SetUp, piece: str) -> None:
    folder = set_up(SourceKind.PASSPHRASE)

    def enter(text: str) -> None:
        with pytest.raises(WrongKey):
            open_master_key(folder.source, folder.path, answers(text))

    assert costs_its_length(enter, lambda length: behind_a_letter(piece, length), 40_000)
