"""The load generator: a process of its own on a core of its own, `python -m tests.bench.driver`.

Reads a plan from standard input, connects everybody, does the load, writes what it saw to standard output. Kinds of
load: `closed` keeps a number of messages of each sender under way and counts what a window of time achieves; `steady`
sends at a rate, as people do who do not wait for one another; `paced` sends one message at a time and measures when the
last member has it; `hold` keeps connections open and silent until standard input ends. It samples the server's CPU
time itself, at the window's edges.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import ssl
import subprocess
import sys
from time import perf_counter, process_time, time_ns
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
import uvloop

from tests.bench.links import Link, Tally, WebSocketLink
from tests.bench.processes import DRIVER_CORE, cpu_s, on_core
from tests.bench.receiver import received_in_c
from tests.bench.results import milliseconds
from tests.bench.texts import TEXTS
from tests.bench.xmpp import XmppLink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECTING_AT_ONCE = 50
CONNECT_S = 30.0
DRAIN_S = 20.0
SETTLE_S = 1.5
HELD = "held"


class Seat(msgspec.Struct, frozen=True):
    """One connection: where it goes and as whom. `sends_to` is the room it sends to, None for a mere member."""

    path: str
    token: str
    sends_to: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A load. `audience` is how many others get each message.

    `pids` are the processes that the messages go through, `others` those of the same server that only hear of them.
    `confirms` says that the server confirms messages to their sender, as all do but the plainest limit.
    """

    load: Literal["closed", "steady", "paced", "hold"]
    host: str
    port: int
    seats: list[Seat]
    pids: list[int]
    others: list[int] = []
    audience: int = 0
    ca: str | None = None
    in_flight: int = 1
    warm_up_s: float = 2.0
    seconds: float = 10.0
    rate: float = 10.0
    messages: int = 100
    confirms: bool = True
    protocol: Literal["websocket", "xmpp"] = "websocket"


class Report(msgspec.Struct, kw_only=True):
    """What a load saw within its window; times in ms as p50 and p99."""

    messages: int
    deliveries: int
    wall_s: float
    server_cpu_s: float
    others_cpu_s: float
    driver_cpu_s: float
    ack_ms: dict[str, float]
    last_ms: dict[str, float]
    received_in: str = "Python"

    @property
    def messages_s(self) -> float:
        """Messages acknowledged in a second."""
        return self.messages / self.wall_s

    @property
    def deliveries_s(self) -> float:
        """Deliveries in a second."""
        return self.deliveries / self.wall_s

    @property
    def cpu_s_per_1000(self) -> float:
        """CPU seconds of the server for 1,000 deliveries."""
        return self.server_cpu_s * 1000 / self.deliveries

    def figures(self) -> dict[str, Any]:
        """Return what a reader wants to know, for a result's details."""
        return {
            "messages_per_s": self.messages_s,
            "deliveries_per_s": self.deliveries_s,
            "cpu_s_per_1000_deliveries": self.cpu_s_per_1000,
            "server_cores": self.server_cpu_s / self.wall_s,
            "driver_cores": self.driver_cpu_s / self.wall_s,
            **({"other_processes_cpu_s": self.others_cpu_s} if self.others_cpu_s else {}),
            "ack_ms": self.ack_ms,
            **({"last_member_ms": self.last_ms, "received_in": self.received_in} if self.last_ms["p50"] else {}),
        }


def drive(plan: Plan) -> Report:
    """Run a load in a process on the driver's core. Raises RuntimeError when a message was lost or refused."""
    process = _spawn()
    said, _ = process.communicate(msgspec.json.encode(plan) + b"\n")
    if process.returncode:
        raise RuntimeError(f"the load generator ended with {process.returncode}")
    return msgspec.json.decode(said, type=Report)


class Holder:
    """Connections that are held open while something else is measured. A context manager."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self._process = _spawn()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(self._plan) + b"\n")
        self._process.stdin.flush()
        if self._process.stdout.readline().strip() != HELD.encode():
            raise RuntimeError("the connections could not be opened")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _spawn() -> subprocess.Popen[bytes]:
    with on_core(DRIVER_CORE):
        return subprocess.Popen(
            [sys.executable, "-m", "tests.bench.driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )


async def connect(plan: Plan, tally: Tally) -> list[Link]:
    """Open every connection of a plan, some at a time, and wait until all hear messages."""
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(cafile=plan.ca) if plan.ca else None
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def open_one(seat: Seat) -> Link:
        async with gate:
            make = _maker(plan, seat, tally)
            name = "localhost" if context else None
            _, link = await loop.create_connection(make, plan.host, plan.port, ssl=context, server_hostname=name)
            await asyncio.wait_for(link.ready, CONNECT_S)
            return link

    links = await asyncio.gather(*map(open_one, plan.seats))
    await asyncio.sleep(SETTLE_S)
    return list(links)


def _maker(plan: Plan, seat: Seat, tally: Tally) -> Callable[[], Link]:
    counts = seat.sends_to is None
    if plan.protocol == "xmpp":
        return lambda: XmppLink(tally, seat.path, seat.token, counts=counts)
    return lambda: WebSocketLink(tally, seat.path, seat.token, counts=counts)


class Sender:
    """One member who sends: keeps `in_flight` messages under way while `running`."""

    def __init__(self, link: Link, room: str, name: str, in_flight: int) -> None:
        self.waits: list[float] = []
        self.sent = self.done = 0
        self.running = True
        self._link, self._room, self._in_flight = link, room, in_flight
        self._under_way: dict[str, float] = {}
        self._ids = (f"{name}-{number}" for number in itertools.count())
        link.acknowledged = self._acknowledged

    def start(self) -> None:
        """Send the first messages."""
        for _ in range(self._in_flight):
            self.send()

    def send(self) -> None:
        """Send one message."""
        txn_id = next(self._ids)
        self._under_way[txn_id] = perf_counter()
        self._link.send(self._room, txn_id, TEXTS[self.sent % len(TEXTS)])
        self.sent += 1

    def _acknowledged(self, txn_id: str) -> None:
        self.waits.append(perf_counter() - self._under_way.pop(txn_id))
        self.done += 1
        if self.running and self._in_flight:
            self.send()


class Window:
    """What was counted between two moments."""

    def __init__(self, plan: Plan, tally: Tally, senders: list[Sender]) -> None:
        self._plan, self._tally, self._senders = plan, tally, senders
        self._before = self._now()
        self._acked = [len(sender.waits) for sender in senders]

    def _now(self) -> tuple[float, float, float, float, int, int]:
        done = sum(sender.done for sender in self._senders)
        used = cpu_s(self._plan.pids), cpu_s(self._plan.others)
        return perf_counter(), *used, process_time(), done, self._tally.count

    def report(self, last: list[float]) -> Report:
        """Return what happened since the window was opened."""
        after = self._now()
        wall, server, others, driver, done, delivered = (b - a for a, b in zip(self._before, after, strict=True))
        waits = [
            wait for first, sender in zip(self._acked, self._senders, strict=True) for wait in sender.waits[first:]
        ]
        return Report(
            messages=int(done),
            deliveries=int(delivered),
            wall_s=wall,
            server_cpu_s=server,
            others_cpu_s=others,
            driver_cpu_s=driver,
            ack_ms=milliseconds(waits),
            last_ms=milliseconds(last),
        )


async def closed(plan: Plan, tally: Tally, senders: list[Sender]) -> Report:
    """Keep every sender busy; afterwards check that every message reached every other member."""
    for sender in senders:
        sender.start()
    await asyncio.sleep(plan.warm_up_s)
    window = Window(plan, tally, senders)
    await asyncio.sleep(plan.seconds)
    report = window.report([])
    for sender in senders:
        sender.running = False
    await _drained(plan, tally, senders)
    return report


async def steady(plan: Plan, tally: Tally, senders: list[Sender]) -> Report:
    """Send at a rate, senders in turn, whatever is still under way; afterwards check as `closed` does."""
    turns = itertools.cycle(senders)
    await _send_for(plan.warm_up_s, plan.rate, turns)
    window = Window(plan, tally, senders)
    await _send_for(plan.seconds, plan.rate, turns)
    report = window.report([])
    await _drained(plan, tally, senders)
    return report


async def _send_for(seconds: float, rate: float, turns: Iterator[Sender]) -> None:
    begun = perf_counter()
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, begun + number / rate - perf_counter()))
        next(turns).send()


async def paced(plan: Plan, tally: Tally, senders: list[Sender], links: list[Link]) -> Report:
    """Send one message after another at a rate, senders in turn; measure until the last member has it."""
    members = [link for link in links if link.counts]
    async with received_in_c(members, tally, plan.audience) as in_c:
        report = await _pace(plan, tally, senders)
    if in_c:
        report = msgspec.structs.replace(report, received_in="C")
    await _drained(plan, tally, senders)
    return report


async def _pace(plan: Plan, tally: Tally, senders: list[Sender]) -> Report:
    turns = itertools.cycle(senders)
    for _ in range(max(5, plan.messages // 10)):
        await _to_all(plan, tally, next(turns))
    await asyncio.sleep(SETTLE_S)
    window = Window(plan, tally, senders)
    last = []
    due = perf_counter()
    for _ in range(plan.messages):
        due += 1 / plan.rate
        last.append(await _to_all(plan, tally, next(turns)))
        await asyncio.sleep(max(0.0, due - perf_counter()))
    return window.report(last)


async def _to_all(plan: Plan, tally: Tally, sender: Sender) -> float:
    begun = perf_counter()
    sender.send()
    return await tally.reach(plan.audience, DRAIN_S) - begun


async def _drained(plan: Plan, tally: Tally, senders: list[Sender]) -> None:
    deadline = perf_counter() + DRAIN_S
    sent = sum(sender.sent for sender in senders)
    done = 0
    while perf_counter() < deadline:
        done = sum(sender.done for sender in senders) if plan.confirms else sent
        if done == sent and tally.count == sent * plan.audience:
            break
        await asyncio.sleep(0.05)
    if tally.errors or done != sent or tally.count != sent * plan.audience:
        raise RuntimeError(
            f"{sent} sent, {done} confirmed, {tally.count} of {sent * plan.audience} delivered; {tally.errors[:3]}"
        )


async def run(plan: Plan) -> Report | None:
    """Do what a plan says."""
    tally = Tally()
    links = await connect(plan, tally)
    if plan.load == "hold":
        print(HELD, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
        return None
    name = f"{time_ns():x}"
    senders = [
        Sender(link, seat.sends_to, f"{name}-{number}", plan.in_flight if plan.load == "closed" else 0)
        for number, (link, seat) in enumerate(zip(links, plan.seats, strict=True))
        if seat.sends_to is not None
    ]
    gc.collect()
    gc.freeze()
    if plan.load == "paced":
        report = await paced(plan, tally, senders, list(links))
    else:
        report = await {"closed": closed, "steady": steady}[plan.load](plan, tally, senders)
    for link in links:
        link.close()
    return report


def main() -> None:
    """Read a plan, run it, write the report."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    report = uvloop.run(run(plan))
    if report is not None:
        sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
