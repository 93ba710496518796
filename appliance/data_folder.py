"""What lies in an appliance's data folder beside its database and keys: names of files, addresses of sockets.

Light: supervisor, search process and command line need it before anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.ipc import sockets

if TYPE_CHECKING:
    import socket
    from pathlib import Path

SEARCH_SOCKET: Final = "search.sock"
ADMINISTRATION_SOCKET: Final = "admin.sock"
GATEWAY_SOCKET: Final = "gateway.sock"
DEMO_LOGINS: Final = "demo-logins.json"
"""Everybody's password, written by the demo's seeding alone."""


def search_path(data: Path) -> Path:
    """Return the address of the data folder's search socket."""
    return sockets.address(data, SEARCH_SOCKET)


def administration_path(data: Path) -> Path:
    """Return the address of the socket by which a running server is administered."""
    return sockets.address(data, ADMINISTRATION_SOCKET)


def gateway_path(data: Path) -> Path:
    """Return the address of the socket by which the gateway speaks with the appliance."""
    return sockets.address(data, GATEWAY_SOCKET)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at one of these addresses. Raises AppError (`folder_unsafe`)."""
    try:
        return sockets.listen(path)
    except sockets.Unsafe as unsafe:
        raise AppError(code="folder_unsafe", why=str(unsafe)) from unsafe
