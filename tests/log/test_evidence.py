"""What the log can prove: signed checkpoints, exports that `gchat-verify` accepts, edits behind its back (F72)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from appliance.actions import messages, rooms
from appliance.errors import StorageFull
from appliance.evidence import verifier
from appliance.evidence.note import open_checkpoint
from appliance.evidence.tree import Frontier
from appliance.log import checkpoints, heads
from appliance.log.audit import Fault, verify_room
from appliance.log.bodies import Bodies
from appliance.log.export import export_room
from appliance.model import RoomId
from appliance.store import rooms as room_rows
from appliance.store.db import connect
from appliance.wire.messages import TextBody
from tests.bureau import CHIEF, CLERK, DAY, HEAD, KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau, open_bureau


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
    await rooms.close_room(b.s, MALEE, room)
    return room


async def export(b: Bureau, room: RoomId, path: Path) -> Path:
    lines = [line async for line in export_room(b.s.store, b.s.log, room)]
    await asyncio.to_thread(path.write_bytes, b"".join(lines))
    return path


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
            await asyncio.sleep(0.1)
            async with b.s.store.read() as reader:
                assert await reader.run(room_rows.without_checkpoint) == []
                kept = await reader.run(room_rows.checkpoint, (await b.s.log.head(room)).key)
        assert kept is not None
        assert kept[0] == 2

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


class TestExport:
    async def test_the_offline_verifier_accepts_it(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await lively(bureau)
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert f"PASS: room {room}" in capsys.readouterr().out
        text = path.read_text(encoding="utf-8")
        assert "สัปดาห์ใหม่" in text

    async def test_a_destroyed_key_takes_the_words_and_leaves_the_proof(
        self, bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        room = await lively(bureau)
        async with bureau.s.store.write() as tx:
            await tx.execute("UPDATE epoch_key SET wrapped = NULL")
        path = await export(bureau, room, tmp_path / "room.jsonl")
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert "erased or withheld, the log cannot tell" in capsys.readouterr().out
        assert "สัปดาห์ใหม่" not in path.read_text(encoding="utf-8")

    async def test_what_is_said_meanwhile_waits_for_the_next_export(self, bureau: Bureau, tmp_path: Path) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        lines = export_room(bureau.s.store, bureau.s.log, room)
        kept = [await anext(lines)]
        await bureau.say(MALEE, room)
        kept += [line async for line in lines]
        path = tmp_path / "room.jsonl"
        await asyncio.to_thread(path.write_bytes, b"".join(kept))
        assert verifier.main(["room", str(path), "--vkey", SIGNER.verifier.vkey]) == 0
        assert len(kept) == 4


def rewritten(old: str, new: str, n: int, also: str = "") -> str:
    """Return the statement that writes another name into an entry's header."""
    header = f"CAST(replace(CAST(header AS TEXT), '{old}', '{new}') AS BLOB)"
    return f"UPDATE entry SET {also}header = {header} WHERE n = {n}"  # noqa: S608 - the forger is ours


FORGERIES = {
    "words of another": ("UPDATE entry SET sender = 'narin' WHERE n = 2", "entry", 2),
    "another time": ("UPDATE entry SET at = at + 1 WHERE n = 2", "entry", 2),
    "another kind": ("UPDATE entry SET type = 'message.text' WHERE n = 5", "entry", 5),
    "another target": ("UPDATE entry SET target = 6 WHERE n = 3", "entry", 3),
    "another header": (rewritten("narin", "malee", 8), "entry", 8),
    "a rewritten header": (rewritten("malee@", "head@", 2, "sender = 'head', "), "entries", None),
    "the last entries gone": ("DELETE FROM entry WHERE n > 5", "entries", None),
    "a middle entry gone": ("DELETE FROM entry WHERE n = 4", "entry", 4),
    "words exchanged": ("UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE n = 7) WHERE n = 2", "body", 2),
    "another owner": ("UPDATE room SET owner = 'clerk'", "state", None),
    "another name": ("UPDATE room SET name = 'ชื่อปลอม'", "state", None),
    "a member nobody added": ("INSERT INTO room_member VALUES (1, 'outsider', 'member', 3, 3)", "state", None),
    "a room opened again": ("UPDATE room SET closed = 0", "state", None),
    "a note of someone else": ("UPDATE checkpoint SET note = replace(note, 'agency.test/room', 'other.test/room')",
                               "checkpoint", None),
}  # fmt: skip


class TestAudit:
    async def test_a_room_left_alone_is_sound(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        assert audit(bureau, room) is None

    @pytest.mark.parametrize("name", FORGERIES)
    async def test_an_edit_in_the_database_is_found(self, bureau: Bureau, name: str) -> None:
        forgery, what, n = FORGERIES[name]
        room = await lively(bureau)
        await bureau.s.log.checkpoints.sign()
        async with bureau.s.store.write() as tx:
            assert await tx.execute(forgery)
        fault = audit(bureau, room)
        assert fault == Fault(room, what, n)
        assert room in str(fault)

    async def test_a_room_that_is_not_there(self, bureau: Bureau) -> None:
        assert audit(bureau, RoomId("r_nowhere")) == Fault(RoomId("r_nowhere"), "no_room")

    async def test_destroyed_words_are_no_forgery(self, bureau: Bureau) -> None:
        room = await lively(bureau)
        async with bureau.s.store.write() as tx:
            await tx.execute("UPDATE epoch_key SET wrapped = NULL")
        assert audit(bureau, room) is None

    async def test_long_rooms_are_walked_whole(self, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("appliance.log.audit.PAGE", 3)
        room = await lively(bureau)
        assert audit(bureau, room) is None
        async with bureau.s.store.write() as tx:
            await tx.execute("DELETE FROM entry WHERE n BETWEEN 3 AND 8")
        assert audit(bureau, room) == Fault(room, "entry", 3)


def audit(b: Bureau, room: RoomId) -> Fault | None:
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        return verify_room(raw, room, SIGNER.verifier, Bodies(KEYS, 0))
    finally:
        raw.close()
