"""The attacks of `hostile`: one at a time, in a process of its own, `python -m tests.bench.attacks`.

Reads an `Attack` from standard input, says «ready» when it is under way, and goes on until standard input ends. It is
from an address of its own (127.0.0.2) and sends twice what the limits let in, so half of it is refused. It yields to
whoever measures on its core: what it does to others, it does through the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import os
import ssl
import sys
import tempfile
from collections import deque
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from tests.files.bombs import Bomb, bombs
from tests.uploading import CONTENT, TUS, about

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

API: Final = "/api/v1"
ADDRESS: Final = "127.0.0.2"
RATE: Final = 100.0
LATEST_S: Final = 0.1
AT_ONCE: Final = 50
BOMBS_A_SECOND: Final = 10.0
FILES_KEPT: Final = 20
"""So many of the files that it sent stay; those before are deleted, or its quota would end the attack."""
HANDSHAKES: Final = 2_000
LONGEST: Final = 20_000
PREPARED: Final = 90
READY: Final = "ready"
# As many marks as a text may have in a row: that normalising has to put in order, and that a spelling of Thai has to.
ZALGO: Final = ("ab" + "\u0300\u0316" * 14) * 666
MARKS: Final = ("ก" + "\u0e48\u0e34" * 14) * 8


class Attack(msgspec.Struct, frozen=True):
    """What to do to whom: `token`, `room` and `people` are the attacker's, who has `password`."""

    name: str
    url: str
    ca: str
    token: str
    password: str
    room: str
    message: int
    people: list[str]


class _Attacker:
    def __init__(self, attack: Attack, http: aiohttp.ClientSession) -> None:
        self.attack, self.http = attack, http
        self.numbers = itertools.count()
        self.answers: dict[int, int] = {}
        self.files: list[Bomb] = []
        self.sent: deque[str] = deque()

    async def ask(self, method: str, path: str, body: object = None, *, read: bool = True, **options: Any) -> str:
        """Send a request; count the status of its answer, and leave it unread where that is the attack.

        Return where what it made is, and nothing where it made none.
        """
        options |= {} if body is None else {"json": body}
        try:
            async with self.http.request(method, API + path, **options) as response:
                self.answers[response.status] = self.answers.get(response.status, 0) + 1
                if read:
                    await response.read()
                else:
                    await asyncio.sleep(1)
                return response.headers.get("Location", "")
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.answers[0] = self.answers.get(0, 0) + 1
        return ""

    def txn(self) -> str:
        """Return an id that no other command has."""
        return f"{os.getpid()}-{next(self.numbers)}"

    async def say(self, text: str) -> None:
        """Send a message."""
        await self.ask("POST", f"/rooms/{self.attack.room}/messages", {"txn_id": self.txn(), "body": {"text": text}})

    async def prepare(self, texts: list[str]) -> None:
        """Fill the attacker's room, before anything is measured."""
        for text in texts:
            await self.say(text)
        if self.attack.name == FILE_BOMBS:
            with tempfile.TemporaryDirectory() as folder:
                self.files = await asyncio.to_thread(bombs, Path(folder))

    # One turn of each attack.

    async def login(self) -> None:
        """Names and passwords that are dear to spell."""
        await self.ask(
            "POST", "/login", {"user": f"{next(self.numbers)}{MARKS[:100]}", "password": MARKS, "device": ""}
        )

    async def bomb(self) -> None:
        """A megabyte that would inflate to a gigabyte, with and without a session."""
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        await self.ask("POST", "/rooms", data=BOMB, headers=headers)

    async def zalgo_search(self) -> None:
        """A search in messages that are dear to normalise."""
        await self.ask("GET", f"/search?q=ab&room={self.attack.room}&limit=100")

    async def search(self) -> None:
        """A search for something else each time."""
        await self.ask("GET", f"/search?q={next(self.numbers)}%20ab&limit=100")

    async def sync(self) -> None:
        """The longest messages, asked for and not read."""
        await self.ask("GET", "/sync?since=f1&limit=5000", read=False)

    async def edit(self) -> None:
        """The longest wordings of one message."""
        body = {"txn_id": self.txn(), "body": {"text": "ก" * LONGEST}}
        await self.ask("PATCH", f"/rooms/{self.attack.room}/messages/{self.attack.message}", body)

    async def room(self) -> None:
        """Rooms full of people who did not ask for them."""
        body = {"txn_id": self.txn(), "kind": "group", "name": "x", "members": self.attack.people}
        await self.ask("POST", "/rooms", body)

    async def password(self) -> None:
        """A password to be checked each time."""
        await self.ask("POST", "/second-factors/totp", {"password": self.attack.password})

    async def file(self) -> None:
        """A file that says or holds much, whole in one request, for the workers to look at."""
        file = self.files[next(self.numbers) % len(self.files)]
        said = about(self.attack.room, name=file.name, type=file.type, form=file.form)
        headers = {**CONTENT, **said, "Upload-Length": str(len(file.content))}
        if where := await self.ask("POST", "/uploads", headers=headers, data=file.content):
            self.sent.append(where.rpartition("/")[2])
        if len(self.sent) > FILES_KEPT:
            await self.ask("DELETE", f"/uploads/{self.sent.popleft()}", headers=TUS)


FILE_BOMBS: Final = "bombs by tus"
BOMB: Final = gzip.compress(bytes(512 << 20), 9) * 2
TURNS: Final[dict[str, tuple[Callable[[_Attacker], Awaitable[None]], float]]] = {
    "login bombs": (_Attacker.login, RATE),
    "gzip bombs": (_Attacker.bomb, BOMBS_A_SECOND),
    "zalgo search": (_Attacker.zalgo_search, RATE),
    "long-message sync": (_Attacker.sync, RATE),
    "edits flood": (_Attacker.edit, RATE),
    "room flood": (_Attacker.room, RATE),
    "password changes": (_Attacker.password, RATE),
    "search flood": (_Attacker.search, RATE),
    FILE_BOMBS: (_Attacker.file, BOMBS_A_SECOND),
}
PREPARES: Final = {
    "zalgo search": [ZALGO, "a" * LONGEST, "ab " * 6_000] * (PREPARED // 3),
    "long-message sync": ["ก" * LONGEST] * PREPARED,
}
NAMES: Final = (*TURNS, "handshakes held open")


async def run(attack: Attack) -> None:
    """Attack until standard input ends; then say what was answered."""
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    context = ssl.create_default_context(cafile=attack.ca)
    connector = aiohttp.TCPConnector(ssl=context, limit=AT_ONCE, local_addr=(ADDRESS, 0))
    headers = {"Authorization": f"Bearer {attack.token}"}
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(attack.url, connector=connector, headers=headers, timeout=timeout) as http:
        attacker = _Attacker(attack, http)
        await attacker.prepare(PREPARES.get(attack.name, []))
        doing = asyncio.create_task(_hold(attack) if attack.name not in TURNS else _flood(attacker))
        print(READY, flush=True)
        await over
        doing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await doing
    print(msgspec.json.encode(attacker.answers).decode(), flush=True)


async def _flood(attacker: _Attacker) -> None:
    """Take turns at the attack's rate, whether the last ones are answered or not; so many at once and no more.

    What it could not do while it was held up, it does not do afterwards.
    """
    turn, rate = TURNS[attacker.attack.name]
    under_way: set[asyncio.Task[None]] = set()
    due = perf_counter()
    while True:
        due = max(due + 1 / rate, perf_counter() - LATEST_S)
        await asyncio.sleep(max(0.0, due - perf_counter()))
        if len(under_way) < AT_ONCE:
            task = asyncio.ensure_future(turn(attacker))
            under_way.add(task)
            task.add_done_callback(under_way.discard)


async def _hold(attack: Attack) -> None:
    """Open connections that never shake hands, and again whatever is closed."""
    host, _, port = attack.url.rpartition("//")[2].rpartition(":")

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(host, int(port), local_addr=(ADDRESS, 0))
                with contextlib.closing(writer):
                    await reader.read()
            await asyncio.sleep(1)

    await asyncio.gather(*(one() for _ in range(HANDSHAKES)))


def main() -> None:
    """Read what to do and do it."""
    os.nice(19)
    asyncio.run(run(msgspec.json.decode(sys.stdin.buffer.readline(), type=Attack)))


if __name__ == "__main__":
    main()
