"""The agency's identity key: the one that enrols an agency and announces its other keys, and does nothing else.

It is made on the gateway, written once to a file that an officer takes away (a USB stick), sealed under a passphrase
(PKCS #8, PEM), and never kept in the gateway's folder. Whoever has it can put other keys in the place of the agency's.

Does not: know what is signed with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.errors import AppError, Conflict, Invalid
from appliance.vault.keyfile import read_private, replace_private
from appliance.vault.master import MIN_PASSPHRASE_LENGTH

_ANYBODY: Final = 0o000
"""A stick's file system has no owners: the passphrase guards the file."""


def write(path: Path, folder: Path, passphrase: str) -> Ed25519PrivateKey:
    """Make an identity key and write it to a new file outside the gateway's folder.

    Raises Invalid (`identity_inside`, `passphrase_short`), Conflict (`identity_exists`), OSError.
    """
    if path.resolve().is_relative_to(folder.resolve()):
        raise Invalid(code="identity_inside", folder=str(folder))
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        raise Invalid(code="identity_passphrase", least=MIN_PASSPHRASE_LENGTH)
    if path.exists():
        raise Conflict(code="identity_exists", file=str(path))
    key = Ed25519PrivateKey.generate()
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    replace_private(path, sealed)
    return key


def read(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Return the identity key of a file. Raises AppError (`identity_unreadable`), VaultLocked, FileNotFoundError."""
    try:
        key = serialization.load_pem_private_key(read_private(path, _ANYBODY), passphrase.encode())
    except (ValueError, TypeError) as error:
        raise AppError(code="identity_unreadable", file=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AppError(code="identity_unreadable", file=str(path))
    return key
