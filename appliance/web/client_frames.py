"""Checks the frames that a client sends on a WebSocket, before their content is read.

Client frames must be masked (RFC 6455 §5.1). Frames without a message of their own (pings, pongs, fragments, empty
ones) have a rate limit: browsers send hardly any, and each costs nearly as much as a message. It knows no route and no
session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appliance.errors import TooMany
from appliance.limits import Buckets

if TYPE_CHECKING:
    from collections.abc import Callable

# A frame header with a reserved bit set, which every WebSocket reader must refuse (RFC 6455 §5.2).
_REFUSED_FRAME: Final = b"\xf0\x00"
_CONTROL: Final = 0x08
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_WHOLE_TEXT: Final = 0x81
# Header, mask and the shortest message there is: `{}`.
_MIN_MESSAGE_LENGTH: Final = 2 + 4 + 2
SMALL_FRAMES_S: Final = 10.0
SMALL_FRAMES_BURST: Final = 100.0
"""Frames without a message of their own that one stream may send: pings, pongs, fragments, empty ones."""
MAX_FRAGMENTS: Final = 16
"""Of one message; browsers cut long ones into pieces of 64 KiB or more."""


class ClientFrames:
    """Passes what a client sends on to a WebSocket reader, as long as its frames are masked and worth reading.

    A frame without a mask is replaced by one that the reader refuses as a protocol error, so that the connection is
    closed with code 1002 (RFC 6455 §5.1, §7.4.1). Too many frames without a message of their own end the connection:
    `flooded()` is called once, nothing more is passed on. `clock()` is in seconds.
    """

    def __init__(self, reader: Any, flooded: Callable[[], None], clock: Callable[[], float]) -> None:
        self._reader, self._flooded = reader, flooded
        self._small = Buckets(SMALL_FRAMES_S, SMALL_FRAMES_BURST, clock)
        self._begun = b""
        self._left = 0
        self._fragments = 0
        self._ended = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what has arrived, cut anywhere."""
        if self._ended:
            return True, b""
        if self._is_one_message(data):
            return self._reader.feed_data(data)  # type: ignore[no-any-return]
        try:
            good = self._masked_upto(data)
        except TooMany:
            self._ended = True
            self._flooded()
            return True, b""
        if good < len(data):
            self._reader.feed_data(data[:good] + _REFUSED_FRAME)
            return True, b""
        answer: tuple[bool, bytes] = self._reader.feed_data(data)
        return answer

    def feed_eof(self) -> None:
        """Take the end."""
        self._reader.feed_eof()

    def _is_one_message(self, data: bytes) -> bool:
        """Return whether these bytes are exactly one masked text, as nearly always; then no limit applies."""
        return (
            not self._left
            and not self._begun
            and not self._fragments
            and len(data) >= _MIN_MESSAGE_LENGTH
            and data[0] == _WHOLE_TEXT
            and data[1] >= _MASKED
            and _frame_size(data) == len(data)
        )

    def _masked_upto(self, data: bytes) -> int:
        """Return where the first frame without a mask begins in `data`, or its length when there is none.

        Raises TooMany.
        """
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            head = self._begun + data[at : at + 10 - len(self._begun)]
            if len(head) > 1 and not head[1] & _MASKED:
                return max(0, at - len(self._begun))
            size = _frame_size(head)
            if size is None:
                self._begun = head
                return len(data)
            self._count(head[0], size)
            self._left = size - len(self._begun)
            self._begun = b""
        return at

    def _count(self, first: int, size: int) -> None:
        """Count a frame by its first byte and its size, header and all. Raises TooMany."""
        control, final = first & _CONTROL, first & _FINAL
        if not control:
            self._fragments += 1
            if self._fragments > MAX_FRAGMENTS:
                raise TooMany(0)
        if control or not final or self._fragments > 1 or size < _MIN_MESSAGE_LENGTH:
            self._small.take(None)
        if final and not control:
            self._fragments = 0


def _frame_size(head: bytes) -> int | None:
    """Return how long a masked frame is, header and all, or None while too little of it is there."""
    if len(head) < 2:
        return None
    size = head[1] & 0x7F
    if size < 126:
        return 2 + 4 + size
    ends = 4 if size == 126 else 10
    return ends + 4 + int.from_bytes(head[2:ends], "big") if len(head) >= ends else None
