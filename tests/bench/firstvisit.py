"""The first visit of a browser that has nothing kept, on lines of three speeds, to something seen and to the form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from tests.bench.agency import apart, folder, make, places
from tests.bench.results import Result, at_most, percentile, progress, result
from tests.bench.server import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LINES: Final = {"10 Mbit/s": 10_000_000, "1.6 Mbit/s": 1_600_000, "512 kbit/s": 512_000}
LATENCY_MS: Final = 40
VISITS: Final = 5
ARGUMENTS: Final = ("--no-sandbox",)
JUDGED: Final = "1.6 Mbit/s"
BUDGET_BYTES: Final = 300_000
SEEN: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def bench() -> Result:
    """Visit the sign-in page several times on each line, each time with a new profile; the middle one counts."""
    with folder(places()["disk"]) as data:
        make(data, apart(2, 2))
        with running(data) as server:
            visits = _all_visits(f"http://{server.address[0]}:{server.address[1]}")
    form = {name: percentile([one["form_s"] for one in all_], 50) for name, all_ in visits.items()}
    weight = percentile([one["bytes"] for one in visits[JUDGED]], 50)
    details: dict[str, Any] = {
        "bars": [at_most("bytes to the sign-in form", weight, BUDGET_BYTES)],
        "form_s": form,
        "seen_s": {name: percentile([one["seen_s"] for one in all_], 50) for name, all_ in visits.items()},
        "latency_ms": LATENCY_MS,
    }
    return result("firstvisit", form[JUDGED], "s", weight * 8 / LINES[JUDGED], 0.0, details)


def _all_visits(url: str) -> dict[str, list[dict[str, float]]]:
    program = os.environ.get("GCHAT_CHROMIUM", "/usr/bin/chromium")
    visits = {}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=ARGUMENTS) as browser,
    ):
        for name, bits in LINES.items():
            progress(f"firstvisit: {name}")
            visits[name] = [_visit(browser, url, bits) for _ in range(VISITS)]
    return visits


def _visit(browser: Browser, url: str, bits: int) -> dict[str, float]:
    context = browser.new_context(locale="th-TH")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": bits / 8, "uploadThroughput": bits / 8}
    session.send("Network.emulateNetworkConditions", line)
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    page.get_by_label("ชื่อผู้ใช้").wait_for()
    form, heard = page.evaluate("() => performance.now()"), sum(weights)
    seen = page.evaluate(SEEN)
    context.close()
    return {"form_s": form / 1000, "seen_s": seen / 1000, "bytes": heard}
