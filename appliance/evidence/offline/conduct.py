"""The rules of the room, applied to the headers alone: who was a member, who may add, edit, retract.

The rules are those by which the appliance accepts entries (`appliance.rules.rooms`), version 1. This module reads their
input from verified entries: people under one name throughout, the agency that is hub at each entry, and the message
that an edit, retraction or reaction points at. Names: a person of the agency that created the room goes by the bare id,
any other as `id:agency`; `system` is the hub's own sender. Memory: some 300 bytes a message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.state import check_state
from appliance.evidence.offline.texts import Denial
from appliance.model import Deny, EntryType, PersonId, Proposed, RoomId, RoomState, Target
from appliance.rules import entry_types
from appliance.rules import rooms as rules

if TYPE_CHECKING:
    from appliance.evidence.offline.entries import Entry

_HANDS_OVER: Final = {EntryType.OWNER_TRANSFER, EntryType.OWNER_REASSIGN}


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
    """The room as the entries so far leave it. `epoch` counts hubs from 1, `hub` is the hub of the next entry."""

    home: str = ""
    hub: str = ""
    epoch: int = 1
    state: RoomState | None = None
    targets: dict[int, Target] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    edited: dict[int, int] = field(default_factory=dict)
    retracted: dict[int, int] = field(default_factory=dict)
    shreds: list[Shred] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Judge the next entry by the rules and apply it. Raises `Failed`."""
        if entry.header["id"] in self.ids:
            raise Failed("double_id", entry.n, id=entry.header["id"])
        self.ids.add(entry.header["id"])
        fields = check_state(entry)
        if entry.n == 0:
            self.home = self.hub = entry.origin
        proposed = self._proposed(entry, fields)
        aimed = fields.get("target", fields.get("reply_to"))
        target = None if aimed is None else self.targets.get(aimed)
        denied = proposed if isinstance(proposed, Deny) else rules.authorize(self.state, proposed, target)
        if isinstance(proposed, Deny) or denied:
            raise Failed("rule", entry.n, why=Denial(str(denied)))
        self.state = rules.apply(self.state, proposed, RoomId(entry.room or ""), entry.n)
        self._mark(entry, proposed.sender, aimed)
        if entry.kind in _HANDS_OVER:
            self._hand_over(fields["to"])
        elif entry.kind == EntryType.SHRED:
            self.shreds.append(Shred(entry.n, fields["from"], fields["to"], fields["rule"], fields["at"]))

    def name_of(self, person: str, origin: str) -> str:
        """Return the one name under which a person of an entry of `origin` goes here."""
        bare, _, agency = person.partition("@")
        agency = agency or origin
        if bare == rules.SYSTEM and agency == self.hub:
            return bare
        return bare if agency == self.home and bare != rules.SYSTEM else f"{bare}:{agency}"

    def _proposed(self, entry: Entry, fields: dict[str, Any]) -> Proposed | Deny:
        st = dict(fields)
        for key in ("owner", "to"):
            if isinstance(st.get(key), str):
                st[key] = self.name_of(st[key], entry.origin)
        if "card" in st:
            st["card"] = self._renamed(st["card"], entry)
        if "members" in st:
            st["members"] = [self._renamed(member, entry) for member in st["members"]]
        sender = PersonId(self.name_of(entry.header["sn"], entry.origin))
        return entry_types.proposed(entry.kind, entry.origin, sender, entry.header["ts"], st)

    def _renamed(self, member: Any, entry: Entry) -> Any:
        if isinstance(member, str):
            return self.name_of(member, entry.origin)
        known = {key: member[key] for key in ("name", "unit", "post")}
        return {**known, "p": self.name_of(member["p"], entry.origin)}

    def _mark(self, entry: Entry, sender: PersonId, aimed: int | None) -> None:
        if entry.kind == EntryType.MESSAGE_TEXT:
            kind = EntryType.MESSAGE_TEXT
            self.targets[entry.n] = Target(entry.n, kind, sender, entry.header["ts"], redacted=False)
        elif entry.kind == EntryType.MESSAGE_EDIT and aimed is not None:
            self.edited[aimed] = entry.n
        elif entry.kind == EntryType.MESSAGE_REDACT and aimed is not None:
            self.targets[aimed] = replace(self.targets[aimed], redacted=True)
            self.retracted[aimed] = entry.n

    def _hand_over(self, new_owner: str) -> None:
        _, _, agency = new_owner.partition("@")
        if agency and agency != self.hub:
            self.hub, self.epoch = agency, self.epoch + 1
