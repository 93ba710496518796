"""The demo world is what its docstring says; benchmarks, screenshots and other tests lean on it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.actions.audit_checkpoints import verify_audit
from appliance.demo import ministries, week, world
from appliance.model import AccountState
from appliance.rules.import_files import read_files
from appliance.rules.ranks import national
from tests import agency
from tests.agency import Agency


def bangkok(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC) + week.BANGKOK


def test_ranks_cover_the_ladder_and_units_five_levels() -> None:
    files = {name: (ministries.DATA / "moph" / name).read_bytes() for name in ("people.csv", "units.csv")}
    rows = read_files(files)
    assert rows.problems == []
    assert rows.people is not None
    assert rows.units is not None
    found = {rung.code for row in rows.people if (rung := national().rung(row.rank))}
    assert found >= {"S2", "S1", "M2", "M1", "K5", "K4", "K3", "K2", "K1", "O4", "O3", "O2", "O1", "GS2", "PE", "TE"}
    assert len({row.kind for row in rows.units}) == 5
    assert any(row.acting for row in rows.people)
    assert any(row.staff_no is None for row in rows.people)
    holders = Counter(row.staff_no for row in rows.people if row.staff_no)
    assert max(holders.values()) == 2


async def test_rooms_are_of_the_promised_sizes(running: Agency) -> None:
    sizes = {}
    for code in json.loads((running.services.config.data / "demo-cast.json").read_text())["rooms"]:
        sizes[code] = len((await running.services.log.head(running.room(code))).state.members)
    assert [sizes[f"p{i:02}"] for i in range(1, 21)] == [10] * 20
    assert sizes["all"] == 50
    assert {sizes[f"d{i}"] for i in range(1, 8)} == {2}
    assert all(5 <= sizes[code] <= 20 for code in ("dengue", "incident", "budget", "news", "epid"))
    assert (await running.services.log.head(running.room("seminar"))).state.closed


async def test_its_audit_log_verifies(running: Agency) -> None:
    assert (await verify_audit(running.services)).faults == ()


async def test_who_cannot_sign_in_reads_whom_to_ask(running: Agency) -> None:
    desk = (await running.anonymous().get("/agency"))["helpdesk"]
    assert desk["phone"]
    assert desk["email"].endswith(".test")
    assert desk["place"]


async def test_the_long_thread_shows_everything_a_thread_can(running: Agency) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    page = (await narin.get(f"/rooms/{room}/messages", limit=200))["messages"]
    kinds = Counter(event["type"] for event in page)
    assert kinds["message.text"] > 60
    assert kinds["message.edit"]
    assert kinds["message.redact"]
    assert any(event.get("hidden") for event in page)
    assert any(event.get("reply_to") is not None for event in page)
    assert any(event.get("reactions") for event in page)
    assert any(event.get("body", {}).get("mentions") for event in page)
    first = next(event for event in reversed(page) if event["type"] == "message.text")
    readers = await narin.get(f"/rooms/{room}/messages/{first['n']}/readers")
    assert len({reader["at"] for reader in readers["read"]}) >= 5
    assert readers["unread"]
    assert (await narin.get(f"/rooms/{room}"))["room"]["unread"] > 0


async def test_accounts_are_in_the_promised_states(running: Agency) -> None:
    accounts = running.services.accounts
    states = {user: accounts.get(running.person(user)) for user in ("anucha.p", "sairung.c", "somchai.j")}
    assert [account.state for account in states.values() if account] == [
        AccountState.SUSPENDED,
        AccountState.REVOKED,
        AccountState.ACTIVE,
    ]
    logins = json.loads((running.services.config.data / "demo-logins.json").read_text())
    users = {login["user"] for login in logins}
    assert not users & {"anucha.p", "sairung.c"}
    assert len({role for login in logins for role in login["roles"]}) >= 12
    for user in ("witthaya.s", "decha.r", "thawin.o"):
        assert user in users
        assert (await running.login(user)).person == running.person(user)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 9, 31, tzinfo=UTC),  # Monday afternoon
        datetime(2026, 11, 23, 1, 0, tzinfo=UTC),  # Monday, the office has just opened
        datetime(2026, 11, 23, 18, 0, tzinfo=UTC),  # Tuesday at one in the night
        datetime(2026, 11, 21, 5, 0, tzinfo=UTC),  # Saturday
        datetime(2026, 11, 29, 20, 0, tzinfo=UTC),  # Monday at three in the night
    ],
)
def test_the_week_lies_on_working_days_before_now(now: datetime) -> None:
    at = int(now.timestamp() * 1000)
    for row in ministries.MOPH.rows("talk"):
        moment = week.when(at, int(row["day"]), row["time"])
        assert moment < at, row
        assert moment > at - 11 * week.DAY
        assert bangkok(moment).weekday() < 5
        assert timedelta(hours=7) <= bangkok(moment) - bangkok(moment).replace(hour=0, minute=0) < timedelta(hours=19)


def test_the_second_ministry_stands_by_itself(tmp_path: Path) -> None:
    world.seed(tmp_path / "moi", ministries.MOI, extra=agency.CHEAP, password=world.PASSWORD)
    logins = json.loads((tmp_path / "moi" / "demo-logins.json").read_text())
    assert len(logins) == 15
