"""The heads of all rooms, recorded outside the rooms: whoever rewrites a room contradicts a second log and a file.

Once a day and at a clean stop, the head (size and root) of every room goes into the database, and one root over all of
them into the audit log: the RFC 6962 tree over the lines `ROOM/SIZE/ROOT`, sorted, ROOT in base64. The same goes as one
line into an append-only file, which the configuration can put on another disk. Format of a line, canonical JSON:
  {"at": ms UTC, "audit": signed note of the audit log, "note": signed note, "rooms": [[room, size, root], …]}
`rooms` are those that advanced since the line before; `note` signs the root over the newest head of every room so far.
Its text is four lines: `gchat-heads/1`, the name of the log key, the number of rooms, the root. It is no checkpoint,
since its tree does not only grow.

Does not: write the audit record (`actions/audit_checkpoints.py`), compare a room's entries with its recorded heads
(`integrity.py`).
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import join_note, open_note
from appliance.evidence.tree import leaf_hash, root_of
from appliance.log.notes import open_room
from appliance.model import Millis, RoomId
from appliance.store import recorded_heads as stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from appliance.evidence.note import Signer, Verifier
    from appliance.store.db import Rows

    Heads = Mapping[RoomId, tuple[int, bytes]]

FORMAT: Final = "gchat-heads/1"


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: Millis
    audit: str
    note: str
    rooms: list[tuple[str, int, str]]


_LINES: Final = msgspec.json.Decoder(_Line)


class FileHeads(msgspec.Struct):
    """What a file of heads says: every recorded (size → root) of each room, the last root, its audit notes, faults."""

    heads: dict[RoomId, dict[int, bytes]] = msgspec.field(default_factory=dict)
    root: bytes | None = None
    audit_notes: list[str] = msgspec.field(default_factory=list)
    faults: list[str] = msgspec.field(default_factory=list)


def root_over(heads: Heads) -> bytes:
    """Return the root over the heads of all rooms."""
    return root_of(leaf_hash(line.encode()) for line in head_lines(heads))


def head_lines(heads: Heads) -> list[str]:
    """Return the lines that the root is over, `ROOM/SIZE/ROOT`, sorted."""
    return sorted(f"{room}/{size}/{b64encode(root).decode()}" for room, (size, root) in heads.items())


def advanced(rows: Rows, verifier: Verifier) -> dict[RoomId, tuple[int, bytes]]:
    """Return the signed heads that are newer than what was recorded; one whose signature is not good is left out."""
    found = {}
    for room, size, note in stored.list_advanced(rows):
        checkpoint = open_room(note, room, verifier)
        if checkpoint is not None and checkpoint.size == size:
            found[room] = (size, checkpoint.root)
    return found


def file_line(signer: Signer, at: Millis, audit_note: str, changed: Heads, everything: Heads) -> bytes:
    """Return the line that a recording adds to the file, with its newline."""
    text = _text(signer.name, everything)
    line: dict[str, Any] = {
        "at": at,
        "audit": audit_note,
        "note": join_note(text, [signer.sign(text)]),
        "rooms": [[room, size, b64encode(root).decode()] for room, (size, root) in sorted(changed.items())],
    }
    return msgspec.json.encode(line) + b"\n"


def append_line(path: Path, line: bytes) -> None:
    """Add a line to the file, durably. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as out:
        out.write(line)
        out.flush()
        os.fsync(out.fileno())


def read_file(path: Path, *verifiers: Verifier) -> FileHeads:
    """Read the file and check every line's signature and root; a file that is not there says nothing.

    `verifiers`: the log key, and those that signed before it.
    """
    found = FileHeads()
    newest: dict[RoomId, tuple[int, bytes]] = {}
    try:
        lines = path.open("rb")
    except FileNotFoundError:
        return found
    with lines:
        for number, raw_line in enumerate(lines, 1):
            try:
                line = _LINES.decode(raw_line)
                for room, size, root in line.rooms:
                    newest[RoomId(room)] = (size, b64decode(root, validate=True))
                signed = open_note(line.note, verifiers).text
            except (msgspec.MsgspecError, ValueError, EvidenceError) as error:
                found.faults.append(f"{path.name}:{number}: {error}")
                continue
            if signed != _text(verifiers[0].name, newest):
                found.faults.append(f"{path.name}:{number}: the signed root is not that of these lines")
            for name, _, _ in line.rooms:
                size, root_bytes = newest[RoomId(name)]
                found.heads.setdefault(RoomId(name), {})[size] = root_bytes
            found.root = root_over(newest)
            found.audit_notes.append(line.audit)
    return found


def _text(key_name: str, heads: Heads) -> str:
    root = b64encode(root_over(heads)).decode()
    return f"{FORMAT}\n{key_name}\n{len(heads)}\n{root}\n"
