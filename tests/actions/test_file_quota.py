"""Quotas in the transaction that takes the space: refused before anything is written, never passed together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from appliance.actions.file_quota import refuse_above, warn_of_space
from appliance.actions.uploads import begin_upload
from appliance.attachments import FileForm
from appliance.config import Files
from appliance.errors import AppError, QuotaExceeded
from appliance.files.disk import Disk, Space
from appliance.files.said import Said
from appliance.files.uses import agency_use
from appliance.model import PersonId, RoomId
from appliance.reads.file_usage import load_own_space, load_usage
from appliance.rules.file_quota import Scope, Use
from appliance.services import Services
from appliance.wire.files import Space as OwnUse
from tests.bureau import DAY, MALEE, NARIN, SOMCHAI, Bureau
from tests.filing import CONTENT, Filing

MIB = 1 << 20


def with_limits(b: Bureau, space: Space | None = None, **limits: int) -> Bureau:
    """Return the bureau with other limits, on a disk of this space."""

    def ask(_folder: object) -> Space:
        if space is None:
            raise OSError("no disk")
        return space

    files = replace(Files(), **limits)  # type: ignore[arg-type]
    s = replace(b.s, config=replace(b.s.config, files=files), disk=Disk(b.s.config.data, lambda: 0.0, ask))
    return Bureau(s, b.clock, b.txns)


async def begin(s: Services, room: RoomId, size: int, person: PersonId = MALEE) -> None:
    about = Said(name="แผน.pdf", type="application/pdf", form=FileForm.DOCUMENT)
    await begin_upload(s, person, about, size, room, 0)


async def test_twenty_at_once_at_the_limit_never_pass_it_and_the_refused_ones_say_what_is_left(bureau: Bureau) -> None:
    s = with_limits(bureau, quota_person_year=10 * MIB + MIB // 2).s
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    done = await asyncio.gather(*(begin(s, room, MIB) for _ in range(20)), return_exceptions=True)
    refused = [error for error in done if error is not None]
    assert len(refused) == 10
    told = {(error.code, error.detail["left"]) for error in refused if isinstance(error, QuotaExceeded)}
    assert told == {("quota_person", "524.2 KB")}
    assert all(isinstance(error, AppError) and error.detail["limit"] == "11 MB" for error in refused)
    assert (await Filing(bureau).use())[0] == ("agency", "", 0, 10 * MIB)
    # A refused one leaves no object behind.
    assert len(await Filing(bureau).objects()) == 10
    await begin(s, room, MIB // 2)
    await begin(s, room, MIB, SOMCHAI)


async def test_a_limit_that_a_message_would_pass_refuses_it_with_what_it_has_written(bureau: Bureau) -> None:
    filing, s = Filing(bureau), with_limits(bureau, quota_person_year=len(CONTENT)).s
    room = await bureau.group(NARIN, MALEE)
    await filing.sent(MALEE, room, variants=0)
    await filing.run(lambda rows: refuse_above(s, rows, MALEE))
    await filing.sent(MALEE, room, variants=0)
    with pytest.raises(QuotaExceeded):
        await filing.run(lambda rows: refuse_above(s, rows, MALEE))
    # A new year has a quota of its own.
    bureau.clock.pass_(366 * DAY)
    await filing.run(lambda rows: refuse_above(s, rows, MALEE, len(CONTENT)))


async def test_what_uploads_were_promised_is_no_room_on_the_disk(bureau: Bureau) -> None:
    """Not a byte of them is there yet; together they would fill what is kept for messages."""
    s = with_limits(bureau, Space(1000 * MIB, 35 * MIB)).s
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await begin(s, room, 2 * MIB)
    await begin(s, room, 2 * MIB, SOMCHAI)
    with pytest.raises(QuotaExceeded) as refused:
        await begin(s, room, 2 * MIB)
    assert (refused.value.code, refused.value.detail["left"]) == ("disk_nearly_full", "1 MB")
    assert (await load_own_space(s, MALEE)).left == MIB


async def test_a_unit_is_the_people_who_serve_in_it(bureau: Bureau) -> None:
    """`narin` and `malee` serve in one unit, `somchai` in none of that name."""
    filing, s = Filing(bureau), with_limits(bureau, quota_unit=2 * len(CONTENT)).s
    await filing.upload(NARIN)
    await filing.upload(SOMCHAI)
    await filing.run(lambda rows: refuse_above(s, rows, MALEE, len(CONTENT)))
    with pytest.raises(QuotaExceeded) as refused:
        await filing.run(lambda rows: refuse_above(s, rows, MALEE, len(CONTENT) + 1))
    assert refused.value.code == "quota_unit"


async def test_the_agency_has_a_part_of_the_disk_and_messages_the_end_of_it(bureau: Bureau) -> None:
    filing = Filing(bureau)
    agency = with_limits(bureau, Space(1000 * MIB, 900 * MIB), disk_percent=10).s
    full = with_limits(bureau, Space(1000 * MIB, 31 * MIB)).s
    for s, size, code in ((agency, 101 * MIB, "quota_agency"), (full, 2 * MIB, "disk_nearly_full")):
        await filing.run(lambda rows, s=s: refuse_above(s, rows, MALEE, MIB))  # type: ignore[misc]
        with pytest.raises(QuotaExceeded) as refused:
            await filing.run(lambda rows, s=s, size=size: refuse_above(s, rows, MALEE, size))  # type: ignore[misc]
        assert refused.value.code == code
    # What a message refers to lies on the disk already: a full disk refuses no message.
    await filing.run(lambda rows: refuse_above(with_limits(bureau, Space(MIB, 0)).s, rows, MALEE))
    unknown = with_limits(bureau).s
    assert await filing.run(lambda rows: agency_use(rows, unknown.config.files, unknown.disk)) == Use(0, 0)


async def test_administrators_are_warned_before_it_is_full(bureau: Bureau, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await warn_of_space(with_limits(bureau, Space(1000, 500)).s) == []
        assert caplog.messages == []
        assert await warn_of_space(with_limits(bureau, Space(1000, 100)).s) == [Scope.DISK]
    assert "92" in caplog.text


async def test_the_use_is_by_unit_and_person_with_the_largest_first(bureau: Bureau) -> None:
    filing = Filing(bureau)
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    blob, _, _ = await filing.sent(MALEE, room, variants=2)
    await filing.upload(NARIN)
    await filing.upload(SOMCHAI, content=b"x")
    found = await load_usage(with_limits(bureau, Space(1000 * MIB, 500 * MIB)).s, 2)
    # Two previews of a hundred bytes count as well.
    assert found.agency == Use(2 * len(CONTENT) + 201, 800 * MIB)
    assert [(person.person, person.bytes, person.reserved) for person in found.people] == [
        (MALEE, len(CONTENT) + 200, 0),
        (NARIN, 0, len(CONTENT)),
    ]
    assert [use.used for _, use in found.units] == [2 * len(CONTENT) + 200, 1]
    assert [(file.id, file.size, file.refs) for file in found.files] == [(blob, len(CONTENT), 1)]


async def test_everybody_learns_what_they_use_and_what_is_left(bureau: Bureau) -> None:
    filing, used = Filing(bureau), len(CONTENT)
    await filing.sent(MALEE, await bureau.group(NARIN, MALEE), variants=0)
    await filing.upload(NARIN)
    alone = await load_own_space(with_limits(bureau, quota_person_year=3 * used).s, MALEE)
    assert (alone.year, alone.own, alone.unit, alone.left) == (2026, OwnUse(used=used, limit=3 * used), None, 2 * used)
    shared = await load_own_space(with_limits(bureau, quota_person_year=0, quota_unit=3 * used).s, MALEE)
    assert (shared.own, shared.unit) == (OwnUse(used=used, limit=None), OwnUse(used=2 * used, limit=3 * used))
    assert shared.left == used
    assert (await load_own_space(with_limits(bureau, largest=5).s, MALEE)).left == 5
    full = with_limits(bureau, Space(1000 * MIB, 30 * MIB)).s
    assert (await load_own_space(full, MALEE)).left == 0
