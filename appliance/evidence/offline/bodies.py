"""Bodies: those that are there are what their headers commit to; those that are not were destroyed by an entry, or not.

A body that is committed to and has another form than its type says is no words of anybody. It is named and proves no
tampering: the hub's and the sender's signatures hold, and the rest of the room with them.

A body that no `shred` entry covers may have been erased or withheld by whoever made the file; the log cannot tell, and
the two are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.values import decode64url, encode64url, parse_canonical
from appliance.rules.entry_types import find
from appliance.rules.shapes import WrongShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.evidence.offline.conduct import Shred
    from appliance.evidence.offline.entries import ParsedEntry

SALT_BYTES: Final = 16
NO_BODY: Final = encode64url(sha256(b"").digest())


def check_body(entry: ParsedEntry, salt: str, body: str) -> None:
    """Check salt and body against the commitment of their header. Raises `Failed`."""
    salt_bytes, data = decode64url(salt), body.encode()
    if salt_bytes is None or len(salt_bytes) != SALT_BYTES or len(data) != entry.header["bl"]:
        raise Failed("body", entry.n)
    if encode64url(sha256(salt_bytes + data).digest()) != entry.header["bc"]:
        raise Failed("body", entry.n)


def is_formed(entry: ParsedEntry, body: str) -> bool:
    """Return whether a body has the form that its type of entry has, as each replica reads it."""
    row = find(entry.kind, entry.header["rv"])
    shape = row.body_shape if row else None
    if shape is None:
        return False
    try:
        shape.of(parse_canonical(body, "body", entry.n))
    except (Failed, WrongShapeError):
        return False
    return True


def has_body(entry: ParsedEntry) -> bool:
    """Return whether the entry ever had a body."""
    return bool(entry.header["bc"] != NO_BODY)


@dataclass(slots=True)
class Spans:
    """Positions in rising order, kept as spans."""

    spans: list[list[int]] = field(default_factory=list)

    def add(self, n: int) -> None:
        """Add a position after all others."""
        if self.spans and self.spans[-1][1] == n - 1:
            self.spans[-1][1] = n
        else:
            self.spans.append([n, n])

    @property
    def count(self) -> int:
        """Number of positions."""
        return sum(last - first + 1 for first, last in self.spans)

    def __iter__(self) -> Iterator[int]:
        return (n for first, last in self.spans for n in range(first, last + 1))

    def __str__(self) -> str:
        shown = [f"{first}" if first == last else f"{first}–{last}" for first, last in self.spans[:50]]
        return ", ".join(shown + ["…"] * (len(self.spans) > 50))


class Causes:
    """Finds the first entry that says it destroyed a body, for positions asked in rising order.

    Each entry is looked at once and not for every body: a log may have thousands of both.
    """

    def __init__(self, shreds: list[Shred]) -> None:
        self._waiting = sorted(shreds, key=lambda shred: shred.first, reverse=True)
        self._begun: list[tuple[int, Shred]] = []

    def of(self, n: int) -> Shred | None:
        """Return the first entry that covers position `n`, which is not before the one asked last."""
        while self._waiting and self._waiting[-1].first <= n:
            shred = self._waiting.pop()
            heappush(self._begun, (shred.n, shred))
        while self._begun and self._begun[0][1].last < n:
            heappop(self._begun)
        return self._begun[0][1] if self._begun else None


def sort_absent(absent: Spans, shreds: list[Shred]) -> tuple[dict[Shred, Spans], Spans]:
    """Return absent bodies by the first entry that says it destroyed them, and those of which none says so."""
    erased: dict[Shred, Spans] = {}
    unexplained = Spans()
    causes = Causes(shreds)
    for n in absent:
        cause = causes.of(n)
        (unexplained if cause is None else erased.setdefault(cause, Spans())).add(n)
    return erased, unexplained
