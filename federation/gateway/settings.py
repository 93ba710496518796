"""The gateway's settings: one frozen value from `gateway.toml`, checked whole, as the appliance's (`appliance/config`).

Every key has a default but what nobody can guess; all faults are reported at once, each with its key; unknown keys are
faults. Secrets are no settings. Each setting is described in docs/federation.md.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from appliance.config import LAST_PORT, bad_networks, build, check_port, is_host
from appliance.errors import ConfigError
from appliance.locale import both
from appliance.vault.keyfile import replace_file

FILE_NAME: Final = "gateway.toml"
KEY_SOURCES: Final = ("file", "credential")
MIN_POLL_S: Final = 10


@dataclass(frozen=True, slots=True)
class Listen:
    """Where other gateways connect: always mutual TLS 1.3. `endpoint` is the address that the registry lists."""

    host: str = "0.0.0.0"  # noqa: S104 - other agencies are other machines
    port: int = 8443
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """Where the registry's files are served, and how often they are asked for.

    `root` is the file of the root that this agency trusts, in the gateway's folder unless absolute.
    """

    url: str = ""
    root: str = "root.json"
    poll_s: int = 300


@dataclass(frozen=True, slots=True)
class Dialling:
    """Networks that the gateway may connect to; what no registry lists it does not dial in any case.

    Loopback, link-local and other addresses of no network stay closed unless a network named here lies within them.
    """

    networks: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    dial: bool = True


@dataclass(frozen=True, slots=True)
class ApplianceSocket:
    """The Unix socket of the appliance, which it opens in its data folder."""

    socket: str = "/var/lib/gchat/gateway.sock"


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the master key of the gateway's own keys comes from: a file in its folder, or systemd's credential."""

    source: str = "file"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be open and waiting: connections, handshakes, bytes for one peer, requests of one peer at once."""

    connections: int = 2_000
    connections_an_address: int = 8
    waiting_bytes: int = 8 * 1024**2
    requests_a_peer: int = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one gateway; `folder` is where it keeps its things."""

    folder: Path
    listen: Listen = field(default_factory=Listen)
    registry: RegistrySource = field(default_factory=RegistrySource)
    peers: Dialling = field(default_factory=Dialling)
    appliance: ApplianceSocket = field(default_factory=ApplianceSocket)
    keys: KeySource = field(default_factory=KeySource)
    limits: Limits = field(default_factory=Limits)

    @property
    def root_file(self) -> Path:
        """The file of the trusted root."""
        return self.folder / self.registry.root

    @property
    def appliance_socket(self) -> Path:
        """The appliance's socket; a relative path is relative to the folder."""
        return self.folder / self.appliance.socket


def load(folder: Path) -> Settings:
    """Read `gateway.toml` of a folder. Raises ConfigError with every fault."""
    path = folder / FILE_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError([f"{path}: {both('config.gateway_missing')}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path.name}: {both('config.save_as_utf', error=error)}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path.name}: {both('config.cannot_read', error=error)}"]) from error
    return parse(folder, raw)


def parse(folder: Path, raw: dict[str, Any]) -> Settings:
    """Check raw values against the types of the settings. Raises ConfigError with every fault."""
    problems: list[str] = []
    found = build(Settings, raw | {"folder": folder}, "", problems)
    problems += check(found)
    if problems:
        raise ConfigError(problems)
    settings: Settings = found
    return settings


def write(folder: Path, chosen: Mapping[str, Mapping[str, str | int | list[str]]]) -> None:
    """Write `gateway.toml` with these settings by table, where there is none."""
    path = folder / FILE_NAME
    lines = []
    for table, values in chosen.items():
        # A JSON text or number is one of TOML too.
        lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items()), ""]
    if not path.exists():
        replace_file(path, "\n".join(lines).encode(), 0o644)


def check(settings: Settings) -> list[str]:
    """Return what is wrong with values that are each of the right type."""
    problems = check_port("listen.port", settings.listen.port)
    if not is_host(settings.listen.host):
        problems.append(f"listen.host: {both('config.host_name', name=settings.listen.host)}")
    if not is_registry_url(settings.registry.url):
        problems.append(f"registry.url: {both('config.registry_url')}")
    if settings.registry.poll_s < MIN_POLL_S:
        problems.append(f"registry.poll_s: {both('config.at_least_2', shortest_history_days=MIN_POLL_S)}")
    problems += bad_networks("peers.networks", settings.peers.networks)
    if settings.keys.source not in KEY_SOURCES:
        problems.append(f"keys.source: {both('config.gateway_key_source')}")
    limits = settings.limits
    for name in ("connections", "connections_an_address", "waiting_bytes", "requests_a_peer"):
        if not getattr(limits, name):
            problems.append(f"limits.{name}: {both('config.at_least')}")
    return problems


def is_registry_url(text: str) -> bool:
    """Return whether this is the address of a folder served over HTTP or HTTPS, with nothing secret or odd in it."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = url.scheme in ("http", "https") and "@" not in url.netloc and not url.query and not url.fragment
    return plain and is_host(url.hostname or "") and (port is None or 0 < port <= LAST_PORT)
