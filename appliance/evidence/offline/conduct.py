"""The rules of the room, applied to the headers alone: who was a member, who may add, edit, retract.

The rules are those by which the appliance accepts entries (`appliance.rules.rooms`), version 1. This module reads their
input from verified entries: the sender and what the header says, and the message that an edit, retraction or reaction
points at. People go by `id@agency`. Memory: some 300 bytes a message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.state import check_state
from appliance.evidence.offline.texts import Denial
from appliance.model import Ability, Deny, Principal, RoomId, RoomState, Target
from appliance.rules import entry_types
from appliance.rules.entry_types import row_of
from appliance.rules.versions import RULES

if TYPE_CHECKING:
    from appliance.evidence.offline.entries import ParsedEntry
    from appliance.model import Proposed
    from appliance.rules.stated import Facts


@dataclass(frozen=True, slots=True)
class Shred:
    """An entry that says that bodies `first` to `last` were destroyed under `rule`, at `at` (ms UTC)."""

    n: int
    first: int
    last: int
    rule: str
    at: int


@dataclass(slots=True)
class Conduct:
    """The room as the entries so far leave it."""

    state: RoomState | None = None
    targets: dict[int, Target] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    edited: dict[int, int] = field(default_factory=dict)
    retracted: dict[int, int] = field(default_factory=dict)
    shreds: list[Shred] = field(default_factory=list)

    @property
    def hub(self) -> str:
        """The hub of the next entry; empty before the first."""
        return self.state.hub if self.state else ""

    @property
    def epoch(self) -> int:
        """Which hub that is, counted from 1."""
        return self.state.hub_epoch if self.state else 1

    @property
    def since(self) -> int:
        """The first position that this hub orders."""
        return self.state.hub_since if self.state else 0

    def take(self, entry: ParsedEntry, facts: Facts) -> None:
        """Judge the next entry by the rules, with the statements in it, and apply it. Raises `Failed`."""
        if entry.header["id"] in self.ids:
            raise Failed("double_id", entry.n, id=entry.header["id"])
        self.ids.add(entry.header["id"])
        fields = check_state(entry)
        sender = Principal(entry.header["sn"])
        written_at, at, version = entry.header["ts"], entry.hub_time, entry.header["rv"]
        rules = RULES[version]
        proposed = entry_types.proposed(
            entry.kind, entry.origin, sender, written_at, fields, n=entry.n, hub_time=at, rules=version
        )
        aimed = fields.get("target", fields.get("reply_to"))
        target = None if aimed is None else self.targets.get(aimed)
        denied = proposed if isinstance(proposed, Deny) else rules.authorize(self.state, proposed, target)
        if isinstance(proposed, Deny) or denied:
            raise Failed("rule", entry.n, why=Denial(str(denied)))
        stated = row_of(proposed).stated
        if stated is not None and (denied := stated(self.state, proposed, proposed.state, facts)):
            raise Failed("rule", entry.n, why=Denial(str(denied)))
        self.state = rules.apply(self.state, proposed, RoomId(entry.room or ""), entry.n)
        self._mark(proposed, aimed)
        if row_of(proposed).erases:
            self.shreds.append(Shred(entry.n, fields["from"], fields["to"], fields["rule"], fields["at"]))

    def _mark(self, entry: Proposed, aimed: int | None) -> None:
        row = row_of(entry)
        if row.takes:
            self.targets[entry.n] = Target(
                entry.n, entry.type, entry.sender, entry.at, entry.state, redacted=False, rules=entry.rules
            )
        elif row.needs is Ability.EDIT and aimed is not None:
            self.edited[aimed] = entry.n
        elif row.retracts and aimed is not None:
            self.targets[aimed] = replace(self.targets[aimed], redacted=True)
            self.retracted[aimed] = entry.n
