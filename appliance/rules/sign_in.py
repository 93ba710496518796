"""How guessing passwords is slowed: a few free tries, then delays that double (F74)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.policies import SignInLimits


def wait_before_try(failures: int, last_failure: Millis, tries: int, limits: SignInLimits, now: Millis) -> Millis:
    """Return how long the next try has to wait after `failures` in a row, 0 when it may go ahead."""
    if failures < tries or now - last_failure >= limits.forget_ms:
        return 0
    doublings = min(failures - tries, 32)
    delay = min(limits.first_delay_ms << doublings, limits.longest_delay_ms)
    return max(0, last_failure + delay - now)
