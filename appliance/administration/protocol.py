"""What travels over the administration socket: one command a connection, as a dialogue.

The command line sends `Run`; the server answers with what is to be printed (`Out`, `Err`, `Data`) and questions
(`Ask`), each of which is answered by a `Reply`; `Done` or `Failed` is the last frame. Frames are those of
`appliance.ipc`. `RELEASE` goes up with every change of a command or a frame: command line and server have to be of one
release.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from appliance.errors import AppError

RELEASE: Final = 1
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""The directory files of the largest agency, with room to spare."""


_MIB: Final = 1 << 20


def too_large(size: int) -> AppError:
    """Return the refusal (`file_too_large`) of a command or an answer of `size` bytes, its files among them."""
    return AppError(code="file_too_large", size=-(-size // _MIB), limit=MAX_FRAME_BYTES // _MIB)


class _Frame(msgspec.Struct, frozen=True):
    def __repr__(self) -> str:
        """Name the type alone: the values may be passwords, one-time codes or people's data."""
        return f"{type(self).__name__}(…)"


class Run(_Frame, frozen=True, tag=True):
    """Carry out the command of this name; `values` are what its arguments say."""

    release: int
    command: str
    values: dict[str, Any]


class Reply(_Frame, frozen=True, tag=True):
    """What was typed at a question."""

    text: str


class Out(_Frame, frozen=True, tag=True):
    """A line for standard output."""

    text: str


class Err(_Frame, frozen=True, tag=True):
    """A line for standard error."""

    text: str


class Data(_Frame, frozen=True, tag=True):
    """Bytes of the result."""

    content: bytes


class Ask(_Frame, frozen=True, tag=True):
    """A question, whose answer is typed unseen."""

    prompt: str


class Done(_Frame, frozen=True, tag=True):
    """The command has ended; `code` is the exit code."""

    code: int


class Failed(_Frame, frozen=True, tag=True):
    """The command was refused or failed: an `AppError`, whose text is the reader's business."""

    code: str
    message: str
    field: str | None
    detail: dict[str, str | int]

    @classmethod
    def of(cls, error: AppError) -> Failed:
        """Return the frame for an error."""
        return cls(error.code, str(error), error.field, error.detail)

    def error(self) -> AppError:
        """Return the error again."""
        return AppError(self.message, code=self.code, field=self.field, **self.detail)


Down = Out | Err | Data | Ask | Done | Failed
DECODE_RUN: Final = msgspec.msgpack.Decoder(Run)
DECODE_REPLY: Final = msgspec.msgpack.Decoder(Reply)
DECODE_DOWN: Final = msgspec.msgpack.Decoder(Down)
