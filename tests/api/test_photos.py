"""Photographs of cards over HTTP: from the upload to what others are shown, and who is refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from PIL import Image

from appliance.actions.portraits import approve_photo
from appliance.demo.world import OPERATOR
from appliance.model import PersonId
from appliance.reads.sync import load_sync
from tests.agency import Agency, Client
from tests.uploading import TUS, about, ask, upload
from tests.waiting import until

pytestmark = pytest.mark.slow


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(file, "PNG")
    return file.getvalue()


async def uploaded(client: Client) -> str:
    """Upload a picture for one's own card."""
    made = await upload(client, None, picture(), name="หน้า.png", type="image/png", form="picture")

    async def ready() -> bool:
        return bool((await client.get(f"/uploads/{made}"))["state"] == "ready")

    await until(ready, "the picture is prepared")
    return made


async def got(client: Client, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    async with client.raw("GET", path, headers=headers) as response:
        return response.status, response.headers, await response.read()


@pytest.mark.media
async def test_a_photograph_from_the_upload_until_it_is_gone(running: Agency) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    own, seen = "/me/photo", f"/people/{narin.person}/photo"
    assert await narin.get(own) == {"mode": "moderated"}
    waiting = (await narin.put(own, {"upload": await uploaded(narin)}))["waiting"]
    assert (await got(narin, f"{seen}?waiting=true"))[0] == 200
    for client, path in ((lalita, f"{seen}?waiting=true"), (lalita, seen), (narin, seen)):
        assert (await got(client, path))[0] == 404
    await approve_photo(running.services, OPERATOR, narin.person, waiting)
    assert (await lalita.get(f"/people/{narin.person}"))["person"]["photo"] == waiting
    status, headers, content = await got(lalita, f"{seen}?of={waiting}&size=96")
    assert (status, headers["Content-Type"], Image.open(io.BytesIO(content)).size) == (200, "image/webp", (96, 96))
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == (
        "private, max-age=86400, immutable", "nosniff",
    )  # fmt: skip
    assert "sandbox" in headers["Content-Security-Policy"]
    status, headers, _ = await got(lalita, seen, **{"If-None-Match": (await got(lalita, seen))[1]["ETag"]})
    assert (status, headers["Cache-Control"]) == (304, "private, no-cache")
    await narin.delete(own)
    assert (await got(lalita, seen))[0] == 404
    assert (await lalita.get(f"/people/{narin.person}"))["person"].get("photo") is None


async def waits(client: Client) -> str:
    """Choose a photograph; return which waits."""
    return str((await client.put("/me/photo", {"upload": await uploaded(client)}))["waiting"])


async def told(running: Agency, person: str, since: int) -> list[str]:
    """Return what kinds of events a person was told since."""
    return [event.type for event in (await load_sync(running.services, PersonId(person), since, 100)).events]


@pytest.mark.media
async def test_a_moderator_judges_what_they_looked_at_and_the_person_is_told(running: Agency) -> None:
    narin, admin = await running.login("narin.p"), await running.login("amphai.c")
    judging, judged = "/me/photos-to-judge", f"/people/{narin.person}/photo"
    assert await admin.get(judging) == {"photos": [], "waiting": 0}
    pos = running.services.log.feed.pos
    first = await waits(narin)
    [listed] = (await admin.get(judging))["photos"]
    assert (listed["person"], listed["photo"], listed.get("shown")) == (narin.person, first, None)
    assert (await admin.get("/me/requests"))["photos"] == 1
    assert await told(running, admin.person, pos) == ["photo"]
    status, headers, _ = await got(admin, f"{judged}?waiting=true&of={first}")
    assert (status, headers["Cache-Control"]) == (200, "private, no-store")
    reason = "โปรดใช้รูปหน้าตรง"
    await admin.refused("POST", judged, {"photo": first, "outcome": "refused"}, status=400, code="reason_missing")
    await admin.refused("POST", judged, {"photo": first, "outcome": "shown"}, status=400, code="invalid")
    # Whoever has looked at one that was replaced meanwhile looks again.
    second = await waits(narin)
    await admin.refused("POST", judged, {"photo": first, "outcome": "granted"}, status=409, code="photo_changed")
    pos = running.services.log.feed.pos
    await admin.post(judged, {"photo": second, "outcome": "refused", "reason": reason})
    assert await told(running, narin.person, pos) == ["photo"]
    assert await narin.get("/me/photo") == {"mode": "moderated", "refused": reason}
    third = await waits(narin)
    await admin.post(judged, {"photo": third, "outcome": "granted"})
    assert await narin.get("/me/photo") == {"mode": "moderated", "shown": third}
    assert await admin.get(judging) == {"photos": [], "waiting": 0}
    await admin.refused("POST", judged, {"photo": third, "outcome": "granted"}, status=409, code="photo_changed")
    async with running.services.store.read() as reader:
        sql = "SELECT actor, action, detail FROM audit WHERE target = ? AND action LIKE 'photo.%' ORDER BY rowid"
        lines = await reader.run(lambda rows: rows.all(sql, (narin.person,)))
    assert [(actor, action) for actor, action, _ in lines] == [
        (admin.person, "photo.refuse"), (admin.person, "photo.approve"),
    ]  # fmt: skip
    assert msgspec.json.decode(lines[0][2]) == {"file": second, "reason": reason}


@pytest.mark.media
async def test_only_who_administers_the_person_judges(running: Agency) -> None:
    """Neither a colleague, nor the person, nor the administrator of another unit is shown or told of any."""
    users = ("lalita.w", "malee.t", "amphai.c")
    colleague, elsewhere, own = [await running.login(user) for user in users]
    pos = running.services.log.feed.pos
    waiting = await waits(own)
    for who, code in ((colleague, "role_required"), (elsewhere, "role_required"), (own, "second_person_required")):
        assert await who.get("/me/photos-to-judge") == {"photos": [], "waiting": 0}
        assert (await who.get("/me/requests"))["photos"] == 0
        for outcome in ("granted", "refused"):
            body = {"photo": waiting, "outcome": outcome, "reason": "เหตุผล"}
            await who.refused("POST", f"/people/{own.person}/photo", body, status=403, code=code)
        assert await told(running, who.person, pos) == (["upload", "photo"] if who is own else [])
    assert (await own.get("/me/photo"))["waiting"] == waiting


@pytest.mark.parametrize(
    ("size", "form", "code"),
    [(10_000_001, "picture", "upload_too_large"), (100, "document", "invalid"), (100, "video", "invalid")],
)
async def test_only_a_small_picture_is_uploaded_without_a_room(
    running: Agency, size: int, form: str, code: str
) -> None:
    narin = await running.login("narin.p")
    headers = {**TUS, "Upload-Length": str(size), **about(None, form=form)}
    assert (await ask(narin, "POST", "/uploads", headers)).code == code


async def test_what_is_asked_wrongly_is_refused(running: Agency) -> None:
    narin, nobody = await running.login("narin.p"), running.anonymous()
    for path in ("/me/photo", f"/people/{narin.person}/photo", "/people/p_nobody/photo?waiting=true"):
        assert (await got(nobody, path))[0] == 401
    for path, status in (
        ("/people/p_nobody/photo", 404),
        ("/people/p_nobody/photo?waiting=true", 404),
        (f"/people/{narin.person}/photo?size=0", 400),
        (f"/people/{narin.person}/photo?size=4000", 400),
        (f"/people/{narin.person}/photo?of=../../x", 400),
        ("/people/..%2f..%2fme/photo", 404),
    ):
        assert (await got(narin, path))[0] == status, path
    bodies: tuple[dict[str, object], ...] = ({}, {"upload": "../x"}, {"upload": 5}, {"upload": "f_1", "person": "p_1"})
    for body in bodies:
        await narin.refused("PUT", "/me/photo", body, status=400, code="invalid")
    await narin.refused("PUT", "/me/photo", {"upload": "f_nobody"}, status=404, code="not_found")


async def test_an_agency_without_photographs_takes_no_picture(
    open_world: Callable[..., AbstractAsyncContextManager[Agency]],
) -> None:
    def without(config: Any) -> Any:
        return replace(config, files=replace(config.files, photos="off"))

    async with open_world(change=without) as running:
        narin = await running.login("narin.p")
        headers = {**TUS, "Upload-Length": "100", **about(None, form="picture")}
        assert (await ask(narin, "POST", "/uploads", headers)).code == "photos_off"
        assert (await narin.get("/me/photo"))["mode"] == "off"
