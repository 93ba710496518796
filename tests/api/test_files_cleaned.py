"""What another member can download of pictures, videos and sounds, however they were sent (files.md §10, 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.agency import Agency, Client
from tests.files.corpus import (
    film,
    huge_png,
    photograph,
    sound,
    tagged,
    told_by_a_phone,
    with_place,
    without_brand,
    written,
)
from tests.files.test_cleaning import SPOKEN, said_in
from tests.uploading import TUS, about, ask, upload
from tests.waiting import until

pytestmark = [pytest.mark.media, pytest.mark.slow]
ROOM = "dengue"


class Kind(NamedTuple):
    """A file as a phone or a camera writes it, as what its device sends it, and how many variants others are shown."""

    name: str
    type: str
    form: str
    content: bytes
    variants: frozenset[str]


SEEN, WATCHED, HEARD, NOTHING = (frozenset(kinds) for kinds in (("thumb", "view"), ("poster", "thumb"), ("audio",), ()))


def kinds(folder: Path) -> list[Kind]:
    mov = film(folder / "a.mov", "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    aac = tagged(sound(folder / "a.aac", "-c:a", "aac"))
    return [
        Kind("ภาพ.jpg", "image/jpeg", "picture", with_place("JPEG", 6), SEEN),
        Kind("ภาพ.heic", "image/heic", "picture", with_place("HEIF", 6), SEEN),
        Kind("ภาพ.png", "image/png", "picture", with_place("PNG", 6), SEEN),
        Kind("ภาพ.webp", "image/webp", "picture", with_place("WEBP", 6), SEEN),
        Kind(
            "สแกน.tif",
            "image/tiff",
            "document",
            written(photograph(), "TIFF", tiffinfo={271: "CANARY-OF-A-CAMERA"}),
            NOTHING,
        ),
        Kind("คลิป.mp4", "video/mp4", "video", told_by_a_phone(film(folder / "a.mp4", *SPOKEN, "-c:a", "aac")), WATCHED),
        Kind("คลิป.mov", "video/quicktime", "video", without_brand(told_by_a_phone(mov)), WATCHED),
        Kind("คลิป.mts", "video/mp2t", "video", film(folder / "a.ts", *SPOKEN, "-c:a", "aac"), NOTHING),
        Kind("คลิป.avi", "video/x-msvideo", "video", film(folder / "a.avi", "-c:v", "mjpeg"), NOTHING),
        Kind("เสียง.m4a", "audio/mp4", "sound", sound(folder / "a.m4a", "-c:a", "aac"), NOTHING),
        Kind("เสียง.aac", "audio/aac", "sound", aac, HEARD),
    ]


async def settled(client: Client, made: str) -> dict[str, Any]:
    """Return an upload once it is ready or refused."""
    found: dict[str, Any] = {}

    async def is_settled() -> bool:
        found.update(await client.get(f"/uploads/{made}"))
        return found["state"] in ("ready", "refused")

    await until(is_settled, "ready or refused")
    return found


async def fetched(client: Client, file: str) -> bytes:
    async with client.raw("GET", f"/files/{file}") as response:
        assert response.status == 200, file
        return await response.read()


async def sent(running: Agency, sender: Client, reader: Client, uploads: list[str]) -> list[dict[str, Any]]:
    """Send one message with these; return its files as another member sees them when nothing is made any more."""
    room = running.room(ROOM)
    found: list[dict[str, Any]] = []
    body = {"txn_id": f"t-{uploads[0]}", "type": "text", "body": {"text": ""}, "files": uploads}
    n = (await sender.post(f"/rooms/{room}/messages", body))["n"]

    async def is_made() -> bool:
        page = await reader.get(f"/rooms/{room}/messages", limit=50)
        found[:] = next(one for one in page["messages"] if one["n"] == n)["body"]["files"]
        return not any(file.get("preparing") for file in found)

    await until(is_made, "nothing is made any more")
    return found


@pytest.mark.parametrize("as_file", [False, True], ids=["as it is shown", "as a file"])
async def test_another_member_downloads_nothing_that_says_where_or_with_what(
    as_file: bool,  # noqa: FBT001
    open_world: Callable[..., AbstractAsyncContextManager[Agency]],
    tmp_path: Path,
) -> None:
    given = kinds(tmp_path)
    assert [kind.name for kind in given if not said_in(kind.content)] == []
    async with open_world() as running:
        narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
        room = running.room(ROOM)
        uploads = [
            await upload(
                narin, room, kind.content, name=kind.name, type=kind.type, form="document" if as_file else kind.form
            )
            for kind in given
        ]
        states = [await settled(narin, one) for one in uploads]
        assert [(one["name"], one.get("refused")) for one in states if one["state"] != "ready"] == []
        files = await sent(running, narin, lalita, uploads)
        for kind, file in zip(given, files, strict=True):
            assert not file.get("original"), kind.name
            assert {one["kind"] for one in file["variants"]} == kind.variants, kind.name
            for one in (file["id"], *(variant["id"] for variant in file["variants"])):
                assert said_in(await fetched(lalita, one)) == [], kind.name
        assert [file["name"] for file in files][:2] == ["ภาพ.jpg", "ภาพ.jpg"]
        # What the sender is shown before sending is what is sent.
        for one, file in zip(states, files, strict=True):
            assert (one["file"]["name"], one["file"]["size"]) == (file["name"], file["size"])


async def test_an_original_is_byte_equal_and_marked_and_what_is_shown_of_it_says_nothing(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]], tmp_path: Path
) -> None:
    given = kinds(tmp_path)
    async with open_world() as running:
        narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
        room = running.room(ROOM)
        uploads = [
            await upload(narin, room, kind.content, name=kind.name, type=kind.type, form=kind.form, original=True)
            for kind in given
        ]
        for one in uploads:
            assert (await settled(narin, one))["state"] == "ready"
        for kind, file in zip(given, await sent(running, narin, lalita, uploads), strict=True):
            assert (file.get("original"), file["name"]) == (True, kind.name)
            assert await fetched(lalita, file["id"]) == kind.content
            for variant in file["variants"]:
                assert said_in(await fetched(lalita, variant["id"])) == [], kind.name


async def test_a_bomb_is_delivered_as_a_file_and_what_is_too_much_is_said_before_the_first_byte(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]],
) -> None:
    async with open_world() as running:
        narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
        room = running.room(ROOM)
        made = await upload(narin, room, huge_png(), name="แผนที่.png", type="image/png", form="picture")
        assert (await settled(narin, made))["state"] == "ready"
        (file,) = await sent(running, narin, lalita, [made])
        assert (file["form"], file["width"], file["height"], file["variants"]) == ("document", 40_000, 40_000, [])
        assert (await fetched(lalita, file["id"]))[:8] == huge_png()[:8]
        for size, code, said in (
            (300_000_000, "file_too_large_to_clean", {"name": "a.webm", "type": "video/webm"}),
            (9_000, "file_too_many_pixels", {"name": "a.heic", "type": "image/heic", "width": 12_000, "height": 9_000}),
        ):
            headers = {**TUS, "Upload-Length": str(size), **about(room, form="document", **said)}
            refused = await ask(narin, "POST", "/uploads", headers)
            assert (refused.status, refused.code) == (413, code)
            headers = {**TUS, "Upload-Length": str(size), **about(room, form="document", original="true", **said)}
            assert (await ask(narin, "POST", "/uploads", headers)).status == 201
