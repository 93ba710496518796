"""Entries in the shape clients see: one place, for the live stream, the sync and every page of a room.

A message travels with its body, a state entry with its fields. What may not or cannot be seen is `hidden`, with the
reason: `retracted`, `erased`, or `damaged` where the seal of its body does not open or its row lies on a torn page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import MsgspecError
from msgspec.structs import replace

from appliance.errors import KeyDestroyed, WrongKey
from appliance.evidence.canonical import decode_header
from appliance.model import EntryType, TextBody
from appliance.store import entries
from appliance.wire.messages import BodyView, Edited, Event, Reaction

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.log.bodies import Bodies
    from appliance.model import Millis, RoomId
    from appliance.store.entries import EntryRow

WITH_BODY: Final = frozenset((EntryType.MESSAGE_TEXT, EntryType.MESSAGE_EDIT))
RETRACTED: Final = "retracted"
ERASED: Final = "erased"
DAMAGED: Final = "damaged"
# Header fields that have a place of their own in an event.
_LIFTED: Final = frozenset(("reply_to", "target", "everyone"))


def body_view(body: TextBody) -> BodyView:
    """Return a body as clients see it."""
    return BodyView(text=body.text, mentions=list(body.mentions), everyone=body.everyone)


def live_event(  # noqa: PLR0913 - one parameter for each field of an event
    *,
    pos: int,
    room: RoomId,
    n: int,
    entry_id: str,
    kind: EntryType,
    sender: str,
    at: Millis,
    fields: dict[str, Any],
    body: TextBody | None,
) -> Event:
    """Return an entry that was just appended."""
    return Event(
        pos=pos,
        type=kind.value,
        at=at,
        room=room,
        n=n,
        id=entry_id,
        sender=sender,
        body=body_view(body) if body else None,
        state=_state(kind, fields),
        reply_to=fields.get("reply_to"),
        target=fields.get("target"),
    )


def stored_event(raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, room_key: int, row: EntryRow) -> Event:
    """Return a stored entry as it stands now: a message with its newest wording, or hidden with the reason."""
    header = decode_header(row.header)
    fields = header.state or {}
    kind = EntryType(row.type)
    body, hidden, edited = None, None, None
    if row.redact is not None:
        hidden = RETRACTED
    elif kind in WITH_BODY:
        worded = newest_wording(raw, room_key, row)
        edited = Edited(n=worded.n, at=worded.at) if worded and worded is not row else None
        body, hidden = open_body(raw, bodies, room, worded) if worded else (None, DAMAGED)
    return Event(
        pos=row.pos,
        type=row.type,
        at=row.at,
        room=room,
        n=row.n,
        id=header.id,
        sender=row.sender,
        body=body,
        state=_state(kind, fields),
        reply_to=fields.get("reply_to"),
        target=row.target,
        hidden=hidden,
        edited=edited,
    )


def bare_event(room: RoomId, row: EntryRow) -> Event:
    """Return an entry of which the header alone could be read: a message without its words, a state entry as it is."""
    header = decode_header(row.header)
    fields = header.state or {}
    kind = EntryType(row.type)
    return Event(
        pos=row.pos,
        type=row.type,
        at=row.at,
        room=room,
        n=row.n,
        id=header.id,
        sender=row.sender,
        state=_state(kind, fields),
        reply_to=fields.get("reply_to"),
        target=row.target,
        hidden=DAMAGED if kind in WITH_BODY else None,
    )


def stored_events(
    raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, room_key: int, first: int, last: int
) -> list[Event]:
    """Return entries `first` to `last` with their reactions; edits of retracted messages show no words either."""
    rows = entries.between(raw, room_key, first, last)
    found = [stored_event(raw, bodies, room, room_key, row) for row in rows]
    reactions = entries.reactions_between(raw, room_key, first, last)
    return [hide_retracted_edit(raw, room_key, _with_reactions(event, reactions)) for event in found]


def stored_one(raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, room_key: int, n: int) -> Event | None:
    """Return entry `n` as `stored_events` does, without a look at the rows beside it."""
    row = entries.one(raw, room_key, n)
    if row is None:
        return None
    event = _with_reactions(
        stored_event(raw, bodies, room, room_key, row), entries.reactions_between(raw, room_key, n, n)
    )
    return hide_retracted_edit(raw, room_key, event)


def hide_retracted_edit(raw: sqlcipher.Connection, room_key: int, event: Event) -> Event:
    """Take the words from an edit whose message was retracted since."""
    if event.type != EntryType.MESSAGE_EDIT or event.target is None or event.hidden:
        return event
    target = entries.target(raw, room_key, event.target)
    return replace(event, body=None, hidden=RETRACTED) if target and target.redacted else event


def open_body(
    raw: sqlcipher.Connection, bodies: Bodies, room: RoomId, row: EntryRow
) -> tuple[BodyView | None, str | None]:
    """Return an entry's body, or the reason why there is none to show. One whose seal does not open is damaged."""
    if row.sealed is None or row.epoch is None:
        return None, ERASED
    try:
        return body_view(bodies.open(raw, room, row.n, row.epoch, row.sealed)), None
    except KeyDestroyed:
        return None, ERASED
    except (WrongKey, MsgspecError):
        bodies.note_damaged(room, row.n)
        return None, DAMAGED


def newest_wording(raw: sqlcipher.Connection, room_key: int, row: EntryRow) -> EntryRow | None:
    """Return the entry with a message's newest words: the message itself or its newest edit.

    None when the mark points at anything but an edit of this message by its author: another entry's words are never
    shown under somebody's name (F72).
    """
    if row.edit is None:
        return row
    newest = entries.one(raw, room_key, row.edit)
    if newest is None or newest.type != EntryType.MESSAGE_EDIT or newest.sender != row.sender:
        return None
    return newest if (decode_header(newest.header).state or {}).get("target") == row.n else None


def _state(kind: EntryType, fields: dict[str, Any]) -> dict[str, Any] | None:
    if kind in WITH_BODY:
        return None
    return {name: value for name, value in fields.items() if name not in _LIFTED}


def _with_reactions(event: Event, reactions: dict[int, dict[str, list[str]]]) -> Event:
    found = reactions.get(event.n) if event.n is not None else None
    if not found or event.hidden:
        return event
    return replace(event, reactions=[Reaction(emoji=emoji, people=people) for emoji, people in found.items()])
