"""What lies in an appliance's data folder beside its database and keys: names of files, addresses of sockets.

Light: supervisor, search process and command line need it before anything else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from appliance.ipc import sockets

SEARCH_SOCKET: Final = "search.sock"
DEMO_LOGINS: Final = "demo-logins.json"
"""Everybody's password, written by the demo's seeding alone."""


def search_path(data: Path) -> Path:
    """Return the address of the data folder's search socket."""
    return sockets.address(data, SEARCH_SOCKET)
