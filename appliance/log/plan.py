"""From commands to everything that one group commit writes and says, computed before the database is touched.

`plan` is pure: commands and a `BatchContext` in, one `Planned` out, with rows, heads, events and results. It decides
the commands in the order asked: each draft becomes a header, is judged as every replica will judge the entry
(`evidence/verification.py`), and its body is sealed. A group whose members a command has changed is judged as the batch
so far has left it (F38): a command that makes it a private chat which nobody could have begun is refused, or, where it
has to be possible, gets the entry that closes the room. What goes wrong with one command refuses that one. Nothing here
does I/O or changes what others see: the writer makes a plan true by its commit or throws it away. The rows are made in
`batch_rows.py`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Forbidden, NotFound, TooLarge
from appliance.evidence.canonical import Header, encode_header
from appliance.evidence.commitment import NO_BODY
from appliance.evidence.errors import NotCanonicalError
from appliance.evidence.room_id import room_id
from appliance.evidence.tree import Frontier
from appliance.evidence.verification import Accepted, Candidate, Log, Step, judge
from appliance.log.batch_rows import Entry, PendingRoom, Rows
from appliance.log.commands import THIS_ROOM, private_close
from appliance.model import Deny, Draft, Marks, RoomId, RoomState, Target
from appliance.rules import entry_types
from appliance.rules import rooms as rules
from appliance.rules.concerns import named
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.visibility import EntryFacts
from appliance.vault.epochs import EpochKind, iso_week

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evidence.registry import Registry
    from appliance.log.bodies import Bodies, EpochKey
    from appliance.log.commands import Command, Result
    from appliance.log.heads import Head
    from appliance.model import Home, Millis, State
    from appliance.store.batch import Batch, NewCheckpoint
    from appliance.wire.committed import Committed

    MayKeepGroup = Callable[[Home, RoomState, Millis], Deny | None]
    """Says, for a room and a time, why a group may not be one of these members (F38); pure."""

log = logging.getLogger(__name__)
_DENIALS: Final = {denied.value: denied for denied in Deny}


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Everything `plan` needs: the agency at home here, the time, the rooms, keys and facts that the commands name.

    `keys` are the epoch keys by (room's key, week, kind) and stay the same for the whole batch; `errors` says, by
    `id(command)`, why something of a command could not be read. `may_keep_group` says why a group may not be one of
    these members (F38). `pos` is where the feed stands; `first_checkpoint` signs a room that begins.
    """

    home: Home
    registry: Registry
    now: Millis
    new_id: Callable[[str], str]
    next_room_key: Callable[[], int]
    heads: Mapping[RoomId, Head]
    keys: dict[tuple[int, str, EpochKind], EpochKey]
    targets: Mapping[tuple[RoomId, int], Target | None]
    marks: Mapping[tuple[RoomId, int], Marks]
    errors: Mapping[int, AppError]
    bodies: Bodies
    may_keep_group: MayKeepGroup
    pos: int
    first_checkpoint: Callable[[Head], NewCheckpoint]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the writer is to commit, and what follows from it.

    `batch` are the rows, `heads` the rooms as they are then, `committed` what the followers are told, `results` the
    answers of the commands that go in. `refused` are told why; `idle` would change nothing, so no entry is made and
    they are answered without one. `new_keys` are the epoch keys that become durable, `pos` is where the feed stands
    then.
    """

    batch: Batch
    heads: dict[RoomId, Head]
    committed: Committed
    results: list[Result]
    refused: list[tuple[Command, AppError]]
    idle: list[Command]
    new_keys: list[EpochKey]
    pos: int


@dataclass(slots=True)
class _Decided:
    """The rooms as the batch so far leaves them, and who was refused.

    `targets` are the facts that drafts point at, `marks` what those messages carry.
    """

    targets: dict[tuple[RoomId, int], Target | None]
    marks: dict[tuple[RoomId, int], Marks]
    works: dict[RoomId, PendingRoom] = field(default_factory=dict)
    refused: list[tuple[Command, AppError]] = field(default_factory=list)
    idle: list[Command] = field(default_factory=list)


def plan(commands: list[Command], context: BatchContext) -> Planned:
    """Decide every command of a batch, in order, and make the rows, heads, events and results of those that go in."""
    decided = _decide(commands, context)
    rows = Rows(context.home, context.pos)
    for room, work in decided.works.items():
        if work.entries:
            rows.add(room, work)
            if work.created:
                # A room comes with its first checkpoint, so that one without any is known to have been tampered with.
                rows.batch.checkpoints.append(context.first_checkpoint(rows.heads[room]))
    written = {key.key for key in rows.batch.epoch_keys}
    new_keys = [key for key in context.keys.values() if key.key in written]
    return Planned(
        rows.batch, rows.heads, rows.committed(), rows.results, decided.refused, decided.idle, new_keys, rows.pos
    )


def _decide(commands: list[Command], context: BatchContext) -> _Decided:
    """Decide every command of a batch, in order. Whatever goes wrong with one of them refuses that one."""
    result = _Decided(dict(context.targets), dict(context.marks))
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


def _add(command: Command, result: _Decided, context: BatchContext) -> None:
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
    work.state, work.size, work.last_at, work.registry = state, size, last_at, made[-1].rg
    work.counters[context.home.agency] = work.counters.get(context.home.agency, 0) + len(made)
    work.entries.extend(made)
    result.targets.update(targets)
    result.marks.update(marks)


def _is_idle(command: Command, work: PendingRoom, result: _Decided) -> bool:
    """Say whether a member's command changes nothing of what the batch so far has left."""
    if not result.marks or work.state is None or work.state.role_of(command.sender) is None:
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
    if state.closed or not _changes_members(command):
        return []
    denied = context.may_keep_group(context.home, state, context.now)
    if denied is None:
        return []
    if command.must:
        return [private_close(context.home, state.room)]
    raise Forbidden(denied)


def _changes_members(command: Command) -> bool:
    for draft in command.drafts:
        row = ENTRY_TYPES[draft.type]
        if row.adds or row.removes:
            return True
    return False


def _noted(
    room: RoomId, made: list[Entry], result: _Decided
) -> tuple[dict[tuple[RoomId, int], Target | None], dict[tuple[RoomId, int], Marks]]:
    """Return what these entries make of the messages that commands of the batch point at."""
    targets: dict[tuple[RoomId, int], Target | None] = {}
    marks: dict[tuple[RoomId, int], Marks] = {}
    if not result.targets:
        return targets, marks
    for entry in made:
        if (room, entry.n) in result.targets:
            targets[room, entry.n] = Target(entry.n, entry.kind, entry.sender, entry.at, redacted=False)
        place = (room, entry.target if entry.target is not None else -1)
        row = ENTRY_TYPES[entry.kind]
        if row.retracts:
            aimed = targets.get(place) or result.targets.get(place)
            targets[place] = replace(aimed, redacted=True) if aimed else None
        if row.mark and (before := marks.get(place) or result.marks.get(place)):
            marks[place] = row.mark.marked(entry.sender, entry.state, before)
    return targets, marks


def _work_for(command: Command, result: _Decided, context: BatchContext) -> PendingRoom:
    if command.room == THIS_ROOM:
        return PendingRoom(context.next_room_key(), None, 0, 0, 0, {}, Frontier(), None)
    work = result.works.get(command.room)
    if work is None:
        head = context.heads.get(command.room)
        if head is None:
            raise NotFound(field="room")
        counters = dict(head.counters)
        work = PendingRoom(
            head.key, head.state, head.size, head.last_at, head.registry, counters, head.frontier, head.state
        )
        result.works[command.room] = work
    return work


def _entry(
    draft: Draft,
    room: RoomId,
    state: RoomState | None,
    n: int,
    hub_time: Millis,
    work: PendingRoom,
    *,
    result: _Decided,
    context: BatchContext,
) -> tuple[Entry, RoomState]:
    agency, target, sealed = context.home.agency, draft.target, None
    if draft.body is not None:
        if ENTRY_TYPES[draft.type].body is None:
            raise Forbidden(Deny.WRONG_SHAPE)
        # A room begins with an entry without a body, so that every body has a room's key.
        key = _key_for(work, room, ENTRY_TYPES[draft.type].key_kind, context)
        sealed = context.bodies.seal(key, room, n, draft.body)
    header = Header(
        commitment=sealed.commitment if sealed else NO_BODY,
        body_length=sealed.length if sealed else 0,
        id=context.new_id("e"),
        origin=agency,
        counter=work.counters.get(agency, 0) + n - work.size,
        room=room or None,
        rules_version=rules.RULES_VERSION,
        sender=draft.actor,
        state=entry_types.write(draft.type, draft.state) or None,
        written_at=context.now,
        type=draft.type,
        v=1,
    )
    encoded = encode_header(header)
    room = room or RoomId(room_id(encoded))
    facts = partial(_facts, result.targets, draft.room)
    counters = {agency: header.counter}
    before = Log(room, state, n, work.last_at, work.registry, counters, target=facts)
    accepted = _judged(header, before, hub_time, context)
    if denied := _one_mark_too_many(draft, target, accepted.entry.state, result):
        raise Forbidden(denied)
    entry = Entry(
        n=n,
        at=context.now,
        ht=hub_time,
        rg=accepted.candidate.rg,
        os=header.counter,
        origin=header.origin,
        seal=None,
        kind=draft.type,
        sender=draft.actor,
        entry_id=header.id,
        state=accepted.entry.state,
        draft=draft,
        target=target,
        header=encoded,
        sealed=sealed,
        named=named(EntryFacts(draft.type, accepted.entry.state, draft.actor), context.now, draft.body, state.members)
        if state
        else (),
    )
    return entry, accepted.state


def _facts(targets: Mapping[tuple[RoomId, int], Target | None], room: RoomId, n: int) -> Target | None:
    return targets.get((room, n))


def _judged(header: Header, before: Log, hub_time: Millis, context: BatchContext) -> Accepted:
    """Return the entry as every replica will judge it. Raises Forbidden."""
    registry = max(before.registry, context.registry.version)
    candidate = Candidate(header, before.room, before.size, hub_time, registry)
    verdict = judge(before, candidate, context.registry)
    if isinstance(verdict, Accepted):
        return verdict
    if verdict.step is Step.SEAL:
        # Another agency is the room's hub: what is written here goes to it, and comes back from it.
        raise Forbidden(Deny.HUB_ONLY)
    denied = _DENIALS.get(verdict.reason)
    raise Forbidden(denied) if denied else AppError(verdict.reason)


def _one_mark_too_many(draft: Draft, target: int | None, state: State, result: _Decided) -> Deny | None:
    """Say why a message cannot carry this mark too: a limit of this appliance, and no rule of the log."""
    mark = ENTRY_TYPES[draft.type].mark if target is not None else None
    if mark is None or target is None or (marks := result.marks.get((draft.room, target))) is None:
        return None
    return mark.may(draft.actor, state, marks)


def _key_for(work: PendingRoom, room: RoomId, kind: EpochKind, context: BatchContext) -> EpochKey:
    """Return the epoch key of a room for this batch. Only a room that the batch creates has none loaded for it."""
    place = (work.key, iso_week(context.now), kind)
    key = context.keys.get(place)
    if key is None:
        if work.before is not None:
            raise LookupError("the epoch key of a stored room was not loaded")
        key = context.keys[place] = context.bodies.make_key(work.key, room, context.now, kind)
    return key
