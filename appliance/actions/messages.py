"""What people say: send, edit, retract, react, read. Each is one command to the room log, which decides.

Text is kept as it was typed; only line ends are made one kind, and what turns the direction of writing is closed, so
that it turns nothing around the message. Mentions of people who are not members are words and notify nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.message_files import with_files
from appliance.errors import Invalid
from appliance.log.commands import Command
from appliance.log.idempotency import Key
from appliance.model import Appended, Draft, EntryType, PersonId, RoomId, TextBody, is_person
from appliance.rules.entry_states import MessageRetracted, Reacted, TextEdited, TextSaid
from appliance.rules.names import emoji as one_emoji
from appliance.rules.text import closed_directions, has_visible, is_message, written
from appliance.wire.entries import Nothing
from appliance.wire.events import TypingEvent
from appliance.wire.messages import TextBody as WireBody

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.log.commands import Done
    from appliance.services import Services


async def send_message(
    s: Services,
    actor: PersonId,
    room: RoomId,
    body: WireBody,
    txn_id: str,
    reply_to: int | None = None,
    *,
    files: Sequence[str] = (),
) -> Appended:
    """Append a message; answers after the durable commit. Raises Forbidden, NotFound, Invalid.

    Of its files also Conflict, among them NotReady (`file_not_ready`), and QuotaExceeded. A repeat of `txn_id` gets the
    first result, though its files are no uploads any more.
    """
    draft = message_draft(s, actor, room, body, txn_id, reply_to, has_files=bool(files))
    if not files:
        return (await s.log.append(draft))[0]

    async def append() -> Sequence[Appended]:
        found, rider = await with_files(s, actor, draft, files)
        return await s.log.append(found, riders=(rider,))

    return await s.log.once(Key(room, actor, txn_id), append)


def submit_message(s: Services, draft: Draft, done: Done) -> None:
    """Queue a message without waiting, for the stream: `done` is called after the commit or with the reason."""
    s.log.submit(Command((draft,), done))


def message_draft(
    s: Services,
    actor: PersonId,
    room: RoomId,
    body: WireBody,
    txn_id: str,
    reply_to: int | None,
    *,
    has_files: bool = False,
) -> Draft:
    """Return the draft of a message, without its files. Raises Invalid for one with nothing to read or look at."""
    said = TextSaid(reply_to=reply_to, everyone=body.everyone)
    sender = s.log.home.principal(actor)
    words = _body(s, body, may_be_empty=has_files)
    return Draft(room, sender, EntryType.MESSAGE_TEXT, txn_id, body=words, state=said)


async def edit_message(s: Services, actor: PersonId, room: RoomId, n: int, body: WireBody, txn_id: str) -> Appended:
    """Put new words to a message; the old ones stay in its history."""
    edited = TextEdited(target=n, everyone=body.everyone)
    sender = s.log.home.principal(actor)
    draft = Draft(room, sender, EntryType.MESSAGE_EDIT, txn_id, body=_body(s, body), state=edited)
    return (await s.log.append(draft))[0]


async def retract_message(s: Services, actor: PersonId, room: RoomId, n: int, reason: str, txn_id: str | None) -> None:
    """Take a message back: its words are shown to nobody any more, its place and its author stay (a trace)."""
    state = MessageRetracted(target=n, reason=written(reason))
    await s.log.append(Draft(room, s.log.home.principal(actor), EntryType.MESSAGE_REDACT, txn_id, state=state))


async def react(
    s: Services, actor: PersonId, room: RoomId, n: int, emoji: str, *, on: bool, txn_id: str | None = None
) -> None:
    """Add or take back a reaction; doing it twice changes nothing, which the log's writer sees to."""
    await s.log.head_for(actor, room)
    clean = one_emoji(emoji)
    if clean is None:
        raise Invalid(field="emoji")
    state = Reacted(target=n, emoji=clean, on=on)
    await s.log.append(Draft(room, s.log.home.principal(actor), EntryType.MESSAGE_REACTION, txn_id, state=state))


def _body(s: Services, body: WireBody, *, may_be_empty: bool = False) -> TextBody:
    text = body.text.replace("\r\n", "\n").replace("\r", "\n")
    if may_be_empty and not has_visible(text):
        text = ""
    elif not is_message(text):
        raise Invalid(field="body.text", code="empty_text")
    named = dict.fromkeys(s.log.home.principal(PersonId(person)) for person in body.mentions)
    if not all(map(is_person, named)):
        raise Invalid(field="body.mentions")
    return TextBody(closed_directions(text), tuple(named))


async def show_typing(s: Services, actor: PersonId, room: RoomId) -> None:
    """Show the other members who are connected that somebody is writing: ephemeral, kept nowhere. Raises Forbidden."""
    await s.log.head_for(actor, room)
    event = TypingEvent(at=s.clock(), room=room, sender=actor, state=Nothing())
    s.hub.broadcast_ephemeral(room, event, but=actor)
