"""Who reads a file: by the messages that show it, never by its id alone. And the list of a room's files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.actions import disposal, messages, rooms
from appliance.attachments import FileForm
from appliance.errors import Forbidden, Invalid, NotFound
from appliance.files import keys
from appliance.model import EntryType, PersonId, RoomId
from appliance.reads import files as reads
from appliance.reads.files import load_room_files, open_file
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.store import file_work
from appliance.store.file_work import NewBlob
from appliance.wire.files import RoomFilesQuery
from appliance.wire.messages import TextBody
from tests.bureau import MALEE, NARIN, OUTSIDER, SECOND, SOMCHAI, Bureau, open_bureau
from tests.made_files import JPEG, an_upload, clean, found_out


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


async def send(b: Bureau, who: PersonId, room: RoomId, *files: str) -> int:
    return (await messages.send_message(b.s, who, room, TextBody(text=""), b.txn(), files=files)).n


async def a_thumb(b: Bureau, parent: str) -> str:
    made = b.s.new_id("f")
    row = NewBlob(
        made, "thumb", NARIN, "image/webp", 90, b"r" * 32, b.clock(), parent=parent, scan="clean", width=320, height=200
    )
    async with b.s.store.write() as tx:
        await tx.run(file_work.insert, [row])
    return made


async def may_read(b: Bureau, who: PersonId, file: str) -> bool:
    try:
        await open_file(b.s, who, file)
    except NotFound:
        return False
    return True


async def test_a_file_and_what_was_made_of_it_are_read_by_the_rooms_members(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN, "ภาพ.jpg", kind=JPEG, form=FileForm.PICTURE)
    thumb = await a_thumb(bureau, one)
    assert [await may_read(bureau, who, one) for who in (NARIN, MALEE, OUTSIDER)] == [True, False, False]
    await send(bureau, NARIN, room, one)
    await clean(bureau.s, one)
    file, variant = [await open_file(bureau.s, MALEE, which) for which in (one, thumb)]
    assert (file.said.name, file.stored.id, variant.stored.id) == ("ภาพ.jpg", one, thumb)
    assert variant.key == keys.variant_key(file.key, thumb) != file.key
    assert [await may_read(bureau, OUTSIDER, which) for which in (one, thumb, "f_none")] == [False] * 3
    assert file.key.hex() not in f"{file}{file!r}"


async def test_who_left_reads_no_more_and_who_came_later_does(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    await send(bureau, NARIN, room, one)
    await clean(bureau.s, one)
    await rooms.change_members(bureau.s, NARIN, room, [OUTSIDER], [MALEE], bureau.txn())
    assert [await may_read(bureau, who, one) for who in (MALEE, OUTSIDER)] == [False, True]
    await rooms.change_members(bureau.s, NARIN, room, [MALEE], [], bureau.txn())
    assert await may_read(bureau, MALEE, one)


async def test_a_cleared_screen_changes_nothing_and_a_retraction_all(bureau: Bureau) -> None:
    room, other = await bureau.group(NARIN, MALEE, SOMCHAI), await bureau.group(NARIN, SOMCHAI, OUTSIDER)
    one = await an_upload(bureau.s, NARIN)
    n = await send(bureau, NARIN, room, one)
    await send(bureau, NARIN, other, one)
    await clean(bureau.s, one)
    await rooms.clear_room(bureau.s, MALEE, room)
    assert await may_read(bureau, MALEE, one)
    await messages.retract_message(bureau.s, NARIN, room, n, "", bureau.txn())
    assert [await may_read(bureau, who, one) for who in (MALEE, NARIN, SOMCHAI, OUTSIDER)] == [False, True, True, True]


async def test_a_file_whose_body_is_gone_is_gone(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    n = await send(bureau, NARIN, room, one)
    await disposal.erase_bodies(bureau.s, room, n, n, "ระเบียบ 90 วัน")
    assert [await may_read(bureau, who, one) for who in (MALEE, NARIN)] == [False, False]
    assert (await load_room_files(bureau.s, MALEE, room, RoomFilesQuery())).files == []


@pytest.mark.parametrize(
    ("scan", "policy", "waited", "others", "sender"),
    [
        ("pending", "deliver", 0, "file_held", None),
        ("pending", "deliver", 31, None, None),
        ("pending", "hold", 31, "file_held", None),
        ("pending", "off", 0, None, None),
        ("unscannable", "hold", 0, "file_held", None),
        ("too_big", "deliver", 0, None, None),
        ("clean", "hold", 0, None, None),
        ("infected", "off", 31, "file_infected", "file_infected"),
    ],
)
async def test_the_scan_decides_what_is_handed_out(
    tmp_path: Path, scan: str, policy: str, waited: int, others: str | None, sender: str | None
) -> None:
    async with open_bureau(tmp_path) as b:
        files = replace(b.s.config.files, scan=policy, scan_wait_s=30)
        b.s = replace(b.s, config=replace(b.s.config, files=files))
        room = await b.group(NARIN, MALEE, SOMCHAI)
        one = await an_upload(b.s, NARIN)
        thumb = await a_thumb(b, one)
        await send(b, NARIN, room, one)
        async with b.s.store.write() as tx:
            await tx.run(lambda rows: rows.run("UPDATE blob SET scan = ? WHERE id = ?", (scan, one)))
        b.clock.pass_(waited * SECOND)
        for who, code in ((MALEE, others), (NARIN, sender)):
            for which in (one, thumb):
                assert await refusal(b, who, which) == code
        [file] = (await load_room_files(b.s, MALEE, room, RoomFilesQuery())).files
        assert (file.file.state, file.file.held) == (scan, others == "file_held")


async def refusal(b: Bureau, who: PersonId, file: str) -> str | None:
    try:
        await open_file(b.s, who, file)
    except Forbidden as error:
        return error.code
    return None


async def test_the_files_of_a_room_stand_newest_first_by_form_and_page(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    made = {}
    for number in range(3):
        picture = await an_upload(bureau.s, NARIN, f"ภาพ {number}.jpg", kind=JPEG, form=FileForm.PICTURE)
        paper = await an_upload(bureau.s, NARIN, f"หนังสือ {number}.pdf")
        made[await send(bureau, NARIN, room, picture, paper)] = (picture, paper)
        await bureau.say(MALEE, room)
    everything = [(n, one) for n, ids in sorted(made.items(), reverse=True) for one in reversed(ids)]

    async def listed(limit: int, form: Any = None) -> list[tuple[int, str]]:
        found, cursor = list[tuple[int, str]](), None
        while True:
            page = await load_room_files(bureau.s, MALEE, room, RoomFilesQuery(form=form, cursor=cursor, limit=limit))
            assert len(page.files) <= limit
            found += [(item.n, item.file.id) for item in page.files]
            cursor = page.cursor
            if cursor is None:
                return found

    for limit in (1, 4, 200):
        assert await listed(limit) == everything
        assert await listed(limit, "picture") == [(n, one) for n, one in everything if one == made[n][0]]
    assert await listed(200, "voice") == []
    await messages.retract_message(bureau.s, NARIN, room, everything[0][0], "", bureau.txn())
    assert await listed(1) == everything[2:]


async def test_a_page_ends_though_nothing_of_it_is_shown(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "WALKED", 2)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    first = await an_upload(bureau.s, NARIN)
    await send(bureau, NARIN, room, first)
    for _ in range(3):
        n = await send(bureau, NARIN, room, await an_upload(bureau.s, NARIN))
        await messages.retract_message(bureau.s, NARIN, room, n, "", bureau.txn())
    page = await load_room_files(bureau.s, MALEE, room, RoomFilesQuery())
    assert (page.files, page.cursor is None) == ([], False)
    page = await load_room_files(bureau.s, MALEE, room, RoomFilesQuery(cursor=page.cursor))
    assert [item.file.id for item in page.files] == [first]


async def test_an_outsider_is_shown_no_list(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    with pytest.raises(Forbidden):
        await load_room_files(bureau.s, OUTSIDER, room, RoomFilesQuery())
    with pytest.raises(Invalid):
        await load_room_files(bureau.s, MALEE, room, RoomFilesQuery(cursor="x"))


async def test_a_message_that_one_member_alone_is_shown_keeps_its_files_from_the_others(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ENTRY_TYPES[EntryType.MESSAGE_TEXT]
    own = replace(row, shown_to=lambda _state, sender, viewer, _now: viewer == sender)
    monkeypatch.setitem(ENTRY_TYPES, EntryType.MESSAGE_TEXT, own)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    one = await an_upload(bureau.s, NARIN)
    await send(bureau, NARIN, room, one)
    await clean(bureau.s, one)
    before = bureau.s.log.feed.pos
    await found_out(bureau.s, one, 3)
    assert bureau.s.log.feed.pos == before, "an event would tell everyone in the room of it"
    assert [await may_read(bureau, who, one) for who in (NARIN, MALEE)] == [True, False]
    listed = [(await load_room_files(bureau.s, who, room, RoomFilesQuery())).files for who in (NARIN, MALEE)]
    assert [len(files) for files in listed] == [1, 0]
    with pytest.raises(Forbidden):
        await send(bureau, MALEE, room, one)
