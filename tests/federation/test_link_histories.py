"""Two links over a channel that breaks, repeats and delays: all of the log arrives, in order in each room.

Each side has a database: what it holds survives every connection, and a link holds nothing else. The hub feeds two
rooms to the follower, and the follower submits events of two rooms to the hub.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from federation.protocol.frames import MAX_CREDIT, Ack, Busy, Feed, FeedEntry, Frame, Res, Result, Submit, SubmitEvent
from federation.protocol.greeting import Ends
from federation.protocol.link import Link, State
from federation.protocol.outgoing import Bounds
from federation.protocol.outputs import CatchUp, Close, Deliver, Instant, Opened, Output, Resume, Send
from tests.federation.frame_samples import NOTE, NOW, OTHER_ROOM, ROOM, SEAL

BOUNDS: Final = Bounds(bytes=6_000, frames=20, urgent_bytes=100_000, transit=1_000, turn=500)
ROOMS: Final = (ROOM, OTHER_ROOM)
LARGEST_FRAME: Final = 2_500


class Hub:
    """Orders the follower's events, and feeds rooms of its own."""

    def __init__(self) -> None:
        self.feed: list[Feed] = []
        self.counts = dict.fromkeys(ROOMS, 0)
        self.events: dict[str, list[str]] = {room: [] for room in ROOMS}
        self.offered = 0

    def append(self, room: str, size: int, skipped: int) -> None:
        """One entry more. Positions have gaps, since other frames of the feed are not for this peer."""
        position = (self.feed[-1].pos if self.feed else 0) + 1 + skipped
        leaf = f"{self.counts[room]}"
        self.counts[room] += 1
        self.feed.append(Feed(position, position, room, (FeedEntry(leaf, "A" * 22, "x" * size),), NOTE))

    def take(self, frame: Submit) -> Res:
        """Accept what comes next of each room, know what is there, refuse what leaves a gap."""
        results = []
        for event in frame.ev:
            known = self.events[frame.room]
            number = int(event.h)
            if number == len(known):
                known.append(event.h)
            assert number < len(known), "an event came before the one ahead of it"
            results.append(Result(f"E{number}", n=number))
        return Res(frame.q, tuple(results))


class Follower:
    """Stores what it is fed with its cursor, and keeps its events until they are answered."""

    def __init__(self) -> None:
        self.cursor = 0
        self.rooms: dict[str, int] = dict.fromkeys(ROOMS, 0)
        self.outbox: list[tuple[str, int]] = []
        self.counts = dict.fromkeys(ROOMS, 0)
        self.numbers = 0
        self.asked: dict[int, tuple[str, int]] = {}
        self.offered = 0

    def write(self, room: str) -> None:
        self.outbox.append((room, self.counts[room]))
        self.counts[room] += 1

    def take(self, frame: Feed) -> None:
        for entry in frame.ent:
            number = int(entry.l)
            assert number <= self.rooms[frame.room], "an entry came before the one ahead of it"
            self.rooms[frame.room] = max(self.rooms[frame.room], number + 1)
        self.cursor = max(self.cursor, frame.low)

    def answered(self, frame: Res) -> None:
        event = self.asked.pop(frame.q, None)
        if event in self.outbox:
            assert frame.r[0].n == event[1]
            index = self.outbox.index(event)
            self.outbox.remove(event)
            self.offered -= index < self.offered


class Side:
    """One end of the connection and what it has said that has not arrived."""

    def __init__(self, ends: Ends, now: Instant) -> None:
        self.link = Link(ends, now, BOUNDS)
        self.unsent: deque[bytes] = deque()
        self.wire: deque[bytes] = deque()
        self.unanswered: deque[Frame] = deque()


class TwoLinks(RuleBasedStateMachine):
    """Hub «moc» and follower «moph», one connection at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.hub, self.follower = Hub(), Follower()
        self.now = Instant(0, NOW)
        self.sides: dict[str, Side] = {}

    @rule(
        room=st.sampled_from(ROOMS),
        size=st.sampled_from((0, 10, 900, 2_000)),
        skipped=st.integers(0, 2),
        times=st.integers(1, 6),
    )
    def hub_appends(self, room: str, size: int, skipped: int, times: int) -> None:
        for _ in range(times):
            self.hub.append(room, size, skipped)
        self.offer_feed()

    @rule(room=st.sampled_from(ROOMS), times=st.integers(1, 6))
    def follower_writes(self, room: str, times: int) -> None:
        for _ in range(times):
            self.follower.write(room)
        self.offer_submits()

    @rule()
    def connect(self) -> None:
        """Whatever was on its way is lost; both begin with a new link."""
        follower = Ends("moph", "moc", received=self.follower.cursor)
        self.sides = {"moc": Side(Ends("moc", "moph"), self.now), "moph": Side(follower, self.now)}
        for name, side in self.sides.items():
            self.carry_out(name, side.link.start(self.now))

    @precondition(lambda self: self.sides)
    @rule()
    def break_off(self) -> None:
        self.sides = {}

    @precondition(lambda self: self.sides)
    @rule(name=st.sampled_from(("moc", "moph")), times=st.integers(1, 6))
    def write_to_the_wire(self, name: str, times: int) -> None:
        for _ in range(times):
            if self.sides and self.sides[name].unsent:
                data = self.sides[name].unsent.popleft()
                self.sides[name].wire.append(data)
                self.carry_out(name, self.sides[name].link.sent(len(data), self.now))

    @precondition(lambda self: self.sides)
    @rule(name=st.sampled_from(("moc", "moph")), times=st.integers(1, 6))
    def arrive(self, name: str, times: int) -> None:
        for _ in range(times):
            if self.sides and self.sides[name].wire:
                self.hear(name, self.sides[name].wire.popleft())

    @precondition(lambda self: self.sides)
    @rule(name=st.sampled_from(("moc", "moph")))
    def arrive_twice(self, name: str) -> None:
        side = self.sides[name]
        if side.wire and b'"t":"hello"' not in side.wire[0]:
            side.wire.appendleft(side.wire[0])
            self.arrive(name, 2)

    @precondition(lambda self: self.sides)
    @rule(name=st.sampled_from(("moc", "moph")))
    def answer(self, name: str) -> None:
        """The appliance of one side has committed what it was given first."""
        side = self.sides[name]
        if side.unanswered:
            frame = side.unanswered.popleft()
            if isinstance(frame, Submit):
                self.carry_out(name, side.link.offer(self.hub.take(frame), self.now))
            elif isinstance(frame, Feed):
                self.follower.take(frame)
                self.carry_out(name, side.link.offer(Ack(frame.pos), self.now))

    @precondition(lambda self: self.sides)
    @rule(name=st.sampled_from(("moc", "moph")))
    def ask_for_a_pause(self, name: str) -> None:
        link = self.sides[name].link
        if link.state is State.OPEN:
            self.carry_out(name, link.offer(Busy(500), self.now))

    @rule(ms=st.sampled_from((1, 600, 25_000)))
    def wait(self, ms: int) -> None:
        self.now = Instant(self.now.steady + ms, self.now.wall + ms)
        for name in tuple(self.sides):
            if self.sides:
                self.carry_out(name, self.sides[name].link.tick(self.now))

    @invariant()
    def queues_are_bounded(self) -> None:
        for side in self.sides.values():
            assert side.link.waiting_bytes <= max(BOUNDS.bytes, LARGEST_FRAME)
            assert side.link.unanswered <= MAX_CREDIT
            assert len(side.unanswered) <= MAX_CREDIT

    def teardown(self) -> None:
        """The channel holds: everything arrives, and nothing was lost or changed its place."""
        self.connect()
        for _ in range(10_000):
            if not self.anything_moves():
                break
        assert self.follower.rooms == self.hub.counts
        assert {room: len(events) for room, events in self.hub.events.items()} == self.follower.counts
        assert self.follower.outbox == []
        assert self.follower.cursor == (self.hub.feed[-1].pos if self.hub.feed else 0)

    def anything_moves(self) -> bool:
        """Let all that is on its way arrive and be answered; say whether there was anything."""
        moved = False
        for name in ("moc", "moph"):
            side = self.sides[name]
            moved |= bool(side.unsent or side.wire or side.unanswered)
            self.write_to_the_wire(name, len(side.unsent))
            self.arrive(name, len(side.wire))
            for _ in range(len(side.unanswered)):
                self.answer(name)
        return moved

    def hear(self, name: str, data: bytes) -> None:
        """What one side said reaches the other."""
        other = "moph" if name == "moc" else "moc"
        self.carry_out(other, self.sides[other].link.received(data, self.now))

    def carry_out(self, name: str, outputs: list[Output]) -> None:
        for output in outputs:
            if not self.sides:
                return
            side = self.sides[name]
            match output:
                case Send():
                    side.unsent.append(output.data)
                case Deliver(frame=Submit() | Feed() as frame):
                    side.unanswered.append(frame)
                case Deliver(frame=Res() as frame):
                    self.follower.answered(frame)
                case Opened():
                    self.begin(name, output)
                case Resume():
                    self.resume(name, output)
                case Close():
                    assert output.why == "silent"
                    self.sides = {}
                case _:
                    pass

    def begin(self, name: str, opened: Opened) -> None:
        if name == "moc":
            self.hub.offered = sum(frame.pos <= opened.received for frame in self.hub.feed)
            self.offer_feed()
        else:
            self.follower.offered = 0
            self.follower.asked.clear()
            self.offer_submits()

    def resume(self, name: str, resume: Resume) -> None:
        if name == "moc":
            self.hub.offered = sum(frame.pos <= resume.feed_after for frame in self.hub.feed)
            self.offer_feed()
        else:
            taken = {self.follower.asked[q] for q in self.follower.asked if q <= resume.submit_after}
            self.follower.offered = sum(event in taken for event in self.follower.outbox)
            self.offer_submits()

    def offer_feed(self) -> None:
        while self.is_open("moc") and self.hub.offered < len(self.hub.feed):
            frame = self.hub.feed[self.hub.offered]
            outputs = self.sides["moc"].link.offer(frame, self.now)
            self.hub.offered += CatchUp() not in outputs
            self.carry_out("moc", outputs)
            if CatchUp() in outputs:
                return

    def offer_submits(self) -> None:
        follower = self.follower
        while self.is_open("moph") and follower.offered < len(follower.outbox):
            room, number = follower.outbox[follower.offered]
            follower.numbers += 1
            frame = Submit(follower.numbers, room, (SubmitEvent(str(number), SEAL, "A" * 22, "x" * 300),))
            outputs = self.sides["moph"].link.offer(frame, self.now)
            if CatchUp() not in outputs:
                follower.asked[frame.q] = room, number
                follower.offered += 1
            self.carry_out("moph", outputs)
            if CatchUp() in outputs:
                return

    def is_open(self, name: str) -> bool:
        return bool(self.sides) and self.sides[name].link.state is State.OPEN and not self.behind(name)

    def behind(self, name: str) -> bool:
        """Whether the link has said `CatchUp` and not yet `Resume`."""
        return self.sides[name].link.is_behind


TestTwoLinks = TwoLinks.TestCase
TestTwoLinks.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
