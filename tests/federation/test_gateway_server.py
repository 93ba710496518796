"""Who gets past the handshake, and what everybody else is told: over real TLS on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web

from appliance.process.sockets import listening_socket
from appliance.web.listener import Listener
from federation import tls
from federation.gateway.gateway import Gateway
from federation.gateway.keys import KeyUse, new_key
from federation.gateway.server import application
from federation.registry import document
from tests.federation import registries
from tests.federation.members import NOW_S, Clock, Member, gateway_of, pin_of, revoked
from tests.waiting import until


class Served:
    """A gateway that listens, and what reached its handlers."""

    def __init__(self, gateway: Gateway, listener: Listener, port: int, heard: list[tuple[str, str]]) -> None:
        self.gateway, self.listener, self.port, self.heard = gateway, listener, port, heard

    def take(self, known: document.Document) -> None:
        self.gateway.take(known)
        if (context := self.gateway.follow()) is not None:
            self.listener.use(context)


@asynccontextmanager
async def served(member: Member, known: document.Document, folder: Path, clock: Clock) -> AsyncIterator[Served]:
    heard: list[tuple[str, str]] = []
    release = asyncio.Event()

    async def answer(request: web.Request, peer: str) -> web.StreamResponse:
        heard.append((peer, request.path))
        if request.path == "/slow":
            await release.wait()
        return web.Response(text=peer)

    gateway = gateway_of(member, folder, clock, requests_a_peer=2)
    gateway.take(known)
    routes = {("GET", "/fed/v1/link"): answer, ("POST", "/fed/v1/exchange"): answer, ("GET", "/slow"): answer}
    runner = web.AppRunner(application(gateway, routes), access_log=None)
    await runner.setup()
    bound = listening_socket("127.0.0.1", 0)
    port = bound.getsockname()[1]
    assert runner.server is not None
    listener = Listener(
        runner.server, bound, gateway.settings.limits, gateway.follow(), admits=gateway.admits, handshake_s=5.0
    )
    listener.start()
    try:
        yield Served(gateway, listener, port, heard)
    finally:
        release.set()
        await listener.close()
        await runner.cleanup()


def dialling(member: Member, to: Member) -> ssl.SSLContext:
    """What a member dials another with."""
    return tls.client_context(member.of(KeyUse.CHANNEL).identity, [to.of(KeyUse.CHANNEL).certificate])


async def said_to(port: int, context: ssl.SSLContext | None, data: bytes) -> bytes:
    """Connect, send bytes, and return all that comes back until the end."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(data)
        found = await reader.read()
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return b""
    return found


HELLO = b"GET /fed/v1/link HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_an_enrolled_peer_is_known_by_its_key(tmp_path: Path) -> None:
    dga, moph = Member("dga"), Member("moph")
    known = registries.registry(dga.listed(), moph.listed())
    async with served(dga, known, tmp_path, Clock()) as here:
        assert (await said_to(here.port, dialling(moph, dga), HELLO)).endswith(b"moph")
        assert here.heard == [("moph", "/fed/v1/link")]


async def test_strangers_are_not_read(tmp_path: Path) -> None:
    """Row 8 of federation.md §7: nobody without an enrolled key gets a byte in or out."""
    dga, moph, stranger = Member("dga"), Member("moph"), Member("evil")
    impostor = Member("moph")
    known = registries.registry(dga.listed(), moph.listed())
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    without.check_hostname, without.verify_mode = False, ssl.CERT_NONE
    old = dialling(moph, dga)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with served(dga, known, tmp_path, Clock()) as here:
        for context in (dialling(stranger, dga), dialling(impostor, dga), dialling(dga, dga), without, old, None):
            assert await said_to(here.port, context, HELLO) == b""
        assert here.heard == []
        assert await said_to(here.port, dialling(moph, dga), HELLO)


async def test_a_pin_counts_only_in_its_time_and_while_its_agency_is_active(tmp_path: Path) -> None:
    dga, moph, clock = Member("dga"), Member("moph"), Clock()
    pin = pin_of(moph.of(KeyUse.CHANNEL), exp=NOW_S + 100)
    known = registries.registry(dga.listed(), moph.listed(tls=[pin]))
    async with served(dga, known, tmp_path, clock) as here:
        assert await said_to(here.port, dialling(moph, dga), HELLO)
        clock.pass_s(101)
        context = here.gateway.follow()
        assert context is not None
        here.listener.use(context)
        assert await said_to(here.port, dialling(moph, dga), HELLO) == b""


async def test_old_and_new_key_are_both_taken_while_both_count(tmp_path: Path) -> None:
    dga, moph = Member("dga"), Member("moph")
    following = new_key(KeyUse.CHANNEL, "moph", [key.id for key in moph.own], NOW_S)
    both = Member("moph", (*moph.own, following))
    known = registries.registry(dga.listed(), both.listed())
    async with served(dga, known, tmp_path, Clock()) as here:
        for own in (moph, Member("moph", (following, *moph.own[:2]))):
            assert (await said_to(here.port, dialling(own, dga), HELLO)).endswith(b"moph")


async def test_a_connection_that_was_open_ends_with_its_agency(tmp_path: Path) -> None:
    """A handshake of before counts for nothing once the registry has changed."""
    dga, moph = Member("dga"), Member("moph")
    async with served(dga, registries.registry(dga.listed(), moph.listed()), tmp_path, Clock()) as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port, ssl=dialling(moph, dga))
        writer.write(HELLO.replace(b"Connection: close\r\n", b""))
        assert b"200 OK" in await reader.readuntil(b"moph")
        here.take(registries.registry(dga.listed(), moph.listed(history=revoked(2)), reg=2))
        writer.write(HELLO)
        assert await reader.read() == b""
        assert len(here.heard) == 1
        assert await said_to(here.port, dialling(moph, dga), HELLO) == b""
        writer.close()


async def test_a_pin_with_the_certificate_of_another_is_trusted_by_nobody(tmp_path: Path) -> None:
    dga, moph, stranger = Member("dga"), Member("moph"), Member("evil")
    mixed = replace_certificate(moph, stranger)
    async with served(dga, registries.registry(dga.listed(), mixed), tmp_path, Clock()) as here:
        for one in (moph, stranger):
            assert await said_to(here.port, dialling(one, dga), HELLO) == b""


def replace_certificate(member: Member, other: Member) -> document.Agency:
    mixed = replace(member.of(KeyUse.CHANNEL), certificate=other.of(KeyUse.CHANNEL).certificate)
    return member.listed(tls=[pin_of(mixed, spki=member.of(KeyUse.CHANNEL).public)])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 404),
        ("GET", "/fed/v1/nothing", {}, 404),
        ("GET", "/fed/v2/link", {}, 404),
        ("GET", "/_matrix/federation/v1/version", {}, 404),
        ("DELETE", "/fed/v1/link", {}, 405),
        ("GET", "/fed/v1/exchange", {}, 405),
        ("POST", "/fed/v1/exchange", {"Content-Encoding": "gzip"}, 415),
        ("POST", "/fed/v1/exchange", {"Content-Encoding": "br"}, 415),
        ("POST", "/fed/v1/exchange", {"Content-Encoding": "zstd, identity"}, 415),
    ],
)
async def test_what_is_not_there_and_what_is_not_read(
    tmp_path: Path, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    dga, moph = Member("dga"), Member("moph")
    async with served(dga, registries.registry(dga.listed(), moph.listed()), tmp_path, Clock()) as here:
        connector = TCPConnector(ssl=dialling(moph, dga))
        async with ClientSession(connector=connector) as session:
            body = b"\x1f\x8b\x08" if headers else None
            url = f"https://127.0.0.1:{here.port}{path}"
            async with session.request(method, url, headers=headers, data=body) as answer:
                assert answer.status == status
                assert (await answer.json())["error"]["code"]
        assert here.heard == []


async def test_one_peer_has_so_many_requests_under_way_and_another_is_served(tmp_path: Path) -> None:
    dga, moph, moi = Member("dga"), Member("moph"), Member("moi")
    known = registries.registry(dga.listed(), moph.listed(), moi.listed())
    slow = HELLO.replace(b"/fed/v1/link", b"/slow")
    async with served(dga, known, tmp_path, Clock()) as here:
        held = [asyncio.create_task(said_to(here.port, dialling(moph, dga), slow)) for _ in range(3)]
        await until(lambda: len(here.heard) == 3)
        assert b"429" in await said_to(here.port, dialling(moph, dga), HELLO)
        assert (await said_to(here.port, dialling(moi, dga), HELLO)).endswith(b"moi")
        for task in held:
            task.cancel()


async def test_handshakes_of_one_address_are_bounded(tmp_path: Path) -> None:
    dga, moph = Member("dga"), Member("moph")
    async with served(dga, registries.registry(dga.listed(), moph.listed()), tmp_path, Clock()) as here:
        most = here.gateway.settings.limits.connections_an_address
        silent = [await asyncio.open_connection("127.0.0.1", here.port) for _ in range(most)]
        await until(lambda: here.listener.limit.total == most)
        assert await said_to(here.port, None, HELLO) == b""
        for _, writer in silent:
            writer.close()
        await until(lambda: here.listener.limit.total == 0)
        assert await said_to(here.port, dialling(moph, dga), HELLO)
