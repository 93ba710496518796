"""From the last byte to a file that can be sent and looked at: real workers, and what goes wrong on the way."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image

from appliance.actions import file_variants, scanning, upload_preparation
from appliance.actions.file_deletion import Why, delete_uploads
from appliance.attachments import FileForm
from appliance.errors import AppError, StorageFull, Unavailable
from appliance.files import workers
from appliance.files.disk import Disk, Space
from appliance.files.fences import BwrapFence
from appliance.files.workers import Failure, WorkerFailed, Workers
from appliance.followers import lanes
from appliance.followers.file_lanes import FileFollower
from appliance.rules.file_types import SNIFF_BYTES
from appliance.store import file_turns
from tests.bureau import MALEE
from tests.files.corpus import GPS, film, from_a_phone, pdf, sound
from tests.files.prepared import Desk, desk
from tests.filing import CONTENT
from tests.waiting import until

pytestmark = pytest.mark.slow

PDF = b"%PDF-1.4\n"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, scan="off") as made:
        yield made


def has_gps(content: bytes) -> bool:
    return bool(Image.open(io.BytesIO(content)).getexif().get_ifd(GPS))


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [
        ("ภาพถ่าย.jpg", "image/jpeg", FileForm.PICTURE),
        ("ภาพถ่าย.jpg", "image/jpeg", FileForm.DOCUMENT),
        ("ภาพถ่าย.bin", "application/octet-stream", FileForm.DOCUMENT),
        ("ภาพถ่าย", "", FileForm.DOCUMENT),
    ],
)
async def test_no_photograph_says_where_it_was_taken_however_it_is_sent(
    opened: Desk, name: str, kind: str, form: FileForm
) -> None:
    upload = await opened.whole_upload(from_a_phone(), name, kind, form=form)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert (row.state, row.blob != upload) == ("ready", True)
    made = await opened.bytes(row.blob)
    assert not has_gps(made)
    blob = await opened.blob(row.blob)
    assert (blob.size, blob.owner, blob.kind) == (len(made), row.person, "file")
    # The uploaded object is gone, with a receipt.
    assert await opened.filing.objects() == {blob.id}
    assert [(store, why) for store, why, _ in await opened.filing.receipts(blob.id)] == [("staging", "replaced")]


@pytest.mark.media
async def test_an_original_is_sent_byte_by_byte_and_says_so(opened: Desk) -> None:
    content = from_a_phone()
    upload = await opened.whole_upload(content, "หลักฐาน.jpg", "image/jpeg", form=FileForm.PICTURE, original=True)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert row.blob == upload
    assert await opened.bytes(row.blob) == content
    assert (await opened.said(upload)).original
    await file_variants.make_variants(opened.b.s, upload)
    blob = await opened.blob(upload)
    # What is shown in its place says nothing of the place.
    assert (blob.width, blob.height, bool(blob.preparing)) == (480, 640, False)
    variants = await opened.variants(upload)
    assert [one.kind for one in variants] == ["thumb", "view"]
    assert await opened.filing.objects() == {upload, *(one.id for one in variants)}


@pytest.mark.media
async def test_what_cannot_be_cleaned_is_refused_and_not_sent_on_the_quiet(opened: Desk) -> None:
    upload = await opened.whole_upload(from_a_phone()[:200], "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert (row.state, row.refused, row.blob) == ("refused", "file_damaged", None)
    assert '"refused":"file_damaged"' in (await opened.events("upload"))[-1]
    assert await opened.filing.objects() == set()


async def test_one_that_shows_only_at_its_end_to_be_too_large_says_so(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "largest", lambda _job: 100)
    upload = await opened.whole_upload(b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + bytes(200), "งาน")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert (row.state, row.refused) == ("refused", "file_too_large_to_clean")


def test_the_head_of_a_file_is_looked_at_until_it_is_whole_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[bytes]()

    def look(head: bytes) -> None:
        looked.append(head)

    monkeypatch.setattr(upload_preparation, "sniff", look)
    seen = upload_preparation.Seen()
    for _ in range(50):
        seen.take(bytes(SNIFF_BYTES // 2))
    assert [len(head) for head in looked] == [SNIFF_BYTES // 2, SNIFF_BYTES]


@pytest.mark.parametrize(
    ("content", "name", "kind", "form", "code"),
    [
        (b"II*\0\x08\0\0\0" + bytes(99), "ภาพ.dng", "", FileForm.DOCUMENT, "file_not_cleaned"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "ตรา.svg",
            "image/svg+xml",
            FileForm.DOCUMENT,
            "file_not_cleaned",
        ),
        (b"8BPS\0\1" + bytes(99), "งาน", "", FileForm.DOCUMENT, "file_not_cleaned"),
        (bytes(range(200)), "คลิป.mov", "", FileForm.DOCUMENT, "file_damaged"),
        (bytes(range(200)), "คลิป", "video/mp4", FileForm.VIDEO, "file_damaged"),
    ],
)
async def test_what_is_or_claims_to_be_media_and_cannot_be_cleaned_goes_only_as_original(
    opened: Desk, content: bytes, name: str, kind: str, form: FileForm, code: str
) -> None:
    upload = await opened.whole_upload(content, name, kind, form=form)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert (row.state, row.refused) == ("refused", code)
    marked = await opened.whole_upload(content, name, kind, form=form, original=True)
    await upload_preparation.prepare_upload(opened.b.s, marked)
    assert (await opened.upload(marked)).state == "ready"
    assert (await opened.said(marked)).original
    assert await opened.bytes(marked) == content


@pytest.mark.media
async def test_a_picture_with_too_many_pixels_is_sent_as_a_file_that_says_how_large_it_is(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # the worker's limit, where this process loaded it too
    exif = Image.Exif()
    exif.get_ifd(GPS)[2] = (13.0, 45.0, 7.25)
    file = io.BytesIO()
    Image.new("L", (9_000, 6_000)).save(file, "JPEG", exif=exif)
    upload = await opened.whole_upload(
        file.getvalue(), "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE, width=5, height=4
    )
    await upload_preparation.prepare_upload(opened.b.s, upload)
    row = await opened.upload(upload)
    assert row.state == "ready", row.refused
    assert not has_gps(await opened.bytes(row.blob))
    assert (await opened.said(upload)).form is FileForm.DOCUMENT
    await file_variants.make_variants(opened.b.s, row.blob or "")
    blob = await opened.blob(row.blob)
    assert (blob.width, blob.height, bool(blob.preparing)) == (9_000, 6_000, False)
    assert await opened.variants(blob.id) == []


@pytest.mark.parametrize(
    ("content", "name", "kind", "form", "known"),
    [
        (PDF, "ก.pdf", "application/pdf", FileForm.DOCUMENT, (None, None, None)),
        (b"abc", "ก.txt", "text/plain", FileForm.DOCUMENT, (None, None, None)),
        (b"II*\0\x08\0\0\0", "ก.tif", "image/tiff", FileForm.PICTURE, (None, None, None)),
        (b"\xff\xd8\xff\xe0", "ก.jpg", "image/jpeg", FileForm.PICTURE, (7, 8, None)),
        (b"\0\0\0\x18ftypmp42", "ก.mp4", "video/mp4", FileForm.VIDEO, (7, 8, 9_000)),
        (b"fLaC", "ก.flac", "audio/flac", FileForm.SOUND, (None, None, 9_000)),
    ],
)
async def test_what_a_sender_says_of_size_and_length_counts_only_where_a_worker_will_look(
    opened: Desk,
    content: bytes,
    name: str,
    kind: str,
    form: FileForm,
    known: tuple[int | None, int | None, int | None],
) -> None:
    upload = await opened.whole_upload(content, name, kind, form=form, original=True, width=7, height=8, seconds=9.0)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    blob = await opened.blob(upload)
    assert (blob.width, blob.height, blob.ms) == known


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ" + bytes(900), "คำสั่ง.pdf"),
        (b"\x7fELF" + bytes(900), "รายงาน"),
        (b"PK\x03\x04" + bytes(70_000) + b"word/vbaProject.bin" + bytes(9), "บันทึก.docx"),
        (b"PK\x03\x04" + bytes(256 * 1024 - 12) + b"vbaProject.bin", "บันทึก.docx"),
        (b"PK\x03\x04" + bytes(70_000) + b"word/VBAproject.bin" + bytes(9), "บันทึก.docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(70_000)
            + bytes.fromhex("84100c0000000000c000000000000046")
            + bytes(99),
            "บันทึก.doc",
        ),
    ],
)
async def test_programs_and_macros_are_refused_under_any_name(opened: Desk, content: bytes, name: str) -> None:
    upload = await opened.whole_upload(content, name, "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    assert (await opened.upload(upload)).refused == "file_type_blocked"


async def test_a_document_is_sent_as_it_is_and_what_is_another_type_is_unknown(opened: Desk) -> None:
    for content, name, kind in (
        (PDF, "ประกาศ.pdf", "application/pdf"),
        (os.urandom(900), "ประกาศ.pdf", "application/pdf"),
    ):
        upload = await opened.whole_upload(content, name, kind, form=FileForm.PICTURE)
        await upload_preparation.prepare_upload(opened.b.s, upload)
        row = await opened.upload(upload)
        blob = await opened.blob(row.blob)
        assert (row.state, row.blob) == ("ready", upload)
        assert blob.type == (kind if content == PDF else "application/octet-stream")
        about = await opened.said(upload)
        assert (about.name, about.form, about.original) == (name, FileForm.DOCUMENT, False)
        assert await opened.bytes(upload) == content


async def test_preparing_twice_changes_nothing(opened: Desk) -> None:
    upload = await opened.whole_upload(PDF, "ประกาศ.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    before = await opened.events("upload")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    await upload_preparation.prepare_upload(opened.b.s, "f_none")
    assert await opened.events("upload") == before
    assert len(before) == 1


@pytest.mark.media
async def test_an_upload_that_is_cancelled_while_it_is_cleaned_leaves_nothing(opened: Desk) -> None:
    upload = await opened.whole_upload(from_a_phone(), "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE)
    publish = upload_preparation._publish  # noqa: SLF001 the moment between cleaning and its row

    async def cancelled_first(*given: object) -> None:
        await delete_uploads(opened.b.s, [upload], Why.CANCELLED)
        await publish(*given)  # type: ignore[arg-type]

    with patch.object(upload_preparation, "_publish", cancelled_first):
        await upload_preparation.prepare_upload(opened.b.s, upload)
    assert await opened.filing.objects() == set()
    assert await opened.filing.rows("SELECT id FROM blob") == []
    assert await opened.events("upload") == []


@pytest.mark.media
async def test_variants_of_a_file_that_went_meanwhile_leave_no_object(opened: Desk) -> None:
    upload = await opened.whole_upload(from_a_phone(), "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    blob = (await opened.upload(upload)).blob
    assert blob
    keep = file_variants._keep  # noqa: SLF001

    async def gone_first(*given: object) -> None:
        await delete_uploads(opened.b.s, [upload], Why.CANCELLED)
        await keep(*given)  # type: ignore[arg-type]

    with patch.object(file_variants, "_keep", gone_first):
        await file_variants.make_variants(opened.b.s, blob)
    assert await opened.filing.objects() == set()


@pytest.mark.media
async def test_variants_are_made_once_and_rooms_are_told(opened: Desk) -> None:
    upload = await opened.whole_upload(from_a_phone(), "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE)
    await upload_preparation.prepare_upload(opened.b.s, upload)
    blob = (await opened.upload(upload)).blob
    assert blob
    n = await opened.send(blob)
    await file_variants.make_variants(opened.b.s, blob)
    variants = await opened.variants(blob)
    await opened.filing.run(lambda rows: rows.run("UPDATE blob SET preparing = 1 WHERE id = ?", (blob,)))
    await file_variants.make_variants(opened.b.s, blob)
    assert await opened.variants(blob) == variants
    assert await opened.filing.objects() == {blob, *(one.id for one in variants)}
    # And nothing waits any more.
    assert not (await opened.blob(blob)).preparing
    told, _ = await opened.events("file")
    assert f'"n":{n}' in told
    assert '"kind":"thumb"' in told


async def test_without_a_fence_pictures_wait_and_are_then_refused_and_documents_are_sent(opened: Desk) -> None:
    class NoFence(Workers):
        def run(self, *_given: object) -> object:  # type: ignore[override]
            raise WorkerFailed(Failure.NO_FENCE, "no bubblewrap")

    object.__setattr__(opened.b.s.files, "workers", NoFence(BwrapFence(), 1))
    picture = await opened.whole_upload(from_a_phone(), "ภาพ.jpg", "image/jpeg", form=FileForm.PICTURE)
    with pytest.raises(Unavailable) as away:
        await upload_preparation.prepare_upload(opened.b.s, picture)
    assert away.value.code == "worker_away"
    await upload_preparation.give_up(opened.b.s, picture, away.value)
    assert (await opened.upload(picture)).refused == "preparer_away"
    document = await opened.whole_upload(PDF, "ประกาศ.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, document)
    n = await opened.send(document)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await file_variants.make_variants(opened.b.s, document)
    # It waits, and nobody reads that it is being prepared.
    (told,) = await opened.events("file")
    assert f'"n":{n}' in told
    assert '"preparing":true' not in told
    object.__setattr__(opened.b.s.files, "workers", Workers(BwrapFence(), 1))
    await file_variants.make_variants(opened.b.s, document)
    assert not (await opened.blob(document)).preparing, "it was looked at as soon as there was a fence"


async def test_the_follower_finds_everything_in_the_tables_after_a_crash(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was left of an earlier process: uploads to prepare, and files whose variants are to be made."""
    uploads = [await opened.whole_upload(PDF + bytes(size), "ก.pdf", "application/pdf") for size in (9, 0, 5_000)]
    broken = await opened.whole_upload(CONTENT, "ข.bin")
    opened.b.s.files.objects.truncate(broken, 40_000)
    monkeypatch.setattr(lanes, "FIRST_PAUSE_S", 0.01)
    follower = FileFollower(opened.b.s)
    follower.start()
    try:

        async def done() -> bool:
            states = [(await opened.upload(one)).state for one in (*uploads, broken)]
            waits = await opened.filing.rows("SELECT 1 FROM blob WHERE preparing = 1")
            return states == ["ready", "ready", "ready", "refused"] and not waits

        await until(done, "all prepared")
    finally:
        await follower.close()
    assert (await opened.upload(broken)).refused == "storage_damaged"


async def test_an_upload_that_ends_the_process_is_refused_after_three_starts(opened: Desk) -> None:
    """Its sender is told; what waits beside it is prepared."""
    deadly, other = [await opened.whole_upload(PDF, "ก.pdf", "application/pdf") for _ in range(2)]
    # As three starts have left it that were killed while they prepared it.
    await opened.filing.run(lambda rows: [file_turns.begin_upload(rows, deadly) for _ in range(lanes.MAX_TRIES)])
    follower = FileFollower(opened.b.s)
    follower.start()
    try:

        async def done() -> bool:
            return [(await opened.upload(one)).state for one in (deadly, other)] == ["refused", "ready"]

        await until(done, "one refused, the other ready")
    finally:
        await follower.close()
    assert (await opened.upload(deadly)).refused == "file_not_prepared"
    assert any("file_not_prepared" in event for event in await opened.events("upload"))


async def test_a_full_disk_refuses_nobody(opened: Desk) -> None:
    upload = await opened.whole_upload(PDF, "ก.pdf", "application/pdf")

    async def full(*_given: object) -> None:
        raise StorageFull

    with patch.object(type(opened.b.s.log), "change", full), pytest.raises(StorageFull):
        await upload_preparation.prepare_upload(opened.b.s, upload)
    assert (await opened.upload(upload)).state == "preparing"
    await upload_preparation.prepare_upload(opened.b.s, upload)
    assert (await opened.upload(upload)).state == "ready"


async def test_what_a_person_is_told_of_an_upload_that_nobody_could_prepare(opened: Desk) -> None:
    for code, told in (("worker_failed", "file_not_cleaned"), ("internal", "file_not_prepared")):
        upload = await opened.whole_upload(PDF)
        await upload_preparation.give_up(opened.b.s, upload, AppError(code=code))
        assert (await opened.upload(upload)).refused == told


@pytest.mark.media
async def test_pages_are_rendered_batch_by_batch_and_go_on_where_they_stopped(opened: Desk) -> None:
    upload = await opened.whole_upload(pdf(23), "ระเบียบ.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    keep = file_variants._keep  # noqa: SLF001

    async def killed_after_the_first(*given: object) -> None:
        await keep(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with patch.object(file_variants, "_keep", killed_after_the_first), pytest.raises(KeyboardInterrupt):
        await file_variants.make_variants(opened.b.s, upload)
    first = [one.page for one in await opened.variants(upload) if one.kind == "page"]
    assert first == [*range(1, len(first) + 1)]
    assert (await opened.blob(upload)).preparing
    await file_variants.make_variants(opened.b.s, upload)
    blob = await opened.blob(upload)
    assert ([one.page for one in await opened.variants(upload) if one.kind == "page"], blob.pages) == (
        [*range(1, 24)], 23,
    )  # fmt: skip
    assert not blob.preparing
    assert len([one for one in await opened.variants(upload) if one.kind == "thumb"]) == 1


@pytest.mark.media
async def test_a_video_and_a_voice_message_are_ready_to_be_played(opened: Desk, tmp_path: Path) -> None:
    clip = film(tmp_path / "คลิป.mp4")
    voice = sound(tmp_path / "เสียง.webm", "-c:a", "libopus")
    found = []
    for content, name, kind, form in (
        (clip, "คลิป.mp4", "video/mp4", FileForm.VIDEO),
        (voice, "เสียง.webm", "video/webm", FileForm.VOICE),
    ):
        upload = await opened.whole_upload(content, name, kind, form=form)
        await upload_preparation.prepare_upload(opened.b.s, upload)
        row = await opened.upload(upload)
        assert row.state == "ready", row.refused
        assert row.blob is not None
        await file_variants.make_variants(opened.b.s, row.blob)
        assert (await opened.said(upload)).form is form
        found.append((await opened.blob(row.blob), [one.kind for one in await opened.variants(row.blob)]))
    (video, of_video), (spoken, of_voice) = found
    assert (video.type, video.width, video.height, of_video) == ("video/mp4", 160, 120, ["poster", "thumb"])
    assert 900 <= (video.ms or 0) <= 1_200
    assert (spoken.type, of_voice, len(spoken.waveform or b"")) == ("audio/webm", ["audio"], 100)
    assert 1_900 <= (spoken.ms or 0) <= 2_100
    assert not video.preparing
    assert not spoken.preparing


async def test_what_nothing_opens_any_more_waits_for_nothing(opened: Desk) -> None:
    """The key of its message was destroyed, and the sweep has not come yet."""
    upload = await opened.whole_upload(PDF, "ก.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    await opened.filing.run(lambda rows: rows.run("UPDATE blob SET wrapped_key = NULL"))
    await file_variants.make_variants(opened.b.s, upload)
    await scanning.scan_file(opened.b.s, upload)
    row = await opened.blob(upload)
    assert (bool(row.preparing), row.scan) == (False, "unscannable")
    assert await opened.filing.rows("SELECT 1 FROM blob WHERE preparing = 1 OR scan_due > 0") == []


@pytest.mark.media
async def test_what_is_made_of_a_file_counts_in_its_senders_quota_and_is_bounded(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF file of a megabyte can ask for a hundred pages of noise."""
    document = pdf(5)
    upload = await opened.whole_upload(document, "ก.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    await file_variants.make_variants(opened.b.s, upload)
    every = await opened.variants(upload)
    size = sum(one.size for one in every)
    assert [one.page for one in every if one.kind == "page"] == [1, 2, 3, 4, 5]
    assert await opened.filing.use() == [
        ("agency", "", size, len(document)),
        ("person", MALEE, size, len(document)),
    ]
    other = await opened.whole_upload(document, "ข.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, other)
    monkeypatch.setattr(file_variants, "most_variants", lambda _size: size - 1)
    await file_variants.make_variants(opened.b.s, other)
    some = await opened.variants(other)
    assert 0 < sum(one.size for one in some) < size
    assert [one.page for one in some if one.kind == "page"] == [1, 2, 3, 4]
    assert not (await opened.blob(other)).preparing
    await delete_uploads(opened.b.s, [upload, other], Why.CANCELLED)
    assert await opened.filing.use() == []


@pytest.mark.media
async def test_previews_that_do_not_fit_leave_a_file_without_them(opened: Desk) -> None:
    document = pdf(2)
    upload = await opened.whole_upload(document, "ก.pdf", "application/pdf")
    await upload_preparation.prepare_upload(opened.b.s, upload)
    s = opened.b.s
    files = replace(s.config.files, quota_person_year=len(document) + 100)
    full = replace(s, disk=Disk(s.config.data, lambda: 0.0, lambda _folder: Space(1000, 30)))
    with pytest.raises(StorageFull):
        await file_variants.make_variants(full, upload)
    assert (await opened.blob(upload)).preparing
    await file_variants.make_variants(replace(s, config=replace(s.config, files=files)), upload)
    assert await opened.variants(upload) == []
    assert not (await opened.blob(upload)).preparing
    assert await opened.filing.objects() == {upload}
    assert (await opened.blob(upload)).pages == 2
