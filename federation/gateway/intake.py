"""How much a peer may send (F83): its quota in the registry for events, one of our own for the rest.

Rules: a peer over its quota is told to pause (`busy`) and not read from until it has room again, so nothing of it is
lost and nobody else waits; of what is kept nowhere (`eph`) the excess is dropped and counted. The counts outlive a
link: dialling again gains nothing. Does not: know connections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from appliance.errors import TooMany
from appliance.limits import Buckets
from federation.protocol.frames import Eph, Feed, Frame, Submit
from federation.registry.terms import Quota

OTHER_FRAMES_S: Final = 200.0
OTHER_FRAMES_BURST: Final = 2_000.0
MAX_PAUSE_S: Final = 10.0
"""A peer that waits longer than a minute takes the link for dead; what is still owed then is waited for again."""


class Intake:
    """The quotas of all peers; `clock` is a monotonic one, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._events: dict[str, tuple[Quota, Buckets]] = {}
        self._frames = Buckets(OTHER_FRAMES_S, OTHER_FRAMES_BURST, clock)
        self.dropped: Counter[str] = Counter()

    def pause_before(self, peer: str, quota: Quota, frame: Frame) -> float:
        """Count a frame in and return 0, or return the seconds to wait before it is asked for again."""
        try:
            if isinstance(frame, Submit):
                self._of(peer, quota).take(peer, len(frame.ev))
            elif not isinstance(frame, Feed):
                self._frames.take(peer)
        except TooMany as error:
            return min(MAX_PAUSE_S, error.retry_after)
        return 0.0

    def drops(self, peer: str, frame: Frame) -> bool:
        """Return whether a frame that would have to wait is dropped instead."""
        if isinstance(frame, Eph):
            self.dropped[peer] += 1
            return True
        return False

    def _of(self, peer: str, quota: Quota) -> Buckets:
        known = self._events.get(peer)
        if known is None or known[0] != quota:
            known = quota, Buckets(quota.ev_s, quota.burst, self._clock)
            self._events[peer] = known
        return known[1]
