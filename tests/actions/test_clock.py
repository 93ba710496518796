"""The clock was ahead and is set right: order is kept, times are true again, and the jump is on record (bug I)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.actions import clock, messages
from appliance.errors import Forbidden
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check, verify_room
from appliance.model import Deny, Draft, EntryType, PersonId, RoomId
from appliance.model import TextBody as Body
from appliance.reads.messages import load_messages
from appliance.store import audit
from appliance.store.db import connect
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import DAY, HOUR, KEYS, MALEE, NARIN, SIGNER, SOMCHAI, START, Bureau, Clock, open_bureau
from tests.sql import all_rows, one_row


async def records(b: Bureau) -> list[audit.AuditRecord]:
    async with b.s.store.read() as reader:
        return [one for one in await reader.run(audit.list_newest, 50) if one.action == clock.ACTION]


async def ahead(folder: Path, by: int) -> tuple[RoomId, int]:
    """Write one message while the clock is ahead, and stop."""
    async with open_bureau(folder, clock=Clock(START + by)) as b:
        room = await b.group(NARIN, MALEE, SOMCHAI)
        return room, (await b.say(NARIN, room, "นาฬิกาเร็ว")).n


@pytest.mark.parametrize("by", [7 * HOUR, 400 * DAY])
async def test_order_is_kept_and_the_times_are_true(tmp_path: Path, by: int) -> None:
    room, first = await ahead(tmp_path, by)
    async with open_bureau(tmp_path, clock=Clock(START)) as b:
        sent = [await b.say(MALEE, room, f"ถูกเวลา {n}") for n in range(3)]
        assert [one.at for one in sent] == [START] * 3
        page = await load_messages(b.s, NARIN, room, MessagesQuery(after=first - 1))
        assert [event.n for event in page.messages] == [first, *(one.n for one in sent)]
        assert [event.at for event in page.messages] == [START + by, START, START, START]
        head = await b.s.log.head(room)
        assert head.last_at == START + by, "hub time never goes back"
        await b.s.log.checkpoints.sign()
        async with b.s.store.read() as reader:
            assert await reader.run(one_row, "SELECT max(ht), max(n) FROM entry WHERE room = ?", (head.key,)) == (
                START + by,
                sent[-1].n,
            )
    async with open_bureau(tmp_path, clock=Clock(START)) as b:
        assert (await b.s.log.head(room)).frontier == head.frontier
    with closing(connect(tmp_path / "gchat.db", KEYS.database_key)) as raw:
        assert verify_room(raw, room, Check(SIGNER.verifier, Bodies(KEYS))) is None


async def test_windows_do_not_stand_still(tmp_path: Path) -> None:
    room, first = await ahead(tmp_path, 400 * DAY)
    async with open_bureau(tmp_path, clock=Clock(START)) as b:
        new = TextBody(text="แก้ย้อนหลัง")
        with pytest.raises(Forbidden) as caught:
            await messages.edit_message(b.s, NARIN, room, first, new, "late")
        assert caught.value.deny is Deny.EDIT_WINDOW_OVER
        mine = await b.say(MALEE, room)
        await messages.edit_message(b.s, MALEE, room, mine.n, new, b.txn())
        b.clock.pass_(DAY + 1)
        with pytest.raises(Forbidden) as caught:
            await messages.edit_message(b.s, MALEE, room, mine.n, new, b.txn())
        assert caught.value.deny is Deny.EDIT_WINDOW_OVER


async def test_the_jump_is_on_record_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await ahead(tmp_path, 7 * HOUR)
    for found in (True, False):
        async with open_bureau(tmp_path, clock=Clock(START)) as b:
            assert await clock.check_clock(b.s) is found
            assert not await clock.check_clock(b.s)
            [record] = await records(b)
            assert record.detail == f'{{"newest":{START + 7 * HOUR},"now":{START}}}'
    assert "the clock was set back" in caplog.text
    assert "420 minutes" in caplog.text


async def test_a_jump_while_it_runs_is_noticed_and_small_corrections_are_not(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room)
    bureau.clock.pass_(-60_000)
    assert not await clock.check_clock(bureau.s)
    bureau.clock.pass_(-HOUR)
    await bureau.say(NARIN, room)
    assert await clock.check_clock(bureau.s)
    assert len(await records(bureau)) == 1


async def test_the_appliance_looks_at_its_clock_when_it_starts(
    world_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Bug I: said at start and put on record, without waiting for the timer."""
    loaded, now = config.load(world_data), wiring.system_clock()
    async with wiring.services(loaded, sources=wiring.Sources(clock=lambda: now + 7 * HOUR)) as s:
        async with s.store.read() as reader:
            room, owner = (await reader.run(all_rows, "SELECT id, owner FROM room WHERE closed = 0"))[0]
        await s.log.append(
            Draft(
                RoomId(room),
                s.log.home.principal(PersonId(owner)),
                EntryType.MESSAGE_TEXT,
                "ahead",
                body=Body("นาฬิกาเร็ว"),
            )
        )
    caplog.clear()
    async with wiring.services(loaded, sources=wiring.Sources(clock=lambda: now)) as s, s.store.read() as reader:
        found = [one for one in await reader.run(audit.list_newest, 50) if one.action == clock.ACTION]
    assert len(found) == 1
    assert "the clock was set back" in caplog.text
