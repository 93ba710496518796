"""Asks clamd (ClamAV's daemon) about a file, over its Unix socket, and says what it answered.

Owns the protocol (clamd(8): `zINSTREAM`, `zVERSION`, `zPING`, `zRELOAD`), the time-outs, and how many files are looked
at at once.

Rules:
- the answer is read also when sending fails: at its limit clamd answers, closes the connection, and refuses the rest;
- the answer is bounded in length, and a signature's name in what it is made of, since both are shown to people;
- a daemon that is not there, ends in the middle or answers something else raises Unavailable: nothing is known then;
- a file that takes too long while the daemon answers others is `UNREADABLE`: it would never end.

Does not: decide what an answer proves of a file (`rules/scanning.py`), or keep anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.rules.scanning import Answer, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

SCANNER_AWAY: Final = "scanner_away"
CONNECT_S: Final = 5.0
SHORT_ANSWER_S: Final = 10.0
SEND_S: Final = 60.0
"""How long clamd may take to accept one piece of a file."""
MAX_ANSWER: Final = 4_096
MAX_PIECE: Final = 1024 * 1024
MAX_SIGNATURE: Final = 120
_LENGTH: Final = struct.Struct(">I")
_NOT_IN_SIGNATURES: Final = re.compile(r"[^A-Za-z0-9._:/()+-]")
# With `ExtendedDetectionInfo yes`, Debian's default, hash and size of the file follow the name.
_DETECTION_INFO: Final = re.compile(r"\([0-9a-f]{32,128}:\d+\)$")
_VERSION: Final = re.compile(r"ClamAV ([^/\s]{1,40})(?:/(\d{1,9})/([A-Za-z0-9: ]{1,40}))?")


@dataclass(frozen=True, slots=True)
class Version:
    """What clamd says of itself. Without the official signatures it names neither their number nor their time (UTC)."""

    engine: str
    signatures: int | None = None
    signatures_at: datetime | None = None


class Scanner:
    """Asks one clamd. Every call raises Unavailable (`scanner_away`) when the daemon cannot be asked."""

    def __init__(self, path: str, at_once: int, answer_s: float) -> None:
        """Ask at `path`; at most `at_once` files at a time; after its last byte a file may take `answer_s` seconds."""
        self._path, self._answer_s = path, answer_s
        self._free = asyncio.Semaphore(at_once)

    async def scan(self, content: AsyncIterator[bytes]) -> Answer:
        """Return what clamd says of a file that is given in pieces."""
        async with self._free, _connected(self._path) as connection:
            await _send(connection, b"zINSTREAM\0")
            with contextlib.suppress(ConnectionError):
                async for piece in content:
                    await _send_piece(connection, piece)
                await _send(connection, _LENGTH.pack(0))
            said = await _read_answer(connection, self._answer_s)
        if said is None:
            await self.ping()
            return Answer(Verdict.UNREADABLE)
        return parse_answer(said)

    async def ping(self) -> None:
        """Return when the daemon answers."""
        if (said := await self._ask(b"zPING\0")) != "PONG":
            raise Unavailable(f"clamd answered a ping with {said!r}", code=SCANNER_AWAY)

    async def version(self) -> Version:
        """Return which engine answers, with which signatures."""
        return parse_version(await self._ask(b"zVERSION\0"))

    async def reload(self) -> None:
        """Have the daemon load its signatures anew."""
        if (said := await self._ask(b"zRELOAD\0")) != "RELOADING":
            raise Unavailable(f"clamd answered a reload with {said!r}", code=SCANNER_AWAY)

    async def _ask(self, command: bytes) -> str:
        async with _connected(self._path) as connection:
            await _send(connection, command)
            said = await _read_answer(connection, SHORT_ANSWER_S)
        if said is None:
            raise Unavailable("clamd does not answer", code=SCANNER_AWAY)
        return said


def parse_answer(said: str) -> Answer:
    """Return what an answer to INSTREAM means. Raises Unavailable for one that says nothing of the file."""
    if said == "stream: OK":
        return Answer(Verdict.NOTHING_FOUND)
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        name = _DETECTION_INFO.sub("", said.removeprefix("stream: ").removesuffix(" FOUND"))
        return Answer(Verdict.FOUND, _NOT_IN_SIGNATURES.sub("_", name)[:MAX_SIGNATURE])
    if said.startswith("INSTREAM size limit exceeded"):
        return Answer(Verdict.OVER_LIMIT)
    if said.startswith("stream: ") and said.endswith(" ERROR"):
        return Answer(Verdict.UNREADABLE)
    raise Unavailable(f"clamd said {said[:MAX_SIGNATURE]!r}", code=SCANNER_AWAY)


def parse_version(said: str) -> Version:
    """Return what an answer to VERSION says. Raises Unavailable for what is none."""
    found = _VERSION.match(said)
    if not found:
        raise Unavailable(f"clamd named its version as {said[:MAX_SIGNATURE]!r}", code=SCANNER_AWAY)
    engine, number, at = found.groups()
    if number is None:
        return Version(engine)
    try:
        # The daemon writes the time of this machine.
        return Version(engine, int(number), datetime.strptime(at.strip(), "%a %b %d %H:%M:%S %Y").astimezone(UTC))
    except ValueError:
        return Version(engine, int(number))


@contextlib.asynccontextmanager
async def _connected(path: str) -> AsyncGenerator[socket.socket]:
    """Hold a connection to clamd. A plain socket, since a stream of asyncio drops the answer when a write fails.

    Raises Unavailable for whatever fails inside, a time-out included.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(connection, path)
            yield connection
        except OSError as error:
            raise Unavailable(f"clamd cannot be asked: {error!r}", code=SCANNER_AWAY) from error


async def _send(connection: socket.socket, data: bytes | memoryview) -> None:
    async with asyncio.timeout(SEND_S):
        await asyncio.get_running_loop().sock_sendall(connection, data)


async def _send_piece(connection: socket.socket, piece: bytes) -> None:
    view = memoryview(piece)
    for start in range(0, len(view), MAX_PIECE):
        part = view[start : start + MAX_PIECE]
        await _send(connection, _LENGTH.pack(len(part)))
        await _send(connection, part)


async def _read_answer(connection: socket.socket, seconds: float) -> str | None:
    """Return the answer without the zero byte at its end, or None when there is none in so many seconds."""
    said = b""
    try:
        async with asyncio.timeout(seconds):
            while b"\0" not in said and len(said) < MAX_ANSWER:
                if not (more := await asyncio.get_running_loop().sock_recv(connection, MAX_ANSWER)):
                    break
                said += more
    except TimeoutError:
        return None
    return said.partition(b"\0")[0].decode("ascii", "replace").strip()
