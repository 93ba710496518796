"""Suggesting people to a room's owner, and what becomes of it (F34)."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from appliance.actions import rooms
from appliance.actions.member_suggestions import answer_suggestion, suggest_members
from appliance.actions.owner_requests import escalate_due
from appliance.actions.removal_requests import answer_removal, ask_removal
from appliance.errors import Conflict, Forbidden, Invalid, NotFound, StorageFull
from appliance.model import AccountState, Deny, PersonId, RoomId
from appliance.reads.owner_requests import load_member_suggestions, load_removal_requests
from appliance.reads.sync import load_sync
from appliance.rules.owner_requests import Outcome
from appliance.store import owner_requests
from appliance.wire.events import MemberSuggestionEvent
from appliance.wire.rooms import MemberSuggestion
from tests.bureau import ADMIN, CLERK, DAY, HEAD, HOME, MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau
from tests.log.stations import station, verify

GRANTED, REFUSED = Outcome.GRANTED, Outcome.REFUSED


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    return await bureau.group(NARIN, MALEE, SOMCHAI)


async def refused(attempt: Awaitable[object], reason: Deny) -> None:
    with pytest.raises(Forbidden) as caught:
        await attempt
    assert caught.value.deny is reason


async def told(bureau: Bureau, who: PersonId, since: int) -> list[MemberSuggestion]:
    """Return the suggestions someone heard of after a position."""
    page = await load_sync(bureau.s, who, since, 100)
    return [event.state for event in page.events if isinstance(event, MemberSuggestionEvent)]


async def members(bureau: Bureau, room: RoomId) -> set[PersonId]:
    return set(map(HOME.person, (await bureau.s.log.head(room)).state.members))


class TestSuggesting:
    async def test_the_owner_hears_who_why_and_from_whom(self, bureau: Bureau, room: RoomId) -> None:
        since = bureau.s.log.feed.pos
        made = await suggest_members(bureau.s, MALEE, room, [HEAD, CLERK, HEAD], " ดูแลพื้นที่ ")
        for who in (NARIN, MALEE):
            [heard] = await told(bureau, who, since)
            assert (heard.person, heard.name, heard.state) == (MALEE, "มาลี มีสุข", "pending")
        assert await told(bureau, SOMCHAI, since) == []
        [shown] = (await load_member_suggestions(bureau.s, NARIN, room)).suggestions
        assert (shown.id, shown.reason) == (made.id, "ดูแลพื้นที่")
        assert [(one.person, one.name) for one in shown.people] == [(HEAD, "สุภาวดี ใจงาม"), (CLERK, "ธวัช ขยันยิ่ง")]
        assert (await load_member_suggestions(bureau.s, SOMCHAI, room)).suggestions == []
        assert (await load_removal_requests(bureau.s, NARIN, room)).requests == []
        assert HEAD not in await members(bureau, room)

    async def test_only_members_who_do_not_own_the_room_suggest_and_one_thing_at_a_time(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        await refused(suggest_members(bureau.s, NARIN, room, [HEAD], ""), Deny.OWNER_ADDS_DIRECTLY)
        await refused(suggest_members(bureau.s, OUTSIDER, room, [HEAD], ""), Deny.NOT_A_MEMBER)
        await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        await refused(suggest_members(bureau.s, MALEE, room, [CLERK], ""), Deny.REQUEST_PENDING)
        await suggest_members(bureau.s, SOMCHAI, room, [HEAD], "")
        await ask_removal(bureau.s, MALEE, room, "")

    async def test_who_cannot_be_added_cannot_be_suggested(self, bureau: Bureau, room: RoomId) -> None:
        await refused(suggest_members(bureau.s, MALEE, room, [SOMCHAI, NARIN], ""), Deny.ALREADY_MEMBER)
        with pytest.raises(Invalid):
            await suggest_members(bureau.s, MALEE, room, [PersonId("p_nobody")], "")
        await refused(suggest_members(bureau.s, OUTSIDER, room, [PersonId("p_nobody")], ""), Deny.NOT_A_MEMBER)
        await bureau.set_state(CLERK, AccountState.REVOKED)
        await refused(suggest_members(bureau.s, MALEE, room, [CLERK], ""), Deny.PEOPLE_NOT_ACTIVE)
        made = await suggest_members(bureau.s, MALEE, room, [SOMCHAI, HEAD], "")
        assert made.people == (HEAD,)

    async def test_whom_the_owner_declined_is_not_suggested_again_for_a_while(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        await answer_suggestion(bureau.s, NARIN, room, made.id, REFUSED, "ไม่เกี่ยวข้อง")
        await refused(suggest_members(bureau.s, MALEE, room, [HEAD, CLERK], ""), Deny.REQUEST_TOO_SOON)
        other = await suggest_members(bureau.s, MALEE, room, [CLERK], "")
        await answer_suggestion(bureau.s, NARIN, room, other.id, REFUSED, "")
        bureau.clock.pass_(7 * DAY)
        await suggest_members(bureau.s, MALEE, room, [HEAD], "")


class TestAnswering:
    async def test_accepting_adds_at_once_and_who_suggested_hears_of_it(self, bureau: Bureau, room: RoomId) -> None:
        people = [await station(bureau, who) for who in (NARIN, MALEE, HEAD)]
        made = await suggest_members(bureau.s, MALEE, room, [HEAD, CLERK], "")
        since = bureau.s.log.feed.pos
        done = await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, " ยินดีครับ ")
        assert (done.outcome, done.note, done.answered_by) == (GRANTED, "ยินดีครับ", NARIN)
        await bureau.say(HEAD, room)
        [heard] = await told(bureau, MALEE, since)
        assert (heard.state, heard.note) == ("granted", "ยินดีครับ")
        await verify(bureau, people)
        for who in people:
            for steps in (who.live, who.polled):
                events = [event for step in steps for event in step.said.events]
                states = [event.state.state for event in events if isinstance(event, MemberSuggestionEvent)]
                assert states[-1:] == ([] if who.who == HEAD else ["granted"])

    async def test_declining_adds_nobody_and_says_why(self, bureau: Bureau, room: RoomId) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        since = bureau.s.log.feed.pos
        await answer_suggestion(bureau.s, NARIN, room, made.id, REFUSED, "ยังไม่ถึงเวลา")
        [heard] = await told(bureau, MALEE, since)
        assert (heard.state, heard.note) == ("refused", "ยังไม่ถึงเวลา")
        assert HEAD not in await members(bureau, room)
        [mine] = (await load_member_suggestions(bureau.s, MALEE, room)).suggestions
        assert mine.answered_by == NARIN

    async def test_only_the_owner_answers_and_only_a_suggestion_of_this_room(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        for who, reason in ((SOMCHAI, Deny.NOT_OWNER), (MALEE, Deny.NOT_OWNER), (OUTSIDER, Deny.NOT_A_MEMBER)):
            await refused(answer_suggestion(bureau.s, who, room, made.id, GRANTED, ""), reason)
        other = await bureau.group(NARIN, MALEE, SOMCHAI)
        asked = await ask_removal(bureau.s, SOMCHAI, room, "")
        for where, which in ((other, made.id), (room, asked.id), (room, "rr_none")):
            with pytest.raises(NotFound):
                await answer_suggestion(bureau.s, NARIN, where, which, GRANTED, "")
        with pytest.raises(NotFound):
            await answer_removal(bureau.s, NARIN, room, made.id, GRANTED, "")

    async def test_the_same_answer_again_changes_nothing_and_another_is_a_conflict(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        first = await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, "")
        size = (await bureau.view(NARIN, room)).size
        assert await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, "") == first
        assert (await bureau.view(NARIN, room)).size == size
        with pytest.raises(Conflict):
            await answer_suggestion(bureau.s, NARIN, room, made.id, REFUSED, "")

    async def test_accepting_passes_every_check_of_adding_and_waits_on_when_one_refuses(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD, CLERK], "")
        await bureau.set_state(CLERK, AccountState.REVOKED)
        await refused(answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, ""), Deny.PEOPLE_NOT_ACTIVE)
        assert HEAD not in await members(bureau, room)
        [waiting] = (await load_member_suggestions(bureau.s, NARIN, room)).suggestions
        assert waiting.state == "pending"
        await bureau.set_state(CLERK, AccountState.ACTIVE)
        await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, "")
        assert {HEAD, CLERK} <= await members(bureau, room)

    async def test_an_answer_that_cannot_be_written_does_nothing_in_the_room(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")

        def full(*_: object) -> bool:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(owner_requests, "answer", full)
            with pytest.raises(StorageFull):
                await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, "")
        assert HEAD not in await members(bureau, room)
        done = await answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, "")
        assert done.outcome is GRANTED
        assert HEAD in await members(bureau, room)

    async def test_adding_them_in_another_way_settles_what_was_suggested(self, bureau: Bureau, room: RoomId) -> None:
        both = await suggest_members(bureau.s, MALEE, room, [HEAD, CLERK], "")
        one = await suggest_members(bureau.s, SOMCHAI, room, [HEAD], "")
        await rooms.change_members(bureau.s, NARIN, room, [HEAD], [], bureau.txn())
        states = {view.id: view.state for view in (await load_member_suggestions(bureau.s, NARIN, room)).suggestions}
        assert states == {both.id: "pending", one.id: "granted"}
        await answer_suggestion(bureau.s, NARIN, room, both.id, GRANTED, "")
        assert CLERK in await members(bureau, room)

    async def test_accepting_one_settles_another_of_the_same_people(self, bureau: Bureau, room: RoomId) -> None:
        first = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        await suggest_members(bureau.s, SOMCHAI, room, [HEAD], "")
        await answer_suggestion(bureau.s, NARIN, room, first.id, GRANTED, "")
        found = (await load_member_suggestions(bureau.s, NARIN, room)).suggestions
        assert {view.state for view in found} == {"granted"}

    async def test_a_new_owner_answers(self, bureau: Bureau, room: RoomId) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        await rooms.transfer_room(bureau.s, NARIN, room, SOMCHAI, None)
        await refused(answer_suggestion(bureau.s, NARIN, room, made.id, GRANTED, ""), Deny.NOT_OWNER)
        await answer_suggestion(bureau.s, SOMCHAI, room, made.id, GRANTED, "")
        assert HEAD in await members(bureau, room)

    async def test_who_was_taken_off_hears_no_more_of_the_room(self, bureau: Bureau, room: RoomId) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        await rooms.change_members(bureau.s, NARIN, room, [CLERK], [MALEE], bureau.txn())
        since = bureau.s.log.feed.pos
        await answer_suggestion(bureau.s, NARIN, room, made.id, REFUSED, "")
        assert await told(bureau, MALEE, since) == []
        await refused(load_member_suggestions(bureau.s, MALEE, room), Deny.NOT_A_MEMBER)
        assert len(await told(bureau, NARIN, since)) == 1

    async def test_silence_is_the_owners_own_matter(self, bureau: Bureau, room: RoomId) -> None:
        made = await suggest_members(bureau.s, MALEE, room, [HEAD], "")
        bureau.clock.pass_(30 * DAY)
        assert await escalate_due(bureau.s) == 0
        await refused(answer_suggestion(bureau.s, ADMIN, room, made.id, GRANTED, ""), Deny.NOT_A_MEMBER)
