"""A link as playbooks, and what holds of it whatever comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.protocol.frames import (
    MAX_CREDIT,
    Ack,
    Bye,
    Eph,
    FrameError,
    Hello,
    Ping,
    Res,
    Result,
    Stmt,
    encode,
    parse,
)
from federation.protocol.link import Link, State
from federation.protocol.outgoing import Bounds, Outgoing
from federation.protocol.outputs import CatchUp, Close, Deliver, Instant, Opened, Send
from tests.federation.frame_samples import FRAMES, NOW, OTHER_ROOM, ROOM, feed, submit
from tests.federation.peer import Peer
from tests.federation.playbooks import OURS, PLAYBOOKS, Playbook, play, their_hello

if TYPE_CHECKING:
    from federation.protocol.outputs import Output

START = Instant(0, NOW)


@pytest.mark.parametrize("book", PLAYBOOKS, ids=lambda book: book.name)
def test_playbook(book: Playbook) -> None:
    for number, (step, outputs) in enumerate(play(book)):
        assert outputs == list(step.outputs), f"step {number}: {step.name}"


def test_playbooks_have_names_of_their_own() -> None:
    assert len({book.name for book in PLAYBOOKS}) == len(PLAYBOOKS)


def opened(bounds: Bounds | None = None) -> Link:
    link = Link(OURS, START, bounds)
    link.start(START)
    link.received(encode(their_hello()), START)
    assert link.state is State.OPEN
    return link


def frames_of(outputs: list[Output]) -> list[object]:
    return [parse(output.data) for output in outputs if isinstance(output, Send)]


def test_nothing_is_offered_before_the_link_opens_or_after_it_ended() -> None:
    link = Link(OURS, START)
    with pytest.raises(ValueError, match="not open"):
        link.offer(Ping(1), START)
    link.end("shutdown")
    assert link.offer(Ping(1), START) == []
    assert link.tick(START) == link.sent(0, START) == link.received(b"", START) == []


@pytest.mark.parametrize("frame", [feed(99), submit(-1)])
def test_positions_and_numbers_rise(frame: object) -> None:
    """99 is the peer's cursor, so it has that position."""
    with pytest.raises(ValueError, match="after"):
        opened().offer(frame, START)  # type: ignore[arg-type]


def test_what_cannot_be_sent_is_refused_to_who_offers_it() -> None:
    link = opened()
    for frame in (Stmt("\ud800"), submit(1, events=64, body="x" * 20_000)):
        with pytest.raises(FrameError):
            link.offer(frame, START)
    assert frames_of(link.offer(submit(1), START)) == [submit(1)]


def test_signed_requests_are_refused_while_the_clock_is_far_off() -> None:
    link = Link(OURS, START)
    link.received(encode(their_hello(now=NOW + 120_001)), START)
    assert link.refuses_signed_requests
    assert not opened().refuses_signed_requests


def test_a_peer_that_takes_one_byte_at_a_time_holds_a_bounded_queue() -> None:
    bounds = Bounds(bytes=100_000)
    link, taken = opened(bounds), 0
    for number in range(2_000):
        outputs = link.offer(submit(number, body="x" * 1_000), START)
        taken += CatchUp() not in outputs
        link.sent(1, START)
        assert link.waiting_bytes <= bounds.bytes
    assert link.unanswered == MAX_CREDIT
    assert link.state is State.OPEN


@given(st.lists(FRAMES, max_size=12))
def test_a_peer_may_send_any_frames(frames: list[object]) -> None:
    """Whatever comes in whatever order, the link stays within its bounds or ends with one reason."""
    link = opened()
    closed = 0
    for frame in frames:
        outputs = link.received(encode(frame), START)  # type: ignore[arg-type]
        closed += sum(isinstance(output, Close) for output in outputs)
        assert not any(isinstance(output, Opened) for output in outputs)
    assert closed == (link.state is State.CLOSED)


@given(st.binary(max_size=60))
def test_any_bytes_end_the_link_or_are_a_frame(data: bytes) -> None:
    link = opened()
    outputs = link.received(data, START)
    try:
        parse(data)
    except FrameError as error:
        assert outputs[-1] == Close(f"frame_{error.code}", 1007)  # noqa: PT017 - only bytes that are no frame say so
        assert frames_of(outputs) == [Bye(f"frame_{error.code}")]  # noqa: PT017


def lying(**lies: object) -> tuple[Link, list[Output]]:
    """Our link, and what it says to a greeting with lies in it."""
    peer = Peer("moph", "moc")
    peer.lie("hello", **lies)
    link = Link(OURS, START)
    outputs: list[Output] = []
    for data in peer.start(START):
        outputs += link.received(data, START)
    return link, outputs


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ({"ag": "moi"}, "agency"),
        ({"ag": "moc"}, "agency"),
        ({"v": 3}, "version"),
        ({"v": 0}, "frame_shape"),
        ({"reg": -1}, "frame_shape"),
        ({"reg": 1.5}, "frame_float"),
        ({"now": "soon"}, "frame_shape"),
        ({"now": 2**53}, "frame_number"),
        ({"recv": {"moc": [[[[[[]]]]]]}}, "frame_depth"),
        ({"recv": {f"a{number}": 0 for number in range(65)}}, "frame_too_many"),
        ({"cred": 1_000}, "frame_shape"),
        ({"later": "\0"}, "frame_text"),
        ({"later": "x" * 2**20}, "frame_too_large"),
        ({"t": "welcome"}, "frame_unknown_type"),
        ({"t": "bye", "why": "agency"}, "frame_shape"),
    ],
)
def test_a_greeting_with_lies_opens_nothing(lies: dict[str, object], why: str) -> None:
    link, outputs = lying(**lies)
    assert link.state is State.CLOSED
    assert [output.why for output in outputs if isinstance(output, Close)] == [why]
    assert not any(isinstance(output, Opened | Deliver) for output in outputs)


def test_a_cursor_that_we_never_gave_is_the_peers_own_loss() -> None:
    """Who claims to have more of our feed than there is gets nothing until the feed is that far."""
    link, outputs = lying(recv={"moc": 10**12})
    assert [output.received for output in outputs if isinstance(output, Opened)] == [10**12]
    with pytest.raises(ValueError, match="after"):
        link.offer(feed(100), START)


@pytest.mark.parametrize(
    ("kind", "lies", "why"),
    [
        ("res", {"r": [{"id": "E1", "n": 0}, {"id": "E2", "n": 1}]}, "answer"),
        ("res", {"r": []}, "frame_shape"),
        ("res", {"r": [{"id": "E1", "n": 0, "err": "no"}]}, "frame_shape"),
        ("ack", {"cred": -1}, "frame_shape"),
        ("ack", {"cos": ["x"] * 65}, "frame_too_many"),
    ],
)
def test_answers_with_lies_end_the_link(kind: str, lies: dict[str, object], why: str) -> None:
    link, peer = opened(), Peer("moph", "moc")
    peer.lie(kind, **lies)
    link.offer(submit(1), START)
    link.offer(feed(100), START)
    answer = Res(1, (Result("E1", n=0),)) if kind == "res" else Ack(100)
    outputs = [output for data in peer.say(answer) for output in link.received(data, START)]
    assert [output.why for output in outputs if isinstance(output, Close)] == [why]


@pytest.mark.parametrize(("kind", "lies"), [("res", {"q": 2}), ("ack", {"pos": 101}), ("ack", {"pos": 0})])
def test_answers_to_nothing_change_nothing(kind: str, lies: dict[str, object]) -> None:
    link, peer = opened(), Peer("moph", "moc")
    peer.lie(kind, **lies)
    link.offer(submit(1), START)
    link.offer(feed(100), START)
    answer = Res(1, (Result("E1", n=0),)) if kind == "res" else Ack(100)
    outputs = [output for data in peer.say(answer) for output in link.received(data, START)]
    assert outputs == []
    assert (link.unanswered, link.dropped, link.state) == (2, 1, State.OPEN)


def test_a_peer_that_repeats_and_withholds() -> None:
    link, peer = opened(), Peer("moph", "moc")
    peer.repeat("submit", 3)
    peer.withhold("feed")
    delivered = [
        output.frame
        for frame in (submit(1), feed(1), submit(2, OTHER_ROOM))
        for data in peer.say(frame)
        for output in link.received(data, START)
        if isinstance(output, Deliver)
    ]
    assert delivered == [submit(1), submit(2, OTHER_ROOM)]


def test_the_oldest_of_what_is_kept_nowhere_is_dropped() -> None:
    out = Outgoing(Bounds(ephemeral=2), 0)
    for number in range(3):
        out.put(Eph(ROOM, "typing", f"p_{number}@moc", NOW + 1))
    sent = [parse(data) for data in iter(lambda: out.next_urgent(NOW), None)]
    assert [frame.u for frame in sent if isinstance(frame, Eph)] == ["p_1@moc", "p_2@moc"]


def test_a_frame_that_is_larger_than_the_bound_goes_alone() -> None:
    out = Outgoing(Bounds(bytes=100), 0)
    assert out.put(feed(1, body="x" * 500))
    assert not out.put(feed(2))
    assert out.next_log() == feed(1, body="x" * 500)
    assert out.has_resumed()
    assert not out.has_resumed()


def test_our_greeting_is_read_by_the_peer() -> None:
    ours, theirs = Link(OURS, START), Peer("moph", "moc")
    greeting = frames_of(ours.start(START))
    assert isinstance(greeting[0], Hello)
    theirs.start(START)
    theirs.hear(encode(greeting[0]), START)
    assert any(isinstance(output, Opened) for output in theirs.outputs)
