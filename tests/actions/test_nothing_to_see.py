"""A text in which nothing can be seen is none: not told where it may be left out, refused where it must be given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from appliance.actions import (
    accounts,
    disposal,
    evidence,
    me,
    member_suggestions,
    messages,
    passwords,
    removal_requests,
    rooms,
)
from appliance.actions.second_person import confirm_owner
from appliance.actions.terms import publish_terms
from appliance.errors import Invalid
from appliance.model import RoomId
from appliance.reads.messages import load_messages
from appliance.reads.owner_requests import load_my_requests
from appliance.rules.owner_requests import Outcome
from appliance.wire.messages import MessagesQuery
from tests.bureau import CLERK, MALEE, NARIN, SOMCHAI, Bureau
from tests.office import OPERATOR


async def written(_line: bytes) -> None:
    pytest.fail("nothing may be written")


UNSEEN = "\u200b\u2060 \u3164"
# What cannot be done without words: from the operator or an administrator, for the record.
REQUIRED: dict[str, Callable[[Bureau, RoomId], Awaitable[object]]] = {
    "reactivate": lambda b, _: accounts.reactivate_account(b.s, OPERATOR, MALEE, UNSEEN),
    "revoke": lambda b, _: accounts.revoke_account(b.s, OPERATOR, MALEE, UNSEEN),
    "reset": lambda b, _: passwords.reset_password(b.s, OPERATOR, MALEE, UNSEEN),
    "confirm": lambda b, _: confirm_owner(b.s, OPERATOR, MALEE, UNSEEN),
    "terms": lambda b, _: publish_terms(b.s, OPERATOR, ("ก", "a"), ("ข", UNSEEN)),
    "reassign": lambda b, room: rooms.reassign_room(b.s, OPERATOR, room, MALEE, UNSEEN, None),
    "end": lambda b, room: rooms.end_room(b.s, "operator:root", room, UNSEEN),
    "export": lambda b, room: evidence.export_room(b.s, OPERATOR, room, UNSEEN, written),
    "erase": lambda b, room: disposal.erase_bodies(b.s, room, 0, 0, UNSEEN),
    "message": lambda b, room: b.say(NARIN, room, UNSEEN),
}


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    return await bureau.group(NARIN, MALEE, SOMCHAI)


@pytest.mark.parametrize("name", REQUIRED)
async def test_what_must_be_given_is_refused(bureau: Bureau, room: RoomId, name: str) -> None:
    with pytest.raises(Invalid):
        await REQUIRED[name](bureau, room)


async def test_reasons_and_answers_of_requests_are_left_out(bureau: Bureau, room: RoomId) -> None:
    asked = [
        await removal_requests.ask_removal(bureau.s, MALEE, room, UNSEEN),
        await member_suggestions.suggest_members(bureau.s, MALEE, room, [CLERK], UNSEEN),
    ]
    assert [one.reason for one in asked] == ["", ""]
    for answer, one in zip((removal_requests.answer_removal, member_suggestions.answer_suggestion), asked, strict=True):
        assert (await answer(bureau.s, NARIN, room, one.id, Outcome.REFUSED, UNSEEN)).note == ""


async def test_the_reason_of_a_removal_is_left_out(bureau: Bureau, room: RoomId) -> None:
    await rooms.change_members(bureau.s, NARIN, room, [], [MALEE], bureau.txn(), reason=UNSEEN)
    assert [one.reason for one in (await load_my_requests(bureau.s, MALEE)).departures] == [""]


async def test_the_reason_of_a_retraction_is_left_out(bureau: Bureau, room: RoomId) -> None:
    sent = await bureau.say(MALEE, room)
    await messages.retract_message(bureau.s, MALEE, room, sent.n, UNSEEN, bureau.txn())
    last = (await load_messages(bureau.s, NARIN, room, MessagesQuery(after=sent.n))).messages[-1]
    assert (last.type, msgspec.to_builtins(last.state)) == ("message.redact", {})


async def test_a_status_is_left_out(bureau: Bureau, room: RoomId) -> None:
    await me.set_status(bureau.s, MALEE, "\u3164\u2800")
    view = await bureau.view(NARIN, room)
    assert [member.status for member in view.members if member.person == MALEE] in ([None], [""])
