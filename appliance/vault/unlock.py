"""Opening an appliance's keys as its configuration says; light, so that a supervisor can check them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.config import SETUP_MARK
from appliance.errors import AppError, Conflict, NotFound
from appliance.vault.keyring import unlock_with
from appliance.vault.master import MasterSource, open_master_key
from appliance.vault.record import SourceKind, has_keyring, read_record

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.config import Config
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import Ask, MasterKey


def require_appliance(data: Path) -> None:
    """Raise NotFound (`no_appliance`) where the folder holds none, VaultLocked where its keyring was lost.

    Raises Conflict (`setup_unfinished`) where `gchat setup` was cut short.
    """
    if (data / SETUP_MARK).exists():
        raise Conflict(code="setup_unfinished", folder=str(data))
    if not has_keyring(data):
        raise NotFound(code="no_appliance", folder=str(data))


def require_same_agency(config: Config) -> None:
    """Raise AppError (`another_agency`) where the keyring was made for another agency or domain than is configured.

    Every log would be signed under a name that nothing signed before has.
    """
    record, agency = read_record(config.data), config.agency
    if record.agency != agency.slug or record.domain not in ("", agency.domain):
        raise AppError(
            code="another_agency",
            slug=agency.slug,
            domain=agency.domain,
            made_slug=record.agency,
            made_domain=record.domain,
        )


def require_database(path: Path) -> None:
    """Raise AppError (`database_lost`) where the database is missing or its file is empty; opens nothing.

    Outside `gchat setup` none is made in its place: the appliance would come up without people and rooms.
    """
    if not path.exists() or not path.stat().st_size:
        raise AppError(code="database_lost", file=str(path))


def open_master(config: Config, ask: Ask) -> MasterKey:
    """Return the appliance's master key; touches nothing.

    Raises NotFound (`no_appliance`), AppError (`another_agency`), VaultLocked, WrongKey.
    """
    require_appliance(config.data)
    require_same_agency(config)
    return open_master_key(MasterSource(SourceKind(config.keys.source)), config.data, ask)


def unlock_keys(config: Config, ask: Ask, master: MasterKey | None = None) -> Keyring:
    """Open the appliance's keys, with the master key where it is known; touches nothing.

    Raises NotFound (`no_appliance`), AppError (`another_agency`), VaultLocked, WrongKey.
    """
    require_appliance(config.data)
    require_same_agency(config)
    return unlock_with(master or open_master(config, ask), config.data)
