"""One batch, from its commands to durable rows: load what is needed, plan, write in one transaction, update memory.

Rules:
- when `write` raises, nothing has changed;
- a batch is planned again without the commands that are repeats and without those whose riders failed. This ends,
  because each round has fewer commands;
- the heads in memory are replaced by `adopt` only, after the commit.

Does not: know the queue, or who gets the answers (`writer.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.log import riders as riding
from appliance.log.batch_context import BatchContext
from appliance.log.loading import Loader
from appliance.log.ordering import with_those_behind
from appliance.log.plan import plan
from appliance.log.riders import Announced, RidersFailedError
from appliance.store.batch import RepeatedTxnError

if TYPE_CHECKING:
    from appliance.evidence.registry import Registry
    from appliance.log.batch_context import MayKeepGroup
    from appliance.log.bodies import Bodies
    from appliance.log.checkpoints import Checkpoints
    from appliance.log.commands import AnyCommand
    from appliance.log.damage import DamagedRooms
    from appliance.log.feed import Feed
    from appliance.log.folding import Folding
    from appliance.log.heads import Heads
    from appliance.log.idempotency import Repeats
    from appliance.log.plan import Planned
    from appliance.log.quarantine import QuarantinedRooms
    from appliance.log.recovering import RecoveringRooms
    from appliance.log.sources import Numbers, Random
    from appliance.model import Home, Millis
    from appliance.store.batch import NewEntry
    from appliance.store.db import Exclusive, Store


class Written(NamedTuple):
    """A batch that is durable: what was planned, what was done before, and what riders announced."""

    planned: Planned
    repeats: Repeats
    announced: Announced


class Commits(msgspec.Struct):
    """Writes batches. `random` and `numbers` give what is new in them."""

    store: Store
    heads: Heads
    bodies: Bodies
    checkpoints: Checkpoints
    damaged: DamagedRooms
    quarantined: QuarantinedRooms
    recovering: RecoveringRooms
    feed: Feed
    folding: Folding
    home: Home
    may_keep_group: MayKeepGroup
    random: Random
    numbers: Numbers

    async def write(self, writer: Exclusive, commands: list[AnyCommand], now: Millis, registry: Registry) -> Written:
        """Decide commands and write those that go in, in one transaction."""
        verifier = self.checkpoints.verifier
        loader = Loader(
            self.store,
            self.heads,
            self.bodies,
            self.damaged,
            quarantined=self.quarantined,
            recovering=self.recovering,
            verifier=verifier,
        )
        loaded = await loader.load(commands, now, self.numbers, self.random)
        context = BatchContext(
            home=self.home,
            registry=registry,
            now=now,
            heads=loaded.heads,
            keys=loaded.keys,
            targets=loaded.targets,
            marks=loaded.marks,
            errors=with_those_behind(commands, loaded.errors),
            agency_key=self.bodies.agency_key,
            may_keep_group=self.may_keep_group,
            pos=self.feed.pos,
            sign=self.checkpoints.row,
            sign_as_hub=self.checkpoints.row_as_hub,
            foreign=loaded.foreign,
            roots=loaded.roots,
            random=self.random,
            numbers=self.numbers,
        )
        repeats = loaded.repeats
        while True:
            planned = plan(repeats.rest(commands), context)
            # What was done before is not refused now because the room has changed since.
            await repeats.find([command for command, _ in planned.refused])
            announced = Announced(planned.pos)
            try:
                if planned.writes:
                    self.folding.refuse_repeats(planned.batch)
                    await writer.commit(riding.write, planned.batch, planned.results, now, announced)
            except RepeatedTxnError:
                if not await repeats.find(commands):
                    raise
            except RidersFailedError as failed:
                errors = with_those_behind(commands, {**context.errors, **failed.errors})
                context = replace(context, errors=errors)
            else:
                return Written(planned, repeats, announced)

    def adopt(self, written: Written) -> None:
        """Take what is durable now into memory."""
        planned = written.planned
        self.feed.advance(written.announced.pos, _newest(planned.batch.entries, self.home.agency))
        self.folding.added(planned.batch)
        self.bodies.stored(planned.new_keys)
        if planned.batch.erased or written.announced.destroyed:
            self.bodies.destroyed(written.announced.destroyed)
        for room, head in planned.heads.items():
            self.heads.put(room, head)
            if room not in planned.signed:
                self.checkpoints.advanced(room, head)
        for room, reason in planned.quarantined.items():
            self.quarantined.note(room, reason)


def _newest(entries: list[NewEntry], agency: str) -> Millis:
    """Return when the newest of the entries was written here; another agency's clock says nothing of this one."""
    return max((entry.at for entry in entries if entry.origin == agency), default=0)
