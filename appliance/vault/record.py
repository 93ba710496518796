"""`keyring.json`: what the data folder remembers about its keys.

Holds the master key's id and check value, where the master key comes from (with the salt and cost of a passphrase), and
the wrapped keys. It is worth nothing without the master key, and the data is worth nothing without it: its backup is
kept apart from the data's.

Example (shortened):
    {"version": 1, "agency": "moph", "key_id": "5f1c…", "check": "q0X…", "source": {"kind": "passphrase",
     "passphrase": {"salt": "Zm9…", "cost": {"time_cost": 3, "memory_kib": 262144, "parallelism": 4}}},
     "domain": "moph.go.th", "keys": {"agency": "AfQ…", "database": "AYk…", …}, "replaced": "09ab…"}

Does not: hold or see a key in clear.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from appliance.config import KEYRING_FILE
from appliance.vault.keyfile import read_private, replace_private
from appliance.vault.refusals import Reason, locked

VERSION = 1
FILE_NAME = KEYRING_FILE
_DATABASES = "*.db"


class SourceKind(StrEnum):
    """Where the master key comes from. The values are those of the configuration."""

    FILE = "file"
    CREDENTIAL = "credential"
    PASSPHRASE = "passphrase"  # noqa: S105 -- the name of a source
    SHARES = "shares"


class Purpose(StrEnum):
    """What a wrapped key is for. The values are bound into the wrapping: never rename one."""

    DATABASE = "database"
    AGENCY = "agency"
    LOG_SIGNING = "log_signing"
    INDEX = "index"
    FILES = "files"
    SESSION_PEPPER = "session_pepper"


class Argon2Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cost of argon2id (RFC 9106 §3.1): passes, memory in KiB, lanes."""

    time_cost: Annotated[int, msgspec.Meta(ge=1, le=64)]
    memory_kib: Annotated[int, msgspec.Meta(ge=8, le=4 << 20)]
    parallelism: Annotated[int, msgspec.Meta(ge=1, le=64)]


class PassphraseRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What turns a passphrase into the master key, but the passphrase."""

    salt: Annotated[bytes, msgspec.Meta(min_length=16, max_length=64)]
    cost: Argon2Cost


class SourceRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the present master key came from when it was set."""

    kind: SourceKind
    passphrase: PassphraseRecord | None = None


class KeyringRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The content of `keyring.json`. `replaced` is the id of the master key before the last rotation.

    `second`: during a switch of a key (`switching`), the one that is valid beside that in `keys`. `retired_log_keys`:
    the public keys that signed the agency's logs before the present one. `domain`: what the agency's evidence is signed
    under; empty in a keyring from before it was kept.
    """

    version: int
    agency: str
    key_id: str
    check: bytes
    source: SourceRecord
    keys: dict[Purpose, bytes]
    replaced: str | None = None
    second: dict[Purpose, bytes] = {}
    retired_log_keys: tuple[str, ...] = ()
    domain: str = ""


class _Version(msgspec.Struct):
    version: Annotated[int, msgspec.Meta(ge=1)]


def has_keyring(data_dir: Path) -> bool:
    """Whether the folder is set up. Raises VaultLocked (`keyring_lost`) where a database stands without its keyring."""
    if (data_dir / FILE_NAME).exists():
        return True
    if any(data_dir.glob(_DATABASES)):
        raise locked(Reason.KEYRING_LOST)
    return False


def read_record(data_dir: Path) -> KeyringRecord:
    """`keyring.json` of the folder; touches nothing.

    Raises VaultLocked: `keyring_missing`, `keyring_lost`, `keyring_damaged`, `keyring_too_new`, `open_to_others`.
    """
    if not has_keyring(data_dir):
        raise locked(Reason.KEYRING_MISSING)
    content = read_private(data_dir / FILE_NAME)
    try:
        version = msgspec.json.decode(content, type=_Version).version
        if version > VERSION:
            raise locked(Reason.KEYRING_TOO_NEW, version=version)
        record = msgspec.json.decode(content, type=KeyringRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise locked(Reason.KEYRING_DAMAGED) from error
    if missing := set(Purpose) - set(record.keys):
        raise locked(Reason.KEYRING_DAMAGED, missing=",".join(sorted(missing)))
    return record


def write_record(data_dir: Path, record: KeyringRecord) -> None:
    """Replace `keyring.json`, atomically and durably, with mode 0600."""
    plain = msgspec.json.encode(record, order="sorted")
    replace_private(data_dir / FILE_NAME, msgspec.json.format(plain, indent=2) + b"\n")
