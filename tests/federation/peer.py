"""A peer that keeps to the protocol, and lies where a test tells it to, in any field of any frame.

Lies are about bytes: a field may have any value, a type it must not have, or be missing; frames may be repeated or held
back. It has no socket: what it says is bytes, so a test of links takes them as they are and a
test of a gateway sends them. Example:

    peer = Peer("moph", "moc")
    peer.lie("feed", room=OTHER_ROOM)    # every feed frame names another room
    peer.lie("res", r=lambda r: r[:-1])  # answers one event too few
    peer.withhold("ack")                 # never acknowledges
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final

from federation.protocol.frames import Frame, encode
from federation.protocol.greeting import Ends
from federation.protocol.link import Link
from federation.protocol.outputs import Deliver, Instant, Output, Send

MISSING: Final = object()
"""As the value of a lie: the field is left out."""


class Peer:
    """The end of a link that is `agency`, towards `towards`. `ends` gives what else its greeting says."""

    def __init__(self, agency: str, towards: str, **ends: int) -> None:
        self._ends = Ends(agency, towards, **ends)
        self._link: Link | None = None
        self._lies: dict[str, list[dict[str, Any]]] = {}
        self._times: dict[str, int] = {}
        self.heard: list[Frame] = []
        """What was delivered to it, as its appliance would see it."""
        self.outputs: list[Output] = []

    def lie(self, kind: str, **fields: Any) -> None:
        """From now on say other values in frames of a kind; a function gets the true one. `MISSING` leaves it out."""
        self._lies.setdefault(kind, []).append(fields)

    def withhold(self, kind: str) -> None:
        """Never say frames of a kind."""
        self._times[kind] = 0

    def repeat(self, kind: str, times: int) -> None:
        """Say each frame of a kind so many times."""
        self._times[kind] = times

    def honest(self) -> None:
        """Tell the truth again."""
        self._lies.clear()
        self._times.clear()

    def start(self, now: Instant) -> list[bytes]:
        """Begin a connection, and return what is said first."""
        self._link = Link(self._ends, now)
        return self._carried_out(self._link.start(now), now)

    def hear(self, data: bytes, now: Instant) -> list[bytes]:
        """Take in what the other side says, and return what is said to it at once."""
        return self._carried_out(self.link.received(data, now), now)

    def offer(self, frame: Frame, now: Instant) -> list[bytes]:
        """Say a frame as a link would, within credit and turns."""
        return self._carried_out(self.link.offer(frame, now), now)

    def say(self, frame: Frame) -> list[bytes]:
        """Say a frame whatever the protocol allows, with the lies told so far."""
        return self._told(encode(frame))

    @property
    def link(self) -> Link:
        """The honest end of the connection."""
        assert self._link is not None, "start comes first"
        return self._link

    def _carried_out(self, outputs: list[Output], now: Instant) -> list[bytes]:
        said: list[bytes] = []
        waiting = deque(outputs)
        while waiting:
            output = waiting.popleft()
            self.outputs.append(output)
            if isinstance(output, Deliver):
                self.heard.append(output.frame)
            elif isinstance(output, Send):
                said += self._told(output.data)
                waiting.extend(self.link.sent(len(output.data), now))
        return said

    def _told(self, data: bytes) -> list[bytes]:
        """The bytes of a frame as they are said: with lies, several times or not at all."""
        frame = json.loads(data)
        kind = frame["t"]
        for fields in self._lies.get(kind, ()):
            told = {key: value(frame.get(key)) if callable(value) else value for key, value in fields.items()}
            frame = {key: value for key, value in (frame | told).items() if value is not MISSING}
            data = json.dumps(frame, separators=(",", ":")).encode()
        return [data] * self._times.get(kind, 1)
