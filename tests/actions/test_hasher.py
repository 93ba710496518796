from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from appliance.identity.hasher import PasswordHasher
from appliance.policies import Argon2
from appliance.spelling import thai

if TYPE_CHECKING:
    import pytest


async def test_a_password_is_not_respelled_by_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause of the event loop is a pause for everybody."""
    threads: list[str] = []

    def canonical(text: str) -> str:
        threads.append(threading.current_thread().name)
        return thai.canonical(text)

    monkeypatch.setattr("appliance.identity.hasher.canonical", canonical)
    hasher = PasswordHasher(Argon2(1, 64, 1), threads=1, key=bytes(32), most_waiting=10)
    try:
        stored = await hasher.hash("นํ้าใจเกื้อกูล")
        assert await hasher.verify(stored, "น้ำใจเกื้อกูล")
        assert not await hasher.verify(None, "น้ำใจเกื้อกูล")
    finally:
        hasher.close()
    assert len(threads) == 3
    assert all(name.startswith("argon2") for name in threads)
