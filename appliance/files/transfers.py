"""Bytes of files on their way to and from clients: how many at once of one person, and their end with their session.

Rules:
- of one person `most` run at once; whoever comes later waits for a place, and of those who wait `most_waiting` at most
  do, each for `WAIT_S` at most. So what one account can have the appliance hold in memory is bounded, however slowly it
  reads or sends: the bodies that wait too, of which some hundred KB are read before anybody asks for them;
- of all people together `most_of_all` run or wait, however many accounts there are;
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
MOST_ARRIVING: Final = 12
"""Uploads of one person. What waits of them holds memory, other than a download that waits."""
MOST_ARRIVING_WAITING: Final = 12
MOST_OF_ALL: Final = 1000
MOST_ARRIVING_OF_ALL: Final = 200
WAIT_S: Final = 30.0
RETRY_S: Final = 5


class Transfers:
    """Transfers of one direction."""

    def __init__(
        self, most: int = MOST_AT_ONCE, most_waiting: int = MOST_WAITING, most_of_all: int = MOST_OF_ALL
    ) -> None:
        self._most, self._most_waiting, self._most_of_all = most, most_waiting, most_of_all
        self._free: dict[PersonId, asyncio.Semaphore] = {}
        self._here: Counter[PersonId] = Counter()
        self._cuts: defaultdict[SessionId, set[Callable[[], object]]] = defaultdict(set)

    @asynccontextmanager
    async def place(self, person: PersonId) -> AsyncIterator[None]:
        """Have one of a person's places for the block.

        Raises TooMany (`busy`) when too many wait already, of the person or of all, and when none is free for `WAIT_S`.
        """
        if self._here[person] >= self._most + self._most_waiting or self._here.total() >= self._most_of_all:
            raise TooMany(RETRY_S, code="busy")
        self._here[person] += 1
        try:
            free = self._free.setdefault(person, asyncio.Semaphore(self._most))
            try:
                async with asyncio.timeout(WAIT_S):
                    await free.acquire()
            except TimeoutError:
                raise TooMany(RETRY_S, code="busy") from None
            try:
                yield
            finally:
                free.release()
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
