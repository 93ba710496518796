"""How recovery codes are kept: as keyed hashes."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from appliance.rules.passwords import as_one_time_code

if TYPE_CHECKING:
    from appliance.model import PersonId


class RecoveryCodes:
    """Hashes codes under a key of their own."""

    def __init__(self, key: bytes) -> None:
        self._key: Final = key

    def hash(self, person: PersonId, code: str) -> bytes:
        """Return the hash under which a recovery code of this person is kept: 80 random bits need no slow one."""
        return hmac.digest(self._key, f"{person}\0{as_one_time_code(code)}".encode(), "sha256")
