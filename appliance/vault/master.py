"""The master key and the four places it can come from.

Rules: what was found is compared with the keyring's check value before it is used; a source that fails changes no file.
The key wraps the keyring's keys and nothing else, each use under a subkey of its own.

| source | where | who can open |
|---|---|---|
| `file` | `master.key` in the data folder, 0600 | whoever has the disk: development only |
| `credential` | `$CREDENTIALS_DIRECTORY/gchat-master-key` (systemd, sealed by the TPM) | this machine |
| `passphrase` | argon2id of what is typed at start | who knows it |
| `shares` | two of three paper shares typed at start | two officers together |

A key file or credential holds one key a line in hexadecimal, the newest last: during a rotation the present and the
next one, and the keyring says which of them counts. The recorded kind does not bind: shares of the present key open an
appliance whose TPM has died.

Does not: change `keyring.json` (see `keyring`), prompt (the caller's `ask` does).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from appliance.errors import WrongKey
from appliance.late import load
from appliance.spelling.stream_safe import stream_safe
from appliance.vault.keyfile import OTHERS, read_private
from appliance.vault.record import (
    FILE_NAME,
    Argon2Cost,
    KeyringRecord,
    PassphraseRecord,
    SourceKind,
    SourceRecord,
    read_record,
)
from appliance.vault.refusals import Reason, locked, wrong
from appliance.vault.wrapping import KEY_BYTES, new_key, unwrap_key, wrap_key

KEY_FILE = "master.key"
CREDENTIAL = "gchat-master-key"
MIN_PASSPHRASE_LENGTH = 15
"""Characters, after normalisation (NIST SP 800-63B-4 §3.1.1.2 for a secret that stands alone)."""
AT_START = Argon2Cost(time_cost=3, memory_kib=256 * 1024, parallelism=4)
"""Paid once a start, so four times the memory of RFC 9106's second recommendation."""
CONFIRM_TRIES = 5
_SALT_BYTES = 16
_BEYOND_CREDENTIAL = 0o037
"""systemd shows the user's access to a root-owned credential as group read (the mask of its access list)."""


@dataclass(frozen=True, slots=True, eq=False)
class MasterKey:
    """32 secret bytes that never show in a repr and cannot be pickled."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a master key is {KEY_BYTES} bytes")

    def __repr__(self) -> str:
        return f"MasterKey({self.key_id})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MasterKey) and hmac.compare_digest(self.secret, other.secret)

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a master key is not serialised")

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits that name the key and do not help to find it."""
        return self._subkey(b"id")[:8].hex()

    @property
    def check(self) -> bytes:
        """32 bytes stored in the keyring, by which the right key is known."""
        return self._subkey(b"check")

    def opens(self, record: KeyringRecord) -> bool:
        """Whether this is the keyring's master key."""
        return hmac.compare_digest(self.check, record.check)

    def wrap(self, purpose: bytes, key: bytes) -> bytes:
        """`key` sealed for `purpose`."""
        return wrap_key(self._subkey(b"wrap"), purpose, key)

    def unwrap(self, purpose: bytes, wrapped: bytes) -> bytes:
        """The inverse of `wrap`. Raises WrongKey (`seal_broken`)."""
        return unwrap_key(self._subkey(b"wrap"), purpose, wrapped)

    def _subkey(self, use: bytes) -> bytes:
        return hmac.digest(self.secret, b"gchat-master-key/1\0" + use, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class MasterSource:
    """The configured source. `cost` counts for new passphrases; `credentials_dir` stands in for systemd's variable."""

    kind: SourceKind
    cost: Argon2Cost = AT_START
    credentials_dir: Path | None = None


class Secret(StrEnum):
    """What a person is asked for."""

    PASSPHRASE = "passphrase"  # noqa: S105 -- the name of a question
    NEW_PASSPHRASE = "new_passphrase"  # noqa: S105 -- the name of a question
    SHARE = "share"
    NEW_SHARE = "new_share"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask for; `number` counts from 1 where the same is asked more than once."""

    secret: Secret
    number: int = 1


Ask = Callable[[Question], str]
"""Answers a question: a prompt on the terminal, systemd-ask-password, or a test."""


@dataclass(frozen=True, slots=True)
class NewMaster:
    """A master key not yet in use, the record that goes with it, and for `shares` what the officers write down."""

    key: MasterKey
    record: SourceRecord
    shares: tuple[str, str, str] | None = None


def open_master_key(source: MasterSource, data_dir: Path, ask: Ask) -> MasterKey:
    """The master key of a folder that is set up, checked against its keyring; changes no file.

    Raises VaultLocked where the key or the keyring is not there or others can reach it, WrongKey where a key was found
    and is another one, or a share is mistyped; `detail["reason"]` is a `Reason`.
    """
    record = read_record(data_dir)
    found = _found(source, data_dir, ask, record)
    for key in found:
        if key.opens(record):
            return key
    raise wrong(Reason.ANOTHER_KEY, needed=record.key_id, found=",".join(key.key_id for key in found))


def new_master_key(
    source: MasterSource, data_dir: Path, ask: Ask, report: Callable[[WrongKey], None] | None = None
) -> NewMaster:
    """A master key for `Keyring.create` or `rotate_master`; changes no file.

    A credential must already hold it as its last line. Shares are confirmed before the key is put to use
    (`confirm_shares`). For
    `file` in a folder without keyring, a key that already lies there is used again rather than lost.
    Raises VaultLocked, WrongKey (`passphrase_short`, `passphrase_differs`); where there is `report`, a passphrase that
    cannot be used is reported instead, and asked for again.
    """
    if source.kind is SourceKind.PASSPHRASE:
        passphrase = _new_passphrase(ask, report)
        derivation = PassphraseRecord(os.urandom(_SALT_BYTES), source.cost)
        return NewMaster(derive(passphrase, derivation), SourceRecord(source.kind, derivation))
    if source.kind is SourceKind.CREDENTIAL:
        return NewMaster(credential_keys(source)[-1], SourceRecord(source.kind))
    key = MasterKey(new_key())
    if source.kind is SourceKind.SHARES:
        return NewMaster(key, SourceRecord(source.kind), split_shares(key))
    if not (data_dir / FILE_NAME).exists() and (left := key_file(data_dir)):
        key = left[-1]
    return NewMaster(key, SourceRecord(source.kind))


def derive(passphrase: str, record: PassphraseRecord) -> MasterKey:
    """The master key of a passphrase: argon2id (RFC 9106) of its NFC form in UTF-8.

    NFC, because keyboards differ in the order in which they send Thai vowels and tone marks.
    Raises VaultLocked (`derivation_failed`) where the memory it costs is not there.
    """
    secret: bytes = load("appliance.vault.passphrase:stretch")(_normal(passphrase), record.salt, record.cost)
    return MasterKey(secret)


def split_shares(master: MasterKey) -> tuple[str, str, str]:
    """Three printable shares (SLIP-39), any two of which give `master` back; a new set at every call."""
    first, second, third = load("appliance.vault.shares:split")(master.secret)
    return first.words, second.words, third.words


def confirm_shares(made: NewMaster, ask: Ask, report: Callable[[WrongKey], None]) -> None:
    """Have two of the new shares given back, as a check that the officers hold them; changes nothing.

    A mistake is reported, and both are asked for again. Raises WrongKey after `CONFIRM_TRIES` tries.
    """
    for left in reversed(range(CONFIRM_TRIES)):
        try:
            if _joined(ask, Secret.NEW_SHARE) == made.key:
                return
            raise wrong(Reason.SHARES_OF_TWO_SETS)
        except WrongKey as error:
            if not left:
                raise
            report(error)


def key_file(data_dir: Path) -> list[MasterKey]:
    """The keys in `master.key`, newest last; none if there is no such file. Raises VaultLocked."""
    try:
        return _parse(read_private(data_dir / KEY_FILE, OTHERS))
    except FileNotFoundError:
        return []


def _found(source: MasterSource, data_dir: Path, ask: Ask, record: KeyringRecord) -> list[MasterKey]:
    if source.kind is SourceKind.FILE:
        if keys := key_file(data_dir):
            return keys
        raise locked(Reason.KEY_FILE_MISSING, needed=record.key_id)
    if source.kind is SourceKind.CREDENTIAL:
        return credential_keys(source)
    if source.kind is SourceKind.PASSPHRASE:
        if record.source.passphrase is None:
            raise locked(Reason.NO_PASSPHRASE_SET, kind=record.source.kind.value)
        return [derive(ask(Question(Secret.PASSPHRASE)), record.source.passphrase)]
    return [_joined(ask, Secret.SHARE)]


def _joined(ask: Ask, secret: Secret) -> MasterKey:
    read_share = load("appliance.vault.shares:read_share")
    # Each share is read as it comes, so that a mistyped one is reported before the second officer starts typing.
    one = read_share(ask(Question(secret, 1)))
    return MasterKey(load("appliance.vault.shares:join")(one, read_share(ask(Question(secret, 2)))))


def credential_keys(source: MasterSource) -> list[MasterKey]:
    """The keys that systemd passes, newest last. Raises VaultLocked."""
    folder = source.credentials_dir or os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise locked(Reason.CREDENTIAL_MISSING)
    try:
        return _parse(read_private(Path(folder) / CREDENTIAL, _BEYOND_CREDENTIAL))
    except FileNotFoundError:
        raise locked(Reason.CREDENTIAL_MISSING) from None


def _parse(content: bytes) -> list[MasterKey]:
    try:
        keys = [MasterKey(bytes.fromhex(line)) for line in content.decode("ascii").split()]
    except ValueError:
        raise locked(Reason.KEY_FILE_DAMAGED) from None
    if not keys:
        raise locked(Reason.KEY_FILE_DAMAGED)
    return keys


def _new_passphrase(ask: Ask, report: Callable[[WrongKey], None] | None) -> str:
    while True:
        try:
            return _typed_twice(ask)
        except WrongKey as error:
            if report is None:
                raise
            report(error)


def _typed_twice(ask: Ask) -> str:
    first = _normal(ask(Question(Secret.NEW_PASSPHRASE, 1)))
    if len(first) < MIN_PASSPHRASE_LENGTH:
        raise wrong(Reason.PASSPHRASE_SHORT, least=MIN_PASSPHRASE_LENGTH)
    if first != _normal(ask(Question(Secret.NEW_PASSPHRASE, 2))):
        raise wrong(Reason.PASSPHRASE_DIFFERS)
    return first


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFC", stream_safe(passphrase.strip("\r\n")))
