"""Asking to be taken off a room, and who answers when (F41)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from appliance.actions import room_settling, rooms
from appliance.actions.owner_requests import escalate_due
from appliance.actions.removal_requests import answer_removal, ask_removal
from appliance.errors import Conflict, Forbidden, NotFound, StorageFull, Unavailable
from appliance.model import AccountState, Deny, Draft, EntryType, PersonId, RoomId
from appliance.reads.owner_requests import load_removal_requests
from appliance.reads.sync import load_sync
from appliance.rules.entry_states import MembersAdded, MembersRemoved
from appliance.rules.owner_requests import Outcome
from appliance.store import owner_requests
from appliance.wire.events import RemovalRequestEvent
from tests.bureau import ADMIN, BOSS, CLERK, DAY, HEAD, HOME, MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau, principal

GRANTED, REFUSED = Outcome.GRANTED, Outcome.REFUSED


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    return await bureau.group(NARIN, MALEE, SOMCHAI, HEAD)


async def refused(attempt: Awaitable[object], reason: Deny) -> None:
    with pytest.raises(Forbidden) as caught:
        await attempt
    assert caught.value.deny is reason


async def told(bureau: Bureau, who: str, since: int) -> list[tuple[str, str | None]]:
    """Return state and escalation of the requests someone heard of after a position."""
    page = await load_sync(bureau.s, PersonId(who), since, 100)
    steps = [event.state for event in page.events if isinstance(event, RemovalRequestEvent)]
    return [(step.person, step.state) for step in steps]


class TestAsking:
    async def test_the_owner_hears_of_it_and_sees_it_waiting(self, bureau: Bureau, room: RoomId) -> None:
        since = bureau.s.log.feed.pos
        request = await ask_removal(bureau.s, MALEE, room, " ย้ายหน่วยงาน ")
        assert await told(bureau, NARIN, since) == [(MALEE, "pending")]
        assert await told(bureau, MALEE, since) == [(MALEE, "pending")]
        assert await told(bureau, SOMCHAI, since) == []
        [shown] = (await load_removal_requests(bureau.s, NARIN, room)).requests
        assert (shown.id, shown.name, shown.reason, shown.state) == (
            request.id, "มาลี มีสุข", "ย้ายหน่วยงาน", "pending",
        )  # fmt: skip
        assert (await load_removal_requests(bureau.s, SOMCHAI, room)).requests == []
        with pytest.raises(Forbidden):
            await load_removal_requests(bureau.s, OUTSIDER, room)

    async def test_one_at_a_time_and_not_by_the_owner_or_an_outsider(self, bureau: Bureau, room: RoomId) -> None:
        await ask_removal(bureau.s, MALEE, room, "")
        await refused(ask_removal(bureau.s, MALEE, room, ""), Deny.REQUEST_PENDING)
        await refused(ask_removal(bureau.s, NARIN, room, ""), Deny.OWNER_MUST_TRANSFER)
        await refused(ask_removal(bureau.s, OUTSIDER, room, ""), Deny.NOT_A_MEMBER)
        direct = await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        await refused(ask_removal(bureau.s, MALEE, direct, ""), Deny.DIRECT_ROOM_FIXED)

    async def test_a_refused_one_may_be_repeated_after_a_week(self, bureau: Bureau, room: RoomId) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        answered = await answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "ยังต้องใช้")
        assert (answered.outcome, answered.note, answered.answered_by) == (REFUSED, "ยังต้องใช้", NARIN)
        await refused(ask_removal(bureau.s, MALEE, room, ""), Deny.REQUEST_TOO_SOON)
        bureau.clock.pass_(7 * DAY)
        again = await ask_removal(bureau.s, MALEE, room, "")
        assert again.id != request.id


class TestRank:
    """A removal that was asked for is always possible; the private chat it would leave is not."""

    async def test_granting_closes_a_group_left_with_a_clerk_and_a_superior(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, SOMCHAI, BOSS)
        await refused(
            rooms.change_members(bureau.s, CLERK, room, [], [SOMCHAI], bureau.txn()), Deny.CONTACT_NOT_ALLOWED
        )
        request = await ask_removal(bureau.s, SOMCHAI, room, "")
        assert (await answer_removal(bureau.s, CLERK, room, request.id, GRANTED, "")).outcome is GRANTED
        view = await bureau.view(CLERK, room)
        assert ({member.person for member in view.members}, view.closed) == ({CLERK, BOSS}, True)
        await refused(bureau.say(CLERK, room), Deny.ROOM_CLOSED)
        assert (await answer_removal(bureau.s, CLERK, room, request.id, GRANTED, "")).outcome is GRANTED

    async def test_an_administrators_grant_closes_it_too(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, SOMCHAI, BOSS)
        request = await ask_removal(bureau.s, SOMCHAI, room, "")
        bureau.clock.pass_(4 * DAY)
        await escalate_due(bureau.s)
        await answer_removal(bureau.s, ADMIN, room, request.id, GRANTED, "")
        assert (await bureau.view(BOSS, room)).closed

    async def test_a_group_that_could_have_been_a_private_chat_goes_on(self, bureau: Bureau) -> None:
        for owner, other in ((BOSS, CLERK), (NARIN, MALEE)):
            room = await bureau.group(owner, SOMCHAI, other)
            request = await ask_removal(bureau.s, SOMCHAI, room, "")
            await answer_removal(bureau.s, owner, room, request.id, GRANTED, "")
            assert not (await bureau.view(other, room)).closed


class TestRankAtTheSameMoment:
    """F38: what is judged is the room as the changes before it have left it, also those of the same batch."""

    async def test_two_grants_close_what_they_leave_together(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, SOMCHAI, MALEE, BOSS)
        asked = [await ask_removal(bureau.s, person, room, "") for person in (SOMCHAI, MALEE)]
        await asyncio.gather(*(answer_removal(bureau.s, CLERK, room, one.id, GRANTED, "") for one in asked))
        view = await bureau.view(CLERK, room)
        assert ({member.person for member in view.members}, view.closed) == ({CLERK, BOSS}, True)

    async def test_a_grant_and_the_owners_own_removal(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, SOMCHAI, MALEE, BOSS)
        request = await ask_removal(bureau.s, SOMCHAI, room, "")
        await asyncio.gather(
            answer_removal(bureau.s, CLERK, room, request.id, GRANTED, ""),
            rooms.change_members(bureau.s, CLERK, room, [], [MALEE], bureau.txn()),
            return_exceptions=True,
        )
        view = await bureau.view(CLERK, room)
        members = {member.person for member in view.members}
        assert SOMCHAI not in members
        assert view.closed or MALEE in members

    async def test_the_owners_removal_is_refused_after_a_grant_of_the_same_batch(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, SOMCHAI, MALEE, BOSS)
        granted = rooms.removal_drafts(HOME, room, CLERK, [SOMCHAI], must=True)
        own = rooms.removal_drafts(HOME, room, CLERK, [MALEE])
        first, second = await _at_once(bureau, granted, own)
        assert not isinstance(first, BaseException)
        assert isinstance(second, Forbidden)
        assert second.deny is Deny.CONTACT_NOT_ALLOWED
        view = await bureau.view(CLERK, room)
        assert ({member.person for member in view.members}, view.closed) == ({CLERK, MALEE, BOSS}, False)

    async def test_a_grant_after_the_owners_removal_of_the_same_batch_closes(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, SOMCHAI, MALEE, BOSS)
        own = rooms.removal_drafts(HOME, room, CLERK, [MALEE])
        granted = rooms.removal_drafts(HOME, room, CLERK, [SOMCHAI], must=True)
        for done in await _at_once(bureau, own, granted):
            assert not isinstance(done, BaseException)
        view = await bureau.view(CLERK, room)
        assert ({member.person for member in view.members}, view.closed) == ({CLERK, BOSS}, True)

    async def test_a_superior_added_while_the_third_is_removed(self, bureau: Bureau) -> None:
        room = await bureau.group(SOMCHAI, MALEE)
        removed = rooms.removal_drafts(HOME, room, SOMCHAI, [MALEE])
        added = [
            Draft(
                room,
                principal(SOMCHAI),
                EntryType.MEMBER_ADD,
                state=MembersAdded((rooms.card_of(bureau.s, BOSS),)),
            )
        ]
        first, second = await _at_once(bureau, removed, added)
        assert not isinstance(first, BaseException)
        assert isinstance(second, Forbidden)
        assert second.deny is Deny.CONTACT_NOT_ALLOWED
        assert (await bureau.view(SOMCHAI, room)).member_count == 1


async def _at_once(bureau: Bureau, *commands: list[Draft]) -> list[object]:
    """Append commands that the writer takes into one batch, in this order; return what became of each."""
    batches: list[int] = []
    bureau.s.log.feed.followers.append(lambda committed: batches.append(committed.pos))
    done = await asyncio.gather(*(bureau.s.log.append(*drafts) for drafts in commands), return_exceptions=True)
    assert len(batches) == 1
    return list(done)


class TestAnswering:
    async def test_granting_takes_the_member_off_and_tells_them(self, bureau: Bureau, room: RoomId) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        since = bureau.s.log.feed.pos
        await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        await refused(bureau.say(MALEE, room), Deny.NOT_A_MEMBER)
        assert await told(bureau, MALEE, since) == [(MALEE, "granted")]
        [mine] = (await load_removal_requests(bureau.s, MALEE, room)).requests
        assert mine.state == "granted"

    async def test_only_the_owner_answers(self, bureau: Bureau, room: RoomId) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        await refused(answer_removal(bureau.s, SOMCHAI, room, request.id, GRANTED, ""), Deny.NOT_OWNER)
        await refused(answer_removal(bureau.s, MALEE, room, request.id, GRANTED, ""), Deny.NOT_OWNER)
        await refused(answer_removal(bureau.s, ADMIN, room, request.id, GRANTED, ""), Deny.NOT_A_MEMBER)
        await refused(answer_removal(bureau.s, OUTSIDER, room, "rr_none", GRANTED, ""), Deny.NOT_A_MEMBER)
        with pytest.raises(NotFound):
            await answer_removal(bureau.s, NARIN, room, "rr_none", GRANTED, "")

    async def test_a_request_of_another_room_is_not_answered_here(self, bureau: Bureau, room: RoomId) -> None:
        other = await bureau.group(NARIN, MALEE, SOMCHAI)
        request = await ask_removal(bureau.s, MALEE, other, "")
        with pytest.raises(NotFound):
            await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")

    async def test_the_same_answer_again_changes_nothing_and_another_is_a_conflict(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        first = await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        assert await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "") == first
        with pytest.raises(Conflict):
            await answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")

    async def test_an_answer_that_cannot_be_written_does_nothing_in_the_room(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")

        def full(*_: object) -> bool:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(owner_requests, "answer", full)
            with pytest.raises(StorageFull):
                await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        [waiting] = (await load_removal_requests(bureau.s, NARIN, room)).requests
        assert waiting.state == "pending"
        assert (await bureau.view(MALEE, room)).size == 2
        done = await answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        assert done.outcome is GRANTED
        assert (await bureau.view(NARIN, room)).size == 3

    async def test_whoever_is_gone_already_cannot_be_refused(self, bureau: Bureau, room: RoomId) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        await bureau.s.log.append(_removal(room))
        assert (await answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")).outcome is GRANTED

    async def test_taking_someone_off_settles_what_they_asked(self, bureau: Bureau, room: RoomId) -> None:
        await ask_removal(bureau.s, MALEE, room, "")
        await ask_removal(bureau.s, SOMCHAI, room, "")
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        await bureau.set_state(SOMCHAI, AccountState.REVOKED)
        await room_settling.remove_everywhere(bureau.s, SOMCHAI)
        found = (await load_removal_requests(bureau.s, NARIN, room)).requests
        assert {(request.person, request.state, request.answered_by) for request in found} == {
            (MALEE, "granted", NARIN),
            (SOMCHAI, "granted", "system"),
        }

    async def test_who_became_the_owner_must_hand_over_first(self, bureau: Bureau, room: RoomId) -> None:
        request = await ask_removal(bureau.s, MALEE, room, "")
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, None)
        await refused(answer_removal(bureau.s, MALEE, room, request.id, GRANTED, ""), Deny.OWNER_MUST_TRANSFER)
        assert (await answer_removal(bureau.s, MALEE, room, request.id, REFUSED, "")).outcome is REFUSED


class TestEscalation:
    async def test_a_damaged_room_keeps_no_others_request_waiting(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        groups = [await bureau.group(NARIN, MALEE, SOMCHAI, HEAD) for _ in range(3)]
        for group in groups:
            await ask_removal(bureau.s, SOMCHAI, group, "")
        bureau.clock.pass_(3 * DAY)
        head = bureau.s.log.head

        async def damaged(room: RoomId) -> object:
            if room == groups[0]:
                raise Unavailable("torn", code="storage_damaged")
            return await head(room)

        monkeypatch.setattr(bureau.s.log, "head", damaged)
        assert await escalate_due(bureau.s) == 2
        monkeypatch.undo()
        assert await escalate_due(bureau.s) == 1

    async def test_after_three_days_the_administrator_of_the_owners_unit_answers(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        request = await ask_removal(bureau.s, SOMCHAI, room, "")
        bureau.clock.pass_(3 * DAY - 1)
        assert await escalate_due(bureau.s) == 0
        bureau.clock.pass_(1)
        since = bureau.s.log.feed.pos
        assert await escalate_due(bureau.s) == 1
        assert await escalate_due(bureau.s) == 0
        for who in (ADMIN, NARIN, SOMCHAI):
            assert await told(bureau, who, since) == [(SOMCHAI, "pending")]
        [shown] = (await load_removal_requests(bureau.s, ADMIN, room)).requests
        assert shown.escalated == bureau.clock()
        await answer_removal(bureau.s, ADMIN, room, request.id, GRANTED, "หัวหน้าลา")
        await refused(bureau.say(SOMCHAI, room), Deny.NOT_A_MEMBER)
        [shown] = (await load_removal_requests(bureau.s, NARIN, room)).requests
        assert (shown.state, shown.answered_by) == ("granted", ADMIN)

    async def test_the_administrator_does_not_thereby_see_the_room(self, bureau: Bureau, room: RoomId) -> None:
        await ask_removal(bureau.s, SOMCHAI, room, "")
        bureau.clock.pass_(3 * DAY)
        await escalate_due(bureau.s)
        await refused(bureau.view(ADMIN, room), Deny.NOT_A_MEMBER)

    async def test_nobody_answers_their_own_as_administrator(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, ADMIN, MALEE)
        own = await ask_removal(bureau.s, ADMIN, room, "")
        other = await ask_removal(bureau.s, MALEE, room, "")
        bureau.clock.pass_(3 * DAY)
        assert await escalate_due(bureau.s) == 1
        await refused(answer_removal(bureau.s, ADMIN, room, own.id, GRANTED, ""), Deny.NOT_OWNER)
        await answer_removal(bureau.s, ADMIN, room, other.id, REFUSED, "")

    async def test_without_an_administrator_it_stays_due(self, bureau: Bureau) -> None:
        room = await bureau.group(HEAD, MALEE, SOMCHAI)
        request = await ask_removal(bureau.s, MALEE, room, "")
        bureau.clock.pass_(4 * DAY)
        assert await escalate_due(bureau.s) == 0
        assert (await answer_removal(bureau.s, HEAD, room, request.id, REFUSED, "")).outcome is REFUSED

    async def test_a_request_of_someone_already_gone_is_settled_by_the_timer(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        await ask_removal(bureau.s, MALEE, room, "")
        await bureau.s.log.append(_removal(room))
        bureau.clock.pass_(3 * DAY)
        assert await escalate_due(bureau.s) == 0
        [shown] = (await load_removal_requests(bureau.s, NARIN, room)).requests
        assert (shown.state, shown.answered_by) == ("granted", "system")


def _removal(room: RoomId) -> Draft:
    """Take Malee off by the log alone, as if the process had ended before the request was looked at."""
    return Draft(room, principal(NARIN), EntryType.MEMBER_REMOVE, state=MembersRemoved((principal(MALEE),)))
