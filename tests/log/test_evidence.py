"""What the log can prove: signed checkpoints, exports that `gchat-verify` accepts, edits behind its back (F72)."""

from __future__ import annotations

import asyncio
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import disposal, evidence, messages, rooms
from appliance.errors import AppError, Invalid, NotFound, StorageFull, Unproven
from appliance.evidence import verifier
from appliance.evidence.canonical import decode_header, encode_header
from appliance.evidence.note import open_checkpoint
from appliance.evidence.offline.texts import iso_time
from appliance.evidence.tree import Frontier
from appliance.log import checkpoints, heads
from appliance.log.bodies import Bodies
from appliance.log.damage import DamagedRooms
from appliance.log.export import RoomExport
from appliance.log.integrity import Check, Fault, verify_room
from appliance.model import Draft, EntryType, RoomId
from appliance.reads.messages import load_messages
from appliance.rules.entry_states import Reacted
from appliance.rules.roles import Actor
from appliance.store import audit as audit_rows
from appliance.store import blobs
from appliance.store import rooms as room_rows
from appliance.store.batch import NewCheckpoint
from appliance.store.db import Rows, connect
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.bureau import (
    CHIEF,
    CLERK,
    DAY,
    HEAD,
    KEYS,
    MALEE,
    NARIN,
    SIGNER,
    SOMCHAI,
    Bureau,
    open_bureau,
    principal,
)
from tests.evidence.independent import judge
from tests.made_files import an_upload
from tests.sql import all_rows, edit_entries, one_row, run_sql
from tests.waiting import until

OPERATOR = Actor.operator("root(0)")


async def lively(b: Bureau) -> RoomId:
    """Make a room in which everything has happened."""
    room = await rooms.create_group(b.s, NARIN, "ห้องเรื่องมาก", [MALEE, SOMCHAI, HEAD], b.txn(), CHIEF)
    sent = await b.say(MALEE, room, "ข้อความแรก")
    await messages.edit_message(b.s, MALEE, room, sent.n, TextBody(text="แก้แล้ว"), b.txn())
    await messages.react(b.s, SOMCHAI, room, sent.n, "👍", on=True)
    await messages.react(b.s, SOMCHAI, room, sent.n, "👍", on=False)
    await messages.retract_message(b.s, MALEE, room, sent.n, "ผิดห้อง", b.txn())
    b.clock.pass_(8 * DAY)
    await b.say(HEAD, room, "สัปดาห์ใหม่", mentions=[NARIN], everyone=True)
    await rooms.rename_room(b.s, NARIN, room, "ชื่อใหม่", b.txn())
    await rooms.change_members(b.s, NARIN, room, [CLERK], [SOMCHAI], b.txn())
    await rooms.transfer_room(b.s, NARIN, room, MALEE, b.txn())
    await messages.react(b.s, MALEE, room, 7, "❤️", on=True)
    await rooms.close_room(b.s, MALEE, room)
    return room


async def recorded(b: Bureau, action: str) -> list[tuple[str, dict[str, Any]]]:
    """Return outcome and detail of every audit record of an action."""
    async with b.s.store.read() as reader:
        records = await reader.run(audit_rows.list_from, 0, 1_000)
    return [(r.outcome, msgspec.json.decode(r.detail or "{}")) for r in records if r.action == action]


class Written(list[bytes]):
    async def add(self, line: bytes) -> None:
        self.append(line)


async def export(b: Bureau, room: RoomId, path: Path) -> Path:
    lines = Written()
    await evidence.export_room(b.s, OPERATOR, room, "คดีที่ 1", lines.add)
    await asyncio.to_thread(path.write_bytes, b"".join(lines))
    return path


def rewritten(old: str, new: str, n: int, also: str = "") -> str:
    """Return the statement that writes another name into an entry's header."""
    header = f"CAST(replace(CAST(header AS TEXT), '{old}', '{new}') AS BLOB)"
    return f"UPDATE entry SET {also}header = {header} WHERE n = {n}"  # noqa: S608 - the forger is ours


class TestCheckpoints:
    async def test_a_checkpoint_is_signed_over_all_there_is(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        head = await bureau.s.log.head(room)
        async with bureau.s.store.read() as reader:
            kept = await reader.run(room_rows.checkpoint, head.key)
            tree = await reader.run(heads.recompute, head.key, Frontier())
        assert kept is not None
        checkpoint, note = open_checkpoint(kept[2], [SIGNER.verifier])
        assert checkpoint.origin == f"agency.test/room/{room}/e1"
        assert (checkpoint.size, checkpoint.root) == (head.size, tree.root())
        assert [signature.name for signature in note.signatures] == ["agency.test/a/test/log"]

    async def test_they_are_signed_by_themselves(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "EVERY_S", 0.01)
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            key = (await b.s.log.head(room)).key

            async def signed() -> bool:
                async with b.s.store.read() as reader:
                    kept = await reader.run(room_rows.checkpoint, key)
                    return not await reader.run(room_rows.without_checkpoint) and kept is not None and kept[0] == 2

            await until(signed, "a checkpoint of both entries")

    async def test_what_could_not_be_kept_stays_due(self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
        await bureau.group(NARIN, MALEE, SOMCHAI)

        def full(*_: object) -> None:
            raise sqlcipher.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(room_rows, "put_checkpoints", full)
            with pytest.raises(StorageFull):
                await bureau.s.log.checkpoints.sign()
        await bureau.s.log.checkpoints.sign()
        async with bureau.s.store.read() as reader:
            assert await reader.run(room_rows.without_checkpoint) == []

    async def test_what_is_due_is_signed_at_the_end_though_nothing_was_begun(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.s.log.checkpoints.sign()
        await bureau.say(MALEE, room)
        bureau.s.log.checkpoints._advanced.clear()  # noqa: SLF001 - it is the other's to sign
        head, other = await bureau.s.log.head(room), checkpoints.Checkpoints(bureau.s.store, SIGNER, DamagedRooms())
        other.advanced(room, head)
        await other.close()
        async with bureau.s.store.read() as reader:
            kept = await reader.run(room_rows.checkpoint, head.key)
        assert kept is not None
        assert kept.size == head.size == 3

    async def test_after_a_crash_the_newest_entries_are_signed_at_start(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            await b.s.log.checkpoints.sign()
            await b.say(MALEE, room)
            # As if the process ended here: what is due is not signed any more.
            b.s.log.checkpoints._advanced.clear()  # noqa: SLF001 - the crash
        async with open_bureau(tmp_path) as b:
            head = await b.s.log.head(room)
            async with b.s.store.read() as reader:
                kept = await reader.run(room_rows.checkpoint, head.key)
            assert kept is not None
            assert kept[0] == head.size == 3
            found = b.s.log.checkpoints.found
            assert (found.entries, found.rooms, found.unproven) == (1, 1, [])
            await evidence.record_unsigned(b.s)
            assert await recorded(b, "heads.sign_at_start") == [("done", {"entries": 1, "rooms": 1, "unproven": []})]

    async def test_a_room_is_created_with_its_first_checkpoint(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE)
        async with bureau.s.store.read() as reader:
            kept = await reader.run(room_rows.checkpoint, (await bureau.s.log.head(room)).key)
        assert kept is not None
        assert kept[0] == 2
        assert audit(bureau, room) is None

    @pytest.mark.parametrize(
        "forgery",
        [
            "DELETE FROM checkpoint",
            "UPDATE checkpoint SET frontier = CAST(substr(frontier, 1, 39) || x'00' AS BLOB)",
            "UPDATE checkpoint SET frontier = x'00'",
            "UPDATE checkpoint SET note = replace(note, 'agency.test/room', 'other.test/room')",
            "UPDATE checkpoint SET counters = '{\"test\":1}'",
            'UPDATE checkpoint SET counters = \'{"test":1,"moi":1}\'',
            "UPDATE checkpoint SET counters = '[]'",
            "UPDATE entry SET sender = 'head' WHERE n = 2",
            rewritten('"os":2', '"os":9', 2, "os = 9, "),
            "UPDATE entry SET header = CAST(x'ff' || header AS BLOB) WHERE n = 2",
            "DELETE FROM entry WHERE n = 2",
        ],
    )
    async def test_what_was_forged_meanwhile_is_not_signed_at_start(self, tmp_path: Path, forgery: str) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            other = await b.group(NARIN, MALEE, SOMCHAI, name="ห้องอื่น")
            key = (await b.s.log.head(room)).key
            await b.say(MALEE, room)
            await b.say(MALEE, room)
            b.s.log.checkpoints._advanced.clear()  # noqa: SLF001 - the crash
            async with b.s.store.write() as tx:
                where = "room" if "checkpoint" in forgery else "place >> 32"
                assert await tx.run(
                    edit_entries, f"{forgery} {'AND' if 'WHERE' in forgery else 'WHERE'} {where} = {key}"
                )
                before = await tx.run(room_rows.checkpoint, key)
        async with open_bureau(tmp_path) as b:
            assert b.s.log.checkpoints.found.unproven == [room]
            await b.s.log.checkpoints.sign()
            async with b.s.store.read() as reader:
                assert await reader.run(room_rows.checkpoint, key) == before
            with pytest.raises(Unproven):
                await b.say(SOMCHAI, room)
            with pytest.raises(Unproven):
                await b.s.log.head(room)
            # Another room goes on.
            await b.say(SOMCHAI, other)
            await evidence.record_unsigned(b.s)
            [(outcome, detail)] = await recorded(b, "heads.sign_at_start")
            assert (outcome, detail["unproven"]) == ("unproven", [room])

    async def test_a_tree_that_was_altered_is_never_built_upon(self, tmp_path: Path) -> None:
        async with open_bureau(tmp_path) as b:
            room = await b.group(NARIN, MALEE, SOMCHAI)
            await b.say(MALEE, room)
        async with open_bureau(tmp_path) as b:
            async with b.s.store.write() as tx:
                await tx.run(run_sql, "UPDATE checkpoint SET frontier = CAST(substr(frontier, 1, 39) || x'00' AS BLOB)")
            with pytest.raises(Unproven):
                await b.say(SOMCHAI, room)
            with pytest.raises(Unproven):
                await evidence.export_room(b.s, OPERATOR, room, "คดีที่ 1", Written().add)

    async def test_a_room_whose_checkpoint_cannot_be_kept_is_signed_again_later(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The others are kept meanwhile."""
        real, broken = room_rows.put_checkpoints, set[int]()

        def put(rows: Rows, found: list[NewCheckpoint]) -> None:
            if broken & {row.room for row in found}:
                raise sqlcipher.IntegrityError("injected")
            real(rows, found)

        async def sizes() -> list[int]:
            async with b.s.store.read() as reader:
                found = [await reader.run(room_rows.checkpoint, key) for key in (1, 2)]
            return [kept.size if kept else 0 for kept in found]

        async def all_are_kept() -> bool:
            return await sizes() == [3, 3]

        monkeypatch.setattr(room_rows, "put_checkpoints", put)
        monkeypatch.setattr(checkpoints, "EVERY_S", 0.01)
        monkeypatch.setattr(checkpoints, "ROUNDS_BEFORE_RETRY", 3)
        async with open_bureau(tmp_path) as b:
            made = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
            await until(lambda: not b.s.log.checkpoints._advanced, "both are signed")  # noqa: SLF001
            broken.add(1)
            for room in made:
                await b.say(NARIN, room)
            await b.s.log.checkpoints.sign()
            assert await sizes() == [2, 3]
            assert f"the checkpoint of room {made[0]} could not be kept" in caplog.text
            broken.clear()
            await until(all_are_kept, "the failed room is signed")

    async def test_the_tree_is_the_same_however_many_entries_are_read_at_once(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        head = await bureau.s.log.head(room)
        async with bureau.s.store.read() as reader:
            for page in (1, 3, head.size, head.size + 1):
                counters: dict[str, int] = {}
                tree = await reader.run(partial(heads.recompute, counters=counters), head.key, Frontier(), None, page)
                assert (tree, counters) == (head.frontier, {"test": head.size})
            shorter = await reader.run(heads.recompute, head.key, Frontier(), 4, 3)
        assert shorter.size == 4


class TestExport:
    async def test_the_offline_verifier_accepts_it(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await lively(bureau)
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        said = capsys.readouterr().out
        assert f"PASS: room {room}" in said
        assert f"Exported, as the agency signed: {iso_time(bureau.clock())}" in said
        text = path.read_text(encoding="utf-8")
        assert "สัปดาห์ใหม่" in text

    async def test_the_verifier_written_from_the_document_agrees(self, bureau: Bureau, tmp_path: Path) -> None:
        room = await lively(bureau)
        old = await export(bureau, room, tmp_path / "old.jsonl")
        await evidence.record_heads(bureau.s)
        await disposal.erase_bodies(bureau.s, room, 0, 8, "ระเบียบ 90 วัน")
        new = await export(bureau, room, tmp_path / "new.jsonl")
        await evidence.record_heads(bureau.s)
        heads = str(bureau.s.config.heads_file)
        key = ["--vkey", SIGNER.verifier.vkey]
        cases = [["room", str(old), *key], ["room", str(new), *key], ["extends", str(old), str(new), *key]]
        cases += [["extends", heads, str(new), *key], ["extends", heads, str(old), *key]]
        assert await asyncio.to_thread(judge, cases, tmp_path) == [0, 0, 0, 0, 1]
        assert [verifier.main(case) for case in cases] == [0, 0, 0, 0, 1]

    async def test_a_destroyed_key_takes_the_words_and_leaves_the_proof(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await lively(bureau)
        async with bureau.s.store.write() as tx:
            await tx.run(run_sql, "UPDATE epoch_key SET wrapped = NULL")
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert "erased or withheld, the log cannot tell" in capsys.readouterr().out
        assert "สัปดาห์ใหม่" not in path.read_text(encoding="utf-8")

    async def test_what_is_said_meanwhile_waits_for_the_next_export(self, bureau: Bureau, tmp_path: Path) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        head = await bureau.s.log.head(room)
        lines = RoomExport(room, head, SIGNER, bureau.s.log.bodies, bureau.clock(), bureau.s.log.registry).lines(
            bureau.s.store
        )
        kept = [await anext(lines)]
        await bureau.say(MALEE, room)
        kept += [line async for line in lines]
        path = tmp_path / "room.jsonl"
        await asyncio.to_thread(path.write_bytes, b"".join(kept))
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert len(kept) == 4

    async def test_it_is_on_record_before_and_after(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        lines = Written()
        await evidence.export_room(bureau.s, OPERATOR, room, "คำสั่งศาลที่ 7", lines.add)
        first, last = await recorded(bureau, "room.export")
        assert first == ("begun", {"why": "คำสั่งศาลที่ 7", "entries": 2, "partial": False})
        assert last == (
            "done",
            {
                "entries": 2,
                "sha256": sha256(b"".join(lines)).hexdigest(),
                "damaged": [],
                "withheld": [],
                "malformed": [],
            },
        )

    async def test_rooms_are_found_by_name_and_member_and_it_is_on_record(self, bureau: Bureau) -> None:
        group = await bureau.group(NARIN, MALEE, SOMCHAI)
        pair = await rooms.create_direct(bureau.s, NARIN, CLERK, bureau.txn())
        every = await evidence.list_rooms(bureau.s, OPERATOR)
        assert [(room.id, room.kind, room.members) for room in every] == [(group, "group", 3), (pair, "direct", 2)]
        assert "นรินทร์" in every[1].name
        assert [room.id for room in await evidence.list_rooms(bureau.s, OPERATOR, member=MALEE)] == [group]
        assert [room.id for room in await evidence.list_rooms(bureau.s, OPERATOR, member=CLERK)] == [pair]
        assert await evidence.list_rooms(bureau.s, OPERATOR, member=HEAD) == []
        assert [room.id for room in await evidence.list_rooms(bureau.s, OPERATOR, every[0].name[1:4])] == [group]
        assert await evidence.list_rooms(bureau.s, OPERATOR, "ไม่มีห้องนี้") == []
        assert [detail for _, detail in await recorded(bureau, "room.list")][-2:] == [
            {"name": every[0].name[1:4], "rooms": 1},
            {"name": "ไม่มีห้องนี้", "rooms": 0},
        ]
        with pytest.raises(AppError, match="role_required"):
            await evidence.list_rooms(bureau.s, Actor(NARIN, NARIN, ()))

    async def test_nothing_leaves_without_a_reason_a_right_or_a_room(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        lines = Written()
        with pytest.raises(Invalid, match="why_missing"):
            await evidence.export_room(bureau.s, OPERATOR, room, "  ", lines.add)
        with pytest.raises(AppError, match="role_required"):
            await evidence.export_room(bureau.s, Actor(NARIN, NARIN, ()), room, "อยากรู้", lines.add)
        with pytest.raises(NotFound):
            await evidence.export_room(bureau.s, OPERATOR, RoomId("r_typo"), "คดีที่ 1", lines.add)
        assert lines == []
        assert await recorded(bureau, "room.export") == []

    @pytest.mark.parametrize(
        "forgery",
        [
            rewritten("malee@", "head@", 2, "sender = 'head', "),
            "UPDATE entry SET header = CAST(x'ff' || header AS BLOB) WHERE n = 8",
        ],
    )
    async def test_leaves_that_do_not_make_the_signed_root_are_not_signed(self, bureau: Bureau, forgery: str) -> None:
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, forgery)
        lines = Written()
        with pytest.raises(Unproven):
            await evidence.export_room(bureau.s, OPERATOR, room, "คดีที่ 1", lines.add)
        assert b'"checkpoint"' not in b"".join(lines)
        assert [outcome for outcome, _ in await recorded(bureau, "room.export")] == ["begun", "failed"]

    async def test_a_damaged_body_is_named_and_the_rest_can_be_had(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await lively(bureau)
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, "UPDATE entry SET sealed = zeroblob(60) WHERE n = 7")
        lines = Written()
        with pytest.raises(AppError, match="n=7") as refused:
            await evidence.export_room(bureau.s, OPERATOR, room, "คดีที่ 1", lines.add)
        assert (refused.value.code, refused.value.detail) == ("body_damaged", {"n": 7})
        lines.clear()
        done = await evidence.export_room(bureau.s, OPERATOR, room, "คดีที่ 1", lines.add, partial=True)
        assert (done.entries, done.damaged) == (14, (7,))
        path = tmp_path / "room.jsonl"
        await asyncio.to_thread(path.write_bytes, b"".join(lines))
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        capsys.readouterr()
        assert "ข้อความแรก" in path.read_text(encoding="utf-8")

    @pytest.mark.parametrize("plain", [b'{"text":5}', b"x", b'{"text":"\xff"}'])
    async def test_a_malformed_body_stops_nothing_and_is_named(
        self,
        bureau: Bureau,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        plain: bytes,
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        with monkeypatch.context() as patch:
            patch.setattr("appliance.log.bodies.encode_body", lambda *_: plain)
            bad = await bureau.say(NARIN, room, "ไม่ใช่ข้อความ")
        await bureau.say(MALEE, room, "ข้อความดี")
        page = (await load_messages(bureau.s, SOMCHAI, room, MessagesQuery())).messages
        found = {event.n: event for event in page if isinstance(event, MessageTextEvent)}
        assert (found[bad.n].hidden, found[bad.n].body) == ("damaged", None)
        assert [event.body.text for event in found.values() if event.body] == ["ข้อความดี"]
        await bureau.s.log.checkpoints.sign()
        assert await asyncio.to_thread(audit, bureau, room) is None, "it is what was written"
        lines, text = Written(), plain.isascii()
        done = await evidence.export_room(bureau.s, OPERATOR, room, "คดีที่ 1", lines.add)
        assert (done.damaged, done.malformed) == ((), () if text else (bad.n,))
        path = tmp_path / "room.jsonl"
        await asyncio.to_thread(path.write_bytes, b"".join(lines))
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey, "--show"]) == 0
        said = capsys.readouterr().out
        assert "│ ข้อความดี" in said
        assert ("Bodies that do not have the form of a message: 1: 2" in said) is text
        assert ("Bodies absent: 1" in said) is not text

    @pytest.mark.parametrize("header", ["of other words", "none"])
    async def test_a_body_that_its_header_does_not_commit_to_is_damaged(self, bureau: Bureau, header: str) -> None:
        """It opens, and whether it was said cannot be told."""
        room = await lively(bureau)
        async with bureau.s.store.write() as tx:
            found = [await tx.run(one_row, "SELECT header FROM entry WHERE n = ?", (n,)) for n in (2, 7)]
            other, own = (decode_header(row[0]) for row in found if row)
            forged = encode_header(msgspec.structs.replace(own, commitment=other.commitment))
            await tx.run(
                edit_entries,
                "UPDATE entry SET header = ? WHERE n = 7",
                (forged if header == "of other words" else b"\0",),
            )
        export = RoomExport(
            room, await bureau.s.log.head(room), SIGNER, bureau.s.log.bodies, bureau.clock(), bureau.s.log.registry
        )
        with pytest.raises(AppError) as refused:
            [line async for line in export.lines(bureau.s.store)]
        assert (refused.value.code, refused.value.detail) == ("body_damaged", {"n": 7})
        part = msgspec.structs.replace(export, partial=True)
        with pytest.raises(Unproven):
            [line async for line in part.lines(bureau.s.store)]
        assert (part.damaged, part.withheld) == ([7], [])

    async def test_an_entry_that_says_what_no_entry_says_is_evidence_as_it_stands(self, bureau: Bureau) -> None:
        """Its words go out with it; the altered header is found before anything is signed."""
        room, lines = await lively(bureau), list[bytes]()
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, rewritten("message.text", "message.tex2", 7))
        export = RoomExport(
            room, await bureau.s.log.head(room), SIGNER, bureau.s.log.bodies, bureau.clock(), bureau.s.log.registry
        )

        async def collect() -> None:
            async for line in export.lines(bureau.s.store):
                lines.append(line)

        with pytest.raises(Unproven):
            await collect()
        assert "สัปดาห์ใหม่".encode() in lines[8]
        assert (export.withheld, export.damaged) == ([], [])

    async def test_the_files_of_a_message_stand_in_the_export_with_root_and_size(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        one = await an_upload(bureau.s, NARIN, "คำสั่งที่ 5.pdf", size=7_000)
        sent = await messages.send_message(bureau.s, NARIN, room, TextBody(text=""), bureau.txn(), files=[one])
        await messages.edit_message(bureau.s, NARIN, room, sent.n, TextBody(text="ตามคำสั่ง"), bureau.txn())
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey, "--show"]) == 0
        shown = capsys.readouterr().out.replace("\n    │ ", "")
        async with bureau.s.store.read() as reader:
            row = await reader.run(blobs.get, one)
        assert row is not None
        assert f"file: คำสั่งที่ 5.pdf (application/pdf, 7000 bytes), root {row.root.hex()}" in shown

    async def test_the_owner_is_named_as_the_members_are(self, bureau: Bureau) -> None:
        for room in (
            await bureau.group(NARIN, MALEE, SOMCHAI),
            await rooms.create_direct(bureau.s, NARIN, MALEE, bureau.txn()),
        ):
            lines = Written()
            await evidence.export_room(bureau.s, OPERATOR, room, "คดีที่ 1", lines.add)
            header = msgspec.json.decode(msgspec.json.decode(msgspec.json.decode(lines[1])["l"])["h"])
            assert header["st"]["card"] == {
                "p": principal(NARIN), "name": "นรินทร์ ปัญญาดี", "unit": "กองระบาดวิทยา", "post": "นักวิชาการ",
                "rank": 50,
            }  # fmt: skip


FORGERIES = {
    "words of another": ("UPDATE entry SET sender = 'narin' WHERE n = 2", "entry", 2),
    "another time": ("UPDATE entry SET at = at + 1 WHERE n = 2", "entry", 2),
    "another kind": ("UPDATE entry SET type = 'message.text' WHERE n = 5", "entry", 5),
    "another target": ("UPDATE entry SET target = 6 WHERE n = 3", "entry", 3),
    "a target that comes later": (rewritten('"target":2', '"target":9', 3, "target = 9, "), "entry", 3),
    "another hub time": ("UPDATE entry SET ht = ht - 1 WHERE n = 0", "entries", None),
    "a hub time that goes back": ("UPDATE entry SET ht = ht + 1 WHERE n = 2", "entry", 3),
    "another version of the registry": ("UPDATE entry SET rg = 7 WHERE n = 2", "entry", 2),
    "a seal that nobody gave": ("UPDATE entry SET seal = CAST('{}' AS BLOB) WHERE n = 2", "entry", 2),
    "another origin": ("UPDATE entry SET origin = 'moi' WHERE n = 2", "entry", 2),
    "another counter": ("UPDATE entry SET os = 0 WHERE n = 2", "entry", 2),
    "another hub": ("UPDATE room SET hub = 'moi'", "state", None),
    "a later hub": ("UPDATE room SET hub_epoch = 2", "state", None),
    "counters that are none": ("UPDATE checkpoint SET counters = '[]'", "tree", None),
    "entries of another agency counted": ("UPDATE checkpoint SET counters = '{\"test\":1,\"moi\":1}'", "tree", None),
    "another header": (rewritten("narin", "malee", 8), "entry", 8),
    "a rewritten header": (rewritten("malee@", "head@", 2, "sender = 'head', "), "entry", 3),
    "the last entries gone": ("DELETE FROM entry WHERE n > 5", "entries", None),
    "a middle entry gone": ("DELETE FROM entry WHERE n = 4", "entry", 4),
    "words exchanged": ("UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE n = 7) WHERE n = 2", "body", 2),
    "another owner": ("UPDATE room SET owner = 'clerk'", "state", None),
    "another name": ("UPDATE room SET name = 'ชื่อปลอม'", "state", None),
    "a member nobody added": ("INSERT INTO room_member VALUES (1, 'outsider', 'member', 3, 3)", "state", None),
    "a room opened again": ("UPDATE room SET closed = 0", "state", None),
    "a note of someone else": ("UPDATE checkpoint SET note = replace(note, 'agency.test/room', 'other.test/room')",
                               "checkpoint", None),
    "no signature at all": ("DELETE FROM checkpoint", "unsigned", None),
    "another tree than was signed": ("UPDATE checkpoint SET frontier = CAST(substr(frontier, 1, 39) || x'00' AS BLOB)",
                                     "tree", None),
    "a retraction taken back": ("DELETE FROM message_mark WHERE n = 2", "marks", 2),
    "words of another entry": ("UPDATE message_mark SET edit = 7 WHERE n = 2", "marks", 2),
    "a retraction nobody made": ("INSERT INTO message_mark (room, n, redact) VALUES (1, 7, 6)", "marks", 7),
    "an edit out of the history": ("DELETE FROM message_edit", "edits", 2),
    "an edit nobody made": ("INSERT INTO message_edit VALUES (1, 7, 3)", "edits", 7),
    "a reaction of somebody else": ("UPDATE reaction SET person = 'clerk'", "reactions", 7),
    "another reaction": ("UPDATE reaction SET emoji = '😡'", "reactions", 7),
    "a reaction gone": ("DELETE FROM reaction", "reactions", 7),
    "a reaction that was taken back": ("INSERT INTO reaction VALUES (1, 2, '👍', 'somchai', 4)", "reactions", 2),
    "a mention gone": ("DELETE FROM mention WHERE person = 'narin'", "mentions", 7),
    "a mention nobody wrote": ("INSERT INTO mention VALUES (1, 'malee', 7)", "mentions", 7),
    "a call to everyone nobody made": ("INSERT INTO mention VALUES (1, '*', 2)", "mentions", 2),
    "a joining that nobody is told of": ("DELETE FROM concern WHERE person = 'malee' AND n = 1", "concerns", 1),
    "a new name that nobody is told of": ("DELETE FROM concern WHERE person = '*' AND n = 8", "concerns", 8),
    "an entry that concerns somebody else": ("INSERT INTO concern VALUES (1, 'somchai', 7)", "concerns", 7),
    "words erased by hand": ("UPDATE entry SET sealed = NULL WHERE n = 7", "absent", 7),
    "a key thrown away": ("DELETE FROM epoch_key", "body", 2),
    "an entry that no device gets": ("UPDATE entry SET pos = -5 WHERE n = 7", "feed", 7),
    "entries in another order": ("UPDATE entry SET pos = 1000000 - pos WHERE n IN (7, 8)", "feed", 8),
    "an entry after all others": ("UPDATE entry SET pos = pos + 1000 WHERE n = 12", "feed", 13),
    "entries before all others": ("UPDATE entry SET pos = -pos WHERE n IN (7, 8)", "feed", 7),
    "an entry that the index leaves out": ("DELETE FROM entry_at WHERE place = 1 << 32 | 4", "index", 4),
    "an entry that the index has elsewhere": ("UPDATE entry_at SET place = place + 9 WHERE place = 1 << 32 | 13",
                                              "index", 22),
    "an index that leads to another entry": ("UPDATE entry_at SET pos = pos + 1 WHERE place = 1 << 32 | 4", "index", 4),
    "an index that leads nowhere": ("UPDATE entry_at SET pos = -9 WHERE place = 1 << 32 | 4", "index", 4),
    "an index of one entry more": (("INSERT INTO entry_at SELECT place + 1, pos, type, sender FROM entry_at "
                                    "WHERE place = 1 << 32 | 13"), "index", 14),
    "an index far ahead that leads nowhere": ("INSERT INTO entry_at VALUES (1 << 32 | 4000, 9999, 'message.text', 'x')",
                                              "index", 4000),
    "an entry far ahead that is not folded": (
        "INSERT INTO unfolded_at VALUES (1 << 32 | 4000, 9999, 'message.text', 'x', NULL)", "index", 4000),
    "another size signed": ("UPDATE checkpoint SET size = size + 1", "checkpoint", None),
    "words of an entry that has none": ("UPDATE entry SET sealed = x'00' WHERE n = 8", "body", 8),
    "a key of an entry that has no words": ("UPDATE entry SET epoch = 1 WHERE n = 8", "body", 8),
    "a key of a later generation": ("UPDATE epoch_key SET generation = 5 WHERE key = 1", "keys", None),
    "a room made by another command": ("UPDATE room SET create_txn = 'made up'", "state", None),
    "an index that names another sender": ("UPDATE entry_at SET sender = 'clerk' WHERE place = 1 << 32 | 7",
                                           "index", 7),
    "an index that names another kind": ("UPDATE entry_at SET type = 'message.text' WHERE place = 1 << 32 | 6",
                                         "index", 6),
    "an idempotency key gone": ("DELETE FROM txn WHERE n = 2", "txn", 2),
    "an idempotency key of another entry": ("UPDATE txn SET n = 3 WHERE n = 2", "txn", 2),
    "an idempotency key of another sender": ("UPDATE txn SET sender = 'head' WHERE n = 2", "txn", 2),
    "an idempotency key that nobody chose": ("INSERT INTO txn VALUES (1, 'malee', 'made up', 2)", "txn", 2),
    "a week's words destroyed by hand": ("UPDATE epoch_key SET wrapped = NULL", "absent", 2),
    "another creator": ("UPDATE room SET created_by = 'malee'", "state", None),
    "another time of creation": ("UPDATE room SET created_at = created_at - 1", "state", None),
    "a private chat of two others": ("UPDATE room SET pair = 'head malee'", "state", None),
    "a kind that there is not": ("UPDATE room SET kind = 'no_such'", "state", None),
    "a part nobody has": ("UPDATE room_member SET role = 'king' WHERE person = 'head'", "state", None),
    "an earlier member": ("UPDATE room_member SET since = 0 WHERE person = 'clerk'", "state", None),
}  # fmt: skip


class TestErasure:
    async def test_an_erasure_is_an_entry_and_takes_the_words_with_it(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room, "คำที่ต้องลบ", mentions=[NARIN])
        await bureau.say(MALEE, room, "คำที่เก็บไว้")
        done = await disposal.erase_bodies(bureau.s, room, sent.n, sent.n, "ระเบียบ 90 วัน")
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None
        events = (await load_messages(bureau.s, NARIN, room, MessagesQuery())).messages
        assert [(e.n, e.hidden) for e in events if e.type == "message.text"] == [(3, None), (2, "erased")]
        said = next(e for e in events if e.type == "shred")
        assert msgspec.to_builtins(said.state) == {"from": 2, "to": 2, "rule": "ระเบียบ 90 วัน", "at": bureau.clock()}
        assert (said.n, said.sender) == (done.n, "system")
        assert await recorded(bureau, "room.shred") == [
            ("done", {"n": done.n, "first": 2, "last": 2, "rule": "ระเบียบ 90 วัน"})
        ]
        async with bureau.s.store.read() as reader:
            assert await reader.run(one_row, "SELECT 1 FROM mention WHERE n = 2") is None
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert f"Bodies erased by entry {done.n} (rule ระเบียบ 90 วัน, " in capsys.readouterr().out
        text = path.read_text(encoding="utf-8")
        assert "คำที่ต้องลบ" not in text
        assert "คำที่เก็บไว้" in text

    @pytest.mark.parametrize(("first", "last"), [(-1, 1), (2, 1), (1, 3), (3, 9)])
    async def test_a_range_that_is_not_there(self, bureau: Bureau, first: int, last: int) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(MALEE, room)
        with pytest.raises(Invalid):
            await disposal.erase_bodies(bureau.s, room, first, last, "ระเบียบ 90 วัน")
        with pytest.raises(Invalid, match="why_missing"):
            await disposal.erase_bodies(bureau.s, room, 2, 2, " ")

    async def test_what_no_entry_says_was_erased_is_missed(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        for _ in range(3):
            await bureau.say(MALEE, room)
        await disposal.erase_bodies(bureau.s, room, 2, 3, "ระเบียบ 90 วัน")
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, "UPDATE entry SET sealed = NULL WHERE n = 4")
        assert audit(bureau, room) == Fault(room, "absent", 4)


class TestShown:
    async def test_a_mark_that_points_at_something_else_shows_no_words(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        mine = await bureau.say(MALEE, room, "คำของมาลี")
        other = await bureau.say(MALEE, room, "คำอื่นของมาลี")
        edit = await messages.edit_message(bureau.s, MALEE, room, other.n, TextBody(text="แก้คำอื่น"), bureau.txn())
        for wrong in (other.n, edit.n, 99):
            async with bureau.s.store.write() as tx:
                await tx.run(
                    run_sql, "INSERT OR REPLACE INTO message_mark (room, n, edit) VALUES (1, ?, ?)", (mine.n, wrong)
                )
            events = (await load_messages(bureau.s, NARIN, room, MessagesQuery())).messages
            shown = next(event for event in events if event.n == mine.n)
            assert (shown.hidden, shown.body, shown.edited) == ("damaged", None, None)


class TestAudit:
    async def test_reactions_given_and_taken_back_at_once_leave_what_the_log_says(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        sent = await bureau.say(MALEE, room)

        def draft(*, on: bool) -> Draft:
            return Draft(room, principal(NARIN), EntryType.MESSAGE_REACTION, state=Reacted(sent.n, "👍", on))

        for given in ([True, False], [True, False, True], [False, True, False]):
            await bureau.s.log.append(*(draft(on=on) for on in given))
            await bureau.s.log.checkpoints.sign()
            assert audit(bureau, room) is None, given

    async def test_entries_without_a_signature_are_counted(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        await bureau.say(MALEE, room)
        await bureau.say(MALEE, room)
        fault = audit(bureau, room)
        assert fault == Fault(room, "unsigned", count=2)
        assert "2 entries not covered by any signature" in str(fault)
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None

    async def test_a_room_left_alone_is_sound(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None

    @pytest.mark.parametrize("name", FORGERIES)
    async def test_an_edit_in_the_database_is_found(self, bureau: Bureau, name: str) -> None:
        forgery, what, n = FORGERIES[name]
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        await bureau.s.log.folding.fold()
        async with bureau.s.store.write() as tx:
            assert await tx.run(edit_entries, forgery)
        fault = audit(bureau, room)
        assert fault is not None
        assert (fault.room, fault.what, fault.n) == (room, what, n)
        assert room in str(fault)

    async def test_a_key_of_another_room_is_found(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        await bureau.group(NARIN, MALEE)
        await bureau.s.log.checkpoints.sign()
        async with bureau.s.store.write() as tx:
            assert await tx.run(run_sql, "UPDATE epoch_key SET room = 2, generation = 0 WHERE room = 1")
        assert audit(bureau, room) == Fault(room, "keys", 2)

    async def test_a_room_that_is_not_there(self, bureau: Bureau) -> None:
        assert audit(bureau, RoomId("r_nowhere")) == Fault(RoomId("r_nowhere"), "no_room")

    async def test_words_destroyed_with_their_key_are_no_forgery_where_an_entry_says_so(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        async with bureau.s.store.read() as reader:
            keys = [
                key for (key,) in await reader.run(all_rows, "SELECT DISTINCT epoch FROM entry WHERE epoch IS NOT NULL")
            ]
        assert len(keys) == 2
        size = (await bureau.s.log.head(room)).size
        await disposal.erase_bodies(bureau.s, room, 0, size - 1, "ระเบียบ 90 วัน")
        await bureau.s.log.change(lambda tx: tx.destroy_keys(keys))
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None

    async def test_long_rooms_are_walked_whole(self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("appliance.log.integrity.PAGE", 3)
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None
        async with bureau.s.store.write() as tx:
            await tx.run(edit_entries, "DELETE FROM entry WHERE n BETWEEN 3 AND 8")
        assert audit(bureau, room) == Fault(room, "entry", 3)


def audit(b: Bureau, room: RoomId) -> Fault | None:
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        return verify_room(raw, room, Check(SIGNER.verifier, Bodies(KEYS)))
    finally:
        raw.close()
