"""A queue in which rooms take turns, so that a busy room does not hold up the others of its link.

Deficit round robin: at its turn a room may send `quantum` bytes times its weight; what it does not use it keeps while
it has anything to send. In a room the order is that of arrival. Both operations take a constant time on average.

Example: with a quantum of 64 KiB and ten frames of room A before one of room B, all of 40 KB, B's is the second to go.

Does not bound what is put in (`outgoing`).
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

MAX_WEIGHT: Final = 8

T = TypeVar("T")


class _Room(Generic[T]):
    __slots__ = ("allowance", "items", "weight")

    def __init__(self) -> None:
        self.items: deque[tuple[T, int]] = deque()
        self.allowance = 0
        self.weight = 1


class FairQueue(Generic[T]):
    """Items of rooms with their sizes in bytes."""

    def __init__(self, quantum: int) -> None:
        self._quantum = quantum
        self._rooms: dict[str, _Room[T]] = {}
        self._turns: deque[str] = deque()
        self._count = self._bytes = 0

    def __len__(self) -> int:
        return self._count

    @property
    def bytes(self) -> int:
        """Bytes of all that waits."""
        return self._bytes

    def push(self, room: str, item: T, size: int, weight: int = 1) -> None:
        """Put an item behind the others of its room; the room has the weight of what came last, 1 to `MAX_WEIGHT`."""
        queue = self._rooms.get(room)
        if queue is None:
            queue = self._rooms[room] = _Room()
            self._turns.append(room)
        queue.weight = min(max(weight, 1), MAX_WEIGHT)
        queue.items.append((item, size))
        self._count += 1
        self._bytes += size

    def pop(self) -> tuple[T, int] | None:
        """Take out what goes next, with its size; None if nothing waits."""
        while self._turns:
            room = self._rooms[self._turns[0]]
            item, size = room.items[0]
            if size <= room.allowance:
                room.items.popleft()
                room.allowance -= size
                self._count -= 1
                self._bytes -= size
                if not room.items:
                    del self._rooms[self._turns.popleft()]
                return item, size
            room.allowance += self._quantum * room.weight
            self._turns.rotate(-1)
        return None
