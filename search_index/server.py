"""The search process: the index behind a Unix socket.

Owns the listening socket, who may speak to it, and when the index does its work:
- the socket is 0600 (or comes listening from the supervisor), in a folder nobody else may write to, and every peer's
  user id is asked of the kernel: a process of another user is disconnected before anything is read;
- requests are answered in order on each connection, searches between two pieces of indexing: writing and merging run in
  a thread, one job at a time, mostly outside Python's lock;
- memory is bounded: frames, what waits to be written (more waits in the socket until a job is done), and the cache;
- an index found damaged in use is emptied, and the caller told to tell the feed again;
- a fault nobody foresaw ends the request it met, with Refused `failed`; in the work on the index it ends the process,
  which its supervisor starts again, rather than leaving one that answers and never writes.

Does not: read the clock, find the key or the feed: they are given.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from search_index import wire
from search_index.looking import look
from search_index.searcher import search
from search_index.storage import IndexDamaged
from search_index.writer import Gap, Index, in_memory

_PEER: Final = struct.Struct("3i")  # pid, uid, gid: SO_PEERCRED, unix(7)
_DISCARD_BYTES: Final = 64 * 1024
_OPEN_TO_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH

log = logging.getLogger(__name__)


class Unsafe(Exception):
    """The socket would lie where others can exchange it."""


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
        self.allowed = options.allowed | {os.getuid()}
        self._work_every_s = options.work_every_s
        self.connections: set[asyncio.Task[None]] = set()
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
                log.warning("the index could not be written, and will be tried again: %s", reason)
            except Exception:
                log.exception("the work on the index failed: the process ends, to be started again")
                raise

    async def stop(self, worker: asyncio.Task[None]) -> None:
        """End the work and the connections: never in the middle of a job, whose thread would go on by itself."""
        self._stopping.set()
        self._wake.set()
        await asyncio.wait((worker,))
        async with self._turn:
            for task in self.connections:
                task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    async def do_next(self, *, flush: bool = False) -> bool:
        """Do the next job of the index; say whether there was one."""
        async with self._turn:
            job = self.index.next_job(flush=flush)
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
        log.error("the index is damaged and begins anew: %s", reason)
        self.index.reset()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self.connections.add(task)
        try:
            if _peer_uid(writer.get_extra_info("socket")) in self.allowed:
                await self._answer_all(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # `stop` ends it, and nobody waits for more: asyncio's streams would report a cancelled task as a fault.
            if not self._stopping.is_set():
                raise
        finally:
            self.connections.discard(task)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            size = int.from_bytes(await reader.readexactly(wire.LENGTH_BYTES), "big")
            if size > wire.MOST_FRAME_BYTES:
                await _discard(reader, size)
                await _send(writer, wire.Refused("too_large"))
                continue
            frame = await reader.readexactly(size)
            try:
                answer = await self._answer(wire.decode_request(frame))
            except msgspec.DecodeError:
                answer = wire.Refused("malformed")
            except IndexDamaged as reason:
                async with self._turn:
                    self._begin_anew(reason)
                answer = wire.Refused("damaged")
            except OSError as reason:
                log.warning("a request could not be carried out: %s", reason)
                answer = wire.Refused("storage")
            except Exception:
                log.exception("a request failed")
                answer = wire.Refused("failed")
            await _send(writer, answer)

    async def _answer(self, request: wire.Request) -> wire.Answer:
        match request:
            case wire.Search() | wire.Look():
                return await self._find(request)
            case wire.Add():
                return await self._add(request)
            case wire.Delete():
                self.index.delete(request.ranges)
                return wire.Done()
            case wire.Status():
                return self.index.state()
            case wire.Flush():
                while await self.do_next(flush=True):
                    pass
                return wire.Done()
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
            received = self.index.apply(request.after, request.upto, request.entries, request.gone, request.mark)
        except Gap:
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
        bound = _bind(options.path) if listening is None else listening
        server = await asyncio.start_unix_server(process.serve, sock=bound)
        worker = asyncio.create_task(process.work())
        try:
            yield worker
        finally:
            server.close()
            await process.stop(worker)
            if not worker.exception():
                index.flush()
    finally:
        index.close()


async def _discard(reader: asyncio.StreamReader, size: int) -> None:
    """Read past a frame without keeping it."""
    while size:
        size -= len(await reader.readexactly(min(size, _DISCARD_BYTES)))


async def _send(writer: asyncio.StreamWriter, answer: wire.Answer) -> None:
    frame = wire.encode(answer)
    writer.write(len(frame).to_bytes(wire.LENGTH_BYTES, "big") + frame)
    await writer.drain()


def _bind(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, its owner's only. The index is ours, so an old socket is nobody's."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = path.parent.stat()
    if folder.st_mode & _OPEN_TO_OTHERS and not folder.st_mode & stat.S_ISVTX:
        raise Unsafe(f"{path.parent} is open to others")
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Unsafe(f"{path} is no socket")
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    finally:
        os.umask(before)
    bound.listen()
    return bound


def _peer_uid(connection: socket.socket) -> int:
    """Return the user id of whoever connected, as the kernel tells it."""
    _pid, uid, _gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)
