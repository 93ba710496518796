"""Frames: a length (u32, big-endian), then that many bytes of MessagePack.

A `Protocol` names the messages of one socket: requests towards the server, answers back in the order of the requests.
Both are decoded strictly; a frame has a largest size, and one that is larger is read past without being kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

LENGTH_BYTES: Final = 4
_DISCARD_BYTES: Final = 64 * 1024

RequestT = TypeVar("RequestT")
AnswerT = TypeVar("AnswerT")


class TooLarge(Exception):
    """A frame is larger than the protocol allows: it has `size` bytes, which have been read past."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes")
        self.size = size


@dataclass(frozen=True, slots=True)
class Protocol(Generic[RequestT, AnswerT]):
    """What travels over a socket.

    `requests` and `answers` decode tagged unions of structs. `refused(code)` makes the answer to a request that was not
    carried out: `too_large`, `malformed`, `failed` (a fault of the server, which has logged it).
    """

    requests: msgspec.msgpack.Decoder[Any]
    answers: msgspec.msgpack.Decoder[Any]
    refused: Callable[[str], AnswerT]
    max_frame_bytes: int

    def request_of(self, frame: bytes) -> RequestT:
        """Decode a request. Raises msgspec.DecodeError."""
        request: RequestT = self.requests.decode(frame)
        return request

    def answer_of(self, frame: bytes) -> AnswerT:
        """Decode an answer. Raises msgspec.DecodeError."""
        answer: AnswerT = self.answers.decode(frame)
        return answer


encode: Final = msgspec.msgpack.Encoder().encode


def framed(payload: bytes) -> bytes:
    """Return a payload with its length before it."""
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


async def read_frame(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Return the next frame's payload. Raises TooLarge, asyncio.IncompleteReadError at the end of the connection."""
    size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if size > max_bytes:
        left = size
        while left:
            left -= len(await reader.readexactly(min(left, _DISCARD_BYTES)))
        raise TooLarge(size)
    return await reader.readexactly(size)


async def write_frame(writer: asyncio.StreamWriter, message: object) -> None:
    """Send a message, and wait while the peer reads too slowly. Raises ConnectionError once the peer has closed."""
    await send(writer, framed(encode(message)))


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send bytes, and wait while the peer reads too slowly. Raises ConnectionError once the peer has closed.

    Of a connection that has ended meanwhile, `StreamWriter.write` says nothing in asyncio and raises RuntimeError in
    uvloop, which the appliance runs on.
    """
    if writer.is_closing():
        raise ConnectionResetError("the connection has ended")
    writer.write(data)
    await writer.drain()
