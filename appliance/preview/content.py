"""What a job works with inside the fence: the bytes of the file, and the parts that were made of it.

A file is held in memory or in the worker's private folder, which is memory too and goes with the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from appliance.preview.protocol import Answer, Facts, Job, Part, PartKind, Refusal

FOLDER: Final = Path("/run")
"""The private folder: both fences mount it anew for each process."""
_CHUNK: Final = 256 * 1024


class Refused(Exception):
    """Nothing can be made of this file."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


class Content:
    """The bytes of the file, still to be read from the appliance: once, with one of the first two."""

    def __init__(self, job: Job, stream: IO[bytes]) -> None:
        self.job = job
        self._stream = stream
        self._left = job.size

    def in_memory(self) -> bytes:
        """Return all of them. Raises Refused if the appliance broke off."""
        return b"".join(self._chunks())

    def in_folder(self) -> Path:
        """Write them into the private folder and return the path. Raises Refused if the appliance broke off."""
        path = FOLDER / "content"
        with path.open("wb") as file:
            for chunk in self._chunks():
                file.write(chunk)
        return path

    def skip(self) -> None:
        """Read what was not read: an answer that comes while the appliance is still sending may be lost with it."""
        with suppress(Refused):
            for _ in self._chunks():
                pass

    def _chunks(self) -> Iterator[bytes]:
        while self._left:
            chunk = self._stream.read(min(self._left, _CHUNK))
            if not chunk:
                raise Refused(Refusal.BROKEN)
            self._left -= len(chunk)
            yield chunk


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
