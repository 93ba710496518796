"""Two or more appliances whose gateways are one object: what their exchanges give is carried to each other.

Keys are real, and what is carried are the bytes that a link would carry. A test cuts a line, loses or repeats a frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from appliance.evidence.seal import encode_seal, seal_batch
from appliance.evidence.statements import encode_statement, read_payload, sign
from appliance.ipc.sockets import Peer as Caller
from appliance.rules.statements import StatementType
from federation.exchange.exchange import Exchange
from federation.gateway import messages as m
from federation.protocol import frames
from tests.bureau import Bureau
from tests.log.agencies import open_agencies, witness
from tests.signed import KEY_ID, gateway_key

CALLER = Caller(0, 0, 0)
ROOM = 32


class Wire:
    """Carries frames between agencies. `lose(sender, frame)` says which are lost; a lost frame's link ends."""

    def __init__(self, agencies: dict[str, Bureau]) -> None:
        self.agencies = agencies
        self.exchanges = {slug: Exchange(b.s, lambda: 0.0, no_bundle) for slug, b in agencies.items()}
        self.lose: Callable[[str, bytes], bool] = lambda *_: False
        self.carried: list[tuple[str, bytes]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Have the gateways of all agencies connect."""
        for slug, exchange in self.exchanges.items():
            await exchange.start()
            exchange.came()
            self._tasks.append(asyncio.create_task(self._work(slug), name=f"gateway {slug}"))

    async def close(self) -> None:
        """End the gateways."""
        for exchange in self.exchanges.values():
            exchange.went()
            await exchange.close()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def link(self, one: str, other: str) -> None:
        """Open the link between two agencies: both say what they have, then both know of it before a frame goes."""
        greeted = {}
        for here, there in ((one, other), (other, one)):
            greeted[here, there] = await self.exchanges[there].answer(m.Greet(here), CALLER)
        for (here, there), has in greeted.items():
            assert isinstance(has, m.Cursors)
            await self.exchanges[here].answer(m.Opened(there, 1, 0, 1, has.has, has.statements, ROOM), CALLER)

    async def cut(self, one: str, other: str) -> None:
        """End the link between two agencies."""
        for here, there in ((one, other), (other, one)):
            await self.exchanges[here].answer(m.Closed(there, "test"), CALLER)

    def is_linked(self, one: str, other: str) -> bool:
        """Return whether both have a link to each other."""
        return all(self.exchanges[a].peers.get(b) for a, b in ((one, other), (other, one)))

    async def bring(self, sender: str, to: str, frame: frames.Frame) -> m.Answer:
        """Bring one frame, whatever the sender's exchange thinks of it; return what is answered."""
        return await self.exchanges[to].answer(m.Brought(sender, (frames.encode(frame),)), CALLER)

    async def _work(self, slug: str) -> None:
        exchange = self.exchanges[slug]
        while True:
            for job in await exchange.jobs.next(m.POLL_S):
                if isinstance(job, m.Outgoing):
                    await self._carry(slug, job)
                else:
                    exchange.jobs.finish((await self._do(slug, job),))

    async def _carry(self, sender: str, job: m.Outgoing) -> None:
        if self.lose(sender, job.frame):
            await self.cut(sender, job.peer)
            return
        self.carried.append((sender, job.frame))
        asyncio.get_running_loop().create_task(self._bring(sender, job.peer, (job.frame,)))
        await self.exchanges[sender].answer(m.Ready(job.peer, 1), CALLER)

    async def _bring(self, sender: str, to: str, data: tuple[bytes, ...]) -> None:
        answer = await self.exchanges[to].answer(m.Brought(sender, data), CALLER)
        if isinstance(answer, m.Frames) and answer.frames:
            await self._bring(to, sender, answer.frames)

    async def _do(self, slug: str, job: m.Job) -> m.Result:
        match job:
            case m.Seal():
                seals = seal_batch(job.headers, KEY_ID, gateway_key(slug))
                return m.Sealed(job.job, tuple(map(encode_seal, seals)))
            case m.SignStatement():
                kind = StatementType(job.type)
                signed = sign(kind, read_payload(kind, job.payload, kind), KEY_ID, gateway_key(slug))
                assert signed.payload == job.payload
                return m.Signed(job.job, encode_statement(signed).encode())
            case m.Cosign():
                return m.Cosigned(job.job, witness(slug).cosign(job.text, self.agencies[slug].s.clock() // 1000))
            case m.Fetch():
                asked = m.Asked(slug, job.kind, job.target, job.body)
                answered = await self.exchanges[job.peer].answer(asked, CALLER)
                assert isinstance(answered, m.Answered)
                return m.Fetched(job.job, answered.status, answered.body)
            case _:
                raise AssertionError(job)


async def no_bundle(_: dict[str, bytes]) -> int:
    return 1


@asynccontextmanager
async def open_wire(folder: Path, *slugs: str) -> AsyncIterator[Wire]:
    """Open an appliance for each agency, with their gateways; no link is open."""
    async with open_agencies(folder, *slugs) as agencies:
        wire = Wire(agencies)
        await wire.start()
        try:
            yield wire
        finally:
            await wire.close()
