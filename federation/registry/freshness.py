"""How old what an appliance knows of the registry may be.

| since the timestamp | state | then |
|---|---|---|
| up to 24 h | fresh | everything |
| up to 72 h | degraded | links that are open stay; no new peers, no new rooms with new agencies; people are told |
| later | stopped | no federation; the agency's own rooms go on |

The age counts from the end that the signed timestamp has, less the 24 hours for which the operator signs it, and never
from later than when this appliance first verified it: a timestamp that claims to hold for years does not.

Pure: the time is an argument.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

TIMESTAMP_S: Final = 24 * 3600
"""For how long the operator signs a timestamp."""
STOPPED_S: Final = 72 * 3600


class Freshness(StrEnum):
    """How much of the federation goes on."""

    FRESH = "fresh"
    DEGRADED = "degraded"
    STOPPED = "stopped"


def age(now: int, expires: int, verified_at: int) -> int:
    """Return the seconds for which nothing newer came; `verified_at` is when this timestamp was first verified."""
    return now - min(expires - TIMESTAMP_S, verified_at)


def state(now: int, expires: int, verified_at: int) -> Freshness:
    """Return what goes on, by the end of the newest timestamp and when it was first verified (all s UTC)."""
    old = age(now, expires, verified_at)
    if old <= TIMESTAMP_S:
        return Freshness.FRESH
    return Freshness.DEGRADED if old <= STOPPED_S else Freshness.STOPPED
