"""One link while it lives: a `Link` (federation/protocol) over a channel, between a peer and the appliance.

Rules:
- frames are read one after another; the next is read when the appliance has answered the one before, so a peer is never
  read faster than it is served, and nothing of it piles up here;
- one task writes. A peer that takes nothing holds up its own writer alone; what waits for it is bounded by the `Link`,
  and the appliance gives no more frames of the log than there is room for (`Ready`);
- whatever ends the link ends the session: its end of the conversation is said (`bye`), then the channel is closed.

Does not: decide who may be linked (`links`), judge what peers say.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from aiohttp import WSCloseCode

from appliance.errors import AppError
from federation.gateway import messages as m
from federation.gateway.channels import Channel, ChannelClosed
from federation.gateway.status import LinkStatus, State
from federation.protocol.frames import MAX_FRAME, Busy, Frame, Stmt, Submit, encode, parse
from federation.protocol.greeting import Ends
from federation.protocol.link import Link
from federation.protocol.outgoing import Bounds
from federation.protocol.outputs import (
    Alarm,
    CatchUp,
    Close,
    Deliver,
    Instant,
    NewerRegistry,
    Opened,
    Output,
    Send,
)

if TYPE_CHECKING:
    from federation.gateway.gateway import Gateway
    from federation.gateway.intake import Intake
    from federation.gateway.to_appliance import Appliance

logger = logging.getLogger(__name__)
TICK_S: Final = 1.0
FAREWELL_S: Final = 2.0
"""How long a peer has to take the last frames of a link that ends."""
_LOG_FRAMES: Final = (b'{"t":"feed"', b'{"t":"submit"')
APPLIANCE: Final = "appliance"
LOST: Final = "lost"


class Session:
    """A link to one peer. `is_ours`: we have dialled. `spki` is the pin that the channel was opened with."""

    def __init__(
        self,
        gateway: Gateway,
        appliance: Appliance,
        intake: Intake,
        peer: str,
        channel: Channel,
        *,
        is_ours: bool,
        spki: str | None = None,
    ) -> None:
        self.peer, self.is_ours, self.spki = peer, is_ours, spki
        self._gateway, self._appliance, self._intake, self._channel = gateway, appliance, intake, channel
        self._room = max(1, gateway.settings.limits.waiting_bytes // MAX_FRAME)
        self._link: Link | None = None
        self._to_send: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._ending: Close | None = None
        self._wanted: str | None = None
        self._freed = 0
        self._is_reading = False
        self.opened: Opened | None = None
        self.since = self.heard = gateway.clock()
        self.ended, self.over = asyncio.Event(), asyncio.Event()

    async def run(self) -> str:
        """Live until the end; return why it came. The caller is the reader."""
        writing = ticking = None
        try:
            cursors = await self._appliance.ask(m.Greet(self.peer), m.Cursors)
            roster = self._gateway.roster
            ends = Ends(
                self._gateway.agency,
                self.peer,
                roster.version,
                self._gateway.timestamp,
                cursors.has,
                cursors.statements,
            )
            self._link = Link(ends, self._now(), Bounds(bytes=self._room * MAX_FRAME))
            self._do(self._link.start(self._now()))
            if self._wanted is not None:
                self._do(self._link.end(self._wanted))
            writing = asyncio.create_task(self._write(), name=f"to {self.peer}")
            ticking = asyncio.create_task(self._tick(), name=f"tick {self.peer}")
            await self._read(self._link)
        except AppError as error:
            # Without the appliance there is nobody to serve the peer.
            logger.warning("%s: %s", self.peer, error)
            self.end(APPLIANCE)
        finally:
            await self._finish(writing, ticking)
        return self._ending.why if self._ending is not None else LOST

    def end(self, why: str) -> None:
        """End the link for this reason; `run` returns soon after."""
        self._wanted = why
        if self._link is not None:
            self._do(self._link.end(why))

    def offer(self, data: bytes) -> None:
        """Take a frame of the appliance for the peer. Raises FrameError for one that is none."""
        if self._link is None or self.opened is None:
            return
        frame: Frame = parse(data)
        try:
            self._do(self._link.offer(frame, self._now()))
        except ValueError as error:
            logger.error("%s: the appliance gave a frame out of turn: %s", self.peer, error)  # noqa: TRY400
            self.end(APPLIANCE)

    def tell_registry(self, timestamp: str) -> None:
        """Tell the peer that there is a newer registry, by its signed timestamp."""
        self.offer(encode(Stmt(timestamp, "registry")))

    def status(self) -> LinkStatus:
        """Return how the link does."""
        opened, link = self.opened, self._link
        waiting = sum(map(len, self._to_send)) + (link.waiting_bytes if link is not None else 0)
        return LinkStatus(
            self.peer,
            State.UP if opened is not None else State.GREETING,
            self.since,
            self.heard,
            int(self._is_reading),
            waiting,
            opened.skew_ms if opened is not None else 0,
            opened.version if opened is not None else 0,
            opened.registry if opened is not None else 0,
        )

    @property
    def refuses_signed_requests(self) -> bool:
        """Whether the peer's clock is too far off for the times in its signed requests to mean anything."""
        return self._link is not None and self._link.refuses_signed_requests

    def _now(self) -> Instant:
        return Instant(round(self._gateway.monotonic() * 1000), self._gateway.clock())

    def _do(self, outputs: list[Output]) -> list[Opened | Deliver]:
        """Carry out what needs no waiting; return the rest in order."""
        rest: list[Opened | Deliver] = []
        for output in outputs:
            match output:
                case Send(data):
                    self._to_send.append(data)
                    self._freed += data.startswith(_LOG_FRAMES)
                case Opened() | Deliver():
                    rest.append(output)
                case Close():
                    self._ending = self._ending or output
                case NewerRegistry():
                    self._gateway.newer_at(self.peer)
                case Alarm(concern, ms, over):
                    logger.warning("%s: %s %s (%d ms)", self.peer, concern, "is over" if over else "begins", ms)
                case CatchUp():
                    # The appliance gave more than there was room for: it begins anew from its cursors.
                    self.end(APPLIANCE)
                case _:
                    pass
        self._wake.set()
        return rest

    async def _read(self, link: Link) -> None:
        while self._ending is None:
            data = await self._receive()
            if data is None:
                return
            self.heard = self._gateway.clock()
            self._is_reading = True
            for output in self._do(link.received(data, self._now())):
                if isinstance(output, Opened):
                    await self._open(output)
                else:
                    await self._deliver(link, output.frame, data)
            self._is_reading = False

    async def _receive(self) -> bytes | None:
        """Return the next frame; None at the end, whichever side comes to it."""
        receiving = asyncio.ensure_future(self._channel.receive())
        closing = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait((receiving, closing), return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else None
        finally:
            for task in (receiving, closing):
                task.cancel()
            await asyncio.gather(receiving, closing, return_exceptions=True)

    async def _open(self, opened: Opened) -> None:
        said = m.Opened(
            self.peer, opened.version, opened.skew_ms, opened.registry, opened.received, opened.statements, self._room
        )
        self.opened, self.since = opened, self._gateway.clock()
        await self._appliance.ask(said, m.Ok)
        logger.info("%s: linked", self.peer)

    async def _deliver(self, link: Link, frame: Frame, data: bytes) -> None:
        """Bring a frame to the appliance once the peer's quota lets it, and take its answers."""
        if not await self._admitted(link, frame):
            return
        if isinstance(frame, Stmt) and frame.k == "registry":
            self._gateway.newer_at(self.peer)
            return
        answer = await self._appliance.ask(m.Brought(self.peer, (data,)), m.Frames)
        for each in answer.frames:
            self.offer(each)

    async def _admitted(self, link: Link, frame: Frame) -> bool:
        while True:
            agency = self._gateway.roster.active(self.peer)
            if agency is None or self._ending is not None:
                return False
            pause = self._intake.pause_before(self.peer, agency.quota, frame)
            if not pause:
                return True
            if self._intake.drops(self.peer, frame):
                return False
            if isinstance(frame, Submit):
                self._do(link.offer(Busy(max(1, round(pause * 1000))), self._now()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.ended.wait()

    async def _write(self) -> None:
        try:
            while True:
                while self._to_send:
                    data = self._to_send.popleft()
                    await self._channel.send(data)
                    if self._link is not None:
                        self._do(self._link.sent(len(data), self._now()))
                    await self._tell_room()
                if self._ending is not None:
                    break
                self._wake.clear()
                await self._wake.wait()
        except (ChannelClosed, AppError) as error:
            logger.info("%s: %s", self.peer, error)
        finally:
            self.ended.set()

    async def _tell_room(self) -> None:
        if self._freed and self.opened is not None and self._ending is None:
            freed, self._freed = self._freed, 0
            await self._appliance.ask(m.Ready(self.peer, freed), m.Ok)

    async def _tick(self) -> None:
        while self._link is not None:
            await asyncio.sleep(TICK_S)
            self._do(self._link.tick(self._now()))
            if self._ending is not None:
                # A peer that takes nothing is not waited for.
                await asyncio.sleep(FAREWELL_S)
                self.ended.set()
                return

    async def _finish(self, *tasks: asyncio.Task[None] | None) -> None:
        """Say farewell while the peer takes it, close, and tell the appliance."""
        writing, *others = tasks
        self._wake.set()
        if writing is not None and self._ending is not None:
            await asyncio.wait((writing,), timeout=FAREWELL_S)
        for task in (writing, *others):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        self.ended.set()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FAREWELL_S):
                await self._channel.close(self._ending.code if self._ending is not None else WSCloseCode.OK)
        why = self._ending.why if self._ending is not None else LOST
        if self.opened is not None:
            with contextlib.suppress(AppError):
                await self._appliance.ask(m.Closed(self.peer, why), m.Ok)
        logger.info("%s: the link has ended: %s", self.peer, why)
        self.over.set()
