"""Reverse proxies: whose address a request has, and that nobody makes one up."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from appliance.api.app import STAFF
from appliance.config import Config, Limits, parse
from appliance.demo.world import PASSWORD
from appliance.errors import ConfigError
from appliance.web.proxies import FORWARDED, Proxies
from tests.agency import API, Agency

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    OpenWorld = Callable[..., AbstractAsyncContextManager[Agency]]

PROXIES = Proxies(["127.0.0.1", "10.0.0.0/8", "2001:db8:9::/48"])
WRONG = "ไม่ใช่แน่นอน"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.4", [], "198.51.100.4"),
        ("198.51.100.4", ["203.0.113.5"], "198.51.100.4"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.5"], "203.0.113.5"),
        ("127.0.0.1", ["1.2.3.4", "203.0.113.5"], "203.0.113.5"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.5, 10.1.2.3"], "203.0.113.5"),
        ("::ffff:127.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("2001:db8:9::1", ["2001:db8:7::5"], "2001:db8:7::5"),
        ("127.0.0.1", ["203.0.113.5:4711"], "203.0.113.5"),
        ("127.0.0.1", ["[2001:db8:7::5]:4711"], "2001:db8:7::5"),
        ("127.0.0.1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["203.0.113.5, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["unknown, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.5," + " 10.1.2.3," * 50 + " 10.1.2.3"], "10.1.2.3"),
        ("", ["203.0.113.5"], ""),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy(peer: str, forwarded: list[str], client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_a_proxy_that_is_not_named_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    proxies = Proxies([])
    for _ in range(3):
        assert proxies.client("127.0.0.1", ["203.0.113.5"]) == "127.0.0.1"
    assert [record.getMessage() for record in caplog.records] == [
        "127.0.0.1 sends X-Forwarded-For but is not in staff.proxies (docs/settings.md); ignored"
    ]


def test_faults_in_networks_are_told(tmp_path: Path) -> None:
    raw = {"staff": {"proxies": ["10.0.0.1/8"]}, "sign_in": {"sites": ["กรุงเทพ", "ภูเก็ต x"], "history_days": 30}}
    with pytest.raises(ConfigError) as refused:
        parse(tmp_path, raw)
    told = "\n".join(refused.value.problems)
    for place in ("staff.proxies", "sign_in.sites, กรุงเทพ", "sign_in.sites, ภูเก็ต", "sign_in.history_days"):
        assert place in told


def behind_a_proxy(config: Config) -> Config:
    return dataclasses.replace(
        config,
        staff=dataclasses.replace(config.staff, proxies=("127.0.0.1",)),
        limits=dataclasses.replace(Limits(), connections_an_address=2, address_requests_burst=40, address_requests_s=1),
    )


async def log_in(agency: Agency, forwarded: str, user: str = "narin.p", **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"user": user, "password": PASSWORD, "device": "test"} | more
    async with agency.session.post(f"{agency.url}{API}/login", json=body, headers={FORWARDED: forwarded}) as response:
        return response.status, await response.json()


async def test_history_sessions_and_throttle_know_the_client(open_world: OpenWorld) -> None:
    async with open_world(change=behind_a_proxy) as agency:
        for _ in range(5):
            assert (await log_in(agency, "1.2.3.4, 203.0.113.5", password=WRONG))[0] == 401
        assert (await log_in(agency, "9.9.9.9, 203.0.113.5"))[0] == 429
        status, done = await log_in(agency, "203.0.113.6")
        assert status == 200
        headers = {"Authorization": f"Bearer {done['token']}", FORWARDED: "203.0.113.7"}
        async with agency.session.get(f"{agency.url}{API}/sign-ins", headers=headers) as response:
            lines = (await response.json())["sign_ins"]
        assert [(line["address"], line.get("tries", 1)) for line in lines[:2]] == [
            ("203.0.113.6", 1),
            ("203.0.113.5", 5),
        ]
        async with agency.session.get(f"{agency.url}{API}/sessions", headers=headers) as response:
            assert (await response.json())["sessions"][0]["address"] == "203.0.113.7"


async def test_limits_count_the_client_and_not_the_proxy(open_world: OpenWorld) -> None:
    async with open_world(change=behind_a_proxy) as agency:
        url = f"{agency.url}{API}/openapi.json"

        async def ask(forwarded: str) -> int:
            async with agency.session.get(url, headers={FORWARDED: forwarded}) as response:
                return int(response.status)

        told = [await ask("203.0.113.5") for _ in range(60)]
        assert 429 in told
        assert await ask("203.0.113.6") == 200


async def test_a_client_behind_a_proxy_has_so_many_streams_and_no_more(open_world: OpenWorld) -> None:
    async with open_world(change=behind_a_proxy) as agency:
        narin = await agency.login("narin.p")
        url, headers = f"{agency.url}{API}/stream", {"Authorization": f"Bearer {narin.token}"}
        opened = [await agency.session.ws_connect(url, headers=headers | {FORWARDED: "203.0.113.5"}) for _ in range(2)]
        mine = {**headers, FORWARDED: "203.0.113.5"}
        async with agency.session.get(f"{agency.url}{API}/me", headers=mine) as response:
            assert response.status == 429
            assert (await response.json())["error"]["code"] == "too_many_connections"
        async with agency.session.get(
            f"{agency.url}{API}/me", headers=headers | {FORWARDED: "203.0.113.6"}
        ) as response:
            assert response.status == 200
        for stream in opened:
            await stream.close()


async def test_a_header_from_elsewhere_is_ignored(running: Agency) -> None:
    for number in range(5):
        assert (await log_in(running, f"203.0.113.{number}", password=WRONG))[0] == 401
    assert (await log_in(running, "203.0.113.9"))[0] == 429


async def test_the_device_cookie_lets_its_browser_in_under_attack(running: Agency) -> None:
    body, page = {"user": "narin.p", "password": PASSWORD}, {"Origin": running.url}
    async with running.session.post(f"{running.url}{API}/login", json=body, headers=page) as response:
        assert "token" not in await response.json()
        cookie = response.cookies[STAFF.device_cookie]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Strict", "/")
    assert not cookie["domain"]
    assert int(cookie["max-age"]) > 300 * 86_400
    for _ in range(5):
        assert (await log_in(running, "", password=WRONG))[0] == 401
    assert (await log_in(running, ""))[0] == 429
    headers = page | {"Cookie": f"{STAFF.device_cookie}={cookie.value}"}
    async with running.session.post(f"{running.url}{API}/login", json=body, headers=headers) as response:
        assert response.status == 200
    other = {"user": "lalita.w", "password": WRONG}
    for expected in (401, 401, 401, 401, 401, 429):
        async with running.session.post(f"{running.url}{API}/login", json=other, headers=headers) as response:
            assert response.status == expected


async def test_one_ipv6_subscriber_is_one_address_for_requests(open_world: OpenWorld) -> None:
    """F83: a /64 has more addresses than a limit of each could count."""

    def strict(loaded: Config) -> Config:
        limits = dataclasses.replace(loaded.limits, address_requests_s=1e-9, address_requests_burst=3)
        return dataclasses.replace(
            loaded, limits=limits, staff=dataclasses.replace(loaded.staff, proxies=("127.0.0.1",))
        )

    async with open_world(change=strict) as served:

        async def ask(address: str) -> int:
            async with served.session.get(f"{served.url}{API}/me", headers={FORWARDED: address}) as response:
                return response.status

        assert [await ask(f"2001:db8:7:7::{n}") for n in range(1, 6)] == [401, 401, 401, 429, 429]
        assert await ask("2001:db8:7:8::1") == 401
