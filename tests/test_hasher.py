"""Password hashes at rest, and the one that nobody's password has."""

from __future__ import annotations

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError

from appliance.identity.hasher import PasswordHasher, hash_of_nobody
from appliance.policies import Argon2


@pytest.mark.parametrize("cost", [Argon2(), Argon2(time_cost=3, memory_kib=64, lanes=4)])
async def test_a_check_against_nobody_takes_the_same_work(cost: Argon2) -> None:
    hasher = PasswordHasher(cost, threads=1, key=bytes(32))
    try:
        real = await hasher.hash("รหัสผ่านจริง")
        assert argon2.extract_parameters(hash_of_nobody(cost)) == argon2.extract_parameters(real)
        # Decoded and computed to the end: a hash that cannot be read would be refused at once.
        with pytest.raises(VerifyMismatchError):
            argon2.PasswordHasher().verify(hash_of_nobody(cost), "รหัสผ่านจริง")
        assert await hasher.verify(real, "รหัสผ่านจริง")
        assert not await hasher.verify(real, "รหัสผ่านอื่น")
        assert not await hasher.verify(None, "รหัสผ่านจริง")
    finally:
        hasher.close()
