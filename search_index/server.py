"""The search process: the index behind a Unix socket.

Owns what each request does and when the index does its work; who may connect, frames and faults of a request are
`appliance.ipc`'s. Rules:
- the socket is made in a folder that nobody else may write to, or comes listening from the supervisor;
- searches are answered between two pieces of indexing: writing and merging run in a thread, one job at a time, mostly
  outside Python's lock;
- memory is bounded: frames, what waits to be written (more waits in the socket until a job is done), and the cache;
- an index found damaged in use is emptied, and the caller is asked to send the feed again;
- a fault nobody foresaw in the work on the index ends the process, which its supervisor starts again, rather than
  leaving one that answers and never writes.

Does not: read the clock, find the key or the feed: they are given.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from appliance.ipc.server import Server
from appliance.ipc.sockets import Peer, listen
from search_index import wire
from search_index.looking import look
from search_index.searcher import search
from search_index.storage import IndexDamaged
from search_index.writer import CursorMismatch, Index, in_memory

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. `path`: of the socket to make; `allowed`: user ids that may connect besides the process's own;
    `work_every_s`: how often it is asked whether there is something to write or to merge.
    """

    folder: Path
    path: Path
    index_key: bytes = field(repr=False)
    clock: Callable[[], int]
    cache_bytes: int = 512 * 1024 * 1024
    allowed: frozenset[int] = frozenset()
    work_every_s: float = 0.25


class _Process:
    """One index and the connections to it."""

    def __init__(self, index: Index, options: Options) -> None:
        self.index = index
        self._work_every_s = options.work_every_s
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._room = asyncio.Condition()

    async def work(self) -> None:
        """Do what the index has to do, until the process stops."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._work_every_s)
            self._wake.clear()
            try:
                while not self._stopping.is_set() and await self.do_next():
                    pass
            except OSError as reason:
                logger.warning("the index could not be written, and will be tried again: %s", reason)
            except Exception:
                logger.exception("the work on the index failed: the process ends, to be started again")
                raise

    async def stop(self, worker: asyncio.Task[None], server: Server[wire.Request, wire.Answer]) -> None:
        """End the work and the connections: never in the middle of a job, whose thread would continue by itself."""
        server.stop_accepting()
        self._stopping.set()
        self._wake.set()
        await asyncio.wait((worker,))
        async with self._turn:
            await server.close()

    async def do_next(self) -> bool:
        """Do the next job of the index; say whether there was one."""
        async with self._turn:
            job = self.index.next_job()
            if job is None:
                return False
            try:
                await asyncio.to_thread(job.run)
                self.index.install(job)
            except IndexDamaged as reason:
                self._begin_anew(reason)
            except BaseException:
                self.index.abandon(job)
                raise
        async with self._room:
            self._room.notify_all()
        return True

    def _begin_anew(self, reason: IndexDamaged) -> None:
        logger.error("the index is damaged and begins anew: %s", reason)
        self.index.reset()

    async def answer(self, request: wire.Request, _peer: Peer) -> wire.Answer:
        """Carry a request out; what the disk or a damaged index refuses is answered with Refused."""
        try:
            return await self._answer(request)
        except IndexDamaged as reason:
            async with self._turn:
                self._begin_anew(reason)
            return wire.Refused("damaged")
        except OSError as reason:
            logger.warning("a request could not be carried out: %s", reason)
            return wire.Refused("storage")

    async def _answer(self, request: wire.Request) -> wire.Answer:
        match request:
            case wire.Search() | wire.Look():
                return await self._find(request)
            case wire.Add():
                return await self._add(request)
            case wire.Status():
                return self.index.state()
            case wire.Rebuild():
                async with self._turn:
                    self.index.reset()
                return wire.Done()

    async def _find(self, request: wire.Search | wire.Look) -> wire.Answer:
        if isinstance(request, wire.Look):
            return await look(request)
        index = self.index
        return search(request, index.newest_first, in_memory(index), index.names)

    async def _add(self, request: wire.Add) -> wire.Answer:
        if self.index.full:
            self._wake.set()
            async with self._room:
                await self._room.wait_for(lambda: not self.index.full)
        try:
            received = self.index.apply(request.after, request.upto, request.entries, request.gone, request.history_id)
        except CursorMismatch:
            return wire.Refused("gap")
        if self.index.flush_due:
            self._wake.set()
        return wire.Received(received)


@asynccontextmanager
async def serving(options: Options, listening: socket.socket | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """Serve the index as long as the context lasts; `listening` is a socket that is bound already, else one is made.

    Lends the task that works on the index: it ends before the context only when that work failed, and then raises why.
    Leaving it answers nobody any more and makes what was received durable. Raises BlockingIOError when another process
    has the index, Unsafe when the socket's folder is open to others.
    """
    index = Index(options.folder, options.index_key, options.clock, options.cache_bytes)
    try:
        process = _Process(index, options)
        server = Server(wire.PROTOCOL, process.answer, options.allowed)
        if listening is None:
            listening = listen(options.path)
        await server.start(listening)
        worker = asyncio.create_task(process.work())
        try:
            yield worker
        finally:
            await process.stop(worker, server)
            if not worker.exception():
                index.flush()
    finally:
        index.close()
