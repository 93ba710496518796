"""Work for the gateway, and who waits for what becomes of it.

The appliance has no key of the gateway and no line to a peer, so it asks: seal these headers, cosign this checkpoint,
sign this statement, fetch this from a peer, send this frame. Rules:
- jobs are given in order, and a job is given once; what was given when the gateway went away has failed;
- who asks last for work gets it: the one before may be a gateway that was killed, which only writing to it tells;
- nobody waits for a gateway that is not there: then `Unavailable` (`gateway_away`) is raised at once;
- so much work waits at most (`MAX_WAITING`), and a job that nobody answers for `ANSWER_S` has failed.

Does not: decide what is asked for (`arriving.py`, `feeding.py`, `sending.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from appliance.errors import TooMany, Unavailable
from federation.gateway import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_WAITING: Final = 1_024
MAX_GIVEN: Final = 64
"""Jobs of one answer, and their bytes."""
MAX_GIVEN_BYTES: Final = 4 * 1024**2
ANSWER_S: Final = 60.0
BUSY_S: Final = 1.0
GATEWAY_AWAY: Final = "gateway_away"
NOT_DONE: Final = "gateway_not_done"

ResultT = TypeVar("ResultT", messages.Sealed, messages.Signed, messages.Cosigned, messages.Fetched)


class Jobs:
    """The work that waits, is given, or is done; made anew for nobody: it lives as long as the appliance."""

    def __init__(self) -> None:
        self._waiting: deque[messages.Job] = deque()
        self._asked: dict[int, asyncio.Future[messages.Result]] = {}
        self._numbers = count(1)
        self._woken = asyncio.Event()
        self._gateways = 0

    @property
    def is_there(self) -> bool:
        """Whether a gateway takes work now."""
        return self._gateways > 0

    def came(self) -> None:
        """Note that a gateway asks for work."""
        self._gateways += 1

    def went(self) -> None:
        """Note that a gateway is gone: what it was given has failed, and what waits for one too."""
        self._gateways -= 1
        if self._gateways:
            return
        self._waiting.clear()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(Unavailable(code=GATEWAY_AWAY))
        self._asked.clear()

    async def seal(self, headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return the seals of headers of one room, each as its canonical bytes. Raises Unavailable, TooMany."""
        sealed = await self._done(lambda job: messages.Seal(job, headers), messages.Sealed)
        if len(sealed.seals) != len(headers):
            raise Unavailable("another number of seals", code=NOT_DONE)
        return sealed.seals

    async def sign(self, kind: str, payload: str) -> bytes:
        """Return a statement of this type over a payload (canonical JSON), as JSON. Raises Unavailable, TooMany."""
        return (await self._done(lambda job: messages.SignStatement(job, kind, payload), messages.Signed)).statement

    async def cosign(self, text: str) -> str:
        """Return the witness's line over the text of a checkpoint that was verified. Raises Unavailable, TooMany."""
        return (await self._done(lambda job: messages.Cosign(job, text), messages.Cosigned)).line

    async def fetch(
        self, peer: str, kind: messages.Kind, target: dict[str, str], body: bytes = b""
    ) -> messages.Fetched:
        """Return what a peer answers to a signed request. Raises Unavailable, TooMany."""
        return await self._done(lambda job: messages.Fetch(job, peer, kind, target, body), messages.Fetched)

    def send(self, peer: str, frame: bytes) -> None:
        """Have a frame sent. Whoever calls keeps to the room that the gateway has for this peer."""
        self._put(messages.Outgoing(peer, frame))

    async def next(self, timeout_s: float) -> tuple[messages.Job, ...]:
        """Return the work that waits, in order: at least one job unless the time is over, or somebody else asks."""
        self._woken.set()
        self._woken = woken = asyncio.Event()
        if not self._waiting:
            try:
                async with asyncio.timeout(timeout_s):
                    await woken.wait()
            except TimeoutError:
                return ()
            if woken is not self._woken:
                return ()
        given: list[messages.Job] = []
        size = 0
        while self._waiting and len(given) < MAX_GIVEN and size < MAX_GIVEN_BYTES:
            job = self._waiting.popleft()
            size += _bytes_of(job)
            given.append(job)
        return tuple(given)

    def finish(self, results: Iterable[messages.Result]) -> None:
        """Tell those who wait what became of their jobs. A result that nobody waits for any more is dropped."""
        for result in results:
            future = self._asked.pop(result.job, None)
            if future is not None and not future.done():
                future.set_result(result)

    async def _done(self, make: Callable[[int], messages.Job], kind: type[ResultT]) -> ResultT:
        number = next(self._numbers)
        future: asyncio.Future[messages.Result] = asyncio.get_running_loop().create_future()
        self._put(make(number))
        self._asked[number] = future
        try:
            async with asyncio.timeout(ANSWER_S):
                result = await future
        except TimeoutError as error:
            raise Unavailable(code=NOT_DONE) from error
        finally:
            self._asked.pop(number, None)
        if isinstance(result, messages.Failed):
            raise Unavailable(result.why, code=NOT_DONE)
        if not isinstance(result, kind):
            raise Unavailable("a result of another kind", code=NOT_DONE)
        return result

    def _put(self, job: messages.Job) -> None:
        if not self.is_there:
            raise Unavailable(code=GATEWAY_AWAY)
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(BUSY_S, code="busy")
        self._waiting.append(job)
        self._woken.set()


def _bytes_of(job: messages.Job) -> int:
    match job:
        case messages.Outgoing():
            return len(job.frame)
        case messages.Seal():
            return sum(map(len, job.headers))
        case messages.SignStatement():
            return len(job.payload)
        case messages.Cosign():
            return len(job.text)
        case messages.Fetch():
            return len(job.body)
