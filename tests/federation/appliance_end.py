"""The appliance's end of the gateway's socket, for tests of the gateway: a real server of the real protocol.

It keeps what it is told, gives the work that a test puts in, and answers frames and requests as the test says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.ipc.server import Server
from appliance.ipc.sockets import Peer, listen
from federation.gateway import messages as m


class ApplianceEnd:
    """What the gateway told, by order; `jobs` are given to it, `results` are what came of them."""

    def __init__(self) -> None:
        self.told: list[m.Request] = []
        self.jobs: asyncio.Queue[m.Job] = asyncio.Queue()
        self.results: list[m.Result] = []
        self.answer_frames: Callable[[m.Brought], tuple[bytes, ...]] = lambda _: ()
        self.answer_asked: Callable[[m.Asked], m.Answered] = lambda _: m.Answered(404, b"{}")
        self.cursors = m.Cursors(0, 0)
        self.hold: asyncio.Event | None = None
        """While it is there and not set, what peers bring is not answered."""

    def of(self, kind: type[m.Request]) -> list[m.Request]:
        """Return what was told of one kind."""
        return [request for request in self.told if isinstance(request, kind)]

    async def answer(self, request: m.Request, _peer: Peer) -> m.Answer:
        """Answer as the appliance would."""
        if not isinstance(request, m.Next):
            self.told.append(request)
        match request:
            case m.RegistryBundle():
                return m.Version(1)
            case m.Greet():
                return self.cursors
            case m.Brought():
                if self.hold is not None:
                    await self.hold.wait()
                return m.Frames(self.answer_frames(request))
            case m.Asked():
                return self.answer_asked(request)
            case m.Next(done) | m.Done(done):
                self.results += done
                return await self._work() if isinstance(request, m.Next) else m.Ok()
            case _:
                return m.Ok()

    async def _work(self) -> m.Work:
        try:
            async with asyncio.timeout(m.POLL_S):
                return m.Work((await self.jobs.get(),))
        except TimeoutError:
            return m.Work()


@asynccontextmanager
async def appliance_end(path: Path) -> AsyncIterator[ApplianceEnd]:
    """Serve at a path."""
    end = ApplianceEnd()
    server = Server(m.PROTOCOL, end.answer)
    await server.start(listen(path))
    try:
        yield end
    finally:
        await server.close()
