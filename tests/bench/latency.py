"""Low load, a room of 50 at five messages a second: when the sender has the answer and the last member the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench import limits, peer
from tests.bench.agency import apart, folder, make, places
from tests.bench.driver import Report, drive
from tests.bench.results import Result, at_most, progress, result
from tests.bench.server import plan, running, sign_in

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS: Final = 50
MESSAGES: Final = 150
RATE: Final = 5.0
BAR_P50_MS: Final = 3.0
BAR_P99_MS: Final = 3.7


def bench() -> Result:
    """Measure the appliance and a plain server that syncs and sends, on each kind of disk."""
    reports: dict[str, Report] = {}
    plain: dict[str, Report] = {}
    peers: dict[str, Report | None] = {}
    synced: dict[str, dict[str, float]] = {}
    for name, place in places().items():
        with folder(place) as data:
            progress(f"latency: {name}")
            synced[name] = limits.syncs(data)
            reports[name] = load(data)
            peers[name] = peer.measure(data, 1, MEMBERS, load="paced", messages=MESSAGES, rate=RATE)
            with limits.echo(data / "limit.sync") as echo:
                plain[name] = drive(
                    limits.plan(echo, 1, MEMBERS, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE)
                )
    bars = []
    for name, report in reports.items():
        sync = synced[name]
        bars += [
            at_most(f"{name}: ms to the last member, p50", report.last_ms["p50"], BAR_P50_MS + sync["p50"]),
            at_most(f"{name}: ms to the last member, p99", report.last_ms["p99"], BAR_P99_MS + sync["p99"]),
        ]
    for name, other in peers.items():
        if other is not None:
            bars += [
                at_most(f"{name}: ms to the peer's, {share}", reports[name].last_ms[share] / other.last_ms[share], 1.0)
                for share in ("p50", "p99")
            ]
    details = {
        "bars": bars,
        "reports": {name: report.figures() for name, report in reports.items()},
        "limits": {name: report.figures() for name, report in plain.items()},
        "limit_is": "a server that writes a page, waits for fdatasync and writes a prepared frame to everybody",
        "fdatasync_ms": synced,
        "peer": peer.figures(peers),
        "load": f"a room of {MEMBERS}, all connected, {MESSAGES} messages at {RATE:g} a second",
    }
    main = reports["disk"]
    return result("latency", main.last_ms["p50"], "ms", plain["disk"].last_ms["p50"], main.server_cpu_s, details)


def load(data: Path) -> Report:
    """Have the owner of the one room send."""
    layout = make(data, apart(1, MEMBERS))
    with running(data) as server:
        tokens = sign_in(server, layout, range(MEMBERS))
        senders = {0: layout.rooms[0].id}
        return drive(plan(server, senders, tokens, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE))
