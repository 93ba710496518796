"""People at work while the appliance is hurt: they send, re-send what nobody confirmed, and follow by their cursor.

Each keeps a record of what it was told, which is compared with what the appliance holds in the end (`proof.py`). They
do what any client has to: the same `txn_id` for the same message until it is acknowledged,
in the order it was written, and `since` = the position of the last frame that arrived whole.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from appliance.wire.cursors import feed_position
from tests.agency import API
from tests.faults.appliance import Caller, Refused
from tests.waiting import until

AGAIN_S: Final = 0.05
THINKING_S: Final = 0.01
IN_FLIGHT: Final = 4
NETWORK: Final = (ClientError, OSError, TimeoutError)
# What may be tried again as it is.
LATER: Final = frozenset(("busy", "storage_full", "storage_failed", "unavailable", "too_many_requests"))


class Worker(ABC):
    """Someone who goes on with their work through whatever happens to the connection.

    `finishing`: to begin nothing new; `leaving`: to go home.
    """

    def __init__(self, caller: Caller, name: str) -> None:
        self.caller, self.name = caller, name
        self.finishing = self.leaving = False
        self.failures = 0

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether nothing is left to do."""

    @abstractmethod
    async def work(self) -> None:
        """Work until done, or until the network or the appliance fails."""

    async def run(self) -> None:
        """Work until done."""
        while not self.done:
            try:
                await self.work()
            except NETWORK:
                self.failures += 1
            except Refused as error:
                if error.code not in LATER:
                    raise
                self.failures += 1
            await asyncio.sleep(AGAIN_S)


class Writer(Worker):
    """Someone who writes to one room. `acked` is where each message was confirmed to be, `refused` the codes met."""

    def __init__(self, caller: Caller, name: str, room: str) -> None:
        Worker.__init__(self, caller, name)
        self.room = room
        self.written: list[str] = []
        self.acked: dict[str, int] = {}
        self.refused: list[str] = []
        self.pending: deque[str] = deque()

    @property
    def confirmed_all(self) -> bool:
        """Whether everything written is confirmed and nothing more will be."""
        return self.finishing and not self.pending

    @property
    def done(self) -> bool:
        return self.confirmed_all

    def write(self) -> str:
        """Write the next message; return its transaction id."""
        txn_id = f"{self.name}-{len(self.written)}"
        self.written.append(txn_id)
        self.pending.append(txn_id)
        return txn_id

    @staticmethod
    def text(txn_id: str) -> str:
        """What the message says: the id, so that it can be told from any other, and Thai."""
        return f"{txn_id} ขอส่งรายงานประจำวันค่ะ"

    def confirmed(self, txn_id: str, n: int) -> None:
        """Note an acknowledgement; every one of a message must name the same position."""
        assert self.acked.setdefault(txn_id, n) == n, f"{txn_id} was confirmed at {self.acked[txn_id]} and at {n}"
        if txn_id in self.pending:
            self.pending.remove(txn_id)


class HttpWriter(Writer):
    """Writes over HTTP, one message after the other."""

    async def work(self) -> None:
        while not self.done:
            txn_id = self.pending[0] if self.pending else self.write()
            try:
                answer = await self.caller.say(self.room, self.text(txn_id), txn_id)
            except Refused as error:
                self.refused.append(error.code)
                raise
            self.confirmed(txn_id, answer["n"])
            await asyncio.sleep(THINKING_S)


class Follower(Worker):
    """Follows the stream by cursor; `seen` is every entry in the order it came, `cursor` where it would go on."""

    def __init__(self, caller: Caller, name: str, since: str) -> None:
        Worker.__init__(self, caller, name)
        self.cursor = since
        self.seen: list[dict[str, Any]] = []
        self.closes: list[int | None] = []

    @property
    def done(self) -> bool:
        return self.leaving

    async def work(self) -> None:
        async with self.stream() as socket:
            await self.follow(socket)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[ClientWebSocketResponse]:
        """Open the stream at the cursor."""
        url = f"{self.caller.appliance.url}{API}/stream?since={self.cursor}"
        async with self.caller.session.ws_connect(url, headers=self.caller.headers, max_msg_size=0) as socket:
            yield socket
            self.closes.append(socket.close_code)

    async def follow(self, socket: ClientWebSocketResponse) -> None:
        """Take frames until the stream ends or there is nothing more to do."""
        while not self.done:
            try:
                message = await socket.receive(timeout=0.2)
            except TimeoutError:
                continue
            if message.type is not WSMsgType.TEXT:
                return
            await self.take(json.loads(message.data), socket)

    async def take(self, frame: dict[str, Any], _socket: ClientWebSocketResponse) -> None:
        """Note one frame."""
        if "events" in frame:
            went_back = feed_position(frame["pos"]) < feed_position(self.cursor)
            assert not went_back, f"the stream went back from {self.cursor} to {frame['pos']}"
            self.seen += [event for event in frame["events"] if event.get("n") is not None]
            self.cursor = frame["pos"]


class StreamWriter(Writer, Follower):
    """Writes over the stream, several messages under way at once, and follows it too."""

    def __init__(self, caller: Caller, name: str, room: str, since: str, in_flight: int = IN_FLIGHT) -> None:
        Follower.__init__(self, caller, name, since)
        Writer.__init__(self, caller, name, room)
        self._in_flight = in_flight

    @property
    def done(self) -> bool:
        return self.leaving and self.confirmed_all

    async def work(self) -> None:
        async with self.stream() as socket:
            for txn_id in self.pending:
                await self._send(socket, txn_id)
            await self._top_up(socket)
            await self.follow(socket)

    async def take(self, frame: dict[str, Any], socket: ClientWebSocketResponse) -> None:
        await super().take(frame, socket)
        if "txn_id" in frame and "n" in frame:
            self.confirmed(frame["txn_id"], frame["n"])
            await asyncio.sleep(THINKING_S)
            await self._top_up(socket)
        elif "error" in frame:
            code = frame["error"]["code"]
            self.refused.append(code)
            assert code in LATER, frame
            await socket.close()

    async def _top_up(self, socket: ClientWebSocketResponse) -> None:
        while not self.finishing and len(self.pending) < self._in_flight:
            await self._send(socket, self.write())

    async def _send(self, socket: ClientWebSocketResponse, txn_id: str) -> None:
        frame = {"type": "send", "room": self.room, "txn_id": txn_id, "body": {"text": self.text(txn_id)}}
        await socket.send_str(json.dumps(frame))


class Reader(Worker):
    """Someone who reads a room to its end again and again; `read` is how far the appliance has confirmed that."""

    def __init__(self, caller: Caller, name: str, room: str) -> None:
        super().__init__(caller, name)
        self.room = room
        self.read = -1

    @property
    def done(self) -> bool:
        return self.leaving

    async def work(self) -> None:
        while not self.done:
            last = await self.caller.size(self.room) - 1
            await self.caller.call("POST", f"/rooms/{self.room}/receipts", {"upto": last})
            self.read = max(self.read, last)
            await asyncio.sleep(0.1)


async def _heard_all(follower: Follower) -> bool:
    """Say whether the feed has no entry after the follower's cursor."""
    try:
        page = await follower.caller.call("GET", "/sync", since=follower.cursor)
    except (*NETWORK, Refused):
        return False
    return not any(event.get("n") is not None for event in page["events"])


@asynccontextmanager
async def at_work(workers: Iterable[Worker]) -> AsyncIterator[None]:
    """Let everybody work during the block; then have them finish. Raises AssertionError when someone cannot."""
    team = list(workers)
    async with asyncio.TaskGroup() as tasks:
        for worker in team:
            tasks.create_task(worker.run(), name=worker.name)
        yield
        for worker in team:
            worker.finishing = True
        await until(lambda: all(worker.confirmed_all for worker in team if isinstance(worker, Writer)), "confirmed")
        for worker in team:
            if isinstance(worker, Follower):
                await until(partial(_heard_all, worker), f"{worker.name} has heard the last of it")
        for worker in team:
            worker.leaving = True
