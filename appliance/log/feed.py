"""The feed of the appliance: its positions, and publishing each commit to the followers.

Owns the newest position and the list of followers. Rules:
- positions are taken only while the store's writer is held, and rise; gaps are allowed;
- commits are published in the order of their positions: the writer publishes before it releases the store, with no
  `await` between the commit and the publishing;
- a follower that fails does not stop the others.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from appliance.model import Millis
    from appliance.wire.committed import Committed

logger = logging.getLogger(__name__)


class Feed:
    """The newest position of the feed, and its followers."""

    def __init__(self) -> None:
        self.pos = 0
        self.latest: Millis = 0
        """The latest time that anything on the feed was written at, as far as it is known; see `actions/clock.py`."""
        self.followers: list[Callable[[Committed], None]] = []

    def advance(self, pos: int, latest: Millis = 0) -> None:
        """Note that everything up to a position is durable, the newest of it written at `latest`."""
        self.pos = pos
        self.latest = max(self.latest, latest)

    def publish(self, committed: Iterable[Committed]) -> None:
        """Publish a commit to every follower, one after the other."""
        for one in committed:
            for follower in self.followers:
                try:
                    follower(one)
                except Exception:
                    logger.exception("a follower of the feed failed")
