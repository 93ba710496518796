"""Whether a newer export continues an older one: an agency that signed both of two histories is caught by its own keys.

Both files are verified whole first. The older may also be a checkpoint alone, or the file of signed heads, as kept off
the machine: the root that the newer log had at each size that they name is compared with theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.evidence.offline.heads_file import read_heads
from appliance.evidence.offline.names import room_origin
from appliance.evidence.offline.outcome import Failed, Usage
from appliance.evidence.offline.room import check_room
from appliance.evidence.offline.seals import Seals
from appliance.evidence.offline.trust import Trust, check_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.evidence.offline.room import RoomCheck

# The first key of a line of heads; that of an export is `origin`.
_HEADS_BEGIN: Final = b'{"at":'


def check_extends(old: Path, new: Path, trust: Trust | None) -> tuple[int, RoomCheck]:
    """Return the older size and the check of the newer log. Raises `Failed` when one does not continue the other."""
    later = _room(new, trust)
    if _is_export(old):
        earlier = _room(old, trust)
        _compare(earlier, later, trust)
        return earlier.history.size, later
    known = trust or Trust([later.head.key], from_file=True)
    if _has_heads(old):
        return _compare_heads(old, later, known), later
    try:
        note = old.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Failed("note") from error
    head = check_checkpoint(note, known).head
    origin = room_origin(head.origin)
    if origin is None or origin.room != later.head.room:
        raise Usage("other_log", old=head.origin, new=later.head.origin)
    _compare_root(head.size, head.root, later)
    return head.size, later


def _compare_root(size: int, root: bytes, later: RoomCheck) -> None:
    if size > later.history.size:
        raise Failed("shorter", old=size, new=later.history.size)
    if root != later.history.root(size):
        raise Failed("two_histories_note", size=size, last=max(size - 1, 0))


def _compare_heads(old: Path, later: RoomCheck, trust: Trust) -> int:
    """Compare every recorded head of the room; return the largest size that was recorded."""
    size = None
    with old.open("rb") as file:
        for recorded, root in read_heads(file, later.head.room, trust):
            _compare_root(recorded, root, later)
            size = max(size or 0, recorded)
    if size is None:
        raise Usage("not_recorded", room=later.head.room)
    return size


def _room(path: Path, trust: Trust | None) -> RoomCheck:
    with path.open("rb") as file:
        try:
            return check_room(file, trust, Seals())
        except Failed as failure:
            failure.values["file"] = path.name
            raise


def _is_export(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"{" and not _has_heads(path)


def _has_heads(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADS_BEGIN)) == _HEADS_BEGIN


def _compare(earlier: RoomCheck, later: RoomCheck, trust: Trust | None) -> None:
    if earlier.head.room != later.head.room:
        raise Usage("other_log", old=earlier.head.origin, new=later.head.origin)
    if trust is None and earlier.head.key != later.head.key:
        raise Usage("two_keys")
    size = min(earlier.history.size, later.history.size)
    if earlier.history.root(size) != later.history.root(size):
        raise Failed("two_histories", next(n for n in range(size) if earlier.history.leaf(n) != later.history.leaf(n)))
    if earlier.history.size > size:
        raise Failed("shorter", old=earlier.history.size, new=size)
