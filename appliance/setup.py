"""Making a new appliance: keys, configuration, an empty database. Nothing that exists is ever overwritten."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance import config, tls, wiring
from appliance.store.migrate import migrate
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterSource, new_master_key
from appliance.vault.record import SourceKind

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.vault.master import Ask


@dataclass(frozen=True, slots=True)
class NewAgency:
    """Who will run the appliance."""

    slug: str
    domain: str
    name_th: str
    name_en: str


def create(data: Path, agency: NewAgency, source: str, ask: Ask, extra: str = "") -> tuple[str, ...]:
    """Make the appliance in `data`; `extra` is further TOML. Return the officers' shares, if that is the source.

    Raises VaultLocked (`keyring_exists`) when there is one already, ConfigError.
    """
    text = _toml(agency, source) + extra
    loaded = config.parse(data, tomllib.loads(text))
    made = new_master_key(MasterSource(SourceKind(source)), data, ask, agency.slug)
    keys = Keyring.create(data, made.key, agency.slug, made.record)
    (data / config.FILE_NAME).write_text(text, encoding="utf-8")
    migrate(loaded.database, keys.database_key)
    loaded.database.chmod(0o600)
    tls.ensure_own(loaded, keys, wiring.system_clock())
    return tuple(made.shares or ())


def _toml(agency: NewAgency, source: str) -> str:
    values = {
        "slug": agency.slug,
        "domain": agency.domain,
        "name_th": agency.name_th,
        "name_en": agency.name_en,
    }
    lines = ["[agency]", *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())]
    return "\n".join([*lines, "", "[keys]", f'source = "{source}"', "", ""])
