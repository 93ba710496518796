"""`gchat discover`: list the appliances that are announced, each with the key that it really shows.

What is announced is not believed: every server is asked for its key by a handshake, and one that shows another key than
its announcement is said to be so. Which key is the agency's, a person knows from the agency.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import ipaddress
import sys

from appliance.errors import Invalid
from appliance.locale import both
from federation.discovery import FINGERPRINT, Found, look, served_fingerprint


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; with `--expect`, exit with 1 unless one of them shows that key."""
    expected: str | None = arguments.expect
    if expected is not None and not FINGERPRINT.fullmatch(expected):
        raise Invalid(code="discover.bad_expected")
    try:
        ipaddress.ip_address(arguments.host)
    except ValueError as error:
        raise Invalid(str(error), field="host") from error
    shown = asyncio.run(_look(arguments.seconds, arguments.host))
    for found, key in shown:
        print(f"{found.agency}\thttps://{_host(found)}:{found.port}\t{_said_of(found, key, expected)}")
    if not shown:
        print(both("discover.none"), file=sys.stderr)
    if expected is None:
        if shown:
            print(both("discover.compare"), file=sys.stderr)
        return 0
    if any(key is not None and hmac.compare_digest(key, expected) for _, key in shown):
        return 0
    print(both("discover.not_expected"), file=sys.stderr)
    return 1


async def _look(seconds: float, host: str) -> list[tuple[Found, str | None]]:
    found = await look(seconds, host)
    keys = await asyncio.gather(*(served_fingerprint(one.addresses[0], one.port) for one in found))
    return sorted(zip(found, keys, strict=True), key=lambda pair: (pair[0].agency, pair[0].addresses))


def _host(found: Found) -> str:
    address = found.addresses[0]
    return f"[{address}]" if ":" in address else address


def _said_of(found: Found, key: str | None, expected: str | None) -> str:
    if key is None:
        return both("discover.no_answer")
    if key != found.fingerprint:
        return both("discover.other_key", fingerprint=key)
    return f"{key} ({both('discover.expected')})" if key == expected else key
