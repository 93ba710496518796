"""Bytes of files on their way to and from clients: how many at once of one person, and their end with their session.

Rules:
- of one person `most` run at once; whoever comes later waits for a place, and of those who wait `most_waiting` at most
  do. So what one account can have the appliance hold in memory is bounded, however slowly it reads or sends;
- when a session ends, what asked for it is cut (`ending_with`), also while it is blocked by a client who takes nothing.

In memory alone. Does not: read or write bytes; how long a client may be silent is for the edge to say.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from appliance.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from appliance.model import PersonId, SessionId

MOST_AT_ONCE: Final = 32
"""A page of pictures on several devices. A browser asks for six at a time, for more where a proxy speaks HTTP/2."""
MOST_WAITING: Final = 200
RETRY_S: Final = 5


class Transfers:
    """Transfers of one direction."""

    def __init__(self, most: int = MOST_AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._most, self._most_waiting = most, most_waiting
        self._free: dict[PersonId, asyncio.Semaphore] = {}
        self._here: Counter[PersonId] = Counter()
        self._cuts: defaultdict[SessionId, set[Callable[[], object]]] = defaultdict(set)

    @asynccontextmanager
    async def place(self, person: PersonId) -> AsyncIterator[None]:
        """Have one of a person's places for the block. Raises TooMany (`busy`) when too many of them wait already."""
        if self._here[person] >= self._most + self._most_waiting:
            raise TooMany(RETRY_S, code="busy")
        self._here[person] += 1
        try:
            async with self._free.setdefault(person, asyncio.Semaphore(self._most)):
                yield
        finally:
            self._here[person] -= 1
            if not self._here[person]:
                del self._here[person], self._free[person]

    @contextmanager
    def ending_with(self, session: SessionId, cut: Callable[[], object]) -> Iterator[None]:
        """Have `cut()` called when a session ends during the block."""
        self._cuts[session].add(cut)
        try:
            yield
        finally:
            self._cuts[session].discard(cut)
            if not self._cuts[session]:
                del self._cuts[session]

    def end(self, session: SessionId) -> None:
        """Cut what is to end with a session, which has ended."""
        for cut in [*self._cuts.get(session, ())]:
            cut()
