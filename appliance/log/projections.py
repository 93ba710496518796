"""What the tables that people see must say of a room, folded from its entries, and how the stored rows differ (F72).

`Projections` is fed each entry in order; `differing` then compares marks (retraction and newest edit), the list of
edits, reactions, mentions and concerns with their tables and names the first message that is shown wrongly. Receipts
are in no log (decision 0006) and are not compared.

Memory: one item for each mark, edit, reaction, mention and absent body of one room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.log.prepare import NAMING, mentioned
from appliance.model import EVERYONE, EntryType
from appliance.rules.concerns import concerned
from appliance.store import entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.evidence.canonical import Header
    from appliance.model import Member, PersonId, RoomState, TextBody

    Marks = dict[int, tuple[int | None, int | None]]


@dataclass(slots=True)
class Projections:
    """The projections of one room; `unread` are the messages whose words cannot be opened."""

    marks: Marks = field(default_factory=dict)
    edits: set[tuple[int, int]] = field(default_factory=set)
    reactions: dict[tuple[int, str, str], int] = field(default_factory=dict)
    mentions: set[tuple[int, str]] = field(default_factory=set)
    concerns: set[tuple[int, str]] = field(default_factory=set)
    unread: set[int] = field(default_factory=set)

    def add(self, n: int, header: Header, body: TextBody | None, state: RoomState | None) -> None:
        """Fold entry `n`; `body` is None where it cannot be opened, `state` is the room before the entry."""
        fields: dict[str, Any] = header.state or {}
        members = state.members if state else {}
        if state is not None:
            sender = header.sender.partition("@")[0]
            self.concerns.update((n, who) for who in concerned(state.kind, header.type, sender, fields))
        target: Any = fields.get("target")
        if header.type in NAMING:
            self._add_mentions(n, fields, body, members)
        elif header.type == EntryType.MESSAGE_EDIT:
            self.marks[target] = (n, self.marks.get(target, (None, None))[1])
            self.edits.add((target, n))
        elif header.type == EntryType.MESSAGE_REDACT:
            edit, redact = self.marks.get(target, (None, None))
            self.marks[target] = (edit, n if redact is None else redact)
        elif header.type == EntryType.MESSAGE_REACTION:
            key = (target, fields["emoji"], header.sender.partition("@")[0])
            if fields["on"]:
                self.reactions.setdefault(key, n)
            else:
                self.reactions.pop(key, None)

    def _add_mentions(
        self, n: int, fields: Mapping[str, Any], body: TextBody | None, members: Mapping[PersonId, Member]
    ) -> None:
        if body is None:
            # Whom it named is not known any more; that it called everyone stands in the header.
            self.unread.add(n)
            if fields.get("everyone"):
                self.mentions.add((n, EVERYONE))
            return
        self.mentions.update((n, who) for who in mentioned(body, members))

    def differing(self, raw: sqlcipher.Connection, room: int) -> tuple[str, int] | None:
        """Return which table differs, by the names that `audit.py` explains, and at which entry, or None."""
        if (n := _first(self.marks.items() ^ entries.marks_of_room(raw, room).items())) is not None:
            return "marks", n
        if (n := _first(self.edits ^ entries.edits_of_room(raw, room))) is not None:
            return "edits", n
        stored = entries.reactions_of_room(raw, room)
        if wrong := self.reactions.items() ^ stored.items():
            return "reactions", min(key[0] for key, _ in wrong)
        mentions = {
            (n, who) for n, who in entries.mentions_of_room(raw, room) if who == EVERYONE or n not in self.unread
        }
        if (n := _first(self.mentions ^ mentions)) is not None:
            return "mentions", n
        if (n := _first(self.concerns ^ entries.concerns_of_room(raw, room))) is not None:
            return "concerns", n
        return None


def _first(pairs: set[tuple[int, Any]]) -> int | None:
    return min((n for n, _ in pairs), default=None)
