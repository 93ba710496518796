"""The one writer of the room log: it commits batches, answers the callers and publishes to the followers.

Rules:
- a batch of commands (`intake.py`) is decided and written in one transaction (`commits.py`); only then are callers
  answered and followers informed. So nothing is acknowledged before it is durable, and nothing published before it is
  committed;
- a repeated `txn_id` gets the first result (`idempotency.py`);
- a fault of one command refuses that command: what cannot be read refuses the commands that need it, and a batch that
  cannot be written is halved until the faulty command is found;
- a disk that is full or fails refuses the whole batch, and nothing has changed;
- other changes that clients must learn of join the same feed through `change` (`riders.py`).

Does not: know connections.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.errors import AppError, Forbidden, Unavailable
from appliance.evidence.registry import Registry
from appliance.log import riders as riding
from appliance.log.bodies import Bodies
from appliance.log.checkpoints import Checkpoints
from appliance.log.commands import Command
from appliance.log.commits import Commits
from appliance.log.current import CurrentRooms
from appliance.log.damage import DamagedRooms
from appliance.log.feed import Feed
from appliance.log.folding import Folding
from appliance.log.foreign import received, replicated
from appliance.log.giving import Giving
from appliance.log.heads import Heads
from appliance.log.idempotency import find_done, split_duplicates
from appliance.log.intake import Intake, answer
from appliance.log.outbox import Outbox
from appliance.log.quarantine import QuarantinedRooms
from appliance.log.recovering import RecoveringRooms
from appliance.log.riders import Announced
from appliance.log.sources import Numbers, Random
from appliance.model import Home
from appliance.store import epoch_keys, feed, replicas, rooms
from appliance.store.db import Rows
from appliance.store.disk_errors import OF_THE_DISK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from appliance.evidence.note import Signer
    from appliance.limits import Entries
    from appliance.log.batch_context import MayKeepGroup
    from appliance.log.commands import AnyCommand
    from appliance.log.commits import Written
    from appliance.log.foreign import Answer, Given, Submitted
    from appliance.log.heads import Head
    from appliance.log.idempotency import Key
    from appliance.log.riders import Rider
    from appliance.model import Appended, Draft, Millis, PersonId, RoomId
    from appliance.store.db import Exclusive, Store
    from appliance.vault.keyring import Keyring

T = TypeVar("T")
logger = logging.getLogger(__name__)


class RoomLog:
    """Append to rooms and publish to followers. `start` before use, `close` at the end."""

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        signer: Signer,
        *,
        agency: str,
        clock: Callable[[], Millis],
        new_id: Callable[[str], str],
        limit: Entries,
    ) -> None:
        self.home = Home(agency)
        self.feed = Feed()
        self.folding = Folding(store)
        self.registry = Registry.alone(agency)
        self._store, self._keys, self._signer = store, keys, signer
        self._clock, self._new_id = clock, new_id
        self._heads = Heads()
        self._intake = Intake(self.home, limit, self._heads)
        self._task: asyncio.Task[None] | None = None
        self.damaged = DamagedRooms()
        self.quarantined = QuarantinedRooms()
        self.recovering = RecoveringRooms()
        self.bodies: Bodies
        self.giving: Giving
        self.outbox: Outbox
        self.checkpoints: Checkpoints
        self._commits: Commits
        self._current: CurrentRooms

    async def start(self, may_keep_group: MayKeepGroup) -> None:
        """Read the newest position and begin to write. `may_keep_group` judges groups whose members change (F38).

        Where a torn page hides the highest number of something, nothing new of its kind can be written: a feed without
        its end refuses every command, the others those that would need a new room or a new key.
        """
        [latest] = await self._store.read_each(lambda rows, _: feed.latest(rows), (None,))
        pos, room_key, epoch_key = await self._store.read_each(_last_number, list(_LAST_NUMBERS))
        self.feed.advance(pos if isinstance(pos, int) else 0, latest if isinstance(latest, int) else 0)
        refusal = pos if isinstance(pos, AppError) else await self.folding.load()
        if refusal is not None:
            self._intake.refuse_all(refusal)
        self.bodies = Bodies(self._keys)
        self.checkpoints = Checkpoints(self._store, self._signer, self.damaged)
        self.giving = Giving(self._store, self.bodies, self._signer, self.head)
        self.outbox = Outbox(self._store, self.bodies, self._heads, self.checkpoints.verifier)
        self._current = CurrentRooms(self._store, self._heads, self.damaged, self.checkpoints.verifier, self._clock)
        self._commits = Commits(
            store=self._store,
            heads=self._heads,
            bodies=self.bodies,
            checkpoints=self.checkpoints,
            damaged=self.damaged,
            quarantined=self.quarantined,
            recovering=self.recovering,
            feed=self.feed,
            folding=self.folding,
            home=self.home,
            may_keep_group=may_keep_group,
            random=Random(self._new_id, os.urandom),
            numbers=Numbers(
                room_key if isinstance(room_key, int) else None, epoch_key if isinstance(epoch_key, int) else None
            ),
        )
        await self.quarantined.load(self._store)
        await self.checkpoints.start()
        self.folding.start()
        self._task = asyncio.create_task(self._write_forever(), name="room-log")

    async def close(self) -> None:
        """Write what waits, sign what changed, stop."""
        self._intake.close()
        if self._task:
            await self._task
            await self.checkpoints.close()
            await self.folding.close()

    def check(self) -> None:
        """Raise what every command would be refused with now: Unavailable, or nothing where the writer runs."""
        self._require_writer()
        self._intake.check()

    def submit(self, command: AnyCommand) -> None:
        """Queue a command; its `done` is called after the durable commit, or with the reason why not.

        Raises Unavailable once the writer has ended: nobody would answer.
        """
        self._require_writer()
        self._intake.put(command)

    def _require_writer(self) -> None:
        if self._task is None or self._task.done():
            raise Unavailable("the room log's writer has ended", code="writer_stopped")

    def check_share(self, person: PersonId) -> None:
        """Raise TooMany if a person could append nothing just now: before a request is read that wants to."""
        self._intake.check_share(person)

    def take_share(self, person: PersonId) -> None:
        """Count a line of the feed that is no entry as one of a person's entries. Raises TooMany."""
        self._intake.take_share(person)

    async def append(
        self, *drafts: Draft, pair: str | None = None, riders: Sequence[Rider[object]] = ()
    ) -> list[Appended]:
        """Append drafts of one room, all or none; answers after the commit, with nothing for what changes nothing.

        `riders` commit with them. Raises Forbidden, NotFound, StorageFull, and what a rider raises.
        """
        future: asyncio.Future[list[Appended]] = asyncio.get_running_loop().create_future()
        self.submit(Command(drafts, _resolver(future), pair, tuple(riders)))
        return await future

    async def receive(self, room: RoomId, origin: str, events: Sequence[Submitted]) -> list[Answer]:
        """Append what another agency submits to a room of this hub; return what became of each event, in order.

        Raises NotFound, Forbidden (`room_quarantined`), StorageFull, Unavailable: then nothing was decided.
        """
        future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self.submit(received(room, origin, events, _resolver(future)))
        return await future

    async def replicate(
        self, room: RoomId, peer: str, given: Sequence[Given], note: str, riders: Sequence[Rider[object]] = ()
    ) -> list[Appended]:
        """Take in what a room's hub ordered, as `peer` gives it; return the entries that are new here.

        `riders` commit with them, such as the cursor. Raises Conflict (`replica_gap`, with the entry `n` that is
        missing), Invalid (`replica_refused`), Forbidden (`room_quarantined`), Unavailable, StorageFull.
        """
        future: asyncio.Future[list[Appended]] = asyncio.get_running_loop().create_future()
        self.submit(replicated(room, peer, given, note, _resolver(future), tuple(riders)))
        return await future

    async def change(self, rider: Rider[T]) -> T:
        """Commit rows that come with no entry, and publish what the rider announces.

        Shielded, so that a caller who goes away cannot leave the feed behind the database. Raises Unavailable,
        StorageFull, and what the rider raises: then nothing has changed.
        """
        return await asyncio.shield(self._change(rider))

    async def _change(self, rider: Rider[T]) -> T:
        self._intake.check_writable()
        async with self._store.exclusive() as writer:
            announced = Announced(self.feed.pos)
            result: T = await writer.commit(riding.run_alone, rider, self._clock(), announced)
            self.feed.advance(announced.pos)
            if announced.destroyed:
                self.bodies.destroyed(announced.destroyed)
            self.feed.publish(announced.committed)
        return result

    async def recover(self) -> None:
        """Hold every room of this hub that agencies share until they have said what they have of it (`recovering.py`).

        For a database that was restored, before anything is written. Raises Unavailable.
        """
        async with self._store.read() as reader:
            self.recovering.begin(await reader.run(replicas.followers_of_hub, self.home.agency))

    async def once(self, key: Key, append: Callable[[], Awaitable[Sequence[Appended]]]) -> Appended:
        """Return what an earlier command with this key did, or else what `append` does now: its first entry each time.

        For what is checked before it comes to the log: a repeat is answered, whatever would be said of it by now.
        """
        if before := await self._find_done(key):
            return before
        try:
            return (await append())[0]
        except Forbidden:
            # The first may have been committed since, and what it did is why the repeat is refused.
            if before := await self._find_done(key):
                return before
            raise

    async def _find_done(self, key: Key) -> Appended | None:
        async with self._store.read() as reader:
            return await reader.run(find_done, key)

    def cached(self, room: RoomId) -> Head | None:
        """Return a room that is in memory."""
        return self._heads.get(room)

    async def head_for(self, person: PersonId, room: RoomId) -> Head:
        """Return a room as it is now to one of its members: what every request about a room asks first.

        Raises NotFound, and Forbidden for an outsider, who learns nothing else of the room, nor that it is damaged.
        """
        return await self._current.head_for(person, room)

    async def head(self, room: RoomId) -> Head:
        """Return a room as it is now, whoever asks. Raises NotFound, Unavailable where it is damaged, Unproven."""
        return await self._current.head(room)

    async def _write_forever(self) -> None:
        while batch := await self._intake.next_batch():
            try:
                await self._write(batch)
            except AppError as error:
                self._intake.refuse(batch, error)
            except Exception:
                logger.exception("a batch of the room log failed")
                self._intake.refuse(batch, AppError())
            except BaseException:
                # The writer ends; whoever waits is answered.
                self._intake.refuse(batch, AppError())
                raise

    async def _write(self, commands: list[AnyCommand]) -> None:
        commands, duplicates = split_duplicates(commands)
        now = self._clock()
        async with self._store.exclusive() as writer:
            await self._write_part(writer, commands, now)
        if duplicates:
            self._intake.put_back(duplicates)

    async def _write_part(self, writer: Exclusive, commands: list[AnyCommand], now: Millis) -> None:
        """Write commands together; if that fails, each half by itself, so that the fault stays that of one command."""
        commands = self._intake.without_those_behind(commands)
        if not commands:
            return
        try:
            with self._current.being_written(command.room for command in commands):
                written = await self._commits.write(writer, commands, now, self.registry)
                self._commits.adopt(written)
        except OF_THE_DISK as error:
            self._intake.refuse(commands, error)
        except Exception as error:
            if len(commands) == 1:
                logger.exception("a command for room %s could not be written", commands[0].room or "(new)")
                self._intake.refuse(commands, error if isinstance(error, AppError) else AppError())
                return
            logger.warning("%d commands could not be written together (%r); trying each half", len(commands), error)
            middle = len(commands) // 2
            await self._write_part(writer, commands[:middle], now)
            await self._write_part(writer, commands[middle:], now)
        else:
            self._answer(written)
            if written.planned.writes:
                self.feed.publish((written.planned.committed, *written.announced.committed))

    def _answer(self, written: Written) -> None:
        planned, repeats, _ = written
        for done in planned.results:
            answer(done.command, planned.answers.get(id(done.command), done.appended))
        for repeated, appended in repeats:
            answer(repeated, appended)
        for idle in planned.idle:
            answer(idle, planned.answers.get(id(idle), []))
        for command, error in planned.refused:
            if command not in repeats:
                self._intake.refuse((command,), error)


def _resolver(future: asyncio.Future[T]) -> Callable[[T | AppError], None]:
    """Return what a command calls with its result: it resolves the future that its caller waits for."""

    def done(result: T | AppError) -> None:
        if future.done():
            return
        if isinstance(result, AppError):
            future.set_exception(result)
        else:
            future.set_result(result)

    return done


_LAST_NUMBERS: Final = (feed.last_pos, rooms.last_key, epoch_keys.last)


def _last_number(rows: Rows, read: Callable[[Rows], int]) -> int:
    return read(rows)
