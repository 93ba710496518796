"""One item's fault stays that item's: a command, a room or a key at fault costs its neighbours in the batch nothing.

What is wrong is put into real commands and real rows, one kind for each stage that a command passes: what is loaded for
it, what decides it, what seals it, what writes it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.attachments import FileRef
from appliance.errors import AppError, KeyDestroyed, Unavailable
from appliance.log import bodies
from appliance.log.bodies import Bodies
from appliance.log.damage import list_rooms
from appliance.log.riders import Rider, RiderTx
from appliance.model import Appended, Draft, EntryType, Principal, RoomId
from appliance.model import TextBody as Body
from appliance.reads.messages import load_messages
from appliance.rules.entry_states import MembersAdded, MessageRetracted, Reacted, RoomRenamed, TextEdited, TextSaid
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.store import batch as batches
from appliance.store import entries, file_refs, rooms
from appliance.store.db import connect, open_store
from appliance.store.file_refs import NewReference
from appliance.vault.epochs import iso_week, unwrap_any
from appliance.wire.messages import MessagesQuery
from tests import torn as torn_pages
from tests.bureau import HOME, KEYS, MALEE, NARIN, SOMCHAI, Bureau, open_bureau, principal
from tests.log.conftest import Torn
from tests.sql import all_rows, run_sql


async def texts(b: Bureau, room: RoomId) -> list[str]:
    page = await load_messages(b.s, NARIN, room, MessagesQuery(after=0, limit=200))
    return [event.body.text for event in page.messages if getattr(event, "body", None)]


async def outcome(b: Bureau, draft: Draft, *riders: Rider[object]) -> Appended | str:
    """Append a draft; return where it came to stand, or the code it was refused with."""
    try:
        return (await b.s.log.append(draft, riders=riders))[0]
    except AppError as error:
        return error.code


def sound(room: RoomId, name: str) -> Draft:
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, name, body=Body(name))


def uncountable(room: RoomId, name: str) -> Draft:
    """Fail where it is taken from the limits: members without a list of cards."""
    return Draft(room, principal(NARIN), EntryType.MEMBER_ADD, name, state=MembersAdded(7))  # type: ignore[arg-type]


def incomparable(room: RoomId, _name: str) -> Draft:
    """Fail where repeats are looked for: an idempotency key that has no hash."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, ["x"], body=Body("x"))  # type: ignore[arg-type]


def unweighable(room: RoomId, name: str) -> Draft:
    """Fail where the queue weighs it: words that have no length."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, name, body=Body(5))  # type: ignore[arg-type]


def unloadable(room: RoomId, name: str) -> Draft:
    """Fail where it is asked what it needs of the database: a state that has no fields."""
    return Draft(room, principal(NARIN), EntryType.ROOM_RENAME, name, state=[1])  # type: ignore[arg-type]


def unmarkable(room: RoomId, name: str) -> Draft:
    """Fail where it is held against what the message carries: an emoji that is a list."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_REACTION, name, state=Reacted(2, ["👍"], on=True))  # type: ignore[arg-type]


def embodied(room: RoomId, name: str) -> Draft:
    """Be refused where a body would be sealed: its type has none."""
    return Draft(room, principal(NARIN), EntryType.ROOM_RENAME, name, body=Body(name), state=RoomRenamed("ใหม่"))


def unsealable(room: RoomId, name: str) -> Draft:
    """Fail where the body is sealed: half of a surrogate pair has no bytes."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, name, body=Body("\ud800"))


def unencodable(room: RoomId, name: str) -> Draft:
    """Be refused where the header is encoded: half of a surrogate pair in a name has no bytes."""
    return Draft(room, principal(NARIN), EntryType.ROOM_RENAME, name, state=RoomRenamed("\ud800"))


def misshapen(room: RoomId, name: str) -> Draft:
    """Be refused where its header is judged: a reaction that does not say whether it is given or taken back."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_REACTION, name, state=Reacted(2, "👍", on=None))  # type: ignore[arg-type]


def foreign(room: RoomId, name: str) -> Draft:
    """Be refused by the rules: this agency does not speak for a person of another one."""
    return Draft(room, Principal("narin@other"), EntryType.MESSAGE_TEXT, name, body=Body(name))


def unwritable(room: RoomId, name: str) -> Draft:
    """Fail where its rows are written: bytes in a column of text."""
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, name.encode(), body=Body(name))  # type: ignore[arg-type]


def carrying(room: RoomId, name: str) -> Draft:
    """Say that it carries a file, which there is not."""
    file = FileRef("f_none", "ก.pdf", "application/pdf", 1, "0" * 64)
    words = Body(name, files=(file,))
    return Draft(room, principal(NARIN), EntryType.MESSAGE_TEXT, name, body=words, state=TextSaid(files=1))


def refer_to_nothing(tx: RiderTx) -> None:
    """Fail where the reference is written: there is no such file. The key for it is made by then."""
    assert tx.file_key is not None
    place = entries.room_key(tx.rows, tx.appended[0].room), tx.appended[0].n, 0
    file_refs.insert(tx.rows, NewReference(*place, "f_none", tx.file_key.key, b"", "document", 0))


def break_down(_: RiderTx) -> None:
    """Fail in the rider."""
    raise ZeroDivisionError


def contradict(tx: RiderTx) -> None:
    """Fail in the COMMIT: a row of a room that there is not, which is looked at no earlier."""
    tx.rows.run("PRAGMA defer_foreign_keys = ON")
    tx.rows.run("INSERT INTO room_member VALUES (999, 'x', 'member', 0, 0)")


POISONS: dict[str, Callable[[RoomId, str], Draft]] = {
    "limits": uncountable,
    "repeat": incomparable,
    "queue": unweighable,
    "needs": unloadable,
    "marks": unmarkable,
    "body": embodied,
    "seal": unsealable,
    "encode": unencodable,
    "shape": misshapen,
    "rules": foreign,
    "rows": unwritable,
    "file": carrying,
    "rider": sound,
    "commit": sound,
}
"""A command that fails or is refused at each stage, in the order in which they are passed."""
RIDERS: dict[str, Rider[object]] = {"file": refer_to_nothing, "rider": break_down, "commit": contradict}
REFUSALS = {
    **dict.fromkeys(POISONS, "internal"),
    "encode": "too_large",
    "body": "wrong_shape",
    "shape": "wrong_shape",
    "rules": "origin_mismatch",
    "load": "wrong_key",
}
REACHED = {
    "limits": "people_added",
    "repeat": "put",
    "queue": "weight_of",
    "needs": "points_at",
    "marks": "change_nothing",
    "seal": "seal",
    "rows": "many",
    "file": "refer_to_nothing",
    "rider": "break_down",
    "commit": "transaction",
}
"""The function that a poison which breaks something gets as far as; the others are told apart by their refusals."""
STAGES = st.sampled_from(["sound"] * 8 + ["load", *POISONS])


@dataclass(slots=True)
class Played:
    """A batch that was sent, with what became of each command."""

    kinds: list[str]
    drafts: list[Draft]
    results: list[Appended | str]


async def play(b: Bureau, script: list[tuple[str, int]]) -> Played:
    """Send commands to two sound rooms, and to one whose key does not open, all at once."""
    good = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
    keyless = await b.group(NARIN, MALEE, SOMCHAI)
    for room in (*good, keyless):
        await b.say(NARIN, room, "แรก")
    async with b.s.store.write() as tx:
        await tx.run(run_sql, "UPDATE epoch_key SET wrapped = zeroblob(61) WHERE key = 3")
    b.s.log.bodies = bodies.Bodies(KEYS)
    b.s.log._commits.bodies = b.s.log.bodies  # noqa: SLF001 - as after a restart: no key in memory
    drafts = []
    for number, (kind, which) in enumerate(script):
        if kind == "load":
            drafts.append(sound(keyless, f"{number}"))
        else:
            drafts.append(POISONS.get(kind, sound)(good[which], f"{number}"))
    riders = ([RIDERS[kind]] if kind in RIDERS else [] for kind, _ in script)
    results = await asyncio.gather(*(outcome(b, draft, *given) for draft, given in zip(drafts, riders, strict=True)))
    return Played([kind for kind, _ in script], drafts, list(results))


@pytest.mark.parametrize("stage", POISONS)
async def test_each_poison_gets_as_far_as_its_stage(
    bureau: Bureau, caplog: pytest.LogCaptureFixture, stage: str
) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(NARIN, room)
    assert await outcome(bureau, POISONS[stage](room, "x"), *filter(None, [RIDERS.get(stage)])) == REFUSALS[stage]
    passed = {frame.name for record in caplog.records if record.exc_info for frame in extract_tb(record.exc_info[2])}
    assert (REACHED[stage] in passed) if stage in REACHED else not passed


@settings(max_examples=20)
@example([(stage, n % 2) for n, stage in enumerate(["sound", "load", *POISONS, "sound"])])
@given(st.lists(st.tuples(STAGES, st.integers(0, 1)), min_size=2, max_size=24))
def test_a_poisoned_command_costs_its_neighbours_nothing(script: list[tuple[str, int]]) -> None:
    async def run(folder: Path) -> None:
        async with open_bureau(folder) as b:
            played = await play(b, script)
            due: dict[RoomId, list[str]] = {draft.room: [] for draft in played.drafts}
            last: dict[RoomId, int] = {}
            for kind, draft, result in zip(played.kinds, played.drafts, played.results, strict=True):
                if kind != "sound":
                    assert result == REFUSALS[kind]
                    continue
                assert isinstance(result, Appended), result
                assert result.n > last.get(draft.room, 2)
                last[draft.room] = result.n
                due[draft.room].append(str(draft.txn_id))
        async with open_bureau(folder) as b:
            for room, named in due.items():
                if named:
                    assert await texts(b, room) == ["แรก", *named]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def test_an_edit_of_what_an_earlier_half_retracted_is_refused(bureau: Bureau) -> None:
    """The halves of a batch see each other as commands of one batch do."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(MALEE, room)
    results = await asyncio.gather(
        outcome(bureau, Draft(room, principal(MALEE), EntryType.MESSAGE_REDACT, "r", state=MessageRetracted(sent.n))),
        outcome(bureau, unwritable(room, "poison")),
        outcome(
            bureau,
            Draft(room, principal(MALEE), EntryType.MESSAGE_EDIT, "e", body=Body("ช้าไป"), state=TextEdited(sent.n)),
        ),
    )
    assert isinstance(results[0], Appended)
    assert list(results[1:]) == ["internal", "message_retracted"]


def destroying(key: int) -> Rider[None]:
    return lambda tx: tx.destroy_keys([key])


class TestDestroyedKeys:
    async def test_they_open_and_seal_nothing_though_they_were_in_use(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "จะหายไป")
        assert await texts(bureau, room) == ["จะหายไป"]
        await bureau.s.log.change(lambda tx: tx.destroy_keys([1]))
        page = await load_messages(bureau.s, NARIN, room, MessagesQuery(around=sent.n, limit=1))
        assert (page.messages[0].hidden, page.messages[0].body) == ("erased", None)

    async def test_people_write_on_in_the_same_week_under_a_new_one(self, bureau: Bureau) -> None:
        """What was sealed before stays gone, also when the next key is destroyed in its turn and after a restart."""
        room, other = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        await bureau.say(NARIN, other, "ห้องอื่น")
        for generation in range(3):
            words = [f"{generation} {n}" for n in range(3)]
            await asyncio.gather(*(bureau.say(NARIN, room, text) for text in words))
            assert await texts(bureau, room) == words
            [(newest,)] = await _rows(
                bureau,
                "SELECT max(k.key) FROM epoch_key k JOIN room r ON r.key = k.room WHERE r.id = ?",
                room,
            )
            await bureau.s.log.change(destroying(cast("int", newest)))
            assert await texts(bureau, room) == []
        await bureau.say(NARIN, room, "ต่อ")
        bureau.s.log.bodies = Bodies(KEYS)
        assert await texts(bureau, room) == ["ต่อ"]
        assert await texts(bureau, other) == ["ห้องอื่น"]
        stored = await _rows(bureau, "SELECT generation, wrapped IS NULL FROM epoch_key WHERE room = 1 ORDER BY key")
        assert stored == [(0, 1), (1, 1), (2, 1), (3, 0)]

    async def test_one_whose_transaction_failed_is_not_destroyed(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(MALEE, room, "ยังอยู่")

        def failing(tx: RiderTx) -> None:
            tx.destroy_keys([1])
            raise RuntimeError

        with suppress(RuntimeError):
            await bureau.s.log.change(failing)
        assert await texts(bureau, room) == ["ยังอยู่"]
        await bureau.say(MALEE, room)

    async def test_a_reader_from_before_does_not_bring_one_back(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "จะหายไป")
        key = (await bureau.s.log.head(room)).key
        async with bureau.s.store.read() as reader:
            row = await reader.run(entries.one, key, sent.n)
        assert row is not None
        async with bureau.s.store.read() as early:
            await early.run(all_rows, "SELECT 1 FROM epoch_key")
            await bureau.s.log.change(lambda tx: tx.destroy_keys([1]))
            with pytest.raises(KeyDestroyed):
                await early.run(bureau.s.log.bodies.open, room, row, ENTRY_TYPES[row.type])
        with pytest.raises(KeyDestroyed):
            async with bureau.s.store.read() as later:
                await later.run(bureau.s.log.bodies.open, room, row, ENTRY_TYPES[row.type])

    async def test_one_that_is_destroyed_while_it_is_read_is_not_kept(
        self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "จะหายไป")
        key = (await bureau.s.log.head(room)).key
        fresh = Bodies(KEYS)

        def unwrap(*given: Any) -> bytes:
            unwrapped = unwrap_any(*given)
            fresh.destroyed([1])
            return unwrapped

        monkeypatch.setattr(bodies, "unwrap_any", unwrap)
        async with bureau.s.store.read() as reader:
            row = await reader.run(entries.one, key, sent.n)
            assert row is not None
            assert await reader.run(fresh.open, room, row, ENTRY_TYPES[row.type]) == Body("จะหายไป")
            with pytest.raises(KeyDestroyed):
                await reader.run(fresh.open, room, row, ENTRY_TYPES[row.type])


async def _rows(b: Bureau, sql: str, *params: object) -> list[tuple[Any, ...]]:
    async with b.s.store.read() as reader:
        return await reader.run(all_rows, sql, params)


@pytest.fixture
async def forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bureau]:
    """An office whose log keeps two epoch keys in memory."""
    monkeypatch.setattr(bodies, "CACHED_KEYS", 2)
    async with open_bureau(tmp_path) as opened:
        yield opened


class TestKeyCache:
    async def test_more_rooms_than_it_holds(self, forgetful: Bureau) -> None:
        """A key is never made twice, whatever else the batch brings into memory."""
        made = [await forgetful.group(NARIN, MALEE, SOMCHAI) for _ in range(6)]
        for words in ("หนึ่ง", "สอง", "สาม"):
            results = await asyncio.gather(*(outcome(forgetful, sound(room, words)) for room in (*made, *made[::-1])))
            assert all(isinstance(result, Appended) for result in results)
        assert await _rows(forgetful, "SELECT count(*) FROM epoch_key") == [(6,)]
        assert [await texts(forgetful, room) for room in made] == [["หนึ่ง", "สอง", "สาม"]] * 6

    async def test_the_key_in_use_stays(self, forgetful: Bureau) -> None:
        busy, *others = [await forgetful.group(NARIN, MALEE, SOMCHAI) for _ in range(4)]
        for number, room in enumerate(others):
            await forgetful.say(NARIN, busy, f"{number}")
            await forgetful.say(NARIN, room)
        head = await forgetful.s.log.head(busy)
        assert forgetful.s.log.bodies.writing_key(head.key, iso_week(forgetful.clock()), "text") is not None


async def test_a_torn_page_beside_the_newest_entry_costs_that_room_alone(
    torn: Torn, caplog: pytest.LogCaptureFixture
) -> None:
    """The log starts, refuses what is sent to the room, in a batch with others too, and names it once."""
    async with open_bureau(torn.folder) as b:
        for number in range(3):
            refused, *others = await asyncio.gather(
                outcome(b, sound(torn.bad, f"bad{number}")),
                *(outcome(b, sound(torn.good, f"good{number}-{n}")) for n in range(6)),
            )
            assert refused == "storage_damaged"
            assert all(isinstance(other, Appended) for other in others)
        assert list(b.s.log.damaged) == [torn.bad]
        assert caplog.text.count(f"room {torn.bad} is damaged") == 1


async def test_a_page_torn_while_it_runs_costs_that_room_alone(torn: Torn) -> None:
    async with open_bureau(torn.folder) as b:
        b.s.log.damaged._errors.clear()  # noqa: SLF001 - as if the page tore after the start
        refused, *others = await asyncio.gather(
            outcome(b, sound(torn.bad, "bad")), *(outcome(b, sound(torn.good, f"good{n}")) for n in range(6))
        )
        assert refused == "storage_damaged"
        assert all(isinstance(other, Appended) for other in others)
        assert list(b.s.log.damaged) == [torn.bad]


async def test_a_write_that_a_torn_page_refuses_costs_its_command_alone(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer's connection is opened anew between the halves: after a torn page it would refuse everything."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    real, poisoned = batches.write, set[int]()

    def write(raw: sqlcipher.Connection, batch: batches.Batch) -> None:
        if id(raw) in poisoned:
            raise sqlcipher.DatabaseError("file is not a database")
        if any(entry.txn_id == "torn" for entry in batch.entries):
            poisoned.add(id(raw))
            raise sqlcipher.DatabaseError("database disk image is malformed")
        real(raw, batch)

    kept: list[sqlcipher.Connection] = []
    original = connect

    def connecting(*args: object, **options: object) -> sqlcipher.Connection:
        kept.append(original(*args, **options))  # type: ignore[arg-type]
        return kept[-1]

    monkeypatch.setattr("appliance.store.db.connect", connecting)
    monkeypatch.setattr(batches, "write", write)
    names = ["a", "b", "torn", "c", "d"]
    results = await asyncio.gather(*(outcome(bureau, sound(room, name)) for name in names))
    assert [isinstance(result, Appended) for result in results] == [True, True, False, True, True]
    assert results[2] == "storage_damaged"
    assert await texts(bureau, room) == ["a", "b", "c", "d"]


async def test_pages_torn_here_and_there_cost_what_lies_on_them(tmp_path: Path) -> None:
    """Some pages of a small database; tests/faults/test_torn.py tears each of a larger one."""
    async with open_bureau(tmp_path) as b:
        made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(8)]
        for room in made:
            for _ in range(6):
                await b.say(NARIN, room, "ก" * 300)
        now = b.clock()
    database = tmp_path / "gchat.db"
    pristine = database.read_bytes()
    with closing(connect(database, KEYS.database_key)) as raw:
        roots = dict(raw.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    tables = ("checkpoint", "entry_at", "epoch_key", "feed", "log", "room", "room_member", "txn", "unfolded_at")
    chosen = {roots[name] for name in tables}
    lost = 0
    for number in sorted(chosen | set(torn_pages.pages(pristine)[-12:])):
        torn_pages.tear(database, pristine, number)
        async with open_bureau(tmp_path) as b:
            results = await asyncio.gather(*(outcome(b, sound(room, "torn")) for room in made))
        failed = {room for room, result in zip(made, results, strict=True) if not isinstance(result, Appended)}
        assert not any(torn_pages.usable(database, KEYS.database_key, room, NARIN, now) for room in failed), number
        assert {result for result in results if not isinstance(result, Appended)} <= {"storage_damaged"}
        lost += 0 < len(failed) < len(made)
    assert lost > 2


async def test_rooms_are_listed_though_a_page_of_their_table_is_torn(tmp_path: Path) -> None:
    async with open_bureau(tmp_path) as b:
        made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(60)]
    database = tmp_path / "gchat.db"
    pristine = database.read_bytes()
    with closing(connect(database, KEYS.database_key)) as raw:
        roots = dict(raw.execute("SELECT name, rootpage FROM sqlite_master WHERE tbl_name = 'room'").fetchall())
    for name in ("room", "sqlite_autoindex_room_1"):
        torn_pages.tear(database, pristine, roots[name])
        store = await open_store(database, KEYS.database_key, read_only=True)
        try:
            assert await list_rooms(store) == (made, [])
        finally:
            await store.close()


async def test_where_no_room_can_be_found_each_is_named_by_its_number_and_no_new_one_is_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The table of rooms and its index are torn."""
    async with open_bureau(tmp_path) as b:
        for _ in range(3):
            await b.group(NARIN, MALEE, SOMCHAI)
    database = tmp_path / "gchat.db"
    with closing(connect(database, KEYS.database_key)) as raw:
        roots = dict(raw.execute("SELECT name, rootpage FROM sqlite_master WHERE tbl_name = 'room'").fetchall())
    for name in ("room", "sqlite_autoindex_room_1"):
        torn_pages.tear(database, database.read_bytes(), roots[name])
    async with open_bureau(tmp_path) as b:
        for number in (1, 2, 3):
            assert caplog.text.count(f"the room with the number {number} is damaged on the disk") == 1
        with pytest.raises(Unavailable) as refused:
            await b.group(NARIN, MALEE, SOMCHAI)
        assert refused.value.code == "storage_damaged"


async def test_of_several_things_to_read_one_that_fails_is_its_own(torn: Torn) -> None:
    store = await open_store(torn.folder / "gchat.db", KEYS.database_key)
    try:
        found = await store.read_each(
            lambda raw, room: rooms.load(raw, room, HOME), [torn.good, torn.bad, torn.good, RoomId("none")]
        )
    finally:
        await store.close()
    assert [type(one).__name__ for one in found] == ["RoomRow", "Unavailable", "RoomRow", "NoneType"]
    assert isinstance(found[1], Unavailable)
    assert found[1].code == "storage_damaged"
