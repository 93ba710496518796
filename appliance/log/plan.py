"""Decides a batch: commands in, and out come all rows, heads, events and results of one group commit. Pure.

`plan` takes commands and a `BatchContext` and returns one `Planned`. Ids and random bytes come from the sources of the
context (`sources.py`), so the same inputs give the same plan. Nothing here does I/O or changes what others see: the
caller writes the plan, or drops it.

Rules:
- commands are decided in their order; each draft becomes an entry that is judged (`new_entry.py`);
- a command with a fault is refused alone;
- entries of other agencies are decided in `received.py` and `replicated.py`, in the same order and the same rooms;
- what people write to a room that another agency orders goes to the outbox (`waiting_entry.py`);
- a room that agencies share is signed by its hub with each commit, in the same transaction;
- a group whose members a command has changed is checked against F38, with the changes of the batch so far. A command
  that makes the group a private chat which nobody there could have begun is refused. If the command cannot be refused
  (`Command.must`), an entry that closes the room is added.

The rows are made in `batch_rows.py`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from appliance.errors import AppError, Forbidden, NotFound, TooLarge
from appliance.evidence.errors import NotCanonicalError
from appliance.evidence.tree import Frontier
from appliance.log.batch_rows import BatchBuilder, Creation, DecidedCommand, PendingEntry, PendingRoom
from appliance.log.commands import THIS_ROOM, Command, Result, private_close
from appliance.log.foreign import Received
from appliance.log.message_facts import MessageFacts
from appliance.log.new_entry import make_entry
from appliance.log.received import take_received
from appliance.log.replicated import refused, take_replicated
from appliance.log.waiting_entry import make_waiting
from appliance.model import WAITING, Appended, RoomId
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.store.batch import NewNote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.log.batch_context import BatchContext
    from appliance.log.bodies import EpochKey
    from appliance.log.commands import AnyCommand
    from appliance.log.foreign import Answer, Replicated
    from appliance.log.heads import Head
    from appliance.model import Draft, RoomState
    from appliance.store.batch import Batch, NewFinding, NewWaiting
    from appliance.wire.committed import Committed

logger = logging.getLogger(__name__)


class Planned(msgspec.Struct, frozen=True):
    """What the writer is to commit, and what follows from it.

    `batch` are the rows, `heads` the rooms as they are then, `committed` what is published to the followers, `results`
    the answers of the commands that go in. `refused` get the reason; `idle` would change nothing, so no entry is made
    and they are answered without one. `new_keys` are the epoch keys that become durable, `pos` is the newest position
    of the feed then. `answers` has, by `id(command)`, the answers to what other agencies submitted, `quarantined` the
    rooms that become read-only, with the reason. `signed` are the rooms whose hub's note is among the rows.
    """

    batch: Batch
    heads: dict[RoomId, Head]
    committed: Committed
    results: list[Result]
    refused: list[tuple[AnyCommand, AppError]]
    idle: list[AnyCommand]
    new_keys: list[EpochKey]
    pos: int
    answers: dict[int, list[Answer]]
    quarantined: dict[RoomId, str]
    signed: set[RoomId]

    @property
    def writes(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.results or self.quarantined)


class _Decided(msgspec.Struct):
    """The rooms and messages as the batch so far leaves them, and who was refused."""

    facts: MessageFacts
    rooms: dict[RoomId, PendingRoom] = msgspec.field(default_factory=dict)
    refused: list[tuple[AnyCommand, AppError]] = msgspec.field(default_factory=list)
    idle: list[AnyCommand] = msgspec.field(default_factory=list)
    answers: dict[int, list[Answer]] = msgspec.field(default_factory=dict)
    findings: dict[RoomId, NewFinding] = msgspec.field(default_factory=dict)
    held: list[Result] = msgspec.field(default_factory=list)
    waiting: list[tuple[NewWaiting, EpochKey | None]] = msgspec.field(default_factory=list)


def plan(commands: Sequence[AnyCommand], context: BatchContext) -> Planned:
    """Decide every command of a batch, in order, and make the rows, heads, events and results of those that go in."""
    decided = _decide(commands, context)
    builder, signed = BatchBuilder(context.home, context.pos), set[RoomId]()
    for room, pending in decided.rooms.items():
        if pending.entries:
            builder.add(room, pending)
            if _sign(builder, builder.heads[room], pending, context):
                signed.add(room)
    builder.add_waiting(decided.waiting)
    builder.results.extend(decided.held)
    builder.batch.findings.extend(decided.findings.values())
    return Planned(
        batch=builder.batch,
        heads=builder.heads,
        committed=builder.committed(),
        results=builder.results,
        refused=decided.refused,
        idle=decided.idle,
        new_keys=builder.new_keys,
        pos=builder.pos,
        answers=decided.answers,
        quarantined={room: finding.reason for room, finding in decided.findings.items()},
        signed=signed,
    )


def _sign(builder: BatchBuilder, head: Head, pending: PendingRoom, context: BatchContext) -> bool:
    """Sign a room that must not be without a note of its present size; say whether agencies share it.

    A room comes with its first checkpoint, so that one without any is known to have been tampered with. Other agencies
    are given no entry without the hub's note, and that note again for ever, byte by byte.
    """
    hub = head.state.hub if pending.before is None else pending.before.hub
    if hub == context.home.agency and (head.shared or len(pending.shared_by) > 1):
        row = context.sign_as_hub(head)
        builder.batch.checkpoints.append(row)
        builder.batch.notes.append(NewNote(row.room, row.size, row.frontier, row.note))
        return True
    if pending.created:
        builder.batch.checkpoints.append(context.sign(head))
    return False


def _decide(commands: Sequence[AnyCommand], context: BatchContext) -> _Decided:
    """Decide every command of a batch, in order. Whatever goes wrong with one of them refuses that one."""
    result = _Decided(MessageFacts(dict(context.targets), dict(context.marks)))
    for command in commands:
        if unread := context.errors.get(id(command)):
            result.refused.append((command, unread))
            continue
        try:
            if isinstance(command, Command):
                _add(command, result, context)
            else:
                _add_foreign(command, result, context)
        except AppError as error:
            result.refused.append((command, error))
        except NotCanonicalError as error:
            result.refused.append((command, TooLarge(str(error))))
        except Exception:
            logger.exception("a command for room %s could not be decided", command.room or "(new)")
            result.refused.append((command, AppError()))
    return result


def _add_foreign(command: Received | Replicated, result: _Decided, context: BatchContext) -> None:
    """Decide what came from another agency; a room that it makes read-only takes nothing more of this batch."""
    room = command.room
    if finding := result.findings.get(room):
        raise refused(finding)
    known = context.foreign[id(command)]
    if isinstance(command, Received):
        pending = _pending_room(command, result, context)
        first = pending.size
        result.answers[id(command)] = take_received(command, pending, result.facts, known, context)
        if pending.size == first:
            result.idle.append(command)
        else:
            pending.commands.append(DecidedCommand(command, first, pending.size, pending.state))
        return
    pending = _followed_room(room, result, context)
    first, begins = pending.size, pending.state is None
    taken = take_replicated(command, pending, result.facts, known, context)
    if taken.finding is not None:
        result.findings[room] = taken.finding
        raise refused(taken.finding)
    if taken.note is None:
        # All of it is held already; what rides along commits all the same.
        result.held.append(Result(command, [], pending.state))
        return
    if begins:
        # No person here can have this as an idempotency key of theirs.
        pending.created = Creation(room, None)
        result.rooms[room] = pending
    pending.note = taken.note
    pending.commands.append(DecidedCommand(command, first, pending.size, pending.state))


def _followed_room(room: RoomId, result: _Decided, context: BatchContext) -> PendingRoom:
    if room in context.heads or room in result.rooms:
        return _existing_room(room, result, context)
    return PendingRoom(context.numbers.next_room(), None, 0, 0, 0, {}, Frontier(), None)


def _add(command: Command, result: _Decided, context: BatchContext) -> None:
    pending = _pending_room(command, result, context)
    # Nobody may learn by it what is in a room that is not theirs.
    if pending.state and pending.state.role_of(command.sender) and result.facts.change_nothing(command):
        result.idle.append(command)
        return
    if pending.state is not None and pending.state.hub != context.home.agency:
        _add_waiting(command, pending, pending.state, result, context)
        return
    state, size, last_at = pending.state, pending.size, pending.last_at
    room = state.room if state else THIS_ROOM
    made: list[PendingEntry] = []
    drafts = list(command.drafts)
    while drafts:
        hub_time = max(context.now, last_at)
        draft = drafts.pop(0)
        entry, state = make_entry(draft, room, state, size, hub_time, pending, facts=result.facts, context=context)
        room = state.room
        made.append(entry)
        size, last_at = size + 1, hub_time
        if len(made) == len(command.drafts):
            drafts += _closing(command, state, context)
    changed = result.facts.after(room, made)
    # Nothing below fails: a command goes in as a whole or leaves no trace.
    if pending.state is None:
        pending.created = Creation(command.drafts[0].txn_id, command.pair)
        result.rooms[room] = pending
    pending.commands.append(DecidedCommand(command, pending.size, size, state))
    pending.state, pending.size, pending.last_at, pending.registry = state, size, last_at, made[-1].registry_version
    pending.counters[context.home.agency] = pending.counters.get(context.home.agency, 0) + len(made)
    pending.entries.extend(made)
    if changed is not None:
        result.facts.take(changed)


def _add_waiting(
    command: Command, pending: PendingRoom, state: RoomState, result: _Decided, context: BatchContext
) -> None:
    """Keep what another agency will order: all drafts of the command, or none."""
    made = [make_waiting(draft, pending, state, result.facts, context) for draft in command.drafts]
    result.waiting.extend(made)
    kept = [Appended(state.room, WAITING, row.id, row.at, context.pos, state.hub) for row, _ in made]
    result.held.append(Result(command, kept, state))


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


def _pending_room(command: Command | Received, result: _Decided, context: BatchContext) -> PendingRoom:
    if command.room == THIS_ROOM:
        return PendingRoom(context.numbers.next_room(), None, 0, 0, 0, {}, Frontier(), None)
    return _existing_room(command.room, result, context)


def _existing_room(room: RoomId, result: _Decided, context: BatchContext) -> PendingRoom:
    pending = result.rooms.get(room)
    if pending is None:
        head = context.heads.get(room)
        if head is None:
            raise NotFound(field="room")
        counters = dict(head.counters)
        pending = PendingRoom(
            head.key, head.state, head.size, head.last_at, head.registry, counters, head.frontier, head.state,
            head.agencies,
        )  # fmt: skip
        result.rooms[room] = pending
    return pending
