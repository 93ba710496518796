"""The configuration: one frozen value from a TOML file, checked whole.

Every key has a default that suits a small agency; a file names only what differs. All faults are reported at once, each
with its key. Unknown keys are faults, so a misspelt setting is never silently ignored. Secrets are not configuration:
keys live in the vault (`docs/keys.md`).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from appliance.attachments import MOST_DISK_PERCENT
from appliance.errors import ConfigError
from appliance.locale import both
from appliance.model import is_agency, is_domain
from appliance.policies import MAX_PASSWORD_LENGTH, Policies, SignInLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE_NAME: Final = "gchat.toml"
KEYRING_FILE: Final = "keyring.json"
SETUP_MARK: Final = "setup-unfinished"
"""A file that lies in the folder until `gchat setup` is through; what is there before that holds nothing of anybody."""
SYSTEM: Final = "system"
LAST_HOUR: Final = 23
LAST_PORT: Final = 65_535
LOCALHOST: Final = "localhost"
FENCES: Final = ("bwrap", "systemd")
MAX_WORKERS: Final = 4
SCANS: Final = ("hold", "deliver", "off")
PHOTOS: Final = ("moderated", "shown", "off")
"""Workers that look at files at once; systemd/gchat-preview.socket has room for three times as many."""
# A host name as in RFC 1123 §2.1; underlines are met in agencies' own networks.
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*", re.IGNORECASE
)
# Thai law asks whoever serves many to keep who was connected when for 90 days (Computer-related Crime Act, section 26).
MIN_HISTORY_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Agency:
    """Who runs this appliance. `slug` is its short name in ids and logs, `domain` what its evidence is signed under."""

    slug: str = "agency"
    domain: str = "gchat.test"
    name_th: str = "หน่วยงาน"
    name_en: str = "Agency"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where staff connect. Plain HTTP is allowed on loopback only; `port` 0 picks a free one.

    Without `certificate` and `key` (PEM files) the appliance makes its own agency CA and certificate for `names`.
    `proxies` are the networks of reverse proxies, whose `X-Forwarded-For` is believed. `announce` says on the local
    network where the appliance is (DNS-SD), so that `gchat discover` finds it.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    tls: bool = False
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ("localhost",)
    proxies: tuple[str, ...] = ()
    announce: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one user, room or address may use in a while (F83): a rate a second and a burst, or so many an hour."""

    user_requests_s: float = 50
    user_requests_burst: float = 500
    address_requests_s: float = 50
    address_requests_burst: float = 500
    user_entries_s: float = 10
    user_entries_burst: float = 100
    room_entries_s: float = 100
    room_entries_burst: float = 1_000
    user_adds_hour: float = 5_000
    user_rooms_hour: float = 20
    user_rooms_day: float = 200
    user_typing_s: float = 0.5
    user_typing_burst: float = 3
    connections_a_person: int = 20
    connections_an_address: int = 5_000
    connections: int = 50_000


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the master key comes from at start: file, credential, passphrase or shares (docs/keys.md)."""

    source: str = "file"


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """Days until an unanswered removal request goes to the unit's administrator; until one refused may come again."""

    removal_escalates_days: int = 3
    request_repeats_days: int = 7


@dataclass(frozen=True, slots=True)
class Evidence:
    """The append-only file of signed heads, in the data folder unless absolute; the hour of the nightly check, UTC."""

    heads_file: str = "checkpoints.log"
    check_hour_utc: int = 19


@dataclass(frozen=True, slots=True)
class Files:
    """Files and how much of them is kept, in bytes (docs/files.md).

    `largest` is one file; `upload_hours` is how long an upload is kept that no message refers to. `blocked` names
    extensions that nobody may send, besides those that are never taken (`rules/file_types.py`). `quota_person_year` is
    for one person in one year, `quota_unit` for all people of a unit (0: no limit of its own), `disk_percent` how much
    of the disk the agency's files may take. `fence` is how the workers that look at files are fenced in, `bwrap` or
    `systemd`; `workers` run at once; `preview_socket` is where systemd starts one. `scan` says what happens to files
    that were not found clean (`rules/scanning.py: ScanPolicy`); `scan_wait_s` is how long they wait for the scan where
    they are delivered then. `photos` says who is shown the photographs of people's cards (`rules/portraits.py`).
    """

    largest: int = 500_000_000
    upload_hours: int = 24
    blocked: tuple[str, ...] = ()
    quota_person_year: int = 5_000_000_000
    quota_unit: int = 0
    disk_percent: int = 80
    fence: str = "systemd"
    workers: int = 2
    preview_socket: str = "/run/gchat-preview.sock"
    scan: str = "deliver"
    scan_wait_s: int = 30
    photos: str = "moderated"


@dataclass(frozen=True, slots=True)
class Clamav:
    """The virus scanner: where clamd listens, its signatures and its settings lie, how many files at once, how long.

    The last five say up to where it looks into a file. They have to be what clamd.conf says, since it cannot be asked:
    one that is higher here would call clean what nobody looked at; a lower one is safe. The defaults are Debian's.
    """

    socket: str = "/run/clamav/clamd.ctl"
    database: str = "/var/lib/clamav"
    config: str = "/etc/clamav/clamd.conf"
    at_once: int = 2
    answer_s: int = 100
    stream_max_length: int = 25 * 1024**2
    max_file_size: int = 25 * 1024**2
    max_scan_size: int = 100 * 1024**2
    max_files: int = 10_000
    max_recursion: int = 16


@dataclass(frozen=True, slots=True)
class Federation:
    """Other agencies (docs/federation.md): whether this appliance has a gateway.

    `root` is the file of the registry's root that the agency was given, in the data folder unless absolute.
    """

    gateway: bool = False
    root: str = "registry-root.json"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration of one appliance; `data` is its folder."""

    data: Path
    agency: Agency = field(default_factory=Agency)
    staff: Listen = field(default_factory=Listen)
    limits: Limits = field(default_factory=Limits)
    keys: Keys = field(default_factory=Keys)
    rooms: RoomPolicy = field(default_factory=RoomPolicy)
    evidence: Evidence = field(default_factory=Evidence)
    files: Files = field(default_factory=Files)
    clamav: Clamav = field(default_factory=Clamav)
    federation: Federation = field(default_factory=Federation)
    policies: Policies = field(default_factory=Policies)

    @property
    def database(self) -> Path:
        """The encrypted database."""
        return self.data / "gchat.db"

    @property
    def heads_file(self) -> Path:
        """The append-only file of signed heads."""
        return self.data / self.evidence.heads_file


def load(data: Path, *, tls: bool = False) -> Config:
    """Read `gchat.toml` of a data folder. Raises ConfigError with every fault.

    Without the file everything is default, but not where a keyring lies: its agency would sign under another name.
    `tls` has HTTPS, whatever the file says.
    """
    path = data / FILE_NAME
    if not path.exists() and (data / KEYRING_FILE).exists() and not (data / SETUP_MARK).exists():
        raise ConfigError([f"{path}: {both('config.missing_restore_from_backup')}"])
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path.name}: {both('config.save_as_utf', error=error)}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path.name}: {both('config.cannot_read', error=error)}"]) from error
    if tls and isinstance(raw.setdefault("staff", {}), dict):
        raw["staff"]["tls"] = True
    return parse(data, raw)


def parse(data: Path, raw: dict[str, Any]) -> Config:
    """Check raw values against the configuration's types. Raises ConfigError with every fault."""
    problems: list[str] = []
    policies = {item.name for item in dataclasses.fields(Policies)}
    parts = {name: raw[name] for name in raw if name not in policies}
    built = build(Config, parts | {"data": data}, "", problems)
    rules = build(Policies, {name: raw[name] for name in raw if name in policies}, "", problems)
    if built is None or rules is None:
        raise ConfigError(problems)
    whole: Config = dataclasses.replace(built, policies=rules)
    problems += check(whole)
    if problems:
        raise ConfigError(problems)
    return whole


def check(config: Config) -> list[str]:
    """Return what is wrong between values that are each of the right type."""
    listen = config.staff
    problems = _check_listen(listen)
    if not is_agency(config.agency.slug) or config.agency.slug.lower() == SYSTEM:
        problems.append(f"agency.slug: {both('config.slug')}")
    if not is_domain(config.agency.domain):
        problems.append(f"agency.domain: {both('config.domain')}")
    if config.policies.passwords.longest > MAX_PASSWORD_LENGTH:
        problems.append(f"passwords.longest: {both('config.at_most', longest_password=MAX_PASSWORD_LENGTH)}")
    problems += check_sign_in(config.policies.sign_in)
    if config.evidence.check_hour_utc > LAST_HOUR:
        problems.append(f"evidence.check_hour_utc: {both('config.at_most_2', last_hour=LAST_HOUR)}")
    if config.keys.source not in ("file", "credential", "passphrase", "shares"):
        problems.append(f"keys.source: {both('config.key_source')}")
    problems += _check_files(config.files)
    problems += _check_clamav(config.clamav)
    rp_id = config.policies.passkeys.rp_id
    if rp_id != LOCALHOST and not any(is_domain_of(rp_id, name) for name in listen.names):
        problems.append(both("config.rp_id", rp_id=rp_id))
    return problems


def _check_listen(listen: Listen) -> list[str]:
    problems = []
    if not listen.tls and not is_loopback(listen.host):
        problems.append(f"staff.tls: {both('config.plain_http_allowed_loopback', host=listen.host)}")
    if listen.announce and not listen.tls:
        problems.append(f"staff.announce: {both('config.announce')}")
    problems += check_port("staff.port", listen.port)
    if bool(listen.certificate) != bool(listen.key):
        problems.append(f"staff.certificate, staff.key: {both('config.give_both_neither')}")
    problems += bad_networks("staff.proxies", listen.proxies)
    if not listen.names:
        problems.append(f"staff.names: {both('config.at_least_one')}")
    problems += [both("config.host_name", name=name) for name in listen.names if not is_host(name)]
    return problems


def _check_files(files: Files) -> list[str]:
    least_one = ("largest", "upload_hours")
    problems = [f"files.{name}: {both('config.at_least')}" for name in least_one if not getattr(files, name)]
    if not 1 <= files.disk_percent <= MOST_DISK_PERCENT:
        problems.append(f"files.disk_percent: {both('config.disk_percent', most=MOST_DISK_PERCENT)}")
    if files.fence not in FENCES:
        problems.append(f"files.fence: {both('config.fence')}")
    if not 1 <= files.workers <= MAX_WORKERS:
        problems.append(f"files.workers: {both('config.workers', most=MAX_WORKERS)}")
    if files.scan not in SCANS:
        problems.append(f"files.scan: {both('config.scan')}")
    if files.photos not in PHOTOS:
        problems.append(f"files.photos: {both('config.photos')}")
    return problems


def _check_clamav(clamav: Clamav) -> list[str]:
    problems = []
    for item in dataclasses.fields(clamav):
        value = getattr(clamav, item.name)
        if isinstance(value, int) and not value:
            problems.append(f"clamav.{item.name}: {both('config.at_least')}")
    return problems


def is_domain_of(domain: str, name: str) -> bool:
    """Return whether a host name is this domain or lies below it, as WebAuthn asks of a relying party's id (§5.1.3)."""
    return name == domain or (name.endswith(f".{domain}") and "." in domain)


def shared_domain(names: tuple[str, ...]) -> str:
    """Return the relying party's id for these host names: the one that all others lie below, else the first."""
    shared = (name for name in names if all(is_domain_of(name, other) for other in names))
    return next(shared, names[0])


def check_sign_in(limits: SignInLimits) -> list[str]:
    """Return what is wrong with limits that are each of the right type."""
    problems = []
    for line in limits.sites:
        name, *networks = line.split() or [""]
        problems += bad_networks(f"sign_in.sites, {name}", networks)
        if not networks:
            problems.append(f"sign_in.sites, {name}: {both('config.site')}")
    least_one = ("tries", "account_tries", "account_drain_ms", "address_tries", "address_drain_ms")
    problems += [f"sign_in.{name}: {both('config.at_least')}" for name in least_one if not getattr(limits, name)]
    if limits.history_days < MIN_HISTORY_DAYS:
        problems.append(f"sign_in.history_days: {both('config.at_least_2', shortest_history_days=MIN_HISTORY_DAYS)}")
    return problems


def bad_networks(where: str, networks: Iterable[str]) -> list[str]:
    """Return what is wrong with addresses or networks of a setting."""
    problems = []
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            problems.append(f"{where}: {both('config.not_a_network', error=error)}")
    return problems


def check_port(where: str, port: int) -> list[str]:
    """Return what is wrong with a port to listen on; `where` is the setting or the flag it comes from."""
    return [] if 0 <= port <= LAST_PORT else [both("config.port_range", where=where, last_port=LAST_PORT)]


def is_host(name: str) -> bool:
    """Return whether this is a host name in ASCII (RFC 1123 §2.1) or an IP address, with nothing around it."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _HOST_NAME.fullmatch(name) is not None
    return True


def is_loopback(host: str) -> bool:
    """Return whether a host can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST


def build(kind: type, raw: dict[str, Any], where: str, problems: list[str]) -> Any:
    """Return a dataclass of settings from raw values; what is wrong with them is added to `problems`."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in hints:
            problems.append(f"{where}{name}: {both('config.no_such_setting')}")
            continue
        fault = len(problems)
        values[name] = _value(hints[name], value, f"{where}{name}", problems)
        if len(problems) > fault:
            del values[name]
    return kind(**values)


def _value(hint: Any, value: Any, where: str, problems: list[str]) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return build(hint, value, f"{where}.", problems)
    if hint == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if hint is float and type(value) is int:
        value = float(value)
    # The type itself, since True is an int to Python; but a path is of the platform's own kind.
    if type(value) is not hint and not (hint is Path and isinstance(value, Path)):
        problems.append(f"{where}: {both('config.expected_not', hint=_expected(hint), name=type(value).__name__)}")
    elif isinstance(value, int | float) and value < 0:
        problems.append(f"{where}: {both('config.cannot_negative')}")
    return value


def _expected(hint: Any) -> str:
    if hint == tuple[str, ...]:
        return "a list of texts"
    return "a table" if dataclasses.is_dataclass(hint) else str(hint.__name__)
