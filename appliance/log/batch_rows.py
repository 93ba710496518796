"""The rows, heads, events and results of the rooms that a batch has changed. Pure; called once for each room.

Owns the rows that every entry has, those of the room and its members, and those of the people whom an entry mentions or
concerns. Does not: write the tables of one type of entry; that is its projection (`projections.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.evidence.leaf import leaf_hash
from appliance.log import projections
from appliance.log.commands import Result
from appliance.log.heads import Head, agencies_of
from appliance.log.projections import EntryRef
from appliance.log.rows import leaf_of
from appliance.log.views import Words, view
from appliance.model import EVERYONE, Appended, PersonId, RoomId, RoomState
from appliance.rules.concerns import concerned
from appliance.rules.entry_types import VERSIONS
from appliance.rules.policy import Members, policy_of
from appliance.rules.visibility import SHOWN, EntryFacts, Hidden, shown
from appliance.store.batch import (
    Batch,
    Membership,
    Named,
    NewDeparture,
    NewEntry,
    NewId,
    NewLine,
    NewMember,
    NewNote,
    NewRole,
    NewRoom,
    PairOf,
    RoomChange,
    Shared,
    TakenOut,
    Unshared,
)
from appliance.store.rooms import pair_key
from appliance.wire.committed import Committed, RoomNews
from appliance.wire.entries import HiddenEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from appliance.evidence.tree import Frontier
    from appliance.log.bodies import EpochKey, Sealed
    from appliance.log.commands import AnyCommand
    from appliance.model import Draft, EntryType, Home, Millis, Principal, State
    from appliance.store.batch import NewWaiting
    from appliance.vault.epochs import EpochKind
    from appliance.wire.entries import EntryEvent


class PendingEntry(msgspec.Struct, kw_only=True):
    """One entry that is about to be appended: everything but its position in the feed.

    `at` is when it is written; `hub_time`, `registry_version`, `seal` and `header` are the parts of its leaf; `counter`
    numbers the entries of `origin` in the room. `file_key` is the epoch key that wraps the keys of its files, where it
    carries any. `facts` decide whom it is shown to, `named` are whom it mentions.
    """

    n: int
    at: Millis
    hub_time: Millis
    registry_version: int
    counter: int
    origin: str
    seal: bytes | None
    kind: EntryType
    sender: Principal
    entry_id: str
    state: State
    draft: Draft
    target: int | None
    header: bytes
    sealed: Sealed | None
    file_key: EpochKey | None
    facts: EntryFacts
    named: tuple[Principal, ...]

    def __repr__(self) -> str:
        """Show the position alone: no words of people may get into a log file."""
        return f"PendingEntry({self.n})"


class DecidedCommand(NamedTuple):
    """A command that was accepted: its entries are `first` up to but not including `end`, `state` the room after it."""

    command: AnyCommand
    first: int
    end: int
    state: RoomState | None


class Creation(NamedTuple):
    """How a room comes to be: the idempotency key of who makes it, and what names a private chat (`pair_key`)."""

    txn: str | None
    pair: str | None


class PendingRoom(msgspec.Struct):
    """A room with the changes of this batch so far.

    `before` is its state before the batch and `shared_by` the agencies that had members then; `created` says that this
    batch makes it; `keys` are the epoch keys of a room that is created, by week and kind. Where entries of other
    agencies came: `ids` are those of this batch with their positions, `filled` rows for those of entries before it, and
    `note` is what the hub signed; `taken_out` are those that were in the outbox.
    """

    key: int
    state: RoomState | None
    size: int
    last_at: Millis
    registry: int
    counters: dict[str, int]
    frontier: Frontier
    before: RoomState | None
    shared_by: frozenset[str] = frozenset()
    created: Creation | None = None
    entries: list[PendingEntry] = msgspec.field(default_factory=list)
    commands: list[DecidedCommand] = msgspec.field(default_factory=list)
    keys: dict[tuple[str, EpochKind], EpochKey] = msgspec.field(default_factory=dict)
    ids: dict[str, int] | None = None
    filled: list[NewId] = msgspec.field(default_factory=list)
    note: NewNote | None = None
    taken_out: list[str] = msgspec.field(default_factory=list)


class BatchBuilder:
    """Makes the rows, heads and events of a batch, room by room. The first entry gets the position `pos + 1`.

    Rows and events name people by the ids of this appliance (`home`).
    """

    def __init__(self, home: Home, pos: int) -> None:
        self._home, self.pos = home, pos
        self.batch = Batch()
        self.heads: dict[RoomId, Head] = {}
        self.results: list[Result] = []
        self.new_keys: list[EpochKey] = []
        self._news: list[RoomNews] = []
        self._people: set[PersonId] = set()

    def committed(self) -> Committed:
        """Return what is published to the followers."""
        return Committed(self.pos, self._news, frozenset(self._people))

    def add(self, room: RoomId, pending: PendingRoom) -> None:
        """Add the rows, the head, the events and the results of a room that has new entries."""
        state = pending.state
        assert state is not None  # noqa: S101 - a room with entries has a state
        frontier = pending.frontier.extend(leaf_hash(leaf_of(entry)) for entry in pending.entries)
        agencies = pending.shared_by if _same_members(pending, state) else agencies_of(state)
        self.heads[room] = Head(
            pending.key, state, pending.size, pending.last_at, pending.registry, pending.counters, frontier, agencies
        )
        if pending.ids is not None or agencies != pending.shared_by:
            self._add_sharing(pending, state, agencies)
        self._add_room(room, pending, state)
        events: list[EntryEvent] = []
        appended: list[Appended] = []
        txn_ids: dict[PersonId, dict[int, str]] = {}
        words: dict[int, str] = {}
        for entry in pending.entries:
            self.pos += 1
            event = self._add_entry(room, pending.key, state, entry)
            if entry.draft.txn_id is not None and not isinstance(event, HiddenEvent):
                txn_ids.setdefault(self._home.person(entry.sender), {})[len(events)] = entry.draft.txn_id
            if (found_by := _words(entry)) is not None:
                words[len(events)] = found_by
            events.append(event)
            appended.append(Appended(room, entry.n, entry.entry_id, entry.at, self.pos))
        begin, first_pos = pending.entries[0].n, appended[0].pos
        for command, first, end, state_after in pending.commands:
            file_key = next(
                (one.file_key for one in pending.entries[first - begin : end - begin] if one.file_key), None
            )
            self.results.append(Result(command, appended[first - begin : end - begin], state_after, file_key))
        joined, left = self._add_members(pending, state)
        self._people.update(joined, left)
        self._news.append(RoomNews(room, first_pos, self.pos, events, joined, left, txn_ids, state.kind, words))

    def _add_room(self, room: RoomId, pending: PendingRoom, state: RoomState) -> None:
        if pending.created is None and pending.before is state:
            return
        owner = self._home.person(state.owner)
        if pending.created is not None:
            first, made = pending.entries[0], pending.created
            self.batch.rooms.append(
                NewRoom(
                    key=pending.key, id=room, kind=state.kind.value, name=state.name, owner=owner,
                    owner_post=state.owner_post, created_at=first.at, created_by=self._home.person(first.sender),
                    create_txn=made.txn, pair=made.pair, hub=state.hub, hub_epoch=state.hub_epoch,
                    hub_since=state.hub_since, closed=int(state.closed),
                )
            )  # fmt: skip
        else:
            self.batch.states.append(
                RoomChange(
                    name=state.name, owner=owner, owner_post=state.owner_post, closed=int(state.closed),
                    hub=state.hub, hub_epoch=state.hub_epoch, hub_since=state.hub_since, key=pending.key,
                )
            )  # fmt: skip

    def _add_sharing(self, pending: PendingRoom, state: RoomState, agencies: frozenset[str]) -> None:
        """Write who is given the room from now on and up to where, and what another agency's entries need."""
        batch, home = self.batch, self._home.agency
        batch.shared.extend(Shared(agency, pending.key) for agency in sorted(agencies - pending.shared_by - {home}))
        gone = sorted(pending.shared_by - agencies - {home})
        batch.unshared.extend(Unshared(pending.size, agency, pending.key) for agency in gone)
        if pending.ids is None:
            return
        batch.taken_out.extend(map(TakenOut, pending.taken_out))
        batch.ids.extend(pending.filled)
        batch.ids.extend(NewId(pending.key, entry.entry_id, entry.n) for entry in pending.entries)
        if pending.note is not None:
            batch.notes.append(pending.note)
            if policy_of(state.kind).members is Members.PAIR and len(state.members) > 1:
                pair = pair_key(state.kind.value, map(self._home.person, state.members))
                batch.pairs.append(PairOf(pair, pending.key))

    def _add_entry(self, room: RoomId, key: int, state: RoomState, entry: PendingEntry) -> EntryEvent:
        batch, sealed, draft, person = self.batch, entry.sealed, entry.draft, self._home.person
        sender = person(entry.sender)
        for used in (sealed.key if sealed else None, entry.file_key):
            self._add_key(used)
        # In the order of its fields: by their names, making it would cost twice as much.
        batch.entries.append(
            NewEntry(
                key, entry.n, self.pos, entry.at, entry.kind.value, sender, entry.target, entry.hub_time,
                entry.registry_version, entry.counter, entry.origin, entry.seal, entry.header,
                sealed.key.key if sealed else None, sealed.sealed if sealed else None, draft.txn_id,
            )
        )  # fmt: skip
        batch.mentions.extend(Named(key, person(who), entry.n) for who in entry.named)
        concerns = concerned(state.kind, entry.facts, entry.at)
        batch.concerns.extend(Named(key, person(who), entry.n) for who in concerns)
        if projection := projections.VERSIONS[entry.facts.rules].get(entry.kind):
            projection.write(batch, EntryRef(key, entry.n, sender), entry.state)
        return self._event(room, state, entry, sender)

    def add_waiting(self, waiting: Iterable[tuple[NewWaiting, EpochKey | None]]) -> None:
        """Add what goes to the outbox, with the keys that seal it."""
        for row, key in waiting:
            self.batch.waiting.append(row)
            self._add_key(key)

    def _add_key(self, used: EpochKey | None) -> None:
        if used is not None and used.row is not None and used not in self.new_keys:
            self.new_keys.append(used)
            self.batch.epoch_keys.append(used.row)

    def _event(self, room: RoomId, state: RoomState, entry: PendingEntry, sender: PersonId) -> EntryEvent:
        """Return the event that all members of the room get.

        An entry that is not shown to everyone is a HiddenEvent there. Members who may see it are added to
        `_people`: they read it from the feed.
        """
        facts = entry.facts
        verdict = shown(facts, EVERYONE, entry.at)
        if isinstance(verdict, Hidden):
            viewers = (who for who in state.members if shown(facts, who, entry.at) == SHOWN)
            self._people.update(map(self._home.person, viewers))
            return HiddenEvent(at=entry.at, room=room, n=entry.n, hidden=verdict.reason.value)
        common = {"at": entry.at, "room": room, "n": entry.n, "id": entry.entry_id, "sender": sender}
        draft = entry.draft
        words = Words(draft.body, files=getattr(draft.body, "files", ()), facts=draft.facts)
        return view(entry.kind, entry.state, words, self._home, common, entry.facts.rules)

    def _add_members(self, pending: PendingRoom, state: RoomState) -> tuple[tuple[PersonId, ...], tuple[PersonId, ...]]:
        """Write who joined and left, with a line of the feed for each of them alone: the new room, or its end."""
        if _same_members(pending, state):
            return (), ()
        before = (
            {self._home.person(who): member for who, member in pending.before.members.items()} if pending.before else {}
        )
        after = {self._home.person(who): member for who, member in state.members.items()}
        left = tuple(person for person in before if person not in after)
        joined = tuple(person for person in after if person not in before)
        returned = [person for person in after if person in before and after[person].since != before[person].since]
        came, batch = (*joined, *returned), self.batch
        batch.removed.extend(Membership(pending.key, person) for person in (*left, *returned))
        if pending.before:
            batch.joined.extend(Membership(pending.key, person) for person in joined)
        for person in came:
            since = after[person].since
            # That they were added is unread; what was said before is not (F18).
            batch.added.append(NewMember(pending.key, person, after[person].role.value, since, max(0, since - 1)))
        batch.roles.extend(
            NewRole(member.role.value, pending.key, person)
            for person, member in after.items()
            if person in before and before[person].role is not member.role
        )
        batch.departures.extend(_departures(pending, self._home, state, left))
        at = pending.entries[-1].at
        for kind, people in (("room", came), ("room.left", left)):
            for person in people:
                self.pos += 1
                batch.feed.append(NewLine(self.pos, at, kind, pending.key, person=person))
        return came, left


def _same_members(pending: PendingRoom, state: RoomState) -> bool:
    return pending.before is not None and pending.before.members is state.members


def _words(entry: PendingEntry) -> str | None:
    """Return what search finds an entry by, or None."""
    row, body = VERSIONS[entry.facts.rules][entry.kind], entry.draft.body
    return None if body is None or row.words is None else row.words(body)


def _departures(pending: PendingRoom, home: Home, state: RoomState, left: Collection[PersonId]) -> list[NewDeparture]:
    """Return rows that say who took whom off the room and why, under the name it has."""
    return [
        NewDeparture(
            person=person, at=entry.at, room=pending.key, by=home.person(entry.sender), name=state.name or "",
            why=getattr(entry.state, "why", ""), reason=entry.draft.reason,
        )
        for entry in pending.entries
        if (removes := VERSIONS[entry.facts.rules][entry.kind].removes)
        for person in map(home.person, removes(entry.state))
        if person in left
    ]  # fmt: skip
