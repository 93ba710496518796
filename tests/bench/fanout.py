"""One room of 500, one sender who paces: when the last member has each message, and what that costs the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench import limits, peer
from tests.bench.agency import apart, folder, make, places
from tests.bench.driver import Report, drive
from tests.bench.results import Result, at_most, progress, result
from tests.bench.server import plan, running, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.agency import Layout

MEMBERS: Final = 500
MESSAGES: Final = 300
RATE: Final = 20.0
BAR_MS: Final = 4.5
BAR_CPU: Final = 2.5
BAR_PEER: Final = 0.25


def bench() -> Result:
    """Measure the appliance on both kinds of disk and with TLS, and the plain loop beside it."""
    reports: dict[str, Report] = {}
    peers: dict[str, Report | None] = {}
    for name, place in places().items():
        with folder(place) as data:
            layout = make(data, apart(1, MEMBERS))
            progress(f"fanout: {name}")
            reports[name] = load(data, layout)
            progress(f"fanout: {name}, peer")
            peers[name] = peer.measure(data, 1, MEMBERS, load="paced", messages=MESSAGES, rate=RATE)
            if name == "disk":
                progress("fanout: disk, TLS")
                reports["disk, TLS"] = load(data, layout, tls=True)
    with limits.send_loop(MEMBERS) as loop:
        progress("fanout: limit")
        plain = drive(limits.plan(loop, 1, MEMBERS, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE))
    with limits.echo() as echo:
        echoed = drive(limits.plan(echo, 1, MEMBERS, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE))
    best = min(reports.values(), key=lambda report: report.last_ms["p50"])
    cpu_ratio = best.cpu_s_per_1000 / plain.cpu_s_per_1000
    details = {
        "bars": [
            at_most("ms until all have it, p50, best of the disks", best.last_ms["p50"], BAR_MS),
            at_most("CPU to the plain loop's", cpu_ratio, BAR_CPU),
            *(
                at_most(f"ms to the peer's, {name}", reports[name].last_ms["p50"] / other.last_ms["p50"], BAR_PEER)
                for name, other in peers.items()
                if other is not None
            ),
        ],
        "peer": peer.figures(peers),
        "cpu_ratio": cpu_ratio,
        "cpu_ms_a_message": {name: report.server_cpu_s * 1000 / MESSAGES for name, report in reports.items()},
        "reports": {name: report.figures() for name, report in reports.items()},
        "limits": {loop.what: plain.figures(), echo.what: echoed.figures()},
        "limit_cpu_ms_a_message": plain.server_cpu_s * 1000 / MESSAGES,
        "load": f"a room of {MEMBERS}, all connected, {MESSAGES} messages at {RATE:g} a second",
    }
    main = reports["disk"]
    return result("fanout", main.last_ms["p50"], "ms", plain.last_ms["p50"], main.server_cpu_s, details)


def load(data: Path, layout: Layout, *, tls: bool = False) -> Report:
    """Have the owner of the one room send."""
    with running(data, tls=tls) as server:
        tokens = sign_in(server, layout, range(MEMBERS))
        senders = {0: layout.rooms[0].id}
        return drive(plan(server, senders, tokens, load="paced", audience=MEMBERS - 1, messages=MESSAGES, rate=RATE))
