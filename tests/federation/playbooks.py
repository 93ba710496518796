"""Playbooks of a link: what comes in, step by step, and what has to be done about it.

They are written here once; `test_link.py` plays them, and `make_vectors.py` writes them down for other implementations.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from federation.protocol.frames import (
    Ack,
    Busy,
    Bye,
    Eph,
    Feed,
    Frame,
    Hello,
    Ping,
    Pong,
    Res,
    Result,
    Stmt,
    encode,
    parse,
)
from federation.protocol.greeting import Ends
from federation.protocol.link import Link
from federation.protocol.outgoing import Bounds
from federation.protocol.outputs import (
    Alarm,
    CatchUp,
    Close,
    Concern,
    Deliver,
    Instant,
    NewerRegistry,
    Opened,
    Output,
    Resume,
    Send,
)
from tests.federation.frame_samples import NOW, OTHER_ROOM, PERSON, ROOM, feed, submit

OURS: Final = Ends("moc", "moph", registry=412, timestamp=8123, received=50, statements=7)


@dataclass(frozen=True)
class Step:
    """One input at a time (ms since the beginning), and the outputs it must have."""

    at: int
    name: str
    value: Any
    outputs: tuple[Output, ...]


@dataclass
class Playbook:
    """A link that is told things in turn."""

    name: str
    ends: Ends = OURS
    bounds: Bounds = field(default_factory=Bounds)
    jump_ms: int = 0
    """How far our wall clock is moved once the link is open."""
    steps: list[Step] = field(default_factory=list)

    def start(self, *outputs: Output) -> Playbook:
        return self._add(0, "start", None, outputs)

    def gets(self, frame: Frame | bytes, *outputs: Output, at: int = 0) -> Playbook:
        return self._add(at, "received", frame if isinstance(frame, bytes) else encode(frame), outputs)

    def offers(self, frame: Frame, *outputs: Output, at: int = 0) -> Playbook:
        return self._add(at, "offer", encode(frame), outputs)

    def took(self, size: int, *outputs: Output, at: int = 0) -> Playbook:
        return self._add(at, "sent", size, outputs)

    def ticks(self, at: int, *outputs: Output) -> Playbook:
        return self._add(at, "tick", None, outputs)

    def ends_by(self, why: str, *outputs: Output, at: int = 0) -> Playbook:
        return self._add(at, "end", why, outputs)

    def opened(self, hello: Hello | None = None, *outputs: Output) -> Playbook:
        """Both greetings have gone; the peer's fits unless another is given."""
        return self.start(send(OUR_HELLO)).gets(hello or their_hello(), *(outputs or (OPENED,)))

    def _add(self, at: int, name: str, value: Any, outputs: tuple[Output, ...]) -> Playbook:
        self.steps.append(Step(at, name, value, outputs))
        return self


def play(book: Playbook) -> list[tuple[Step, list[Output]]]:
    """Each step with what a link answers to it."""
    link = Link(book.ends, Instant(0, NOW), book.bounds)
    return [(step, told(link, step)) for step in book.steps]


def told(link: Link, step: Step) -> list[Output]:
    """Give one input to a link."""
    now = Instant(step.at, NOW + step.at)
    match step.name:
        case "start":
            return link.start(now)
        case "received":
            return link.received(step.value, now)
        case "offer":
            return link.offer(parse(step.value), now)
        case "sent":
            return link.sent(step.value, now)
        case "tick":
            return link.tick(now)
        case _:
            return link.end(step.value)


def as_json(book: Playbook) -> dict[str, Any]:
    """The playbook as the vectors have it."""
    return {
        "name": book.name,
        "ends": asdict(book.ends),
        "bounds": asdict(book.bounds),
        "steps": [
            {"at": step.at, step.name: _text(step.value), "outputs": [output_as_json(item) for item in step.outputs]}
            for step in book.steps
        ],
    }


def output_as_json(output: Output) -> dict[str, Any]:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(output).__name__)[1:]
    if isinstance(output, Send):
        return {name: _text(output.data)}
    if isinstance(output, Deliver):
        return {name: _text(encode(output.frame))}
    return {name: asdict(output)}


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    return value


def send(frame: Frame) -> Send:
    return Send(encode(frame))


def their_hello(**fields: Any) -> Hello:
    usual: dict[str, Any] = {"v": 1, "ag": "moph", "reg": 412, "ts": 8123, "now": NOW, "recv": {"moc": 99}, "seq": 3}
    return Hello(**(usual | fields))


def farewell(why: str, code: int = 1008) -> tuple[Output, ...]:
    return send(Bye(why)), Close(why, code)


OUR_HELLO: Final = Hello(v=1, ag="moc", reg=412, ts=8123, now=NOW, recv={"moph": 50}, seq=7)
OPENED: Final = Opened(1, 412, 8123, 0, 99, 3)
REVOKED: Final = Stmt('{"k":"gw-2026a","payload":"{}","s":"","type":"gchat-user-revoked-v1"}')
REGISTRY: Final = Stmt('{"signed":{}}', "registry")
TYPING: Final = Eph(ROOM, "typing", PERSON, NOW + 8_000)
RES: Final = Res(1, (Result("E1", n=0),))


def _greetings() -> list[Playbook]:
    v2 = Ends("moc", "moph", 412, 8123, 50, 7, newest_version=2)
    v2_hello = send(Hello(v=2, ag="moc", reg=412, ts=8123, now=NOW, recv={"moph": 50}, seq=7))
    far = 125_000
    return [
        Playbook("both greet and the link opens").opened(),
        Playbook("the greeting comes before ours").gets(their_hello(), OPENED).start(send(OUR_HELLO)),
        Playbook("another agency than the key's")
        .start(send(OUR_HELLO))
        .gets(their_hello(ag="moi"), *farewell("agency")),
        Playbook("our own agency").start(send(OUR_HELLO)).gets(their_hello(ag="moc"), *farewell("agency")),
        Playbook("a peer of the next version").opened(their_hello(v=2), OPENED),
        Playbook("a peer of the version before", v2).start(v2_hello).gets(their_hello(v=1), OPENED),
        Playbook("both of the second version", v2)
        .start(v2_hello)
        .gets(their_hello(v=2), Opened(2, 412, 8123, 0, 99, 3)),
        Playbook("a peer that is two versions ahead")
        .start(send(OUR_HELLO))
        .gets(their_hello(v=3), *farewell("version")),
        Playbook("a peer that has nothing of ours").opened(their_hello(recv={}, seq=0), Opened(1, 412, 8123, 0, 0, 0)),
        Playbook("a newer registry").opened(
            their_hello(reg=413, ts=1), Opened(1, 413, 1, 0, 99, 3), NewerRegistry(413, 1)
        ),
        Playbook("a newer timestamp of the same registry").opened(
            their_hello(ts=8124), Opened(1, 412, 8124, 0, 99, 3), NewerRegistry(412, 8124)
        ),
        Playbook("an older registry").opened(their_hello(reg=411, ts=9999), Opened(1, 411, 9999, 0, 99, 3)),
        Playbook("clocks that differ by 2 s").opened(their_hello(now=NOW + 2_000), Opened(1, 412, 8123, 2_000, 99, 3)),
        Playbook("clocks that differ by more than 2 s").opened(
            their_hello(now=NOW - 2_001), Opened(1, 412, 8123, -2_001, 99, 3), Alarm(Concern.CLOCK, -2_001)
        ),
        Playbook("clocks that differ by more than 120 s come together")
        .opened(their_hello(now=NOW + far), Opened(1, 412, 8123, far, 99, 3), Alarm(Concern.CLOCK_FAR, far))
        .ticks(20_000, send(Ping(1)))
        .gets(Pong(1, NOW + 20_100), Alarm(Concern.CLOCK_FAR, 0, over=True), at=20_200),
        Playbook("a frame before the greeting").start(send(OUR_HELLO)).gets(Ping(1), *farewell("order")),
        Playbook("a second greeting").opened().gets(their_hello(), *farewell("order")),
        Playbook("no greeting")
        .start(send(OUR_HELLO))
        .ticks(9_999)
        .ticks(10_000, *farewell("silent"))
        .gets(their_hello(), at=10_001),
        Playbook("a farewell").opened().gets(Bye("shutdown"), Close("shutdown", by_peer=True)).gets(Ping(1)).ticks(1),
        Playbook("a farewell before the greeting")
        .start(send(OUR_HELLO))
        .gets(Bye("registry_status"), Close("registry_status", by_peer=True)),
        Playbook("the registry ends the link").opened().ends_by("registry_status", *farewell("registry_status")),
        Playbook("the other of two links stays")
        .opened()
        .ends_by("duplicate", *farewell("duplicate", 1000))
        .ends_by("shutdown"),
    ]


def _signals() -> list[Playbook]:
    return [
        Playbook("a ping is answered").opened().gets(Ping(7), send(Pong(7, NOW + 5)), at=5),
        Playbook("a peer that is silent")
        .opened()
        .ticks(19_999)
        .ticks(20_000, send(Ping(1)))
        .ticks(40_000)
        .ticks(59_999)
        .ticks(60_000, *farewell("silent")),
        Playbook("a peer that answers the ping")
        .opened()
        .ticks(20_000, send(Ping(1)))
        .gets(Pong(1, NOW + 20_000), at=20_000)
        .ticks(39_999)
        .ticks(40_000, send(Ping(2))),
        Playbook("a pong that nobody asked for").opened().gets(Pong(1, NOW + 500_000)),
        Playbook("a busy link is asked for the time every five minutes")
        .opened()
        .gets(Ping(1), send(Pong(1, NOW + 299_999)), at=299_999)
        .ticks(300_000, send(Ping(1))),
        Playbook("what is kept nowhere is delivered until it expires")
        .opened()
        .gets(TYPING, Deliver(TYPING), at=7_999)
        .gets(TYPING, at=8_000),
        Playbook("a statement is delivered").opened().gets(REVOKED, Deliver(REVOKED)),
        Playbook("what is no frame ends the link").opened().gets(b"{", *farewell("frame_not_json", 1007)),
        Playbook("bytes that are no text end the link").opened().gets(b"\xff", *farewell("frame_not_json", 1007)),
        Playbook("a frame of 65 events ends the link")
        .opened()
        .gets(encode(submit(1, events=65)), *farewell("frame_too_many", 1009)),
        Playbook("an unknown frame ends the link")
        .opened()
        .gets(b'{"t":"state"}', *farewell("frame_unknown_type", 1007)),
    ]


def _entries() -> list[Playbook]:
    flood = Playbook("more frames than the credit").opened()
    for number in range(32):
        flood.gets(submit(number), Deliver(submit(number)))
    flood.gets(submit(32), *farewell("credit"))
    spent = Playbook("no more than 32 frames without an answer").opened()
    for number in range(32):
        spent.offers(submit(number), send(submit(number)))
    spent.offers(submit(32)).offers(REVOKED, send(REVOKED)).gets(RES, Deliver(RES), send(submit(32)))
    little = Playbook("a peer that takes two frames at once").opened(their_hello(cred=2), OPENED)
    little.offers(feed(100), send(feed(100))).offers(feed(101), send(feed(101))).offers(feed(102))
    little.gets(Ack(101, (), 0), Deliver(Ack(101, (), 0))).gets(Ack(101), send(feed(102)))
    return [
        flood,
        spent,
        little,
        Playbook("events are delivered and answered")
        .opened()
        .gets(submit(1), Deliver(submit(1)))
        .offers(RES, send(RES)),
        Playbook("a frame that is there is dropped, and delivered again once it is answered")
        .opened()
        .gets(submit(1), Deliver(submit(1)))
        .gets(submit(1))
        .offers(RES, send(RES))
        .gets(submit(1), Deliver(submit(1))),
        Playbook("an answer to nothing is not sent").opened().offers(RES).offers(Ack(1)),
        Playbook("an answer that nobody asked for is dropped").opened().gets(RES).gets(Ack(100)),
        Playbook("an answer with too few results")
        .opened()
        .offers(submit(1, events=2), send(submit(1, events=2)))
        .gets(RES, *farewell("answer")),
        Playbook("an acknowledgement holds for all that went before")
        .opened()
        .offers(feed(100), send(feed(100)))
        .offers(feed(105), send(feed(105)))
        .offers(feed(110), send(feed(110)))
        .gets(Ack(105), Deliver(Ack(105)))
        .gets(Ack(100))
        .gets(Ack(110), Deliver(Ack(110))),
        Playbook("a busy peer is left alone")
        .opened()
        .gets(Busy(2_000))
        .offers(feed(100))
        .offers(REVOKED, send(REVOKED))
        .ticks(1_999)
        .ticks(2_000, send(feed(100))),
        Playbook("a peer that does not answer")
        .opened()
        .offers(feed(100), send(feed(100)))
        .gets(Ping(1), send(Pong(1, NOW + 50_000)), at=50_000)
        .ticks(59_999)
        .ticks(60_000, Alarm(Concern.UNANSWERED, 60_000))
        .ticks(61_000)
        .gets(Ack(100), Deliver(Ack(100)), Alarm(Concern.UNANSWERED, 0, over=True), at=62_000),
    ]


def _queues() -> list[Playbook]:
    frames = [submit(number, ROOM, 1, "x" * 50_000) for number in range(8)]
    size = len(encode(frames[0]))
    turns = Playbook("rooms take turns, and a statement goes first").opened()
    hello_bytes = len(encode(OUR_HELLO))
    for frame in frames[:6]:
        turns.offers(frame, send(frame))
    other = submit(20, OTHER_ROOM)
    turns.offers(frames[6]).offers(frames[7]).offers(other).offers(REVOKED).offers(REGISTRY).offers(TYPING)
    expected: list[Frame] = [REGISTRY, REVOKED, TYPING, frames[6], other, frames[7]]
    turns.took(hello_bytes + 2 * size, *map(send, expected))
    late = Playbook("what waits too long and is kept nowhere is dropped").opened()
    for frame in frames[:6]:
        late.offers(frame, send(frame))
    late.offers(TYPING).took(6 * size, at=8_000)
    low = Playbook("positions out of order, and the cursor that goes with them").opened(their_hello(cred=1), OPENED)
    first, wide, elsewhere, last = feed(100), feed(101, ROOM, 1, "x" * 60_000), feed(105, OTHER_ROOM), feed(107)
    low.offers(first, send(first)).offers(wide).offers(feed(102, ROOM, 1, "x" * 60_000)).offers(elsewhere).offers(last)
    low.gets(Ack(100, (), 1), Deliver(Ack(100, (), 1)), send(_with_low(wide, 101)))
    low.gets(Ack(101, (), 1), Deliver(Ack(101, (), 1)), send(_with_low(elsewhere, 101)))
    low.gets(Ack(105, (), 1), Deliver(Ack(105, (), 1)), send(_with_low(feed(102, ROOM, 1, "x" * 60_000), 106)))
    low.gets(Ack(102, (), 1), Deliver(Ack(102, (), 1)), send(last))
    tight = Bounds(bytes=2 * len(encode(feed(100))), urgent_bytes=200)
    full = Playbook("a full queue, and the way on from the cursor", bounds=tight).opened(their_hello(cred=1), OPENED)
    full.offers(feed(100), send(feed(100))).offers(feed(101)).offers(feed(102)).offers(feed(103), CatchUp())
    full.offers(feed(104))
    full.gets(Ack(100, (), 1), Deliver(Ack(100, (), 1)), send(feed(101)), Resume(102, -1))
    full.offers(feed(103))
    slow = Playbook("a peer that does not read its answers", bounds=tight).opened(their_hello(), OPENED)
    for frame in frames[:6]:
        slow.offers(frame, send(frame))
    slow.offers(REVOKED).offers(REVOKED, *farewell("slow"))
    return [turns, late, low, full, slow]


def _with_low(frame: Feed, low: int) -> Feed:
    return Feed(frame.pos, low, frame.room, frame.ent, frame.cp)


PLAYBOOKS: Final = [*_greetings(), *_signals(), *_entries(), *_queues()]
