"""Entries in the shape that clients see: one row for each type of entry (`VIEWS`), and what every entry has.

A row makes the wire struct (`wire/entries.py`) from the typed state of a header and the words that may be shown.
Whether they may be shown is decided by the caller (`events.py`). A test requires a row for every type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from appliance.model import RULES_VERSION, EntryType
from appliance.wire import entries as wire
from appliance.wire.files import FileFacts, FileView
from appliance.wire.messages import BodyView, Edited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from appliance.attachments import FileRef
    from appliance.model import Home, Principal, State
    from appliance.rules import entry_states as states

    View = Callable[[dict[str, Any], Any, "Words", Home], wire.EntryEvent]
    """Makes an event from what every entry has (`common`), the entry's state, its words, and who is at home here."""


GONE: Final = FileFacts(state="gone", variants=[])
"""Of a file whose key or bytes were destroyed."""


class Words(NamedTuple):
    """What is shown of the body of an entry: the body, or the reason why there is none; and its newest edit.

    `body` is the named tuple of the type's row (`rules/entry_types.py`), which the type's own view makes a struct of.
    `said` is the state of the entry that the body is of, which may be an edit. `files` are those of the message, edited
    or not, and `facts` what is known of them, by id.
    """

    body: Any = None
    hidden: str | None = None
    edited: Edited | None = None
    said: State | None = None
    files: tuple[FileRef, ...] = ()
    facts: Mapping[str, object] = {}


def text_view(state: State, words: Words, home: Home) -> BodyView | None:
    """Return a text as clients see it, with the call of everyone that the state has where it was said."""
    body = words.body
    if body is None:
        return None
    everyone: bool = getattr(words.said or state, "everyone", False)
    mentions: list[str] = list(map(home.person, body.mentions))
    if not words.files:
        return BodyView(text=body.text, mentions=mentions, everyone=everyone)
    files = [file_view(one, words.facts.get(one.id)) for one in words.files]
    return BodyView(text=body.text, mentions=mentions, everyone=everyone, files=files)


def file_view(file: FileRef, facts: object) -> FileView:
    """Return a file as clients see it; without facts, its bytes are gone."""
    return FileView(
        id=file.id,
        name=file.name,
        type=file.type,
        size=file.size,
        form=file.form.value,
        original=file.original,
        label=file.label,
        **msgspec.structs.asdict(facts if isinstance(facts, FileFacts) else GONE),
    )


def view(
    kind: EntryType, state: State, words: Words, home: Home, common: dict[str, Any], rules: int = RULES_VERSION
) -> wire.EntryEvent:
    """Return an entry as clients see it, people named as this appliance names them.

    `common` is what every entry has: `wire.entries.EntryEventBase`. `rules` is the version of the rules it was written
    by.
    """
    return VERSIONS[rules][kind](common, state, words, home)


def _people(people: Iterable[Principal], home: Home) -> tuple[str, ...]:
    return tuple(map(home.person, people))


def _card(card: states.Card, home: Home) -> wire.CardView:
    return wire.CardView(p=home.person(card.p), name=card.name, unit=card.unit, post=card.post)


def _create(common: dict[str, Any], state: states.RoomCreated, _: Words, home: Home) -> wire.EntryEvent:
    card = _card(state.card, home) if state.card else None
    said = wire.RoomCreateState(
        kind=state.kind.value, owner=home.person(state.owner), name=state.name, owner_post=state.owner_post, card=card
    )
    return wire.RoomCreateEvent(**common, state=said)


def _rename(common: dict[str, Any], state: states.RoomRenamed, _: Words, _home: Home) -> wire.EntryEvent:
    return wire.RoomRenameEvent(**common, state=wire.RoomRenameState(name=state.name, old=state.old))


def _close(common: dict[str, Any], _state: states.RoomClosed, _: Words, _home: Home) -> wire.EntryEvent:
    return wire.RoomCloseEvent(**common, state=wire.Nothing())


def _system_close(common: dict[str, Any], state: states.ClosedBySystem, _: Words, home: Home) -> wire.EntryEvent:
    return wire.SystemCloseEvent(**common, state=wire.SystemCloseState(why=state.why, by=_people(state.by, home)))


def _add(common: dict[str, Any], state: states.MembersAdded, _: Words, home: Home) -> wire.EntryEvent:
    return wire.MemberAddEvent(
        **common, state=wire.MemberAddState(members=tuple(_card(card, home) for card in state.members))
    )


def _remove(common: dict[str, Any], state: states.MembersRemoved, _: Words, home: Home) -> wire.EntryEvent:
    return wire.MemberRemoveEvent(**common, state=wire.MemberRemoveState(members=_people(state.members, home)))


def _system_remove(common: dict[str, Any], state: states.RemovedBySystem, _: Words, home: Home) -> wire.EntryEvent:
    said = wire.SystemRemoveState(members=_people(state.members, home), why=state.why, by=_people(state.by, home))
    return wire.SystemRemoveEvent(**common, state=said)


def _transfer(common: dict[str, Any], state: states.OwnerTransferred, _: Words, home: Home) -> wire.EntryEvent:
    return wire.OwnerTransferEvent(**common, state=wire.OwnerTransferState(to=home.person(state.to), post=state.post))


def _reassign(common: dict[str, Any], state: states.OwnerReassigned, _: Words, home: Home) -> wire.EntryEvent:
    card = _card(state.card, home) if state.card else None
    said = wire.OwnerReassignState(
        to=home.person(state.to), post=state.post, why=state.why, by=_people(state.by, home), card=card
    )
    return wire.OwnerReassignEvent(**common, state=said)


def _text(common: dict[str, Any], state: states.TextSaid, words: Words, home: Home) -> wire.EntryEvent:
    # By name and not as `**common`, which costs four times as much: this is what most entries are.
    return wire.MessageTextEvent(
        at=common["at"],
        room=common["room"],
        n=common["n"],
        id=common["id"],
        sender=common["sender"],
        reply_to=state.reply_to,
        body=text_view(state, words, home),
        hidden=words.hidden,
        edited=words.edited,
    )


def _edit(common: dict[str, Any], state: states.TextEdited, words: Words, home: Home) -> wire.EntryEvent:
    body = text_view(state, words, home)
    return wire.MessageEditEvent(**common, target=state.target, body=body, hidden=words.hidden)


def _redact(common: dict[str, Any], state: states.MessageRetracted, _: Words, _home: Home) -> wire.EntryEvent:
    said = wire.MessageRedactState(reason=state.reason)
    return wire.MessageRedactEvent(**common, target=state.target, state=said)


def _reaction(common: dict[str, Any], state: states.Reacted, _: Words, _home: Home) -> wire.EntryEvent:
    said = wire.MessageReactionState(emoji=state.emoji, on=state.on)
    return wire.MessageReactionEvent(**common, target=state.target, state=said)


def _shred(common: dict[str, Any], state: states.BodiesDestroyed, _: Words, _home: Home) -> wire.EntryEvent:
    said = wire.ShredState(from_=state.first, to=state.last, rule=state.rule, at=state.at)
    return wire.ShredEvent(**common, state=said)


VIEWS: Final[dict[EntryType, View]] = {
    EntryType.ROOM_CREATE: _create,
    EntryType.ROOM_RENAME: _rename,
    EntryType.ROOM_CLOSE: _close,
    EntryType.MEMBER_ADD: _add,
    EntryType.MEMBER_REMOVE: _remove,
    EntryType.SYSTEM_REMOVE: _system_remove,
    EntryType.SYSTEM_CLOSE: _system_close,
    EntryType.OWNER_TRANSFER: _transfer,
    EntryType.OWNER_REASSIGN: _reassign,
    EntryType.MESSAGE_TEXT: _text,
    EntryType.MESSAGE_EDIT: _edit,
    EntryType.MESSAGE_REDACT: _redact,
    EntryType.MESSAGE_REACTION: _reaction,
    EntryType.SHRED: _shred,
}
VERSIONS: Final[dict[int, Mapping[EntryType, View]]] = {RULES_VERSION: VIEWS}
"""The same by the version of the rules that an entry was written by."""
