"""Noticing that the clock was ahead and has been set right (or that it is behind now).

The times of what was written lie ahead of the clock then. Order does not depend on it: positions and the hub's time of
a room never go back. What people see, windows and search count by the time of writing, which is the clock's. A jump is
put on record once, so that an administrator and a reader of evidence know that times before it are not to be trusted.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.model import SYSTEM
from appliance.store import audit

if TYPE_CHECKING:
    from appliance.services import Services

logger = logging.getLogger(__name__)
TOLERANCE_MS: Final = 120_000
"""What a time server may correct without a word; as for peers."""
ACTION: Final = "clock.set_back"
TARGET: Final = "clock"


async def check_clock(s: Services) -> bool:
    """Put on record that the newest entry is ahead of the clock, once for each jump; say whether it was one now."""
    now, newest = s.clock(), s.log.feed.latest
    if newest - now <= TOLERANCE_MS:
        return False
    s.log.feed.latest = now
    async with s.store.write() as tx:
        known = await tx.run(audit.find_last, ACTION, TARGET)
        if known is not None and known.detail and msgspec.json.decode(known.detail)["newest"] == newest:
            return False
        await tx.run(
            audit.append, at=now, actor=SYSTEM, action=ACTION, target=TARGET, outcome="recorded",
            detail={"newest": newest, "now": now},
        )  # fmt: skip
    logger.error(
        "the clock was set back: the newest entry was written %d minutes from now. Times of entries before this record "
        "in the audit log (%s) may be wrong; check the time server",
        (newest - now) // 60_000,
        ACTION,
    )
    return True
