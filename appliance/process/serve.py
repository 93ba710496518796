"""`gchat serve`: one appliance process on its sockets, from start to a clean end.

Owns listening (a port of its own, or a socket handed over by the supervisor or systemd), TLS, the event loop, signals,
the number of files that may be open, and telling whoever waits that logins are accepted. Plain HTTP is refused anywhere
but on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import logging
import os
import resource
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvloop
from aiohttp import web

from appliance import wiring
from appliance.config import Config, Limits, is_loopback
from appliance.errors import ConfigError
from appliance.files.workers import WorkerFailed
from appliance.late import load
from appliance.locale import both
from appliance.process.loop_watch import LoopWatch
from appliance.process.sockets import PREDECESSOR_S, listening_socket, require_no_demo, staff_url
from appliance.web.listener import Listener
from appliance.web.proxies import Proxies

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from appliance.files.workers import Workers
    from appliance.wiring import Unlock

logger = logging.getLogger(__name__)
SHUTDOWN_S: Final = 1.0
YOUNG_OBJECTS: Final = 2_000
SWITCH_S: Final = 0.0005
"""For how long a thread may keep the interpreter from the event loop, which asks for it anew at every event: with
Python's default of 5 ms, one heavy call on the thread of a database reader delays everybody else's by ten times that.
"""
OTHER_FILES: Final = 200
"""Files that are open beside the connections: database, sockets of the search process, the client's files."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What the supervisor hands over: a listening socket, a pipe to say «ready» on, one that closes when it dies."""

    listen_fd: int | None = None
    ready_fd: int | None = None
    parent_fd: int | None = None


def run(config: Config, handover: Handover, unlock: Unlock) -> None:
    """Serve until SIGTERM, SIGINT, or the supervisor's death."""
    _open_many_files()
    sys.setswitchinterval(SWITCH_S)
    with wiring.only_process(config, timeout_s=PREDECESSOR_S):
        uvloop.run(_serve(config, handover, unlock))


def _bound(config: Config, handover: Handover) -> socket.socket:
    """Return the socket to serve on, the supervisor's if it handed one over. Raises ConfigError where none may be."""
    if handover.listen_fd is not None:
        bound = socket.socket(fileno=handover.listen_fd)
    else:
        bound = listening_socket(config.staff.host, config.staff.port)
    bound.settimeout(0)
    host = bound.getsockname()[0]
    if not config.staff.tls and not is_loopback(host):
        raise ConfigError([f"staff.tls: {both('serve.plain_http_allowed_loopback', host=host)}"])
    require_no_demo(config.data, host)
    return bound


async def _serve(config: Config, handover: Handover, unlock: Unlock) -> None:
    bound = _bound(config, handover)
    config = wiring.with_passkeys(config, bound.getsockname()[1])
    stopping = asyncio.Event()
    _stop_on_signals(stopping.set)
    if handover.parent_fd is not None:
        asyncio.get_running_loop().add_reader(handover.parent_fd, stopping.set)
    async with wiring.application(config, unlock=unlock) as (services, app):
        _collect_less_garbage()
        context: ssl.SSLContext | None = None
        background: list[asyncio.Task[None]] = []
        if config.staff.tls:
            # Start-up time that plain HTTP need not pay.
            served = load("appliance.process.tls_context:ServedCertificate")(config, services.keys, services.clock())
            context = served.context
            background.append(asyncio.create_task(served.keep(services.clock), name="certificate"))
            if config.staff.announce:
                host, port = bound.getsockname()[:2]
                saying = load("federation.discovery:announce")(config.agency.slug, host, port, lambda: served.der)
                background.append(asyncio.create_task(saying, name="discovery"))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        assert runner.server is not None  # noqa: S101 - set up above
        limits, proxies = _within_open_files(config.limits), Proxies(config.staff.proxies)
        listener = Listener(runner.server, bound, limits, context, proxies=proxies)
        listener.start()
        watch = LoopWatch()
        watch.start()
        logger.info("serving %s", staff_url(config, bound))
        if handover.ready_fd is not None:
            os.write(handover.ready_fd, b"ready\n")
            os.close(handover.ready_fd)
        missing = _look_for_what_is_missing(services.files.workers)
        background.append(asyncio.create_task(missing, name="what is missing"))
        await stopping.wait()
        for task in background:
            task.cancel()
        watch.close()
        await listener.close()
        await services.hub.close()
        await asyncio.wait(background, timeout=SHUTDOWN_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runner.cleanup(), SHUTDOWN_S + 1)


async def _look_for_what_is_missing(workers: Workers) -> None:
    """Have the log say at once what looks at files and is not there, before somebody's first photograph fails."""
    with contextlib.suppress(WorkerFailed):
        await workers.check()


def _collect_less_garbage() -> None:
    """Leave what lives as long as the process out of every collection, and collect in small pieces.

    A collection stops the event loop for about a microsecond an object: 50,000 young ones for 30 to 80 ms.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 50, 20)


def _open_many_files() -> None:
    """Raise the soft limit of open files to the hard one: each connection is a file, and 1,024 are soon reached."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _within_open_files(limits: Limits) -> Limits:
    """Return the limits with no more connections than there may be open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return dataclasses.replace(limits, connections=max(1, min(limits.connections, soft - OTHER_FILES)))


def _stop_on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
