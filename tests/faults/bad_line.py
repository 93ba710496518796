"""A line that breaks: a proxy that cuts each connection after so many bytes, and counts what clients have sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

PIECE: Final = 16 << 10
BUFFER: Final = 64 << 10
"""What the system may hold of a connection: bytes that were sent and that nobody has read are lost with the line."""


@dataclass(slots=True)
class BadLine:
    """`lengths` says after how many bytes each connection breaks; it stays whole when there are no more of them."""

    port: int
    lengths: Iterator[int]
    listens_at: int = 0
    sent: int = 0
    cuts: int = 0
    watchers: list[tuple[int, Callable[[], object]]] = field(default_factory=list)

    def at(self, sent: int, do: Callable[[], object]) -> None:
        """Do something once, when clients have sent so many bytes."""
        self.watchers.append((sent, do))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until it ends or breaks."""
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        up_writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        back = asyncio.create_task(_carry(up_reader, writer))
        try:
            await self._carry_up(reader, up_writer, next(self.lengths, None))
        except OSError:
            pass
        finally:
            for one in (writer, up_writer):
                one.transport.abort()
            back.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await back

    async def _carry_up(self, reader: asyncio.StreamReader, up: asyncio.StreamWriter, left: int | None) -> None:
        while piece := await reader.read(PIECE):
            self.sent += len(piece)
            for due in [one for one in self.watchers if one[0] <= self.sent]:
                self.watchers.remove(due)
                due[1]()
            if left is not None and (left := left - len(piece)) < 0:
                self.cuts += 1
                return
            up.write(piece)
            await up.drain()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        # The other end has closed or was killed: the client learns it, as it would without this line between them.
        writer.close()


@asynccontextmanager
async def bad_line(port: int, lengths: Iterator[int]) -> AsyncIterator[BadLine]:
    """Lend a line to a port of loopback."""
    line = BadLine(port, lengths)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.listens_at = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
