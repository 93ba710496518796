"""Keys of files open where they belong, and nowhere else."""

from __future__ import annotations

import pytest

from appliance.errors import WrongKey
from appliance.files import keys
from appliance.model import RoomId
from appliance.vault.epochs import EpochCipher

FILES_KEY, KEY = bytes(range(32)), bytes(range(1, 33))
ROOM = RoomId("r_1")


def test_a_key_opens_for_its_own_file_alone() -> None:
    wrapped = keys.wrap(FILES_KEY, "f_1", KEY)
    assert KEY not in wrapped
    assert keys.unwrap((FILES_KEY,), "f_1", wrapped) == KEY
    for key, file_id in ((FILES_KEY, "f_2"), (bytes(32), "f_1")):
        with pytest.raises(WrongKey):
            keys.unwrap((key,), file_id, wrapped)


def test_a_reference_opens_in_its_own_message_alone() -> None:
    cipher = EpochCipher(bytes(32))
    wrapped = keys.wrap_for_reference(cipher, "f_1", ROOM, 7, KEY)
    assert KEY not in wrapped
    assert keys.unwrap_reference(cipher, "f_1", ROOM, 7, wrapped) == KEY
    for other, file_id, room, n in (
        (cipher, "f_2", ROOM, 7), (cipher, "f_1", RoomId("r_2"), 7), (cipher, "f_1", ROOM, 8),
        (EpochCipher(FILES_KEY), "f_1", ROOM, 7),
    ):  # fmt: skip
        with pytest.raises(WrongKey):
            keys.unwrap_reference(other, file_id, room, n, wrapped)


def test_a_variant_has_a_key_of_its_own_that_follows_from_its_file() -> None:
    one = keys.variant_key(KEY, "f_2")
    assert one == keys.variant_key(KEY, "f_2")
    assert len({KEY, one, keys.variant_key(KEY, "f_3"), keys.variant_key(FILES_KEY, "f_2")}) == 4


def test_what_a_sender_says_is_sealed_to_the_upload() -> None:
    sealed = keys.seal_said(KEY, "f_1", "รายงาน.pdf".encode())
    assert "รายงาน".encode() not in sealed
    assert keys.open_said(KEY, "f_1", sealed).decode() == "รายงาน.pdf"
    with pytest.raises(WrongKey):
        keys.open_said(KEY, "f_2", sealed)
    with pytest.raises(WrongKey):
        keys.open_said(FILES_KEY, "f_1", sealed)


def test_new_keys_differ() -> None:
    assert len({keys.new_file_key() for _ in range(100)}) == 100


def test_the_key_of_the_quarantine_takes_both_keys() -> None:
    sealed = keys.quarantine_key(FILES_KEY, KEY, "f_1")
    assert sealed == keys.quarantine_key(FILES_KEY, KEY, "f_1")
    others = (
        keys.quarantine_key(bytes(32), KEY, "f_1"), keys.quarantine_key(FILES_KEY, bytes(32), "f_1"),
        keys.quarantine_key(FILES_KEY, KEY, "f_2"), KEY, FILES_KEY, keys.variant_key(KEY, "f_1"),
    )  # fmt: skip
    assert sealed not in others
