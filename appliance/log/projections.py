"""The tables beside the log: what each type of entry writes there, and what they must say after it (`PROJECTIONS`).

One row for each type that has tables of its own. `write` adds the rows of an entry to a batch, in the transaction that
appends it; `expect` says what the check of integrity then finds in the tables (`expected.py`). The two stand side by
side, so that who changes one sees the other; a test requires both. Not here: the rows that every entry has
(`batch_rows.py`), and whom an entry names or concerns, which follows from its row in the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from appliance.model import RULES_VERSION, EntryType
from appliance.store import entries
from appliance.store.batch import Erased, NewEdit, NewEditMark, NewReaction, NewRetraction, ReactionKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.model import PersonId
    from appliance.rules import entry_states as states
    from appliance.store.batch import Batch
    from appliance.store.db import Rows

    Marks = dict[int, tuple[int | None, int | None]]


class EntryRef(NamedTuple):
    """An entry by its room's key and its position, with its sender."""

    room: int
    n: int
    sender: PersonId


class Tables(msgspec.Struct):
    """What the tables of one room must say: (newest edit, retraction) by message, edits, and reactions."""

    marks: Marks = msgspec.field(default_factory=dict)
    edits: set[tuple[int, int]] = msgspec.field(default_factory=set)
    reactions: dict[tuple[int, str, str], int] = msgspec.field(default_factory=dict)

    def differing(self, rows: Rows, room: int) -> tuple[str, int] | None:
        """Return which table of a room differs, by its name in `integrity.py`, and at which entry, or None."""
        wrong: dict[str, set[int]] = {
            "marks": {n for n, _ in self.marks.items() ^ entries.marks_of_room(rows, room).items()},
            "edits": {n for n, _ in self.edits ^ entries.edits_of_room(rows, room)},
            "reactions": {key[0] for key, _ in self.reactions.items() ^ entries.reactions_of_room(rows, room).items()},
        }
        return next(((name, min(found)) for name, found in wrong.items() if found), None)


class Projection(msgspec.Struct, frozen=True):
    """How one type of entry is projected. `expect` is None where nothing of it is left to compare."""

    write: Callable[[Batch, EntryRef, Any], None]
    expect: Callable[[Tables, EntryRef, Any], None] | None


def _write_edit(batch: Batch, at: EntryRef, state: states.TextEdited) -> None:
    batch.edited.append(NewEditMark(at.room, state.target, at.n))
    batch.edits.append(NewEdit(at.room, state.target, at.n))


def _expect_edit(tables: Tables, at: EntryRef, state: states.TextEdited) -> None:
    tables.marks[state.target] = (at.n, tables.marks.get(state.target, (None, None))[1])
    tables.edits.add((state.target, at.n))


def _write_retraction(batch: Batch, at: EntryRef, state: states.MessageRetracted) -> None:
    batch.redacted.append(NewRetraction(at.room, state.target, at.n))


def _expect_retraction(tables: Tables, at: EntryRef, state: states.MessageRetracted) -> None:
    edit, redact = tables.marks.get(state.target, (None, None))
    tables.marks[state.target] = (edit, at.n if redact is None else redact)


def _write_reaction(batch: Batch, at: EntryRef, state: states.Reacted) -> None:
    key = ReactionKey(at.room, state.target, state.emoji, at.sender)
    if state.on:
        batch.reactions_on.append(NewReaction(*key, at.n))
        return
    # The batch deletes first and inserts then, so one that was given earlier in it must not be inserted.
    batch.reactions_on = [row for row in batch.reactions_on if row[:4] != key]
    batch.reactions_off.append(key)


def _expect_reaction(tables: Tables, at: EntryRef, state: states.Reacted) -> None:
    key = (state.target, state.emoji, at.sender)
    if state.on:
        tables.reactions.setdefault(key, at.n)
    else:
        tables.reactions.pop(key, None)


def _write_destruction(batch: Batch, at: EntryRef, state: states.BodiesDestroyed) -> None:
    batch.erased.append(Erased(at.room, state.first, state.last))


PROJECTIONS: Final[dict[EntryType, Projection]] = {
    EntryType.MESSAGE_EDIT: Projection(_write_edit, _expect_edit),
    EntryType.MESSAGE_REDACT: Projection(_write_retraction, _expect_retraction),
    EntryType.MESSAGE_REACTION: Projection(_write_reaction, _expect_reaction),
    # The check of integrity reads the bodies themselves: one that is missing without such an entry is a fault.
    EntryType.SHRED: Projection(_write_destruction, None),
}
VERSIONS: Final[dict[int, Mapping[EntryType, Projection]]] = {RULES_VERSION: PROJECTIONS}
"""The same by the version of the rules that an entry was written by."""
NONE: Final = frozenset(
    (
        EntryType.ROOM_CREATE,
        EntryType.ROOM_RENAME,
        EntryType.ROOM_CLOSE,
        EntryType.MEMBER_ADD,
        EntryType.MEMBER_REMOVE,
        EntryType.SYSTEM_REMOVE,
        EntryType.SYSTEM_CLOSE,
        EntryType.OWNER_TRANSFER,
        EntryType.OWNER_REASSIGN,
        EntryType.MESSAGE_TEXT,
    )
)
"""Types without tables of their own: what they do is in those of the room, its members and its entries."""
