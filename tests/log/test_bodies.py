"""Epoch keys in memory: what cannot be made or opened says why, and who keeps words hears of a destruction."""

from __future__ import annotations

from secrets import token_bytes
from typing import Any, cast

import pytest

from appliance.errors import Unavailable, WrongKey
from appliance.log.bodies import Bodies, EpochKey, new_key, seal
from appliance.log.sources import Numbers, Random
from appliance.model import RoomId, TextBody
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.vault.epochs import EpochId, iso_week
from tests.bureau import KEYS, START
from tests.log.test_events import TEXT, row

ROOM = RoomId("r_aaaaaaaaaaaaaaaaaaaaaaaaaa")
WEEK = iso_week(START)
NO_ROWS = cast("Any", None)
RANDOM = Random(lambda kind: f"{kind}_1", token_bytes)


def made(number: int) -> EpochKey:
    """Return a new key of the room with this number."""
    return new_key(KEYS.agency_keys[0], number, EpochId(ROOM, iso_week(START), "text"), number, RANDOM)


def test_no_key_is_made_where_the_numbers_of_the_stored_ones_cannot_be_read() -> None:
    """It would be given a number that another key has."""
    with pytest.raises(Unavailable) as caught:
        Numbers(room=6, epoch_key=None).next_epoch_key()
    assert caught.value.code == "storage_damaged"
    assert Numbers(room=None, epoch_key=6).next_epoch_key() == 7


@pytest.mark.parametrize("gone", [{}, {"epoch": 1}, {"sealed": b"words"}])
def test_an_entry_without_a_whole_body_opens_nothing(gone: dict[str, Any]) -> None:
    with pytest.raises(WrongKey):
        Bodies(KEYS).open(NO_ROWS, ROOM, row(TEXT, **gone), ENTRY_TYPES[TEXT])


def test_a_key_is_kept_once_it_is_stored_and_until_it_is_destroyed() -> None:
    kept = Bodies(KEYS)
    first, second = made(1), made(2)
    assert kept.writing_key(1, WEEK, "text") is None
    kept.stored([first, second])
    assert [kept.writing_key(room, WEEK, "text") for room in (1, 2, 3)] != [None] * 3
    found = kept.writing_key(1, WEEK, "text")
    assert found is not None
    assert (found.key, found.row) == (first.key, None)
    told = list[str]()
    kept.on_destroyed += [lambda: told.append("cache"), lambda: told.append("followers")]
    kept.destroyed([first.key])
    assert (kept.writing_key(1, WEEK, "text"), told) == (None, ["cache", "followers"])
    assert kept.writing_key(2, WEEK, "text") is not None


def test_a_body_is_sealed_to_its_place() -> None:
    key = made(1)
    sealed = seal(key, ROOM, 3, ENTRY_TYPES[TEXT], TextBody("คำ"), RANDOM)
    assert sealed.length == len(key.cipher.open_body(f"{ROOM}/3".encode(), sealed.sealed)[1])
    for place in (f"{ROOM}/4", f"{ROOM[:-1]}b/3"):
        with pytest.raises(WrongKey):
            key.cipher.open_body(place.encode(), sealed.sealed)
