"""Entries in the shape clients see: one place, for the live stream, the sync and every page of a room.

Here is decided what of an entry is shown; its shape is in `views.py`. What may not or cannot be seen is `hidden`, with
the reason: `retracted`, `erased`, or `damaged` where the seal of its body does not open or its row lies on a torn page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import MsgspecError
from msgspec.structs import replace

from appliance.errors import KeyDestroyed, WrongKey
from appliance.evidence.canonical import decode_header
from appliance.log.views import Words, body_view, view
from appliance.model import Deny, EntryType
from appliance.rules import entry_types
from appliance.store import entries
from appliance.wire.entries import DamagedEvent, MessageEditEvent, MessageTextEvent
from appliance.wire.messages import BodyView, Edited, Reaction

if TYPE_CHECKING:
    from appliance.log.bodies import Bodies
    from appliance.model import Home, RoomId
    from appliance.store.db import Rows
    from appliance.store.entries import EntryRow
    from appliance.wire.entries import EntryEvent

RETRACTED: Final = "retracted"
ERASED: Final = "erased"
DAMAGED: Final = "damaged"


def stored_event(rows: Rows, bodies: Bodies, room: RoomId, room_key: int, row: EntryRow) -> EntryEvent:
    """Return a stored entry as it stands now: a message with its newest wording, or hidden with the reason."""
    if row.redact is not None:
        return _event(room, row, Words(hidden=RETRACTED), bodies.home)
    if not _has_body(row):
        return _event(room, row, Words(), bodies.home)
    worded = newest_wording(rows, room_key, row)
    edited = Edited(n=worded.n, at=worded.at) if worded and worded is not row else None
    body, hidden = open_body(rows, bodies, room, worded) if worded else (None, DAMAGED)
    return _event(room, row, Words(body, hidden, edited), bodies.home)


def bare_event(room: RoomId, row: EntryRow, home: Home) -> EntryEvent:
    """Return an entry of which the header alone could be read: a message without its words, a state entry as it is."""
    return _event(room, row, Words(hidden=DAMAGED if _has_body(row) else None), home)


def _event(room: RoomId, row: EntryRow, words: Words, home: Home) -> EntryEvent:
    header = decode_header(row.header)
    state = entry_types.read(row.type, header.state)
    if isinstance(state, Deny):
        return DamagedEvent(pos=row.pos, at=row.at, room=room, n=row.n, hidden=DAMAGED)
    common: dict[str, Any] = {
        "pos": row.pos, "at": row.at, "room": room, "n": row.n, "id": header.id, "sender": row.sender,
    }  # fmt: skip
    return view(EntryType(row.type), state, words, home, common)


def _has_body(row: EntryRow) -> bool:
    kind = entry_types.find(row.type)
    return kind is not None and kind.body is not None


def stored_events(rows: Rows, bodies: Bodies, room: RoomId, room_key: int, first: int, last: int) -> list[EntryEvent]:
    """Return entries `first` to `last` with their reactions; edits of retracted messages show no words either."""
    lines = entries.between(rows, room_key, first, last)
    found = [stored_event(rows, bodies, room, room_key, row) for row in lines]
    reactions = entries.reactions_between(rows, room_key, first, last)
    return [hide_retracted_edit(rows, room_key, _with_reactions(event, reactions), bodies.home) for event in found]


def stored_one(rows: Rows, bodies: Bodies, room: RoomId, room_key: int, n: int) -> EntryEvent | None:
    """Return entry `n` as `stored_events` does, without a look at the rows beside it."""
    row = entries.one(rows, room_key, n)
    if row is None:
        return None
    event = _with_reactions(
        stored_event(rows, bodies, room, room_key, row), entries.reactions_between(rows, room_key, n, n)
    )
    return hide_retracted_edit(rows, room_key, event, bodies.home)


def hide_retracted_edit(rows: Rows, room_key: int, event: EntryEvent, home: Home) -> EntryEvent:
    """Take the words from an edit whose message was retracted since."""
    if not isinstance(event, MessageEditEvent) or event.hidden:
        return event
    target = entries.target(rows, room_key, event.target, home)
    return replace(event, body=None, hidden=RETRACTED) if target and target.redacted else event


def open_body(rows: Rows, bodies: Bodies, room: RoomId, row: EntryRow) -> tuple[BodyView | None, str | None]:
    """Return an entry's body, or the reason why there is none to show. One whose seal does not open is damaged."""
    if row.sealed is None or row.epoch is None:
        return None, ERASED
    try:
        return body_view(bodies.open(rows, room, row.n, row.epoch, row.sealed), bodies.home), None
    except KeyDestroyed:
        return None, ERASED
    except (WrongKey, MsgspecError):
        bodies.note_damaged(room, row.n)
        return None, DAMAGED


def newest_wording(rows: Rows, room_key: int, row: EntryRow) -> EntryRow | None:
    """Return the entry with a message's newest words: the message itself or its newest edit.

    None when the mark points at anything but an edit of this message by its author: another entry's words are never
    shown under somebody's name (F72).
    """
    if row.edit is None:
        return row
    newest = entries.one(rows, room_key, row.edit)
    if newest is None or newest.type != EntryType.MESSAGE_EDIT or newest.sender != row.sender:
        return None
    return newest if (decode_header(newest.header).state or {}).get("target") == row.n else None


def _with_reactions(event: EntryEvent, reactions: dict[int, dict[str, list[str]]]) -> EntryEvent:
    found = reactions.get(event.n)
    if not found or not isinstance(event, MessageTextEvent) or event.hidden:
        return event
    return replace(event, reactions=[Reaction(emoji=emoji, people=people) for emoji, people in found.items()])
