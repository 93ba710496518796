"""One link between two agencies: what is received, offered and how time passes, and what is to be done about it.

One `Link` is one connection; what it holds ends with it, since cursor and outbox are in the database. Rules:
- each side greets first. A greeting that does not fit ends the link before anything else is read (`greeting`);
- at most `MAX_CREDIT` frames of the log are unanswered in each direction, fewer if the peer says so (`unanswered`);
- statements go before the log, and rooms of the log take turns (`outgoing`). No more than `Bounds.transit` bytes are
  handed to the connection before it has taken them, so that what is urgent overtakes what waits;
- whoever hears nothing for `PING_AFTER_MS` asks, and after `SILENT_AFTER_MS` ends the link; every `PING_EVERY_MS` it is
  asked anyhow, since the answer says how far the clocks differ;
- an answer that nobody asked for and a frame that is there already are dropped, since a peer may repeat itself; what
  breaks the protocol ends the link with its reason.

Example: link.received(encode(Ping(7)), now) == [Send(encode(Pong(7, now.wall)))]

Does not dial (`retry`, `choice`), judge entries, or know sockets and clocks: each input brings the time.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from federation.protocol.frames import (
    MAX_CREDIT,
    Ack,
    Busy,
    Bye,
    Eph,
    Feed,
    Frame,
    FrameError,
    FrameFault,
    Hello,
    Ping,
    Pong,
    Res,
    Stmt,
    Submit,
    encode,
    parse,
)
from federation.protocol.greeting import Ends, agreed_version, check_greeting, concern_of_skew, greet, is_newer
from federation.protocol.outgoing import Bounds, Outgoing
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
    Why,
)
from federation.protocol.unanswered import Unanswered

GREETING_WITHIN_MS: Final = 10_000
PING_AFTER_MS: Final = 20_000
PING_EVERY_MS: Final = 300_000
SILENT_AFTER_MS: Final = 60_000
UNANSWERED_MS: Final = 60_000
NORMAL, POLICY, INVALID, TOO_BIG = 1000, 1008, 1007, 1009
"""WebSocket close codes (RFC 6455 §7.4.1)."""


class State(Enum):
    """How far a link is."""

    GREETING = auto()
    OPEN = auto()
    CLOSED = auto()


class Link:
    """The state of one link; every input returns what is to be done, and none does anything once it is closed."""

    def __init__(self, ends: Ends, now: Instant, bounds: Bounds | None = None) -> None:
        self._ends, self._bounds = ends, bounds or Bounds()
        self._state = State.GREETING
        self._out = Outgoing(self._bounds, 0)
        self._asked, self._owed = Unanswered(), Unanswered()
        self._in_transit = 0
        self._heard = self._began = now.steady
        self._pings = 0
        self._pinged_at = now.steady
        self._awaits_pong = False
        self._paused_until = now.steady
        self._skew_ms = 0
        self._concerns: set[Concern] = set()
        self.version = 0
        self.dropped = 0
        """Answers nobody asked for and frames received twice."""

    @property
    def state(self) -> State:
        """How far the link is."""
        return self._state

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the log that wait for the peer."""
        return self._out.log_bytes

    @property
    def is_behind(self) -> bool:
        """Whether frames of the log are not taken: after `CatchUp`, until `Resume`."""
        return self._out.behind

    @property
    def unanswered(self) -> int:
        """How many of our frames the peer has not answered."""
        return len(self._asked)

    @property
    def refuses_signed_requests(self) -> bool:
        """Whether the peer's clock is too far off for the times in its signed requests to mean anything."""
        return Concern.CLOCK_FAR in self._concerns

    def start(self, now: Instant) -> list[Output]:
        """The connection is there: our greeting goes out."""
        return self._send(encode(greet(self._ends, now.wall)))

    def received(self, data: bytes, now: Instant) -> list[Output]:
        """A message came, whatever it is."""
        if self._state is State.CLOSED:
            return []
        try:
            frame = parse(data)
        except FrameError as error:
            code = TOO_BIG if error.code in (FrameFault.TOO_LARGE, FrameFault.TOO_MANY) else INVALID
            return self._end(f"frame_{error.code}", code)
        self._heard = now.steady
        if isinstance(frame, Bye):
            self._state = State.CLOSED
            return [Close(frame.why, by_peer=True)]
        if self._state is State.GREETING:
            outputs = self._greeted(frame, now) if isinstance(frame, Hello) else self._end(Why.ORDER)
        else:
            outputs = self._take(frame, now)
        return outputs + self._pump(now)

    def offer(self, frame: Frame, now: Instant, weight: int = 1) -> list[Output]:
        """The appliance has a frame for the peer. Positions of feeds rise, and so do numbers of submits.

        Raises ValueError if they do not or the link is not open yet, FrameError for a frame that cannot be sent.
        """
        if self._state is State.CLOSED:
            return []
        if self._state is State.GREETING:
            raise ValueError("the link is not open yet")
        outputs: list[Output] = []
        if isinstance(frame, Res | Ack):
            if not self._owed.fits(frame):
                self.dropped += 1
                return []
            self._owed.remove(frame)
        was_behind = self._out.behind
        if not self._out.put(frame, weight) and not was_behind:
            outputs.append(CatchUp())
        if self._out.too_slow:
            return outputs + self._end(Why.SLOW)
        return outputs + self._pump(now)

    def sent(self, size: int, now: Instant) -> list[Output]:
        """The connection has taken so many bytes of what was sent."""
        self._in_transit -= size
        return self._pump(now)

    def tick(self, now: Instant) -> list[Output]:
        """Time has passed; to be called about once a second."""
        if self._state is State.CLOSED:
            return []
        if self._state is State.GREETING:
            return self._end(Why.SILENT) if now.steady - self._began >= GREETING_WITHIN_MS else []
        silent = now.steady - self._heard
        if silent >= SILENT_AFTER_MS:
            return self._end(Why.SILENT)
        outputs = self._tell_unanswered(now)
        has_asked = self._pinged_at > self._heard
        if (silent >= PING_AFTER_MS and not has_asked) or now.steady - self._pinged_at >= PING_EVERY_MS:
            self._pings += 1
            self._pinged_at, self._awaits_pong = now.steady, True
            self._out.put(Ping(self._pings))
        return outputs + self._pump(now)

    def end(self, why: str) -> list[Output]:
        """The gateway ends the link: it stops, the registry says so, or another link stays."""
        return [] if self._state is State.CLOSED else self._end(why)

    def _greeted(self, hello: Hello, now: Instant) -> list[Output]:
        if why := check_greeting(self._ends, hello):
            return self._end(why)
        self._state = State.OPEN
        self.version = agreed_version(self._ends.newest_version, hello.v) or 0
        received = hello.recv.get(self._ends.agency, 0)
        self._out = Outgoing(self._bounds, received)
        self._asked.credit = hello.cred
        alarms = self._tell_skew(hello.now - now.wall)
        opened = Opened(self.version, hello.reg, hello.ts, self._skew_ms, received, hello.seq)
        newer: list[Output] = [NewerRegistry(hello.reg, hello.ts)] if is_newer(self._ends, hello) else []
        return [opened, *newer, *alarms]

    def _take(self, frame: Frame, now: Instant) -> list[Output]:
        """A frame on an open link."""
        match frame:
            case Submit() | Feed():
                return self._take_log(frame, now)
            case Res() | Ack():
                return self._take_answer(frame, now)
            case Stmt():
                return [Deliver(frame)]
            case Eph():
                return [Deliver(frame)] if frame.exp > now.wall else []
            case Ping() | Pong() | Busy():
                return self._take_signal(frame, now)
            case _:
                return self._end(Why.ORDER)

    def _take_log(self, frame: Submit | Feed, now: Instant) -> list[Output]:
        if self._owed.holds(frame):
            self.dropped += 1
            return []
        if len(self._owed) >= MAX_CREDIT:
            return self._end(Why.CREDIT)
        self._owed.add(frame, now.steady)
        return [Deliver(frame)]

    def _take_signal(self, frame: Ping | Pong | Busy, now: Instant) -> list[Output]:
        if isinstance(frame, Pong):
            return self._take_pong(frame, now)
        if isinstance(frame, Ping):
            self._out.put(Pong(frame.q, now.wall))
            return self._end(Why.SLOW) if self._out.too_slow else []
        self._paused_until = max(self._paused_until, now.steady + frame.ms)
        return []

    def _take_answer(self, answer: Res | Ack, now: Instant) -> list[Output]:
        if isinstance(answer, Ack):
            self._asked.credit = answer.cred
        fits = self._asked.fits(answer)
        if fits is None:
            self.dropped += 1
            return []
        if not fits:
            return self._end(Why.ANSWER)
        self._asked.remove(answer)
        return [Deliver(answer), *self._tell_unanswered(now)]

    def _take_pong(self, pong: Pong, now: Instant) -> list[Output]:
        if not self._awaits_pong or pong.q != self._pings:
            self.dropped += 1
            return []
        self._awaits_pong = False
        round_trip = now.steady - self._pinged_at
        return self._tell_skew(pong.now - (now.wall - round_trip // 2))

    def _tell_skew(self, skew_ms: int) -> list[Output]:
        """Keep how far the peer's clock is ahead; tell what begins and what is over."""
        self._skew_ms = skew_ms
        is_now = concern_of_skew(skew_ms)
        outputs: list[Output] = []
        for concern in (Concern.CLOCK, Concern.CLOCK_FAR):
            outputs += self._tell(concern, skew_ms, holds=concern is is_now)
        return outputs

    def _tell_unanswered(self, now: Instant) -> list[Output]:
        oldest = self._asked.oldest()
        waited = 0 if oldest is None else now.steady - oldest
        return self._tell(Concern.UNANSWERED, waited, holds=waited >= UNANSWERED_MS)

    def _tell(self, concern: Concern, ms: int, *, holds: bool) -> list[Output]:
        if holds == (concern in self._concerns):
            return []
        (self._concerns.add if holds else self._concerns.discard)(concern)
        return [Alarm(concern, ms, over=not holds)]

    def _pump(self, now: Instant) -> list[Output]:
        """Hand to the connection what may go now."""
        if self._state is not State.OPEN:
            return []
        outputs: list[Output] = []
        while self._in_transit < self._bounds.transit:
            data = self._out.next_urgent(now.wall)
            if data is None:
                if self._asked.is_full or now.steady < self._paused_until:
                    break
                frame = self._out.next_log()
                if frame is None:
                    break
                self._asked.add(frame, now.steady)
                data = encode(frame)
            outputs += self._send(data)
        if self._out.has_resumed():
            outputs.append(Resume(self._out.feed_after, self._out.submit_after))
        return outputs

    def _send(self, data: bytes) -> list[Output]:
        self._in_transit += len(data)
        return [Send(data)]

    def _end(self, why: str, code: int | None = None) -> list[Output]:
        self._state = State.CLOSED
        usual = NORMAL if why in (Why.SHUTDOWN, Why.DUPLICATE) else POLICY
        return [Send(encode(Bye(str(why)))), Close(str(why), code or usual)]
