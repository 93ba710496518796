"""Catching up by cursor and the live stream: the same events, none lost, none twice (F16, F18)."""

from __future__ import annotations

from tests.agency import Agency


async def test_reply(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    room = running.room("dengue")
    async with lalita.stream() as stream:
        sent = await narin.say(room, "ขอบคุณครับ")
        event = await stream.event("message.text")
    assert event["n"] == sent["n"]
    await lalita.refused("PATCH", f"/rooms/{room}", {"name": "x"}, code="not_owner", status=403)
