"""The composition root: builds the services, mounts the applications, starts the followers.

The only module that knows all others, and the only one that asks the operating system for the time or for random
ids. Order matters at start (keys, then schema, then store, then people, then log, then hub) and is undone in reverse at
the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance import late
from appliance.actions.clock import check_clock
from appliance.administration.server import AdministrationServer
from appliance.agencies import Agencies, Agency
from appliance.api.app import build_app
from appliance.config import LOCALHOST, shared_domain
from appliance.data_folder import administration_path, gateway_path, listen, search_path
from appliance.errors import AppError, StorageFull, Unavailable, VaultLocked
from appliance.files.disk import Disk
from appliance.files.fences import chosen
from appliance.files.objects import FOLDER, Objects
from appliance.files.scanner import Scanner
from appliance.files.state import Files
from appliance.files.workers import Workers
from appliance.followers.counts import CountWriter, write_counts
from appliance.followers.file_lanes import FileFollower
from appliance.followers.people import PeopleFollower
from appliance.followers.search import SearchFollower
from appliance.identity.groups import group_rule
from appliance.identity.loading import load
from appliance.identity.recovery_codes import RecoveryCodes
from appliance.identity.tickets import Tickets
from appliance.limits import Entries
from appliance.live import Hub
from appliance.log.notes import log_signer
from appliance.log.receipts import Receipts
from appliance.log.writer import RoomLog
from appliance.policies import PasskeyPolicy
from appliance.reads.sync import load_sync
from appliance.search_client import Searching
from appliance.services import Services
from appliance.store.damage import damaged_tables
from appliance.store.db import open_store
from appliance.store.migrate import migrate
from appliance.vault.derived import derived_key
from appliance.vault.unlock import require_appliance, unlock_keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aiohttp import web

    from appliance.config import Config
    from appliance.followers.timers import Timers
    from appliance.ipc.server import Listener
    from appliance.model import Millis, PersonId
    from appliance.store.db import Store
    from appliance.vault.keyring import Keyring
    from appliance.wire.committed import FeedPage

Unlock = Callable[[], "Keyring"]
"""Opens the appliance's keys; asks a person where the source of the master key says so."""

logger = logging.getLogger(__name__)
TIMERS_AFTER_S: Final = 1.0
"""The start belongs to those who wait to sign in."""
LOCK_POLL_S: Final = 0.05
ALREADY_RUNNING: Final = "already_running"
SERVER_MUST_STOP: Final = "server_must_stop"
"""For commands that are carried out while no server runs alone."""


def system_clock() -> Millis:
    """Return the time, milliseconds UTC."""
    return time.time_ns() // 1_000_000


def random_id(prefix: str) -> str:
    """Return a new opaque id: its prefix, 48 bits of time so that ids sort by age, 80 random bits (as ULID)."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def random_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def no_terminal(_question: object) -> str:
    """Answer a question of the vault where nobody can be asked."""
    raise VaultLocked("the key source needs an answer and there is nobody to ask")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where time, ids and tokens come from; tests give their own."""

    clock: Callable[[], Millis] = system_clock
    new_id: Callable[[str], str] = random_id
    new_token: Callable[[], str] = random_token
    monotonic: Callable[[], float] = time.monotonic


@contextlib.contextmanager
def only_process(config: Config, timeout_s: float = 0, refused: str = ALREADY_RUNNING) -> Iterator[None]:
    """Hold the data folder for one process.

    Raises AppError, with the code `refused`, when another holds it for longer than `timeout_s`, and NotFound
    (`no_appliance`) where there is none.
    """
    require_appliance(config.data)
    handle = os.open(config.data / "appliance.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + timeout_s
        while not _locked(handle):
            if time.monotonic() >= deadline:
                raise AppError(f"another process already serves {config.data}", code=refused)
            time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def compose(config: Config, keys: Keyring, sources: Sources | None = None) -> AsyncIterator[Services]:
    """Put the services together over a database that is there: the one place that does, for server, commands and tests.

    What is done in them reaches the log, the hub and everybody connected; nothing happens in them by itself.
    Raises Unavailable, WrongKey.
    """
    given = sources or Sources()
    store = await open_store(config.database, keys.database_key)
    try:
        s = await _over(store, config, keys, given)
        try:
            _follow(s)
            s.receipts.start()
            yield s
        finally:
            await s.hub.close()
            await s.receipts.close()
            s.hasher.close()
            await s.search.close()
            s.files.close()
            await s.log.close()
    finally:
        await store.close()


async def _over(store: Store, config: Config, keys: Keyring, given: Sources) -> Services:
    own = config.agency
    agencies = Agencies(Agency(own.slug, own.name_th, own.name_en))
    room_log = RoomLog(
        store,
        keys,
        log_signer(config.agency, keys),
        agency=config.agency.slug,
        clock=given.clock,
        new_id=given.new_id,
        limit=Entries(config.limits, given.monotonic),
    )
    hub = Hub()
    known = await load(store, keys.session_pepper, config.policies, given.clock())
    may_keep_group = group_rule(known.directory, known.accounts, known.settings)
    await room_log.start(may_keep_group)
    ticket_ms = config.policies.sign_in.ticket_ms
    return Services(
        config=config,
        clock=given.clock,
        new_id=given.new_id,
        new_token=given.new_token,
        keys=keys,
        store=store,
        log=room_log,
        receipts=Receipts(room_log, given.clock, hub.broadcast_to_watching),
        hub=hub,
        agencies=agencies,
        **{item.name: getattr(known, item.name) for item in dataclasses.fields(known)},
        recovery_codes=RecoveryCodes(derived_key(keys.session_pepper, "recovery-codes")),
        sign_in_tickets=Tickets(ticket_ms),
        enrolment_tickets=Tickets(ticket_ms),
        may_keep_group=may_keep_group,
        search=Searching(search_path(config.data)),
        disk=Disk(config.data, given.monotonic),
        files=_files(config),
    )


def _files(config: Config) -> Files:
    clamav = config.clamav
    return Files(
        Objects(config.data / FOLDER),
        Workers(chosen(config.files), config.files.workers),
        Scanner(clamav.socket, clamav.at_once, clamav.answer_s),
    )


@asynccontextmanager
async def services(
    config: Config, *, sources: Sources | None = None, unlock: Unlock | None = None
) -> AsyncIterator[Services]:
    """Open everything an action may use, have the followers run, and close it all again.

    Raises VaultLocked, AppError (`database_lost`), WrongKey, SchemaTooNew.
    """
    keys = unlock() if unlock else unlock_keys(config, no_terminal)
    async with contextlib.AsyncExitStack() as stack:
        with _naming_damage(config, keys):
            migrate(config.database, keys.database_key)
            s = await stack.enter_async_context(compose(config, keys, sources))
        if s.log.checkpoints.found:
            await late.load("appliance.actions.evidence:record_unsigned")(s)
        with contextlib.suppress(AppError):
            # On a full disk it is recorded a minute after there is space.
            await check_clock(s)
        await _without_leavings(s)
        async with _following(s, (sources or Sources()).monotonic):
            yield s


async def _without_leavings(s: Services) -> None:
    """Delete what a crash left aside of parts and quarantines that nobody goes on with."""
    try:
        count = await s.files.objects.run_writing(s.files.objects.delete_aside)
    except AppError as error:
        logger.warning("what lies aside in the folder of files cannot be deleted: %s", error)
    else:
        if count:
            logger.info("%d objects that lay aside were deleted", count)


@asynccontextmanager
async def _following(s: Services, monotonic: Callable[[], float]) -> AsyncIterator[None]:
    """Run what follows the feed and the clock, and what operators type."""
    administration = AdministrationServer(s)
    await administration.start(listen(administration_path(s.config.data)))
    people = PeopleFollower(s)
    people.start()
    counts = CountWriter(s)
    counts.start()
    timers = asyncio.create_task(_keep_time(s), name="timers")
    search_follower = SearchFollower(s)
    search_follower.start()
    preparing = FileFollower(s)
    preparing.start()
    gateway = await _serve_gateway(s, monotonic)
    try:
        yield
    finally:
        if gateway is not None:
            await gateway.close()
            gateway_path(s.config.data).unlink(missing_ok=True)
        await administration.close()
        administration_path(s.config.data).unlink(missing_ok=True)
        await preparing.close()
        await search_follower.close()
        timers.cancel()
        await asyncio.wait((timers,))
        await people.close()
        await counts.close()
        await s.hub.close()
        await s.receipts.close()
        with contextlib.suppress(AppError):
            await late.load("appliance.actions.evidence:record_heads")(s)
        with contextlib.suppress(AppError):
            # On a full disk it is forgotten when sessions were last used; that must not look like a crash.
            await write_counts(s)


async def _serve_gateway(s: Services, monotonic: Callable[[], float]) -> Listener | None:
    """Serve the gateway's socket, where the agency has a gateway. Raises ConfigError without a root to trust."""
    if not s.config.federation.gateway:
        return None
    start = late.load("federation.exchange.start:start")
    listener: Listener = await start(s, listen(gateway_path(s.config.data)), monotonic)
    return listener


async def _keep_time(s: Services) -> None:
    """Run the timers until cancelled, from soon after the start, which they would make a tenth longer."""
    await asyncio.sleep(TIMERS_AFTER_S)
    timers: Timers = late.load("appliance.followers.timers:Timers")(s)
    timers.start()
    try:
        await asyncio.Event().wait()
    finally:
        await timers.close()


@contextlib.contextmanager
def _naming_damage(config: Config, keys: Keyring) -> Iterator[None]:
    """Say which tables are damaged when the block cannot do without them. Raises Unavailable."""
    try:
        yield
    except Unavailable as error:
        # A torn page may also show as a lack of memory.
        tables = [] if isinstance(error, StorageFull) else damaged_tables(config.database, keys.database_key)
        if not tables:
            raise
        raise Unavailable(str(error), code="storage_damaged_at_start", tables=", ".join(tables)) from error


@asynccontextmanager
async def application(
    config: Config, *, sources: Sources | None = None, unlock: Unlock | None = None
) -> AsyncIterator[tuple[Services, web.Application]]:
    """Open the services and mount the staff application over them."""
    async with services(config, sources=sources, unlock=unlock) as s:
        yield s, build_app(s, (sources or Sources()).monotonic)


def with_passkeys(config: Config, port: int) -> Config:
    """Return the configuration with the domain and the addresses that passkeys are good for, where none were set.

    `port` is the one that staff connect to. Browsers leave the default port out of an origin (RFC 6454 §6.1).
    """
    scheme, default_port = ("https", 443) if config.staff.tls else ("http", 80)
    names = config.staff.names if config.staff.tls else (LOCALHOST,)
    shown = "" if port == default_port else f":{port}"
    given, default = config.policies.passkeys, PasskeyPolicy()
    passkeys = dataclasses.replace(
        given,
        rp_id=given.rp_id if given.rp_id != default.rp_id else shared_domain(names),
        origins=given.origins if given.origins != default.origins else tuple(f"{scheme}://{n}{shown}" for n in names),
    )
    return dataclasses.replace(config, policies=dataclasses.replace(config.policies, passkeys=passkeys))


def _follow(s: Services) -> None:
    async def read_feed(person: PersonId, since: int, limit: int, cursor: str | None) -> FeedPage:
        # Streams of one person catch up one after the other; how many there are is bounded already.
        async with s.heavy_calls.slot(person, patient=True):
            return await load_sync(s, person, since, limit, cursor)

    s.hub.pos = s.log.feed.pos
    s.hub.set_feed_reader(read_feed)
    s.log.feed.followers.append(s.hub.publish)
    s.log.bodies.on_destroyed.append(s.hub.forget_words)
    s.sessions.on_end(s.hub.disconnect)
    s.sessions.on_end(s.files.downloads.end)
