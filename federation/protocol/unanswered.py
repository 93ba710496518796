"""Which frames of one direction of a link wait for their answer, and how many may.

A `Submit` is answered by the `Res` with its number, a `Feed` by an `Ack` of its position or of one that went after it.
Both count against one credit. The same value serves for what we have sent and for what we have received.
"""

from __future__ import annotations

from typing import Final

from federation.protocol.frames import MAX_CREDIT, Ack, Feed, Res, Submit

_ALL: Final = MAX_CREDIT


class Unanswered:
    """Frames without an answer, each with the time at which it went."""

    def __init__(self) -> None:
        self._submits: dict[int, tuple[int, int]] = {}  # by number: how many events, when
        self._feeds: dict[int, int] = {}  # by position, in the order in which they went: when
        self.credit = _ALL

    def __len__(self) -> int:
        return len(self._submits) + len(self._feeds)

    @property
    def is_full(self) -> bool:
        """Whether no further frame may go."""
        return len(self) >= self.credit

    def holds(self, frame: Submit | Feed) -> bool:
        """Say whether a frame with this number or position waits for its answer."""
        return frame.q in self._submits if isinstance(frame, Submit) else frame.pos in self._feeds

    def add(self, frame: Submit | Feed, steady: int) -> None:
        """A frame went at a time of the steady clock."""
        if isinstance(frame, Submit):
            self._submits[frame.q] = len(frame.ev), steady
        else:
            self._feeds[frame.pos] = steady

    def fits(self, answer: Res | Ack) -> bool | None:
        """Say whether an answer fits what was asked; None if nothing of the kind waits for one."""
        if isinstance(answer, Ack):
            return True if answer.pos in self._feeds else None
        asked = self._submits.get(answer.q)
        return None if asked is None else asked[0] == len(answer.r)

    def remove(self, answer: Res | Ack) -> None:
        """Forget what an answer answers: one submit, or a feed with all that went before it."""
        if isinstance(answer, Res):
            del self._submits[answer.q]
            return
        for position in list(self._feeds):
            del self._feeds[position]
            if position == answer.pos:
                return

    def oldest(self) -> int | None:
        """When the frame went that waits longest; None if none waits."""
        first = [next(iter(self._feeds.values()), None), next((at for _, at in self._submits.values()), None)]
        return min((at for at in first if at is not None), default=None)
