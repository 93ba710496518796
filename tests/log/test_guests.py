"""A member of another agency: named by the card in the log, and by `id@agency` in every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from appliance.actions import messages, rooms
from appliance.errors import Forbidden, Invalid
from appliance.model import WAITING, Deny, Draft, EntryType, PersonId, Principal
from appliance.reads.messages import load_messages
from appliance.reads.readers import load_readers
from appliance.reads.rooms import load_room
from appliance.rules.entry_states import Card, MembersAdded, OwnerTransferred
from appliance.store.rooms import checkpoint
from appliance.wire.entries import MemberAddEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, open_bureau, principal
from tests.log.agencies import registry_of
from tests.signed import acceptance, signed_card
from tests.sql import edit_entries

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.model import RoomId

GUEST = Principal("p_9@moph")
CARD = Card(GUEST, "สมหญิง จริงใจ", "กองควบคุมโรค", "นายแพทย์", 700)


async def with_guest(b: Bureau) -> RoomId:
    b.s.log.registry = registry_of("test", "moph")
    room = await b.group(NARIN, MALEE, SOMCHAI)
    state = MembersAdded((signed_card(CARD, b.clock()),))
    await b.s.log.append(Draft(room, principal(NARIN), EntryType.MEMBER_ADD, state=state))
    return room


async def test_a_guest_is_named_by_the_card(bureau: Bureau) -> None:
    local = await bureau.group(NARIN, MALEE, SOMCHAI)
    room = await with_guest(bureau)
    view = await load_room(bureau.s, NARIN, room)
    guest = next(member for member in view.members if member.person == GUEST)
    assert (guest.name, guest.unit, guest.post, guest.active) == (CARD.name, CARD.unit, CARD.post, True)
    assert (view.scope, (await load_room(bureau.s, NARIN, local)).scope) == ("cross_agency", "local")
    assert [(agency.id, agency.status) for agency in view.agencies] == [("test", "linked"), ("moph", "unreachable")]
    assert view.hub == "test"
    assert {member.person for member in view.members} == {NARIN, MALEE, SOMCHAI, GUEST}
    wire = msgspec.json.encode(view)
    assert msgspec.json.decode(wire, type=type(view)) == view
    assert b"700" not in wire, "nobody is told a rank"


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM entry WHERE n = 2",
        "UPDATE entry SET header = x'00' WHERE n = 2",
        """UPDATE entry SET header = CAST(replace(CAST(header AS TEXT), '"p":', '"q":') AS BLOB) WHERE n = 2""",
        """UPDATE entry SET header = CAST(replace(CAST(header AS TEXT), '"p_9@', '"p_8@') AS BLOB) WHERE n = 2""",
    ],
    ids=["gone", "no header", "no entry's state", "another's card"],
)
async def test_a_guest_without_a_card_goes_by_the_full_name(bureau: Bureau, damage: str) -> None:
    """The members of a room are listed whatever became of the entry that added one of them."""
    room = await with_guest(bureau)
    async with bureau.s.store.write() as tx:
        assert await tx.run(edit_entries, damage)
    view = await load_room(bureau.s, NARIN, room)
    guest = next(member for member in view.members if member.person == GUEST)
    assert (guest.name, guest.unit, guest.post, guest.since) == (GUEST, None, None, 2)
    assert len(view.members) == 4


async def test_a_room_that_a_guest_owns_is_written_by_the_guests_agency(tmp_path: Path) -> None:
    """Up to the entry that hands it over this agency has signed it, in the same transaction."""
    async with open_bureau(tmp_path) as b:
        room, own = await with_guest(b), await b.group(NARIN, MALEE)
        await b.s.log.checkpoints.sign()
        with pytest.raises(Forbidden) as missing:
            await b.s.log.append(Draft(room, principal(NARIN), EntryType.OWNER_TRANSFER, state=OwnerTransferred(GUEST)))
        assert missing.value.deny is Deny.ACCEPTANCE_MISSING
        head = await b.s.log.head(room)
        taken = acceptance("moph", room, head.size, head.frontier.root(), b.clock())
        state = OwnerTransferred(GUEST, accepted=taken)
        await b.s.log.append(Draft(room, principal(NARIN), EntryType.OWNER_TRANSFER, state=state))
        await b.say(NARIN, own)
        assert (await b.s.log.head(room)).state.hub == "moph"
        assert (await b.say(NARIN, room)).n == WAITING, "for the new hub to order it"
        b.s.log.checkpoints._advanced.clear()  # noqa: SLF001 - as if the process ended here
        key = (await b.s.log.head(room)).key
    async with open_bureau(tmp_path) as b:
        async with b.s.store.read() as reader:
            kept = await reader.run(checkpoint, key)
        found = b.s.log.checkpoints.found
        assert (found.rooms, found.entries, found.unproven, kept and kept.size) == (1, 1, [], 4)


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


async def test_a_card_that_the_guests_agency_did_not_sign_is_refused(bureau: Bureau) -> None:
    bureau.s.log.registry = registry_of("test", "moph")
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    late = signed_card(CARD, bureau.clock() - 2 * 3_600_000)
    for card, deny in ((CARD, Deny.CARD_UNSIGNED), (late, Deny.CARD_EXPIRED)):
        state = MembersAdded((card,))
        with pytest.raises(Forbidden) as refused:
            await bureau.s.log.append(Draft(room, principal(NARIN), EntryType.MEMBER_ADD, state=state))
        assert refused.value.deny is deny
    assert (await bureau.s.log.head(room)).size == 2


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
