"""Whatever happens to lines, processes and disks of three agencies: once all is whole again, they have one log.

Row 14 of federation.md §7, and 4, 15 and 16 with it. After any list of steps and a healing: roots are equal in all
agencies of a room, nothing that was acknowledged is lost or there twice, each agency's entries are numbered without a
gap, no room is read-only or waits, and every outbox is empty.

What is acknowledged by an appliance and then lost with its disk is no promise: what its own people wrote after a copy
that it is later restored from is there once or never.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from appliance.actions import messages
from appliance.errors import AppError, NotFound
from appliance.evidence.canonical import FIRST_COUNTER, Header, decode_header
from appliance.evidence.leaf import decode_leaf
from appliance.log.rows import leaf_of
from appliance.model import Draft, EntryType, PersonId, RoomId
from appliance.rules.entry_states import MembersRemoved
from appliance.store import entries
from appliance.wire.messages import TextBody
from federation.exchange import comparing, feeding, sending
from tests.bureau import MALEE, NARIN, Bureau
from tests.federation.storm import Storm
from tests.log.agencies import add, person, shared_room
from tests.sql import all_rows
from tests.waiting import until

SLUGS: Final = ("moph", "moi", "dga")
LINES: Final = ["cut", "cut", "link", "link", "lose", "repeat", "delay", "release", "heal"]
WORDS: Final = ["say", "say", "say", "many", "edit", "guest says"]
CHANGES: Final = ["add", "remove"]
DISKS: Final = ["crash", "copy", "restore"]
STEPS: Final = [*LINES, *WORDS, *CHANGES, *DISKS, "quiet"]
PHASES: Final = (Phase.explicit, Phase.reuse, Phase.generate)
"""No list is made shorter once it fails: a failing one waits half a minute each time."""
EXAMPLES: Final = int(os.environ.get("GCHAT_CONVERGENCE_EXAMPLES", "12"))


@dataclass
class Said:
    """Something that an appliance acknowledged: its id, room and agency. `sure`: it must be in the log at the end."""

    id: str
    room: RoomId
    agency: str
    sure: bool
    at: int


@dataclass
class World:
    """Three agencies with two rooms, one ordered by the first and one by the second, in which each has `malee`."""

    storm: Storm
    copies: Path
    hubs: dict[RoomId, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    copied: dict[str, int] = field(default_factory=dict)
    steps: count[int] = field(default_factory=lambda: count(1))
    now: int = 0

    async def begin(self) -> None:
        for slug in SLUGS:
            await self.storm.begin(slug)
        for hub in SLUGS[:2]:
            room = await shared_room(self.storm.agencies[hub], *(slug for slug in SLUGS if slug != hub))
            self.hubs[room] = hub
        await self.storm.heal()
        await self.same()
        for slug in SLUGS:
            await self.copy(slug)

    async def step(self, what: str, which: int) -> None:
        """Do one thing; `which` picks where."""
        self.now = next(self.steps)
        slug, room = SLUGS[which % 3], list(self.hubs)[which // 3 % 2]
        other = SLUGS[(which + 1) % 3]
        storm = self.storm
        if what in ("lose", "repeat", "delay"):
            name = {"lose": "losing", "repeat": "repeating", "delay": "delaying"}[what]
            setattr(storm, name, which % 4 + 1)
        elif what in ("cut", "link"):
            await (storm.cut if what == "cut" else storm.link)(slug, other)
        elif what in ("release", "heal", "quiet"):
            await getattr(storm, what)()
        elif what == "copy":
            await self.copy(slug)
        elif what == "crash":
            await storm.crash(slug)
        elif what == "restore":
            await self.restore(slug)
        else:
            await self.write(what, slug, room)

    async def copy(self, slug: str) -> None:
        await self.storm.copy(slug, self.copies / slug)
        self.copied[slug] = self.now

    async def restore(self, slug: str) -> None:
        await self.storm.restore(slug, self.copies / slug)
        for one in self.said:
            if one.agency == slug and one.at >= self.copied[slug]:
                one.sure = False

    async def write(self, what: str, slug: str, room: RoomId) -> None:
        b = self.storm.agencies[slug]
        try:
            if what == "say":
                await self.say(b, MALEE, room, slug)
            elif what == "many":
                await asyncio.gather(*(self.say(b, MALEE, room, slug) for _ in range(5)))
            elif what == "guest says":
                await self.say(b, NARIN, room, slug, sure=slug == self.hubs[room])
            elif what == "edit":
                await self.edit(b, room, slug)
            else:
                await self.change(what, room)
        except AppError:
            # Not a member now, a room that waits: then nothing was acknowledged.
            pass

    async def say(self, b: Bureau, who: PersonId, room: RoomId, slug: str, *, sure: bool = True) -> None:
        sent = await b.say(who, room, f"ข้อความ {self.now}")
        self.said.append(Said(sent.id, room, slug, sure=sure, at=self.now))

    async def edit(self, b: Bureau, room: RoomId, slug: str) -> None:
        """Put new words to the newest message of this agency's that it has."""
        own = person(MALEE, slug)
        found = [n for n, one in enumerate(await headers(b, room)) if (one.sender, one.type) == (own, "message.text")]
        if found:
            changed = TextBody(text=f"แก้ไข {self.now}")
            sent = await messages.edit_message(b.s, MALEE, room, found[-1], changed, b.txn())
            self.said.append(Said(sent.id, room, slug, sure=True, at=self.now))

    async def change(self, what: str, room: RoomId) -> None:
        """Add or remove the guest of the agency that orders no room."""
        hub = self.storm.agencies[self.hubs[room]]
        guest = person(NARIN, "dga")
        if what == "add":
            await add(hub, room, guest)
            return
        gone = MembersRemoved((guest,))
        await hub.s.log.append(Draft(room, hub.s.log.home.principal(NARIN), EntryType.MEMBER_REMOVE, state=gone))

    async def same(self) -> None:
        """Wait until all is quiet and alike, opening again whatever link ends."""

        async def is_same() -> bool:
            await self.storm.heal()
            return not await self.differences()

        try:
            await until(is_same, "one log", timeout_s=20)
        except AssertionError as error:
            raise AssertionError(await self.differences()) from error

    async def differences(self) -> list[str]:
        found = []
        for room in self.hubs:
            heads = {slug: await size_and_root(b, room) for slug, b in self.storm.agencies.items()}
            if len(set(heads.values())) != 1:
                found.append(f"{room} {heads}")
        for slug, b in self.storm.agencies.items():
            async with b.s.store.read() as reader:
                rows = await reader.run(all_rows, "SELECT id, phase, reason FROM outbox", ())
            found += [f"{slug} outbox {row}" for row in rows]
            found += [f"{slug} waits {room}" for room in b.s.log.recovering]
        return found

    async def check(self) -> None:
        """Check all promises."""
        for slug, b in self.storm.agencies.items():
            assert list(b.s.log.quarantined) == [], slug
        for room, hub in self.hubs.items():
            log = await headers(self.storm.agencies[hub], room)
            times = Counter(one.id for one in log)
            assert max(times.values()) == 1
            of_room = [one for one in self.said if one.room == room]
            assert [one for one in of_room if one.sure and not times[one.id]] == []
            for slug in SLUGS:
                numbers = [one.counter for one in log if one.origin == slug]
                assert numbers == list(range(FIRST_COUNTER, FIRST_COUNTER + len(numbers)))


async def headers(b: Bureau, room: RoomId) -> list[Header]:
    try:
        head = await b.s.log.head(room)
    except NotFound:
        return []
    async with b.s.store.read() as reader:
        rows = await reader.run(entries.between, head.key, 0, head.size - 1)
    return [decode_header(decode_leaf(leaf_of(row)).header) for row in rows]


async def size_and_root(b: Bureau, room: RoomId) -> tuple[int, str]:
    try:
        head = await b.s.log.head(room)
    except AppError:
        return 0, ""
    return head.size, head.frontier.root().hex()


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=6, max_size=30))
@example([("cut", 0), ("say", 0), ("say", 1), ("many", 2), ("cut", 2), ("say", 4), ("edit", 1)])
@example([("copy", 0), ("say", 0), ("say", 1), ("quiet", 0), ("restore", 0), ("say", 0)])
@example([("copy", 1), ("say", 0), ("say", 1), ("quiet", 0), ("restore", 1), ("say", 1)])
def test_all_agencies_have_one_log_in_the_end(script: list[tuple[str, int]]) -> None:
    async def play(folder: Path) -> None:
        storm = Storm(folder / "now", *SLUGS)
        storm.place("").mkdir()
        try:
            world = World(storm, folder / "copies")
            await world.begin()
            for what, which in script:
                await world.step(what, which)
            await world.same()
            await world.check()
        finally:
            await storm.end_all()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (comparing, feeding, sending):
            patch.setattr(module, "LOOK_AGAIN_S", 0.05)
        asyncio.run(play(Path(folder)))
