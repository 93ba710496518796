"""What a job works with inside the fence: the bytes of the file, and the parts that were made of it.

A file is held in memory or in the worker's private /tmp, which is memory too and goes with the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from appliance.preview.protocol import Answer, Facts, Job, Part, PartKind, Refusal

FOLDER: Final = Path("/tmp")  # noqa: S108 -- private to this process: both fences mount it anew
_CHUNK: Final = 256 * 1024


class Refused(Exception):
    """Nothing can be made of this file."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of the file, still to be read from the appliance: once, with one of the two."""

    job: Job
    stream: IO[bytes]

    def in_memory(self) -> bytes:
        """Return all of them. Raises Refused if the appliance broke off."""
        content = self.stream.read(self.job.size)
        if len(content) != self.job.size:
            raise Refused(Refusal.BROKEN)
        return content

    def in_folder(self) -> Path:
        """Write them into the private folder and return the path. Raises Refused if the appliance broke off."""
        path, left = FOLDER / "content", self.job.size
        with path.open("wb") as file:
            while left and (chunk := self.stream.read(min(left, _CHUNK))):
                file.write(chunk)
                left -= len(chunk)
        if left:
            raise Refused(Refusal.BROKEN)
        return path


@dataclass(slots=True)
class Outcome:
    """The answer as it is being made."""

    facts: Facts = field(default_factory=Facts)
    parts: list[Part] = field(default_factory=list)
    contents: list[bytes | Path] = field(default_factory=list)

    def add(
        self,
        kind: PartKind,
        of_type: str,
        content: bytes | Path,
        size: tuple[int, int] | None = None,
        page: int | None = None,
    ) -> None:
        """Add a part: its bytes, or a file that holds them. `size` is its width and height in pixels."""
        length = len(content) if isinstance(content, bytes) else content.stat().st_size
        width, height = size or (None, None)
        self.parts.append(Part(kind, of_type, length, width, height, page))
        self.contents.append(content)

    def answer(self) -> Answer:
        """Return the line that goes before the parts."""
        return Answer(facts=self.facts, parts=tuple(self.parts))

    def write(self, stream: IO[bytes]) -> None:
        """Write the bytes of the parts, in their order."""
        for content in self.contents:
            if isinstance(content, bytes):
                stream.write(content)
                continue
            with content.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    stream.write(chunk)
