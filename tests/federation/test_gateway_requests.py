"""Signed requests between real gateways, and everything that is wrong with others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession, web

from appliance.process.sockets import listening_socket
from federation import http_signatures, tls
from federation.gateway import messages as m
from federation.gateway import requests
from federation.gateway.dialler import new_client
from federation.gateway.dialling import Allowed
from federation.gateway.keys import KeyUse
from federation.gateway.messages import Kind
from federation.registry import document
from tests.federation import registries
from tests.federation.members import LOOPBACK, NOW_S, Clock, Member, revoked
from tests.federation.running import At, all_linked, at, linked
from tests.waiting import until

ROOM = "r_" + "a" * 26
QUERY = b'{"q":"\xe0\xb8\xaa\xe0\xb8\xa1\xe0\xb8\x8a\xe0\xb8\xb2\xe0\xb8\xa2","on_behalf":"p_1@moph"}'


@asynccontextmanager
async def hub(folder: Path, *others: Member, clock: Clock | None = None) -> AsyncIterator[At]:
    async with at(Member("dga"), folder / "dga", clock or Clock(), dial=False) as found:
        await found.take(registries.registry(found.member.listed(), *(other.listed() for other in others)))
        found.appliance.answer_asked = lambda asked: m.Answered(200, json.dumps(asked.target).encode())
        yield found


class Asking:
    """Asks a gateway by hand as a member: each part of a request can be put wrong."""

    def __init__(self, member: Member, to: At, session: ClientSession) -> None:
        self.member, self.to, self._session = member, to, session
        self._context = tls.client_context(
            member.of(KeyUse.CHANNEL).identity, [to.member.of(KeyUse.CHANNEL).certificate]
        )
        self.nonces = 0

    def headers(self, method: str, path: str, body: bytes, media_type: str = "application/json") -> dict[str, str]:
        self.nonces += 1
        own = self.member.of(KeyUse.GATEWAY)
        key_id, nonce = f"{self.member.slug}/{own.id}", f"nonce-of-the-test-{self.nonces:04}"
        url = self.to.member.endpoint + path
        return http_signatures.sign(method, url, media_type, body, key_id, own.signs, NOW_S, nonce)

    async def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Send a request; return status and code."""
        async with self._session.request(
            method,
            self.to.member.endpoint + path,
            data=body,
            headers=self.headers(method, path, body) if headers is None else headers,
            ssl=self._context,
        ) as answer:
            return answer.status, await _code(answer)


async def _code(answer: ClientResponse) -> str:
    found = await answer.json(content_type=None)
    return str(found.get("error", {}).get("code", "")) if isinstance(found, dict) else ""


@asynccontextmanager
async def asking(folder: Path, clock: Clock | None = None) -> AsyncIterator[Asking]:
    moph = Member("moph")
    async with hub(folder, moph, clock=clock) as dga, ClientSession() as session:
        yield Asking(moph, dga, session)


async def test_the_appliance_answers_what_a_peer_asks(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        moph.appliance.answer_asked = lambda asked: m.Answered(200, asked.body)
        dga.appliance.jobs.put_nowait(m.Fetch(1, "moph", Kind.DIRECTORY, {}, QUERY))
        await until(lambda: bool(dga.appliance.results))
        assert dga.appliance.results == [m.Fetched(1, 200, QUERY)]
        assert moph.appliance.of(m.Asked) == [m.Asked("dga", Kind.DIRECTORY, {}, QUERY)]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (Kind.HEAD, {"room": ROOM}),
        (Kind.LOG, {"room": ROOM, "from": "0", "to": "4096"}),
        (Kind.BLOB, {"id": "b1", "room": ROOM, "ev": "e1", "chunk": "0"}),
    ],
)
async def test_path_and_query_arrive_as_they_were_meant(tmp_path: Path, kind: Kind, target: dict[str, str]) -> None:
    async with asking(tmp_path) as asked:
        assert (await asked.send("GET", requests.path_of(kind, target, b"")))[0] == 200
        assert asked.to.appliance.of(m.Asked) == [m.Asked("moph", kind, target, b"")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/fed/v1/rooms/{ROOM}x/head", b""),
        ("GET", "/fed/v1/rooms/r_AAAAAAAAAAAAAAAAAAAAAAAAAA/head", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}%0A/head", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/head?x=1", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/head", b"{}"),
        ("GET", f"/fed/v1/rooms/{ROOM}/log", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=0", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=0&to=4097", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=5&to=5", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=-1&to=5", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=0&to=9&to=9", b""),
        ("GET", f"/fed/v1/rooms/{ROOM}/log?from=9007199254740990&to=9007199254740992", b""),
        ("GET", f"/fed/v1/blob/a.b?room={ROOM}&ev=e1&chunk=0", b""),
        ("GET", f"/fed/v1/blob/b1?room={ROOM}&ev=e1&chunk=1.5", b""),
        ("POST", "/fed/v1/directory", b""),
        ("POST", "/fed/v1/directory", b"{"),
        ("POST", "/fed/v1/directory", b'{"q":"ab","on_behalf":"p_1@moph"}'),
        ("POST", "/fed/v1/directory", b'{"q":"abc","on_behalf":"p_1@moph","limit":51}'),
        ("POST", "/fed/v1/directory", b'{"q":"abc","on_behalf":"p_1@moph","url":"http://x"}'),
        ("POST", "/fed/v1/directory", b"\xff\xfe"),
        ("POST", "/fed/v1/card", b'{"u":1}'),
    ],
)
async def test_what_is_not_of_the_form_reaches_no_appliance(
    tmp_path: Path, method: str, path: str, body: bytes
) -> None:
    async with asking(tmp_path) as asked:
        status, _ = await asked.send(method, path, body)
        assert status in (400, 404, 413)
        assert not asked.to.appliance.of(m.Asked)


async def test_a_body_that_is_too_long_is_refused_before_it_is_kept(tmp_path: Path) -> None:
    async with asking(tmp_path) as asked:
        assert await asked.send("POST", "/fed/v1/card", b'{"u":"' + b"x" * 5_000 + b'"}') == (413, "too_large")


@pytest.mark.parametrize("lacking", ["Signature", "Signature-Input", "Content-Digest"])
async def test_a_request_without_its_signature(tmp_path: Path, lacking: str) -> None:
    async with asking(tmp_path) as asked:
        headers = asked.headers("POST", "/fed/v1/directory", QUERY)
        del headers[lacking]
        assert await asked.send("POST", "/fed/v1/directory", QUERY, headers) == (401, "peer_signature")
        assert not asked.to.appliance.of(m.Asked)


async def test_a_request_that_was_altered_or_is_old_or_another_peers(tmp_path: Path) -> None:
    """Row 5 of federation.md §7, at the gateway."""
    clock = Clock()
    async with asking(tmp_path, clock) as asked:
        path = "/fed/v1/directory"
        right = asked.headers("POST", path, QUERY)
        assert (await asked.send("POST", path, QUERY, right))[0] == 200
        assert await asked.send("POST", path, QUERY, right) == (401, "peer_signature"), "its nonce was used"
        fresh = asked.headers("POST", path, QUERY)
        assert (await asked.send("POST", path, QUERY.replace(b"_1", b"_2"), fresh))[0] == 401
        assert (await asked.send("POST", "/fed/v1/card", b'{"u":"p_1@moph"}', asked.headers("POST", path, QUERY)))[
            0
        ] == 401
        other = asked.member.slug
        asked.member.slug = "moi"
        assert (await asked.send("POST", path, QUERY))[0] == 401
        asked.member.slug = other
        late = asked.headers("POST", path, QUERY)
        clock.pass_s(3_600)
        assert (await asked.send("POST", path, QUERY, late))[0] == 401
        assert len(asked.to.appliance.of(m.Asked)) == 1


async def test_a_key_that_was_taken_back_signs_nothing(tmp_path: Path) -> None:
    async with asking(tmp_path) as asked:
        listed = asked.member.listed()
        keys = {**listed.keys, "gw-2026a": _revoked_key(listed.keys["gw-2026a"])}
        known = registries.registry(asked.to.member.listed(), asked.member.listed(keys=keys), reg=2)
        await asked.to.take(known)
        assert await asked.send("POST", "/fed/v1/directory", QUERY) == (401, "peer_signature")


def _revoked_key(key: document.Key) -> document.Key:
    return document.Key(use=key.use, pub=key.pub, nbf=key.nbf, exp=key.exp, revoked_at=NOW_S - 1)


async def test_a_revoked_agency_gets_no_answer(tmp_path: Path) -> None:
    async with asking(tmp_path) as asked:
        gone = asked.member.listed(history=revoked(2))
        await asked.to.take(registries.registry(asked.to.member.listed(), gone, reg=2))
        with pytest.raises(OSError, match=r".*"):
            await asked.send("POST", "/fed/v1/directory", QUERY)
        assert not asked.to.appliance.of(m.Asked)


async def test_an_answer_that_is_larger_than_its_kind_goes_nowhere(tmp_path: Path) -> None:
    async with asking(tmp_path) as asked:
        asked.to.appliance.answer_asked = lambda _: m.Answered(200, b"x" * (requests.FORMS[Kind.CARD].most_answer + 1))
        assert await asked.send("POST", "/fed/v1/card", b'{"u":"p_1@dga"}') == (500, "internal")


class Elsewhere:
    """What a request must not reach: a plain server on loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    found = Elsewhere()

    async def answer(request: web.Request) -> web.Response:
        found.asked.append(request.path)
        return web.Response(text="secret")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    bound = listening_socket("127.0.0.1", 0)
    await web.SockSite(runner, bound).start()
    found.url = f"http://127.0.0.1:{bound.getsockname()[1]}/latest/meta-data"
    try:
        yield found
    finally:
        await runner.cleanup()


@asynccontextmanager
async def lying_peer(member: Member, to: Member, answer: web.Response) -> AsyncIterator[list[str]]:
    """Listen at a member's address with its key, and answer everything with this; gives what was asked."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    bound = listening_socket("127.0.0.1", 0)
    member.endpoint = f"https://127.0.0.1:{bound.getsockname()[1]}"
    own = member.of(KeyUse.CHANNEL).identity
    context = tls.server_context(own, [to.of(KeyUse.CHANNEL).certificate])
    await web.SockSite(runner, bound, ssl_context=context).start()
    try:
        yield asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    """Row 21 of federation.md §7: neither by a request, nor by dialling."""
    dga, moph = Member("dga"), Member("moph")
    async with elsewhere() as inside:
        answer = web.Response(status=status, headers={"Location": inside.url})
        async with lying_peer(moph, dga, answer) as asked, at(dga, tmp_path / "dga", Clock()) as one:
            await one.take(registries.registry(dga.listed(), moph.listed()))
            one.appliance.jobs.put_nowait(m.Fetch(1, "moph", Kind.HEAD, {"room": ROOM}, b""))
            await until(lambda: bool(one.appliance.results))
            assert one.appliance.results == [m.Failed(1, "unreachable")]
            await until(lambda: {"/fed/v1/link", f"/fed/v1/rooms/{ROOM}/head"} <= set(asked))
        assert inside.asked == []


async def test_an_answer_in_a_content_coding_is_not_decoded(tmp_path: Path) -> None:
    dga, moph = Member("dga"), Member("moph")
    answer = web.Response(body=b"\x1f\x8b\x08" + b"\0" * 50, headers={"Content-Encoding": "gzip"})
    async with lying_peer(moph, dga, answer), at(dga, tmp_path / "dga", Clock(), dial=False) as one:
        await one.take(registries.registry(dga.listed(), moph.listed()))
        one.appliance.jobs.put_nowait(m.Fetch(1, "moph", Kind.HEAD, {"room": ROOM}, b""))
        await until(lambda: bool(one.appliance.results))
        assert one.appliance.results == [m.Failed(1, "unreachable")]


async def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    dga, moph = Member("dga"), Member("moph")
    answer = web.Response(body=b"x" * 1_000_000)
    async with lying_peer(moph, dga, answer), at(dga, tmp_path / "dga", Clock(), dial=False) as one:
        await one.take(registries.registry(dga.listed(), moph.listed()))
        one.appliance.jobs.put_nowait(m.Fetch(1, "moph", Kind.HEAD, {"room": ROOM}, b""))
        await until(lambda: bool(one.appliance.results))
        assert one.appliance.results == [m.Failed(1, "unreachable")]


async def test_whoever_answers_at_a_peers_address_without_its_key_is_asked_nothing(tmp_path: Path) -> None:
    dga, moph, evil = Member("dga"), Member("moph"), Member("evil")
    async with lying_peer(evil, dga, web.Response()) as asked, at(dga, tmp_path / "dga", Clock()) as one:
        moph.endpoint = evil.endpoint
        await one.take(registries.registry(dga.listed(), moph.listed()))
        one.appliance.jobs.put_nowait(m.Fetch(1, "moph", Kind.HEAD, {"room": ROOM}, b""))
        await until(lambda: bool(one.appliance.results))
        assert one.appliance.results == [m.Failed(1, "unreachable")]
        assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1"])
async def test_the_registry_leads_nowhere_that_the_settings_do_not_open(host: str) -> None:
    """Row 21 of federation.md §7: the address that is connected to counts, whatever it is called."""
    async with elsewhere() as inside, new_client(Allowed(("0.0.0.0/0", "::/0"))) as client:
        port = inside.url.rpartition(":")[2].partition("/")[0]
        with pytest.raises((OSError, ValueError), match=r".*"):
            await client.get(f"http://{host}:{port}/")
        assert inside.asked == []


async def test_a_name_that_means_something_else_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what was resolved is judged, each time."""
    async with elsewhere() as inside, new_client(Allowed(("10.0.0.0/8",))) as client:
        loop = asyncio.get_running_loop()
        port = int(inside.url.rpartition(":")[2].partition("/")[0])
        asked: list[str] = []

        async def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(loop, "getaddrinfo", resolve)
        for _ in range(2):
            with pytest.raises(OSError, match=r".*"):
                await client.get(f"http://gw.moph.test:{port}/")
        assert inside.asked == []
        assert len(asked) == 2
    async with elsewhere() as open_, new_client(Allowed(LOOPBACK)) as client, client.get(open_.url) as answer:
        assert answer.status == 200


async def test_gateways_that_restart_link_again(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        dga.gateway.links.end_all("shutdown")
        await until(lambda: len(moph.appliance.of(m.Closed)) == 1)
        await all_linked([dga, moph])
