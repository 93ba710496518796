"""The keys of files: one for each stored file, and where it is kept wrapped.

Rules:
- a file has a random key, which seals its records (`sealed_file`) and nothing else. Other keys are derived from it:
  one for each variant made of the file, one for what its sender says of it;
- until a message refers to the file, the key is wrapped under the key of files (`Keyring.files_key`), bound to the id;
- an infected file is sealed anew under a key that takes both to derive;
- each reference keeps the key once more, under the epoch key of the message and bound to its place. A reference moved
  to another message, or to another file, opens nothing.

Does not: keep anything, choose which key is destroyed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance.errors import WrongKey
from appliance.vault.derived import derived_key
from appliance.vault.epochs import EpochCipher
from appliance.vault.wrapping import KEY_BYTES, new_key, unwrap_key, wrap_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.model import RoomId


def new_file_key() -> bytes:
    """Return 32 random bytes."""
    return new_key()


def wrap(files_key: bytes, file_id: str, key: bytes) -> bytes:
    """Return a file's key as its row keeps it, bound to the id of the upload or of the blob."""
    return wrap_key(files_key, _bound(file_id), key)


def unwrap(files_keys: Sequence[bytes], file_id: str, wrapped: bytes) -> bytes:
    """Return the key that `wrap` wrapped under one of these (`Keyring.files_keys`). Raises WrongKey (`seal_broken`)."""
    *others, last = files_keys
    for key in others:
        with suppress(WrongKey):
            return unwrap_key(key, _bound(file_id), wrapped)
    return unwrap_key(last, _bound(file_id), wrapped)


def rewrap(files_keys: Sequence[bytes], file_id: str, wrapped: bytes) -> bytes:
    """Return a wrapped key under the first of the keys. Raises WrongKey (`seal_broken`)."""
    return wrap(files_keys[0], file_id, unwrap(files_keys, file_id, wrapped))


def wrap_for_reference(cipher: EpochCipher, file_id: str, room: RoomId, n: int, key: bytes) -> bytes:
    """Return a file's key as the reference of message `n` keeps it, under the epoch key of that message."""
    return cipher.seal_body(_reference(file_id, room, n), b"", key)


def unwrap_reference(cipher: EpochCipher, file_id: str, room: RoomId, n: int, wrapped: bytes) -> bytes:
    """Return the key that `wrap_for_reference` wrapped. Raises WrongKey (`seal_broken`)."""
    return cipher.open_body(_reference(file_id, room, n), wrapped)[1]


def variant_key(parent_key: bytes, variant_id: str) -> bytes:
    """Return the key of a variant: whoever can open the file can open what was made of it, and nobody else."""
    return derived_key(parent_key, f"gchat-variant/1\0{variant_id}")


def quarantine_key(files_key: bytes, key: bytes, file_id: str) -> bytes:
    """Return the key that seals an infected file: neither the file's own key nor the key of files opens it alone."""
    salt = derived_key(files_key, f"quarantine\0{file_id}")
    return HKDF(SHA256(), KEY_BYTES, salt, b"gchat-quarantine/1").derive(key)


def seal_said(key: bytes, upload_id: str, said: bytes) -> bytes:
    """Return what a sender says of a file, sealed under a key that follows from the file's own."""
    return _said_cipher(key).seal_body(_bound(upload_id), b"", said)


def open_said(key: bytes, upload_id: str, sealed: bytes) -> bytes:
    """Return what `seal_said` sealed. Raises WrongKey (`seal_broken`)."""
    return _said_cipher(key).open_body(_bound(upload_id), sealed)[1]


def _said_cipher(key: bytes) -> EpochCipher:
    return EpochCipher(derived_key(key, "gchat-said/1"))


def _bound(file_id: str) -> bytes:
    return f"gchat-file/1\0{file_id}".encode()


def _reference(file_id: str, room: RoomId, n: int) -> bytes:
    return f"gchat-file-ref/1\0{file_id}\0{room}\0{n}".encode()
