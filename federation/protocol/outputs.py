"""What a link wants done: the outputs of `Link`, in the order in which they are to be carried out.

Values only; who carries them out is the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from federation.protocol.frames import Ack, Eph, Feed, Res, Stmt, Submit


class Instant(NamedTuple):
    """A time on two clocks, both in ms: `steady` never jumps and measures durations, `wall` is the time of day, UTC."""

    steady: int
    wall: int


class Why(StrEnum):
    """Why a link ends, as a `bye` says it; a frame that is refused adds `frame_` and the fault."""

    AGENCY = "agency"
    """The greeting names another agency than the one whose key opened the connection."""
    VERSION = "version"
    """No version of the protocol that both speak."""
    REGISTRY_STATUS = "registry_status"
    """The registry says that the agency is suspended or revoked, or is too old to say anything."""
    ORDER = "order"
    """A frame before the greeting, or a second greeting."""
    CREDIT = "credit"
    """More unanswered frames than were allowed."""
    ANSWER = "answer"
    """An answer that does not fit what was asked."""
    SILENT = "silent"
    """Nothing was received for too long."""
    SLOW = "slow"
    """Answers and statements wait, and the peer does not read."""
    DUPLICATE = "duplicate"
    """The other of two links stays."""
    SHUTDOWN = "shutdown"
    """The gateway stops."""


class Concern(StrEnum):
    """What an administrator is told of a link."""

    CLOCK = "clock"
    """The peer's clock differs by more than 2 s."""
    CLOCK_FAR = "clock_far"
    """It differs by more than 120 s: signed requests of the peer are refused."""
    UNANSWERED = "unanswered"
    """The peer has not answered a frame for a minute."""


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes as one message, and say `sent` once the connection has taken them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """The greetings fit. From here on the appliance offers what the peer lacks.

    `received` is up to which position the peer has our feed, `statements` the last of our statements it has seen;
    `skew_ms` is how far its clock is ahead of ours.
    """

    version: int
    registry: int
    timestamp: int
    skew_ms: int
    received: int
    statements: int


@dataclass(frozen=True, slots=True)
class NewerRegistry:
    """The peer has a newer registry: it is to be fetched."""

    registry: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """A frame for the appliance. A `Submit` is to be answered with `Res`, a `Feed` with `Ack`."""

    frame: Submit | Res | Feed | Ack | Eph | Stmt


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The queue is full and the frame just offered was not taken, nor will others of the log be until `Resume`."""


@dataclass(frozen=True, slots=True)
class Resume:
    """There is room again: offer on from the last position of the feed and the last number that were taken."""

    feed_after: int
    submit_after: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something concerns an administrator from now on, or no longer (`over`); `ms` says how much of it there is."""

    concern: Concern
    ms: int
    over: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Write what was sent before, then close the connection with this WebSocket code. Nothing follows."""

    why: str
    code: int = 1000
    by_peer: bool = False


Output: TypeAlias = Send | Opened | NewerRegistry | Deliver | CatchUp | Resume | Alarm | Close
