"""A peer of a gateway that a test speaks for: it may lie in any byte after the handshake of its own key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from federation import tls
from federation.gateway.keys import KeyUse
from federation.protocol.frames import Bye, Frame, Hello, Ping, Pong, encode, parse
from tests.federation.members import NOW, Member
from tests.federation.running import At


class FakePeer:
    """An open WebSocket of a peer."""

    def __init__(self, member: Member, socket: ClientWebSocketResponse) -> None:
        self.member, self.socket = member, socket

    async def say(self, *frames: Frame | bytes) -> None:
        """Send frames, or bytes as they are."""
        for frame in frames:
            await self.socket.send_frame(frame if isinstance(frame, bytes) else encode(frame), WSMsgType.TEXT)

    async def greet(self, **changes: Any) -> None:
        """Send a greeting, right but for the changes."""
        found: dict[str, Any] = {"v": 1, "ag": self.member.slug, "reg": 1, "ts": 1, "now": NOW, "recv": {}}
        await self.say(Hello(**(found | changes)))

    async def hear(self) -> Frame | None:
        """Return the next frame that is no ping; None at the end."""
        while True:
            async with asyncio.timeout(60):
                message = await self.socket.receive()
            if message.type is not WSMsgType.TEXT:
                return None
            frame = parse(message.data.encode())
            if not isinstance(frame, Ping | Pong):
                return frame

    async def end(self) -> str | None:
        """Read to the end; return why the gateway says that it ends."""
        why = None
        while (frame := await self.hear()) is not None:
            if isinstance(frame, Bye):
                why = frame.why
        return why


@asynccontextmanager
async def fake_peer(member: Member, to: At, **options: Any) -> AsyncIterator[FakePeer]:
    """Open a WebSocket to a gateway as this member."""
    context = tls.client_context(member.of(KeyUse.CHANNEL).identity, [to.member.of(KeyUse.CHANNEL).certificate])
    async with (
        ClientSession() as session,
        session.ws_connect(f"{to.member.endpoint}/fed/v1/link", ssl=context, max_msg_size=0, **options) as socket,
    ):
        yield FakePeer(member, socket)
