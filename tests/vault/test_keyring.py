"""The keyring: made, opened and re-wrapped; a crash at any step of a rotation leaves one that loads."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import AppError, VaultLocked, WrongKey
from appliance.vault.keyring import Keyring, finish_rotation, rotate_master, unlock
from appliance.vault.master import MasterKey, MasterSource, NewMaster, derive, key_file, new_master_key
from appliance.vault.record import KeyringRecord, Purpose, SourceKind, SourceRecord, read_record, write_record
from tests.vault.folders import CHEAP, PASSPHRASE, Folder, answers, contents, write_credential

SetUp = Callable[[SourceKind], Folder]

VERSION_1 = """
{"agency": "moph", "check": "mz6L/FIkAuOMWpZUd1dJzi8+VKm2jpguAARtsfcmjlY=", "key_id": "54db6dc3b20b2572", "keys": {
"agency": "ASIysh7zUVe7bFHF93e/aq+WOBvI5qRfn7ulWeshboijIKgR7Z2f7qfxs8SrSL2Ow31v0JM5V6kio1NjRA==",
"database": "AfKnznvqxt5HpN20/3K9DA1n9hochl9ZLRfZ+4c4rGrPTa6UHvm/2Gx6VeFTo7AcOsE6XoDaKJzOY5fVMQ==",
"files": "AYjqiWTfBFoeCP/OTUCLNWCDwtef9jzVDgkUr9hYgrDA/PZqKxALFPO4pEcezvcFCAYuLNUf1bfKOFyE8g==",
"index": "AY5zFxxXqcVFnSKDQCy04hZxqYM4wQs4UWVUjrsCVZ0AnAaw/Riu0QgVUvWCIKIaU+6MxjclHgwgRQeaaQ==",
"log_signing": "AZVQSsmnbRhVU6ihajoq0QoBI4zOF7jEdvjgkazCAQ9tTt76Jd1PDYI9p6xYCowYAtP6khXlak7uU0EB/A==",
"session_pepper": "AdpUqNHCevEh35v8a+e/XrCmKyxeOO3T5Mx1dZJfS6Re3DYz5beYLvBleQeMcsW7MnMtvb+VSX2Cnyiobg=="},
"source": {"kind": "passphrase", "passphrase": {"cost": {"memory_kib": 8, "parallelism": 1, "time_cost": 1},
"salt": "/6pEwDFBEbZusrErtkuZ/A=="}}, "version": 1}
"""


def test_keys_are_random_distinct_and_never_in_clear(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    ring = folder.ring
    keys = [
        ring.database_key,
        ring.agency_key,
        ring.log_signing_seed,
        ring.index_key,
        ring.files_key,
        ring.session_pepper,
    ]
    assert len(set(keys)) == len(Purpose)
    stored = (folder.path / "keyring.json").read_bytes()
    for secret in (*keys, folder.master.secret):
        assert len(secret) == 32
        for form in (secret, secret.hex().encode(), msgspec.json.encode(secret).strip(b'"')):
            assert form not in stored
        assert repr(secret) not in repr(ring)


def test_files_are_for_their_owner_alone(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    for name in ("keyring.json", "master.key"):
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600


def test_creating_twice_is_refused(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    (folder.path / "gchat.db").unlink()
    before = contents(folder.path)
    with pytest.raises(VaultLocked) as refusal:
        Keyring.create(folder.path, MasterKey(os.urandom(32)), "moph", SourceRecord(SourceKind.FILE), "moph.test")
    assert refusal.value.detail["reason"] == "keyring_exists"
    assert contents(folder.path) == before


def test_a_keyring_of_the_first_release_still_opens(tmp_path: Path) -> None:
    record = tmp_path / "keyring.json"
    record.write_text(VERSION_1)
    record.chmod(0o600)
    ring = unlock(MasterSource(SourceKind.PASSPHRASE), tmp_path, answers())
    assert ring.database_key.hex() == "6e2f8cfaf9131431c85d507f3ca1d4b78bc504fa2b0f4256290a80c94d95fd69"
    assert ring.log_signing_seed.hex() == "e94969532f715df8efe72506f288d74b67e1509f84da4ec934a4d07df069ae8f"


def test_a_newer_keyring_is_left_alone(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    newer = json.loads((folder.path / "keyring.json").read_text()) | {"version": 2, "unknown": True}
    (folder.path / "keyring.json").write_text(json.dumps(newer))
    before = contents(folder.path)
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail == {"reason": "keyring_too_new", "version": 2}
    assert contents(folder.path) == before


def test_a_key_moved_to_another_purpose_or_agency_does_not_open(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    record = read_record(folder.path)
    swapped = {**record.keys, Purpose.DATABASE: record.keys[Purpose.INDEX]}
    for forged in (
        msgspec.structs.replace(record, keys=swapped),
        msgspec.structs.replace(record, agency="moi"),
    ):
        write_record(folder.path, forged)
        with pytest.raises(VaultLocked) as refusal:
            unlock(folder.source, folder.path, folder.ask)
        assert refusal.value.detail["reason"] == "keyring_damaged"


def test_a_keyring_without_one_of_its_keys_is_damaged(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    record = read_record(folder.path)
    kept = {purpose: key for purpose, key in record.keys.items() if purpose is not Purpose.INDEX}
    write_record(folder.path, msgspec.structs.replace(record, keys=kept))
    with pytest.raises(VaultLocked) as refusal:
        unlock(folder.source, folder.path, folder.ask)
    assert refusal.value.detail == {"reason": "keyring_damaged", "missing": "index"}


@pytest.mark.slow
@settings(max_examples=300)
@given(at=st.integers(0, len(VERSION_1) - 1), value=st.integers(0, 255))
def test_a_damaged_keyring_opens_unchanged_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    content = VERSION_1.encode()
    file = folder / "keyring.json"
    file.touch(0o600)
    file.write_bytes(content[:at] + bytes((value,)) + content[at + 1 :])
    whole = msgspec.json.decode(content, type=KeyringRecord)
    assert whole.source.passphrase
    master = derive(PASSPHRASE, whole.source.passphrase)
    try:
        ring = Keyring.load(folder, master)
    except (VaultLocked, WrongKey):
        return
    assert ring == Keyring.unwrapped(whole, master)


def new_key_for(folder: Folder, kind: SourceKind) -> NewMaster:
    """A next master key; a credential gets it as its last line, as an administrator would."""
    assert folder.source.credentials_dir
    if kind is SourceKind.CREDENTIAL:
        present = [folder.master.secret] if folder.source.kind is kind else []
        write_credential(folder.source.credentials_dir, *present, os.urandom(32))
    source = MasterSource(kind, CHEAP, folder.source.credentials_dir)
    return new_master_key(source, folder.path, answers())


def opens_by_new_key(folder: Folder, path: Path, new: NewMaster) -> bool:
    """Whether the new key opens `path` by its source, or else the old one; the keys as they were. Fails if neither."""
    following = MasterSource(new.record.kind, CHEAP, folder.source.credentials_dir)
    for source, ask in ((folder.source, folder.ask), (following, answers(shares=new.shares or ()))):
        try:
            ring = unlock(source, path, ask)
        except AppError:
            continue
        assert ring.keys == folder.ring.keys
        return ring.key_id == new.key.key_id
    raise AssertionError("no key opens the folder")


@pytest.mark.parametrize("to", list(SourceKind))
@pytest.mark.parametrize("kind", list(SourceKind))
def test_rotation_between_any_two_sources(set_up: SetUp, kind: SourceKind, to: SourceKind) -> None:
    folder = set_up(kind)
    new = new_key_for(folder, to)
    ring = rotate_master(folder.path, folder.master, new.key, new.record)
    assert ring.keys == folder.ring.keys
    following = MasterSource(to, CHEAP, folder.source.credentials_dir)
    assert unlock(following, folder.path, answers(shares=new.shares or ())) == ring
    with pytest.raises(WrongKey):
        Keyring.load(folder.path, folder.master)
    assert key_file(folder.path) == ([new.key] if to is SourceKind.FILE else [])
    assert read_record(folder.path).replaced == folder.master.key_id


def test_rotation_with_a_wrong_or_the_same_key_changes_nothing(set_up: SetUp) -> None:
    folder = set_up(SourceKind.FILE)
    before = contents(folder.path)
    record = SourceRecord(SourceKind.FILE)
    for old, new, reason in (
        (MasterKey(os.urandom(32)), MasterKey(os.urandom(32)), "another_key"),
        (folder.master, folder.master, "same_key"),
    ):
        with pytest.raises(WrongKey) as refusal:
            rotate_master(folder.path, old, new, record)
        assert refusal.value.detail["reason"] == reason
    with pytest.raises(ValueError, match="salt"):
        rotate_master(folder.path, folder.master, MasterKey(bytes(32)), SourceRecord(SourceKind.PASSPHRASE))
    assert contents(folder.path) == before


STEPS = ("open", "fsync", "replace", "unlink")


def dies_at(step: int, action: Callable[[], object]) -> bool:
    """Run `action` in a child process killed before its `step`-th change to the disk; whether it was killed.

    A file cut down before it is flushed keeps half its bytes, as after a power failure.
    """
    child = os.fork()
    if child == 0:
        left = step

        def doomed(name: str) -> Callable[..., object]:
            real = getattr(os, name)

            def call(*args: object, **options: object) -> object:
                nonlocal left
                if left == 0:
                    if name == "fsync" and stat.S_ISREG(os.fstat(args[0]).st_mode):  # type: ignore[arg-type]
                        os.ftruncate(args[0], os.fstat(args[0]).st_size // 2)  # type: ignore[arg-type]
                    os._exit(9)
                left -= 1
                return real(*args, **options)

            return call

        for name in STEPS:
            setattr(os, name, doomed(name))
        try:
            action()
        except BaseException:  # noqa: BLE001 -- the child must end here, whatever happened
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}, f"step {step} failed"
    return code == 9


CHANGES = [
    (SourceKind.FILE, SourceKind.FILE),
    (SourceKind.FILE, SourceKind.PASSPHRASE),
    (SourceKind.FILE, SourceKind.SHARES),
    (SourceKind.PASSPHRASE, SourceKind.FILE),
    (SourceKind.PASSPHRASE, SourceKind.PASSPHRASE),
    (SourceKind.CREDENTIAL, SourceKind.CREDENTIAL),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # the child only writes, and ends
@pytest.mark.parametrize(("kind", "to"), CHANGES)
def test_a_crash_at_each_step_leaves_a_keyring_that_loads(set_up: SetUp, kind: SourceKind, to: SourceKind) -> None:
    folder = set_up(kind)
    new = new_key_for(folder, to)
    commits: list[bool] = []
    killed = True
    for step in range(100):
        copy = folder.path.with_name(f"copy{step}")
        shutil.copytree(folder.path, copy)
        killed = dies_at(step, lambda copy=copy: rotate_master(copy, folder.master, new.key, new.record))  # type: ignore[misc]
        committed = opens_by_new_key(folder, copy, new)
        commits.append(committed)
        left = "".join(file.read_text("latin-1") for file in copy.iterdir())
        assert (folder.master.secret.hex() in left) is (kind is SourceKind.FILE and not committed)
        assert not any(file.name.endswith(".tmp") for file in copy.iterdir())
        present = new.key if committed else folder.master
        after = MasterKey(os.urandom(32))
        assert rotate_master(copy, present, after, SourceRecord(SourceKind.FILE)).keys == folder.ring.keys
        assert key_file(copy) == [after]
        if not killed:
            break
    assert not killed
    assert commits == sorted(commits), "once the new key counts, it stays"
    assert set(commits) == {False, True}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # the child only writes, and ends
def test_a_crash_at_each_step_of_setting_up_can_be_repeated(tmp_path: Path) -> None:
    source = MasterSource(SourceKind.FILE)
    for step in range(100):
        path = tmp_path / str(step)

        def begin(path: Path = path) -> Keyring:
            new = new_master_key(source, path, answers())
            return Keyring.create(path, new.key, "moph", new.record, "moph.test")

        killed = dies_at(step, begin)
        if killed and not (path / "keyring.json").exists():
            begin()
        assert unlock(source, path, answers()).agency == "moph"
        if not killed:
            return
    raise AssertionError("set-up did not end")


@pytest.mark.parametrize("kind", [SourceKind.FILE, SourceKind.PASSPHRASE])
def test_a_full_disk_changes_nothing(set_up: SetUp, monkeypatch: pytest.MonkeyPatch, kind: SourceKind) -> None:
    folder = set_up(kind)
    new = new_key_for(folder, kind)
    before = contents(folder.path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="disk full"):
            rotate_master(folder.path, folder.master, new.key, new.record)
    assert contents(folder.path) == before


@pytest.mark.parametrize("failing", range(6))
def test_each_flush_that_fails_leaves_a_keyring_that_loads(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Three files are put in place, each with a flush of its own and one of the folder."""
    folder = set_up(SourceKind.FILE)
    new = new_key_for(folder, SourceKind.FILE)
    real, calls = os.fsync, iter(range(6))

    def flaky(fd: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.EIO, "disk fault")
        real(fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", flaky)
        with pytest.raises(OSError, match="disk fault"):
            rotate_master(folder.path, folder.master, new.key, new.record)
    committed = 3  # the flush of the folder after keyring.json was renamed
    assert opens_by_new_key(folder, folder.path, new) is (failing >= committed)


def test_every_change_is_on_the_disk_before_the_next(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is flushed before it is renamed, the folder before anything else happens."""
    folder = set_up(SourceKind.FILE)
    new = new_key_for(folder, SourceKind.FILE)
    trace: list[tuple[str, str]] = []

    def traced(name: str, target: Callable[..., str]) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*args: object) -> object:
            trace.append((name, Path(target(*args)).name))
            return real(*args)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", traced("fsync", lambda fd: str(Path(f"/proc/self/fd/{fd}").readlink())))
        patch.setattr(os, "replace", traced("replace", lambda _, to: str(to)))
        rotate_master(folder.path, folder.master, new.key, new.record)

    def put(name: str) -> Iterator[tuple[str, str]]:
        yield from (("fsync", f".{name}.tmp"), ("replace", name), ("fsync", folder.path.name))

    assert trace == [*put("master.key"), *put("keyring.json"), *put("master.key")]


def test_finishing_spares_keys_it_does_not_know(set_up: SetUp) -> None:
    """An administrator's own `master.key`, put there to recover, is not a leftover of a rotation."""
    folder = set_up(SourceKind.CREDENTIAL)
    new = new_key_for(folder, SourceKind.CREDENTIAL)
    rotate_master(folder.path, folder.master, new.key, new.record)
    own = folder.path / "master.key"
    own.touch(0o600)
    own.write_text(f"{new.key.secret.hex()}\n{'ab' * 32}\n")
    before = contents(folder.path)
    finish_rotation(folder.path)
    assert contents(folder.path) == before
