"""Three agencies over real logs and stores, and everything that can happen to their lines, processes and disks.

`Storm` carries frames as `Wire` does, but loses, repeats and delays some, stops an appliance with nothing closed (its
folder as it is at that moment is what starts again), and puts an older copy of a folder in its place. A frame of a link
that is gone is brought nowhere, as with a connection; what answers belongs to the link that it came by.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from federation.exchange.exchange import Exchange
from federation.gateway import messages as m
from federation.protocol import frames
from tests.bureau import open_bureau
from tests.federation.wire import CALLER, Wire, no_bundle
from tests.log.agencies import registry_of
from tests.waiting import until

Pair = frozenset[str]
T = TypeVar("T")


class Storm(Wire):
    """Agencies by their slugs in folders; one that is stopped has no bureau and no exchange."""

    def __init__(self, folder: Path, *slugs: str) -> None:
        super().__init__({})
        self.slugs, self._folder = slugs, folder
        self._open: dict[str, AsyncExitStack] = {}
        self._gateways: dict[str, asyncio.Task[None]] = {}
        self._links: dict[Pair, int] = {}
        self._numbers, self._txns = count(1), count(1)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._delayed: list[tuple[str, str, bytes, int]] = []
        self.losing = self.repeating = self.delaying = 0
        self.keep_back: Callable[[str, bytes], bool] = lambda *_: False
        """Whether a frame of a sender is never brought, though its link goes on."""

    def place(self, slug: str) -> Path:
        return self._folder / slug

    async def begin(self, slug: str) -> None:
        """Start an appliance over its folder, and its gateway."""
        self.place(slug).mkdir(exist_ok=True)
        stack = AsyncExitStack()
        b = await stack.enter_async_context(open_bureau(self.place(slug), agency=slug))
        b.s.log.registry = registry_of(*self.slugs)
        b.txns = count(1_000_000 * next(self._txns))
        self._open[slug], self.agencies[slug] = stack, b
        self.exchanges[slug] = Exchange(b.s, lambda: 0.0, no_bundle)
        await self.exchanges[slug].start()
        self.exchanges[slug].came()
        self._gateways[slug] = asyncio.create_task(self._work(slug), name=f"gateway {slug}")

    async def end(self, slug: str) -> None:
        """Stop an appliance and its gateway."""
        for other in self.slugs:
            if other != slug:
                await self.cut(slug, other)
        exchange = self.exchanges.pop(slug)
        exchange.went()
        await exchange.close()
        task = self._gateways.pop(slug)
        ending = [task, *(each for each in self._under_way if slug in each.get_name().split())]
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        del self.agencies[slug]
        await self._open.pop(slug).aclose()

    async def end_all(self) -> None:
        for slug in list(self.agencies):
            await self.end(slug)

    async def copy(self, slug: str, to: Path) -> None:
        """Copy a folder as it is between two transactions: what a machine that loses power leaves, or a backup."""
        async with self.agencies[slug].s.store.write():
            shutil.rmtree(to, ignore_errors=True)
            shutil.copytree(self.place(slug), to, ignore=shutil.ignore_patterns("*.sock", "*.tmp"))

    async def crash(self, slug: str) -> None:
        """Stop an appliance as it is, and start it from what is on its disk; nothing goes out after that."""
        for other in self.slugs:
            if other != slug:
                await self.cut(slug, other)
        left = self._folder / "left"
        await self.copy(slug, left)
        await self.end(slug)
        _write_over(self.place(slug), left)
        await self.begin(slug)

    async def restore(self, slug: str, copy: Path, *, whole_disk: bool = False) -> None:
        """Start an appliance from an older copy of its database, or with its whole disk as it was (it cannot tell)."""
        await self.end(slug)
        if whole_disk:
            _write_over(self.place(slug), copy)
        else:
            _put_in_place(self.place(slug), copy)
        await self.begin(slug)

    async def link(self, one: str, other: str) -> None:
        """Open the link of two agencies that both run and have none."""
        pair = frozenset((one, other))
        if pair in self._links or not pair <= self.exchanges.keys():
            return
        self._links[pair] = next(self._numbers)
        await super().link(one, other)

    async def cut(self, one: str, other: str) -> None:
        """End a link; what was on it is lost."""
        if self._links.pop(frozenset((one, other)), None) is not None:
            await super().cut(one, other)

    async def heal(self) -> None:
        """Let everything through from now on, and open all links that are not."""
        self.losing = self.repeating = self.delaying = 0
        await self.release()
        for at, one in enumerate(self.slugs):
            for other in self.slugs[at + 1 :]:
                await self.link(one, other)

    async def release(self) -> None:
        """Bring what was delayed, if its link is still there."""
        delayed, self._delayed = self._delayed, []
        for sender, to, frame, link in delayed:
            self._start(sender, to, (frame,), link)

    async def quiet(self) -> None:
        """Wait until nothing is under way."""
        await until(lambda: not self._under_way, "frames have come")

    async def _carry(self, sender: str, job: m.Outgoing) -> None:
        link = self._links.get(frozenset((sender, job.peer)))
        if link is None:
            return
        if self.keep_back(sender, job.frame):
            return
        if self.losing:
            self.losing -= 1
            await self.cut(sender, job.peer)
            return
        frame = self._with_low(sender, job)
        if self.delaying:
            self.delaying -= 1
            self._delayed.append((sender, job.peer, frame, link))
        else:
            self._start(sender, job.peer, (frame,), link)
        if self.repeating:
            self.repeating -= 1
            self._start(sender, job.peer, (frame,), link)
        if sender in self.exchanges:
            await self.exchanges[sender].answer(m.Ready(job.peer, 1), CALLER)

    def _with_low(self, sender: str, job: m.Outgoing) -> bytes:
        """Return a frame with the cursor that a link writes into it: as far as nothing before it is still delayed."""
        read = frames.parse(job.frame)
        if not isinstance(read, frames.Feed) or any(one[:2] == (sender, job.peer) for one in self._delayed):
            return job.frame
        return frames.encode(msgspec.structs.replace(read, low=read.pos))

    def _start(self, sender: str, to: str, data: tuple[bytes, ...], link: int) -> None:
        self._follow(f"{sender} to {to}", self._bring_by(sender, to, data, link))

    def _follow(self, name: str, work: Coroutine[None, None, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _bring_by(self, sender: str, to: str, data: tuple[bytes, ...], link: int) -> None:
        """Bring frames by a link and bring what is answered back, as long as that link is there."""
        pair = frozenset((sender, to))
        if self._links.get(pair) != link:
            return
        answer = await self.exchanges[to].answer(m.Brought(sender, data), CALLER)
        if not isinstance(answer, m.Frames) or not answer.frames or self._links.get(pair) != link:
            return
        if any(isinstance(frames.parse(frame), frames.Bye) for frame in answer.frames):
            await self.cut(sender, to)
            return
        await self._bring_by(to, sender, answer.frames, link)

    async def _do(self, slug: str, job: m.Job) -> m.Result:
        """Do a job; a question ends with who asks or is asked, and keeps nothing else waiting."""
        if not isinstance(job, m.Fetch):
            return await super()._do(slug, job)
        if frozenset((slug, job.peer)) not in self._links:
            return m.Failed(job.job, "away")
        asking = self._follow(f"{slug} to {job.peer}", super()._do(slug, job))
        await asyncio.wait((asking,))
        return m.Failed(job.job, "gone") if asking.cancelled() else asking.result()


def _write_over(folder: Path, copy: Path) -> None:
    """Have a folder hold what a copy of it holds; files that are there are the same files with other bytes."""
    for file in folder.glob("gchat.db*"):
        if not (copy / file.name).exists():
            file.unlink()
    for file in copy.iterdir():
        if file.is_file():
            shutil.copyfile(file, folder / file.name)


def _put_in_place(folder: Path, copy: Path) -> None:
    """Have a folder hold the database of a copy, as other files."""
    for file in folder.glob("gchat.db*"):
        file.unlink()
    for file in copy.glob("gchat.db*"):
        shutil.copy(file, folder)
