"""What is done with a file of a type."""

from __future__ import annotations

import pytest

from appliance.attachments import FileForm
from appliance.preview.protocol import CLEANED, JobKind
from appliance.rules.worker_jobs import job_for, renamed, shown_as, worker_type


def test_what_browsers_show_is_looked_at() -> None:
    jobs = {"image": JobKind.PICTURE, "video": JobKind.VIDEO, "audio": JobKind.SOUND}
    found = {one: job_for(one) for one in CLEANED}
    documents = {one for one, job in found.items() if job is None}
    assert {one: job for one, job in found.items() if job} == {
        one: jobs[one.partition("/")[0]] for one in CLEANED.keys() - documents
    }
    assert documents == {
        *("image/tiff", "image/bmp", "audio/amr", "audio/aiff"),
        *("video/x-msvideo", "video/mp2t", "video/mpeg", "video/x-ms-asf", "video/x-flv"),
    }
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
        ("จอภาพ.bmp", "image/bmp", "image/png", "จอภาพ.png"),
        ("ภาพ.jpeg", "image/jpeg", "image/jpeg", "ภาพ.jpeg"),
        ("คลิป.3gp", "video/3gpp", "video/mp4", "คลิป.3gp"),
    ],
)
def test_a_name_ends_as_what_the_file_became(name: str, before: str, after: str, told: str) -> None:
    assert renamed(name, before, after) == told
