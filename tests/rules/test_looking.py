"""What is done with a file of a type."""

from __future__ import annotations

import pytest

from appliance.attachments import FileForm
from appliance.preview.protocol import CLEANED, JobKind
from appliance.rules.looking import job_for, renamed, shown_as, type_to_clean, worker_type

JPEG, PNG, MP4, WEBM = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypmp42", b"\x1aE\xdf\xa3....webm"


@pytest.mark.parametrize(
    ("kind", "form", "head", "cleaned"),
    [
        ("image/jpeg", FileForm.PICTURE, JPEG, "image/jpeg"),
        ("image/jpeg", FileForm.DOCUMENT, JPEG, "image/jpeg"),
        ("application/octet-stream", FileForm.DOCUMENT, JPEG, "image/jpeg"),
        ("application/octet-stream", FileForm.DOCUMENT, PNG, "image/png"),
        ("application/octet-stream", FileForm.DOCUMENT, MP4, "video/mp4"),
        ("video/webm", FileForm.VIDEO, WEBM, "video/webm"),
        ("video/webm", FileForm.VOICE, WEBM, "audio/webm"),
        ("video/mp4", FileForm.SOUND, MP4, "audio/mp4"),
        ("audio/mp3", FileForm.SOUND, b"ID3", "audio/mpeg"),
        ("application/pdf", FileForm.DOCUMENT, b"%PDF-1.7", None),
        ("text/plain", FileForm.DOCUMENT, b"abc", None),
        ("application/octet-stream", FileForm.DOCUMENT, b"\0\1\2", None),
    ],
)
def test_what_is_cleaned(kind: str, form: FileForm, head: bytes, cleaned: str | None) -> None:
    assert type_to_clean(kind, form, head) == cleaned


def test_everything_that_is_cleaned_is_also_looked_at() -> None:
    jobs = {"image": JobKind.PICTURE, "video": JobKind.VIDEO, "audio": JobKind.SOUND}
    assert {one: job_for(one) for one in CLEANED} == {one: jobs[one.partition("/")[0]] for one in CLEANED}
    assert job_for("application/pdf") is JobKind.PDF
    assert [job_for(one) for one in ("image/svg+xml", "text/html", "image/tiff", "application/zip")] == [None] * 4
    assert [worker_type(one) for one in ("audio/x-m4a", "audio/opus", "text/plain")] == [
        "audio/mp4", "audio/ogg", "text/plain",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "form", "shown"),
    [
        ("image/png", FileForm.PICTURE, FileForm.PICTURE),
        ("image/tiff", FileForm.PICTURE, FileForm.DOCUMENT),
        ("image/png", FileForm.DOCUMENT, FileForm.DOCUMENT),
        ("video/mp4", FileForm.VIDEO, FileForm.VIDEO),
        ("video/x-msvideo", FileForm.VIDEO, FileForm.DOCUMENT),
        ("audio/amr", FileForm.VOICE, FileForm.VOICE),
    ],
)
def test_what_nothing_can_be_made_of_is_a_document(kind: str, form: FileForm, shown: FileForm) -> None:
    assert shown_as(kind, form) is shown


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("ภาพ.heic", "image/heic", "image/jpeg", "ภาพ.jpg"),
        ("ภาพ.ของ.ฉัน.HEIC", "image/heic", "image/jpeg", "ภาพ.ของ.ฉัน.jpg"),
        ("ภาพ", "image/avif", "image/jpeg", "ภาพ.jpg"),
        ("ภาพ.jpeg", "image/jpeg", "image/jpeg", "ภาพ.jpeg"),
        ("คลิป.3gp", "video/3gpp", "video/mp4", "คลิป.3gp"),
    ],
)
def test_a_name_ends_as_what_the_file_became(name: str, before: str, after: str, told: str) -> None:
    assert renamed(name, before, after) == told
