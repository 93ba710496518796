"""The gateway's end of the appliance's Unix socket: a few connections that ask, and one long poll that brings work.

Rules:
- what peers bring is asked one after another for each peer (its reader waits), and side by side for several, on so
  many connections as `CONNECTIONS`: an answer that takes its time delays no other peer by more than its place;
- the appliance is there as long as the long poll is answered. When it comes, `arrived` is called before any work is
  asked for; when it goes, `left`: links live only as long as it is there, so that what it had in memory of them is
  never missed;
- a failed request is told to its caller and not repeated: it may have been carried out.

Does not: know what frames or jobs mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.errors import TooMany, Unavailable
from appliance.ipc.client import Busy, Client, Unreachable
from federation.gateway.messages import (
    POLL_S,
    PROTOCOL,
    Answer,
    Done,
    Job,
    Next,
    Ok,
    Refused,
    Request,
    Result,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

logger = logging.getLogger(__name__)
CONNECTIONS: Final = 8
MAX_WAITING: Final = 1_000
ANSWER_S: Final = 30.0
AGAIN_S: Final = 1.0
"""How long to wait before an appliance that is not there is looked for again."""
A = TypeVar("A")


class ApplianceAway(Unavailable):
    """The appliance does not answer just now."""

    code = "appliance_away"


class Appliance:
    """The appliance as the gateway sees it. `do` carries out a job, and returns its result or None."""

    def __init__(
        self,
        path: Path,
        arrived: Callable[[], Awaitable[None]],
        left: Callable[[], Awaitable[None]],
        do: Callable[[Job], Awaitable[Result | None]],
    ) -> None:
        self._idle = [Client(path, PROTOCOL) for _ in range(CONNECTIONS)]
        self._poll = Client(path, PROTOCOL)
        self._all = [*self._idle, self._poll]
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._arrived, self._left, self._do = arrived, left, do
        self._waiting = 0
        self.is_there = False

    async def ask(self, request: Request, kind: type[A]) -> A:
        """Return the appliance's answer. Raises ApplianceAway, TooMany."""
        async with self._connection() as client:
            try:
                return _expected(await client.ask(request, ANSWER_S), kind)
            except (Unreachable, Busy) as error:
                raise ApplianceAway(str(error)) from error

    async def run(self) -> None:
        """Ask for work and do it, until cancelled."""
        try:
            while True:
                try:
                    await self._serve()
                except ApplianceAway as error:
                    await self._gone(str(error))
                except Exception:
                    # A fault of ours with one job: links begin anew, and so does the work.
                    logger.exception("work for the appliance failed")
                    await self._gone("a fault")
                await asyncio.sleep(AGAIN_S)
        finally:
            for client in self._all:
                await client.close()

    async def done(self, result: Result) -> None:
        """Give a result that took its time; one that cannot be given is asked for again by the appliance."""
        with contextlib.suppress(ApplianceAway, TooMany):
            await self.ask(Done((result,)), Ok)

    async def _serve(self) -> None:
        done: tuple[Result, ...] = ()
        if not self.is_there:
            await self._come()
        while True:
            work = await self._next(Next(done))
            results = [await self._do(job) for job in work.jobs]
            done = tuple(result for result in results if result is not None)

    async def _come(self) -> None:
        await self._arrived()
        self.is_there = True
        logger.info("the appliance is there")

    async def _gone(self, why: str) -> None:
        if self.is_there:
            self.is_there = False
            logger.warning("the appliance is away: %s", why)
            await self._left()

    async def _next(self, request: Next) -> Work:
        try:
            return _expected(await self._poll.ask(request, POLL_S + ANSWER_S), Work)
        except (Unreachable, Busy) as error:
            raise ApplianceAway(str(error)) from error

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Client[Request, Answer]]:
        if self._waiting >= MAX_WAITING:
            raise TooMany(AGAIN_S)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        client = self._idle.pop()
        try:
            yield client
        finally:
            self._idle.append(client)
            self._places.release()


def _expected(answer: Answer, kind: type[A]) -> A:
    if isinstance(answer, kind):
        return answer
    code = answer.code if isinstance(answer, Refused) else type(answer).__name__
    raise ApplianceAway(f"answered {code}")
