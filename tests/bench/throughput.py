"""20 rooms of 10, everybody connected, one sender in each room: durable messages a second and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.bench import limits, peer
from tests.bench.agency import apart, folder, make, places
from tests.bench.driver import Report, drive
from tests.bench.results import Result, at_least, at_most, progress, result
from tests.bench.server import Server, plan, running, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.agency import Layout

ROOMS: Final = 20
MEMBERS: Final = 10
BATCHES: Final = (20, 256)
IN_FLIGHT: Final = (1, 4)
AIM_MESSAGES_S: Final = 6_000
BAR_CPU_S: Final = 0.019
BAR_TLS: Final = 0.5
BAR_PEER: Final = 4


def bench() -> Result:
    """Measure the appliance on both kinds of disk and with TLS, and the limits beside it."""
    reports: dict[str, Report] = {}
    peers: dict[str, Report | None] = {}
    bare: dict[str, Any] = {}
    for name, place in places().items():
        with folder(place) as data:
            bare[name] = _inserts(data)
            layout = make(data, apart(ROOMS, MEMBERS))
            with running(data) as server:
                for in_flight in IN_FLIGHT:
                    label = f"{name}, {in_flight} in flight"
                    progress(f"throughput: {label}")
                    reports[label] = load(server, layout, in_flight)
            progress(f"throughput: {name}, peer")
            peers[name] = peer.measure(data, ROOMS, MEMBERS, load="closed")
            if name == "disk":
                with running(data, tls=True) as server:
                    progress("throughput: disk, TLS")
                    reports["disk, 1 in flight, TLS"] = load(server, layout, 1)
    with limits.echo() as echo:
        progress("throughput: limit")
        echoed = drive(limits.plan(echo, ROOMS, MEMBERS, load="closed", audience=MEMBERS - 1, seconds=5.0))
    return _result(reports, bare, echoed, peers)


def load(server: Server, layout: Layout, in_flight: int) -> Report:
    """Have the first member of every room send for ten seconds."""
    tokens = sign_in(server, layout, range(ROOMS * MEMBERS))
    senders = {room.members[0]: room.id for room in layout.rooms}
    return drive(plan(server, senders, tokens, load="closed", audience=MEMBERS - 1, in_flight=in_flight))


def _inserts(data: Path) -> dict[str, Any]:
    found = {batch: limits.inserts(data, batch) for batch in BATCHES}
    return {
        **{f"sqlcipher_rows_per_s_batch_{batch}": bare.rows_s for batch, bare in found.items()},
        "sqlcipher_cpu_us_a_row_batch_20": found[BATCHES[0]].cpu_us_a_row,
        "fdatasync_ms": limits.syncs(data),
    }


def _result(
    reports: dict[str, Report], bare: dict[str, Any], echoed: Report, peers: dict[str, Report | None]
) -> Result:
    main, tls = reports["disk, 1 in flight"], reports["disk, 1 in flight, TLS"]
    # On one core a message must be inserted and then written to everybody: the two times add up.
    inserted = bare["disk"]["sqlcipher_rows_per_s_batch_20"]
    limit = 1 / (1 / inserted + 1 / echoed.messages_s)
    best = max(report.messages_s for report in reports.values())
    dearest = max(report.cpu_s_per_1000 for label, report in reports.items() if "TLS" not in label)
    bars = [
        at_least("messages/s, best of the disks", best, AIM_MESSAGES_S),
        at_most("CPU s per 1,000 deliveries, without TLS, the dearest", dearest, BAR_CPU_S),
        at_least("messages/s with TLS to without", tls.messages_s / main.messages_s, BAR_TLS),
    ]
    for name, other in peers.items():
        if other is not None:
            ours = reports[f"{name}, 1 in flight"]
            bars += [
                at_least(f"messages/s to the peer's, {name}", ours.messages_s / other.messages_s, BAR_PEER),
                at_most(f"CPU to the peer's, {name}", ours.cpu_s_per_1000 / other.cpu_s_per_1000, 1 / BAR_PEER),
            ]
    details = {
        "bars": bars,
        "reports": {label: report.figures() for label, report in reports.items()},
        "limits": {**bare, "prepared_frame_echo_messages_per_s": echoed.messages_s, "echo": echoed.figures()},
        "peer": peer.figures(peers),
        "load": f"{ROOMS} rooms of {MEMBERS}, one sender in each, all connected; 100 Thai characters a message",
        "logins": "cheapest argon2; limits of use lifted",
    }
    return result("throughput", main.messages_s, "messages/s", limit, main.server_cpu_s, details)
