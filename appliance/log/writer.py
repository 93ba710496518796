"""The one writer of the room log: group commit, then answers, then followers.

Rules: commands wait in one queue; the writer takes what is there and just arriving (no timer, so an idle server commits
at once), decides it against the rooms in memory, writes the batch in one transaction, and only then answers the callers
and tells the followers. Nothing is acknowledged before it is durable, nothing is announced before it is committed. A
repeated `txn_id` gets the first result. When the disk fails, every command of the batch is told so and nothing has
changed. Other changes that clients must hear about join the same feed through `announce`. It does not know connections.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.errors import AppError, NotFound, Unavailable
from appliance.evidence.canonical import decode_header
from appliance.log import heads as head_rows
from appliance.log import prepare
from appliance.log.bodies import Bodies
from appliance.log.checkpoints import Checkpoints
from appliance.log.heads import Head, Heads
from appliance.log.prepare import THIS_ROOM, BatchContext, Command
from appliance.model import Appended, Draft, RoomId, Target
from appliance.store import entries, feed, rooms
from appliance.store.entries import Batch, RepeatedTxnError
from appliance.wire.committed import Committed, RoomNews

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.evidence.note import Signer
    from appliance.log.prepare import Plan
    from appliance.model import Millis, PersonId
    from appliance.store.db import Store, Tx
    from appliance.vault.keyring import Keyring

    Repeated = tuple[Command, list[Appended]]

log = logging.getLogger(__name__)
MOST_IN_BATCH: Final = 512
# A message takes two turns of the event loop from its socket to the queue: three without news mean that all is quiet.
QUIET_TURNS: Final = 3
MOST_WAITING: Final = 20_000


class RoomLog:
    """Append to rooms and announce to followers. `start` before use, `close` to let go cleanly."""

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        signer: Signer,
        *,
        agency: str,
        clock: Callable[[], Millis],
        new_id: Callable[[str], str],
    ) -> None:
        self.agency = agency
        self.followers: list[Callable[[Committed], None]] = []
        self.pos = 0
        self._store, self._keys, self._signer = store, keys, signer
        self._clock, self._new_id = clock, new_id
        self._heads = Heads()
        self._queue: list[Command] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._last_room_key = 0
        self.bodies: Bodies
        self.checkpoints: Checkpoints

    async def start(self) -> None:
        """Read where the log stands and begin to write."""
        async with self._store.read() as reader:
            self.pos, self._last_room_key, last_epoch_key = await reader.run(entries.last_numbers)
        self.bodies = Bodies(self._keys, last_epoch_key)
        self.checkpoints = Checkpoints(self._store, self._signer)
        await self.checkpoints.start()
        self._task = asyncio.create_task(self._write_forever(), name="room-log")

    async def close(self) -> None:
        """Write what waits, sign what changed, stop."""
        self._closing = True
        self._wake.set()
        if self._task:
            await self._task
            await self.checkpoints.close()

    def submit(self, command: Command) -> None:
        """Queue a command; its `done` is called after the durable commit, or with the reason why not."""
        if self._closing or len(self._queue) >= MOST_WAITING:
            command.done(Unavailable("too many commands are waiting", code="busy"))
            return
        self._queue.append(command)
        self._wake.set()

    async def append(self, *drafts: Draft, pair: str | None = None) -> list[Appended]:
        """Append drafts of one room, all or none; answers after the commit. Raises Forbidden, NotFound, StorageFull."""
        future: asyncio.Future[list[Appended]] = asyncio.get_running_loop().create_future()

        def done(result: list[Appended] | AppError) -> None:
            if future.done():
                return
            if isinstance(result, AppError):
                future.set_exception(result)
            else:
                future.set_result(result)

        self.submit(Command(drafts, done, pair))
        return await future

    async def announce(
        self,
        tx: Tx,
        kind: str,
        data: Mapping[str, Any],
        *,
        room: RoomId | None = None,
        person: PersonId | None = None,
    ) -> None:
        """Put an event that is no entry on the feed, inside `tx`: for a room's members, or for one person's eyes."""
        pos = self.reserve_pos()
        at = self._clock()
        head = self._heads.get(room) if room else None
        room_key = head.key if head else await tx.run(entries.room_key, room) if room else None
        await tx.run(feed.insert, (pos, at, kind, room_key, person, msgspec.json.encode(data).decode()))
        if person is not None:
            tx.after_commit(lambda: self.publish(Committed(pos, [], frozenset((person,)))))
        elif room is not None:
            event = feed.event(pos, at, kind, room, dict(data))
            tx.after_commit(lambda: self.publish(Committed(pos, [RoomNews(room, pos, [event])])))

    def reserve_pos(self) -> int:
        """Take the next position of the feed. Only while holding the store's writer; a gap does no harm."""
        self.pos += 1
        return self.pos

    def publish(self, committed: Committed) -> None:
        """Tell every follower about a commit."""
        for follower in self.followers:
            try:
                follower(committed)
            except Exception:
                log.exception("a follower of the feed failed")

    def cached(self, room: RoomId) -> Head | None:
        """Return a room that is in memory."""
        return self._heads.get(room)

    async def head(self, room: RoomId) -> Head:
        """Return a room as it is now. Raises NotFound."""
        head = self._heads.get(room)
        if head is None:
            async with self._store.read() as reader:
                head = await reader.run(head_rows.load, room)
            if head is None:
                raise NotFound(field="room")
            # The writer may have loaded and advanced it meanwhile; its version is the newer one.
            return self._heads.get(room) or head
        return head

    async def _write_forever(self) -> None:
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._gather()
                batch, self._queue = self._queue[:MOST_IN_BATCH], self._queue[MOST_IN_BATCH:]
                try:
                    await self._write(batch)
                except AppError as error:
                    self._fail(batch, error)
                except Exception:
                    log.exception("a batch of the room log failed")
                    self._fail(batch, AppError())

    async def _gather(self) -> None:
        """Take along what is just arriving: go on as long as turns of the event loop bring more."""
        waiting = quiet = 0
        while quiet < QUIET_TURNS and len(self._queue) < MOST_IN_BATCH:
            quiet = quiet + 1 if len(self._queue) == waiting else 0
            waiting = len(self._queue)
            await asyncio.sleep(0)

    @staticmethod
    def _fail(batch: list[Command], error: AppError) -> None:
        for command in batch:
            _tell(command, error)

    async def _write(self, commands: list[Command]) -> None:
        commands, twins = _apart(commands)
        now = self._clock()
        async with self._store.exclusive() as writer:
            targets, repeated = await self._load(commands, now)
            context = BatchContext(
                self.agency, now, self._new_id, self._heads.get, self._next_room_key, targets, self.bodies
            )
            plan = prepare.plan(_rest(commands, repeated), context)
            if any(command.drafts[0].txn_id is not None for command, _ in plan.refused):
                # What was done before is not refused now because the room has changed since.
                repeated += await self._find_repeated([command for command, _ in plan.refused])
            while True:
                batch = Batch()
                new_heads, committed, pos = prepare.rows(plan, batch, self.pos)
                try:
                    if batch.entries:
                        await writer.commit(entries.write_batch, batch)
                    break
                except RepeatedTxnError:
                    self.bodies.forget_unstored(batch.epoch_keys)
                    found = await self._find_repeated(commands)
                    if len(found) <= len(repeated):
                        raise
                    repeated = found
                    rest = _rest(commands, repeated)
                    await self._load(rest, now)
                    plan = prepare.plan(rest, context)
                except BaseException:
                    self.bodies.forget_unstored(batch.epoch_keys)
                    raise
            self._adopt(batch, new_heads, pos)
        self._answer(plan, committed, repeated)
        if batch.entries:
            self.publish(committed)
        if twins:
            self._queue[:0] = twins
            self._wake.set()

    def _adopt(self, batch: Batch, new_heads: dict[RoomId, Head], pos: int) -> None:
        self.pos = pos
        self.bodies.stored(batch.epoch_keys)
        for room, head in new_heads.items():
            self._heads.put(room, head)
            self.checkpoints.advanced(room, head)

    @staticmethod
    def _answer(plan: Plan, committed: Committed, repeated: list[Repeated]) -> None:
        for command, appended in (*prepare.results(plan, committed), *repeated):
            _tell(command, appended)
        again = {id(command) for command, _ in repeated}
        for command, error in plan.refused:
            if id(command) not in again:
                _tell(command, error)

    def _next_room_key(self) -> int:
        self._last_room_key += 1
        return self._last_room_key

    async def _load(
        self, commands: list[Command], now: Millis
    ) -> tuple[dict[tuple[RoomId, int], Target | None], list[Repeated]]:
        """Bring to memory what deciding these commands needs; one hop to the database, and none when all is there.

        Return the facts of what they point at, and the commands to create a room that is there already.
        """
        named = {command.room for command in commands if command.room != THIS_ROOM}
        creating = [command for command in commands if command.room == THIS_ROOM]
        missing = self._heads.missing(named)
        points = {(d.room, d.target) for c in commands for d in c.drafts if d.target is not None}
        keyless = missing | {
            room
            for room in named - missing
            if (head := self._heads.get(room)) and self.bodies.writing_key(head.key, max(now, head.last_at)) is None
        }
        if not (missing or points or keyless or creating):
            return {}, []
        async with self._store.read_while_writing() as reader:
            targets = await reader.run(self._load_rows, missing, points, keyless, now)
            return targets, await reader.run(_find_created, creating) if creating else []

    def _load_rows(
        self,
        raw: sqlcipher.Connection,
        missing: set[RoomId],
        points: set[tuple[RoomId, int]],
        keyless: set[RoomId],
        now: Millis,
    ) -> dict[tuple[RoomId, int], Target | None]:
        for room in missing:
            if head := head_rows.load(raw, room):
                self._heads.put(room, head)
        for room in keyless:
            if head := self._heads.get(room):
                self.bodies.make_writing_key(raw, head.key, room, max(now, head.last_at))
        return {
            (room, n): entries.target(raw, head.key, n) if (head := self._heads.get(room)) else None
            for room, n in points
        }

    async def _find_repeated(self, commands: list[Command]) -> list[Repeated]:
        """Find which of these commands were done before, and with what result."""
        async with self._store.read_while_writing() as reader:
            return await reader.run(_find_done, commands)


def _find_done(raw: sqlcipher.Connection, commands: list[Command]) -> list[Repeated]:
    found = _find_created(raw, [command for command in commands if command.room == THIS_ROOM])
    for command in commands:
        draft = command.drafts[0]
        if draft.txn_id is None or command.room == THIS_ROOM:
            continue
        if row := entries.find_txn(raw, draft.room, draft.actor, draft.txn_id):
            n, header, at, pos = row
            found.append((command, [Appended(draft.room, n, decode_header(header).id, at, pos)]))
    return found


def _find_created(raw: sqlcipher.Connection, commands: list[Command]) -> list[Repeated]:
    found = []
    for command in commands:
        draft = command.drafts[0]
        room = rooms.id_by_pair(raw, command.pair) if command.pair else None
        room = room or rooms.id_by_create_txn(raw, draft.actor, draft.txn_id or "")
        if room is not None and (row := entries.one(raw, entries.room_key(raw, room), 0)):
            found.append((command, [Appended(room, 0, decode_header(row.header).id, row.at, row.pos)]))
    return found


def _rest(commands: list[Command], repeated: list[Repeated]) -> list[Command]:
    if not repeated:
        return commands
    done = {id(command) for command, _ in repeated}
    return [command for command in commands if id(command) not in done]


def _tell(command: Command, result: list[Appended] | AppError) -> None:
    try:
        command.done(result)
    except Exception:
        log.exception("a caller of the room log could not be told")


def _apart(commands: list[Command]) -> tuple[list[Command], list[Command]]:
    """Set aside second copies of a command in the same batch; they are answered from the first one's commit."""
    seen: set[tuple[str, ...]] = set()
    first: list[Command] = []
    twins: list[Command] = []
    for command in commands:
        draft = command.drafts[0]
        keys: list[tuple[str, ...]] = [(draft.room, draft.actor, draft.txn_id)] if draft.txn_id is not None else []
        if command.pair is not None:
            keys.append((command.pair,))
        (twins if any(key in seen for key in keys) else first).append(command)
        seen.update(keys)
    return first, twins
