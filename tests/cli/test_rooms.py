"""`gchat room …` and `gchat keys show`, as processes of their own beside a server that is running."""

from __future__ import annotations

import re
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.actions import evidence
from appliance.cli.main import main
from appliance.evidence import verifier
from appliance.log.notes import log_signer
from tests.agency import Agency
from tests.cli.test_people import gchat
from tests.sql import edit_entries, one_row

pytestmark = pytest.mark.slow


async def some_room(running: Agency) -> str:
    narin = await running.login("narin.p")
    return str((await narin.get("/rooms"))["rooms"][0]["id"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_an_export_beside_the_server_is_recorded_private_and_whole(running: Agency, folder: Path) -> None:
    room, out = await some_room(running), folder / "room.jsonl"
    await gchat(running, "room", "export", room, "--why", "คำสั่งศาลที่ 7", "--output", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert names(folder) == ["room.jsonl"]
    vkey = log_signer(running.services.config.agency, running.services.keys).verifier.vkey
    assert verifier.main(["room", str(out), "--vkey", vkey]) == 0
    begun, done = (await gchat(running, "audit", "list", "--target", room)).splitlines()[-2:]
    assert "room.export" in begun
    assert "begun" in begun
    assert "คำสั่งศาลที่ 7" in begun
    assert sha256(out.read_bytes()).hexdigest() in done


async def test_a_room_is_found_beside_the_server(running: Agency) -> None:
    narin = await running.login("narin.p")
    rooms = {room["id"] for room in (await narin.get("/rooms"))["rooms"]}
    said = await gchat(running, "room", "list", "--member", "narin.p")
    cells = [line.split("\t") for line in said.splitlines()]
    assert {row[0] for row in cells} == rooms
    assert all(re.fullmatch(r"\d\d/\d\d/25\d\d \d\d:\d\d", row[2]) and int(row[3]) > 1 and row[4] for row in cells)
    record = (await gchat(running, "audit", "list", "--target", running.person("narin.p"))).splitlines()[-1]
    assert f"\troom.list\t{running.person('narin.p')}\tdone\t" in record
    assert "account" in await gchat(running, "room", "list", "--member", "nobody.x", code=1)


async def test_an_export_overwrites_nothing_and_leaves_nothing_behind(running: Agency, folder: Path) -> None:
    room, out = await some_room(running), folder / "old.jsonl"
    out.write_text("ของเดิม", encoding="utf-8")
    for name in (room, "r_typo"):
        said = await gchat(running, "room", "export", name, "--why", "x", "--output", str(out), code=1)
        assert "not overwritten" in said
    new = folder / "new.jsonl"
    assert "Nothing was found" in await gchat(
        running, "room", "export", "r_typo", "--why", "x", "--output", str(new), code=1
    )
    assert out.read_text(encoding="utf-8") == "ของเดิม"
    assert names(folder) == ["old.jsonl"]
    assert "--why" in await gchat(running, "room", "export", room, code=2)


async def test_a_damaged_body_is_named_and_the_rest_exported(running: Agency, folder: Path) -> None:
    room, out = await some_room(running), folder / "room.jsonl"
    key = (await running.services.log.head(room)).key  # type: ignore[arg-type]
    async with running.services.store.write() as tx:
        row = await tx.run(one_row, "SELECT n, sealed FROM entry WHERE room = ? AND sealed IS NOT NULL LIMIT 1", (key,))
        assert row is not None
        n, sealed = row
        await tx.run(edit_entries, "UPDATE entry SET sealed = zeroblob(60) WHERE place = (? << 32) + ?", (key, n))
    export = ("room", "export", room, "--why", "x", "--output", str(out))
    assert f"entry {n} is damaged" in await gchat(running, *export, code=1)
    assert names(folder) == []
    assert f"n={n}:" in await gchat(running, *export, "--partial", code=1)
    assert out.exists()
    verified = await gchat(running, "room", "verify", room, code=1)
    assert f"{room} n={n}" in verified
    async with running.services.store.write() as tx:
        await tx.run(edit_entries, "UPDATE entry SET sealed = ? WHERE place = (? << 32) + ?", (sealed, key, n))


async def test_verifying_every_room_beside_the_server(running: Agency) -> None:
    await evidence.record_heads(running.services)
    said = await gchat(running, "room", "verify")
    assert re.search(r"(\d+)/\1 ห้องถูกต้อง", said)
    assert "no evidence: read receipts" in said
    found = await evidence.check_evidence(running.services)
    assert found.faults == []


async def test_the_key_to_publish_is_shown_with_a_fingerprint_for_paper(running: Agency) -> None:
    said = await gchat(running, "keys", "show", "--log")
    key = log_signer(running.services.config.agency, running.services.keys).verifier
    assert key.vkey in said
    paper = sha256(key.vkey.encode()).hexdigest()[:40].upper()
    assert " ".join(re.findall("....", paper)) in said
    assert "กุญแจตรวจหลักฐานของหน่วยงาน" in said


def test_a_room_is_reassigned_by_two_who_are_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as usage:
        main(["room", "reassign", "r_x", "--to", "p_x", "--why", "x", "--by", "a", "--data", str(tmp_path)])
    assert usage.value.code == 2
