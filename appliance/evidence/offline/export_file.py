"""Reading an exported room log, one line in memory at a time (`docs/evidence.md` §8).

Says what is wrong with a file in words of the file: cut short, changed by a mail program or an editor, continued after
its end. What the lines claim is judged by `room`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from appliance.evidence.note import KeyType
from appliance.evidence.offline.names import room_origin
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.trust import parse_key
from appliance.evidence.offline.values import is_one, parse_canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.evidence.note import Verifier

MAX_LINE: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ExportHead:
    """First line of an export: the log and the key it claims."""

    origin: str
    room: str
    epoch: int
    key: Verifier


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry's line: leaf text, salt (base64url) and body text where the file has them."""

    leaf: str
    salt: str | None
    body: str | None


class ExportFile:
    """An export as it is read: `head` at once, then `entries()` to its end, then `note`."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the first line of `file`. Raises `Failed`."""
        self._file, self._hash = file, sha256()
        self._line, self.note = -1, ""
        self.head = _head(self._read())

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was read so far: two readings of one file are the same."""
        return self._hash.digest()

    def entries(self) -> Iterator[EntryLine]:
        """Give each entry's line; ends after the checkpoint, with nothing behind it. Raises `Failed`."""
        while (line := self._read()) is not None:
            n = self._line - 1
            if isinstance(line, dict) and set(line) == {"b", "l", "s"}:
                yield entry_line(line, n)
                continue
            if not isinstance(line, dict) or set(line) != {"cp", "t"} or line["t"] != "checkpoint":
                raise Failed("bad_line", n)
            if not isinstance(line["cp"], str):
                raise Failed("bad_line", n)
            self.note = line["cp"]
            if self._file.readline(1):
                raise Failed("tail")
            return
        raise Failed("cut", self._line)

    def _read(self) -> Any:
        """Return the value of the next line, or None at the end of the file."""
        line = self._file.readline(MAX_LINE + 1)
        n = self._line if self._line >= 0 else None
        if not line:
            return None
        self._hash.update(line)
        if len(line) > MAX_LINE:
            raise Failed("long_line", n, most=MAX_LINE)
        if line.startswith(_BOM) or line.endswith(b"\r\n"):
            raise Failed("converted", n)
        if not line.endswith(b"\n"):
            raise Failed("no_newline" if line.startswith(b'{"cp":') and line.endswith(b"}") else "cut", n)
        try:
            text = line[:-1].decode()
        except UnicodeDecodeError as error:
            raise Failed("not_utf8", n) from error
        value = parse_canonical(text, "line", n)
        if value is None:
            raise Failed("bad_line", n)
        self._line += 1
        return value


def entry_line(line: dict[str, Any], n: int) -> EntryLine:
    """Return the parts of an entry's line. Raises `Failed`."""
    leaf, salt, body = line["l"], line["s"], line["b"]
    if not isinstance(leaf, str) or not all(item is None or isinstance(item, str) for item in (salt, body)):
        raise Failed("bad_line", n)
    if (salt is None) != (body is None):
        raise Failed("half_body", n)
    return EntryLine(leaf, salt, body)


def _head(line: Any) -> ExportHead:
    if not isinstance(line, dict) or set(line) != {"origin", "room", "t", "v", "vkey"}:
        raise Failed("bad_head")
    texts = all(isinstance(line[key], str) for key in ("origin", "room", "vkey"))
    if not texts or line["t"] != "gchat-room-export" or not is_one(line["v"]):
        raise Failed("bad_head")
    origin = room_origin(line["origin"])
    if origin is None or origin.room != line["room"]:
        raise Failed("bad_head")
    key = parse_key(line["vkey"])
    if key is None or key.key_type is not KeyType.ED25519:
        raise Failed("head_key")
    return ExportHead(line["origin"], line["room"], origin.epoch, key)
