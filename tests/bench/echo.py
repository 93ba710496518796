"""A server that does nothing but fan out: the plain limit of every delivery, `python -m tests.bench.echo`.

For each frame from a member it confirms it and writes one prepared frame to the transports of the others on the same
path. With `--sync FILE` it first appends a page to the file and waits until that is on the disk, which is the least a
durable server can do. It parses no more of a frame than its length and its transaction id.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections import defaultdict
from pathlib import Path
from typing import Final, cast

import uvloop

from tests.bench.links import MESSAGE, TEXT

PAYLOAD: Final = 300
PAGE: Final = bytes(4096)
UPGRADED: Final = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def frame(payload: bytes) -> bytes:
    """Return a server's text frame."""
    if len(payload) < 126:
        return bytes((TEXT, len(payload))) + payload
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


def prepared(size: int = PAYLOAD) -> bytes:
    """Return a frame of the size of a message's event."""
    head, tail = b'{"pos":"f1","events":[{"type":' + MESSAGE + b',"body":"', b'"}]}'
    return frame(head + b"x" * (size - len(head) - len(tail)) + tail)


class Echo(asyncio.Protocol):
    """One member."""

    def __init__(self, rooms: defaultdict[bytes, list[asyncio.Transport]], prepared_frame: bytes, sync: int) -> None:
        self._rooms, self._frame, self._sync = rooms, prepared_frame, sync
        self._room: list[asyncio.Transport] | None = None
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Upgrade, then answer frames; frames of the load are masked with zeros."""
        data = self._rest + data
        if self._room is None:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self._room = self._rooms[head.split(b" ", 2)[1]]
            self._room.append(self._transport)
            self._transport.write(UPGRADED)
        while len(data) >= 8:
            size, start = data[1] & 0x7F, 6
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 8
            if len(data) < start + size:
                break
            self._answer(data[start : start + size])
            data = data[start + size :]
        self._rest = data

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forget the transport."""
        if self._room is not None:
            self._room.remove(self._transport)

    def _answer(self, payload: bytes) -> None:
        if self._sync >= 0:
            os.pwrite(self._sync, PAGE, 0)
            os.fdatasync(self._sync)
        at = payload.index(b'"txn_id":"') + 10
        txn_id = payload[at : payload.index(b'"', at)]
        self._transport.write(frame(b'{"txn_id":"%b","n":1}' % txn_id))
        for other in self._room or ():
            if other is not self._transport:
                other.write(self._frame)


async def serve(sync: Path | None) -> None:
    """Listen on a free port, print it, serve until killed."""
    descriptor = os.open(sync, os.O_CREAT | os.O_RDWR, 0o600) if sync else -1
    rooms: defaultdict[bytes, list[asyncio.Transport]] = defaultdict(list)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Echo(rooms, prepared(), descriptor), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sync", type=Path)
    uvloop.run(serve(parser.parse_args().sync))
