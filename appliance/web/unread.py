"""Whether a client takes what it is sent.

Rules:
- what is unread are the bytes that wait in this process and those that the system holds and the client has not
  acknowledged: so a line is seen to move however slow it is;
- whoever may have nothing more is cut off with what is unread (`drop`);
- a connection on which something waits and nothing at all is taken for `SILENCE_S` is ended (`Reader`).
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

SILENCE_S: Final = 30.0
"""How long a client may take nothing of an answer that waits for it, or send nothing of a body that is awaited."""
LOOK_S: Final = 5.0
UNSENT: Final = 256 * 1024
"""Bytes that the system may hold of a connection before they are on the line."""


def unread_by(transport: asyncio.WriteTransport) -> int:
    """Return how many bytes that were sent to a client it has not taken yet."""
    waiting = transport.get_write_buffer_size()
    held = transport.get_extra_info("socket")
    if held is None:
        return waiting
    try:
        # SIOCOUTQ of tcp(7), which has the number of TIOCOUTQ.
        queued = fcntl.ioctl(held.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except OSError:
        return waiting
    return int(waiting + struct.unpack("i", queued)[0])


def bound_unsent(transport: asyncio.BaseTransport) -> None:
    """Have the system take no more than `UNSENT` bytes that it has not sent, where it can be told.

    What is on the line is not bounded by this, so that a fast one is as fast as without. What waits for a slow one
    waits in this process, where it is counted.
    """
    held = transport.get_extra_info("socket")
    if held is not None:
        with suppress(OSError):  # no TCP, as from a proxy on this machine
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


def drop(transport: asyncio.WriteTransport) -> None:
    """End a connection at once, with what the system holds of it: nothing more of that reaches the client.

    `abort()` alone drops what waits in this process, and leaves megabytes in the system to be delivered.
    """
    held = transport.get_extra_info("socket")
    if held is not None:
        with suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Reader:
    """Watches whether a client takes anything, from `waits` on until `goes_on`; `end()` is called for one who does not.

    `unread()` gives the bytes that it has not taken.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, unread: Callable[[], int], end: Callable[[], object]) -> None:
        self._loop, self._unread, self._end = loop, unread, end
        self._timer: asyncio.TimerHandle | None = None
        self._left, self._since = 0, 0.0

    def waits(self) -> None:
        """Something waits to be taken."""
        self._left, self._since = self._unread(), self._loop.time()
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def goes_on(self) -> None:
        """Nothing waits any more, or the connection has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now, left = self._loop.time(), self._unread()
        if left != self._left:
            self._left, self._since = left, now
        elif now - self._since >= SILENCE_S:
            self._end()
            return
        self._timer = self._loop.call_later(LOOK_S, self._look)
