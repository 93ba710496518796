"""What the decision about a batch needs of the database: rooms, epoch keys, the messages that commands point at.

Rules: one call to the database thread for a batch, and none when everything is in memory. When something cannot be read
(a torn page, a key that does not open), the commands that need it are refused, and no others. A room whose state cannot
be read is damaged until the appliance restarts (`damage.py`). It decides nothing and writes nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.evidence.statements import sizes_in
from appliance.log import foreign_facts
from appliance.log import heads as head_rows
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.foreign import Replicated
from appliance.log.idempotency import Repeats
from appliance.log.new_entry import FILE, carries_files
from appliance.log.notes import home_of
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.policy import key_kind
from appliance.store import entries
from appliance.vault.epochs import EpochId, EpochKind, iso_week

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.errors import AppError
    from appliance.evidence.note import Verifier
    from appliance.log.bodies import Bodies, EpochKey
    from appliance.log.commands import AnyCommand
    from appliance.log.damage import DamagedRooms
    from appliance.log.foreign import Received
    from appliance.log.foreign_facts import ForeignFacts
    from appliance.log.heads import Head, Heads
    from appliance.log.quarantine import QuarantinedRooms
    from appliance.log.recovering import RecoveringRooms
    from appliance.log.sources import Numbers, Random
    from appliance.model import Draft, Marks, Millis, RoomId, Target
    from appliance.store.db import Rows, Store

    MakeKey = Callable[[Rows, int, EpochId], EpochKey]


class Loaded(msgspec.Struct):
    """What was found: rooms by id, keys by (room's key, week, kind), targets and
    the marks they carry by (room, position).

    `repeats` has the commands to create a room that is there already; `errors` holds, by `id(command)`, why a command
    cannot be decided, and `foreign` what is known for one of another agency. `roots` are by (room, size).
    """

    repeats: Repeats
    heads: dict[RoomId, Head] = msgspec.field(default_factory=dict)
    missing: list[RoomId] = msgspec.field(default_factory=list)
    keys: dict[tuple[int, str, EpochKind], EpochKey] = msgspec.field(default_factory=dict)
    targets: dict[tuple[RoomId, int], Target | None] = msgspec.field(default_factory=dict)
    marks: dict[tuple[RoomId, int], Marks] = msgspec.field(default_factory=dict)
    errors: dict[int, AppError] = msgspec.field(default_factory=dict)
    foreign: dict[int, ForeignFacts] = msgspec.field(default_factory=dict)
    roots: dict[tuple[RoomId, int], bytes] = msgspec.field(default_factory=dict)


class _Need(NamedTuple):
    """One thing to read, and the commands that cannot be decided without it. `room` when it is a room's state."""

    read: Callable[[Rows], None]
    commands: list[AnyCommand]
    room: RoomId | None = None


class Loader:
    """Loads what batches need, from memory where it is there."""

    def __init__(
        self,
        store: Store,
        heads: Heads,
        bodies: Bodies,
        damaged: DamagedRooms,
        *,
        quarantined: QuarantinedRooms,
        recovering: RecoveringRooms,
        verifier: Verifier,
    ) -> None:
        self._store, self._heads, self._bodies, self._damaged = store, heads, bodies, damaged
        self._quarantined, self._recovering, self._verifier = quarantined, recovering, verifier
        self._agency = home_of(verifier).agency

    async def load(self, commands: list[AnyCommand], now: Millis, numbers: Numbers, random: Random) -> Loaded:
        """Return everything that deciding these commands needs; new epoch keys are made of `numbers` and `random`."""
        loaded = Loaded(Repeats(self._store, home_of(self._verifier)))
        make = partial(self._bodies.find_or_make_key, numbers=numbers, random=random)
        needs = self._needs(commands, now, loaded, make)
        if needs:
            results = await self._store.read_each(_read, needs, while_writing=True)
            for need, result in zip(needs, results, strict=True):
                if result is None:
                    continue
                for command in need.commands:
                    loaded.errors.setdefault(id(command), result)
                if need.room is not None:
                    self._damaged.note(need.room, result)
            # After all of them were read, so that no room of the batch is evicted for another one.
            for room in loaded.missing:
                if (head := loaded.heads.get(room)) is not None:
                    self._heads.put(room, head)
        return loaded

    def _needs(self, commands: list[AnyCommand], now: Millis, loaded: Loaded, make: MakeKey) -> list[_Need]:
        """Take from memory what is there, and return what is to be read: rooms first, then what needs them."""
        rooms_of: dict[RoomId, list[AnyCommand]] = {}
        writing: dict[tuple[RoomId, str, EpochKind], list[AnyCommand]] = {}
        points: dict[tuple[RoomId, int], list[AnyCommand]] = {}
        others: list[_Need] = []
        week = iso_week(now)
        for command in commands:
            room = command.room
            if room == THIS_ROOM and isinstance(command, Command):
                others.append(self._creating(command, loaded))
                continue
            if error := self._refusal(command):
                loaded.errors[id(command)] = error
                continue
            if room not in rooms_of:
                rooms_of[room] = []
                self._take_head(room, loaded)
            rooms_of[room].append(command)
            others.extend(self._beside(command, loaded))
            for place in keys_for(command, week):
                writing.setdefault((room, *place), []).append(command)
            for draft in command.drafts:
                if (aimed := draft.points_at) is not None:
                    points.setdefault((room, aimed), []).append(command)
        return [
            *(self._room(room, rooms_of[room], loaded) for room in loaded.missing),
            *(
                self._key(room, week, kind, needing, loaded, make)
                for (room, week, kind), needing in writing.items()
                if room not in loaded.heads or not self._has_key(room, week, kind, loaded)
            ),
            *(self._target(room, n, needing, loaded) for (room, n), needing in points.items()),
            *others,
        ]

    def _refusal(self, command: AnyCommand) -> AppError | None:
        """Return why nothing is written to a room; one that is recovering still takes what its followers have."""
        room = command.room
        error = self._damaged.get(room) or self._quarantined.refusal(room)
        return error or (None if isinstance(command, Replicated) else self._recovering.refusal(room))

    def _take_head(self, room: RoomId, loaded: Loaded) -> None:
        head = self._heads.get(room)
        if head is None:
            loaded.missing.append(room)
        else:
            loaded.heads[room] = head

    def _beside(self, command: AnyCommand, loaded: Loaded) -> tuple[_Need, ...]:
        """Return what is to be read for a command beside its room, keys and targets.

        What is written to a room that another agency orders may be a repeat of what is in the outbox.
        """
        if not isinstance(command, Command):
            return (self._foreign(command, loaded),)
        head, found = loaded.heads.get(command.room), []
        if command.keys and (head is None or head.state.hub != self._agency):
            found.append(self._repeated(command, loaded))
        sizes = {size for draft in command.drafts if draft.state is not None for size in sizes_in(draft.state)}
        if sizes:
            found.append(self._roots(command, sizes, loaded))
        return tuple(found)

    def _has_key(self, room: RoomId, week: str, kind: EpochKind, loaded: Loaded) -> bool:
        head = loaded.heads[room]
        kind = key_kind(head.state.kind, kind)
        key = self._bodies.writing_key(head.key, week, kind)
        if key is None:
            return False
        loaded.keys[head.key, week, kind] = key
        return True

    def _room(self, room: RoomId, needing: list[AnyCommand], loaded: Loaded) -> _Need:
        def read(rows: Rows) -> None:
            if head := head_rows.load(rows, room, self._verifier):
                loaded.heads[room] = head

        return _Need(read, needing, room)

    def _key(
        self, room: RoomId, week: str, kind: EpochKind, needing: list[AnyCommand], loaded: Loaded, make: MakeKey
    ) -> _Need:
        def read(rows: Rows) -> None:
            head = loaded.heads.get(room)
            if head is not None:
                epoch = EpochId(room, week, key_kind(head.state.kind, kind))
                key = self._bodies.writing_key(head.key, week, epoch.kind) or make(rows, head.key, epoch)
                loaded.keys[head.key, epoch.week, epoch.kind] = key

        return _Need(read, needing)

    def _roots(self, command: Command, sizes: set[int], loaded: Loaded) -> _Need:
        """Read the roots at the sizes that the statements in a command name."""

        def read(rows: Rows) -> None:
            head = loaded.heads.get(command.room)
            if head is None:
                return
            for size in sizes:
                if (root := foreign_facts.root_at(rows, head, size)) is not None:
                    loaded.roots[command.room, size] = root

        return _Need(read, [command])

    def _foreign(self, command: Received | Replicated, loaded: Loaded) -> _Need:
        def read(rows: Rows) -> None:
            loaded.foreign[id(command)] = foreign_facts.load(rows, command, loaded.heads.get(command.room))

        return _Need(read, [command])

    def _target(self, room: RoomId, n: int, needing: list[AnyCommand], loaded: Loaded) -> _Need:
        home = home_of(self._verifier)
        drafts = [draft for command in needing for draft in command.drafts if draft.target == n]
        marked_by = [(draft.actor, mark) for draft in drafts if (mark := ENTRY_TYPES[draft.type].mark)]
        reacting = {person for person, mark in marked_by if mark.by_person}

        def read(rows: Rows) -> None:
            head = loaded.heads.get(room)
            loaded.targets[room, n] = entries.target(rows, head.key, n, home) if head else None
            if head and marked_by:
                loaded.marks[room, n] = entries.marks(rows, head.key, n, reacting, home)

        return _Need(read, needing)

    def _repeated(self, command: Command, loaded: Loaded) -> _Need:
        def read(rows: Rows) -> None:
            head = loaded.heads.get(command.room)
            if head is not None and head.state.hub != self._agency:
                self._creating(command, loaded).read(rows)

        return _Need(read, [command])

    @staticmethod
    def _creating(command: Command, loaded: Loaded) -> _Need:
        def read(rows: Rows) -> None:
            if found := loaded.repeats.result_of(rows, command):
                loaded.repeats.add(command, found)

        return _Need(read, [command])


def kinds_of_keys(draft: Draft) -> list[EpochKind]:
    """Return the kinds of epoch keys that a draft needs: for its body, and for the keys of its files."""
    row = ENTRY_TYPES[draft.type]
    kinds: list[EpochKind] = [] if draft.body is None else [row.key_kind]
    return [*kinds, FILE] if carries_files(draft) else kinds


def keys_for(command: AnyCommand, week: str) -> list[tuple[str, EpochKind]]:
    """Return (week, kind) of the epoch keys that a command needs in this week.

    The body of another agency's entry goes with the week that the entry is of.
    """
    if isinstance(command, Command):
        return [(week, kind) for draft in command.drafts for kind in kinds_of_keys(draft)]
    return [
        (iso_week(one.header.written_at), ENTRY_TYPES[one.draft.type].key_kind)
        for one in command.parsed
        if one.body is not None and one.header is not None and one.draft is not None
    ]


def _read(rows: Rows, need: _Need) -> None:
    need.read(rows)
