"""What waits for the peer of a link, in four classes, and how much of it may.

First what keeps the link alive and answers of frames received, then statements with the registry's files before the
others, then what is kept nowhere, then the log, in which rooms take turns. Rules:
- the log's part holds at most `Bounds.bytes`. A frame that does not fit is not taken, and none is until half of it has
  gone: the rest waits in the database, where the cursor and the outbox are;
- answers and statements must not be lost while the link lasts; a peer that lets too many wait is `too_slow`;
- of what is kept nowhere the oldest is dropped when too much waits, and all of it once it has expired;
- the `low` of a feed frame is written when it goes: the position up to which everything went, it included.

Does not know credit nor time between frames (`link`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from msgspec.structs import replace

from federation.protocol.fair_queue import FairQueue
from federation.protocol.frames import Eph, Feed, Stmt, Submit, encode

if TYPE_CHECKING:
    from federation.protocol.frames import Frame


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait for a peer: of the log, of answers and statements (bytes each), of the ephemeral (frames).

    `transit` bytes may be handed to the connection before it has taken them, `turn` bytes go of one room in its turn.
    """

    bytes: int = 8 * 1024 * 1024
    frames: int = 8_192
    urgent_bytes: int = 2 * 1024 * 1024
    ephemeral: int = 256
    transit: int = 256 * 1024
    turn: int = 64 * 1024


class Outgoing:
    """The frames of one link that have not gone yet. `feed_after` is the peer's cursor in our feed."""

    def __init__(self, bounds: Bounds, feed_after: int) -> None:
        self._bounds = bounds
        self._urgent: deque[bytes] = deque()
        self._registry: deque[bytes] = deque()
        self._statements: deque[bytes] = deque()
        self._ephemeral: deque[Eph] = deque(maxlen=bounds.ephemeral)
        self._log: FairQueue[Feed | Submit] = FairQueue(bounds.turn)
        self._waiting: list[int] = []  # positions of feed frames that have not gone; the smallest is first
        self._gone: set[int] = set()  # of these, those that went before a smaller one
        self._urgent_bytes = 0
        self.feed_after = feed_after
        self.submit_after = -1
        self.behind = False

    @property
    def log_bytes(self) -> int:
        """Bytes of the log that wait."""
        return self._log.bytes

    @property
    def too_slow(self) -> bool:
        """Whether more answers and statements wait than may."""
        return self._urgent_bytes > self._bounds.urgent_bytes

    def put(self, frame: Frame, weight: int = 1) -> bool:
        """Take a frame in; False for one of the log for which there is no room.

        Raises ValueError for a position or a number that does not rise, FrameError for a frame that cannot be sent.
        """
        if isinstance(frame, Feed | Submit):
            return self._put_log(frame, weight)
        if isinstance(frame, Eph):
            self._ephemeral.append(frame)
            return True
        data = encode(frame)
        self._urgent_bytes += len(data)
        if isinstance(frame, Stmt):
            (self._registry if frame.k == "registry" else self._statements).append(data)
        else:
            self._urgent.append(data)
        return True

    def has_resumed(self) -> bool:
        """Say, once, that half of what waited has gone and frames of the log are taken again."""
        if self.behind and self._log.bytes * 2 <= self._bounds.bytes and len(self._log) * 2 <= self._bounds.frames:
            self.behind = False
            return True
        return False

    def next_urgent(self, wall: int) -> bytes | None:
        """Take out what goes before the log, as bytes; what has expired at `wall` is dropped."""
        for queue in (self._urgent, self._registry, self._statements):
            if queue:
                data = queue.popleft()
                self._urgent_bytes -= len(data)
                return data
        while self._ephemeral:
            frame = self._ephemeral.popleft()
            if frame.exp > wall:
                return encode(frame)
        return None

    def next_log(self) -> Feed | Submit | None:
        """Take out the next frame of the log, with the `low` it goes with."""
        taken = self._log.pop()
        if taken is None:
            return None
        frame = taken[0]
        if isinstance(frame, Submit):
            return frame
        self._gone.add(frame.pos)
        while self._waiting and self._waiting[0] in self._gone:
            self._gone.discard(heappop(self._waiting))
        return replace(frame, low=self._waiting[0] - 1 if self._waiting else self.feed_after)

    def _put_log(self, frame: Feed | Submit, weight: int) -> bool:
        number, after = (frame.pos, self.feed_after) if isinstance(frame, Feed) else (frame.q, self.submit_after)
        if self.behind:
            return False
        if number <= after:
            raise ValueError(f"{number} after {after}")
        size = len(encode(frame))
        if len(self._log) >= self._bounds.frames or (len(self._log) and self._log.bytes + size > self._bounds.bytes):
            self.behind = True
            return False
        self._log.push(frame.room, frame, size, weight)
        if isinstance(frame, Feed):
            self.feed_after = frame.pos
            heappush(self._waiting, frame.pos)
        else:
            self.submit_after = frame.q
        return True
