"""Making a new appliance: keys, configuration, an empty database. Nothing that exists is ever overwritten."""

from __future__ import annotations

import errno
import json
import os
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from appliance import config, wiring
from appliance.errors import Conflict
from appliance.process import tls
from appliance.store.migrate import make
from appliance.vault.keyfile import remove_private, replace_file, replace_private
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterSource, new_master_key
from appliance.vault.record import FILE_NAME, SourceKind, has_keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from appliance.errors import WrongKey
    from appliance.vault.master import Ask, NewMaster

# What a setup makes, in the order in which it is removed: the keyring last, so that no database stands without it.
MADE: Final = ("gchat.db", "gchat.db-wal", "gchat.db-shm", "checkpoints.log", tls.CA_FILE, tls.SEALED_FILE, FILE_NAME)


class Staff(msgspec.Struct, frozen=True):
    """Where staff will connect, where that differs from the defaults; a `host` beyond loopback gets TLS."""

    host: str | None = None
    port: int | None = None
    names: tuple[str, ...] = ()


class NewAgency(msgspec.Struct, frozen=True):
    """Who will run the appliance."""

    slug: str
    domain: str
    name_th: str
    name_en: str


class Created(msgspec.Struct, frozen=True):
    """A new appliance: its configuration and its open keys."""

    config: config.Config
    keys: Keyring


def check_folder(data: Path) -> None:
    """Raise Conflict (`appliance_exists`) when the folder holds an appliance whose setup was finished.

    Raises PermissionError where nothing can be made in it.
    """
    standing = next(folder for folder in (data, *data.parents) if folder.exists())
    if not os.access(standing, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(standing))
    if not (data / config.SETUP_MARK).exists() and has_keyring(data):
        raise Conflict(code="appliance_exists", folder=str(data))


@contextmanager
def unfinished(data: Path) -> Iterator[None]:
    """Mark the folder while an appliance is made in it: after an interruption the next setup starts again.

    What a setup that was cut short left is removed first; nothing in it was anybody's yet. A key in `master.key` stays.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = data / config.SETUP_MARK
    if mark.exists():
        for name in MADE:
            remove_private(data / name)
    replace_private(mark, b"")
    try:
        yield
    except BaseException:
        if not has_keyring(data):
            remove_private(mark)
            if not any(data.iterdir()):
                data.rmdir()
        raise
    remove_private(mark)


def check(data: Path, agency: NewAgency, source: str, staff: Staff | None = None, extra: str = "") -> config.Config:
    """Return the configuration that `create` would write. Raises ConfigError; nothing is made."""
    return config.parse(data, tomllib.loads(_toml(agency, source, staff or Staff()) + extra))


def create(
    data: Path,
    agency: NewAgency,
    source: str,
    ask: Ask,
    extra: str = "",
    staff: Staff | None = None,
    *,
    hand_out: Callable[[NewMaster], None] = lambda _: None,
    report: Callable[[WrongKey], None] | None = None,
) -> Created:
    """Make the appliance in `data`; `extra` is further TOML. `hand_out` gets the new master key before it is used.

    `report` is as in `new_master_key`.

    Raises Conflict (`appliance_exists`), ConfigError, and VaultLocked or WrongKey where a key cannot be made.
    """
    check_folder(data)
    text = _toml(agency, source, staff or Staff()) + extra
    loaded = check(data, agency, source, staff, extra)
    made = new_master_key(MasterSource(SourceKind(source)), data, ask, report)
    hand_out(made)
    keys = Keyring.create(data, made.key, agency.slug, made.record, agency.domain)
    replace_file(data / config.FILE_NAME, text.encode(), 0o644)
    make(loaded.database, keys.database_key)
    loaded.database.chmod(0o600)
    tls.ensure_own(loaded, keys, wiring.system_clock())
    return Created(loaded, keys)


def _toml(agency: NewAgency, source: str, staff: Staff) -> str:
    values = {
        "slug": agency.slug,
        "domain": agency.domain,
        "name_th": agency.name_th,
        "name_en": agency.name_en,
    }
    lines = ["[agency]", *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())]
    return "\n".join([*lines, "", "[keys]", f'source = "{source}"', "", *_staff_toml(staff), ""])


def _staff_toml(staff: Staff) -> list[str]:
    values: dict[str, object] = {}
    if staff.host is not None:
        values |= {"host": staff.host, "tls": not config.is_loopback(staff.host)}
    if staff.port is not None:
        values["port"] = staff.port
    if staff.names:
        values["names"] = list(staff.names)
    return ["[staff]", *(f"{name} = {json.dumps(value)}" for name, value in values.items()), ""] if values else []


def files_toml(files: config.Files) -> str:
    """Return the part of gchat.toml that says how files are looked at and scanned."""
    return f'[files]\nfence = "{files.fence}"\nscan = "{files.scan}"\n'
