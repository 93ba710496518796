"""Places for so many at once, shared by people: nobody fills them while others may come.

Rules:
- with more than one place nobody has all of them, so that whoever comes next finds one free or one that ends soon;
- a place that is left goes to whoever waits and has the fewest; of those who have as many, to who has waited longest;
- with one place alone, whoever has had it last comes after all others who wait.

Does not: know what is done in a place.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Places:
    """So many places."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_one = max(1, most - 1)
        self._held: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._last = ""

    @asynccontextmanager
    async def taken(self, person: str) -> AsyncIterator[None]:
        """Hold a place for a person, as soon as it is their turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((person, turn))
        self._hand_on()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(person)
            else:
                self._waiting = [one for one in self._waiting if one[1] is not turn]
            raise
        try:
            yield
        finally:
            self._leave(person)

    def _leave(self, person: str) -> None:
        self._held[person] -= 1
        if not self._held[person]:
            del self._held[person]
        self._hand_on()

    def _hand_on(self) -> None:
        """Give what is free to those whose turn it is."""
        while self._held.total() < self._most:
            open_to = [one for one in self._waiting if self._held[one[0]] < self._of_one and not one[1].done()]
            if not open_to:
                return
            # `min` takes the first of equals, who has waited longest.
            person, turn = min(open_to, key=lambda one: (self._held[one[0]], one[0] == self._last))
            self._waiting = [one for one in self._waiting if one[1] is not turn]
            self._held[person] += 1
            self._last = person
            turn.set_result(None)
