"""How guessing passwords is slowed, and when two sign-ins are too far apart to be of one person (F74, F91).

There are three counts, each with its own rule. Failures in a row from one source: a few free tries, then delays that
double. Failures on one account from all sources that are unknown to it, and failures from one address: leaking buckets,
which fill with each failure and drain at a steady rate, so that nobody ever has to wait a whole day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.policies import SignInLimits

FIRST_FAILURE: Final = 1.0
"""What the first failure of an account costs the address it comes from."""
NEXT_FAILURE: Final = 0.5
"""What each further one costs: those are slowed by the account's own count, other names are not."""


def wait_before_try(failures: int, last_failure: Millis, limits: SignInLimits, now: Millis) -> Millis:
    """Return how long the next try has to wait after `failures` in a row, 0 when it may go ahead."""
    if failures < limits.tries or now - last_failure >= limits.forget_ms:
        return 0
    doublings = min(failures - limits.tries, 32)
    delay = min(limits.first_delay_ms << doublings, limits.longest_delay_ms)
    return max(0, last_failure + delay - now)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A leaking bucket: how full it was at a time. It holds `size` failures and loses one every `drain_ms`."""

    size: int
    drain_ms: Millis
    level: float = 0.0
    at: Millis = 0

    def level_at(self, now: Millis) -> float:
        """Return how full it is at a time, which is not before `at`."""
        return max(0.0, self.level - (now - self.at) / self.drain_ms)

    def room(self, now: Millis) -> float:
        """Return how many failures it still takes."""
        return self.size - self.level_at(now)

    def add(self, cost: float, now: Millis) -> Bucket:
        """Return the bucket after a failure, or with a negative cost after one was taken back."""
        return Bucket(self.size, self.drain_ms, max(0.0, self.level_at(now) + cost), now)

    def wait(self, now: Millis) -> Millis:
        """Return how long until it takes one more failure, 0 when it does now; never longer than `drain_ms`."""
        missing = min(1.0, 1.0 - self.room(now))
        return max(0, round(missing * self.drain_ms))


@dataclass(frozen=True, slots=True)
class SignInLocation:
    """Where a session is: its network, and the name under which the agency knows it, if it does."""

    network: str
    site: str | None = None


def are_far_apart(new: SignInLocation, other: SignInLocation, *, known: bool) -> bool:
    """Return whether a sign-in and a session in use at the same time look like two people (F91).

    `known` is whether the account has signed in from that network or device before. Two sites that the agency has named
    are apart whoever comes from them; of other networks only those that the account does not know.
    """
    if new.network == other.network:
        return False
    if new.site is not None and other.site is not None:
        return new.site != other.site
    return not known
