"""The messages that the commands of a batch point at, each with the changes that the batch has made so far.

So a command sees what the commands before it in the same batch did to a message: retracted, edited, reacted to. How
many marks a message may have is a limit of this appliance (`rules/marks.py`), not a rule of the log.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from appliance.model import Target
from appliance.rules.entry_types import ENTRY_TYPES, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.log.batch_rows import PendingEntry
    from appliance.log.commands import Command
    from appliance.model import Deny, Draft, Marks, RoomId, State


class MessageFacts(msgspec.Struct):
    """Facts and marks of messages, by room and position; a target is None where there is no entry."""

    targets: dict[tuple[RoomId, int], Target | None]
    marks: dict[tuple[RoomId, int], Marks]

    def target(self, room: RoomId, n: int) -> Target | None:
        """Return the facts of an entry that another one points at."""
        return self.targets.get((room, n))

    def change_nothing(self, command: Command) -> bool:
        """Return whether all marks that a command sets are set already."""
        if not self.marks:
            return False
        for draft in command.drafts:
            marks = self.marks.get((draft.room, draft.target)) if draft.target is not None else None
            mark = ENTRY_TYPES[draft.type].mark
            if marks is None or mark is None or not mark.stands_already(draft.actor, draft.state, marks):
                return False
        return True

    def too_many(self, draft: Draft, state: State) -> Deny | None:
        """Say why a message cannot carry this mark too, or None."""
        mark, target = ENTRY_TYPES[draft.type].mark, draft.target
        if mark is None or target is None or (marks := self.marks.get((draft.room, target))) is None:
            return None
        return mark.may(draft.actor, state, marks)

    def after(self, room: RoomId, made: Iterable[PendingEntry]) -> MessageFacts | None:
        """Return what these entries change of the messages that commands of the batch point at; None where none do."""
        if not self.targets:
            return None
        changed = MessageFacts({}, {})
        for entry in made:
            if (room, entry.n) in self.targets:
                found = Target(
                    entry.n, entry.kind, entry.sender, entry.at, entry.state, redacted=False, rules=entry.facts.rules
                )
                changed.targets[room, entry.n] = found
            place = (room, entry.target if entry.target is not None else -1)
            row = VERSIONS[entry.facts.rules][entry.kind]
            if row.retracts:
                aimed = changed.targets.get(place) or self.targets.get(place)
                changed.targets[place] = replace(aimed, redacted=True) if aimed else None
            if row.mark and (before := changed.marks.get(place) or self.marks.get(place)):
                changed.marks[place] = row.mark.marked(entry.sender, entry.state, before)
        return changed

    def copied(self) -> MessageFacts:
        """Return the same facts, to go on from without changing these."""
        return MessageFacts(dict(self.targets), dict(self.marks))

    def take(self, changed: MessageFacts) -> None:
        """Adopt what a command that goes in has changed."""
        self.targets.update(changed.targets)
        self.marks.update(changed.marks)
