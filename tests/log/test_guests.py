"""A member of another agency: named by the card in the log, and by `id@agency` in every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from appliance.actions import messages, rooms
from appliance.errors import Forbidden, Invalid
from appliance.evidence.registry import Enrolled, Registry
from appliance.model import Deny, Draft, EntryType, PersonId, Principal
from appliance.reads.messages import load_messages
from appliance.reads.readers import load_readers
from appliance.reads.rooms import load_room
from appliance.rules.entry_states import Card, MembersAdded
from appliance.wire.entries import MemberAddEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, principal

if TYPE_CHECKING:
    from appliance.model import RoomId

GUEST = Principal("p_9@moph")
CARD = Card(GUEST, "สมหญิง จริงใจ", "กองควบคุมโรค", "นายแพทย์", 700)


async def with_guest(b: Bureau) -> RoomId:
    b.s.log.registry = Registry(0, {"test": Enrolled(), "moph": Enrolled()})
    room = await b.group(NARIN, MALEE, SOMCHAI)
    await b.s.log.append(Draft(room, principal(NARIN), EntryType.MEMBER_ADD, state=MembersAdded((CARD,))))
    return room


async def test_a_guest_is_named_by_the_card(bureau: Bureau) -> None:
    local = await bureau.group(NARIN, MALEE, SOMCHAI)
    room = await with_guest(bureau)
    view = await load_room(bureau.s, NARIN, room)
    guest = next(member for member in view.members if member.person == GUEST)
    assert (guest.name, guest.unit, guest.post, guest.active) == (CARD.name, CARD.unit, CARD.post, True)
    assert (view.scope, (await load_room(bureau.s, NARIN, local)).scope) == ("cross_agency", "local")
    assert {member.person for member in view.members} == {NARIN, MALEE, SOMCHAI, GUEST}
    wire = msgspec.json.encode(view)
    assert msgspec.json.decode(wire, type=type(view)) == view
    assert b"700" not in wire, "nobody is told a rank"


async def test_a_guest_goes_by_the_full_name_in_every_answer(bureau: Bureau) -> None:
    room = await with_guest(bureau)
    sent = await bureau.say(MALEE, room)
    found = (await load_messages(bureau.s, NARIN, room, MessagesQuery())).messages
    added = next(event for event in found if isinstance(event, MemberAddEvent) and event.n == 2)
    assert ([card.p for card in added.state.members], added.sender) == ([GUEST], NARIN)
    page = await load_readers(bureau.s, NARIN, room, sent.n, limit=1)
    seen = [page]
    while seen[-1].cursor or seen[-1].unread_cursor:
        cursor = seen[-1].cursor or seen[-1].unread_cursor
        seen.append(await load_readers(bureau.s, NARIN, room, sent.n, cursor, limit=1))
    assert GUEST in {one.person for part in seen for one in part.unread}


async def test_a_guest_is_mentioned_and_taken_off(bureau: Bureau) -> None:
    room = await with_guest(bureau)
    said = await messages.send_message(
        bureau.s, NARIN, room, TextBody(text="@สมหญิง", mentions=[GUEST, MALEE]), bureau.txn()
    )
    [event] = [e for e in (await load_messages(bureau.s, MALEE, room, MessagesQuery())).messages if e.n == said.n]
    assert getattr(event, "body").mentions == [GUEST, MALEE]  # noqa: B009 - one of a union
    await rooms.change_members(bureau.s, NARIN, room, [], [PersonId(GUEST)], bureau.txn())
    assert set((await bureau.s.log.head(room)).state.members) == {principal(p) for p in (NARIN, MALEE, SOMCHAI)}


async def test_nobody_comes_in_or_is_named_from_an_agency_that_is_not_enrolled(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    state = MembersAdded((CARD,))
    with pytest.raises(Forbidden) as added:
        await bureau.s.log.append(Draft(room, principal(NARIN), EntryType.MEMBER_ADD, state=state))
    with pytest.raises(Forbidden) as named:
        await bureau.say(NARIN, room, "@สมหญิง", mentions=[PersonId(GUEST)])
    assert added.value.deny is named.value.deny is Deny.NOT_ENROLLED
    assert (await bureau.s.log.head(room)).size == 2


@pytest.mark.parametrize("who", ["system", "system@moph", "p" * 65])
async def test_what_is_no_person_is_not_named(bureau: Bureau, who: str) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    with pytest.raises(Invalid):
        await bureau.say(NARIN, room, "@ระบบ", mentions=[PersonId(who)])
