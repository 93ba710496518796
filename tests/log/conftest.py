"""A bureau for each test of the log, and a folder of one with a torn page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.errors import AppError
from appliance.model import RoomId
from appliance.store import rooms
from appliance.store.db import connect
from appliance.store.disk_errors import translate_disk_errors
from tests import torn as torn_pages
from tests.bureau import CLERK, HOME, KEYS, MALEE, NARIN, SOMCHAI, Bureau, open_bureau


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Torn:
    """A folder in which the newest entries of one room of two lie on a torn page."""

    folder: Path
    good: RoomId
    bad: RoomId


@pytest.fixture
async def torn(tmp_path: Path) -> Torn:
    async with open_bureau(tmp_path) as b:
        good, bad = [await b.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
        between = await b.group(NARIN, CLERK)
        # Entries lie in the order in which they were sent: those of two rooms are on pages of their own.
        for room in (bad, between, good):
            for _ in range(30):
                await b.say(NARIN, room, "ก" * 300)
    database = tmp_path / "gchat.db"
    pristine = database.read_bytes()
    with closing(connect(database, KEYS.database_key)) as raw:
        found = {room: rooms.load(raw, room, HOME) for room in (good, bad)}
        sizes = {room: (row.key, row.size) for room, row in found.items() if row}

    def reads(room: RoomId, n: int) -> bool:
        key, _ = sizes[room]
        try:
            with closing(connect(database, KEYS.database_key)) as raw, translate_disk_errors(database):
                return (
                    raw.execute("SELECT sealed FROM entry WHERE place = ? << 32 | ?", (key, n)).fetchone() is not None
                )
        except AppError:
            return False

    for number in range(len(pristine) // torn_pages.PAGE, 1, -1):
        torn_pages.tear(database, pristine, number)
        if not reads(bad, sizes[bad][1] - 1) and reads(bad, 2) and all(reads(good, n) for n in range(sizes[good][1])):
            return Torn(tmp_path, good, bad)
    raise AssertionError("no page holds the newest entries of one room alone")
