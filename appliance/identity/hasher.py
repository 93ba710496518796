"""Password hashes: argon2id (RFC 9106) on a few threads of its own, so that signing in never stops the event loop.

A password is brought to one spelling on the same threads: nothing of it is worked on by the event loop. So many wait
for a thread and no more. The threads run at a lower priority than the event loop: whoever signs in never takes a core
from those who are there.

A check against an account that is not there costs the same as one against an account that is: it is made against a hash
of the same cost that no password has.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.errors import TooMany
from appliance.spelling.thai import canonical

if TYPE_CHECKING:
    from appliance.policies import Argon2

T = TypeVar("T")

RETRY_S: Final = 2
NICENESS: Final = 10
"""Of the hashing threads, beside the event loop's: a tenth of a core that both want (sched(7), setpriority(2))."""


class PasswordHasher:
    """Hashes and checks passwords after bringing them to one spelling (F74)."""

    def __init__(self, cost: Argon2, threads: int, key: bytes, most_waiting: int) -> None:
        """`key` decides what a user who does not exist costs. Beyond `most_waiting` calls are refused (`TooMany`)."""
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2", initializer=_give_way)
        self._most, self._under_way = threads + most_waiting, 0
        self._key = key
        self._nobody = dummy_hash(cost)
        self._costs: dict[str, int] = {}

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password."""
        return await self._run(partial(self._hash, password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether `password` is the one of the stored hash; None takes the same time and is always wrong."""
        return await self._run(partial(self._verify, stored, password))

    async def refuse(self, user: str, password: str) -> None:
        """Take the time that checking the password of an account takes, for a user who does not exist."""
        await self._run(partial(self._verify, self.decoy(user), password))

    def decoy(self, user: str) -> str:
        """Return the hash that stands for a user who does not exist.

        After a change of cost some stored hashes are of the old one until their owners sign in, and take another time.
        So each absent name has one of the costs in use, as often as accounts have it, and moves on as they do.
        """
        if not self._costs:
            return self._nobody
        digest = hmac.digest(self._key, user.encode("utf-8", "surrogatepass"), "sha256")
        place = int.from_bytes(digest[:8], "big") * sum(self._costs.values()) >> 64
        for cost in sorted(self._costs):
            place -= self._costs[cost]
            if place < 0:
                return nobody_of(cost)
        return self._nobody

    def know_costs(self, accounts: dict[str, int]) -> None:
        """Learn how many accounts have a hash of which cost; a cost is the part of a PHC string before the salt."""
        self._costs = dict(accounts)

    def renewed(self, old: str, new: str) -> None:
        """Learn that an account's hash was made again at another cost."""
        before, after = (stored.rpartition("$")[0].rpartition("$")[0] for stored in (old, new))
        self._costs[before] = self._costs.get(before, 1) - 1
        self._costs[after] = self._costs.get(after, 0) + 1

    def is_outdated(self, stored: str) -> bool:
        """Return whether a hash was made at another cost than today's."""
        return self._argon2.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: partial[T]) -> T:
        if self._under_way >= self._most:
            raise TooMany(RETRY_S, code="busy")
        self._under_way += 1
        # What has begun on a thread goes on there when its caller was cancelled: it counts as running until it has
        # ended.
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        running.add_done_callback(self._ended)
        return await asyncio.shield(running)

    def _ended(self, _: object) -> None:
        self._under_way -= 1

    def _hash(self, password: str) -> str:
        return self._argon2.hash(canonical(password))

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._argon2.verify(stored or self._nobody, canonical(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def _give_way() -> None:
    """Lower the priority of the calling thread: on Linux each has one of its own, which those it starts inherit."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def dummy_hash(cost: Argon2) -> str:
    """Return an encoded hash (as PHC) that takes this cost to check, and that no password is known to have.

    Salt and hash are all zeros: finding a password for them is as hard as for any other (RFC 9106 §7). Unlike a hash
    that is computed, it does not lengthen the first sign-in after a start.
    """
    return nobody_of(f"$argon2id$v=19$m={cost.memory_kib},t={cost.time_cost},p={cost.lanes}")


def nobody_of(cost: str) -> str:
    """Return the hash of nobody at a cost as PHC strings write it."""
    return f"{cost}${'A' * 22}${'A' * 43}"
