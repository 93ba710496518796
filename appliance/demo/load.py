"""`gchat demo load`: real messages sent through the public API by the people of a running demo, and read back.

Owns who says which line where: rooms in a Zipf mix (a few are busy, most are quiet), the author one of the room's
members; both follow from the line's number alone. Lines travel as `send` frames, many under way on each author's
stream, and carry the line's number as `txn_id`: a line that is sent again gets its first answer, so nothing doubles.
How far it came is kept beside the data (`demo-load.json`), from which an interrupted load continues. Limits are
respected: what is refused for a while is sent again later. It uses nothing but the API and the ready file.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import sys
import time
from bisect import bisect
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType

from appliance.errors import AppError
from appliance.locale import both

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

API: Final = "/api/v1"
STATE_FILE: Final = "demo-load.json"
AUTHORS: Final = 32
WINDOW: Final = 64
SAVE_EVERY: Final = 2_000
PAGE: Final = 200
SHOW_S: Final = 1.0
PAUSE_S: Final = 1.0
IDLE_TIMEOUT_S: Final = 60.0
LATER: Final = frozenset(("too_many_requests", "busy", "unavailable", "storage_full"))


@dataclass(slots=True)
class State:
    """What was decided and done: rooms with their authors, and each line's position once it is acknowledged."""

    digest: str
    rooms: list[tuple[str, list[str]]]
    positions: list[int | None]
    weights: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.rooms) + 1)))

    def place(self, line: int) -> tuple[str, str]:
        """Return the room and the author of a line."""
        drawn = hashlib.sha256(f"{self.digest} {line}".encode()).digest()
        share = int.from_bytes(drawn[:8], "big") / 2**64
        room, authors = self.rooms[bisect(self.weights, share * self.weights[-1])]
        return room, authors[int.from_bytes(drawn[8:12], "big") % len(authors)]


@dataclass(slots=True)
class Author:
    """Someone signed in, with the lines that are theirs to send."""

    user: str
    person: str
    token: str = field(repr=False)
    lines: list[int] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        """What their requests carry."""
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}


class Progress:
    """Says on standard error how far it is."""

    def __init__(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self._first, self._started, self._shown = done, time.monotonic(), 0.0

    def step(self) -> None:
        """Count one more."""
        self.done += 1
        if time.monotonic() - self._shown >= SHOW_S or self.done == self.total:
            self._shown = time.monotonic()
            self.show()

    def show(self) -> None:
        """Write the line."""
        rate = (self.done - self._first) / max(0.001, time.monotonic() - self._started)
        left = (self.total - self.done) / rate if rate else 0
        start, end = ("\r\x1b[K", "") if sys.stderr.isatty() else ("", "\n")
        if self.done == self.total:
            end = "\n"
        text = both(
            "load.sent", done=f"{self.done:,}", total=f"{self.total:,}", rate=f"{rate:,.0f}", left=f"{left:,.0f}"
        )
        sys.stderr.write(f"{start}{text}{end}")
        sys.stderr.flush()


async def load(ready: dict[str, Any], lines: list[str], *, verify: bool) -> int:
    """Send what has not been sent yet; with `verify`, read everything back. Return the exit code.

    Raises AppError when the demo has no logins, or a line is refused for good.
    """
    if not ready["logins"]:
        raise AppError("the ready file names no logins", code="no_demo_world")
    context = ssl.create_default_context(cafile=ready["ca"]) if ready["staff_url"].startswith("https") else True
    async with ClientSession(ready["staff_url"], connector=TCPConnector(ssl=context, limit=AUTHORS)) as session:
        authors = await _sign_in(session, ready["logins"][:AUTHORS])
        path = Path(ready["data"]) / STATE_FILE
        state = _read(path, _digest(lines)) or State(
            _digest(lines), await _rooms(session, authors), [None] * len(lines)
        )
        try:
            await _send_all(session, authors, state, lines, path)
        finally:
            _write(path, state)
        return await _verify(session, authors, state, lines) if verify else 0


# Before


async def _sign_in(session: ClientSession, logins: list[dict[str, Any]]) -> dict[str, Author]:
    """Sign everybody in, a few at a time; wait as long as the server asks."""
    gate = asyncio.Semaphore(4)

    async def one(login: dict[str, Any]) -> Author:
        body = {"user": login["user"], "password": login["password"], "device": "gchat demo load"}
        while True:
            async with gate, session.post(f"{API}/login", json=body) as response:
                answer = await response.json()
                if response.status == 200:
                    return Author(login["user"], answer["person"]["id"], answer["token"])
                if response.status not in (429, 503):
                    raise AppError(f"{login['user']}: {answer['error']['message']}", code=answer["error"]["code"])
                pause = float(response.headers.get("Retry-After", "1"))
            await asyncio.sleep(pause)

    return {author.person: author for author in await asyncio.gather(*map(one, logins))}


async def _rooms(session: ClientSession, authors: dict[str, Author]) -> list[tuple[str, list[str]]]:
    """Return the open groups that authors are in, the oldest first, each with those authors."""
    found: dict[str, tuple[int, list[str]]] = {}
    for author in authors.values():
        async with session.get(f"{API}/rooms", headers=author.headers) as response:
            response.raise_for_status()
            for room in (await response.json())["rooms"]:
                if room["kind"] == "group" and not room.get("closed"):
                    found.setdefault(room["id"], (room["created"], []))[1].append(author.person)
    if not found:
        raise AppError("nobody is in an open room", code="no_demo_world")
    return [(room, people) for room, (_, people) in sorted(found.items(), key=lambda item: (item[1][0], item[0]))]


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24]


def _read(path: Path, digest: str) -> State | None:
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept["digest"] != digest:
        return None
    return State(digest, [(room, people) for room, people in kept["rooms"]], kept["positions"])


def _write(path: Path, state: State) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(
        json.dumps({"digest": state.digest, "rooms": state.rooms, "positions": state.positions}), encoding="utf-8"
    )
    fresh.replace(path)


# Sending


async def _send_all(
    session: ClientSession, authors: dict[str, Author], state: State, lines: list[str], path: Path
) -> None:
    waiting = [line for line, position in enumerate(state.positions) if position is None]
    progress = Progress(len(lines) - len(waiting), len(lines))
    for line in waiting:
        authors[state.place(line)[1]].lines.append(line)

    def done(line: int, position: int) -> None:
        state.positions[line] = position
        progress.step()
        if progress.done % SAVE_EVERY == 0:
            _write(path, state)

    async with asyncio.TaskGroup() as tasks:
        for author in authors.values():
            if author.lines:
                tasks.create_task(_Sender(session, author, state, lines, done).run())
    if not waiting:
        progress.show()


class _Sender:
    """One author's stream, with at most `WINDOW` lines under way."""

    def __init__(
        self, session: ClientSession, author: Author, state: State, lines: list[str], done: Callable[[int, int], None]
    ) -> None:
        self._session, self._author, self._state, self._lines, self._done = session, author, state, lines, done
        self._under_way: set[int] = set()
        self._paused_until = 0.0

    async def run(self) -> None:
        """Send all lines, on a new stream where one breaks off."""
        left = list(reversed(self._author.lines))
        failures = 0
        while left:
            before = len(left)
            async with AsyncExitStack() as stack:
                try:
                    socket = await stack.enter_async_context(await self._open())
                    await self._exchange(socket, left)
                except (ConnectionError, TimeoutError, OSError) as error:
                    failures = 0 if len(left) < before else failures + 1
                    if failures > 30:
                        raise AppError(f"{self._author.user}: {error}", code="unavailable") from error
            left.extend(sorted(self._under_way, reverse=True))
            self._under_way.clear()
            if left:
                await asyncio.sleep(PAUSE_S)

    async def _open(self) -> AbstractAsyncContextManager[ClientWebSocketResponse]:
        """Return the context of a stream that begins now."""
        async with self._session.get(f"{API}/sync", headers=self._author.headers) as response:
            if response.status != 200:
                raise ConnectionError(f"sync answered {response.status}")
            position = (await response.json())["pos"]
        return self._session.ws_connect(
            f"{API}/stream?since={position}", headers=self._author.headers, max_msg_size=0, compress=0
        )

    async def _exchange(self, socket: ClientWebSocketResponse, left: list[int]) -> None:
        """Keep the window full until nothing is left or the stream ends."""
        while left or self._under_way:
            if not self._under_way:
                await asyncio.sleep(max(0.0, self._paused_until - time.monotonic()))
            while left and len(self._under_way) < WINDOW and time.monotonic() >= self._paused_until:
                await self._send(socket, left.pop())
            message = await asyncio.wait_for(socket.receive(), IDLE_TIMEOUT_S)
            if message.type is not WSMsgType.TEXT:
                raise ConnectionError(f"the stream ended: {message.type.name}")
            if message.data.startswith('{"pos"'):
                continue
            self._take(json.loads(message.data), left)

    async def _send(self, socket: ClientWebSocketResponse, line: int) -> None:
        self._under_way.add(line)
        room, _ = self._state.place(line)
        frame = {"type": "send", "room": room, "txn_id": self._txn_id(line), "body": {"text": self._lines[line]}}
        await socket.send_str(json.dumps(frame, ensure_ascii=False))

    def _take(self, answer: dict[str, Any], left: list[int]) -> None:
        line = int(answer["txn_id"].rpartition("-")[2])
        self._under_way.discard(line)
        error = answer.get("error")
        if error is None:
            self._done(line, answer["n"])
        elif error["code"] in LATER:
            left.append(line)
            self._paused_until = time.monotonic() + PAUSE_S
        else:
            raise AppError(f"line {line + 1}: {error['message']}", code=error["code"])

    def _txn_id(self, line: int) -> str:
        return f"load-{self._state.digest}-{line}"


# Reading back


async def _verify(session: ClientSession, authors: dict[str, Author], state: State, lines: list[str]) -> int:
    """Read every room back and compare; print the counts, return 1 when anything differs."""
    heard: dict[tuple[str, int], tuple[str, str]] = {}
    for room, people in state.rooms:
        async for event in _messages(session, authors[people[0]], room):
            heard[room, event["n"]] = (event["sender"], event.get("body", {}).get("text", ""))
    missing, different = 0, 0
    for line, text in enumerate(lines):
        room, author = state.place(line)
        found = heard.pop((room, state.positions[line] or 0), None)
        missing += found is None
        different += found is not None and found != (author, text)
    counts = {"sent": len(lines), "read_back_equal": len(lines) - missing - different}
    counts |= {"missing": missing, "different": different, "other_messages": len(heard)}
    sys.stdout.write(json.dumps(counts) + "\n")
    return 1 if missing or different else 0


async def _messages(session: ClientSession, author: Author, room: str) -> AsyncIterator[dict[str, Any]]:
    """Give every message of a room, the newest first."""
    before = ""
    while True:
        url = f"{API}/rooms/{room}/messages?limit={PAGE}{before}"
        async with session.get(url, headers=author.headers) as response:
            if response.status == 429:
                await asyncio.sleep(float(response.headers["Retry-After"]))
                continue
            response.raise_for_status()
            page = await response.json()
        for event in page["messages"]:
            if event["type"] == "message.text":
                yield event
        if not page["has_more"]:
            return
        before = f"&before={page['messages'][-1]['n']}"
