"""Password hashes at rest, and the one that nobody's password has."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from typing import Any

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError

from appliance.errors import TooMany
from appliance.identity.hasher import NICENESS, PasswordHasher, dummy_hash, nobody_of
from appliance.policies import Argon2
from tests.waiting import until


@pytest.mark.parametrize("cost", [Argon2(), Argon2(time_cost=3, memory_kib=64, lanes=4)])
async def test_a_check_against_nobody_takes_the_same_work(cost: Argon2) -> None:
    hasher = PasswordHasher(cost, threads=1, key=bytes(32), most_waiting=10)
    try:
        real = await hasher.hash("รหัสผ่านจริง")
        assert argon2.extract_parameters(dummy_hash(cost)) == argon2.extract_parameters(real)
        # Decoded and computed to the end: a hash that cannot be read would be refused at once.
        with pytest.raises(VerifyMismatchError):
            argon2.PasswordHasher().verify(dummy_hash(cost), "รหัสผ่านจริง")
        assert await hasher.verify(real, "รหัสผ่านจริง")
        assert not await hasher.verify(real, "รหัสผ่านอื่น")
        assert not await hasher.verify(None, "รหัสผ่านจริง")
    finally:
        hasher.close()


async def test_so_many_wait_for_a_thread_and_no_more() -> None:
    hasher = PasswordHasher(Argon2(time_cost=1, memory_kib=64), threads=1, key=bytes(32), most_waiting=3)
    try:
        calls = [asyncio.create_task(hasher.hash(f"{i}")) for i in range(9)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        refused = [result for result in results if isinstance(result, TooMany)]
        assert [error.code for error in refused] == ["busy"] * 5
        assert all(isinstance(result, str) for result in results[:4])
        assert await hasher.hash("again")
        given_up = [asyncio.create_task(hasher.hash(f"{i}")) for i in range(4)]
        await asyncio.sleep(0)
        for call in given_up:
            call.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)

        async def hashes() -> bool:
            with suppress(TooMany):
                return bool(await hasher.hash("after those that went away"))
            return False

        await until(hashes, "a place for the next")
    finally:
        hasher.close()


def cost_of(stored: str) -> str:
    return "$".join(stored.split("$")[:4])


def test_absent_names_cost_what_accounts_cost_while_hashes_change() -> None:
    """After a change of cost the time of a check must not tell which names exist."""
    old, new = cost_of(dummy_hash(Argon2(1, 64))), cost_of(dummy_hash(Argon2(3, 64)))
    hasher = PasswordHasher(Argon2(3, 64), threads=1, key=bytes(32), most_waiting=3)
    try:
        assert cost_of(hasher.decoy("nobody")) == new
        names = [f"user{number}" for number in range(2_000)]
        hasher.know_costs({old: 750, new: 250})
        costs = {name: cost_of(hasher.decoy(name)) for name in names}
        assert 0.7 < sum(cost == old for cost in costs.values()) / len(names) < 0.8
        assert costs == {name: cost_of(hasher.decoy(name)) for name in names}
        for _ in range(500):
            hasher.renewed(nobody_of(old), nobody_of(new))
        moved = {name: cost_of(hasher.decoy(name)) for name in names}
        assert 0.2 < sum(cost == old for cost in moved.values()) / len(names) < 0.3
        # A name goes over once, as an account does; none comes back to the old cost.
        assert not [name for name in names if costs[name] == new and moved[name] == old]
        for _ in range(250):
            hasher.renewed(nobody_of(old), nobody_of(new))
        assert {cost_of(hasher.decoy(name)) for name in names} == {new}
    finally:
        hasher.close()


async def test_hashing_gives_way_to_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads have a priority of their own, below that of the loop's thread."""
    priorities: list[int] = []
    real = argon2.PasswordHasher.verify

    def verify(*arguments: Any) -> bool:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return bool(real(*arguments))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    hasher = PasswordHasher(Argon2(1, 64), threads=2, key=bytes(32), most_waiting=3)
    try:
        await hasher.verify(None, "รหัสผ่าน")
        loops = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        assert priorities == [min(19, loops + NICENESS)]
        assert NICENESS > 0
    finally:
        hasher.close()
