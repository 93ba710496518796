"""What people say, through its actions: text, mentions, replies, edits, retractions (C10 to C17)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import msgspec
import pytest

from appliance.actions import messages, rooms
from appliance.errors import Forbidden, Invalid, NotFound, TooLarge
from appliance.model import Deny, PersonId, RoomId
from appliance.reads.messages import load_history, load_messages
from appliance.rules.marks import MAX_EDITS, MAX_EMOJI, MAX_EMOJI_OF_ONE
from appliance.wire.entries import EntryEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import DAY, MALEE, NARIN, OUTSIDER, SOMCHAI, Bureau, open_bureau

# Single emoji that every version of the data knows: animals, food, things.
EMOJI = [chr(code) for code in range(0x1F400, 0x1F400 + 110) if code not in (0x1F43F, 0x1F441)]


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    return await bureau.group(NARIN, MALEE, SOMCHAI)


async def refused(attempt: Awaitable[object], reason: Deny) -> None:
    with pytest.raises(Forbidden) as caught:
        await attempt
    assert caught.value.deny is reason


async def entry(b: Bureau, room: RoomId, n: int) -> EntryEvent:
    page = await load_messages(b.s, NARIN, room, MessagesQuery(around=n, limit=1))
    assert page.messages[0].n == n
    return page.messages[0]


async def edit(b: Bureau, who: str, room: RoomId, n: int, text: str) -> object:
    return await messages.edit_message(b.s, PersonId(who), room, n, TextBody(text=text), b.txn())


class TestSending:
    @pytest.mark.parametrize("text", ["", " \n\t", "\u3164", "\u0e48\u0301", "\u200b\u2800"])
    async def test_there_must_be_something_to_read(self, bureau: Bureau, room: RoomId, text: str) -> None:
        with pytest.raises(Invalid):
            await bureau.say(NARIN, room, text)

    async def test_text_is_kept_as_typed_but_for_line_ends(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(NARIN, room, "น้ำ\r\nใจ\rกำ  ๏ 😀 ")
        body = (await entry(bureau, room, sent.n)).body
        assert body is not None
        assert body.text == "น้ำ\nใจ\nกำ  ๏ 😀 "

    async def test_too_much_is_refused_and_nothing_changes(self, bureau: Bureau, room: RoomId) -> None:
        before = (await bureau.view(NARIN, room)).size
        with pytest.raises(TooLarge):
            await bureau.say(NARIN, room, "ก" * 20_000, mentions=[f"p{n:059d}" for n in range(100)])
        assert (await bureau.view(NARIN, room)).size == before

    async def test_who_is_no_member_and_a_room_that_is_none(self, bureau: Bureau, room: RoomId) -> None:
        await refused(bureau.say(OUTSIDER, room), Deny.NOT_A_MEMBER)
        with pytest.raises(NotFound):
            await bureau.say(NARIN, RoomId("r_nowhere"))

    async def test_a_reply_names_its_message(self, bureau: Bureau, room: RoomId) -> None:
        first = await bureau.say(NARIN, room)
        reply = await bureau.say(MALEE, room, "ครับ", reply_to=first.n)
        assert (await entry(bureau, room, reply.n)).reply_to == first.n
        await refused(bureau.say(MALEE, room, "ครับ", reply_to=reply.n + 1), Deny.NOT_A_MESSAGE)

    async def test_a_reply_answers_a_message_and_nothing_else(self, bureau: Bureau, room: RoomId) -> None:
        """Bug Q: the room's first entries, a reaction and an edit are no messages; a retracted message is one."""
        first = await bureau.say(NARIN, room)
        await edit(bureau, NARIN, room, first.n, "แก้แล้ว")
        await messages.react(bureau.s, MALEE, room, first.n, "👍", on=True)
        for n in (0, 1, first.n + 1, first.n + 2):
            await refused(bureau.say(MALEE, room, "ครับ", reply_to=n), Deny.NOT_A_MESSAGE)
        await messages.retract_message(bureau.s, NARIN, room, first.n, "", bureau.txn())
        await bureau.say(MALEE, room, "ครับ", reply_to=first.n)

    async def test_a_retracted_message_calls_nobody(self, bureau: Bureau, room: RoomId) -> None:
        """Its trace still counts as unread, its mention does not."""
        named = await bureau.say(NARIN, room, "@มาลี", mentions=[MALEE])
        everyone = await bureau.say(NARIN, room, "ทุกคน", everyone=True)
        assert (await bureau.view(MALEE, room)).mentions == 2
        for message in (named, everyone):
            await messages.retract_message(bureau.s, NARIN, room, message.n, "", bureau.txn())
        view = await bureau.view(MALEE, room)
        assert (view.mentions, view.unread) == (0, 3)

    async def test_mentions_are_counted_for_those_named_and_not_for_the_writer(
        self, bureau: Bureau, room: RoomId
    ) -> None:
        await bureau.say(NARIN, room, "@มาลี", mentions=[MALEE, NARIN, OUTSIDER])
        await bureau.say(NARIN, room, "ทุกคน", everyone=True)
        counts = {who: (await bureau.view(who, room)).mentions for who in (NARIN, MALEE, SOMCHAI)}
        assert counts == {NARIN: 0, MALEE: 2, SOMCHAI: 1}
        await bureau.say(NARIN, room, "@มาลี และทุกคน", mentions=[MALEE], everyone=True)
        counts = {who: (await bureau.view(who, room)).mentions for who in (NARIN, MALEE, SOMCHAI)}
        assert counts == {NARIN: 0, MALEE: 3, SOMCHAI: 2}, "a message counts once, however it calls"
        await rooms.change_members(bureau.s, NARIN, room, [OUTSIDER], [], bureau.txn())
        assert (await bureau.view(OUTSIDER, room)).mentions == 0

    async def test_in_a_large_room_only_the_owner_calls_everyone(self, tmp_path: Path) -> None:
        folder = tmp_path / "large"
        folder.mkdir()
        async with open_bureau(folder, extra=50) as large:
            people = [f"p{n}" for n in range(50)]
            room = await large.group(NARIN, *people)  # type: ignore[arg-type]
            await large.say(NARIN, room, "ประกาศ", everyone=True)
            await refused(large.say(people[0], room, "ทุกคน", everyone=True), Deny.MASS_MENTION_LIMIT)  # type: ignore[arg-type]


class TestEditing:
    async def test_the_newest_wording_is_shown_and_all_are_kept(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room, "พรุ่งนี่")
        bureau.clock.pass_(60_000)
        await edit(bureau, MALEE, room, sent.n, "พรุ่งนี้")
        await edit(bureau, MALEE, room, sent.n, "พรุ่งนี้เช้า")
        shown = await entry(bureau, room, sent.n)
        assert shown.body is not None
        assert shown.edited is not None
        assert (shown.body.text, shown.edited.n, shown.edited.at) == ("พรุ่งนี้เช้า", sent.n + 2, bureau.clock())
        history = (await load_history(bureau.s, SOMCHAI, room, sent.n)).versions
        assert [version.body and version.body.text for version in history] == ["พรุ่งนี่", "พรุ่งนี้", "พรุ่งนี้เช้า"]

    async def test_only_the_author_within_a_day_and_only_a_message(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room)
        await refused(edit(bureau, NARIN, room, sent.n, "อื่น"), Deny.NOT_AUTHOR)
        await refused(edit(bureau, MALEE, room, 0, "อื่น"), Deny.NOT_A_MESSAGE)
        await refused(edit(bureau, MALEE, room, 99, "อื่น"), Deny.NOT_A_MESSAGE)
        bureau.clock.pass_(DAY + 1)
        await refused(edit(bureau, MALEE, room, sent.n, "อื่น"), Deny.EDIT_WINDOW_OVER)


class TestRetracting:
    async def test_the_words_go_and_the_trace_stays(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room, "ผิดห้อง")
        await edit(bureau, MALEE, room, sent.n, "ผิดห้องครับ")
        await messages.react(bureau.s, SOMCHAI, room, sent.n, "👍", on=True)
        await messages.retract_message(bureau.s, MALEE, room, sent.n, "ส่งผิดห้อง", bureau.txn())
        page = (await load_messages(bureau.s, NARIN, room, MessagesQuery(after=sent.n - 1))).messages
        assert [event.n for event in page] == list(range(sent.n, sent.n + 4))
        assert (page[0].hidden, page[0].body, page[0].sender, page[0].reactions) == ("retracted", None, MALEE, [])
        assert (page[1].hidden, page[1].body) == ("retracted", None)
        assert msgspec.to_builtins(page[3].state) == {"reason": "ส่งผิดห้อง"}
        with pytest.raises(NotFound):
            await load_history(bureau.s, NARIN, room, sent.n)

    async def test_the_owner_at_any_time_others_only_their_own_within_a_day(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room)
        await refused(messages.retract_message(bureau.s, SOMCHAI, room, sent.n, "", None), Deny.NOT_AUTHOR)
        bureau.clock.pass_(DAY + 1)
        await refused(messages.retract_message(bureau.s, MALEE, room, sent.n, "", None), Deny.RETRACT_WINDOW_OVER)
        await messages.retract_message(bureau.s, NARIN, room, sent.n, "", None)
        await refused(messages.retract_message(bureau.s, NARIN, room, sent.n, "", None), Deny.MESSAGE_RETRACTED)
        await refused(edit(bureau, MALEE, room, sent.n, "อื่น"), Deny.MESSAGE_RETRACTED)
        await refused(messages.react(bureau.s, SOMCHAI, room, sent.n, "👍", on=True), Deny.MESSAGE_RETRACTED)


class TestHowMany:
    """A message carries so many marks and no more: who can read it must be able to load it."""

    async def test_different_emoji_of_one_person(self, bureau: Bureau, room: RoomId) -> None:
        n = (await bureau.say(NARIN, room)).n
        for emoji in EMOJI[:MAX_EMOJI_OF_ONE]:
            await messages.react(bureau.s, MALEE, room, n, emoji, on=True)
        await refused(messages.react(bureau.s, MALEE, room, n, EMOJI[30], on=True), Deny.TOO_MANY_REACTIONS)
        await messages.react(bureau.s, MALEE, room, n, EMOJI[0], on=True)
        await messages.react(bureau.s, SOMCHAI, room, n, EMOJI[30], on=True)
        await messages.react(bureau.s, MALEE, room, n, EMOJI[0], on=False)
        await messages.react(bureau.s, MALEE, room, n, EMOJI[30], on=True)
        assert len((await entry(bureau, room, n)).reactions) == MAX_EMOJI_OF_ONE

    async def test_one_emoji_at_once_from_everywhere_is_one_entry(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(NARIN, room)
        size = (await bureau.view(MALEE, room)).size
        for turn, on in enumerate((True, False, True), 1):
            await asyncio.gather(*(messages.react(bureau.s, MALEE, room, sent.n, "👍", on=on) for _ in range(8)))
            assert (await bureau.view(MALEE, room)).size == size + turn
        await asyncio.gather(
            *(messages.react(bureau.s, MALEE, room, sent.n, "👍", on=on) for on in (True, False, False, True, True))
        )
        assert (await bureau.view(MALEE, room)).size == size + 5
        await refused(messages.react(bureau.s, OUTSIDER, room, sent.n, "👍", on=False), Deny.NOT_A_MEMBER)

    async def test_at_the_same_moment_too(self, bureau: Bureau, room: RoomId) -> None:
        n = (await bureau.say(NARIN, room)).n
        many = (messages.react(bureau.s, MALEE, room, n, emoji, on=True) for emoji in EMOJI[:40])
        results = await asyncio.gather(*many, return_exceptions=True)
        assert sum(isinstance(result, Forbidden) for result in results) == 40 - MAX_EMOJI_OF_ONE

    async def test_different_emoji_of_a_message(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path, extra=6) as b:
            room = await b.group(NARIN, *(PersonId(f"p{i}") for i in range(6)))
            n = (await b.say(NARIN, room)).n
            for i in range(MAX_EMOJI):
                await messages.react(b.s, PersonId(f"p{i // 20}"), room, n, EMOJI[i], on=True)
            await refused(messages.react(b.s, PersonId("p5"), room, n, EMOJI[100], on=True), Deny.TOO_MANY_REACTIONS)
            await messages.react(b.s, PersonId("p5"), room, n, EMOJI[99], on=True)
            reactions = (await entry(b, room, n)).reactions
            assert len(reactions) == MAX_EMOJI
            assert reactions[-1].people == ["p4", "p5"]

    async def test_edits(self, bureau: Bureau, room: RoomId) -> None:
        n = (await bureau.say(MALEE, room)).n
        for i in range(MAX_EDITS - 1):
            await edit(bureau, MALEE, room, n, f"{i}")
        last = await asyncio.gather(*(edit(bureau, MALEE, room, n, f"x{i}") for i in range(3)), return_exceptions=True)
        assert [type(result).__name__ for result in last].count("Forbidden") == 2
        await refused(edit(bureau, MALEE, room, n, "อีก"), Deny.TOO_MANY_EDITS)
        await messages.retract_message(bureau.s, MALEE, room, n, "", None)


class TestReacting:
    async def test_twice_is_once_and_it_can_be_taken_back(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room)
        for who in (SOMCHAI, NARIN, SOMCHAI):
            await messages.react(bureau.s, who, room, sent.n, "🙏", on=True)
        [found] = (await entry(bureau, room, sent.n)).reactions
        assert (found.emoji, found.people) == ("🙏", [SOMCHAI, NARIN])
        for _ in range(2):
            await messages.react(bureau.s, SOMCHAI, room, sent.n, "🙏", on=False)
        [found] = (await entry(bureau, room, sent.n)).reactions
        assert found.people == [NARIN]
        assert (await bureau.view(NARIN, room)).size == sent.n + 4

    async def test_an_emoji_is_one_whatever_keyboard_it_comes_from(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room)
        for who, heart in ((SOMCHAI, "\u2764"), (NARIN, "\u2764\ufe0f"), (SOMCHAI, "\u2764\ufe0f")):
            await messages.react(bureau.s, who, room, sent.n, heart, on=True)
        [found] = (await entry(bureau, room, sent.n)).reactions
        assert (found.emoji, found.people) == ("\u2764\ufe0f", [SOMCHAI, NARIN])
        await messages.react(bureau.s, SOMCHAI, room, sent.n, "\u2764", on=False)
        [found] = (await entry(bureau, room, sent.n)).reactions
        assert found.people == [NARIN]

    async def test_only_an_emoji_on_a_message_by_a_member(self, bureau: Bureau, room: RoomId) -> None:
        sent = await bureau.say(MALEE, room)
        with pytest.raises(Invalid):
            await messages.react(bureau.s, NARIN, room, sent.n, "ok", on=True)
        await refused(messages.react(bureau.s, OUTSIDER, room, sent.n, "👍", on=True), Deny.NOT_A_MEMBER)
        await refused(messages.react(bureau.s, NARIN, room, 0, "👍", on=True), Deny.NOT_A_MESSAGE)


class TestPages:
    async def test_before_after_and_around_have_no_gaps(self, bureau: Bureau, room: RoomId) -> None:
        for n in range(8):
            await bureau.say(NARIN, room, f"ข้อความ {n}")

        async def ns(**query: int) -> tuple[list[int | None], bool]:
            page = await load_messages(bureau.s, MALEE, room, MessagesQuery(**query))
            return [event.n for event in page.messages], page.has_more

        assert await ns(limit=4) == ([9, 8, 7, 6], True)
        assert await ns(before=3, limit=4) == ([2, 1, 0], False)
        assert await ns(before=0) == ([], False)
        assert await ns(after=7, limit=4) == ([8, 9], False)
        assert await ns(after=2, limit=4) == ([3, 4, 5, 6], True)
        assert await ns(after=9) == ([], False)
        assert await ns(around=5, limit=4) == ([3, 4, 5, 6], True)
        assert await ns(around=99, limit=4) == ([7, 8, 9], False)
        with pytest.raises(Invalid):
            await ns(before=1, after=2)
