"""The gateway process: its parts put together, from its keys to its end.

Rules: no connection is taken before the registry lists a key of the channel for us, since there is nothing to show;
everything that follows from the registry (who may speak, which links live, whom to dial, with which key) is brought up
to date together (`follow`). Ends by SIGTERM, SIGINT or the supervisor's death.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import uvloop
from aiohttp import web

from appliance.errors import AppError
from appliance.web.listener import Listener
from federation.gateway import folder, messages, status
from federation.gateway.control import Control
from federation.gateway.dialler import Dialler, new_client
from federation.gateway.dialling import Allowed
from federation.gateway.fetch import Fetcher
from federation.gateway.gateway import MS, Gateway
from federation.gateway.keys import KeyUse
from federation.gateway.link_routes import LinkRoutes
from federation.gateway.links import Links
from federation.gateway.messages import Cosign, Job, Outgoing, RegistryBundle, Result, Seal, SignStatement, Version
from federation.gateway.registry_watch import RegistryWatch
from federation.gateway.server import EXCHANGE, LINK, application
from federation.gateway.settings import Settings
from federation.gateway.signatures import Signatures
from federation.gateway.signing import Signing
from federation.gateway.to_appliance import Appliance
from federation.protocol.outputs import Why
from federation.registry.client import Known, RegistryClient
from federation.registry.document import RegistryError
from federation.registry.fetching import Fetch, over_http

logger = logging.getLogger(__name__)
FOLLOW_S: Final = 5.0
END_S: Final = 3.0


class Running:
    """A gateway at work. `bound` is the socket that it listens on once it is enrolled."""

    def __init__(
        self,
        settings: Settings,
        keys: folder.Keys,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        bound: socket.socket,
    ) -> None:
        self.gateway = Gateway(settings, keys, clock, monotonic)
        self.appliance = Appliance(settings.appliance_socket, self._came, self._left, self._do)
        self.links = Links(self.gateway, self.appliance)
        self.gateway.peers_know, self.gateway.linked = self.links.lowest_registry, self.links.linked
        self._client = new_client(Allowed(settings.peers.networks))
        self.signatures = Signatures(self.gateway, self.links)
        self.fetcher = Fetcher(self.gateway, self._client, self.signatures)
        self.dialler = Dialler(self.gateway, self.links, self._client, self.fetcher.exchange)
        self._routes = LinkRoutes(self.links, self.signatures)
        self._signing = Signing(keys.agency, keys.domain, self.gateway.key, self.gateway.seconds)
        self._bound, self._bundle = bound, RegistryBundle({})
        self._known: Known | None = None
        self.listener: Listener | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._fetching: set[asyncio.Task[None]] = set()
        self._runner = self._new_runner()

    async def start(self) -> None:
        """Begin to work: with the appliance, and with peers as soon as there is a registry."""
        await self._runner.setup()
        self._tasks = [
            asyncio.create_task(self.appliance.run(), name="appliance"),
            asyncio.create_task(self._follow_for_ever(), name="follow"),
        ]

    def watch(self, client: RegistryClient, operator: Fetch) -> RegistryWatch:
        """Begin to follow the registry that a client keeps, from the operator's files and those of peers."""
        watch = RegistryWatch(self.gateway, client, operator, self.fetcher.registry_file, self.take)
        self._tasks.append(asyncio.create_task(watch.run(), name="registry"))
        return watch

    async def take(self, known: Known, files: dict[str, bytes]) -> None:
        """Take what was verified of the registry; where it is new, give it to the appliance and tell the peers."""
        gateway = self.gateway
        before = gateway.roster.version, gateway.timestamp
        gateway.timestamp, gateway.registry_files = known.timestamp_version, files
        self._known = known
        if known.version != gateway.roster.version:
            gateway.take(known.document)
        self._bundle = RegistryBundle(files)
        if (known.version, known.timestamp_version) != before and self.appliance.is_there:
            # First of all: the appliance judges by it what a link brings.
            with contextlib.suppress(AppError):
                await self.appliance.ask(self._bundle, Version)
        self.follow()
        if known.version != before[0] and "timestamp.json" in files:
            self.links.tell_registry(files["timestamp.json"].decode())

    def follow(self) -> None:
        """Bring up to date what follows from the registry and the time."""
        if self._known is not None:
            self.gateway.freshness = self._known.freshness(self.gateway.seconds())
        context = self.gateway.follow()
        if context is not None:
            if self.listener is None:
                assert self._runner.server is not None  # noqa: S101 - set up in `start`
                limits = self.gateway.settings.limits
                self.listener = Listener(self._runner.server, self._bound, limits, context, admits=self.gateway.admits)
                self.listener.start()
            self.listener.use(context)
        self.links.follow()
        self.dialler.follow()

    async def close(self) -> None:
        """End the links and all else."""
        await self.dialler.close()
        self.links.end_all(Why.SHUTDOWN)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self.links.until_ended()
        if self.listener is not None:
            await self.listener.close()
        await self._routes.close()
        for task in (*self._tasks, *self._fetching):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._fetching, return_exceptions=True)
        await self._runner.cleanup()
        await self._client.close()
        self._bound.close()

    def status(self) -> status.Status:
        """Return how the gateway does."""
        gateway = self.gateway
        used = {key.id for use in KeyUse if (key := gateway.key(use)) is not None}
        keys = [
            status.KeyStatus(key.id, key.use, gateway.end_of(key), gateway.lists(key), key.id in used)
            for key in gateway.keys.own
        ]
        known = status.RegistryStatus(
            gateway.roster.version,
            gateway.freshness if gateway.roster.version else "none",
            self._known.verified_at * MS if self._known is not None else 0,
        )
        return status.Status(
            gateway.agency,
            gateway.clock(),
            gateway.is_enrolled,
            self.appliance.is_there,
            known,
            self.links.status(),
            keys,
        )

    def _new_runner(self) -> web.AppRunner:
        control = Control(self.gateway, self.appliance, self.signatures)
        routes = {("GET", LINK): self._routes.link, ("POST", EXCHANGE): self._routes.exchange, **control.routes()}
        return web.AppRunner(application(self.gateway, routes), access_log=None, shutdown_timeout=END_S)

    async def _follow_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            try:
                self.follow()
            except Exception:
                logger.exception("what follows from the registry could not be brought up to date")

    async def _came(self) -> None:
        # Before the first registry there is nothing to bring: `take` brings it.
        if self._bundle.files:
            await self.appliance.ask(self._bundle, Version)

    async def _left(self) -> None:
        self.links.end_all(Why.SHUTDOWN)

    async def _do(self, job: Job) -> Result | None:
        match job:
            case Outgoing():
                self.links.send(job)
            case Seal() | SignStatement() | Cosign():
                return self._signing.sign(job)
            case messages.Fetch():
                task = asyncio.create_task(self._fetch(job), name=f"fetch {job.job}")
                self._fetching.add(task)
                task.add_done_callback(self._fetching.discard)
        return None

    async def _fetch(self, job: messages.Fetch) -> None:
        await self.appliance.done(await self.fetcher.fetch(job))


@asynccontextmanager
async def running(
    settings: Settings,
    keys: folder.Keys,
    clock: Callable[[], int],
    monotonic: Callable[[], float],
    bound: socket.socket,
) -> AsyncIterator[Running]:
    """Run a gateway in the block; it knows no registry until it is given one (`take`)."""
    found = Running(settings, keys, clock, monotonic, bound)
    await found.start()
    try:
        yield found
    finally:
        await found.close()


def run(
    settings: Settings,
    keys: folder.Keys,
    clock: Callable[[], int],
    bound: socket.socket,
    ready_fd: int | None = None,
    parent_fd: int | None = None,
) -> None:
    """Serve on a socket until SIGTERM, SIGINT, or the supervisor's death. Raises AppError (`gateway_root_missing`)."""
    uvloop.run(_serve(settings, keys, clock, bound, (ready_fd, parent_fd)))


async def _serve(
    settings: Settings,
    keys: folder.Keys,
    clock: Callable[[], int],
    bound: socket.socket,
    handed: tuple[int | None, int | None],
) -> None:
    ready_fd, parent_fd = handed
    client = _registry_of(settings)
    bound.settimeout(0)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if parent_fd is not None:
        loop.add_reader(parent_fd, stopping.set)
    async with running(settings, keys, clock, time.monotonic, bound) as gateway:
        told = await status.serve(settings.folder, gateway.status)
        gateway.watch(client, over_http(settings.registry.url))
        if ready_fd is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(ready_fd, b"ready\n")
            os.close(ready_fd)
        await stopping.wait()
        await told.close()


def _registry_of(settings: Settings) -> RegistryClient:
    """Return what keeps the registry in the folder. Raises AppError (`gateway_root_missing`)."""
    try:
        return RegistryClient(settings.folder / folder.REGISTRY_FOLDER, settings.root_file.read_bytes())
    except (OSError, RegistryError) as error:
        raise AppError(str(error), code="gateway_root_missing", file=str(settings.root_file)) from error
