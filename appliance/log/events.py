"""Stored entries in the shape that clients see: the one place for the live stream, the sync and every page of a room.

`rules/visibility.py` decides what of an entry is shown to whom; `views.py` has the shapes. What is not shown, or cannot
be read, is `hidden`, with the reason: `retracted`, `not_shown`, `erased`, or `damaged` where the seal of its body does
not open or its row lies on a torn page. A retracted message stays as a tombstone: its position, sender and time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from appliance.errors import KeyDestroyed, WrongKey
from appliance.evidence.errors import BodyError
from appliance.log import file_facts
from appliance.log.file_facts import Scanning
from appliance.log.views import Words, view
from appliance.model import Ability, Deny, EntryType, Millis, PersonId, Principal
from appliance.rules import entry_types
from appliance.rules.visibility import EntryFacts, Reason, Shown, shown
from appliance.store import entries
from appliance.wire.entries import DamagedEvent, HiddenEvent, Reactable
from appliance.wire.messages import Edited, Reaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.attachments import FileRef
    from appliance.evidence.canonical import Header
    from appliance.log.bodies import Bodies
    from appliance.model import RoomId
    from appliance.store.db import Rows
    from appliance.store.entries import EntryRow
    from appliance.wire.entries import EntryEvent

ERASED: Final = "erased"
DAMAGED: Final = "damaged"


class RoomReader(NamedTuple):
    """A room whose entries are read, inside a read transaction."""

    rows: Rows
    bodies: Bodies
    room: RoomId
    key: int


class Viewer(NamedTuple):
    """Who looks at entries, and when: a member, or one of the viewers of `rules/visibility.py`.

    `scanning` says which files are held back from those who did not send them.
    """

    principal: Principal
    now: Millis
    scanning: Scanning = Scanning()


def stored_event(at: RoomReader, row: EntryRow, viewer: Viewer) -> EntryEvent:
    """Return a stored entry as it stands now: a message with its newest wording, or hidden with the reason."""
    header = entries.stored_header(row.header)
    return _event(at, row, header, _facts_of(at, row, header), viewer, lambda: _opened(at, row, header, viewer))


def bare_event(at: RoomReader, row: EntryRow, viewer: Viewer) -> EntryEvent:
    """Return an entry of which the header alone could be read: a message without its words, a state entry as it is."""
    header = entries.stored_header(row.header)
    words = Words(hidden=DAMAGED if _has_body(row, header) else None)
    return _event(at, row, header, _facts_of(at, row, header), viewer, lambda: words)


def words_of(at: RoomReader, row: EntryRow, viewer: Viewer) -> Words:
    """Return the newest words of an entry for whoever looks, or the reason why there are none."""
    header = entries.stored_header(row.header)
    if reason := _hidden(_facts_of(at, row, header), viewer):
        return Words(hidden=reason)
    return _opened(at, row, header, viewer)


def version_of(at: RoomReader, row: EntryRow, viewer: Viewer) -> EntryEvent:
    """As `stored_event`, of one wording of a message: with its own words, whatever it was changed to since."""
    header = entries.stored_header(row.header)

    def words() -> Words:
        return _with_files(at, row, header, _open_body(at, row, header), viewer)

    return _event(at, row, header, _facts_of(at, row, header), viewer, words)


def found_by(at: RoomReader, row: EntryRow, viewer: Viewer) -> tuple[str, tuple[FileRef, ...]] | None:
    """Return what an entry is found by for whoever looks, and its files; None where there is nothing to find.

    Files whose keys or bytes were destroyed are not found any more.
    """
    kind = entry_types.find(row.type, entries.stored_header(row.header).rules_version)
    words = words_of(at, row, viewer) if kind is not None and kind.words is not None else Words()
    if kind is None or kind.words is None or words.body is None:
        return None
    kept = tuple(one for one in words.files if one.id in words.facts)
    return kind.words(words.body._replace(files=kept) if words.files else words.body), kept


def files_of(at: RoomReader, row: EntryRow) -> tuple[FileRef, ...]:
    """Return the files that an entry says it carries, whoever looks; none where its body cannot be read."""
    header = entries.stored_header(row.header)
    kind = entry_types.find(row.type, header.rules_version)
    if kind is None or kind.carries is None:
        return ()
    files: tuple[FileRef, ...] = getattr(_open_body(at, row, header).body, "files", ())
    return files


def is_there(at: RoomReader, row: EntryRow, viewer: Viewer) -> bool:
    """Return whether there is an entry for whoever looks: one that they are shown, or of which they see the trace."""
    return audience(at, row, viewer.now)(viewer.principal)


def audience(at: RoomReader, row: EntryRow, now: Millis) -> Callable[[Principal], bool]:
    """Return what says of somebody whether there is an entry for them."""
    header = entries.stored_header(row.header)
    kind = entry_types.find(row.type, header.rules_version)
    if kind is not None and kind.for_all and not kind.marks_another:
        return lambda _: True
    facts = _facts_of(at, row, header)
    return lambda who: _hidden(facts, Viewer(who, now)) != Reason.NOT_SHOWN


def is_hidden(at: RoomReader, row: EntryRow, viewer: Viewer) -> bool:
    """Return whether an entry is not shown to whoever looks; one that is may still be erased or damaged."""
    return _hidden(_facts_of(at, row, entries.stored_header(row.header)), viewer) is not None


def _facts_of(at: RoomReader, row: EntryRow, header: Header) -> EntryFacts | None:
    """Return what decides whether an entry is shown; None for one that says what no entry says."""
    kind = entry_types.find(row.type, header.rules_version)
    state = entry_types.read(row.type, header.state, header.rules_version)
    if isinstance(state, Deny) or kind is None:
        return None
    sender, target = at.bodies.home.principal(PersonId(row.sender)), None
    if kind.marks_another and row.target is not None:
        target = entries.target(at.rows, at.key, row.target, at.bodies.home)
    retracted = row.redact is not None or (kind.needs is Ability.EDIT and target is not None and target.redacted)
    return EntryFacts(row.type, state, sender, retracted=retracted, of=target, rules=header.rules_version)


def _hidden(facts: EntryFacts | None, viewer: Viewer) -> str | None:
    verdict = shown(facts, viewer.principal, viewer.now) if facts is not None else None
    if isinstance(verdict, Shown):
        return None
    return DAMAGED if verdict is None else verdict.reason.value


def _event(
    at: RoomReader, row: EntryRow, header: Header, facts: EntryFacts | None, viewer: Viewer, words: Callable[[], Words]
) -> EntryEvent:
    hidden = _hidden(facts, viewer)
    if facts is None:
        return DamagedEvent(at=row.at, room=at.room, n=row.n, hidden=DAMAGED)
    if hidden == Reason.NOT_SHOWN:
        return HiddenEvent(at=row.at, room=at.room, n=row.n, hidden=hidden)
    common: dict[str, Any] = {
        "at": row.at, "room": at.room, "n": row.n, "id": header.id,
        "sender": row.sender,
    }  # fmt: skip
    said = Words(hidden=hidden) if hidden else words()
    return view(EntryType(row.type), facts.state, said, at.bodies.home, common, facts.rules)


def _opened(at: RoomReader, row: EntryRow, header: Header, viewer: Viewer) -> Words:
    """Return the newest words of an entry that is shown."""
    if not _has_body(row, header):
        return Words()
    if row.edit is None:
        return _with_files(at, row, header, _open_body(at, row, header), viewer)
    newest = _newest_edit(at, row, row.edit)
    if newest is None:
        return Words(hidden=DAMAGED)
    edit, edit_header = newest
    words = _open_body(at, edit, edit_header)._replace(edited=Edited(n=edit.n, at=edit.at))
    return _with_files(at, row, header, words, viewer)


def _with_files(at: RoomReader, row: EntryRow, header: Header, words: Words, viewer: Viewer) -> Words:
    """Return the words with the files of their message, which an edit keeps, and what is known of them."""
    kind = entry_types.find(row.type, header.rules_version)
    if words.hidden or kind is None or kind.carries is None:
        return words
    state = entry_types.read(row.type, header.state, header.rules_version)
    if isinstance(state, Deny) or not kind.carries(state):
        return words
    files = files_of(at, row) if words.edited else getattr(words.body, "files", ())
    said = [file.id for file in files]
    facts = file_facts.of_entry(at.rows, at.key, row.n, said, viewer.scanning, viewer.now) if files else {}
    return words._replace(files=files, facts=facts)


def _has_body(row: EntryRow, header: Header) -> bool:
    kind = entry_types.find(row.type, header.rules_version)
    return kind is not None and kind.body is not None


def stored_events(at: RoomReader, first: int, last: int, viewer: Viewer) -> list[EntryEvent]:
    """Return entries `first` to `last` with their reactions."""
    lines = entries.between(at.rows, at.key, first, last)
    reactions = entries.reactions_between(at.rows, at.key, first, last)
    return [_with_reactions(stored_event(at, row, viewer), reactions) for row in lines]


def stored_one(at: RoomReader, n: int, viewer: Viewer) -> EntryEvent | None:
    """Return entry `n` as `stored_events` does, without a look at the rows beside it."""
    row = entries.one(at.rows, at.key, n)
    if row is None:
        return None
    event = stored_event(at, row, viewer)
    return _with_reactions(event, entries.reactions_between(at.rows, at.key, n, n))


def _open_body(at: RoomReader, row: EntryRow, header: Header) -> Words:
    """Return an entry's body, or the reason why there is none to show.

    One whose seal does not open, or that has another form than its type, is damaged.
    """
    if row.sealed is None or row.epoch is None:
        return Words(hidden=ERASED)
    version = header.rules_version
    kind, state = entry_types.find(row.type, version), entry_types.read(row.type, header.state, version)
    if kind is None or isinstance(state, Deny):
        return Words(hidden=DAMAGED)
    try:
        return Words(at.bodies.open(at.rows, at.room, row, kind), said=state)
    except KeyDestroyed:
        return Words(hidden=ERASED)
    except WrongKey:
        at.bodies.note_damaged(at.room, row.n, "does not open: it was altered or damaged (gchat room verify)")
        return Words(hidden=DAMAGED)
    except BodyError:
        at.bodies.note_damaged(at.room, row.n, "does not have the form of its type: so it was written")
        return Words(hidden=DAMAGED)


def _is_edit(row: EntryRow, header: Header) -> bool:
    kind = entry_types.find(row.type, header.rules_version)
    return kind is not None and kind.needs is Ability.EDIT


def _newest_edit(at: RoomReader, row: EntryRow, n: int) -> tuple[EntryRow, Header] | None:
    """Return the edit `n` with a message's newest words.

    None when that is anything but an edit of this message by its author: another entry's words are never shown under
    somebody's name (F72).
    """
    newest = entries.one(at.rows, at.key, n)
    if newest is None or newest.sender != row.sender:
        return None
    header = entries.stored_header(newest.header)
    edits = _is_edit(newest, header) and (header.state or {}).get("target") == row.n
    return (newest, header) if edits else None


def _with_reactions(event: EntryEvent, reactions: dict[int, dict[str, list[str]]]) -> EntryEvent:
    found = reactions.get(event.n)
    if not found or not isinstance(event, Reactable) or event.hidden:
        return event
    return replace(event, reactions=[Reaction(emoji=emoji, people=people) for emoji, people in found.items()])
