"""The workers: one fenced process looks at one file (files.md §4).

Owns: how long each may take, and what is believed of an answer. How many run at once, and whose: `files/places.py`.

Rules: every run ends: a job has its seconds until the answer is there, and then the parts have theirs together, however
they drip (`hand_over_s`). Content is streamed to the worker and parts back, so that no file is ever in this process as
a whole. Nothing that the worker says is trusted: its line is decoded by `preview.protocol` within limits, and a part
never has more bytes than its line said. When a block that uses a result ends, the process is gone.

Not: the fences (`files/fences.py`); what is done with the parts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from asyncio import IncompleteReadError, LimitOverrunError
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from appliance.files.fences import FenceMissing
from appliance.files.places import Places
from appliance.ipc.frames import send
from appliance.locale import both
from appliance.preview.protocol import (
    FFMPEG,
    LARGEST_PART,
    MIB,
    PARTS,
    SECONDS,
    Answer,
    JobKind,
    ProtocolError,
    Refusal,
    encode,
    largest,
    read_answer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.files.fences import Fence, Line
    from appliance.preview.protocol import Facts, Job, Part

logger = logging.getLogger(__name__)
_CHUNK: Final = 64 * 1024
_STALLED_S: Final = 5
"""Seconds without a byte of a part that was promised."""
_START_S: Final = 1.0
"""Seconds that setting up the fence and starting Python may take on top of a job's own time."""
_HAND_OVER_S: Final = 10.0
_SLOWEST: Final = 20 * MIB
"""How long the parts may take in all, once they are promised: so many seconds, and one more for so many bytes."""


def hand_over_s(size: int) -> float:
    """Return the seconds in which parts of so many bytes have to be handed over, all of them together."""
    return _HAND_OVER_S + size / _SLOWEST


def longest_run_s() -> float:
    """Return the seconds after which every run of a worker has ended, whatever it does."""
    return max(
        SECONDS[kind] + _START_S + hand_over_s(sum(LARGEST_PART[part] * most for part, most in PARTS[kind].items()))
        for kind in JobKind
    )


_NO_FFMPEG: Final = "ffmpeg is not installed (Debian: apt-get install ffmpeg)"
_BY_FFMPEG: Final = frozenset((JobKind.VIDEO, JobKind.SOUND))


class PreviewRefused(Exception):
    """Nothing can be made of this file, by anybody; the file is sent as it is. `code` says why."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code)
        self.code = code


class Failure(StrEnum):
    """Why a worker gave no answer."""

    NO_DECODER = "no_decoder"
    """This machine lacks ffmpeg; no sound or video is looked at until an administrator installs it."""
    NO_FENCE = "no_fence"
    """The fence cannot be set up on this machine; nothing is decoded until an administrator mends that."""
    LATE = "late"
    """The job took longer than it may."""
    GONE = "gone"
    """The worker ended in the middle: it crashed, was killed at a limit, or there were too many."""
    LIED = "lied"
    """The answer was none that the protocol allows: the worker may have been taken over by the file."""


_ALERTS: Final = {
    Failure.NO_FENCE: "files.no_fence",
    Failure.NO_DECODER: "files.no_decoder",
}


class WorkerFailed(Exception):
    """The worker gave no answer that can be used. `code` says why; the message is for the log."""

    def __init__(self, code: Failure, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code


class Result:
    """What a worker made of a file. Its parts are read once, in their order."""

    def __init__(self, answer: Answer, reader: asyncio.StreamReader) -> None:
        self.facts: Facts = answer.facts
        self._parts = answer.parts
        self._reader = reader
        self._until = asyncio.get_running_loop().time() + hand_over_s(sum(part.size for part in answer.parts))

    async def parts(self) -> AsyncIterator[tuple[Part, AsyncIterator[bytes]]]:
        """Yield each part and its bytes. What the caller leaves of one is skipped. Raises WorkerFailed."""
        for part in self._parts:
            content = self._bytes(part.size)
            yield part, content
            async for _ in content:
                pass

    async def _bytes(self, size: int) -> AsyncIterator[bytes]:
        left = size
        while left:
            try:
                async with asyncio.timeout_at(min(self._until, asyncio.get_running_loop().time() + _STALLED_S)):
                    chunk = await self._reader.read(min(left, _CHUNK))
            except TimeoutError as error:
                raise WorkerFailed(Failure.LATE, "a part stalled, or all of them took too long") from error
            except OSError as error:
                raise WorkerFailed(Failure.GONE, str(error)) from error
            if not chunk:
                raise WorkerFailed(Failure.GONE, f"{left} bytes of a part are missing")
            left -= len(chunk)
            yield chunk


class Workers:
    """Starts workers in a fence, at most `most` at a time; whoever comes later waits for their turn."""

    def __init__(self, fence: Fence, most: int) -> None:
        self._fence = fence
        self._places = Places(most)
        self._lacking: set[Failure] = set()

    async def check(self) -> None:
        """Look whether what the workers need is there. Raises WorkerFailed: `no_fence` or `no_decoder`.

        The log has an ALERT line then.
        """
        await self._check_fence()
        if not os.access(FFMPEG, os.X_OK):
            raise self._lacks(Failure.NO_DECODER, _NO_FFMPEG)

    async def _check_fence(self) -> None:
        try:
            await self._fence.check()
        except FenceMissing as missing:
            raise self._lacks(Failure.NO_FENCE, missing) from missing

    @asynccontextmanager
    async def run(self, job: Job, content: AsyncIterator[bytes], person: str = "") -> AsyncIterator[Result]:
        """Have one job done with a file of `job.size` bytes, a person's. In the block the result can be read.

        Raises PreviewRefused, WorkerFailed, and whatever `content` raises.
        """
        if job.size > largest(job):
            raise PreviewRefused(Refusal.TOO_LARGE)
        async with self._places.taken(person):
            line = await self._start()
            try:
                yield Result(await self._answer(line, job, content), line.reader)
            finally:
                await asyncio.shield(line.end())

    async def _start(self) -> Line:
        try:
            return await self._fence.start()
        except FenceMissing as missing:
            raise self._lacks(Failure.NO_FENCE, missing) from missing
        except OSError as error:
            raise WorkerFailed(Failure.GONE, str(error)) from error

    def _lacks(self, what: Failure, missing: object) -> WorkerFailed:
        """Return the failure, and tell the administrator once each time that something goes missing."""
        if what not in self._lacking:
            self._lacking.add(what)
            logger.error("ALERT %s", both(_ALERTS[what], why=missing))
        return WorkerFailed(what, str(missing))

    async def _answer(self, line: Line, job: Job, content: AsyncIterator[bytes]) -> Answer:
        try:
            async with asyncio.timeout(SECONDS[job.kind] + _START_S):
                await _send(line.writer, job, content)
                said = await line.reader.readuntil(b"\n")
            answer = read_answer(said, job)
        except TimeoutError as error:
            raise WorkerFailed(Failure.LATE, f"{job.kind} took more than {SECONDS[job.kind]} s") from error
        except (ProtocolError, LimitOverrunError) as error:
            raise WorkerFailed(Failure.LIED, str(error)) from error
        except (IncompleteReadError, OSError) as error:
            await self._check_fence()
            raise WorkerFailed(Failure.GONE, f"{job.kind} ended without an answer") from error
        self._lacking.discard(Failure.NO_FENCE)
        if answer.refused is Refusal.MISSING:
            raise self._lacks(Failure.NO_DECODER, _NO_FFMPEG)
        if job.kind in _BY_FFMPEG:
            self._lacking.discard(Failure.NO_DECODER)
        if answer.refused is not None:
            raise PreviewRefused(answer.refused)
        return answer


async def _send(writer: asyncio.StreamWriter, job: Job, content: AsyncIterator[bytes]) -> None:
    """Send the job and the file. A worker that has seen enough closes early, and has answered then."""
    try:
        await send(writer, encode(job))
        async for chunk in content:
            await send(writer, chunk)
    except (BrokenPipeError, ConnectionResetError):
        return
