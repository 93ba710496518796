"""What follows from changes of people, without anybody asking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.actions.accounts import revoke_account
from appliance.errors import Unavailable
from appliance.followers import people
from appliance.followers.people import PeopleFollower
from appliance.services import Services
from tests.bureau import DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.office import OPERATOR
from tests.waiting import until


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


async def test_a_date_of_the_calendar_comes(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "LOOK_S", 0.01)
    bureau.s.directory.changed()
    before = bureau.s.directory.now
    follower = PeopleFollower(bureau.s)
    follower.start()
    try:
        await until(lambda: bureau.s.directory.now is not before, "a directory built again")
        assert not bureau.s.directory.is_due(bureau.clock() + DAY)
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
    monkeypatch.setattr(people, "LOOK_S", 0.01)
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
