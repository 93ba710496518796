"""People are told what happens to them: one list of what waits for them, of their own requests, and of what they left.

Being added and being made the owner count as unread (F32, F37); a request, its answer, its escalation and a removal are
found in `GET /me/requests` by everybody concerned and by nobody else (F41).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import msgspec
import pytest

from appliance.actions import member_suggestions, owner_requests, removal_requests, rooms
from appliance.errors import Conflict, Forbidden, Invalid, NotFound
from appliance.log.riders import Rider
from appliance.model import SYSTEM, Deny, Draft, EntryType, PersonId, RoomId
from appliance.reads import owner_requests as reads
from appliance.reads.owner_requests import load_my_requests, load_removal_requests
from appliance.reads.sync import load_sync
from appliance.rules.entry_states import OwnerReassigned
from appliance.rules.owner_requests import Outcome, OwnerRequest, is_fulfilled
from appliance.services import Services
from appliance.store import owner_requests as rows
from tests.bureau import ADMIN, CLERK, DAY, HEAD, HOME, MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau, principal
from tests.sql import all_rows

GRANTED, REFUSED = Outcome.GRANTED, Outcome.REFUSED


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    return await bureau.group(NARIN, MALEE, SOMCHAI, HEAD, name="งานสารบรรณ")


async def waiting(bureau: Bureau, who: PersonId) -> list[str]:
    """Return who waits for this person's answer."""
    return [one.person for one in (await load_my_requests(bureau.s, who)).requests if one.waits_for_me]


async def fresh(bureau: Bureau, who: PersonId) -> set[str]:
    """Return the rooms with answers that this person has not seen."""
    return {one.room for one in (await load_my_requests(bureau.s, who)).requests if one.fresh}


async def told(bureau: Bureau, who: PersonId, since: int) -> set[str]:
    """Return the types of what came on a person's line of the feed."""
    return {event.type for event in (await load_sync(bureau.s, who, since, 100)).events}


async def _at_once(both: list[Coroutine[Any, Any, Any]], *, reverse: bool) -> list[object]:
    """Run two actions at once, the second begun first where `reverse`; return their results in the order given."""
    tasks = [asyncio.ensure_future(one) for one in (reversed(both) if reverse else both)]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return found[::-1] if reverse else found


class TestUnread:
    async def test_being_added_counts_and_what_was_said_before_does_not(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.say(NARIN, room, "ก่อนหน้า")
        await rooms.change_members(bureau.s, NARIN, room, [CLERK], [], bureau.txn())
        view = await bureau.view(CLERK, room)
        assert (view.unread, view.mentions) == (1, 0)
        assert view.last is not None
        assert (view.last.type, view.last.sender) == ("member.add", NARIN)
        await bureau.read(CLERK, room, view.last.n or 0, view.last.n or 0)
        view = await bureau.view(CLERK, room)
        assert (view.unread, [m.skipped for m in view.members if m.person == CLERK]) == (0, [[]])

    async def test_being_made_the_owner_counts_for_the_new_owner_alone(self, bureau: Bureau, room: RoomId) -> None:
        for person in (NARIN, MALEE, SOMCHAI):
            await bureau.read(person, room, 1)
        await rooms.set_preferences(bureau.s, MALEE, room, hidden=True)
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, None)
        views = {who: await bureau.view(who, room) for who in (NARIN, MALEE, SOMCHAI)}
        assert {who: view.unread for who, view in views.items()} == {NARIN: 0, MALEE: 1, SOMCHAI: 0}
        assert not views[MALEE].hidden

    async def test_the_system_makes_an_owner_too(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.read(SOMCHAI, room, 1)
        state = OwnerReassigned(principal(SOMCHAI), why="post")
        await bureau.s.log.append(Draft(room, principal(SYSTEM), EntryType.OWNER_REASSIGN, state=state))
        assert (await bureau.view(SOMCHAI, room)).unread == 1

    async def test_a_private_chat_tells_its_first_message_once(self, bureau: Bureau) -> None:
        direct = await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        assert (await bureau.view(MALEE, direct)).unread == 0
        await bureau.say(NARIN, direct)
        assert (await bureau.view(MALEE, direct)).unread == 1


class TestWaiting:
    async def test_the_owner_finds_both_kinds_and_the_asker_their_own(self, bureau: Bureau, room: RoomId) -> None:
        since = bureau.s.log.feed.pos
        removal = await removal_requests.ask_removal(bureau.s, MALEE, room, "ย้าย")
        await member_suggestions.suggest_members(bureau.s, SOMCHAI, room, [OUTSIDER], "")
        assert {"removal_request", "member_suggestion"} <= await told(bureau, NARIN, since)
        assert set(await waiting(bureau, NARIN)) == {MALEE, SOMCHAI}
        [mine] = (await load_my_requests(bureau.s, MALEE)).requests
        assert (mine.id, mine.waits_for_me, mine.room_name) == (removal.id, False, "งานสารบรรณ")
        assert mine.escalates == removal.asked + 3 * DAY
        for other in (HEAD, ADMIN, OUTSIDER):
            assert (await load_my_requests(bureau.s, other)).requests == []

    async def test_after_three_days_it_waits_for_the_administrator_too(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, SOMCHAI, room, "")
        bureau.clock.pass_(3 * DAY)
        await owner_requests.escalate_due(bureau.s)
        assert await waiting(bureau, ADMIN) == await waiting(bureau, NARIN) == [SOMCHAI]
        assert await waiting(bureau, SOMCHAI) == await waiting(bureau, MALEE) == []
        [shown] = (await load_my_requests(bureau.s, ADMIN)).requests
        assert (shown.room_name, shown.owner_name) == ("งานสารบรรณ", "นรินทร์ ปัญญาดี")
        since = bureau.s.log.feed.pos
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")
        assert await told(bureau, ADMIN, since) == {"removal_request"}
        assert await waiting(bureau, ADMIN) == []

    async def test_a_new_owner_is_told_what_waits(self, bureau: Bureau, room: RoomId) -> None:
        await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        since = bureau.s.log.feed.pos
        await rooms.transfer_room(bureau.s, NARIN, room, SOMCHAI, None)
        assert "removal_request" in await told(bureau, SOMCHAI, since)
        assert "removal_request" in await told(bureau, NARIN, since)
        assert (await waiting(bureau, SOMCHAI), await waiting(bureau, NARIN)) == ([MALEE], [])

    async def test_an_owner_does_not_wait_for_themselves(self, bureau: Bureau, room: RoomId) -> None:
        await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, None)
        assert await waiting(bureau, MALEE) == []


class TestPages:
    async def test_answers_to_oneself_come_first_then_what_waits_and_nothing_twice(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reads, "PAGE", 2)
        answered, waits = list[str](), list[str]()
        for outcome in (REFUSED, None, REFUSED, None, None):
            room = await bureau.group(NARIN, MALEE, SOMCHAI, HEAD)
            request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
            bureau.clock.pass_(1)
            if outcome is None:
                waits.append(request.id)
            else:
                await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, outcome, "")
                answered.insert(0, request.id)
        for who in (NARIN, MALEE):
            order = [*waits, *answered] if who == NARIN else [*answered, *waits]
            found, cursor = list[str](), None
            for _ in range(3):
                page = await load_my_requests(bureau.s, who, cursor)
                assert len(page.requests) <= 2
                found += [one.id for one in page.requests]
                cursor = page.cursor
                assert (page.waiting, page.answers) == ((3, 0) if who == NARIN else (0, 2))
            assert (found, cursor) == (order, None)
        for wrong in ("x", "4.1.rr_1", "0.1", "0.1.rr_1.2"):
            with pytest.raises(Invalid):
                await load_my_requests(bureau.s, MALEE, wrong)

    async def test_every_new_answer_is_on_the_first_page_and_counted(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reads, "PAGE", 2)
        own = await bureau.group(MALEE, NARIN, SOMCHAI, HEAD)
        for who in (NARIN, SOMCHAI, HEAD):
            await removal_requests.ask_removal(bureau.s, who, own, "")
        others = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        for other, outcome in zip(others, (GRANTED, REFUSED), strict=True):
            request = await member_suggestions.suggest_members(bureau.s, MALEE, other, [CLERK], "")
            bureau.clock.pass_(1)
            await member_suggestions.answer_suggestion(bureau.s, NARIN, other, request.id, outcome, "")
        page = await load_my_requests(bureau.s, MALEE)
        assert [(one.state, one.fresh) for one in page.requests] == [("refused", True), ("granted", True)]
        assert (page.waiting, page.answers) == (3, 2)
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock(), others[1])
        assert (await load_my_requests(bureau.s, MALEE)).answers == 1
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock())
        page = await load_my_requests(bureau.s, MALEE)
        assert ([one.state for one in page.requests], page.answers) == (["refused", "granted"], 0)
        await rooms.transfer_room(bureau.s, MALEE, own, NARIN, None)
        counts = [(await load_my_requests(bureau.s, who)).waiting for who in (MALEE, NARIN)]
        assert counts == [0, 2]

    async def test_an_administrator_reads_no_page_of_what_is_not_theirs(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reads, "PAGE", 1)
        elsewhere = await bureau.group(OUTSIDER, MALEE, SOMCHAI, HEAD)
        earlier = await removal_requests.ask_removal(bureau.s, MALEE, elsewhere, "")
        bureau.clock.pass_(1)
        later = await removal_requests.ask_removal(bureau.s, SOMCHAI, room, "")
        async with bureau.s.store.write() as tx:
            for request in (earlier, later):
                assert await tx.run(rows.escalate, request.id, bureau.clock())
        page = await load_my_requests(bureau.s, ADMIN)
        assert ([one.room for one in page.requests], page.cursor, page.waiting) == ([room], None, 1)


class TestAnswers:
    async def test_a_refusal_says_from_when_one_may_ask_again(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        answered = await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "ยังต้องใช้")
        found = await load_my_requests(bureau.s, MALEE)
        [mine] = found.requests
        assert (mine.state, mine.note, mine.answered_by_name) == ("refused", "ยังต้องใช้", "นรินทร์ ปัญญาดี")
        assert mine.repeats == (answered.answered or 0) + 7 * DAY
        assert (found.escalates_days, found.repeats_days) == (3, 7)
        with pytest.raises(Forbidden) as caught:
            await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        assert caught.value.detail == {"days": 7}

    async def test_what_was_seen_on_one_device_is_seen_on_all(self, bureau: Bureau, room: RoomId) -> None:
        other = await bureau.group(NARIN, MALEE, SOMCHAI, HEAD)
        for one in (room, other):
            request = await removal_requests.ask_removal(bureau.s, MALEE, one, "")
            await removal_requests.answer_removal(bureau.s, NARIN, one, request.id, REFUSED, "")
        assert await fresh(bureau, MALEE) == {room, other}
        assert await fresh(bureau, NARIN) == set()
        since = bureau.s.log.feed.pos
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock(), room)
        assert await told(bureau, MALEE, since) == {"requests.seen"}
        assert await fresh(bureau, MALEE) == {other}
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock() + DAY)
        assert await fresh(bureau, MALEE) == set()
        since = bureau.s.log.feed.pos
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock() - 1)
        assert await told(bureau, MALEE, since) == set()

    async def test_what_comes_later_is_new_again(self, bureau: Bureau, room: RoomId) -> None:
        await owner_requests.mark_seen(bureau.s, MALEE, bureau.clock() + DAY)
        bureau.clock.pass_(1)
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        [gone] = (await load_my_requests(bureau.s, MALEE)).departures
        assert gone.fresh
        await owner_requests.mark_seen(bureau.s, MALEE, gone.at)
        assert not (await load_my_requests(bureau.s, MALEE)).departures[0].fresh

    async def test_of_a_room_that_is_not_theirs_nobody_has_seen_anything(self, bureau: Bureau, room: RoomId) -> None:
        for outsider in (OUTSIDER, ADMIN):
            with pytest.raises(Forbidden):
                await owner_requests.mark_seen(bureau.s, outsider, bureau.clock(), room)

    async def test_nothing_is_said_of_asking_again_to_who_cannot(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")
        [mine] = (await load_my_requests(bureau.s, MALEE)).requests
        assert mine.repeats is not None
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, None)
        [mine] = (await load_my_requests(bureau.s, MALEE)).requests
        assert (mine.state, mine.repeats) == ("refused", None)

    async def test_lately_answered_ones_go_after_a_while(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")
        bureau.clock.pass_(31 * DAY)
        for who in (MALEE, NARIN):
            assert (await load_my_requests(bureau.s, who)).requests == []


class TestWithdrawing:
    async def test_who_asked_takes_it_back_and_may_ask_again(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        since = bureau.s.log.feed.pos
        first = await owner_requests.withdraw(bureau.s, MALEE, request.id)
        assert await owner_requests.withdraw(bureau.s, MALEE, request.id) == first
        assert "removal_request" in await told(bureau, NARIN, since)
        assert await waiting(bureau, NARIN) == []
        with pytest.raises(Conflict):
            await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        with pytest.raises(Forbidden) as caught:
            await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        assert caught.value.deny is Deny.REQUEST_WITHDRAWN
        bureau.clock.pass_(DAY)
        assert (await removal_requests.ask_removal(bureau.s, MALEE, room, "")).id != request.id

    async def test_what_was_withdrawn_is_told_to_who_asked_alone(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await owner_requests.withdraw(bureau.s, MALEE, request.id)
        [mine] = (await load_my_requests(bureau.s, MALEE)).requests
        assert (mine.state, mine.repeats) == ("withdrawn", (mine.answered or 0) + DAY)
        assert (await load_my_requests(bureau.s, NARIN)).requests == []
        assert (await load_removal_requests(bureau.s, NARIN, room)).requests == []
        assert [one.id for one in (await load_removal_requests(bureau.s, MALEE, room)).requests] == [request.id]

    async def test_who_took_it_back_stays_though_it_is_granted_at_the_same_moment(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        """Whichever comes first holds: either it is withdrawn and they stay, or it is granted and they are told so."""
        for order in range(6):
            if principal(MALEE) not in (await bureau.s.log.head(room)).state.members:
                await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], bureau.txn())
            bureau.clock.pass_(DAY)
            request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
            both = [
                owner_requests.withdraw(bureau.s, MALEE, request.id),
                removal_requests.answer_removal(bureau.s, NARIN, room, request.id, GRANTED, ""),
            ]
            taken_back, granted = await _at_once(both, reverse=bool(order % 2))
            inside = principal(MALEE) in (await bureau.s.log.head(room)).state.members
            assert [isinstance(one, Conflict) for one in (taken_back, granted)] in ([True, False], [False, True])
            assert inside is isinstance(granted, Conflict)

    async def test_two_withdrawals_at_once_are_one(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        first, second = await asyncio.gather(*(owner_requests.withdraw(bureau.s, MALEE, request.id) for _ in range(2)))
        assert first.outcome is second.outcome is Outcome.WITHDRAWN

    async def test_nobody_else_does_and_nobody_after_the_answer(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        for other in (NARIN, SOMCHAI, OUTSIDER):
            with pytest.raises(NotFound):
                await owner_requests.withdraw(bureau.s, other, request.id)
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, REFUSED, "")
        with pytest.raises(Conflict):
            await owner_requests.withdraw(bureau.s, MALEE, request.id)


class _Case(NamedTuple):
    """One kind of request: asking it, answering it, and whether the room is as it asks."""

    ask: Callable[[Bureau, RoomId], Awaitable[OwnerRequest]]
    answer: Callable[[Services, PersonId, RoomId, str, Outcome, str], Coroutine[Any, Any, OwnerRequest]]
    undo: tuple[list[PersonId], list[PersonId]]


CASES = {
    "removal": _Case(
        lambda bureau, room: removal_requests.ask_removal(bureau.s, MALEE, room, ""),
        removal_requests.answer_removal,
        ([MALEE], []),
    ),
    "suggestion": _Case(
        lambda bureau, room: member_suggestions.suggest_members(bureau.s, MALEE, room, [CLERK], ""),
        member_suggestions.answer_suggestion,
        ([], [CLERK]),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
class TestAnswersAtTheSameMoment:
    async def test_what_is_told_is_what_was_done(self, bureau: Bureau, room: RoomId, case: _Case) -> None:
        for order in range(6):
            request = await case.ask(bureau, room)
            both = [case.answer(bureau.s, NARIN, room, request.id, outcome, "") for outcome in (GRANTED, REFUSED)]
            found = await _at_once(both, reverse=bool(order % 2))
            async with bureau.s.store.read() as reader:
                kept = await reader.run(rows.by_id, request.id)
            assert kept is not None
            done = is_fulfilled(HOME, kept, (await bureau.s.log.head(room)).state.members)
            assert done is (kept.outcome is GRANTED)
            for one in found:
                assert isinstance(one, Conflict) or one == kept
            assert not all(isinstance(one, Conflict) for one in found)
            if done:
                await rooms.change_members(bureau.s, NARIN, room, *case.undo, bureau.txn())
            bureau.clock.pass_(8 * DAY)

    async def test_what_is_refused_first_is_not_granted_with_its_change(
        self, bureau: Bureau, room: RoomId, case: _Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The answer and what it does are one transaction: a refusal in between leaves the room as it was."""
        request = await case.ask(bureau, room)
        append, before = bureau.s.log.append, (await bureau.s.log.head(room)).state.members

        async def overtaken(*drafts: Draft, riders: Sequence[Rider[object]] = ()) -> object:
            await case.answer(bureau.s, NARIN, room, request.id, REFUSED, "ไม่")
            return await append(*drafts, riders=riders)

        with monkeypatch.context() as patch:
            patch.setattr(bureau.s.log, "append", overtaken)
            with pytest.raises(Conflict):
                await case.answer(bureau.s, NARIN, room, request.id, GRANTED, "ได้")
        assert (await bureau.s.log.head(room)).state.members == before

    async def test_equal_grants_are_one(self, bureau: Bureau, room: RoomId, case: _Case) -> None:
        request = await case.ask(bureau, room)
        size = (await bureau.view(NARIN, room)).size
        first, *others = await asyncio.gather(
            *(case.answer(bureau.s, NARIN, room, request.id, GRANTED, "") for _ in range(3))
        )
        assert first.outcome is GRANTED
        assert others == [first, first]
        assert (await bureau.view(NARIN, room)).size == size + 1

    async def test_who_may_not_answer_keeps_nobody_from_it(self, bureau: Bureau, room: RoomId, case: _Case) -> None:
        request = await case.ask(bureau, room)
        both = [
            case.answer(bureau.s, SOMCHAI, room, request.id, GRANTED, ""),
            case.answer(bureau.s, NARIN, room, request.id, REFUSED, ""),
        ]
        denied, answered = await _at_once(both, reverse=False)
        assert isinstance(denied, Forbidden)
        assert isinstance(answered, OwnerRequest)
        assert answered.outcome is REFUSED


class TestDepartures:
    async def test_who_was_taken_off_finds_by_whom_when_and_from_what(self, bureau: Bureau, room: RoomId) -> None:
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        at = bureau.clock()
        bureau.clock.pass_(DAY)
        await rooms.rename_room(bureau.s, NARIN, room, "ชื่อใหม่ที่ท่านไม่ควรทราบ", None)
        [gone] = (await load_my_requests(bureau.s, MALEE)).departures
        assert (gone.room, gone.room_name, gone.at, gone.by_name) == (room, "งานสารบรรณ", at, "นรินทร์ ปัญญาดี")
        assert (await load_my_requests(bureau.s, SOMCHAI)).departures == []

    async def test_who_is_a_member_again_is_told_of_no_departure(self, bureau: Bureau, room: RoomId) -> None:
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        assert [gone.fresh for gone in (await load_my_requests(bureau.s, MALEE)).departures] == [True]
        await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], bureau.txn())
        assert (await load_my_requests(bureau.s, MALEE)).departures == []

    async def test_who_was_removed_again_is_told_of_the_last_time_alone(self, bureau: Bureau, room: RoomId) -> None:
        other = await bureau.group(NARIN, MALEE, SOMCHAI, name="งานพัสดุ")
        for where, reason in ((room, "ครั้งแรก"), (other, ""), (room, "ครั้งที่สอง")):
            if principal(MALEE) not in (await bureau.s.log.head(where)).state.members:
                await rooms.change_members(bureau.s, NARIN, where, [MALEE], [], bureau.txn())
            bureau.clock.pass_(1)
            await rooms.change_members(bureau.s, NARIN, where, [], [MALEE], bureau.txn(), reason=reason)
        gone = (await load_my_requests(bureau.s, MALEE)).departures
        assert [(one.room_name, one.reason, one.fresh) for one in gone] == [
            ("งานสารบรรณ", "ครั้งที่สอง", True),
            ("งานพัสดุ", "", True),
        ]

    async def test_it_is_deleted_with_its_reason_when_somebody_is_added_again_or_after_90_days(
        self, bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owner_requests, "_DELETED_AT_ONCE", 1)

        async def kept() -> set[tuple[str, str]]:
            async with bureau.s.store.read() as reader:
                return set(await reader.run(all_rows, "SELECT person, reason FROM departure"))

        await rooms.change_members(bureau.s, NARIN, room, [CLERK], [], bureau.txn())
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE, HEAD, CLERK], bureau.txn(), reason="ย้าย")
        await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], bureau.txn())
        assert await kept() == {(HEAD, "ย้าย"), (CLERK, "ย้าย")}
        bureau.clock.pass_(90 * DAY)
        assert await owner_requests.delete_old_departures(bureau.s) == 0
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        bureau.clock.pass_(1)
        assert await owner_requests.delete_old_departures(bureau.s) == 2
        assert await kept() == {(MALEE, "")}

    async def test_who_is_added_again_begins_anew(self, bureau: Bureau, room: RoomId) -> None:
        await bureau.say(NARIN, room, "ก่อนหน้า")
        await rooms.set_preferences(bureau.s, MALEE, room, muted=True, pinned=True)
        await rooms.clear_room(bureau.s, MALEE, room)
        await rooms.mark_unread(bureau.s, MALEE, room, 1)
        await rooms.set_preferences(bureau.s, SOMCHAI, room, pinned=True)
        for add, remove in (([], [MALEE]), ([MALEE], [])):
            await rooms.change_members(bureau.s, NARIN, room, add, remove, bureau.txn())
        view = await bureau.view(MALEE, room)
        assert (view.muted, view.pinned, view.hidden, view.cleared, view.cleared_at, view.unread_from) == (
            False, False, False, None, None, None,
        )  # fmt: skip
        assert (await bureau.view(SOMCHAI, room)).pinned

    async def test_a_granted_request_does_not_tell_what_the_room_is_called_now(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, GRANTED, "")
        await rooms.rename_room(bureau.s, NARIN, room, "ชื่อใหม่ที่ท่านไม่ควรทราบ", None)
        found = await load_my_requests(bureau.s, MALEE)
        assert [(one.state, one.room_name) for one in found.requests] == [("granted", "งานสารบรรณ")]
        assert [(one.room_name, one.why) for one in found.departures] == [("งานสารบรรณ", "removal_request")]

    async def test_who_had_asked_is_told_so_however_it_came(self, bureau: Bureau, room: RoomId) -> None:
        await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        bureau.clock.pass_(1)
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        assert [one.why for one in (await load_my_requests(bureau.s, MALEE)).departures] == ["removal_request"]
        bureau.clock.pass_(1)
        await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], bureau.txn())
        bureau.clock.pass_(1)
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn())
        assert [one.why for one in (await load_my_requests(bureau.s, MALEE)).departures] == [""]

    async def test_the_reason_of_a_removal_is_for_who_was_removed(self, bureau: Bureau, room: RoomId) -> None:
        await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn(), reason="  ย้ายกลุ่มงาน\u202e ")
        [gone] = (await load_my_requests(bureau.s, MALEE)).departures
        assert gone.reason == "ย้ายกลุ่มงาน\u202e\u202c"
        for member in (NARIN, SOMCHAI):
            page = await load_sync(bureau.s, member, 0, 100)
            assert "ย้ายกลุ่มงาน" not in repr([msgspec.to_builtins(event) for event in page.events])
            assert "ย้ายกลุ่มงาน" not in repr(msgspec.to_builtins(await load_my_requests(bureau.s, member)))

    async def test_the_system_says_why(self, bureau: Bureau, room: RoomId) -> None:
        request = await removal_requests.ask_removal(bureau.s, SOMCHAI, room, "")
        bureau.clock.pass_(3 * DAY)
        await owner_requests.escalate_due(bureau.s)
        await removal_requests.answer_removal(bureau.s, ADMIN, room, request.id, GRANTED, "")
        [gone] = (await load_my_requests(bureau.s, SOMCHAI)).departures
        assert (gone.by, gone.by_name, gone.why) == ("system", None, "removal_request")
