"""Opening an appliance's keys as its configuration says; light, so that a supervisor can check them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import VaultLocked
from appliance.vault.keyring import unlock_with
from appliance.vault.master import MasterSource, open_master_key
from appliance.vault.record import SourceKind, has_keyring

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import Ask, MasterKey


def open_master(config: Config, ask: Ask) -> MasterKey:
    """Return the appliance's master key. Raises VaultLocked, WrongKey; nothing is touched."""
    if not has_keyring(config.data):
        raise VaultLocked(f"{config.data} holds no appliance: set one up with `gchat setup`")
    return open_master_key(MasterSource(SourceKind(config.keys.source)), config.data, ask)


def unlock_keys(config: Config, ask: Ask, master: MasterKey | None = None) -> Keyring:
    """Open the appliance's keys, with the master key where it is known. Raises VaultLocked, WrongKey; nothing is
    touched then.
    """
    return unlock_with(master or open_master(config, ask), config.data)
