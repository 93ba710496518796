"""From drafts to rows: what one group commit will write, decided and computed before the database is touched.

A command is one draft or several that stand or fall together (a new room with its first members). For each draft, in
the order asked: `authorize`, then header, commitment, seal, leaf. A group whose members a command has changed is judged
as the batch so far has left it (F38): a command that makes it a private chat which nobody could have begun is refused,
or, where it has to be possible, gets the entry that closes the room. Nothing here does I/O or changes what others see:
the results are new heads, rows and events, which the writer makes true by its commit or throws away.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from appliance.errors import AppError, Forbidden, NotFound, TooLarge
from appliance.evidence.canonical import Header, encode_header
from appliance.evidence.commitment import NO_BODY
from appliance.evidence.errors import NotCanonicalError
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.room_id import room_id
from appliance.evidence.tree import Frontier
from appliance.log.heads import Head
from appliance.log.rows import leaf_of
from appliance.log.views import Words, body_view, view
from appliance.model import Appended, Deny, Draft, EntryType, Marks, RoomId, RoomState, Target, agency_of, program_of
from appliance.rules import entry_types
from appliance.rules import rooms as rules
from appliance.rules.concerns import concerned
from appliance.rules.entry_states import BodiesDestroyed, ClosedBySystem, Reacted
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.vault.epochs import iso_week
from appliance.wire.committed import Committed, RoomNews
from appliance.wire.entries import Entry as WireEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from appliance.log.bodies import Bodies, EpochKey, Sealed
    from appliance.log.riders import Rider
    from appliance.model import Home, Millis, PersonId, Principal, Proposed, State
    from appliance.rules.entry_types import EntryKind
    from appliance.store.entries import Batch
    from appliance.wire.entries import EntryEvent

    Done = Callable[["list[Appended] | AppError"], None]
    MayKeepGroup = Callable[[Home, RoomState, Millis], Deny | None]
    """Says, for a room and a time, why a group may not be one of these members (F38); pure."""

log = logging.getLogger(__name__)
THIS_ROOM: Final = RoomId("")
"""In a command that creates a room: the room it creates."""
PRIVATE_CHAT: Final = "private_chat"
"""Why the system closes a group: those left in it could not have begun a private chat (F38)."""


@dataclass(frozen=True, slots=True)
class Command:
    """Drafts that stand or fall together, and whom to tell. `pair` names the two people of a new private chat.

    `riders` write what commits with the entries (`riders.py`).
    """

    drafts: tuple[Draft, ...]
    done: Done
    pair: str | None = None
    riders: tuple[Rider[object], ...] = ()

    @property
    def room(self) -> RoomId:
        """The room it is about; `THIS_ROOM` when it creates one."""
        return self.drafts[0].room

    @property
    def sender(self) -> Principal:
        """Who acts; one and the same for all drafts."""
        return self.drafts[0].actor

    @property
    def must(self) -> bool:
        """Whether it has to be possible: what the system does, and what the owner may not refuse."""
        return self.sender == program_of(agency_of(self.sender)) or any(draft.must for draft in self.drafts)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Its idempotency keys: of two commands with one in common, the second is a repeat of the first."""
        first = self.drafts[0]
        own = ((first.room, first.actor, first.txn_id),) if first.txn_id is not None else ()
        return own if self.pair is None else (*own, (self.pair,))

    @property
    def people_added(self) -> int:
        """How many people it adds."""
        return sum(len(adds(draft.state)) for draft in self.drafts if (adds := ENTRY_TYPES[draft.type].adds))


@dataclass(slots=True)
class Entry:
    """One entry on its way: everything but its position in the feed.

    `at` is when it is written (the header's `ts`). `ht`, `rg`, `seal` and `header` are its leaf's, `os` and `origin`
    its header's, by their names on the wire.
    """

    n: int
    at: Millis
    ht: Millis
    rg: int
    os: int
    origin: str
    seal: bytes | None
    kind: EntryType
    sender: Principal
    entry_id: str
    state: State = field(repr=False)
    draft: Draft
    header: bytes = field(repr=False)
    sealed: Sealed | None
    named: tuple[Principal, ...]


@dataclass(slots=True)
class Work:
    """A room as this batch is changing it."""

    key: int
    state: RoomState | None
    size: int
    last_at: Millis
    registry: int
    counters: dict[str, int]
    frontier: Frontier
    before: RoomState | None
    created: Command | None = None
    entries: list[Entry] = field(default_factory=list)
    commands: list[tuple[Command, int, int, RoomState | None]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What the writer is to commit: the rooms' new heads, the commands that go in, and who was refused already.

    `targets` are the facts that drafts point at, `marks` what those messages carry, as the batch so far leaves them.
    """

    targets: dict[tuple[RoomId, int], Target | None]
    marks: dict[tuple[RoomId, int], Marks]
    works: dict[RoomId, Work] = field(default_factory=dict)
    refused: list[tuple[Command, AppError]] = field(default_factory=list)
    idle: list[Command] = field(default_factory=list)
    """Those that would change nothing: no entry is made, and they are answered without one."""


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Everything `plan` needs: the agency at home here, the time, the rooms, keys and facts that the commands name.

    `keys` are the epoch keys by (room's key, week) and stay the same for the whole batch; `errors` says, by
    `id(command)`, why something of a command could not be read. `may_keep_group` says why a group may not be one of
    these members (F38).
    """

    home: Home
    now: Millis
    new_id: Callable[[str], str]
    next_room_key: Callable[[], int]
    heads: Mapping[RoomId, Head]
    keys: dict[tuple[int, str], EpochKey]
    targets: Mapping[tuple[RoomId, int], Target | None]
    marks: Mapping[tuple[RoomId, int], Marks]
    errors: Mapping[int, AppError]
    bodies: Bodies
    may_keep_group: MayKeepGroup


def plan(commands: list[Command], context: BatchContext) -> Plan:
    """Decide every command of a batch, in order. Whatever goes wrong with one of them refuses that one."""
    result = Plan(dict(context.targets), dict(context.marks))
    for command in commands:
        if unread := context.errors.get(id(command)):
            result.refused.append((command, unread))
            continue
        try:
            _add(command, result, context)
        except AppError as error:
            result.refused.append((command, error))
        except NotCanonicalError as error:
            result.refused.append((command, TooLarge(str(error))))
        except Exception:
            log.exception("a command for room %s could not be decided", command.room or "(new)")
            result.refused.append((command, AppError()))
    return result


def _add(command: Command, result: Plan, context: BatchContext) -> None:
    work = _work_for(command, result, context)
    if _is_idle(command, work, result):
        result.idle.append(command)
        return
    state, size, last_at = work.state, work.size, work.last_at
    room = state.room if state else THIS_ROOM
    made: list[Entry] = []
    drafts = list(command.drafts)
    while drafts:
        hub_time = max(context.now, last_at)
        entry, state = _entry(drafts.pop(0), room, state, size, hub_time, work, result=result, context=context)
        room = state.room
        made.append(entry)
        size, last_at = size + 1, hub_time
        if len(made) == len(command.drafts):
            drafts += _closing(command, state, context)
    targets, marks = _noted(room, made, result)
    # Nothing below fails: a command goes in as a whole or leaves no trace.
    if work.state is None:
        work.created = command
        result.works[room] = work
    work.commands.append((command, work.size, size, state))
    work.state, work.size, work.last_at = state, size, last_at
    work.counters[context.home.agency] = work.counters.get(context.home.agency, 0) + len(made)
    work.entries.extend(made)
    result.targets.update(targets)
    result.marks.update(marks)


def _is_idle(command: Command, work: Work, result: Plan) -> bool:
    """Say whether a member's command changes nothing of what the batch so far has left."""
    if work.state is None or work.state.role_of(command.sender) is None:
        return False
    for draft in command.drafts:
        marks = result.marks.get((draft.room, draft.target)) if draft.target is not None else None
        mark = ENTRY_TYPES[draft.type].mark
        if marks is None or mark is None or not mark.stands_already(draft.actor, draft.state, marks):
            return False
    return True


def _closing(command: Command, state: RoomState, context: BatchContext) -> list[Draft]:
    """Make the entry that closes a group which this command has made a private chat that nobody could have begun.

    Raises Forbidden where the command does not have to be possible.
    """
    if state.closed or not any(row.adds or row.removes for row in map(_row, command.drafts)):
        return []
    denied = context.may_keep_group(context.home, state, context.now)
    if denied is None:
        return []
    if command.must:
        return [private_close(context.home, state.room)]
    raise Forbidden(denied)


def private_close(home: Home, room: RoomId) -> Draft:
    """Make the entry by which the system closes a group that has become a private chat nobody could have begun."""
    return Draft(room, home.system, EntryType.SYSTEM_CLOSE, state=ClosedBySystem(why=PRIVATE_CHAT))


def _row(draft: Draft) -> EntryKind:
    return ENTRY_TYPES[draft.type]


def _noted(
    room: RoomId, made: list[Entry], result: Plan
) -> tuple[dict[tuple[RoomId, int], Target | None], dict[tuple[RoomId, int], Marks]]:
    """Return what these entries make of the messages that commands of the batch point at."""
    targets: dict[tuple[RoomId, int], Target | None] = {}
    marks: dict[tuple[RoomId, int], Marks] = {}
    if not result.targets:
        return targets, marks
    for entry in made:
        if (room, entry.n) in result.targets:
            targets[room, entry.n] = Target(entry.n, entry.kind, entry.sender, entry.at, redacted=False)
        place = (room, entry.draft.target if entry.draft.target is not None else -1)
        row = ENTRY_TYPES[entry.kind]
        if row.retracts:
            aimed = targets.get(place) or result.targets.get(place)
            targets[place] = replace(aimed, redacted=True) if aimed else None
        if row.mark and (before := marks.get(place) or result.marks.get(place)):
            marks[place] = row.mark.marked(entry.sender, entry.state, before)
    return targets, marks


def _work_for(command: Command, result: Plan, context: BatchContext) -> Work:
    if command.room == THIS_ROOM:
        return Work(context.next_room_key(), None, 0, 0, 0, {}, Frontier(), None)
    work = result.works.get(command.room)
    if work is None:
        head = context.heads.get(command.room)
        if head is None:
            raise NotFound(field="room")
        counters = dict(head.counters)
        work = Work(head.key, head.state, head.size, head.last_at, head.registry, counters, head.frontier, head.state)
        result.works[command.room] = work
    return work


def _entry(
    draft: Draft,
    room: RoomId,
    state: RoomState | None,
    n: int,
    hub_time: Millis,
    work: Work,
    *,
    result: Plan,
    context: BatchContext,
) -> tuple[Entry, RoomState]:
    fields = entry_types.write(draft.type, draft.state)
    sealed = None
    header = Header(
        commitment=NO_BODY,
        body_length=0,
        id=context.new_id("e"),
        origin=context.home.agency,
        counter=work.counters.get(context.home.agency, 0) + n - work.size,
        room=room or None,
        rules_version=rules.RULES_VERSION,
        sender=draft.actor,
        state=fields or None,
        written_at=context.now,
        type=draft.type.value,
        v=1,
    )
    proposed = entry_types.proposed(header.type, header.origin, draft.actor, header.written_at, fields)
    if isinstance(proposed, Deny):
        raise Forbidden(proposed)
    if denied := _denied(draft, proposed, state, result):
        raise Forbidden(denied)
    if draft.body is not None:
        sealed = context.bodies.seal(_key_for(work, room, context), room, n, draft.body)
        header = msgspec.structs.replace(header, commitment=sealed.commitment, body_length=sealed.length)
    data = encode_header(header)
    room = room or RoomId(room_id(data))
    entry = Entry(
        n=n,
        at=context.now,
        ht=hub_time,
        rg=work.registry,
        os=header.counter,
        origin=header.origin,
        seal=None,
        kind=draft.type,
        sender=draft.actor,
        entry_id=header.id,
        state=proposed.state,
        draft=draft,
        header=data,
        sealed=sealed,
        named=_named(draft, state),
    )
    return entry, rules.apply(state, proposed, room, n)


def _denied(draft: Draft, proposed: Proposed, state: RoomState | None, result: Plan) -> Deny | None:
    """Say why an entry may not go in: by the rules of the room, or because the message carries too much already."""
    target = result.targets.get((draft.room, draft.points_at)) if draft.points_at is not None else None
    if denied := rules.authorize(state, proposed, target):
        return denied
    marks = result.marks.get((draft.room, draft.target)) if draft.target is not None else None
    mark = ENTRY_TYPES[draft.type].mark
    return mark.may(draft.actor, proposed.state, marks) if mark and marks is not None else None


def _named(draft: Draft, state: RoomState | None) -> tuple[Principal, ...]:
    mentions = ENTRY_TYPES[draft.type].mentions
    return mentions(draft.body, state.members) if mentions and draft.body is not None and state else ()


def _key_for(work: Work, room: RoomId, context: BatchContext) -> EpochKey:
    """Return the epoch key of a room for this batch. Only a room that the batch creates has none loaded for it."""
    place = (work.key, iso_week(context.now))
    key = context.keys.get(place)
    if key is None:
        if work.before is not None:
            raise LookupError("the epoch key of a stored room was not loaded")
        key = context.keys[place] = context.bodies.make_key(work.key, room, context.now)
    return key


def rows(result: Plan, home: Home, batch: Batch, pos: int) -> tuple[dict[RoomId, Head], Committed, int]:
    """Fill `batch` with the rows of a plan, positions from `pos + 1` on; return new heads and what to announce.

    Rows and events name people as this appliance does (`home`).
    """
    heads: dict[RoomId, Head] = {}
    news: list[RoomNews] = []
    people: set[PersonId] = set()
    for room, work in result.works.items():
        if not work.entries or work.state is None:
            continue
        frontier = work.frontier.extend(leaf_hash(leaf_of(entry)) for entry in work.entries)
        heads[room] = Head(work.key, work.state, work.size, work.last_at, work.registry, work.counters, frontier)
        _room_rows(batch, home, room, work)
        events = []
        for entry in work.entries:
            pos += 1
            events.append(_entry_rows(batch, home, room, work, entry, pos))
        pos, joined, left = _member_rows(batch, home, work, pos)
        people.update(joined, left)
        news.append(RoomNews(room, pos, events, joined, left, _txn_ids(work)))
    return heads, Committed(pos, news, frozenset(people)), pos


def _txn_ids(work: Work) -> dict[int, str]:
    return {entry.n: entry.draft.txn_id for entry in work.entries if entry.draft.txn_id is not None}


def _room_rows(batch: Batch, home: Home, room: RoomId, work: Work) -> None:
    state = work.state
    assert state is not None  # noqa: S101 - a room with entries has a state
    owner = home.person(state.owner)
    if work.created is not None:
        first = work.entries[0]
        command = work.created
        batch.rooms.append(
            (work.key, room, state.kind.value, state.name, owner, state.owner_post, first.at, home.person(first.sender),
             command.drafts[0].txn_id, command.pair, state.hub)
        )  # fmt: skip
        return
    if work.before is not state:
        batch.states.append(
            (state.name, owner, state.owner_post, int(state.closed), state.hub, state.hub_epoch, state.hub_since,
             work.key)
        )  # fmt: skip


def _entry_rows(batch: Batch, home: Home, room: RoomId, work: Work, entry: Entry, pos: int) -> EntryEvent:
    sealed, draft, sender = entry.sealed, entry.draft, home.person(entry.sender)
    if sealed is not None and sealed.key.row is not None and sealed.key.row not in batch.epoch_keys:
        batch.epoch_keys.append(sealed.key.row)
    batch.entries.append(
        (work.key, entry.n, pos, entry.at, entry.kind.value, sender, draft.target, entry.ht, entry.rg,
         entry.os, entry.origin, entry.seal, entry.header,
         sealed.key.key if sealed else None, sealed.sealed if sealed else None, draft.txn_id)
    )  # fmt: skip
    batch.feed.append((pos, entry.at, entry.kind.value, work.key, entry.n, None, None))
    if draft.txn_id is not None:
        batch.txns.append((work.key, sender, draft.txn_id, entry.n))
    batch.mentions.extend((work.key, home.person(who), entry.n) for who in entry.named)
    assert work.state is not None  # noqa: S101 - a room with entries has a state
    concerns = concerned(work.state.kind, entry.kind, entry.sender, entry.state)
    batch.concerns.extend((work.key, home.person(who), entry.n) for who in concerns)
    _mark_rows(batch, work.key, entry, sender)
    common = {"pos": pos, "at": entry.at, "room": room, "n": entry.n, "id": entry.entry_id, "sender": sender}
    words = Words(body_view(draft.body, home) if draft.body else None)
    return view(entry.kind, entry.state, words, home, common)


def _mark_rows(batch: Batch, room: int, entry: Entry, sender: PersonId) -> None:
    target, state = entry.draft.target, entry.state
    if entry.kind is EntryType.MESSAGE_EDIT:
        batch.edited.append((room, target, entry.n))
        batch.edits.append((room, target, entry.n))
    elif entry.kind is EntryType.MESSAGE_REDACT:
        batch.redacted.append((room, target, entry.n))
    elif isinstance(state, BodiesDestroyed):
        batch.erased.append((room, state.first, state.last))
    elif isinstance(state, Reacted):
        key = (room, target, state.emoji, sender)
        if state.on:
            batch.reactions_on.append((*key, entry.n))
        else:
            # The batch deletes first and inserts then, so one that was given earlier in it must not be inserted.
            batch.reactions_on = [row for row in batch.reactions_on if row[:4] != key]
            batch.reactions_off.append(key)


def _member_rows(
    batch: Batch, home: Home, work: Work, pos: int
) -> tuple[int, tuple[PersonId, ...], tuple[PersonId, ...]]:
    """Write who came and went, with a feed line for their eyes: a new room to fetch, or one that is gone."""
    if work.before is not None and work.state is not None and work.before.members is work.state.members:
        return pos, (), ()
    before = {home.person(who): member for who, member in work.before.members.items()} if work.before else {}
    after = {home.person(who): member for who, member in work.state.members.items()} if work.state else {}
    left = tuple(person for person in before if person not in after)
    joined = tuple(person for person in after if person not in before)
    returned = [person for person in after if person in before and after[person].since != before[person].since]
    batch.removed.extend((work.key, person) for person in (*left, *returned))
    if work.before:
        batch.joined.extend((work.key, person) for person in joined)
    for person in (*joined, *returned):
        since = after[person].since
        # That they were added is unread; what was said before is not (F18).
        batch.added.append((work.key, person, after[person].role.value, since, max(0, since - 1)))
    batch.roles.extend(
        (member.role.value, work.key, person)
        for person, member in after.items()
        if person in before and before[person].role is not member.role
    )
    at = work.entries[-1].at
    for person in (*joined, *returned):
        pos += 1
        batch.feed.append((pos, at, "room", work.key, None, person, None))
    batch.departures.extend(_departures(work, home, left))
    for person in left:
        pos += 1
        batch.feed.append((pos, at, "room.left", work.key, None, person, None))
    return pos, (*joined, *returned), left


def _departures(work: Work, home: Home, left: Collection[PersonId]) -> list[tuple[Any, ...]]:
    """Return rows that say who took whom off the room and why, under the name it has."""
    name = (work.state.name if work.state else None) or ""
    return [
        (
            person,
            entry.at,
            work.key,
            home.person(entry.sender),
            name,
            getattr(entry.state, "why", ""),
            entry.draft.reason,
        )
        for entry in work.entries
        if (removes := ENTRY_TYPES[entry.kind].removes)
        for person in map(home.person, removes(entry.state))
        if person in left
    ]


class Result(NamedTuple):
    """A command that goes in: where its drafts come to stand, and the room as it leaves it."""

    command: Command
    appended: list[Appended]
    state: RoomState | None


def results(result: Plan, committed: Committed) -> list[Result]:
    """Return, for every command that goes in, what it comes to."""
    found = []
    for news in committed.rooms:
        work, room = result.works[news.room], news.room
        # A room's events are its new entries, one after the other.
        entries = [event for event in news.events if isinstance(event, WireEntry)]
        begin = work.size - len(entries)
        for command, first, last, state in work.commands:
            here = entries[first - begin : last - begin]
            appended = [Appended(room, event.n, event.id, event.at, event.pos) for event in here]
            found.append(Result(command, appended, state))
    return found
