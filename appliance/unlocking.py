"""Opening an appliance's keys as its configuration says; light, so that a supervisor can check them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import VaultLocked
from appliance.vault.keyring import unlock
from appliance.vault.master import MasterSource
from appliance.vault.record import SourceKind, has_keyring

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import Ask


def unlock_keys(config: Config, ask: Ask) -> Keyring:
    """Open the appliance's keys. Raises VaultLocked, WrongKey; nothing is touched then."""
    if not has_keyring(config.data):
        raise VaultLocked(f"{config.data} holds no appliance: set one up with `gchat setup`")
    return unlock(MasterSource(SourceKind(config.keys.source)), config.data, ask)
