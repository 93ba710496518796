"""Heads recorded outside the rooms: whoever rewrites a room and signs it anew contradicts the audit log and a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.actions import evidence
from appliance.actions.audit_checkpoints import sign_checkpoint, verify_audit
from appliance.evidence.tree import Frontier
from appliance.locale import both
from appliance.log import heads, verification
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check, Fault, verify_room
from appliance.log.notes import sign_room
from appliance.log.recorded_heads import read_file, root_over
from appliance.log.verification import SETTLES_S, LogFiles, Verified, verify_rooms
from appliance.model import RoomId
from appliance.store import audit, recorded_heads, rooms
from appliance.store.db import connect
from tests.bureau import KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau, open_bureau
from tests.sql import all_rows, edit_entries, run_sql


def verified(b: Bureau, *asked: RoomId) -> Verified:
    place = LogFiles(b.s.config.database, KEYS.database_key, b.s.config.heads_file)
    return verify_rooms(place, Check(SIGNER.verifier, Bodies(KEYS)), asked, wait=lambda _: None)


async def newest(b: Bureau, action: str) -> dict[str, Any]:
    async with b.s.store.read() as reader:
        detail = await reader.run(audit.newest_detail, action)
    found: dict[str, Any] = msgspec.json.decode(detail or "{}")
    return found


async def rewrite(b: Bureau, room: RoomId) -> None:
    """Do what the holder of every key can: change an entry's header and sign the room anew, as if it had been so."""
    head = await b.s.log.head(room)
    key = head.key
    async with b.s.store.write() as tx:
        header = "CAST(replace(CAST(header AS TEXT), 'malee@', 'narin@') AS BLOB)"
        forged = f"UPDATE entry SET sender = 'narin', header = {header} WHERE place = ({key} << 32) + 2"  # noqa: S608 - the forger is ours
        await tx.run(edit_entries, forged)
        tree = await tx.run(heads.recompute, key, Frontier())
        note = sign_room(SIGNER, head.state, tree)
        await tx.run(
            run_sql, "UPDATE checkpoint SET frontier = ?, note = ? WHERE room = ?", (tree.to_bytes(), note, key)
        )


@pytest.fixture
async def room(bureau: Bureau) -> RoomId:
    made = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.say(MALEE, made)
    return made


async def test_one_root_over_all_rooms_goes_into_the_audit_log_and_a_line_into_the_file(
    bureau: Bureau, room: RoomId
) -> None:
    other = await bureau.group(NARIN, SOMCHAI, name="ห้องอื่น")
    assert await evidence.record_heads(bureau.s) == 2
    async with bureau.s.store.read() as reader:
        kept = await reader.run(recorded_heads.list_all)
    assert {r: size for r, (size, _) in kept.items()} == {room: 3, other: 2}
    found = read_file(bureau.s.config.heads_file, SIGNER.verifier)
    assert found.faults == []
    assert found.root == root_over(kept)
    assert (await newest(bureau, "heads.record"))["rooms"] == 2
    assert bureau.s.config.heads_file.stat().st_mode & 0o777 == 0o600
    assert verified(bureau).faults == []
    assert (await verify_audit(bureau.s)).faults == ()
    # What has not advanced is not recorded again; what has, alone.
    assert await evidence.record_heads(bureau.s) == 0
    await bureau.say(MALEE, room)
    assert await evidence.record_heads(bureau.s) == 1
    lines = bureau.s.config.heads_file.read_bytes().splitlines()
    assert [[r for r, *_ in msgspec.json.decode(line)["rooms"]] for line in lines] == [sorted([room, other]), [room]]
    assert verified(bureau).faults == []


async def test_a_room_rewritten_and_signed_anew_contradicts_its_recorded_head(bureau: Bureau, room: RoomId) -> None:
    await evidence.record_heads(bureau.s)
    await rewrite(bureau, room)
    found = verified(bureau)
    assert found.faulty == {room}
    assert "a head of the room that was recorded before" in found.faults[0]


async def test_without_a_recorded_head_nothing_contradicts_it(bureau: Bureau, room: RoomId) -> None:
    await bureau.s.log.checkpoints.sign()
    await rewrite(bureau, room)
    assert verified(bureau).faulty == set()


async def test_a_room_that_was_recorded_and_is_gone_is_missed(bureau: Bureau, room: RoomId) -> None:
    await evidence.record_heads(bureau.s)
    async with bureau.s.store.write() as tx:
        await tx.run(run_sql, "PRAGMA defer_foreign_keys = ON")
        for table in ("room_member", "checkpoint", "epoch_key", "log", "entry_at", "unfolded_at", "txn"):
            await tx.run(run_sql, f"DELETE FROM {table}")  # noqa: S608 - the forger is ours
        await tx.run(run_sql, "DELETE FROM room")
    found = verified(bureau)
    assert (found.rooms, found.faulty) == (1, {room})
    assert "there is no such room" in found.faults[0]


async def test_what_contradicts_the_log_as_a_whole_is_found(bureau: Bureau, room: RoomId) -> None:
    """F72: a position is one entry or one line, and every entry is found in its room, also one after the last."""
    await bureau.s.log.checkpoints.sign()
    await bureau.s.log.folding.fold()
    assert verified(bureau).faults == []
    async with bureau.s.store.write() as tx:
        [(pos,)] = await tx.run(all_rows, "SELECT pos FROM entry WHERE n = 2")
        await tx.run(run_sql, "INSERT INTO feed (pos, at, type, room) VALUES (?, 0, 'receipt', 1)", (pos,))
        copied = "place, at, type, sender, ht, rg, os, origin, header"
        sql = f"INSERT INTO log (pos, {copied}) SELECT -7, {copied} FROM log WHERE pos = ?"  # noqa: S608 - the forger is ours
        await tx.run(run_sql, sql, (pos,))
    first, second = verified(bureau).faults
    assert f"position {pos} of the feed has an entry and another line" in first
    assert "the entry at position -7 of the feed is not found in its room" in second
    assert verified(bureau, room).faults == []


# Rows of the first room that no appliance writes, and the fault that the room then has.
BAD_ROWS = {
    "a header that is no text": (
        "UPDATE log SET header = CAST(x'ff' || header AS BLOB) WHERE place = (1 << 32) + 2",
        "entry",
    ),
    "a header that is no JSON": (
        "UPDATE log SET header = CAST('}' || header AS BLOB) WHERE place = (1 << 32) + 2",
        "entry",
    ),
    "an empty header": ("UPDATE log SET header = x'' WHERE place = (1 << 32) + 2", "entry"),
    "a seal that is none": ("UPDATE log SET seal = x'ff' WHERE place = (1 << 32) + 2", "entry"),
    "an empty body": ("UPDATE log SET sealed = x'' WHERE place = (1 << 32) + 2", "body"),
    "a type that is none": ("UPDATE log SET type = 'zz' WHERE place = (1 << 32) + 2", "index"),
    "a week that is none": ("UPDATE epoch_key SET week = 'zz' WHERE room = 1", "body"),
    "a kind of key that is none": ("UPDATE epoch_key SET kind = 'zz' WHERE room = 1", "body"),
    "a kind of room that is none": ("UPDATE room SET kind = 'zz' WHERE key = 1", "state"),
    "a role that is none": ("UPDATE room_member SET role = 'zz' WHERE room = 1", "state"),
    "a note that is none": ("UPDATE checkpoint SET note = '' WHERE room = 1", "checkpoint"),
    "a tree that is none": ("UPDATE checkpoint SET frontier = x'' WHERE room = 1", "tree"),
    "a person that is none": ("UPDATE room SET owner = '' WHERE key = 1", "state"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
async def test_a_bad_row_is_a_fault_of_its_room_alone(bureau: Bureau, room: RoomId, name: str) -> None:
    """The other rooms are verified, and their heads are recorded at night."""
    forgery, what = BAD_ROWS[name]
    other = await bureau.group(NARIN, SOMCHAI, name="ห้องอื่น")
    await bureau.s.log.checkpoints.sign()
    await bureau.s.log.folding.fold()
    async with bureau.s.store.write() as tx:
        assert await tx.run(run_sql, forgery)
    found = verified(bureau)
    assert (found.rooms, found.faulty) == (2, {room})
    assert both(f"fault.{what}") in "".join(found.faults), found.faults
    assert (await evidence.check_evidence(bureau.s)).faulty == {room}
    async with bureau.s.store.read() as reader:
        assert set(await reader.run(recorded_heads.list_all)) == {other}


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO entry_at VALUES (99 << 32, 3, 'message.text', 'narin')",
        "INSERT INTO unfolded_at VALUES (99 << 32, 3, 'message.text', 'narin', NULL)",
        "INSERT INTO txn VALUES (99, 'narin', 'made up', 2)",
        "UPDATE room SET key = 99 WHERE key = 1",
    ],
)
async def test_rows_of_a_room_that_is_not_there_are_a_fault(bureau: Bureau, room: RoomId, forgery: str) -> None:
    """As those of a room whose own row was deleted before its head was ever recorded."""
    await bureau.s.log.checkpoints.sign()
    await bureau.s.log.folding.fold()
    assert verified(bureau, room).faults == verified(bureau).faults == []
    raw = connect(bureau.s.config.database, KEYS.database_key)
    try:
        raw.run("PRAGMA foreign_keys = OFF")
        assert raw.run(forgery) == 1
    finally:
        raw.close()
    key = 1 if "room SET" in forgery else 99
    assert both("verify.of_no_room", key=key) in verified(bureau).faults


async def test_what_nobody_thought_of_is_a_fault_of_its_room_alone(
    bureau: Bureau, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await bureau.group(NARIN, SOMCHAI, name="ห้องอื่น")
    await bureau.s.log.checkpoints.sign()

    def fails(*given: Any) -> Fault | None:
        if given[1] == room:
            raise ArithmeticError
        return verify_room(*given)

    monkeypatch.setattr(verification, "verify_room", fails)
    found = verified(bureau)
    assert (found.faulty, found.faults) == ({room}, [str(Fault(room, "unreadable"))])
    await evidence.check_evidence(bureau.s)
    async with bureau.s.store.read() as reader:
        assert set(await reader.run(recorded_heads.list_all)) == {other}


@pytest.mark.parametrize(
    "forgery",
    ["UPDATE recorded_head SET root = zeroblob(32)", "DELETE FROM recorded_head", "UPDATE recorded_head SET size = 2"],
)
async def test_recorded_heads_that_were_altered_contradict_the_audit_log(
    bureau: Bureau, room: RoomId, forgery: str
) -> None:
    await evidence.record_heads(bureau.s)
    async with bureau.s.store.write() as tx:
        await tx.run(run_sql, forgery)
    assert "not those in the audit log" in "".join(verified(bureau, room).faults)


async def test_a_file_that_was_altered_cut_or_lost_is_missed(bureau: Bureau, room: RoomId) -> None:
    await evidence.record_heads(bureau.s)
    await bureau.say(MALEE, room)
    await evidence.record_heads(bureau.s)
    path = bureau.s.config.heads_file
    whole = path.read_bytes()
    first, second = whole.splitlines(keepends=True)
    for bad, words in (
        (first, "not in this file"),
        (whole.replace(b",3,", b",2,", 1), ":1: the signed root is not that of these lines"),
        (whole.replace(b"agency.test", b"other.test", 1), "checkpoints.log: signature"),
        (b"{}\n" + whole, ":1:"),
    ):
        path.write_bytes(bad)
        assert words in "".join([*verified(bureau).faults, *(await verify_audit(bureau.s)).faults]), words
    path.unlink()
    assert "not in this file" in "".join(verified(bureau).faults)
    path.write_bytes(whole)
    assert verified(bureau).faults == []
    assert second in whole


async def test_the_file_holds_the_audit_log_to_what_it_was(bureau: Bureau, room: RoomId) -> None:
    await evidence.record_heads(bureau.s)
    assert (await verify_audit(bureau.s)).faults == ()
    # The holder of every key drops the audit log and begins another one.
    async with bureau.s.store.write() as tx:
        for table in ("audit", "audit_head", "audit_checkpoint"):
            await tx.run(run_sql, f"DELETE FROM {table}")  # noqa: S608 - the forger is ours
        for action in ("a", "b", "c"):
            await tx.run(audit.append, at=1, actor="x", action=action, target=room, outcome="done")
    await sign_checkpoint(bureau.s)
    assert "is of another log" in "".join((await verify_audit(bureau.s)).faults)


@pytest.mark.parametrize("forgery", ["note = replace(note, 'agency.test/room', 'other.test/room')", "size = size - 1"])
async def test_a_head_that_nobody_signed_is_not_recorded(bureau: Bureau, room: RoomId, forgery: str) -> None:
    other = await bureau.group(NARIN, SOMCHAI)
    await bureau.s.log.checkpoints.sign()
    key = (await bureau.s.log.head(room)).key
    async with bureau.s.store.write() as tx:
        assert await tx.run(run_sql, f"UPDATE checkpoint SET {forgery} WHERE room = ?", (key,)) == 1  # noqa: S608 - the forger is ours
    assert await evidence.record_heads(bureau.s) == 1
    async with bureau.s.store.read() as reader:
        assert (await reader.run(recorded_heads.list_all)).keys() == {other}


async def test_a_file_that_cannot_be_written_stops_nothing_and_is_said(
    bureau: Bureau, room: RoomId, caplog: pytest.LogCaptureFixture
) -> None:
    bureau.s.config.heads_file.mkdir()
    assert await evidence.record_heads(bureau.s) == 1
    assert "could not be written" in caplog.text
    bureau.s.config.heads_file.rmdir()
    assert "not in this file" in "".join(verified(bureau, room).faults)


async def test_the_nightly_check_warns_records_and_leaves_the_recorded_head(
    bureau: Bureau, room: RoomId, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "REST_S", 0.0)
    sound = await bureau.group(NARIN, SOMCHAI, name="ห้องอื่น")
    assert (await evidence.check_evidence(bureau.s)).faults == []
    assert await newest(bureau, "evidence.check") == {"rooms": 2, "count": 0, "faults": []}
    async with bureau.s.store.read() as reader:
        before = await reader.run(recorded_heads.list_all)
    assert before.keys() == {room, sound}
    await bureau.say(MALEE, room)
    await bureau.say(NARIN, sound)
    await bureau.s.log.checkpoints.sign()
    await rewrite(bureau, room)
    found = await evidence.check_evidence(bureau.s)
    assert found.faulty == {room}
    assert room in caplog.text
    detail = await newest(bureau, "evidence.check")
    assert (detail["rooms"], detail["count"]) == (2, 1)
    assert room in detail["faults"][0]
    async with bureau.s.store.read() as reader:
        after = await reader.run(recorded_heads.list_all)
    assert after[room] == before[room]
    assert after[sound][0] == before[sound][0] + 1


async def test_what_a_server_signs_meanwhile_is_no_fault(bureau: Bureau, room: RoomId) -> None:
    place = LogFiles(bureau.s.config.database, KEYS.database_key, bureau.s.config.heads_file)
    check = Check(SIGNER.verifier, Bodies(KEYS))
    assert "1 entries not covered" in verify_rooms(place, check, wait=lambda _: None).faults[0]
    row = bureau.s.log.checkpoints.row(await bureau.s.log.head(room))
    waited: list[float] = []

    def sign(seconds: float) -> None:
        """Be a busy server: what there was is signed, and one entry more has come."""
        waited.append(seconds)
        raw = connect(bureau.s.config.database, KEYS.database_key)
        with raw:
            rooms.put_checkpoints(raw, [row])
            header = raw.execute("SELECT header FROM entry WHERE n = 2").fetchone()[0]
            younger = header.replace(b'"os":2', b'"os":3').replace(b'"id":"', b'"id":"y')
            edit_entries(
                raw,
                "INSERT INTO entry (place, pos, at, type, sender, target, ht, rg, os, origin, header, epoch, sealed)"
                " SELECT place + 1, pos + 100, at, type, sender, target, ht, rg, 3, origin, ?, epoch, sealed"
                " FROM entry WHERE n = 2",
                (younger,),
            )
        raw.close()

    no_bodies = Check(SIGNER.verifier)
    assert verify_rooms(place, no_bodies, wait=sign).faults == []
    assert waited == [SETTLES_S]


async def test_a_clean_stop_leaves_nothing_unsigned(tmp_path: Path) -> None:
    async with open_bureau(tmp_path) as b:
        made = await b.group(NARIN, MALEE, SOMCHAI)
        await b.say(MALEE, made)
    assert verified(b).faults == []
