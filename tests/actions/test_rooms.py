"""Every control rule of rooms through its action (F15, F18, F19, F32 to F40, Q6, Q8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from appliance.actions import member_suggestions, messages, room_settling, rooms
from appliance.actions.refusals import record_repeated
from appliance.config import Limits
from appliance.errors import Forbidden, Invalid, NotFound, TooMany, Unavailable
from appliance.identity.refusals import MAX_KINDS, WINDOW_MS
from appliance.model import EVERYONE, AccountState, Appended, Deny, PersonId, RoomId
from appliance.people import Grant, Visibility
from appliance.reads.messages import load_messages
from appliance.reads.readers import load_readers
from appliance.reads.rooms import load_rooms
from appliance.rules.roles import Actor
from appliance.store import accounts, audit, entries, people
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import (
    ADMIN,
    BOSS,
    CHIEF,
    CLERK,
    HEAD,
    MALEE,
    NARIN,
    OUTSIDER,
    SOMCHAI,
    Bureau,
    open_bureau,
    principal,
)
from tests.rereading import reread


async def refused(attempt: Awaitable[object], reason: Deny) -> None:
    with pytest.raises(Forbidden) as caught:
        await attempt
    assert caught.value.deny is reason


async def change(
    b: Bureau, who: PersonId, room: RoomId, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
) -> tuple[list[PersonId], list[PersonId]]:
    return await rooms.change_members(
        b.s, who, room, [PersonId(p) for p in add], [PersonId(p) for p in remove], b.txn()
    )


async def audited(b: Bureau) -> list[tuple[str, str, str, str]]:
    async with b.s.store.read() as reader:
        return [(r.actor, r.action, r.target, r.outcome) for r in await reader.run(audit.list_from, 0, 100)]


async def list_in_own_unit_alone(b: Bureau, person: PersonId) -> None:
    """Change who finds a person, as an import does."""
    async with b.s.store.write() as tx:
        profile = (await tx.run(people.list_by_id, [person]))[person]
        await tx.run(people.update, [replace(profile, listing=Visibility.OWN_UNIT)])
    await reread(b.s)


class TestListedInTheOwnUnitAlone:
    """F13: whoever does not find a person can neither write to nor bring in that person, and is told there is none."""

    async def test_no_chat_and_no_group_with_somebody_who_is_not_found(self, bureau: Bureau) -> None:
        await list_in_own_unit_alone(bureau, MALEE)
        told = []
        for who in (MALEE, PersonId("p_none")):
            for attempt in (
                rooms.create_direct(bureau.s, SOMCHAI, who, bureau.txn()),
                rooms.create_group(bureau.s, SOMCHAI, "ห้อง", [NARIN, who], bureau.txn()),
            ):
                with pytest.raises(Invalid) as caught:
                    await attempt
                told.append((caught.value.code, caught.value.field, str(caught.value), caught.value.detail))
        assert told[:2] == told[2:]
        # Who shares the unit goes on as before.
        await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        await bureau.group(NARIN, MALEE, SOMCHAI)

    async def test_nobody_who_is_not_found_is_added_or_suggested(self, bureau: Bureau) -> None:
        room = await bureau.group(SOMCHAI, NARIN, CLERK)
        await list_in_own_unit_alone(bureau, MALEE)
        with pytest.raises(Invalid) as caught:
            await change(bureau, SOMCHAI, room, add=(MALEE,))
        assert caught.value.code == "unknown_person"
        with pytest.raises(Invalid) as caught:
            await member_suggestions.suggest_members(bureau.s, CLERK, room, [MALEE], "ช่วยงาน")
        assert caught.value.code == "unknown_person"
        await member_suggestions.suggest_members(bureau.s, NARIN, room, [MALEE], "ช่วยงาน")

    async def test_not_being_active_is_not_told_of_who_is_not_found(self, bureau: Bureau) -> None:
        await list_in_own_unit_alone(bureau, MALEE)
        async with bureau.s.store.write() as tx:
            await tx.run(accounts.set_state, MALEE, AccountState.REVOKED)
        await reread(bureau.s)
        with pytest.raises(Invalid) as caught:
            await rooms.create_direct(bureau.s, SOMCHAI, MALEE, bureau.txn())
        assert caught.value.code == "unknown_person"


class TestCreating:
    async def test_members_are_in_at_once_whatever_their_line_or_rank(self, bureau: Bureau) -> None:
        room = await bureau.group(CLERK, BOSS, MALEE, SOMCHAI)
        assert room in [view.id for view in (await load_rooms(bureau.s, BOSS)).rooms]
        view = await bureau.view(MALEE, room)
        assert view.owner == CLERK
        assert {member.person for member in view.members} == {CLERK, BOSS, MALEE, SOMCHAI}
        assert view.unread == 1

    async def test_a_repeat_answers_the_same_room(self, bureau: Bureau) -> None:
        made = [await rooms.create_group(bureau.s, NARIN, "ห้อง", [MALEE], "same") for _ in range(2)]
        assert made[0] == made[1]

    async def test_repeats_at_the_same_moment_answer_the_same_room(self, bureau: Bureau) -> None:
        made = await asyncio.gather(*(rooms.create_group(bureau.s, NARIN, "ห้อง", [MALEE], "same") for _ in range(5)))
        assert len(set(made)) == 1
        assert len([view for view in (await load_rooms(bureau.s, NARIN)).rooms if view.id == made[0]]) == 1

    async def test_who_is_not_on_the_staff_cannot_be_added(self, bureau: Bureau) -> None:
        with pytest.raises(Invalid) as caught:
            await bureau.group(NARIN, PersonId("nobody"), MALEE)
        assert caught.value.code == "unknown_person"
        await bureau.set_state(SOMCHAI, AccountState.REVOKED)
        await refused(bureau.group(NARIN, SOMCHAI, MALEE), Deny.PEOPLE_NOT_ACTIVE)

    async def test_a_large_first_membership_is_one_command_of_several_entries(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI, CLERK, HEAD, BOSS, OUTSIDER, ADMIN)
        assert (await bureau.view(NARIN, room)).member_count == 8

    @pytest.mark.parametrize("name", ["", "  ", "\u200b\u202e", "ก" * 121])
    async def test_a_name_must_be_readable(self, bureau: Bureau, name: str) -> None:
        with pytest.raises(Invalid):
            await rooms.create_group(bureau.s, NARIN, name, [MALEE, SOMCHAI], bureau.txn())


async def write_to(b: Bureau, who: PersonId, other: PersonId, text: str, txn_id: str | None = None) -> Appended:
    return await rooms.write_to(b.s, who, other, TextBody(text=text), txn_id or b.txn())


class TestPrivateChat:
    async def test_normal_mode_refuses_upwards_and_allows_the_rest(self, bureau: Bureau) -> None:
        await refused(rooms.create_direct(bureau.s, CLERK, HEAD, bureau.txn()), Deny.CONTACT_NOT_ALLOWED)
        await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        await rooms.create_direct(bureau.s, HEAD, SOMCHAI, bureau.txn())

    async def test_there_is_one_room_of_two_whoever_asks(self, bureau: Bureau) -> None:
        room = await rooms.create_direct(bureau.s, HEAD, CLERK, bureau.txn())
        assert await rooms.create_direct(bureau.s, CLERK, HEAD, bureau.txn()) == room
        await bureau.say(CLERK, room, "รับทราบครับ")
        assert (await bureau.view(HEAD, room)).unread == 1

    async def test_two_who_begin_at_the_same_moment_meet_in_one_room(self, bureau: Bureau) -> None:
        made = await asyncio.gather(
            rooms.create_direct(bureau.s, NARIN, MALEE, "a"),
            rooms.create_direct(bureau.s, MALEE, NARIN, "b"),
            bureau.group(NARIN, SOMCHAI, CLERK),
        )
        assert made[0] == made[1] != made[2]

    async def test_it_begins_with_its_first_message(self, bureau: Bureau) -> None:
        """Nobody ever sees a private chat in which nothing was said."""
        said = await write_to(bureau, NARIN, MALEE, "ขอเอกสารครับ", "t1")
        room = await bureau.view(MALEE, said.room)
        assert (room.kind, room.unread, room.last and room.last.body and room.last.body.text) == (
            "direct",
            1,
            "ขอเอกสารครับ",
        )
        assert await write_to(bureau, NARIN, MALEE, "ขอเอกสารครับ", "t1") == said
        second = await write_to(bureau, MALEE, NARIN, "ได้ค่ะ", "t1")
        assert (second.room, second.n) == (said.room, said.n + 1)
        again = await messages.send_message(bureau.s, NARIN, said.room, TextBody(text="ขอเอกสารครับ"), "t1")
        assert again.n == said.n

    async def test_what_may_not_be_begun_or_said_makes_no_room(self, bureau: Bureau) -> None:
        await refused(write_to(bureau, CLERK, HEAD, "เรียนท่าน"), Deny.CONTACT_NOT_ALLOWED)
        for other, text in ((MALEE, " "), (NARIN, "ถึงตัวเอง")):
            with pytest.raises(Invalid):
                await write_to(bureau, NARIN, other, text)
        assert not (await load_rooms(bureau.s, NARIN)).rooms
        said = await write_to(bureau, HEAD, CLERK, "เชิญพบ")
        assert (await write_to(bureau, CLERK, HEAD, "รับทราบ")).room == said.room

    async def test_two_who_write_first_at_the_same_moment_meet_in_one_room(self, bureau: Bureau) -> None:
        first, second, again = await asyncio.gather(
            write_to(bureau, NARIN, MALEE, "สวัสดีครับ", "t1"),
            write_to(bureau, MALEE, NARIN, "สวัสดีค่ะ", "t1"),
            write_to(bureau, NARIN, MALEE, "สวัสดีครับ", "t1"),
        )
        assert first == again
        assert (first.room, first.n) != (second.room, second.n)
        assert first.room == second.room
        page = await load_messages(bureau.s, NARIN, first.room, MessagesQuery())
        texts = [event.body.text for event in page.messages if getattr(event, "body", None)]
        assert sorted(texts) == ["สวัสดีครับ", "สวัสดีค่ะ"]

    async def test_public_mode_frees_the_organisation_and_switching_back_cuts_nothing(self, bureau: Bureau) -> None:
        await bureau.contact_mode("public")
        room = await rooms.create_direct(bureau.s, CLERK, BOSS, bureau.txn())
        await bureau.contact_mode("normal")
        await bureau.say(CLERK, room)
        assert await rooms.create_direct(bureau.s, CLERK, BOSS, bureau.txn()) == room
        await refused(rooms.create_direct(bureau.s, CLERK, HEAD, bureau.txn()), Deny.CONTACT_NOT_ALLOWED)

    async def test_its_people_and_name_are_fixed(self, bureau: Bureau) -> None:
        room = await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        await refused(change(bureau, NARIN, room, add=(SOMCHAI,)), Deny.DIRECT_ROOM_FIXED)
        await refused(change(bureau, MALEE, room, remove=(NARIN,)), Deny.DIRECT_ROOM_FIXED)
        await refused(rooms.rename_room(bureau.s, NARIN, room, "ชื่อ", bureau.txn()), Deny.DIRECT_ROOM_FIXED)
        await refused(rooms.close_room(bureau.s, NARIN, room), Deny.DIRECT_ROOM_FIXED)

    async def test_a_group_of_two_is_no_way_round(self, bureau: Bureau) -> None:
        await refused(bureau.group(CLERK, HEAD), Deny.CONTACT_NOT_ALLOWED)
        alone = await bureau.group(CLERK)
        await refused(change(bureau, CLERK, alone, add=(HEAD,)), Deny.CONTACT_NOT_ALLOWED)
        three = await bureau.group(CLERK, HEAD, SOMCHAI)
        await refused(change(bureau, CLERK, three, remove=(SOMCHAI,)), Deny.CONTACT_NOT_ALLOWED)
        assert (await bureau.view(CLERK, three)).member_count == 3

    async def test_nobody_chats_with_themselves(self, bureau: Bureau) -> None:
        with pytest.raises(Invalid):
            await rooms.create_direct(bureau.s, NARIN, NARIN, bureau.txn())


class TestMembers:
    async def test_the_owner_adds_and_removes_at_once(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        assert await change(bureau, NARIN, room, add=(CLERK, HEAD), remove=(SOMCHAI,)) == ([CLERK, HEAD], [SOMCHAI])
        assert {m.person for m in (await bureau.view(CLERK, room)).members} == {NARIN, MALEE, CLERK, HEAD}

    async def test_a_repeat_answers_as_the_first_time(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        for _ in range(2):
            done = await rooms.change_members(bureau.s, NARIN, room, [CLERK, MALEE], [SOMCHAI], "same")
            assert done == ([CLERK], [SOMCHAI])
        for _ in range(2):
            assert await rooms.change_members(bureau.s, NARIN, room, [HEAD], [], "other") == ([HEAD], [])
        assert (await bureau.view(NARIN, room)).size == 5
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, None)
        assert await rooms.change_members(bureau.s, NARIN, room, [HEAD], [], "other") == ([HEAD], [])

    async def test_a_room_holds_so_many_and_no_more(self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        monkeypatch.setattr("appliance.rules.membership.MAX_MEMBERS", 4)
        await refused(change(bureau, NARIN, room, add=(CLERK, HEAD)), Deny.ROOM_FULL)
        await change(bureau, NARIN, room, add=(CLERK,))

    async def test_nobody_else_can_and_the_attempt_is_on_record(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await refused(change(bureau, MALEE, room, add=(CLERK,)), Deny.NOT_OWNER)
        await refused(change(bureau, MALEE, room, remove=(SOMCHAI,)), Deny.NOT_OWNER)
        await refused(change(bureau, ADMIN, room, add=(ADMIN,)), Deny.NOT_A_MEMBER)
        assert await audited(bureau) == [
            (MALEE, "member.add", room, "not_owner"),
            (MALEE, "member.remove", room, "not_owner"),
            (ADMIN, "member.add", room, "not_a_member"),
        ]

    async def test_an_outsider_learns_nothing_of_who_is_in(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.set_state(CLERK, AccountState.REVOKED)
        for someone in (MALEE, CLERK, HEAD, PersonId("nobody")):
            await refused(change(bureau, OUTSIDER, room, add=(someone,)), Deny.NOT_A_MEMBER)
            await refused(change(bureau, OUTSIDER, room, remove=(someone,)), Deny.NOT_A_MEMBER)

    async def test_adding_who_is_in_already_is_refused(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await refused(change(bureau, NARIN, room, add=(MALEE,)), Deny.ALREADY_MEMBER)
        await refused(change(bureau, NARIN, room, remove=(CLERK,)), Deny.TARGET_NOT_MEMBER)
        with pytest.raises(Invalid):
            await change(bureau, NARIN, room)
        with pytest.raises(Invalid):
            await change(bureau, NARIN, room, add=(CLERK,), remove=(CLERK,))

    async def test_who_was_removed_can_neither_read_nor_write(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await change(bureau, NARIN, room, remove=(MALEE,))
        await refused(bureau.say(MALEE, room), Deny.NOT_A_MEMBER)
        await refused(bureau.view(MALEE, room), Deny.NOT_A_MEMBER)
        await refused(load_messages(bureau.s, MALEE, room, MessagesQuery()), Deny.NOT_A_MEMBER)
        await refused(load_readers(bureau.s, MALEE, room, 0), Deny.NOT_A_MEMBER)
        await refused(bureau.read(MALEE, room, 0), Deny.NOT_A_MEMBER)

    async def test_who_comes_back_sees_what_was_said_meanwhile(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await change(bureau, NARIN, room, remove=(MALEE,))
        await bureau.say(SOMCHAI, room, "ระหว่างนั้น")
        await change(bureau, NARIN, room, add=(MALEE,))
        page = await load_messages(bureau.s, MALEE, room, MessagesQuery(after=0))
        assert "ระหว่างนั้น" in [event.body.text for event in page.messages if getattr(event, "body", None)]
        assert (await bureau.view(MALEE, room)).unread == 1

    async def test_leaving_is_asking(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await refused(change(bureau, MALEE, room, remove=(MALEE,)), Deny.CANNOT_LEAVE)
        await refused(change(bureau, NARIN, room, remove=(NARIN,)), Deny.OWNER_MUST_TRANSFER)

    async def test_a_room_that_is_not_there(self, bureau: Bureau) -> None:
        with pytest.raises(NotFound):
            await change(bureau, NARIN, RoomId("r_nowhere"), add=(MALEE,))


class TestNameOwnerEnd:
    async def test_only_the_owner_renames_and_the_old_name_stays_in_the_log(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI, name="เดิม")
        await refused(rooms.rename_room(bureau.s, MALEE, room, "ใหม่", bureau.txn()), Deny.NOT_OWNER)
        await rooms.rename_room(bureau.s, NARIN, room, " ใหม่\u202e  กว่า ", bureau.txn())
        assert (await bureau.view(SOMCHAI, room)).name == "ใหม่ กว่า"
        [renamed] = (await load_messages(bureau.s, MALEE, room, MessagesQuery(limit=1))).messages
        assert msgspec.to_builtins(renamed.state) == {"name": "ใหม่ กว่า", "old": "เดิม"}

    async def test_the_name_that_a_room_has_is_not_written_again(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI, name="เดิม")
        size = (await bureau.s.log.head(room)).size
        await rooms.rename_room(bureau.s, NARIN, room, "เดิม", bureau.txn())
        assert (await bureau.s.log.head(room)).size == size
        await refused(rooms.rename_room(bureau.s, MALEE, room, "เดิม", bureau.txn()), Deny.NOT_OWNER)

    async def test_a_cause_that_is_too_long_ends_no_room(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        with pytest.raises(Invalid):
            await rooms.end_room(bureau.s, "root", room, "x" * 1_001)
        await rooms.end_room(bureau.s, "root", room, "x" * 1_000)

    async def test_a_new_name_and_the_end_are_told_to_everyone_but_who_did_it(self, bureau: Bureau) -> None:
        """They are unread and the newest line, also for who joined since; one row each, however many members."""
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room)
        await bureau.read(SOMCHAI, room, sent.n)
        await rooms.rename_room(bureau.s, NARIN, room, "ชื่อใหม่", bureau.txn())
        await change(bureau, NARIN, room, add=(CLERK,))
        await rooms.close_room(bureau.s, NARIN, room)
        seen = {person: await bureau.view(person, room) for person in (NARIN, MALEE, SOMCHAI, CLERK)}
        assert {person: view.last and view.last.type for person, view in seen.items()} == {
            NARIN: "message.text",
            **dict.fromkeys((MALEE, SOMCHAI, CLERK), "room.close"),
        }
        assert {person: view.unread for person, view in seen.items()} == {NARIN: 1, MALEE: 3, SOMCHAI: 2, CLERK: 2}
        key = (await bureau.s.log.head(room)).key
        async with bureau.s.store.read() as reader:
            told = await reader.run(entries.concerns_of_room, key)
        assert len([person for _, person in told if person == EVERYONE]) == 2

    async def test_the_owner_hands_over_and_is_an_ordinary_member(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await refused(rooms.transfer_room(bureau.s, MALEE, room, MALEE, None), Deny.NOT_OWNER)
        await refused(rooms.transfer_room(bureau.s, NARIN, room, CLERK, None), Deny.TARGET_NOT_MEMBER)
        await rooms.transfer_room(bureau.s, NARIN, room, MALEE, bureau.txn())
        view = await bureau.view(NARIN, room)
        assert (view.owner, view.role) == (MALEE, "member")
        assert [m.person for m in view.members if m.role == "owner"] == [MALEE]
        await refused(change(bureau, NARIN, room, add=(CLERK,)), Deny.NOT_OWNER)
        await change(bureau, MALEE, room, add=(CLERK,), remove=(NARIN,))

    async def test_whose_account_has_ended_takes_nothing_over(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.set_state(MALEE, AccountState.REVOKED)
        await refused(rooms.transfer_room(bureau.s, NARIN, room, MALEE, None), Deny.PEOPLE_NOT_ACTIVE)

    async def test_who_may_not_hand_over_learns_nothing_of_anybody(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.set_state(SOMCHAI, AccountState.SUSPENDED)
        for person in (SOMCHAI, CLERK, PersonId("p_nobody")):
            await refused(rooms.transfer_room(bureau.s, MALEE, room, person, None), Deny.NOT_OWNER)

    async def test_handing_over_is_done_once(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        for _ in range(2):
            await rooms.transfer_room(bureau.s, NARIN, room, MALEE, "same")
        assert (await bureau.view(NARIN, room)).owner == MALEE

    async def test_a_room_is_reassigned_by_two_people_once_its_owner_is_gone(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        attempt = rooms.reassign_room
        by, second = (Actor(who, who, (Grant("agency_admin"),)) for who in (ADMIN, HEAD))
        await refused(attempt(bureau.s, by, room, MALEE, "ย้าย", by), Deny.SECOND_PERSON_REQUIRED)
        operator = Actor.operator("root(0)")
        await refused(attempt(bureau.s, operator, room, MALEE, "ย้าย", by), Deny.SECOND_PERSON_REQUIRED)
        await refused(attempt(bureau.s, by, room, MALEE, "ย้าย", second), Deny.NOT_OWNER)
        await bureau.set_state(NARIN, AccountState.SUSPENDED)
        await refused(attempt(bureau.s, by, room, MALEE, "ย้าย", second), Deny.NOT_OWNER)
        await bureau.set_state(NARIN, AccountState.REVOKED)
        await refused(attempt(bureau.s, by, room, CLERK, "เกษียณ", second), Deny.TARGET_NOT_MEMBER)
        await attempt(bureau.s, by, room, MALEE, "เกษียณ", second)
        assert (await bureau.view(SOMCHAI, room)).owner == MALEE
        assert (ADMIN, "room.reassign", room, "done") in await audited(bureau)

    async def test_an_operator_ends_a_room_that_people_cannot_leave(self, bureau: Bureau) -> None:
        """Closed, everybody but the owner off it, and on record with the reason."""
        room = await bureau.group(NARIN, MALEE, SOMCHAI, CLERK)
        with pytest.raises(Invalid) as caught:
            await rooms.end_room(bureau.s, "operator:root", room, " ")
        assert caught.value.code == "reason_missing"
        for _ in range(2):
            await rooms.end_room(bureau.s, "operator:root", room, "ห้องก่อกวน")
        state = (await bureau.s.log.head(room)).state
        assert state.closed
        assert set(state.members) == {principal(NARIN)}
        assert (await load_rooms(bureau.s, MALEE)).rooms == []
        await refused(bureau.say(NARIN, room), Deny.ROOM_CLOSED)
        async with bureau.s.store.read() as reader:
            told = [row for row in await reader.run(audit.list_from, 0, 100) if row.action == "room.end"]
        assert [(row.actor, row.target, row.outcome) for row in told] == [("operator:root", room, "done")] * 2
        assert all("ห้องก่อกวน" in str(row.detail) for row in told)
        private = await rooms.create_direct(bureau.s, NARIN, MALEE, "d")
        await refused(rooms.end_room(bureau.s, "operator:root", private, "x"), Deny.DIRECT_ROOM_FIXED)

    async def test_closing_ends_writing_and_keeps_reading(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(MALEE, room, "ก่อนปิด")
        await refused(rooms.close_room(bureau.s, MALEE, room), Deny.NOT_OWNER)
        await rooms.close_room(bureau.s, NARIN, room)
        await refused(bureau.say(NARIN, room), Deny.ROOM_CLOSED)
        await refused(change(bureau, NARIN, room, add=(CLERK,)), Deny.ROOM_CLOSED)
        view = await bureau.view(MALEE, room)
        assert view.closed
        assert view.denied["post"] == "room_closed"
        page = await load_messages(bureau.s, SOMCHAI, room, MessagesQuery())
        assert "ก่อนปิด" in [event.body.text for event in page.messages if getattr(event, "body", None)]


class TestPosts:
    async def test_a_room_of_a_post_follows_who_fills_it(self, bureau: Bureau) -> None:
        await refused(
            rooms.create_group(bureau.s, MALEE, "ห้องหัวหน้า", [SOMCHAI, NARIN], bureau.txn(), CHIEF), Deny.NOT_OWNER
        )
        room = await rooms.create_group(bureau.s, NARIN, "ห้องหัวหน้า", [SOMCHAI, MALEE], bureau.txn(), CHIEF)
        assert await room_settling.follow_posts(bureau.s) == []
        bureau.clock.pass_(1)
        await bureau.hold(HEAD, CHIEF)
        assert await room_settling.follow_posts(bureau.s) == [room]
        view = await bureau.view(HEAD, room)
        assert (view.owner, view.owner_post, view.member_count) == (HEAD, CHIEF, 4)
        assert (await bureau.view(NARIN, room)).role == "member"
        bureau.clock.pass_(1)
        await bureau.hold(MALEE, CHIEF)
        assert await room_settling.follow_posts(bureau.s) == [room]
        assert (await bureau.view(SOMCHAI, room)).owner == MALEE

    async def test_a_post_whose_new_holder_has_no_account_changes_nothing(self, bureau: Bureau) -> None:
        await rooms.create_group(bureau.s, NARIN, "ห้องหัวหน้า", [SOMCHAI, MALEE], bureau.txn(), CHIEF)
        bureau.clock.pass_(1)
        await bureau.set_state(CLERK, AccountState.REVOKED)
        await bureau.hold(CLERK, CHIEF)
        assert await room_settling.follow_posts(bureau.s) == []

    @pytest.mark.parametrize("settled", ["follow_posts", "settle_rooms"])
    async def test_a_handover_that_fails_keeps_no_other_waiting_and_is_tried_again(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch, settled: str
    ) -> None:
        """The caller learns that not everything could be done."""
        made = [
            await rooms.create_group(bureau.s, NARIN, "ห้องหัวหน้า", [SOMCHAI, MALEE], bureau.txn(), CHIEF)
            for _ in range(3)
        ]
        bureau.clock.pass_(1)
        await bureau.hold(HEAD, CHIEF)
        head = bureau.s.log.head

        async def failing(room: RoomId) -> object:
            if room == made[0]:
                raise Unavailable
            return await head(room)

        monkeypatch.setattr(bureau.s.log, "head", failing)
        if settled == "follow_posts":
            with pytest.raises(Unavailable):
                await room_settling.follow_posts(bureau.s)
        else:
            assert not await room_settling.settle_rooms(bureau.s)
        monkeypatch.undo()
        assert [(await bureau.view(SOMCHAI, room)).owner for room in made] == [NARIN, HEAD, HEAD]
        assert await room_settling.settle_rooms(bureau.s)
        assert (await bureau.view(SOMCHAI, made[0])).owner == HEAD


class TestEndedAccounts:
    async def test_the_system_takes_them_off_groups_and_names_rooms_without_owner(self, bureau: Bureau) -> None:
        group = await bureau.group(NARIN, MALEE, SOMCHAI)
        owned = await bureau.group(MALEE, NARIN, SOMCHAI)
        direct = await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn())
        await bureau.set_state(MALEE, AccountState.REVOKED)
        assert await room_settling.remove_everywhere(bureau.s, MALEE) == [owned]
        assert {m.person for m in (await bureau.view(NARIN, group)).members} == {NARIN, SOMCHAI}
        assert (await bureau.view(NARIN, direct)).member_count == 2
        assert await room_settling.remove_everywhere(bureau.s, MALEE) == [owned]

    async def test_a_group_that_becomes_a_forbidden_private_chat_is_closed(self, bureau: Bureau) -> None:
        """F38: nobody's end may leave a clerk alone with a superior, whoever of the three it is that ends."""
        left_by_member = await bureau.group(CLERK, SOMCHAI, BOSS)
        left_by_owner = await bureau.group(SOMCHAI, CLERK, BOSS)
        of_the_boss = await bureau.group(BOSS, SOMCHAI, CLERK)
        larger = await bureau.group(CLERK, SOMCHAI, BOSS, MALEE)
        await bureau.set_state(SOMCHAI, AccountState.REVOKED)
        assert await room_settling.remove_everywhere(bureau.s, SOMCHAI) == [left_by_owner]
        closed = {room: (await bureau.view(CLERK, room)).closed for room in (left_by_member, left_by_owner)}
        assert all(closed.values()), closed
        await refused(bureau.say(CLERK, left_by_member), Deny.ROOM_CLOSED)
        assert (await load_messages(bureau.s, CLERK, left_by_member, MessagesQuery())).messages[0].type == "sys.close"
        assert not (await bureau.view(BOSS, of_the_boss)).closed
        assert not (await bureau.view(CLERK, larger)).closed
        assert await room_settling.remove_everywhere(bureau.s, SOMCHAI) == [left_by_owner]

    async def test_the_appliance_follows_a_revocation_and_a_departure_by_itself(self, bureau: Bureau) -> None:
        """F40: what `wiring` calls whenever people have changed."""
        group = await bureau.group(NARIN, MALEE, SOMCHAI, HEAD)
        await bureau.set_state(MALEE, AccountState.REVOKED)
        await bureau.leave_the_staff(SOMCHAI)
        await room_settling.settle_rooms(bureau.s)
        assert {m.person for m in (await bureau.view(NARIN, group)).members} == {NARIN, HEAD}

    async def test_a_room_that_fails_keeps_no_other_waiting(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is tried again at the next call."""
        groups = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(3)]
        await bureau.set_state(MALEE, AccountState.REVOKED)
        head = bureau.s.log.head

        async def damaged(room: RoomId) -> object:
            if room == groups[1]:
                raise Unavailable("torn", code="storage_damaged")
            return await head(room)

        monkeypatch.setattr(bureau.s.log, "head", damaged)
        assert not await room_settling.settle_rooms(bureau.s)
        monkeypatch.undo()
        members = [len((await bureau.view(NARIN, room)).members) for room in groups]
        assert members == [2, 3, 2]
        assert await room_settling.settle_rooms(bureau.s)
        assert len((await bureau.view(NARIN, groups[1])).members) == 2

    async def test_a_lost_owner_is_put_on_record_once(self, bureau: Bureau) -> None:
        """F37: somebody has to learn which rooms need an owner."""
        room = await bureau.group(MALEE, NARIN, SOMCHAI, HEAD)
        await bureau.set_state(MALEE, AccountState.REVOKED)
        for _ in range(2):
            await room_settling.settle_rooms(bureau.s)
        assert [line for line in await audited(bureau) if line[1] == "room.owner_lost"] == [
            (MALEE, "room.owner_lost", room, "needs_owner")
        ]

    async def test_many_are_taken_off_in_one_go(self, tmp_path: Path) -> None:
        """Removing is cut into entries of a bounded size, as adding is."""
        crowd = [PersonId(f"p{n}") for n in range(1_200)]
        async with open_bureau(tmp_path, extra=len(crowd)) as bureau:
            room = await bureau.group(NARIN, MALEE, SOMCHAI, *crowd)
            added, removed = await change(bureau, NARIN, room, remove=tuple(crowd))
            assert (added, len(removed)) == ([], len(crowd))
            assert (await bureau.view(NARIN, room)).member_count == 3


class TestOwnView:
    async def test_muting_and_hiding_are_for_oneself_and_hiding_ends_with_a_message(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(NARIN, room)
        await rooms.set_preferences(bureau.s, MALEE, room, muted=True, hidden=True)
        view = await bureau.view(MALEE, room)
        assert (view.muted, view.hidden, view.unread) == (True, True, 2)
        other = await bureau.view(SOMCHAI, room)
        assert (other.muted, other.hidden) == (False, False)
        await bureau.say(NARIN, room)
        view = await bureau.view(MALEE, room)
        assert (view.muted, view.hidden, view.unread) == (True, False, 3)
        await rooms.set_preferences(bureau.s, MALEE, room, muted=False)
        assert not (await bureau.view(MALEE, room)).muted

    async def test_pinning_is_for_oneself_and_stays(self, bureau: Bureau) -> None:
        """On the server, so that all devices of a person agree."""
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await rooms.set_preferences(bureau.s, MALEE, room, pinned=True)
        await rooms.set_preferences(bureau.s, MALEE, room, muted=True)
        assert (await bureau.view(MALEE, room)).pinned
        assert not (await bureau.view(SOMCHAI, room)).pinned
        await rooms.set_preferences(bureau.s, MALEE, room, pinned=False)
        assert not (await bureau.view(MALEE, room)).pinned

    async def test_what_changes_nothing_is_not_told(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE)
        await bureau.say(NARIN, room)
        changes: list[Callable[[], Awaitable[None]]] = [
            partial(rooms.set_preferences, bureau.s, MALEE, room, muted=True),
            partial(rooms.mark_unread, bureau.s, MALEE, room, 2),
            partial(rooms.end_unread_mark, bureau.s, MALEE, room),
            partial(rooms.clear_room, bureau.s, MALEE, room),
            partial(rooms.uncover_room, bureau.s, MALEE, room),
        ]
        for change_them in changes:
            before = bureau.s.log.feed.pos
            await change_them()
            assert (after := bureau.s.log.feed.pos) == before + 1
            await change_them()
            assert bureau.s.log.feed.pos == after

    async def test_what_changes_counts_as_what_one_appends(self, tmp_path: Path) -> None:
        """Each is a line of the feed for good."""
        async with open_bureau(tmp_path, limits=Limits(user_entries_s=0.001, user_entries_burst=2)) as b:
            room = await b.group(NARIN, MALEE)
            for muted in (True, True, False):
                await rooms.set_preferences(b.s, MALEE, room, muted=muted)
            with pytest.raises(TooMany):
                await rooms.set_preferences(b.s, MALEE, room, muted=True)
            assert not (await b.view(MALEE, room)).muted

    async def test_hiding_and_showing_again(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await rooms.set_preferences(bureau.s, MALEE, room, hidden=True)
        assert (await bureau.view(MALEE, room)).hidden
        await rooms.set_preferences(bureau.s, MALEE, room, hidden=False)
        assert not (await bureau.view(MALEE, room)).hidden

    async def test_clearing_hides_for_oneself_and_deletes_for_nobody(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(NARIN, room, "ข้อความเก่า", mentions=[MALEE])
        await rooms.clear_room(bureau.s, MALEE, room)
        view = await bureau.view(MALEE, room)
        assert (view.cleared, view.hidden, view.unread, view.mentions, view.last) == (sent.n, True, 0, 0, None)
        assert (await bureau.view(SOMCHAI, room)).unread == 2
        page = await load_messages(bureau.s, MALEE, room, MessagesQuery(around=sent.n))
        assert "ข้อความเก่า" in [event.body.text for event in page.messages if getattr(event, "body", None)]
        assert MALEE in {person.person for person in (await load_readers(bureau.s, NARIN, room, sent.n)).unread}
        await bureau.say(NARIN, room, "ข้อความใหม่")
        view = await bureau.view(MALEE, room)
        assert (view.hidden, view.unread) == (False, 1)

    async def test_a_clearing_has_a_time_and_can_be_taken_back(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(NARIN, room, "ข้อความเก่า", mentions=[MALEE])
        before = await bureau.view(MALEE, room)
        bureau.clock.pass_(5_000)
        await rooms.clear_room(bureau.s, MALEE, room)
        cleared = await bureau.view(MALEE, room)
        assert cleared.cleared_at == bureau.s.clock() > sent.at
        bureau.clock.pass_(5_000)
        await rooms.clear_room(bureau.s, MALEE, room)
        assert (await bureau.view(MALEE, room)).cleared_at == cleared.cleared_at
        await rooms.uncover_room(bureau.s, MALEE, room)
        assert await bureau.view(MALEE, room) == before
        await rooms.uncover_room(bureau.s, MALEE, room)

    async def test_marking_unread_shows_from_there_and_keeps_the_first_read(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = [await bureau.say(NARIN, room) for _ in range(3)]
        await bureau.read(MALEE, room, sent[2].n)
        first = (await load_readers(bureau.s, NARIN, room, sent[1].n)).read
        bureau.clock.pass_(5_000)
        await rooms.mark_unread(bureau.s, MALEE, room, sent[1].n)
        view = await bureau.view(MALEE, room)
        assert (view.unread, view.read, view.unread_from) == (2, sent[2].n, sent[1].n)
        assert (await load_readers(bureau.s, NARIN, room, sent[1].n)).read == first

    async def test_a_mark_holds_whatever_is_read_until_it_is_ended(self, bureau: Bureau) -> None:
        """A receipt of another device, or one that comes late, takes no mark away."""
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = [await bureau.say(NARIN, room) for _ in range(3)]
        await rooms.mark_unread(bureau.s, MALEE, room, sent[1].n)
        await bureau.read(MALEE, room, sent[2].n)
        view = await bureau.view(MALEE, room)
        assert (view.unread, view.read, view.unread_from) == (2, sent[2].n, sent[1].n)
        await rooms.end_unread_mark(bureau.s, MALEE, room)
        view = await bureau.view(MALEE, room)
        assert (view.unread, view.unread_from) == (0, None)

    async def test_a_mark_must_be_in_the_room_and_the_person_too(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        with pytest.raises(Invalid):
            await rooms.mark_unread(bureau.s, MALEE, room, 2)
        for attempt in (
            rooms.mark_unread(bureau.s, OUTSIDER, room, 0),
            rooms.end_unread_mark(bureau.s, OUTSIDER, room),
            rooms.clear_room(bureau.s, OUTSIDER, room),
            rooms.set_preferences(bureau.s, OUTSIDER, room, muted=True),
        ):
            await refused(attempt, Deny.NOT_A_MEMBER)


class TestNewMembers:
    async def test_they_read_everything_that_was_said_before(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "ก่อนเธอมา")
        await change(bureau, NARIN, room, add=(CLERK,))
        assert (await bureau.view(CLERK, room)).unread == 1
        page = await load_messages(bureau.s, CLERK, room, MessagesQuery())
        assert "ก่อนเธอมา" in [event.body.text for event in page.messages if getattr(event, "body", None)]
        bureau.clock.pass_(1_000)
        await bureau.read(CLERK, room, page.messages[0].n or 0)
        readers = await load_readers(bureau.s, NARIN, room, sent.n)
        assert [(reader.person, reader.at) for reader in readers.read] == [(CLERK, bureau.clock())]


async def test_refusals_are_on_record_without_a_record_for_each(bureau: Bureau) -> None:
    """Fifty a second from one person would fill the log for good."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    for _ in range(30):
        await refused(change(bureau, MALEE, room, remove=(SOMCHAI,)), Deny.NOT_OWNER)
    others = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(25)]
    for other in others:
        await refused(change(bureau, MALEE, other, remove=(SOMCHAI,)), Deny.NOT_OWNER)
    await record_repeated(bureau.s)
    first = [(MALEE, "member.remove", where, "not_owner") for where in (room, *others)]
    assert [found for found in await audited(bureau) if found[0] == MALEE] == first[:MAX_KINDS]
    bureau.clock.pass_(WINDOW_MS)
    await record_repeated(bureau.s)
    await record_repeated(bureau.s)
    async with bureau.s.store.read() as reader:
        records = [
            (r.action, r.target, r.detail) for r in (await reader.run(audit.list_from, 0, 100)) if r.actor == MALEE
        ]
    assert records[MAX_KINDS:] == [("member.remove", room, '{"again":29}'), ("any", MALEE, '{"again":6}')]
    await refused(change(bureau, MALEE, room, remove=(SOMCHAI,)), Deny.NOT_OWNER)
    assert (await audited(bureau))[-1] == (MALEE, "member.remove", room, "not_owner")
