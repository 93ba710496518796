"""Sealed files come back whole, any part by itself, and no change to one passes."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sealed_file import (
    HEADER_BYTES,
    RECORD_BYTES,
    SEALED_RECORD_BYTES,
    TAG_BYTES,
    Records,
    SealBroken,
    content_length,
    last_record,
    read_header,
    seal,
    unseal,
)

KEY = bytes(range(32))
NAME = b"f_1"


def refused(sealed: bytes, record: int | None) -> None:
    with pytest.raises(SealBroken) as refusal:
        unseal(sealed, NAME, KEY)
    assert refusal.value.record == record


@settings(max_examples=40)
@given(st.integers(0, 300) | st.builds(lambda n, d: n * RECORD_BYTES + d, st.integers(1, 4), st.integers(-2, 2)))
def test_any_length_comes_back_and_its_length_is_known_without_the_key(size: int) -> None:
    content = os.urandom(size)
    sealed = seal(content, NAME, KEY)
    assert unseal(sealed, NAME, KEY) == content
    assert content_length(len(sealed) - HEADER_BYTES) == size


def test_any_record_is_read_by_itself() -> None:
    content = os.urandom(3 * RECORD_BYTES + 5)
    sealed = seal(content, NAME, KEY)
    records = read_header(sealed[:HEADER_BYTES], NAME, KEY)
    for number in (3, 1, 0, 2):
        at = HEADER_BYTES + number * SEALED_RECORD_BYTES
        opened = records.open(number, sealed[at : at + SEALED_RECORD_BYTES], last=number == last_record(len(content)))
        assert opened == content[number * RECORD_BYTES : (number + 1) * RECORD_BYTES]


def test_records_are_appended_one_by_one_under_a_key_kept_elsewhere() -> None:
    """As an upload does, whose key lies wrapped with each reference: its length on disk is its offset."""
    content, key = os.urandom(2 * RECORD_BYTES + 9), os.urandom(32)
    stored = b""
    for number in range(3):
        assert len(stored) == number * SEALED_RECORD_BYTES
        piece = content[number * RECORD_BYTES : (number + 1) * RECORD_BYTES]
        stored += Records(key, NAME).seal(number, piece, last=number == 2)
    assert content_length(len(stored)) == len(content)
    assert (
        Records(key, NAME).open(1, stored[SEALED_RECORD_BYTES : 2 * SEALED_RECORD_BYTES], last=False)
        == (content[RECORD_BYTES : 2 * RECORD_BYTES])
    )


@pytest.mark.parametrize(("size", "last"), [(RECORD_BYTES + 1, True), (RECORD_BYTES - 1, False), (0, False)])
def test_only_the_last_record_may_be_shorter_and_none_is_longer(size: int, last: bool) -> None:  # noqa: FBT001
    with pytest.raises(ValueError, match="record 0"):
        Records(KEY, NAME).seal(0, bytes(size), last=last)


def test_every_byte_counts() -> None:
    sealed = seal(os.urandom(60), NAME, KEY)
    for at in range(len(sealed)):
        for change in (0x01, 0x80, 0xFF):
            altered = sealed[:at] + bytes((sealed[at] ^ change,)) + sealed[at + 1 :]
            refused(altered, None if at < HEADER_BYTES else 0)


def test_every_cut_is_noticed() -> None:
    sealed = seal(os.urandom(100), NAME, KEY)
    for length in range(len(sealed)):
        refused(sealed[:length], None if length < HEADER_BYTES else 0)


def test_records_cannot_be_moved_left_out_repeated_or_added() -> None:
    sealed = seal(os.urandom(3 * RECORD_BYTES + 100), NAME, KEY)
    header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    one, two, three, last = (body[i * SEALED_RECORD_BYTES : (i + 1) * SEALED_RECORD_BYTES] for i in range(4))
    for records, at in [
        ((two, one, three, last), 0),
        ((one, three, two, last), 1),
        ((two, three, last), 0),
        ((one, two, last), 2),
        ((one, one, two, three, last), 1),
        ((one, two, three), 2),  # cut at the edge of a record
        ((one,), 0),
        ((), 0),
        ((one, two, three, last, last), 3),
        ((one, two, three, last, b"\0"), 3),
        ((one, two, three, last[:-1]), 3),
    ]:
        refused(header + b"".join(records), at)


def test_a_full_last_record_cannot_be_extended_by_an_empty_one() -> None:
    sealed = seal(os.urandom(RECORD_BYTES), NAME, KEY)
    assert len(sealed) == HEADER_BYTES + SEALED_RECORD_BYTES
    refused(sealed + os.urandom(TAG_BYTES), 1)


def sealed_by_the_book(records: list[bytes]) -> bytes:
    """The layout of the module's docstring, written a second time; the records may be of any length."""
    key, nonce = os.urandom(32), os.urandom(12)
    header = b"GCSF1\0\0\0" + nonce + AESGCM(KEY).encrypt(nonce, key, b"gchat-file-key/1\0" + NAME)
    parts = [
        AESGCM(key).encrypt(
            number.to_bytes(11, "big") + bytes((number == len(records) - 1,)), record, b"gchat-record/1\0" + NAME
        )
        for number, record in enumerate(records)
    ]
    return header + b"".join(parts)


def test_the_layout_is_the_documented_one() -> None:
    full = os.urandom(RECORD_BYTES)
    for records in ([b""], [b"x"], [full], [full, b"x"], [full, full, full]):
        assert unseal(sealed_by_the_book(records), NAME, KEY) == b"".join(records)


def test_one_content_has_one_division_into_records() -> None:
    """Even who holds the key cannot end a file by an empty record: lengths on disk tell lengths of contents."""
    refused(sealed_by_the_book([os.urandom(RECORD_BYTES), b""]), 1)


def test_records_of_another_file_do_not_fit() -> None:
    """Even under the same wrapping key and name: each file has a key of its own."""
    content = os.urandom(2 * RECORD_BYTES)
    one, other = seal(content, NAME, KEY), seal(content, NAME, KEY)
    edge = HEADER_BYTES + SEALED_RECORD_BYTES
    refused(one[:edge] + other[edge:], 1)
    refused(one[:HEADER_BYTES] + other[HEADER_BYTES:], 0)


def test_another_key_or_another_name_does_not_open() -> None:
    sealed = seal(b"plain", NAME, KEY)
    for key, name in ((bytes(32), NAME), (KEY, b"f_2"), (KEY, b"")):
        with pytest.raises(SealBroken):
            unseal(sealed, name, key)
    with pytest.raises(SealBroken):
        Records(KEY, b"f_2").open(0, Records(KEY, NAME).seal(0, b"x", last=True), last=True)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_clearly(content: bytes) -> None:
    refused(content, None)


def test_what_this_release_sealed_will_open() -> None:
    """The format may grow, what lies on disks must be read."""
    sealed = bytes.fromhex(
        "47435346310000004c694bfe9081d02c44a838a43a06815e74cba195a04a91960d1360622d896c80e7a17ead3149531d8fac74110a578d10"
        "9128c57720e846e6e95564abc723e12f40bc5c328e9182fec6a9eeaf5c62817c80f7e9b4f6fd77ad"
    )
    assert unseal(sealed, NAME, KEY).decode() == "แฟ้ม"
