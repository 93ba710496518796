"""The sockets of an appliance: where staff connect, and where the search process listens.

Owned by whoever starts the processes, so that a process that dies and comes back loses no connection attempt. It
imports little: a supervisor must start at once.
"""

from __future__ import annotations

import errno
import socket
import time
from typing import TYPE_CHECKING, Final

from appliance.config import is_loopback
from appliance.data_folder import DEMO_LOGINS, listen, search_path
from appliance.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.config import Config

# A predecessor whose supervisor was killed ends by itself, but not in no time.
PREDECESSOR_S: Final = 6.0
PORT_POLL_S: Final = 0.05
# What «localhost» means; other addresses of loopback have no name.
_LOCALHOST: Final = ("127.0.0.1", "::1")
BACKLOG: Final = 4096


def listening_socket(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises OSError when the port is taken and stays so."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + PREDECESSOR_S
    while True:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, port))
            opened.listen(BACKLOG)
        except OSError as error:
            opened.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise
            time.sleep(PORT_POLL_S)
        else:
            return opened


def staff_url(config: Config, bound: socket.socket) -> str:
    """Return the address for programs on this machine; what listens everywhere is reached on loopback."""
    host, port = bound.getsockname()[:2]
    return _url(config, {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 - what is replaced


def page_urls(config: Config, bound: socket.socket) -> list[str]:
    """Return what people open: the names in the certificate, or without TLS this machine's own name or address."""
    host, port = bound.getsockname()[:2]
    own = "localhost" if host in _LOCALHOST else host
    return [_url(config, name, port) for name in (config.staff.names if config.staff.tls else (own,))]


def require_no_demo(data: Path, host: str) -> None:
    """Raise Conflict (`demo_beyond_loopback`) where a demo would be served to other machines."""
    if (data / DEMO_LOGINS).exists() and not is_loopback(host):
        raise Conflict(code="demo_beyond_loopback", host=host)


def _url(config: Config, host: str, port: int) -> str:
    scheme, standard = ("https", 443) if config.staff.tls else ("http", 80)
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}" if port == standard else f"{scheme}://{named}:{port}"


def search_socket(data: Path) -> socket.socket:
    """Open the search process's listening socket, for this user alone; one left by a predecessor is replaced.

    Raises AppError (`folder_unsafe`).
    """
    return listen(search_path(data))
