"""Runs the product's own worker in its real fence, and gathers what it made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from appliance.files.fences import BwrapFence, Fence
from appliance.files.workers import Workers
from appliance.preview.protocol import Facts, Job, JobKind, Part


@dataclass(frozen=True)
class Made:
    """What a worker made of a file."""

    facts: Facts
    parts: list[tuple[Part, bytes]]

    def __getitem__(self, kind: str) -> bytes:
        """Return the bytes of the first part of a kind."""
        return next(content for part, content in self.parts if part.kind == kind)


async def chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def work(kind: JobKind, of_type: str, content: bytes, *, page: int = 1, fence: Fence | None = None) -> Made:
    """Have one job done. Raises PreviewRefused, WorkerFailed."""
    workers = Workers(fence or BwrapFence(), 1)
    async with workers.run(Job(kind, of_type, len(content), page), chunks(content)) as result:
        parts = [(part, b"".join([chunk async for chunk in made])) async for part, made in result.parts()]
        return Made(result.facts, parts)
