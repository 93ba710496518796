"""Downloads: any range, what browsers are told, who may have a file and until when, and what damage does."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientOSError, ClientPayloadError, ClientResponse

from appliance.actions.accounts import revoke_account
from appliance.actions.file_check import check_files
from appliance.demo.world import OPERATOR
from appliance.evidence.tree import leaf_hash
from appliance.sealed_file import RECORD_BYTES, SEALED_RECORD_BYTES
from appliance.web import unread
from tests.agency import Agency, Client, new_txn
from tests.api.test_rooms import make_group
from tests.uploading import TUS, upload
from tests.waiting import until

R = RECORD_BYTES
BYTES = os.urandom(7 * R + 123)
NAME = "รายงาน ประจำปี (ฉบับ 1).dat"


@pytest.fixture
async def narin(running: Agency) -> Client:
    return await running.login("narin.p")


@pytest.fixture
async def lalita(running: Agency) -> Client:
    return await running.login("lalita.w")


async def ready(client: Client, upload_id: str) -> str:
    """Wait until an upload can be sent; return the id of its file."""
    view: dict[str, Any] = {}

    async def is_ready() -> bool:
        view.update(await client.get(f"/uploads/{upload_id}"))
        assert view["state"] != "refused", view
        return bool(view["state"] == "ready")

    await until(is_ready, "the upload is ready")
    return str(view["file"]["id"])


async def sent(client: Client, room: str, content: bytes = BYTES, **values: Any) -> str:
    """Send a file in a message; return its id."""
    values = {"name": NAME, "type": "application/octet-stream"} | values
    upload_id = await upload(client, room, content, **values)
    file = await ready(client, upload_id)
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": ""}, "files": [upload_id]}
    await client.post(f"/rooms/{room}/messages", body)
    return file


async def fetch(client: Client, file: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    async with client.raw(method, f"/files/{file}", headers=headers) as response:
        return response.status, response.headers.copy(), await response.read()


async def test_a_member_has_the_file_and_a_browser_only_saves_it(
    running: Agency, narin: Client, lalita: Client
) -> None:
    file = await sent(narin, running.room("dengue"))
    status, headers, content = await fetch(lalita, file)
    assert (status, content) == (200, BYTES)
    assert headers["Content-Length"] == str(len(BYTES))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(NAME, safe='')}"
    assert headers["ETag"] == f'"{leaf_hash(BYTES).hex()}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    status, told, content = await fetch(lalita, file, "HEAD")
    assert (status, content) == (200, b"")
    volatile = {"Date", "X-Request-ID"}
    assert {k: v for k, v in told.items() if k not in volatile} == {
        k: v for k, v in headers.items() if k not in volatile
    }


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a.svg", "image/svg+xml"),
        (b"<!doctype html><script>alert(1)</script>", "a.html", "text/html"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a.xhtml", "application/xhtml+xml"),
        (b"\xff\xd8\xff\xe0<!doctype html><script>alert(1)</script>", "a.html", "text/html"),
    ],
)
async def test_what_can_hold_a_script_is_never_shown_in_place(
    running: Agency, narin: Client, content: bytes, name: str, said: str
) -> None:
    """Acceptance 8, the headers of it."""
    file = await sent(narin, running.room("dengue"), content, name=name, type=said, original=True)
    status, headers, got = await fetch(narin, file)
    assert (status, got) == (200, content)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


RANGES = (
    ("bytes=0-1", 0, 1),
    ("bytes=0-0", 0, 0),
    ("bytes=-10", len(BYTES) - 10, len(BYTES) - 1),
    ("bytes=-99999999999", 0, len(BYTES) - 1),
    (f"bytes={R - 1}-{R}", R - 1, R),
    (f"bytes={R}-", R, len(BYTES) - 1),
    ("bytes=5-99999999999", 5, len(BYTES) - 1),
    (f"bytes={len(BYTES) - 1}-", len(BYTES) - 1, len(BYTES) - 1),
    (f"bytes={R + 7}-{4 * R + 99}", R + 7, 4 * R + 99),
)


async def test_a_range_is_that_slice(running: Agency, narin: Client) -> None:
    file = await sent(narin, running.room("dengue"))
    for asked, first, last in RANGES:
        status, headers, content = await fetch(narin, file, Range=asked)
        assert (status, content) == (206, BYTES[first : last + 1]), asked
        assert headers["Content-Range"] == f"bytes {first}-{last}/{len(BYTES)}"
        assert headers["Content-Length"] == str(last + 1 - first)


async def test_ranges_and_conditions(running: Agency, narin: Client) -> None:
    file = await sent(narin, running.room("dengue"))
    etag = (await fetch(narin, file, "HEAD"))[1]["ETag"]
    for whole in ("bytes=0-1,5-6", "bytes=5-1", "lines=1-2", "bytes=x-y", "bytes="):
        assert (await fetch(narin, file, Range=whole))[0] == 200, whole
    for beyond in (f"bytes={len(BYTES)}-", f"bytes={len(BYTES)}-{len(BYTES) + 5}", "bytes=-0"):
        status, headers, _ = await fetch(narin, file, Range=beyond)
        assert (status, headers["Content-Range"]) == (416, f"bytes */{len(BYTES)}"), beyond
    for known in (etag, f'"x", {etag}', "*", f"W/{etag}"):
        status, headers, content = await fetch(narin, file, **{"If-None-Match": known})
        assert (status, content, headers["ETag"]) == (304, b"", etag), known
    assert (await fetch(narin, file, **{"If-None-Match": '"other"'}))[0] == 200
    part = {"Range": "bytes=0-1"}
    assert (await fetch(narin, file, **part, **{"If-Range": etag}))[0] == 206
    for other in ('"other"', "Mon, 30 Nov 2026 16:00:00 GMT"):
        status, _, content = await fetch(narin, file, **part, **{"If-Range": other})
        assert (status, content) == (200, BYTES)


async def test_who_may_have_a_file(running: Agency, narin: Client, lalita: Client) -> None:
    """By a message that shows it, never by its id; the sender of one that is not sent yet alone."""
    room = await make_group(narin, "สองคน", running.person("witthaya.s"), running.person("malee.t"))
    upload_id = await upload(narin, room, BYTES, name=NAME)
    file = await ready(narin, upload_id)
    assert (await fetch(narin, file))[2] == BYTES
    assert (await fetch(lalita, file))[0] == 404
    # Until it is sent its sender knows it by the upload, and nobody else does.
    assert (await fetch(narin, upload_id))[2] == BYTES
    assert (await fetch(lalita, upload_id))[0] == 404
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": ""}, "files": [upload_id]}
    n = (await narin.post(f"/rooms/{room}/messages", body))["n"]
    witthaya = await running.login("witthaya.s")
    assert (await fetch(witthaya, file))[2] == BYTES
    for nobody, status in ((lalita, 404), (running.anonymous(), 401)):
        assert (await fetch(nobody, file))[0] == status
    assert (await fetch(narin, "f_nothing"))[0] == 404
    await narin.delete(f"/rooms/{room}/messages/{n}")
    assert (await fetch(witthaya, file))[0] == 404


def damaged(running: Agency, file: str, change: Callable[[bytes], bytes]) -> None:
    path = running.services.files.objects.folder / file[-2:] / file
    path.write_bytes(change(path.read_bytes()))


def flip(sealed: bytes, record: int) -> bytes:
    at = record * SEALED_RECORD_BYTES + 100
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


async def until_broken(response: ClientResponse) -> bytes:
    """Return what still comes of an answer, which ends before its announced length."""
    got = bytearray()
    try:
        async for piece in response.content.iter_any():
            got += piece
    except (ClientPayloadError, ClientOSError):
        return bytes(got)
    raise AssertionError("the answer came to its end")


async def test_no_byte_of_a_damaged_record_is_sent(
    running: Agency, narin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Acceptance 3: the answer ends before it; asked from there on, it is an error that says so. Readers are told."""
    file = await sent(narin, running.room("dengue"))
    since = (await narin.get("/sync"))["pos"]
    damaged(running, file, lambda sealed: flip(sealed, 5))
    with caplog.at_level(logging.ERROR):
        async with narin.raw("GET", f"/files/{file}") as response:
            got = await until_broken(response)
    assert got == BYTES[: len(got)]
    assert len(got) <= 5 * R
    assert f"ALERT file damaged: file={file}: record 5 does not open" in caplog.text
    await narin.refused(
        "GET", f"/files/{file}", status=503, code="storage_damaged", headers={"Range": f"bytes={5 * R}-"}
    )
    assert (await fetch(narin, file, Range=f"bytes={6 * R}-"))[2] == BYTES[6 * R :]
    [told] = [one for one in (await narin.get("/sync", since=since))["events"] if one["type"] == "file"]
    assert (told["state"]["id"], told["state"]["facts"]["state"]) == (file, "damaged")
    checked = await check_files(running.services, "test")
    assert [str(fault) for fault in checked.faults] == [f"damaged {file}"]
    for gone in (lambda sealed: sealed[:-1], lambda sealed: sealed[: 3 * SEALED_RECORD_BYTES], lambda _: b""):
        damaged(running, file, gone)
        await narin.refused("GET", f"/files/{file}", status=503, code="storage_damaged")
    running.services.files.objects.delete(file)
    await narin.refused("GET", f"/files/{file}", status=503, code="storage_damaged")


async def test_a_download_stops_when_its_reader_is_revoked(
    running: Agency, narin: Client, lalita: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acceptance 15: signed out, or out of the room, while it is sent: from then on nothing more is read for it.

    What was read before may be on its way: four records, of which each is asked for before it is sent.
    """
    room = await make_group(narin, "สองคน", running.person("lalita.w"), running.person("malee.t"))
    # More than all buffers between the appliance and a client that does not read.
    large = bytes(24 << 20)
    file = await sent(narin, room, large)
    malee = await running.login("malee.t")
    objects, reads = running.services.files.objects, list[int]()
    read = objects.read

    def noted(object_id: str, offset: int, length: int) -> bytes:
        reads.append(offset)
        return read(object_id, offset, length)

    monkeypatch.setattr(objects, "read", noted)

    async def end_account() -> None:
        await revoke_account(running.services, OPERATOR, lalita.person, "ทดสอบ")

    async def leave_room() -> None:
        change = {"txn_id": new_txn(), "remove": [malee.person]}
        await narin.post(f"/rooms/{room}/members", change)
        running.clock.pass_(seconds=2)

    for reader, revoke in ((malee, leave_room), (lalita, end_account)):
        got = 0
        async with reader.raw("GET", f"/files/{file}") as response:
            got += len(await response.content.readexactly(R))
            await revoke()
            before = len(reads)
            got += len(await until_broken(response))
        assert before > 0
        assert len(reads) <= before + 1
        assert got < len(large)


async def test_a_file_that_is_deleted_meanwhile_is_no_damage(
    running: Agency, narin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    large = bytes(24 << 20)
    upload_id = await upload(narin, running.room("dengue"), large, name=NAME)
    file = await ready(narin, upload_id)
    async with narin.raw("GET", f"/files/{file}") as response:
        got = len(await response.content.readexactly(R))
        async with narin.raw("DELETE", f"/uploads/{upload_id}", headers=TUS) as deleted:
            assert deleted.status == 204
        got += len(await until_broken(response))
    assert got < len(large)
    assert "damaged" not in caplog.text


async def test_a_reader_who_takes_nothing_is_ended(
    running: Agency, narin: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = await sent(narin, running.room("dengue"), bytes(24 << 20))
    monkeypatch.setattr(unread, "SILENCE_S", 0.2)
    monkeypatch.setattr(unread, "LOOK_S", 0.05)
    with caplog.at_level(logging.INFO):
        async with narin.raw("GET", f"/files/{file}") as response:
            got = len(await response.content.readexactly(R))
            await until(lambda: "nothing of an answer is taken" in caplog.text, "it is ended")
            got += len(await until_broken(response))
    assert got < 24 << 20


async def test_a_download_that_is_blocked_ends_with_its_session(running: Agency, narin: Client, lalita: Client) -> None:
    file = await sent(narin, running.room("dengue"), bytes(24 << 20))
    downloads = running.services.files.downloads
    async with lalita.raw("GET", f"/files/{file}") as response:
        await response.content.readexactly(R)
        # It waits for who does not read; it is not read here until it has gone.
        await revoke_account(running.services, OPERATOR, lalita.person, "ทดสอบ")
        await until(lambda: not downloads._here, "it has ended")  # noqa: SLF001 nothing shows it
        assert len(await until_broken(response)) < 24 << 20
