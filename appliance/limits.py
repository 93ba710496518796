"""How much one person, room or address may use in a while (F83): token buckets and heavy calls, in memory.

A bucket fills at a steady rate up to a burst; refusing costs one look-up. A bucket that is full again is
forgotten, so memory is bounded by who is active. `Entries` is the limit of what is appended to rooms, asked by the log
for every command. `HeavyCalls` lets one heavy call of a person run at a time, and a share of the time. The clock is a
monotonic one, in seconds. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from appliance.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

    from appliance.config import Limits

SWEEP_AT: Final = 10_000
HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S
MAX_WAITING: Final = 8
"""How many heavy calls of one person wait; the tabs and devices that come back after a restart."""
BUSY_RETRY_S: Final = 1
REST: Final = 2
"""For how long, in times of the last one, no heavy call of a person begins: they have a third of the time."""
MAX_REST_S: Final = 2.0


class Buckets:
    """Token buckets of one kind, by key. `rate` tokens a second, at most `burst` saved up."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float], code: str | None = None) -> None:
        self._rate, self._burst, self._clock, self._code = rate, burst, clock, code
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, cost: float = 1.0) -> None:
        """Take from a bucket. Raises TooMany with the seconds until there is enough.

        What costs more than the burst needs a full bucket, and leaves a debt that has to fill up first.
        """
        self.keep(key, self.left_after(key, cost))

    def left_after(self, key: Hashable, cost: float) -> tuple[float, float]:
        """Return what taking would leave in a bucket, and the time, for `keep`; nothing is taken. Raises TooMany."""
        tokens, now = self._tokens(key)
        wanted = min(cost, self._burst)
        if tokens < wanted:
            raise TooMany((wanted - tokens) / self._rate if self._rate else math.inf, code=self._code)
        return tokens - cost, now

    def keep(self, key: Hashable, left: tuple[float, float]) -> None:
        """Note what is left in a bucket, and since when."""
        self._buckets[key] = left
        if len(self._buckets) > SWEEP_AT:
            self._sweep(left[1])

    def owe(self, key: Hashable, cost: float) -> None:
        """Take what turned out to be needed besides, be it there or not: what is owed has to fill up first."""
        tokens, now = self._tokens(key)
        self._buckets[key] = (tokens - cost, now)

    def check(self, key: Hashable, cost: float = 1.0) -> None:
        """Raise TooMany if so much could not be taken now."""
        self.left_after(key, cost)

    def _tokens(self, key: Hashable) -> tuple[float, float]:
        now = self._clock()
        found = self._buckets.get(key)
        if found is None:
            return self._burst, now
        tokens = found[0] + (now - found[1]) * self._rate
        return min(self._burst, tokens), now

    def _sweep(self, now: float) -> None:
        self._buckets = {
            key: (tokens, then)
            for key, (tokens, then) in self._buckets.items()
            if tokens + (now - then) * self._rate < self._burst
        }


class Entries:
    """What people may append to rooms: entries of a person and of a room, people added, rooms made."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._people = Buckets(limits.user_entries_s, limits.user_entries_burst, clock)
        self._rooms = Buckets(limits.room_entries_s, limits.room_entries_burst, clock)
        self._added = Buckets(limits.user_adds_hour / HOUR_S, limits.user_adds_hour, clock, "too_many_added")
        self._made = (
            Buckets(limits.user_rooms_hour / HOUR_S, limits.user_rooms_hour, clock, "too_many_rooms"),
            Buckets(limits.user_rooms_day / DAY_S, limits.user_rooms_day, clock, "too_many_rooms"),
        )

    def check(self, person: str) -> None:
        """Raise TooMany if a person could append nothing just now: asked before what they send is even read."""
        self._people.check(person)

    def take(self, person: str, room: str | None, entries: int, *, added: int = 0, makes_room: bool = False) -> None:
        """Count a command whole or not at all. Raises TooMany.

        `room` is the room whose share is used, None where the person has no part in it: an outsider must not use up
        what its members may write.
        """
        wanted: list[tuple[Buckets, str, float]] = [(self._people, person, entries)]
        if room is not None:
            wanted.append((self._rooms, room, entries))
        if added:
            wanted.append((self._added, person, added))
        if makes_room:
            wanted += [(buckets, person, 1) for buckets in self._made]
        left = [buckets.left_after(key, cost) for buckets, key, cost in wanted]
        for (buckets, key, _), one in zip(wanted, left, strict=True):
            buckets.keep(key, one)


class HeavyCalls:
    """One heavy call at a time for each person; a few wait, in the order they came, and more are refused.

    After each call there is a rest (`REST`) before the next: the longer it took, be it for its own work or because the
    machine is busy, the longer. Who asks now and then never waits for it.
    """

    def __init__(
        self,
        most_waiting: int = MAX_WAITING,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._most = most_waiting + 1
        self._clock, self._pause = clock, pause
        self._rested: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._here: Counter[str] = Counter()

    @asynccontextmanager
    async def slot(self, person: str, *, patient: bool = False) -> AsyncIterator[None]:
        """Wait until no other heavy call of the person runs, and keep others waiting for the block.

        Raises TooMany (`busy`) when too many wait already; never for a `patient` caller, which is bounded elsewhere.
        """
        if self._here[person] >= self._most and not patient:
            raise TooMany(BUSY_RETRY_S, code="busy")
        self._here[person] += 1
        lock = self._locks.setdefault(person, asyncio.Lock())
        try:
            async with lock:
                if (rest := self._rested.pop(person, 0.0) - self._clock()) > 0:
                    await self._pause(rest)
                begun = self._clock()
                try:
                    yield
                finally:
                    self._rest(person, begun)
        finally:
            self._here[person] -= 1
            if not self._here[person]:
                del self._here[person], self._locks[person]

    def _rest(self, person: str, begun: float) -> None:
        """Note until when a person's heavy calls rest after one that began then."""
        now = self._clock()
        self._rested[person] = now + min(REST * (now - begun), MAX_REST_S)
        if len(self._rested) > SWEEP_AT:
            self._rested = {person: until for person, until in self._rested.items() if until > now}
