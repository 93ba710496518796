"""The append-only file of signed heads, read for one room (`docs/evidence.md` §11).

Each line names the heads of the rooms that advanced, and signs a root over the newest head of every room so far. The
file must be whole from its first line, or that root differs.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from appliance.evidence.errors import NoteError
from appliance.evidence.note import open_note
from appliance.evidence.offline.names import KeyName, log_key_name
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.trust import Trust, check_checkpoint
from appliance.evidence.offline.values import decode64, is_count, parse_canonical
from appliance.evidence.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT: Final = "gchat-heads/1"
MAX_LINE: Final = 1 << 26

Head = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class RecordedHead:
    """One head of the room: its size and root, and the name of the log key that signed the line."""

    size: int
    root: bytes
    signer: str


@dataclass(slots=True)
class _Newest:
    """The newest head of every room, and the tree over their sorted lines.

    Hashes are kept by level, so that a head that advances costs one path of the tree and not all of it.
    """

    lines: list[bytes] = field(default_factory=list)
    by_room: dict[str, bytes] = field(default_factory=dict)
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    @property
    def count(self) -> int:
        """Number of rooms."""
        return len(self.by_room)

    def update(self, heads: dict[str, Head]) -> None:
        """Take the heads of one line of the file."""
        for room, (size, root) in heads.items():
            line = f"{room}/{size}/{b64encode(root).decode()}".encode()
            former = self.by_room.get(room)
            at = len(self.lines) if former is None else bisect_left(self.lines, former)
            if former is not None:
                del self.lines[at]
            to = bisect_left(self.lines, line)
            self.lines.insert(to, line)
            self.by_room[room] = line
            if to == at and former is not None:
                self._hash(to, to + 1)
            else:
                self._hash(min(at, to), len(self.lines))

    def _hash(self, first: int, end: int) -> None:
        """Hash the lines from `first` to before `end`, and what lies above them; all other lines are as they were."""
        below = self.levels[0]
        below[first:end] = [leaf_hash(line) for line in self.lines[first:end]]
        depth = 0
        while len(below) > 1:
            depth, first, end = depth + 1, first // 2, (end + 1) // 2
            if depth == len(self.levels):
                self.levels.append([])
            pairs = (below[2 * n : 2 * n + 2] for n in range(first, end))
            self.levels[depth][first:end] = [node_hash(*pair) if len(pair) > 1 else pair[0] for pair in pairs]
            below = self.levels[depth]

    def root(self) -> bytes:
        """Return the root of the tree (RFC 6962 §2.1)."""
        return self.levels[-1][0] if self.lines else EMPTY_ROOT


def read_heads(file: BinaryIO, room: str, trust: Trust) -> Iterator[RecordedHead]:
    """Give every recorded head of one room, in order. Raises `Failed` naming the line that does not hold."""
    newest = _Newest()
    number = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        line = _line(data, number)
        heads = [_head(item, number) for item in line["rooms"]]
        if len(dict(heads)) != len(heads):
            raise Failed("heads", line=number)
        newest.update(dict(heads))
        name = _signer(line["note"], newest, trust, number)
        _check_audit(line["audit"], name, trust, number)
        yield from (RecordedHead(*head, f"{name.domain}/a/{name.agency}/log") for item, head in heads if item == room)


def _line(data: bytes, number: int) -> dict[str, Any]:
    if not data.endswith(b"\n"):
        raise Failed("heads", line=number)
    try:
        line = parse_canonical(data[:-1].decode(), "line")
    except (Failed, UnicodeDecodeError) as error:
        raise Failed("heads", line=number) from error
    right = isinstance(line, dict) and set(line) == {"at", "audit", "note", "rooms"} and is_count(line["at"])
    if (
        not right
        or not all(isinstance(line[key], str) for key in ("audit", "note"))
        or not isinstance(line["rooms"], list)
    ):
        raise Failed("heads", line=number)
    return dict(line)


def _head(item: Any, number: int) -> tuple[str, Head]:
    if not isinstance(item, list) or len(item) != 3 or not isinstance(item[0], str) or not is_count(item[1]):
        raise Failed("heads", line=number)
    root = decode64(item[2]) if isinstance(item[2], str) else None
    if root is None or len(root) != HASH_BYTES:
        raise Failed("heads", line=number)
    return item[0], (item[1], root)


def _check_audit(note: str, signer: KeyName, trust: Trust, number: int) -> None:
    """Check that the agency that signed the line signed the checkpoint of its audit log; no witness is asked for."""
    try:
        signed = check_checkpoint(note, Trust(trust.logs))
    except Failed as error:
        raise Failed("heads", line=number) from error
    if signed.head.origin != f"{signer.domain}/a/{signer.agency}/audit":
        raise Failed("heads", line=number)


def _signer(note: str, newest: _Newest, trust: Trust, number: int) -> KeyName:
    """Return the name of the log key that signed the newest heads, and that the note itself names."""
    try:
        opened = open_note(note, trust.logs)
    except NoteError as error:
        raise Failed("heads", line=number) from error
    root = b64encode(newest.root()).decode()
    for signature in opened.signatures:
        name = log_key_name(signature.name)
        if name and opened.text == f"{FORMAT}\n{signature.name}\n{newest.count}\n{root}\n":
            return name
    raise Failed("heads", line=number)
