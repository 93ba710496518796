"""The appliance's end of its gateway's socket: who is linked, and which part answers what.

Owns the parts of the exchange and the open links. Rules: one gateway is served, and when its connections are gone no
agency can be reached; a registry is verified here too before anything is judged by it (`take_bundle`), since nothing of
the gateway is believed.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.ipc.server import Server
from appliance.store import replicas
from federation.exchange.arriving import arrive
from federation.exchange.comparing import Comparing
from federation.exchange.ephemeral import Ephemeral
from federation.exchange.feeding import Feeding
from federation.exchange.fetching import Fetching
from federation.exchange.jobs import Jobs
from federation.exchange.peers import Peer, Peers
from federation.exchange.questions import Questions
from federation.exchange.recovering import Recovering
from federation.exchange.sending import Sending
from federation.gateway import messages
from federation.protocol import frames

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.ipc.sockets import Peer as Caller
    from appliance.services import Services

    TakeBundle = Callable[[dict[str, bytes]], Awaitable[int]]
    """Verifies the files of a registry and has it judge from now on; returns the version in force."""

logger = logging.getLogger(__name__)
UNKNOWN_PEER: Final = "unknown_peer"


class Exchange:
    """Answers the gateway; its parts are its attributes, which use each other through it."""

    def __init__(self, s: Services, monotonic: Callable[[], float], take_bundle: TakeBundle) -> None:
        self.s, self._take_bundle = s, take_bundle
        self.jobs, self.peers = Jobs(), Peers()
        self.feeding, self.fetching, self.sending = Feeding(self), Fetching(self), Sending(self)
        self.comparing = Comparing(self)
        self.ephemeral, self.questions = Ephemeral(self), Questions(self, monotonic)
        s.hub.ephemeral_followers.append(self.ephemeral.shown)
        self.recovering = Recovering(self, monotonic)
        s.log.feed.followers.append(self._committed)

    async def start(self) -> None:
        """Look whether the database was restored; call it before the gateway is let in."""
        await self.recovering.start()

    async def close(self) -> None:
        """Keep what the next start has to know."""
        await self.recovering.close()

    def _committed(self, _: object) -> None:
        self.peers.wake()
        self.recovering.committed()

    def came(self) -> None:
        """Note that a gateway has connected."""
        self.jobs.came()

    def went(self) -> None:
        """Note that a connection of the gateway is gone."""
        self.jobs.went()
        if not self.jobs.is_there:
            for peer in self.peers:
                self.peers.drop(peer.slug)
            self.s.agencies.gateway_gone()

    async def answer(self, request: messages.Request, _caller: Caller) -> messages.Answer:
        """Carry out what the gateway says."""
        match request:
            case messages.RegistryBundle():
                return await self._registry(request)
            case messages.Greet():
                return await self._greet(request.peer)
            case messages.Opened():
                self._open(request)
            case messages.Closed():
                self.peers.drop(request.peer)
                self.s.agencies.closed(request.peer)
            case messages.Brought():
                return await self._brought(request)
            case messages.Asked():
                return await self.questions.answer(request)
            case messages.Ready():
                self._ready(request)
            case messages.Next():
                self.jobs.finish(request.done)
                return messages.Work(await self.jobs.next(messages.POLL_S))
            case messages.Done():
                self.jobs.finish(request.done)
        return messages.Ok()

    async def _registry(self, bundle: messages.RegistryBundle) -> messages.Answer:
        if not bundle.files:
            # The gateway has none yet.
            return messages.Version(self.s.agencies.version)
        try:
            return messages.Version(await self._take_bundle(bundle.files))
        except AppError as error:
            logger.warning("a registry that the gateway brings is not taken: %s", error)
            return messages.Refused(error.code)

    async def _greet(self, peer: str) -> messages.Answer:
        async with self.s.store.read() as reader:
            cursors = await reader.run(replicas.cursors)
        return messages.Cursors(cursors.get(peer, 0), 0)

    def _open(self, opened: messages.Opened) -> None:
        peer = Peer(opened.peer, opened.room, position=opened.has, began=opened.has)
        self.peers.put(peer)
        self.s.agencies.opened(opened.peer, self.s.clock())
        peer.tasks.append(asyncio.create_task(self.comparing.compare(peer), name=f"compare {peer.slug}"))
        peer.tasks.append(asyncio.create_task(self.feeding.feed(peer), name=f"feed {peer.slug}"))
        peer.tasks.append(asyncio.create_task(self.sending.submit(peer), name=f"submit {peer.slug}"))

    def _ready(self, ready: messages.Ready) -> None:
        peer = self.peers.get(ready.peer)
        if peer is not None:
            peer.room += ready.frames
            peer.wake()

    async def _brought(self, brought: messages.Brought) -> messages.Answer:
        if self.peers.get(brought.peer) is None:
            return messages.Refused(UNKNOWN_PEER)
        self.s.agencies.heard(brought.peer, self.s.clock())
        answers: list[bytes] = []
        for data in brought.frames:
            try:
                frame = frames.parse(data)
            except frames.FrameError as error:
                # The gateway parses first, so this is no peer's doing.
                logger.error("the gateway brings what is no frame: %s", error)  # noqa: TRY400
                return messages.Refused(error.code)
            answers += [frames.encode(answer) for answer in await arrive(self, brought.peer, frame)]
        return messages.Frames(tuple(answers))


class ExchangeServer(Server[messages.Request, messages.Answer]):
    """The socket of the gateway: it knows when the gateway comes and goes."""

    def __init__(self, exchange: Exchange, allowed: tuple[int, ...] = ()) -> None:
        super().__init__(messages.PROTOCOL, exchange.answer, allowed)
        self._exchange = exchange

    async def close(self) -> None:
        """End the connections, and keep what the next start has to know."""
        await super().close()
        await self._exchange.close()

    async def converse(self, peer: Caller, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection of the gateway until it ends."""
        self._exchange.came()
        try:
            await super().converse(peer, reader, writer)
        finally:
            self._exchange.went()
