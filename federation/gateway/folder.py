"""The gateway's folder: its settings, its keys sealed under a master key of its own, and the state of its registry.

| file | holds |
|---|---|
| `gateway.toml` | settings |
| `keys.json` | the keys, each private half wrapped under the master key; mode 0600 |
| `master.key` | the master key where it is a file (development); otherwise systemd's credential `gchat-master-key` |
| `public.json` | what the registry needs to know of this gateway |
| `registry/` | the registry's last verified files |

The agency's identity key never lies here: `init` writes it to a file elsewhere, sealed under a passphrase, for an
officer to take away (`identity.py`).

Rules: as in the vault: what is secret is replaced whole or not at all, and a master key is compared with the check
value before anything is opened. Does not: decide which key is in use (`keys`), speak to anybody.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.errors import AppError, Conflict
from appliance.evidence import base64url
from appliance.evidence.note import KeyType, Verifier
from appliance.vault.keyfile import read_private, replace_file, replace_private
from appliance.vault.master import KEY_FILE, MasterKey, MasterSource, credential_keys, key_file
from appliance.vault.record import SourceKind
from appliance.vault.refusals import Reason, locked, wrong
from appliance.vault.wrapping import new_key as new_secret
from federation import tls
from federation.gateway.keys import KeyUse, OwnKey
from federation.registry.document import Use, key_name

KEYS_FILE: Final = "keys.json"
PUBLIC_FILE: Final = "public.json"
REGISTRY_FOLDER: Final = "registry"
VERSION: Final = 1
_PUBLIC_MODE: Final = 0o644
_SECRET_BYTES: Final = 32
_FIELD: Final = {KeyUse.GATEWAY: "pub", KeyUse.WITNESS: "vkey"}


class HeldKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One key in `keys.json`; `wrapped` is its private half under the master key."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    use: KeyUse
    nbf: int
    exp: int
    public: str
    wrapped: bytes
    certificate: bytes = b""


class KeysRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `keys.json`."""

    version: int
    agency: str
    domain: str
    source: SourceKind
    check: bytes
    keys: tuple[HeldKey, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """The opened keys of a gateway: whose they are, and what they are wrapped under."""

    agency: str
    domain: str
    own: tuple[OwnKey, ...]
    source: SourceKind
    master: MasterKey

    def of(self, use: KeyUse) -> list[OwnKey]:
        """Return the keys of a use, in the order in which they were made."""
        return [key for key in self.own if key.use is use]


def create(folder: Path, agency: str, domain: str, source: MasterSource, own: tuple[OwnKey, ...]) -> Keys:
    """Write a new folder's keys. Raises Conflict (`gateway_exists`), VaultLocked for a credential that is not there."""
    if (folder / KEYS_FILE).exists():
        raise Conflict(code="gateway_exists", folder=str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Keys(agency, domain, own, source.kind, _new_master(folder, source))
    save(folder, keys)
    return keys


def save(folder: Path, keys: Keys) -> None:
    """Replace the keys of a folder, and what is public of them."""
    held = tuple(_held(key, keys.master) for key in keys.own)
    record = KeysRecord(VERSION, keys.agency, keys.domain, keys.source, keys.master.check, held)
    replace_private(folder / KEYS_FILE, _pretty(record))
    replace_file(folder / PUBLIC_FILE, _pretty(public_of(keys)), _PUBLIC_MODE)


def open_keys(folder: Path, source: MasterSource | None = None) -> Keys:
    """Open the keys of a folder; changes no file. `source` stands in for the recorded one.

    Raises AppError (`gateway_missing`), VaultLocked, WrongKey.
    """
    record = _read(folder)
    source = source or MasterSource(record.source)
    found = key_file(folder) if source.kind is SourceKind.FILE else credential_keys(source)
    if not found:
        raise locked(Reason.KEY_FILE_MISSING)
    for master in found:
        if hmac.compare_digest(master.check, record.check):
            own = tuple(_opened(key, master) for key in record.keys)
            return Keys(record.agency, record.domain, own, source.kind, master)
    raise wrong(Reason.ANOTHER_KEY)


def with_key(keys: Keys, key: OwnKey) -> Keys:
    """Return the keys with one more."""
    return replace(keys, own=(*keys.own, key))


def without_ended(keys: Keys, now: int) -> Keys:
    """Return the keys without those whose time was over before `now` (s UTC)."""
    return replace(keys, own=tuple(key for key in keys.own if now < key.exp))


def public_of(keys: Keys) -> dict[str, object]:
    """Return what the registry needs to know of the keys: public halves, with certificates where there are any."""
    return {
        "agency": keys.agency,
        "domain": keys.domain,
        "keys": {
            key.id: {
                "use": key.use,
                _FIELD[key.use]: witness_key(keys, key) if key.use is KeyUse.WITNESS else key.public,
                "nbf": key.nbf,
                "exp": key.exp,
            }
            for key in keys.own
            if key.use is not KeyUse.CHANNEL
        },
        "tls": [
            {"spki": key.public, "nbf": key.nbf, "exp": key.exp, "cert": base64url.encode(key.certificate)}
            for key in keys.of(KeyUse.CHANNEL)
        ],
    }


def witness_key(keys: Keys, key: OwnKey) -> str:
    """Return a witness key as the registry has it: the key text of notes, with its name."""
    name = key_name(keys.domain, keys.agency, Use.WITNESS)
    return Verifier(name, KeyType.COSIGNATURE, key.signs.public_key().public_bytes_raw()).vkey


def _new_master(folder: Path, source: MasterSource) -> MasterKey:
    if source.kind is SourceKind.CREDENTIAL:
        return credential_keys(source)[-1]
    if left := key_file(folder):
        return left[-1]
    master = MasterKey(new_secret())
    replace_private(folder / KEY_FILE, master.secret.hex().encode() + b"\n")
    return master


def _read(folder: Path) -> KeysRecord:
    try:
        return msgspec.json.decode(read_private(folder / KEYS_FILE), type=KeysRecord)
    except FileNotFoundError:
        raise AppError(code="gateway_missing", folder=str(folder)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AppError(str(error), code="gateway_keys_damaged", folder=str(folder)) from error


def _held(key: OwnKey, master: MasterKey) -> HeldKey:
    if isinstance(key.private, Ed25519PrivateKey):
        secret = key.private.private_bytes_raw()
    else:
        secret = key.private.private_numbers().private_value.to_bytes(_SECRET_BYTES, "big")
    wrapped = master.wrap(_purpose(key.id), secret)
    return HeldKey(key.id, key.use, key.nbf, key.exp, key.public, wrapped, key.certificate)


def _opened(held: HeldKey, master: MasterKey) -> OwnKey:
    secret = master.unwrap(_purpose(held.id), held.wrapped)
    private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if held.use is KeyUse.CHANNEL:
        private = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    else:
        private = Ed25519PrivateKey.from_private_bytes(secret)
    key = OwnKey(held.id, held.use, held.nbf, held.exp, private, held.certificate)
    if key.public != held.public or (held.certificate and not tls.fits(key.public, held.certificate)):
        raise wrong(Reason.SEAL_BROKEN)
    return key


def _purpose(key_id: str) -> bytes:
    return b"gateway/" + key_id.encode()


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"
