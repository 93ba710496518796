"""How a gateway does: every link, its keys, its registry, and what somebody has to act on.

Owns the value, the Unix socket on which the running process gives it (`status.sock` in its folder, for its own user
alone, so that it can be asked while no peer and no appliance is there), and how it reads for a person.

Rules for alarms: a link that has been away for `AWAY_S` and longer for `LONG_S`; a clock that is further than
`SKEW_MS` from a peer's; a key that ends within 60 days or that the registry does not list; a registry that is not
fresh; an appliance that is away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.errors import AppError
from appliance.ipc import sockets
from appliance.ipc.client import Busy, Client, Unreachable
from appliance.ipc.frames import Protocol
from appliance.ipc.server import Server
from appliance.ipc.sockets import Peer

SOCKET: Final = "status.sock"
MAX_FRAME_BYTES: Final = 4 * 1024**2
ANSWER_S: Final = 5.0
AWAY_S: Final = 15 * 60
LONG_S: Final = 4 * 3600
SKEW_MS: Final = 2_000
WARN_DAYS: Final = 60
DAY_S: Final = 86_400
MS: Final = 1000


class State(StrEnum):
    """How a link stands."""

    UP = "up"
    GREETING = "greeting"
    DIALLING = "dialling"
    WAITING = "waiting"
    REFUSED = "refused"


class LinkStatus(msgspec.Struct, frozen=True):
    """One link. Times are ms UTC, 0 for never; `waits_in` are frames of the peer, `waits_out` bytes for it."""

    peer: str
    state: State
    since: int
    heard: int = 0
    waits_in: int = 0
    waits_out: int = 0
    skew_ms: int = 0
    version: int = 0
    registry: int = 0
    why: str = ""


class KeyStatus(msgspec.Struct, frozen=True):
    """One of our keys. `end` is s UTC, of the registry where it lists the key."""

    id: str
    use: str
    end: int
    is_listed: bool
    is_used: bool


class RegistryStatus(msgspec.Struct, frozen=True):
    """The registry as last verified: `state` is `fresh`, `degraded`, `stopped` or `none`."""

    version: int
    state: str
    verified: int


class Alarm(msgspec.Struct, frozen=True):
    """Something to act on: its code, and what it is about."""

    code: str
    about: str


class Status(msgspec.Struct, frozen=True):
    """All of it, at `now` (ms UTC)."""

    agency: str
    now: int
    is_enrolled: bool
    appliance: bool
    registry: RegistryStatus
    links: list[LinkStatus]
    keys: list[KeyStatus]
    alarms: list[Alarm] = []


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Asks how the gateway does."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A request that was not answered."""

    code: str


class Told(msgspec.Struct, frozen=True, tag=True):
    """How it does."""

    status: Status


PROTOCOL: Final[Protocol[Ask, Told | Refused]] = Protocol(
    msgspec.msgpack.Decoder(Ask), msgspec.msgpack.Decoder(Told | Refused), Refused, MAX_FRAME_BYTES
)


def with_alarms(status: Status) -> Status:
    """Return a status with what has to be acted on."""
    alarms = [] if status.is_enrolled else [Alarm("not_enrolled", status.agency)]
    if not status.appliance:
        alarms.append(Alarm("appliance_away", ""))
    if status.registry.state != "fresh":
        alarms.append(Alarm(f"registry_{status.registry.state}", str(status.registry.version)))
    for link in status.links:
        away = (status.now - link.since) // MS if link.state is not State.UP else 0
        if away >= AWAY_S:
            alarms.append(Alarm("link_away_long" if away >= LONG_S else "link_away", link.peer))
        if abs(link.skew_ms) > SKEW_MS:
            alarms.append(Alarm("clock", f"{link.peer} {link.skew_ms} ms"))
    for key in status.keys:
        days = (key.end - status.now // MS) // DAY_S
        if not key.is_listed and status.is_enrolled:
            alarms.append(Alarm("key_not_listed", key.id))
        elif key.is_used and days <= WARN_DAYS:
            alarms.append(Alarm("key_ends", f"{key.id} {days}"))
    return msgspec.structs.replace(status, alarms=alarms)


async def serve(folder: Path, now: Callable[[], Status]) -> Server[Ask, Told | Refused]:
    """Give the status to whoever of this user asks; the caller closes what is returned."""

    async def answer(_request: Ask, _peer: Peer) -> Told | Refused:
        return Told(with_alarms(now()))

    server = Server(PROTOCOL, answer)
    await server.start(sockets.listen(sockets.address(folder, SOCKET)))
    return server


async def ask(folder: Path) -> Status:
    """Return the status of the gateway that runs in a folder. Raises AppError (`gateway_not_running`)."""
    client = Client(sockets.address(folder, SOCKET), PROTOCOL)
    try:
        answer = await client.ask(Ask(), ANSWER_S)
    except (Unreachable, Busy, OSError) as error:
        raise AppError(str(error), code="gateway_not_running", folder=str(folder)) from error
    finally:
        await client.close()
    if isinstance(answer, Refused):
        raise AppError(answer.code, code="gateway_not_running", folder=str(folder))
    return answer.status


def plain(status: Status) -> Any:
    """Return a status as JSON values."""
    return msgspec.to_builtins(status)


def lines(status: Status) -> list[str]:
    """Return a status for a person: one line for each thing, alarms at the end."""
    registry = status.registry
    found = [
        f"{status.agency}  {_time(status.now)}",
        f"appliance  {'up' if status.appliance else 'away'}",
        f"registry   {registry.version}  {registry.state}  {_time(registry.verified)}",
        *(_link(link) for link in status.links),
        *(_key(key) for key in status.keys),
        *(f"! {alarm.code}  {alarm.about}" for alarm in status.alarms),
    ]
    return [line.rstrip() for line in found]


def _link(link: LinkStatus) -> str:
    told = f"heard {_time(link.heard)}  in {link.waits_in}  out {link.waits_out} B  skew {link.skew_ms} ms"
    return f"link  {link.peer}  {link.state}  since {_time(link.since)}  {told}  {link.why}"


def _key(key: KeyStatus) -> str:
    marks = f"{'listed' if key.is_listed else 'not listed'}{', in use' if key.is_used else ''}"
    return f"key   {key.id}  until {_time(key.end * MS)}  {marks}"


def _time(at: int) -> str:
    return dt.datetime.fromtimestamp(at / MS, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "–"
