"""Which version of the terms of use is in force, and whether a person has accepted it (F80).

In force is the newest version whose time has come. Accepting it covers the older ones; a newer one has to be accepted
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis


def in_force(versions: Iterable[tuple[int, Millis]], now: Millis) -> int:
    """Return the version in force of (version, effective) pairs; 0 when none is."""
    return max((version for version, effective in versions if effective <= now), default=0)


def is_accepted(accepted: int, required: int) -> bool:
    """Return whether having accepted up to `accepted` satisfies the version in force."""
    return accepted >= required
