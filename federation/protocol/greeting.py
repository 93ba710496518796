"""What two greetings say of a link: whether it opens, in which version, how far the clocks differ.

Rules:
- the agency in the greeting is the one whose key opened the connection; that key decides, the greeting only agrees;
- each side speaks its newest version and the one before it, and the link takes the newest that both speak;
- a newer registry is fetched, an older one is no reason to refuse: the peer hears of ours by our greeting;
- a clock that differs never ends a link. It is flagged from 2 s, and from 120 s the peer's signed requests are refused.

There is one version today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from federation.protocol.frames import MAX_CREDIT, Hello
from federation.protocol.outputs import Concern, Why

NEWEST_VERSION: Final = 1
SKEW_MS: Final = 2_000
FAR_SKEW_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a link before it opens.

    `agency` is ours and `peer` the one that the pinned key names. `registry` and `timestamp` are the versions that we
    have verified, `received` our cursor in the peer's feed, `statements` the last of its statements that we have seen.
    """

    agency: str
    peer: str
    registry: int = 0
    timestamp: int = 0
    received: int = 0
    statements: int = 0
    newest_version: int = NEWEST_VERSION


def greet(ends: Ends, wall: int) -> Hello:
    """Our greeting; `wall` is the time in ms UTC."""
    return Hello(
        v=ends.newest_version,
        ag=ends.agency,
        reg=ends.registry,
        ts=ends.timestamp,
        now=wall,
        recv={ends.peer: ends.received},
        seq=ends.statements,
        cred=MAX_CREDIT,
    )


def check_greeting(ends: Ends, hello: Hello) -> Why | None:
    """Why the peer's greeting opens no link, or None."""
    if hello.ag != ends.peer:
        return Why.AGENCY
    if agreed_version(ends.newest_version, hello.v) is None:
        return Why.VERSION
    return None


def agreed_version(ours: int, theirs: int) -> int | None:
    """The version that two sides use, each of which speaks its newest and the one before it; None if there is none."""
    return min(ours, theirs) if abs(ours - theirs) <= 1 else None


def is_newer(ends: Ends, hello: Hello) -> bool:
    """Say whether the peer has a newer registry, or a newer timestamp of the same."""
    return (hello.reg, hello.ts) > (ends.registry, ends.timestamp)


def concern_of_skew(skew_ms: int) -> Concern | None:
    """What a difference of the clocks is, if it concerns anybody."""
    if abs(skew_ms) > FAR_SKEW_MS:
        return Concern.CLOCK_FAR
    return Concern.CLOCK if abs(skew_ms) > SKEW_MS else None
