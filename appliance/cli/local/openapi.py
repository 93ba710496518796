"""`gchat openapi`: print the API's description."""

from __future__ import annotations

import argparse
import sys

import msgspec

from appliance.api.app import STAFF
from appliance.api.openapi import document


def run(_arguments: argparse.Namespace) -> int:
    """Print the description as JSON."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document(STAFF)), indent=2) + b"\n")
    return 0
