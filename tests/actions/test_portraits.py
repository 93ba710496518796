"""Photographs of cards with real workers: what is kept of a picture, who decides, and that nothing else stays."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from appliance.actions import file_check
from appliance.actions.portraits import (
    approve_photo,
    choose_photo,
    delete_of_ended,
    refuse_photo,
    remove_own_photo,
    remove_photo,
)
from appliance.attachments import FileForm
from appliance.config import Files
from appliance.errors import Conflict, Forbidden, Invalid, NotFound, NotReady
from appliance.identity.moderators import as_actor
from appliance.model import AccountState, Deny, PersonId
from appliance.reads.directory import load_person
from appliance.reads.files import open_file
from appliance.reads.portraits import load_own_photo, load_photo, load_waiting, read_photo
from appliance.rules.roles import Actor
from appliance.store import uploads
from tests.bureau import ADMIN, CLERK, MALEE, NARIN, OUTSIDER, Bureau, open_bureau
from tests.filing import Filing
from tests.made_files import an_upload

pytestmark = [pytest.mark.media, pytest.mark.slow]

OPERATOR = Actor.operator("tester")
GPS_IFD, GPS_LATITUDE = 0x8825, 2


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path, files=Files(scan="off")) as opened:
        yield opened


def with_a_blue_middle(width: int = 900, height: int = 600) -> bytes:
    """Return a JPEG with its place: red on both sides, blue in the middle."""
    picture, exif, file = Image.new("RGB", (width, height), "red"), Image.Exif(), io.BytesIO()
    picture.paste("blue", ((width - height) // 2, 0, (width + height) // 2, height))
    exif.get_ifd(GPS_IFD)[GPS_LATITUDE] = (13.0, 45.0, 7.25)
    picture.save(file, "JPEG", exif=exif, quality=95)
    return file.getvalue()


async def picture(
    b: Bureau, who: PersonId = MALEE, content: bytes | None = None, form: FileForm = FileForm.PICTURE
) -> str:
    """Upload a picture that is ready."""
    return await Filing(b).ready(who, "หน้า.jpg", content or with_a_blue_middle(), kind="image/jpeg", form=form)


async def chosen(b: Bureau, who: PersonId = MALEE) -> str:
    """Have somebody choose a photograph; return which waits."""
    await choose_photo(b.s, who, await picture(b, who))
    waiting = (await load_own_photo(b.s, who)).waiting
    assert waiting is not None
    return waiting


async def seen(b: Bureau, viewer: PersonId, *, size: int = 512, waiting: bool = False) -> bytes | None:
    """Return the photograph of `MALEE` as somebody sees it."""
    try:
        return await read_photo(b.s, await load_photo(b.s, viewer, MALEE, size=size, waiting=waiting))
    except NotFound:
        return None


async def on_card(b: Bureau, viewer: PersonId = NARIN) -> str | None:
    return (await load_person(b.s, viewer, MALEE)).photo


async def test_a_square_of_the_middle_is_kept_in_two_sizes_and_nothing_else(bureau: Bureau) -> None:
    upload = await picture(bureau)
    await choose_photo(bureau.s, MALEE, upload)
    kept = (await load_own_photo(bureau.s, MALEE)).waiting
    for size, side in ((512, 512), (96, 96)):
        content = await seen(bureau, MALEE, size=size, waiting=True)
        assert content is not None
        image = Image.open(io.BytesIO(content)).convert("RGB")
        assert (image.size, len(image.getexif())) == ((side, side), 0)
        assert all(blue > 200 and red < 60 for red, _, blue in (image.getpixel((x, side // 2)) for x in (2, side - 3)))  # type: ignore[misc]
    filing = Filing(bureau)
    assert upload not in await filing.objects()
    assert len(await filing.objects()) == 2
    assert await filing.use() == []
    assert [why for _, why, _ in await filing.receipts(upload)] == ["replaced"]
    assert (await file_check.check_files(bureau.s, "tester", deep=True)).faults == []
    with pytest.raises(NotFound):
        await open_file(bureau.s, MALEE, kept or "")


async def test_it_is_the_persons_and_the_moderators_until_it_is_approved(bureau: Bureau) -> None:
    waiting = await chosen(bureau)
    assert await on_card(bureau) is None
    assert [await seen(bureau, viewer, waiting=True) is not None for viewer in (MALEE, ADMIN, NARIN, CLERK)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert await seen(bureau, NARIN) is None
    await approve_photo(bureau.s, as_actor(bureau.s.accounts, ADMIN), MALEE, waiting)
    assert await on_card(bureau) == waiting
    assert await seen(bureau, NARIN) is not None
    members = (await bureau.view(NARIN, await bureau.group(NARIN, MALEE))).members
    assert [member.photo for member in members if member.person == MALEE] == [waiting]
    assert await load_waiting(bureau.s, OPERATOR) == []


async def test_another_photograph_takes_its_place_only_when_it_is_approved(bureau: Bureau) -> None:
    first = await chosen(bureau)
    await approve_photo(bureau.s, OPERATOR, MALEE, first)
    second = await chosen(bureau)
    assert await on_card(bureau) == first
    third = await chosen(bureau)
    with pytest.raises(Conflict, match="photo_changed"):
        await approve_photo(bureau.s, OPERATOR, MALEE, second)
    await approve_photo(bureau.s, OPERATOR, MALEE, third)
    assert await on_card(bureau) == third
    assert third in await Filing(bureau).objects()
    assert not {first, second} & await Filing(bureau).objects()


async def test_a_refusal_deletes_it_for_good_and_says_why(bureau: Bureau) -> None:
    waiting = await chosen(bureau)
    with pytest.raises(Invalid, match="reason_missing"):
        await refuse_photo(bureau.s, OPERATOR, MALEE, waiting, " \u200b")
    await refuse_photo(bureau.s, OPERATOR, MALEE, waiting, "ไม่เห็นใบหน้า")
    own = await load_own_photo(bureau.s, MALEE)
    assert (own.waiting, own.refused) == (None, "ไม่เห็นใบหน้า")
    assert await Filing(bureau).objects() == set()
    assert {(store, why) for store, why, _ in await Filing(bureau).receipts(waiting)} == {
        ("blob", "moderated"), ("variant", "moderated"),
    }  # fmt: skip
    [(action, detail)] = await Filing(bureau).rows("SELECT action, detail FROM audit WHERE action LIKE 'photo.%'")
    assert action == "photo.refuse"
    assert waiting in detail


@pytest.mark.parametrize("who", [MALEE, CLERK, OUTSIDER])
async def test_nobody_without_the_role_decides_nor_anybody_about_their_own(bureau: Bureau, who: PersonId) -> None:
    waiting = await chosen(bureau)
    actor = as_actor(bureau.s.accounts, who)
    assert await load_waiting(bureau.s, actor) == []
    with pytest.raises(Forbidden):
        await approve_photo(bureau.s, actor, MALEE, waiting)
    with pytest.raises(Forbidden):
        await remove_photo(bureau.s, actor, MALEE, "…")
    assert await on_card(bureau) is None


async def test_removed_by_the_person_or_a_moderator_nothing_is_left(bureau: Bureau) -> None:
    await remove_own_photo(bureau.s, MALEE)
    await approve_photo(bureau.s, OPERATOR, MALEE, await chosen(bureau))
    await chosen(bureau)
    await remove_own_photo(bureau.s, MALEE)
    assert await Filing(bureau).rows("SELECT person FROM portrait") == []
    assert await Filing(bureau).objects() == set()
    await approve_photo(bureau.s, OPERATOR, MALEE, await chosen(bureau))
    await remove_photo(bureau.s, OPERATOR, MALEE, "ไม่เหมาะสม")
    assert await on_card(bureau) is None
    assert (await load_own_photo(bureau.s, MALEE)).refused == "ไม่เหมาะสม"
    assert await Filing(bureau).objects() == set()


async def test_it_ends_with_the_account(bureau: Bureau) -> None:
    await approve_photo(bureau.s, OPERATOR, MALEE, await chosen(bureau))
    await bureau.set_state(MALEE, AccountState.REVOKED)
    assert await on_card(bureau) is None
    assert await seen(bureau, NARIN) is None
    await delete_of_ended(bureau.s)
    assert await Filing(bureau).objects() == set()
    assert await Filing(bureau).rows("SELECT person FROM portrait") == []


async def test_what_is_no_picture_of_ones_own_is_refused_and_leaves_nothing(bureau: Bureau) -> None:
    broken, document = (
        await picture(bureau, content=with_a_blue_middle()[:3_000]),
        await picture(bureau, form=FileForm.DOCUMENT),
    )
    of_another, receiving = await picture(bureau, NARIN), await an_upload(bureau.s, MALEE, state=uploads.RECEIVING)
    refused = await an_upload(bureau.s, MALEE, state=uploads.REFUSED)
    before = await Filing(bureau).objects()
    for upload, error, code in (
        (broken, Invalid, "photo_not_picture"),
        (document, Invalid, "photo_not_picture"),
        (of_another, NotFound, "not_found"),
        ("f_nobody", NotFound, "not_found"),
        (receiving, NotReady, "photo_not_ready"),
        (refused, Conflict, "file_type_blocked"),
    ):
        with pytest.raises(error, match=code):
            await choose_photo(bureau.s, MALEE, upload)
    assert await Filing(bureau).objects() == before
    assert await Filing(bureau).rows("SELECT person FROM portrait") == []


async def test_where_files_are_held_a_picture_waits_for_its_scan(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, files=Files(scan="hold", photos="shown")) as bureau:
        upload, filing = await picture(bureau), Filing(bureau)

        async def scanned(state: str) -> None:
            await filing.run(lambda rows: rows.run("UPDATE blob SET scan = ? WHERE id = ?", (state, upload)))

        for state, error, code in (
            ("pending", NotReady, "photo_not_ready"),
            ("unscannable", Forbidden, Deny.FILE_HELD),
            ("infected", Forbidden, Deny.FILE_INFECTED),
        ):
            await scanned(state)
            with pytest.raises(error, match=code):
                await choose_photo(bureau.s, MALEE, upload)
        await scanned("clean")
        await choose_photo(bureau.s, MALEE, upload)
        shown = await on_card(bureau)
        assert shown is not None
        await filing.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (shown,)))
        assert await seen(bureau, NARIN) is None


async def test_where_an_agency_wants_none_nobody_is_shown_any(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, files=Files(scan="off", photos="shown")) as bureau:
        await choose_photo(bureau.s, MALEE, await picture(bureau))
        assert await on_card(bureau) is not None
    async with open_bureau(tmp_path, files=Files(scan="off", photos="off")) as bureau:
        assert await on_card(bureau) is None
        assert await seen(bureau, NARIN) is None
        with pytest.raises(Forbidden, match=Deny.PHOTOS_OFF):
            await choose_photo(bureau.s, MALEE, await picture(bureau))
        await remove_own_photo(bureau.s, MALEE)
        assert await Filing(bureau).rows("SELECT person FROM portrait") == []
