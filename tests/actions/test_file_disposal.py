"""A file that was really sent, until nothing of it is left: rooms, downloads, copies of before, search."""

from __future__ import annotations

import shutil
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from appliance.actions import disposal, evidence, file_check, file_deletion, messages
from appliance.data_folder import search_path
from appliance.errors import NotFound, Unavailable
from appliance.files.content import read_clear, sealed_length
from appliance.followers import base
from appliance.followers.search import SearchFollower
from appliance.model import PersonId, RoomId
from appliance.reads.files import open_file
from appliance.reads.messages import load_messages
from appliance.reads.search import load_found
from appliance.services import Services
from appliance.wire.messages import MessagesQuery, TextBody
from appliance.wire.search import SearchQuery
from search_index.server import Options, serving
from tests.bureau import DAY, MALEE, NARIN, SOMCHAI, Bureau, open_bureau
from tests.filing import CONTENT, Filing
from tests.waiting import until

WEEK = 7 * DAY
SEALED = sealed_length(len(CONTENT))


async def send(b: Bureau, who: PersonId, room: RoomId, file: str, text: str = "") -> int:
    txn_id = f"{file}-{room}"
    return (await messages.send_message(b.s, who, room, TextBody(text=text), txn_id, files=[file])).n


async def downloaded(s: Services, who: PersonId, file: str) -> bytes:
    found = await open_file(s, who, file)
    pieces = [piece async for piece in read_clear(s.files.objects, found.stored.id, found.key, found.stored.size)]
    return b"".join(pieces)


async def test_a_forwarded_file_lives_as_long_as_the_last_room_that_has_it(tmp_path: Path) -> None:
    async with open_bureau(tmp_path) as b:
        filing = Filing(b)
        short, long = await b.group(NARIN, MALEE), await b.group(NARIN, SOMCHAI)
        file = await filing.ready(NARIN, "บันทึก.pdf", variants=2)
        everything = (file, f"{file}-v0", f"{file}-v1")
        first, second = await send(b, NARIN, short, file), await send(b, NARIN, long, file)
        for one in everything:
            assert await downloaded(b.s, MALEE, one) == await downloaded(b.s, SOMCHAI, one) != b""
        b.clock.pass_(WEEK)

        await disposal.erase_bodies(b.s, short, first, first, "one-year")
        for one in everything:
            with pytest.raises(NotFound):
                await open_file(b.s, MALEE, one)
            assert await downloaded(b.s, SOMCHAI, one) == (CONTENT if one == file else CONTENT[:100])

        await disposal.erase_bodies(b.s, long, second, second, "ten-years")
        for who, one in product((NARIN, MALEE, SOMCHAI), everything):
            with pytest.raises(NotFound):
                await open_file(b.s, who, one)
        assert await filing.objects() == set()
        assert await filing.rows("SELECT id FROM blob") == []
        stores = [(store, size) for store, _, size in await filing.receipts(file)]
        assert ("blob", SEALED) in stores
        assert sorted(store for store, _ in stores) == ["blob", "reference", "reference", "variant", "variant"]
        found = await load_messages(b.s, SOMCHAI, long, MessagesQuery(around=second, limit=1))
        assert "บันทึก" not in repr(found)
        assert (await file_check.check_files(b.s, "test")).faults == []
        assert (await evidence.check_evidence(b.s)).faults == []


async def test_what_copies_of_before_open(tmp_path: Path) -> None:
    """Three copies of the folder: before the send, after it, and today's database beside the objects of before."""
    now, sent_copy, staged_copy = tmp_path / "now", tmp_path / "sent", tmp_path / "staged"
    now.mkdir()
    async with open_bureau(now) as b:
        filing = Filing(b)
        room = await b.group(NARIN, MALEE)
        file = await filing.ready(NARIN, "ลับ.pdf")
    shutil.copytree(now, staged_copy)
    async with open_bureau(now) as b:
        n = await send(b, NARIN, room, file)
    shutil.copytree(now, sent_copy)
    async with open_bureau(now) as b:
        b.clock.pass_(WEEK)
        await disposal.erase_bodies(b.s, room, n, n, "rule")
    # The objects of a backup beside today's database: no row leads to them, and no key is left that opens them.
    shutil.copytree(sent_copy / "files", now / "files", dirs_exist_ok=True)
    async with open_bureau(now) as b:
        filing = Filing(b)
        assert await filing.objects() == {file}
        with pytest.raises(NotFound):
            await open_file(b.s, NARIN, file)
        for table, column in (("file_ref", "wrapped_key"), ("blob", "wrapped_key"), ("upload", "wrapped_key")):
            assert await filing.rows(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL") == []  # noqa: S608 - above
        assert await filing.rows("SELECT 1 FROM epoch_key WHERE kind = 'file' AND wrapped IS NOT NULL") == []
    # A whole backup holds the keys of its day, as decision 4 says of words. When that ends: test_key_switch.py.
    for copy, who in ((sent_copy, MALEE), (staged_copy, NARIN)):
        async with open_bureau(copy) as b:
            assert await downloaded(b.s, who, file) == CONTENT


async def found_by(b: Bureau, who: PersonId, words: str) -> list[int]:
    return [hit.n for hit in (await load_found(b.s, who, SearchQuery(q=words))).hits]


async def test_a_name_is_found_until_it_is_erased_and_the_index_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "GATHER_S", 0.005)
    monkeypatch.setattr(base, "FIRST_PAUSE_S", 0.005)
    async with open_bureau(tmp_path) as b:
        filing = Filing(b)
        options = Options(tmp_path / "index", search_path(b.s.config.data), bytes(32), b.clock, work_every_s=0.01)
        async with serving(options):
            follower = SearchFollower(b.s)
            follower.start()
            room = await b.group(NARIN, MALEE)
            file = await filing.ready(NARIN, "แผนงบประมาณ.pdf")
            n = await send(b, NARIN, room, file)

            async def finds() -> bool:
                with suppress(Unavailable):
                    return await found_by(b, MALEE, "งบประมาณ") == [n]
                return False

            await until(finds)
            await disposal.erase_bodies(b.s, room, n, n, "rule")
            assert await found_by(b, MALEE, "งบประมาณ") == []

            async def confirmed() -> bool:
                # The index writes what it has received to its disk some seconds later.
                b.clock.pass_(1_000)
                await file_deletion.note_index(b.s)
                return ("index", "erased", 0) in await filing.receipts(file)

            await until(confirmed)
            await follower.close()
        words = "งบประมาณ".encode()
        assert not any(words in path.read_bytes() for path in options.folder.iterdir())
