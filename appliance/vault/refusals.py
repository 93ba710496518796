"""Why the vault refuses, as a closed set; the sentence for the administrator is `key.REASON` of the catalogue.

The error classes are `appliance.errors.VaultLocked` (the key is not there) and `WrongKey` (it is there and does not
open); `detail["reason"]` carries the `Reason`, so the command line and the status page can say what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from appliance.errors import AppError, VaultLocked, WrongKey
from appliance.locale import both

E = TypeVar("E", bound=AppError)


class Reason(StrEnum):
    """One cause of a refusal. The values are stable."""

    KEYRING_MISSING = "keyring_missing"
    KEYRING_LOST = "keyring_lost"
    KEYRING_EXISTS = "keyring_exists"
    KEYRING_DAMAGED = "keyring_damaged"
    KEYRING_TOO_NEW = "keyring_too_new"
    KEY_FILE_MISSING = "key_file_missing"
    KEY_FILE_DAMAGED = "key_file_damaged"
    CREDENTIAL_MISSING = "credential_missing"
    OPEN_TO_OTHERS = "open_to_others"
    NO_PASSPHRASE_SET = "no_passphrase_set"
    PASSPHRASE_SHORT = "passphrase_short"
    PASSPHRASE_DIFFERS = "passphrase_differs"
    DERIVATION_FAILED = "derivation_failed"
    ANOTHER_KEY = "another_key"
    SAME_KEY = "same_key"
    SHARE_FORM = "share_form"
    SHARE_WORD = "share_word"
    SHARE_CHECKSUM = "share_checksum"
    SHARE_FOREIGN = "share_foreign"
    SHARES_SAME = "shares_same"
    SHARES_OF_TWO_SETS = "shares_of_two_sets"
    SEAL_BROKEN = "seal_broken"


def locked(reason: Reason, **detail: str | int) -> VaultLocked:
    """The error for a key that is not there; `detail` must hold no secret."""
    return _with_detail(VaultLocked(_sentence(reason), reason=reason.value), detail)


def wrong(reason: Reason, **detail: str | int) -> WrongKey:
    """The error for a key that is there and does not fit; `detail` must hold no secret."""
    return _with_detail(WrongKey(_sentence(reason), reason=reason.value), detail)


def _with_detail(error: E, detail: dict[str, str | int]) -> E:
    error.detail.update(detail)
    return error


def _sentence(reason: Reason) -> str:
    return both(f"key.{reason}")
