"""The stretching of a passphrase into a key: argon2id (RFC 9106).

A module of its own, so that only who has a passphrase waits for the library's import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from appliance.vault.refusals import Reason, locked
from appliance.vault.wrapping import KEY_BYTES

if TYPE_CHECKING:
    from appliance.vault.record import Argon2Cost


def stretch(passphrase: str, salt: bytes, cost: Argon2Cost) -> bytes:
    """Return the key of a passphrase in its normal form.

    Raises VaultLocked (`derivation_failed`) where the memory it costs is not there.
    """
    try:
        return hash_secret_raw(
            passphrase.encode("utf-8", "surrogatepass"),
            salt,
            cost.time_cost,
            cost.memory_kib,
            cost.parallelism,
            hash_len=KEY_BYTES,
            type=Type.ID,
        )
    except HashingError as error:
        raise locked(Reason.DERIVATION_FAILED, memory_mib=cost.memory_kib // 1024) from error
