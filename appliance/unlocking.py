"""Opening an appliance's keys as its configuration says; light, so that a supervisor can check them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import NotFound
from appliance.vault.keyring import unlock_with
from appliance.vault.master import MasterSource, open_master_key
from appliance.vault.record import SourceKind, has_keyring

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.config import Config
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import Ask, MasterKey


def require_appliance(data: Path) -> None:
    """Raise NotFound (`no_appliance`) where the folder holds none, VaultLocked where its keyring was lost."""
    if not has_keyring(data):
        raise NotFound(code="no_appliance", folder=str(data))


def open_master(config: Config, ask: Ask) -> MasterKey:
    """Return the appliance's master key. Raises NotFound (`no_appliance`), VaultLocked, WrongKey; touches nothing."""
    require_appliance(config.data)
    return open_master_key(MasterSource(SourceKind(config.keys.source)), config.data, ask)


def unlock_keys(config: Config, ask: Ask, master: MasterKey | None = None) -> Keyring:
    """Open the appliance's keys, with the master key where it is known; touches nothing.

    Raises NotFound (`no_appliance`), VaultLocked, WrongKey.
    """
    return unlock_with(master or open_master(config, ask), config.data)
