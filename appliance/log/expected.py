"""What the tables that people see must hold for a room, by its entries, and where the stored rows differ (F72).

`Expected` takes each entry in order. Then `differing` compares marks (retraction and newest edit), edits, reactions,
mentions, concerns and files with their tables, and names the first message that is shown wrongly. Receipts are in no
log (decision 0006) and are not compared.

Memory: one item for each mark, edit, reaction, mention and absent body of one room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from appliance.evidence.bodies import decode_body
from appliance.evidence.errors import BodyError
from appliance.log.expected_files import ExpectedFiles
from appliance.log.projections import VERSIONS, Tables
from appliance.model import EVERYONE
from appliance.rules.concerns import concerned, named
from appliance.rules.entry_types import row_of
from appliance.rules.visibility import EntryFacts
from appliance.store import entries

if TYPE_CHECKING:
    from appliance.log.bodies import Bodies
    from appliance.log.projections import EntryRef
    from appliance.model import Body, Home, Proposed, RoomState
    from appliance.rules.entry_types import EntryKind
    from appliance.store.db import Rows


class Expected(msgspec.Struct):
    """What the tables of one room must say; `unread` are the messages whose words cannot be read.

    Tables name people as this appliance does (`home`).
    """

    home: Home

    tables: Tables = msgspec.field(default_factory=Tables)
    mentions: set[tuple[int, str]] = msgspec.field(default_factory=set)
    concerns: set[tuple[int, str]] = msgspec.field(default_factory=set)
    unread: set[int] = msgspec.field(default_factory=set)
    files: ExpectedFiles = msgspec.field(default_factory=ExpectedFiles)

    def add(self, at: EntryRef, entry: Proposed, data: bytes | None, room: RoomState | None) -> None:
        """Fold an entry; `data` is its body, None where that cannot be opened; `room` is as it was before the entry."""
        state, row = entry.state, row_of(entry)
        body = None if data is None else _read(row, data)
        if room is not None:
            facts = EntryFacts(entry.type, state, entry.sender, rules=entry.rules)
            self.concerns.update((at.n, self.home.person(who)) for who in concerned(room.kind, facts, entry.at))
            named_here = named(facts, entry.at, body, room.members)
            self.mentions.update((at.n, self.home.person(who)) for who in named_here)
        if body is None and row.mentions is not None:
            self.unread.add(at.n)
        if row.carries is not None:
            self.files.add(at.n, row.carries(state), body)
        if row.erases is not None:
            self.files.erase(*row.erases(state))
        projection = VERSIONS[entry.rules].get(entry.type)
        if projection is not None and projection.expect is not None:
            projection.expect(self.tables, at, state)

    def differing(self, rows: Rows, room: int, bodies: Bodies | None = None) -> tuple[str, int] | None:
        """Return which table differs, by the names that `integrity.py` explains, and at which entry, or None.

        With `bodies` it is looked whether the keys of files open.
        """
        if found := self.tables.differing(rows, room):
            return found
        mentions = {
            (n, who) for n, who in entries.mentions_of_room(rows, room) if who == EVERYONE or n not in self.unread
        }
        if (n := _first(self.mentions ^ mentions)) is not None:
            return "mentions", n
        if (n := _first(self.concerns ^ entries.concerns_of_room(rows, room))) is not None:
            return "concerns", n
        if (n := self.files.differing(rows, room, bodies)) is not None:
            return "files", n
        return None


def _read(row: EntryKind, data: bytes) -> Body | None:
    """Return a body, or None for one that has another form than its type: nobody can say whom it mentions."""
    try:
        return decode_body(row, data)
    except BodyError:
        return None


def _first(pairs: set[tuple[int, Any]]) -> int | None:
    return min((n for n, _ in pairs), default=None)
