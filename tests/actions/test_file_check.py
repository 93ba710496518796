"""The check of files: nothing where nothing is wrong, and every kind of fault where it is made."""

from __future__ import annotations

import json
import logging
import os
from contextlib import closing
from pathlib import Path

import pytest

from appliance.actions import disposal, file_check, file_deep_check
from appliance.actions.file_check import CHECKED, Checked
from appliance.actions.file_content import clear
from appliance.actions.file_faults import FaultKind
from appliance.errors import Unavailable
from appliance.files.content import sealed_length
from appliance.log.file_facts import facts_of, scanning_of
from appliance.rules.thai_days import HOUR_MS
from appliance.store import audit
from appliance.store.db import connect
from tests.bureau import DAY, MALEE, NARIN, Bureau
from tests.filing import CONTENT, Filing

SEALED = sealed_length(len(CONTENT))


@pytest.fixture
def filing(bureau: Bureau) -> Filing:
    return Filing(bureau)


async def faults(bureau: Bureau) -> list[tuple[str, str]]:
    return [(kind.value, name) for kind, name in (await file_check.check_files(bureau.s, "test")).faults]


async def settle(bureau: Bureau, filing: Filing, hours: int = 2) -> None:
    """Have all objects be as old as so many hours by the bureau's clock."""
    seconds = bureau.clock() / 1000 - hours * 3600
    for name in await filing.objects():
        os.utime(bureau.s.files.objects.folder / name[-2:] / name, (seconds, seconds))


async def lone_object(bureau: Bureau, name: str = "zz_lone") -> str:
    objects = bureau.s.files.objects
    await objects.run(objects.create, name)
    await objects.run(objects.append, name, b"x" * 100)
    return name


async def test_a_sound_store_has_no_fault(bureau: Bureau, filing: Filing) -> None:
    assert await file_check.check_files(bureau.s, "test") == Checked(0, 0, 0, [])
    room = await bureau.group(NARIN, MALEE)
    await filing.sent(MALEE, room, variants=3)
    await filing.upload(blob=await filing.blob())
    await filing.upload()
    await settle(bureau, filing)
    # The object of the upload that a blob took the place of would have been deleted with the change.
    replaced = "up_0003"
    bureau.s.files.objects.delete(replaced)
    assert await file_check.check_files(bureau.s, "test") == Checked(6, 6, 0, [])


async def test_an_object_that_no_row_knows_is_a_fault_once_nobody_writes_to_it(bureau: Bureau, filing: Filing) -> None:
    lone = await lone_object(bureau)
    await settle(bureau, filing, hours=0)
    assert await faults(bureau) == []
    bureau.clock.pass_(HOUR_MS)
    assert await faults(bureau) == [("object_without_row", lone)]
    found = await file_check.check_nightly(bureau.s)
    assert [fault.kind for fault in found.faults] == [FaultKind.OBJECT_WITHOUT_ROW]
    assert await filing.objects() == set()
    assert await filing.receipts(lone) == [("blob", "orphan", 100)]
    assert await faults(bureau) == []


async def test_what_somebody_else_put_there_is_a_fault_and_is_kept(bureau: Bureau, filing: Filing) -> None:
    await filing.upload()
    foreign = bureau.s.files.objects.folder / "copy\nof a disk"
    foreign.write_bytes(b"x")
    assert await faults(bureau) == [("foreign_object", "'copy\\nof a disk'")]
    await file_check.repair_files(bureau.s, await file_check.check_files(bureau.s, "test"))
    assert foreign.exists()


async def test_a_missing_object_and_one_of_a_wrong_size_are_named_and_kept(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    missing, _, _ = await filing.sent(MALEE, room, variants=0)
    short, _, _ = await filing.sent(MALEE, room, variants=0)
    objects = bureau.s.files.objects
    objects.delete(missing)
    objects.truncate(short, SEALED - 1)
    expected = [("object_missing", missing), ("wrong_size", short)]
    assert await faults(bureau) == expected
    await file_check.repair_files(bureau.s, await file_check.check_files(bureau.s, "test"))
    assert await faults(bureau) == expected


async def test_an_upload_on_its_way_may_be_shorter_but_not_longer(bureau: Bureau, filing: Filing) -> None:
    upload = await filing.upload()
    objects = bureau.s.files.objects
    objects.truncate(upload, 0)
    assert await faults(bureau) == []
    objects.append(upload, b"x" * (SEALED + 1))
    assert await faults(bureau) == [("wrong_size", upload)]


async def test_wrong_counts_are_found_and_made_again(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    blob, _, _ = await filing.sent(MALEE, room, variants=0)
    await filing.upload()
    await filing.run(lambda rows: rows.run("UPDATE blob SET refs = 3 WHERE id = ?", (blob,)))
    await filing.run(lambda rows: rows.run("UPDATE file_use SET bytes = 1 WHERE scope = 'agency'"))
    await filing.run(lambda rows: rows.run("UPDATE file_use SET reserved = 2 WHERE scope = 'person'"))
    year = 2026
    assert sorted(await faults(bureau)) == [
        ("wrong_count", blob),
        ("wrong_use", "agency//0"),
        ("wrong_use", f"person/{MALEE}/{year}"),
    ]
    found = await file_check.check_files(bureau.s, "test")
    await file_check.repair_files(bureau.s, found)
    assert await faults(bureau) == []


async def test_what_should_have_been_deleted_is_a_fault_until_it_is(bureau: Bureau, filing: Filing) -> None:
    upload = await filing.upload()
    stuck = await lone_object(bureau)
    await filing.run(lambda rows: rows.run(
        "INSERT INTO file_deletion (id, blob, store, why, at) VALUES (?, ?, 'blob', 'expired', ?)",
        (stuck, stuck, bureau.clock()),
    ))  # fmt: skip
    assert await faults(bureau) == []
    bureau.clock.pass_(DAY + HOUR_MS)
    assert await faults(bureau) == [("upload_overdue", upload), ("deletion_overdue", stuck)]
    await file_check.repair_files(bureau.s, await file_check.check_files(bureau.s, "test"))
    assert await faults(bureau) == []
    assert await filing.objects() == set()


async def test_a_variant_whose_file_is_gone_is_a_fault(bureau: Bureau, filing: Filing) -> None:
    await filing.blob(variants=1)
    with closing(connect(bureau.s.config.database, bureau.s.keys.database_key)) as raw:
        # The database itself refuses it as long as it is asked to.
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("UPDATE blob SET parent = 'nothing' WHERE parent IS NOT NULL")
    assert await faults(bureau) == [("variant_without_file", "fi_0001-v0")]


async def test_what_is_deleted_while_it_is_checked_is_no_fault(
    bureau: Bureau, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read, then everything of the upload went, then its object was looked for."""
    upload = await filing.upload()
    objects = bureau.s.files.objects
    look = objects.look

    def gone_by_now(name: str) -> object:
        if name == upload:
            objects.delete(upload)
        return look(name)

    await filing.run(lambda rows: rows.run("UPDATE upload SET state = 'ready'"))
    monkeypatch.setattr(objects, "look", gone_by_now)
    monkeypatch.setattr("appliance.store.file_checks.is_kept", lambda _rows, _kept: False)
    assert await faults(bureau) == []


async def test_the_result_is_on_record_and_in_the_log(
    bureau: Bureau, filing: Filing, caplog: pytest.LogCaptureFixture
) -> None:
    lone = await lone_object(bureau)
    await settle(bureau, filing)
    with caplog.at_level(logging.WARNING):
        await file_check.check_nightly(bureau.s)
        await file_check.check_nightly(bureau.s)
    assert caplog.messages == [f"files: object_without_row {lone}"]
    async with bureau.s.store.read() as reader:
        records = await reader.run(audit.list_newest, 2, target="files")
    assert [(item.action, item.outcome) for item in records] == [(CHECKED, "done"), (CHECKED, "faults")]
    detail = json.loads(records[1].detail or "")
    assert detail == {"count": 1, "faults": [f"object_without_row {lone}"], "objects": 1, "rows": 0}


async def test_the_deep_check_opens_every_record_of_files_and_variants(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    sound, flipped, swapped = [(await filing.sent(MALEE, room))[0] for _ in range(3)]
    rooted, infected = [(await filing.sent(MALEE, room, variants=0))[0] for _ in range(2)]
    waiting = await filing.ready(MALEE, "รอส่ง.pdf")
    folder = bureau.s.files.objects.folder

    def path(name: str) -> Path:
        return folder / name[-2:] / name

    torn = bytearray(path(flipped).read_bytes())
    torn[-1] ^= 1
    path(flipped).write_bytes(torn)
    path(f"{swapped}-v0").write_bytes(path(f"{sound}-v0").read_bytes())
    path(infected).write_bytes(torn)
    await filing.run(lambda rows: rows.run("UPDATE blob SET root = x'00' WHERE id = ?", (rooted,)))
    await filing.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (infected,)))
    assert await faults(bureau) == []
    found = await file_check.check_files(bureau.s, "test", deep=True)
    assert [(fault.kind.value, fault.id) for fault in found.faults] == [
        ("does_not_open", flipped),
        ("does_not_open", f"{swapped}-v0"),
        ("wrong_root", rooted),
    ]
    assert waiting in await filing.objects()


async def test_a_file_whose_reference_does_not_open_is_found_by_the_deep_check(bureau: Bureau, filing: Filing) -> None:
    blob, _, _ = await filing.sent(MALEE, await bureau.group(NARIN, MALEE), variants=0)
    await filing.run(lambda rows: rows.run("UPDATE file_ref SET wrapped_key = x'00'"))
    found = await file_check.check_files(bureau.s, "test", deep=True)
    assert [(fault.kind.value, fault.id) for fault in found.faults] == [("does_not_open", blob)]


def flip(bureau: Bureau, name: str) -> None:
    """Change the last byte of an object; done twice, it is as it was."""
    path = bureau.s.files.objects.folder / name[-2:] / name
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)


async def test_each_night_opens_a_part_beside_what_is_marked(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    files = [(await filing.sent(MALEE, room, variants=0))[0] for _ in range(3)]
    for name in files:
        flip(bureau, name)
    for night in range(1, 4):
        assert await file_deep_check.open_slice(bureau.s, least=1) == len(CONTENT)
        marked = await filing.rows("SELECT id FROM blob WHERE damaged_at IS NOT NULL ORDER BY id")
        assert [name for (name,) in marked] == files[:night]
        bureau.clock.pass_(DAY)
    flip(bureau, files[1])
    bureau.clock.pass_(DAY)
    assert await file_deep_check.open_slice(bureau.s, least=0) == 0
    assert await faults(bureau) == [("damaged", files[0]), ("damaged", files[2])]


async def test_what_a_night_has_opened_is_not_opened_again_before_the_rest(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    files = [(await filing.sent(MALEE, room, variants=0))[0] for _ in range(4)]
    nights = []
    for _ in range(4):
        await file_deep_check.open_slice(bureau.s, least=1)
        times = await filing.rows("SELECT id FROM blob WHERE checked_at > 0")
        nights.append({name for (name,) in times})
        bureau.clock.pass_(DAY)
    assert [len(opened) for opened in nights] == [1, 2, 3, 4]
    assert nights[-1] == set(files)
    assert await faults(bureau) == []


async def test_damage_found_at_night_is_told_counted_and_ends_with_a_restore(
    bureau: Bureau, filing: Filing, caplog: pytest.LogCaptureFixture
) -> None:
    room = await bureau.group(NARIN, MALEE)
    blob, _, _ = await filing.sent(MALEE, room)
    flip(bureau, blob)
    assert await faults(bureau) == []
    found = await file_check.check_nightly(bureau.s)
    assert [str(fault) for fault in found.faults] == [f"damaged {blob}"]
    assert caplog.text.count(f"ALERT file damaged: file={blob}: it does not open") == 1
    assert await states(bureau, blob) == ("damaged", 1)
    await file_check.check_nightly(bureau.s)
    assert caplog.text.count("ALERT file damaged") == 1
    flip(bureau, blob)
    assert (await file_check.check_nightly(bureau.s)).faults == []
    assert await states(bureau, blob) == ("pending", 1)


async def test_a_damaged_variant_is_not_offered(bureau: Bureau, filing: Filing) -> None:
    blob, _, _ = await filing.sent(MALEE, await bureau.group(NARIN, MALEE), variants=2)
    flip(bureau, f"{blob}-v0")
    assert [str(fault) for fault in (await file_check.check_nightly(bureau.s)).faults] == [f"damaged {blob}-v0"]
    assert await states(bureau, blob) == ("pending", 1)


async def test_what_lies_in_quarantine_or_has_gone_is_never_marked(bureau: Bureau, filing: Filing) -> None:
    infected, _, key = await filing.sent(MALEE, await bureau.group(NARIN, MALEE), variants=0)
    flip(bureau, infected)
    await filing.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (infected,)))
    for name in (infected, "fi_gone"):
        with pytest.raises(Unavailable, match=name):
            _ = [piece async for piece in clear(bureau.s, name, key, len(CONTENT))]
    assert await states(bureau, infected) == ("infected", 0)
    assert await faults(bureau) == []


async def states(bureau: Bureau, blob: str) -> tuple[str, int]:
    """Return the state of a file as readers see it, and how many variants they are offered."""
    scanning = scanning_of(bureau.s.config.files, bureau.s.files.health)
    async with bureau.s.store.read() as reader:
        facts = await reader.run(facts_of, blob, scanning, bureau.clock())
    assert facts is not None
    return facts.state, len(facts.variants)


async def test_an_erased_name_waits_for_the_index_and_is_no_fault(bureau: Bureau, filing: Filing) -> None:
    room = await bureau.group(NARIN, MALEE)
    _, n, _ = await filing.sent(MALEE, room)
    await disposal.erase_bodies(bureau.s, room, n, n, "rule")
    bureau.clock.pass_(DAY)
    assert await file_check.check_files(bureau.s, "test") == Checked(0, 0, 1, [])
