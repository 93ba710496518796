"""Whether a newer export continues an older one: an agency that signed both of two histories is caught by its own keys.

Both files are verified whole first. The older may also be a checkpoint alone, or the file of signed heads, as kept off
the machine: the root that the newer log had at each size that they name is compared with theirs. They count only if a
key of the agency signed them that was the room's hub at that size: nobody else can accuse it of two histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.evidence.offline.heads_file import read_heads
from appliance.evidence.offline.names import log_key_name, room_origin
from appliance.evidence.offline.outcome import Failed, Usage
from appliance.evidence.offline.room import check_room
from appliance.evidence.offline.seals import Seals
from appliance.evidence.offline.trust import Trust, check_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.evidence.note import Checkpoint, Verifier
    from appliance.evidence.offline.heads_file import RecordedHead
    from appliance.evidence.offline.room import RoomCheck

# The first key of a line of heads; that of an export is `origin`.
_HEADS_BEGIN: Final = b'{"at":'


@dataclass(frozen=True, slots=True)
class Extended:
    """An older log that a newer one continues: its size, the keys that signed it, and the check of the newer."""

    size: int
    signed: list[Verifier]
    later: RoomCheck


def check_extends(old: Path, new: Path, trust: Trust | None) -> Extended:
    """Return what was compared. Raises `Failed`, with the newer log's keys, when one does not continue the other."""
    later = _room(new, trust)
    try:
        return _check_older(old, later, trust)
    except Failed as failure:
        failure.keys = failure.keys or later.finished.signed
        raise


def _check_older(old: Path, later: RoomCheck, trust: Trust | None) -> Extended:
    if _is_export(old):
        earlier = _room(old, trust)
        _compare(earlier, later, trust)
        return Extended(earlier.history.size, earlier.finished.signed, later)
    known = trust or Trust([later.head.key], from_file=True)
    if _has_heads(old):
        return _compare_heads(old, later, known)
    try:
        note = old.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Failed("note") from error
    signed = check_checkpoint(note, known)
    head, origin = signed.head, room_origin(signed.head.origin)
    if origin is None or origin.room != later.head.room:
        raise Usage("other_log", old=head.origin, new=later.head.origin)
    if not head.size:
        raise Usage("nothing_compared", keys=signed.names)
    hub, epoch = later.hub_at(head.size)
    expected = f"{_domain(later)}/room/{later.head.room}/e{epoch}"
    if head.origin != expected:
        raise Failed("old_origin", keys=signed.names, found=head.origin, size=head.size, expected=expected)
    if not signed.signed_for(hub):
        raise Failed("old_signer", keys=signed.names, size=head.size, hub=hub)
    _compare_root(head, later, signed.names_of({hub}), known)
    return Extended(head.size, signed.signed, later)


def _domain(later: RoomCheck) -> str:
    origin = room_origin(later.head.origin)
    assert origin is not None  # noqa: S101 - a checked log
    return origin.domain


def _compare_root(head: Checkpoint | RecordedHead, later: RoomCheck, signer: str, trust: Trust) -> None:
    """Compare a root that the hub at this size signed, by its key `signer`."""
    size = head.size
    if size > later.history.size:
        raise Failed("shorter", old=size, new=later.history.size)
    if head.root != later.history.root(size):
        hub = later.hub_at(size)[0]
        both = later.finished.names_of({hub})
        code = _accusation("two_histories_note", trust) if both else "conflict_note"
        raise Failed(code, size=size, last=size - 1, keys=both, old=signer, new=later.finished.names)


def _accusation(code: str, trust: Trust | None) -> str:
    """Return the text for two histories: a key that only the file names accuses nobody."""
    return f"{code}_claimed" if trust is None or trust.from_file else code


def _compare_heads(old: Path, later: RoomCheck, trust: Trust) -> Extended:
    """Compare every recorded head of the room; the size returned is the largest that was recorded."""
    sizes: list[int] = []
    signer = ""
    with old.open("rb") as file:
        for head in read_heads(file, later.head.room, trust):
            signer = head.signer
            sizes.append(head.size)
            if head.size:
                _check_signer(head, later)
                _compare_root(head, later, signer, trust)
    if not sizes:
        raise Usage("not_recorded", room=later.head.room)
    if not max(sizes):
        raise Usage("nothing_compared", keys=signer)
    return Extended(max(sizes), [key for key in trust.logs if key.name == signer], later)


def _check_signer(head: RecordedHead, later: RoomCheck) -> None:
    """Check that the agency of the file of heads was the hub of the room at that size."""
    hub = later.hub_at(head.size)[0]
    name = log_key_name(head.signer)
    if name is None or (name.domain, name.agency) != (_domain(later), hub):
        raise Failed("old_signer", keys=head.signer, size=head.size, hub=hub)


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
        n = next(n for n in range(size) if earlier.history.leaf(n) != later.history.leaf(n))
        both = later.finished.names_of(earlier.finished.agencies)
        code = _accusation("two_histories", trust) if both else "conflict"
        raise Failed(code, n, keys=both, old=earlier.finished.names, new=later.finished.names)
    if earlier.history.size > size:
        raise Failed("shorter", old=earlier.history.size, new=size)
