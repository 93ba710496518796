"""The keys of one appliance, wrapped under its master key; creating, opening and re-wrapping them.

Order of a rotation, each step durable before the next, so that a crash anywhere leaves a keyring that loads:
1. source `file`: `master.key` gets the new key beside the present one;
2. `keyring.json` is replaced by one wrapped under the new key: from here the new key counts;
3. `master.key` loses the replaced key.
A crash after 2 is finished by `finish_rotation`, which `unlock` calls. A credential is brought through the same steps
by the administrator (docs/keys.md).

Does not: change the wrapped keys themselves; the database, the files and the log stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from appliance.errors import WrongKey
from appliance.vault.keyfile import only_writer, remove_private, replace_private, staging
from appliance.vault.master import KEY_FILE, Ask, MasterKey, MasterSource, key_file, open_master_key
from appliance.vault.record import (
    FILE_NAME,
    VERSION,
    KeyringRecord,
    Purpose,
    SourceKind,
    SourceRecord,
    has_keyring,
    read_record,
    write_record,
)
from appliance.vault.refusals import Reason, locked, wrong
from appliance.vault.wrapping import new_key


@dataclass(frozen=True, slots=True)
class Keyring:
    """The appliance's keys in clear, for as long as the process lives. Each is 32 bytes."""

    agency: str
    key_id: str
    keys: Mapping[Purpose, bytes] = field(repr=False)
    second: Mapping[Purpose, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    retired_log_keys: tuple[str, ...] = ()
    domain: str = ""

    @classmethod
    def create(cls, data_dir: Path, master: MasterKey, agency: str, source: SourceRecord, domain: str) -> Keyring:
        """New keys for a new appliance, wrapped and written; the folder is made (0700) if it is not there.

        Raises VaultLocked, touching nothing: `keyring_exists`, or `keyring_lost` where a database lies in the folder.
        """
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_writer(data_dir):
            if has_keyring(data_dir):
                raise locked(Reason.KEYRING_EXISTS)
            fresh = MappingProxyType({purpose: new_key() for purpose in Purpose})
            ring = cls(agency, master.key_id, fresh, domain=domain)
            if source.kind is SourceKind.FILE and master not in (left := key_file(data_dir)):
                _write_key_file(data_dir, [*left, master])
            write_record(data_dir, ring.wrapped_under(master, source))
        return ring

    @classmethod
    def load(cls, data_dir: Path, master: MasterKey) -> Keyring:
        """The keyring of the folder; touches nothing. Raises VaultLocked, or WrongKey (`another_key`)."""
        return cls.unwrapped(read_record(data_dir), master)

    @classmethod
    def unwrapped(cls, record: KeyringRecord, master: MasterKey) -> Keyring:
        """The keys of a record. Raises WrongKey (`another_key`), VaultLocked (`keyring_damaged`)."""
        if not master.opens(record):
            raise wrong(Reason.ANOTHER_KEY, needed=record.key_id, found=master.key_id)
        try:
            keys = {p: master.unwrap(_bound(record.agency, p), wrapped) for p, wrapped in record.keys.items()}
            second = {p: master.unwrap(_second(record.agency, p), wrapped) for p, wrapped in record.second.items()}
        except WrongKey:
            raise locked(Reason.KEYRING_DAMAGED) from None
        opened = MappingProxyType(keys), MappingProxyType(second)
        return cls(record.agency, master.key_id, *opened, record.retired_log_keys, record.domain)

    def wrapped_under(self, master: MasterKey, source: SourceRecord, replaced: str | None = None) -> KeyringRecord:
        """The record that keeps these keys under `master`."""
        if (source.kind is SourceKind.PASSPHRASE) != (source.passphrase is not None):
            raise ValueError("a passphrase, and only a passphrase, is recorded with its salt and cost")
        wrapped = {purpose: master.wrap(_bound(self.agency, purpose), key) for purpose, key in self.keys.items()}
        second = {purpose: master.wrap(_second(self.agency, purpose), key) for purpose, key in self.second.items()}
        return KeyringRecord(
            VERSION,
            self.agency,
            master.key_id,
            master.check,
            source,
            wrapped,
            replaced,
            second,
            self.retired_log_keys,
            self.domain,
        )

    @property
    def database_key(self) -> bytes:
        """SQLCipher's raw key."""
        return self.keys[Purpose.DATABASE]

    @property
    def agency_key(self) -> bytes:
        """Wraps the epoch keys (`epochs`)."""
        return self.keys[Purpose.AGENCY]

    @property
    def agency_keys(self) -> tuple[bytes, ...]:
        """The keys that may have wrapped an epoch key: the present one first, during a switch also the one before."""
        former = self.second.get(Purpose.AGENCY)
        return (self.agency_key,) if former is None else (self.agency_key, former)

    @property
    def log_signing_seed(self) -> bytes:
        """Ed25519 seed of the agency's log key: room and audit checkpoints."""
        return self.keys[Purpose.LOG_SIGNING]

    @property
    def next_log_signing_seed(self) -> bytes | None:
        """During a switch, the seed of the log key that signs beside the present one and takes its place."""
        return self.second.get(Purpose.LOG_SIGNING)

    @property
    def index_key(self) -> bytes:
        """Seals the search index; the only key the search process is given."""
        return self.keys[Purpose.INDEX]

    @property
    def files_key(self) -> bytes:
        """Wraps the keys of files that no message refers to, and of portraits; references are under epoch keys."""
        return self.keys[Purpose.FILES]

    @property
    def files_keys(self) -> tuple[bytes, ...]:
        """The keys that may have wrapped a file's key: the present one first, during a switch also the one before."""
        former = self.second.get(Purpose.FILES)
        return (self.files_key,) if former is None else (self.files_key, former)

    @property
    def session_pepper(self) -> bytes:
        """Keys the hashes under which session tokens are stored."""
        return self.keys[Purpose.SESSION_PEPPER]


def unlock(source: MasterSource, data_dir: Path, ask: Ask) -> Keyring:
    """Open the appliance's keys at start, and finish a rotation that was cut short.

    Raises VaultLocked or WrongKey as `open_master_key` does, with every file as it was.
    """
    return unlock_with(open_master_key(source, data_dir, ask), data_dir)


def unlock_with(master: MasterKey, data_dir: Path) -> Keyring:
    """As `unlock`, with a master key that is known. Raises VaultLocked, WrongKey (`another_key`)."""
    ring = Keyring.load(data_dir, master)
    finish_rotation(data_dir)
    return ring


def rotate_master(data_dir: Path, old: MasterKey, new: MasterKey, new_source: SourceRecord) -> Keyring:
    """Wrap every key of the folder under `new` instead of `old`; durable when it returns.

    Raises, with every file as it was, WrongKey: `another_key` (`old` is not the present key), `same_key`; VaultLocked.
    """
    with only_writer(data_dir):
        record = read_record(data_dir)
        ring = Keyring.unwrapped(record, old)
        if new == old:
            raise wrong(Reason.SAME_KEY, key=old.key_id)
        next_record = ring.wrapped_under(new, new_source, replaced=old.key_id)
        if new_source.kind is SourceKind.FILE:
            _write_key_file(data_dir, [*(key for key in key_file(data_dir) if key == old), new])
        write_record(data_dir, next_record)
        _drop_replaced(data_dir, next_record)
    return Keyring.load(data_dir, new)


def finish_rotation(data_dir: Path) -> None:
    """Remove what a rotation that was cut short left behind: the replaced key in `master.key`, half-written files."""
    with only_writer(data_dir):
        _drop_replaced(data_dir, read_record(data_dir))


def _drop_replaced(data_dir: Path, record: KeyringRecord) -> None:
    keys = key_file(data_dir) if record.replaced else []
    kept = [key for key in keys if key.key_id != record.replaced]
    if kept and len(kept) < len(keys):
        _write_key_file(data_dir, kept)
    elif keys and not kept:
        remove_private(data_dir / KEY_FILE)
    for name in (FILE_NAME, KEY_FILE):
        remove_private(staging(data_dir / name))


def _write_key_file(data_dir: Path, keys: list[MasterKey]) -> None:
    replace_private(data_dir / KEY_FILE, "".join(f"{key.secret.hex()}\n" for key in keys).encode("ascii"))


def _second(agency: str, purpose: Purpose) -> bytes:
    """The associated data of the second key of a purpose: neither opens in the place of the other."""
    return _bound(agency, purpose) + b"\0second"


def _bound(agency: str, purpose: Purpose) -> bytes:
    """The associated data of a wrapped key: it opens for this agency and this purpose alone."""
    return f"gchat-keyring/1\0{agency}\0{purpose}".encode()
