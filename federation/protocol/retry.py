"""When to dial a peer again, and when somebody is to be told that it cannot be reached.

Full jitter: before an attempt any time up to `BASE_MS`, twice that after each failure and at most `CAP_MS`, so that a
hundred gateways do not dial at once what has just come back. Entries are tried for ever. Rules:
- a link that was open for `STEADY_MS` begins anew; one that ends at once counts as a failure, however it was opened;
- after a reason that time does not mend (`HOPELESS`) the wait is that of the cap;
- alarms at 15 minutes and 4 hours since the peer was last linked, each once until it is linked again.

Example: after the third failure in turn `wait_ms(4, 0.5)` is 4,000 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from federation.protocol.outputs import Why

BASE_MS: Final = 500
CAP_MS: Final = 300_000
STEADY_MS: Final = 30_000
ALARMS_MS: Final = (15 * 60_000, 4 * 3_600_000)
HOPELESS: Final = frozenset({Why.AGENCY, Why.VERSION, Why.REGISTRY_STATUS})
_MOST_FAILURES: Final = 11  # 0.5 s · 2^10 is more than the cap, so more need not be counted


@dataclass(frozen=True, slots=True)
class Retry:
    """How it stands with a peer that we dial, on the steady clock in ms.

    `lost_at` is since when there is no link, `opened_at` since when there is one.
    """

    lost_at: int | None = None
    opened_at: int | None = None
    failures: int = 0
    alarms: int = 0

    def opened(self, now: int) -> Retry:
        """A link has opened."""
        return replace(self, opened_at=now)

    def failed(self, now: int, why: str = "") -> Retry:
        """An attempt came to nothing or a link has ended."""
        steady = self.opened_at is not None and now - self.opened_at >= STEADY_MS
        failures = _MOST_FAILURES if why in HOPELESS else 1 if steady else min(self.failures + 1, _MOST_FAILURES)
        if steady or self.lost_at is None:
            return Retry(lost_at=now, failures=failures)
        return replace(self, opened_at=None, failures=failures)

    def wait_ms(self, chance: float) -> int:
        """How long to wait before the next attempt; `chance` is random, from 0 to before 1."""
        return wait_ms(self.failures, chance)

    def told(self, now: int) -> tuple[Retry, int | None]:
        """Return the state and how long the peer has been away, in ms, if that is to be told now."""
        if self.lost_at is None or self.opened_at is not None:
            return self, None
        away = now - self.lost_at
        due = sum(away >= limit for limit in ALARMS_MS)
        return (replace(self, alarms=due), away) if due > self.alarms else (self, None)


def wait_ms(failures: int, chance: float) -> int:
    """How long to wait after so many failures in turn; `chance` is random, from 0 to before 1."""
    return int(chance * min(CAP_MS, BASE_MS << max(min(failures, _MOST_FAILURES) - 1, 0)))
