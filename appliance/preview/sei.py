"""Messages inside a video stream (SEI), overwritten where they lie: camcorders write place, time and device into them.

A message becomes one that says «filler» and has the same length (ITU-T H.264 §D.1.4, H.265 §D.2.4), so that no byte
behind it moves and every decoder goes on.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from appliance.preview.content import Refused
from appliance.preview.overwriting import Bytes, fill
from appliance.preview.protocol import Refusal

_FILLER: Final = 3  # the payload type
_TRAILING: Final = 0x80
_SMALLEST: Final = 3
_LONGEST_STEP: Final = 255
_AVC_LENGTH, _HEVC_LENGTH, _HEVC_ARRAYS = 4, 21, 22  # ISO/IEC 14496-15 §5.3.3 and §8.3.3


class Nal(Enum):
    """How the units of a stream begin: the bytes of their head, and the types that are messages."""

    AVC = (1, frozenset((6,)))
    HEVC = (2, frozenset((39, 40)))

    def is_message(self, first: int) -> bool:
        """Return whether a unit with this first byte is a message."""
        kind = first & 0x1F if self is Nal.AVC else first >> 1 & 0x3F
        return kind in self.value[1]


def silence_sample(data: Bytes, start: int, end: int, kind: Nal, length: int) -> None:
    """Overwrite the messages in one sample, whose units have their length in so many bytes before them."""
    at = start
    while at + length < end:
        size = int.from_bytes(data[at : at + length])
        at += length
        if at + size > end:
            raise Refused(Refusal.BROKEN)
        if size and kind.is_message(data[at]):
            _silence_unit(data, at, at + size, kind)
        at += size


def silence_record(data: Bytes, start: int, end: int, kind: Nal) -> int:
    """Overwrite the messages that a decoder's configuration holds; return the bytes of the length before each unit."""
    if kind is Nal.AVC:
        return (data[start + _AVC_LENGTH] & 3) + 1
    at = start + _HEVC_ARRAYS + 1
    for _ in range(data[start + _HEVC_ARRAYS]):
        units = int.from_bytes(data[at + 1 : at + 3])
        at += 3
        for _ in range(units):
            size = int.from_bytes(data[at : at + 2])
            at += 2
            if at + size > end:
                raise Refused(Refusal.BROKEN)
            if size and kind.is_message(data[at]):
                _silence_unit(data, at, at + size, kind)
            at += size
    return (data[start + _HEVC_LENGTH] & 3) + 1


def _silence_unit(data: Bytes, start: int, end: int, kind: Nal) -> None:
    body = start + kind.value[0]
    if end - body >= _SMALLEST:
        write_filler(data, body, end)


def write_filler(data: Bytes, start: int, end: int) -> None:
    """Write messages that say nothing and fill these bytes, 3 at least."""
    steps, rest = divmod(end - start - 2, _LONGEST_STEP + 1)  # without the type and the last byte
    if not rest:  # no length is written so: an empty message takes two bytes
        data[start : start + 2] = bytes((_FILLER, 0))
        write_filler(data, start + 2, end)
        return
    fill(data, start, end, _LONGEST_STEP)  # the steps of the length, and what the message says
    data[start] = _FILLER
    data[start + 1 + steps] = rest - 1
    data[end - 1] = _TRAILING
