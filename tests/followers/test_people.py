"""What follows from changes of people, without anybody asking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.actions.accounts import revoke_account
from appliance.errors import Unavailable
from appliance.followers import people
from appliance.followers.people import MAX_SLEEP_S, PeopleFollower
from appliance.services import Services
from tests.bureau import DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.office import OPERATOR
from tests.waiting import PATIENCE_S, until


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


async def test_whoever_is_revoked_leaves_their_rooms(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    follower = PeopleFollower(bureau.s)
    follower.start()
    try:
        await revoke_account(bureau.s, OPERATOR, SOMCHAI, "พ้นจากราชการ")
        home = bureau.s.log.home

        async def gone() -> bool:
            return home.principal(SOMCHAI) not in (await bureau.s.log.head(room)).state.members

        await until(gone, "off the room")
    finally:
        await follower.close()


async def test_it_sleeps_until_the_next_date_of_the_calendar(bureau: Bureau) -> None:
    """Someone's post ends in ten seconds by the test's clock, and then in a week."""
    slept, enough = list[float](), asyncio.Event()

    async def sleep(woken: asyncio.Event, pause_s: float) -> None:
        if not woken.is_set():  # what has changed meanwhile is looked at first
            slept.append(pause_s)
            bureau.clock.pass_(round(pause_s * 1000))
        if len(slept) == 4:
            enough.set()
            await asyncio.Event().wait()

    now = bureau.clock()
    bureau.s.directory.now = msgspec.structs.replace(bureau.s.directory.now, next_change=now + 10_500)
    follower = PeopleFollower(bureau.s, sleep)
    before = bureau.s.directory.now
    follower.start()
    try:
        await asyncio.wait_for(enough.wait(), PATIENCE_S)
    finally:
        await follower.close()
    assert slept == [10.5, *[MAX_SLEEP_S] * 3], "no date is ahead after that"
    assert bureau.s.directory.now is not before


async def test_a_directory_that_changed_is_built_by_whoever_comes_first(bureau: Bureau) -> None:
    follower = PeopleFollower(bureau.s)
    follower.start()
    try:
        before = bureau.s.directory.now
        bureau.s.directory.changed()
        await until(lambda: bureau.s.directory.now is not before, "a directory built again")
        built = bureau.s.directory.now
        assert not bureau.s.directory.is_due(bureau.clock() + DAY)
        await bureau.s.directory.reload_due(bureau.clock())
        assert bureau.s.directory.now is built
    finally:
        await follower.close()


async def test_what_cannot_be_settled_is_tried_again(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    async def settle(_: Services) -> bool:
        calls.append(len(calls))
        if len(calls) == 1:
            raise Unavailable("the disk failed")
        return len(calls) > 2

    monkeypatch.setattr(people, "settle_rooms", settle)
    monkeypatch.setattr(people, "RETRY_S", 0.01)
    monkeypatch.setattr(people, "SETTLE_AGAIN_S", 0.01)
    follower = PeopleFollower(bureau.s)
    follower.start()
    try:
        await until(lambda: len(calls) == 3, "three tries")
        done = len(calls)
        bureau.s.directory.changed()
        await until(lambda: len(calls) > done, "a try after the next change")
    finally:
        await follower.close()
