"""Epoch keys by week, their wrapping, and the bodies sealed under them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import KeyDestroyed, WrongKey
from appliance.vault.epochs import (
    KINDS,
    EpochCipher,
    EpochId,
    EpochKind,
    iso_week,
    new_epoch_key,
    unwrap,
    wrap,
)

AGENCY_KEY = bytes(range(32))
EPOCH = EpochId("r_5qk", "2026-W48", "text")
keys = st.binary(min_size=32, max_size=32)


def ms(text: str) -> int:
    """Milliseconds since the epoch of a time written in ISO 8601."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("instant", "week"),
    [
        ("2026-11-29T23:59:59.999+00:00", "2026-W48"),  # Sunday
        ("2026-11-30T00:00:00.000+00:00", "2026-W49"),  # Monday, UTC midnight
        ("2026-11-30T06:59:59.999+07:00", "2026-W48"),  # Monday morning in Bangkok is still Sunday in UTC
        ("2026-11-30T07:00:00.000+07:00", "2026-W49"),
        ("2026-12-31T23:59:59.999+00:00", "2026-W53"),
        ("2027-01-01T00:00:00.000+00:00", "2026-W53"),  # the year turns, the week does not
        ("2027-01-03T23:59:59.999+00:00", "2026-W53"),
        ("2027-01-04T00:00:00.000+00:00", "2027-W01"),
        ("2024-12-29T23:59:59.999+00:00", "2024-W52"),
        ("2024-12-30T00:00:00.000+00:00", "2025-W01"),  # December already belongs to the next year
        ("2020-12-31T00:00:00.000+00:00", "2020-W53"),
        ("2021-01-03T23:59:59.999+00:00", "2020-W53"),
        ("2022-01-02T00:00:00.000+00:00", "2021-W52"),
        ("1970-01-01T00:00:00.000+00:00", "1970-W01"),
        ("1969-12-28T23:59:59.999+00:00", "1969-W52"),  # before the epoch: floor, not towards zero
    ],
)
def test_weeks_at_their_edges(instant: str, week: str) -> None:
    assert iso_week(ms(instant)) == week


@given(st.integers(-(10**12), 10**13))
def test_weeks_agree_with_the_calendar(instant: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
    assert iso_week(instant) == moment.strftime("%G-W%V")
    assert EpochId("r", iso_week(instant), "text").week == iso_week(instant)


@pytest.mark.parametrize("week", ["2026-W00", "2026-W54", "2026-W5", "2026W48", "26-W48", "2026-W48\n", "๒๐๒๖-W48", ""])
def test_no_epoch_of_a_week_that_is_none(week: str) -> None:
    with pytest.raises(ValueError, match="no epoch"):
        EpochId("r_1", week, "text")


@pytest.mark.parametrize(("room", "kind"), [("", "text"), ("r\0", "text"), ("r", "audio")])
def test_no_epoch_of_a_room_or_kind_that_is_none(room: str, kind: EpochKind) -> None:
    with pytest.raises(ValueError, match="no epoch"):
        EpochId(room, "2026-W48", kind)


def test_the_kinds_are_those_of_the_type() -> None:
    assert set(get_args(EpochKind)) == KINDS


def test_a_wrapped_key_opens_for_its_own_epoch_alone() -> None:
    epochs = [EpochId(r, w, k) for r, w, k in product(("r_1", "r_2"), ("2026-W48", "2026-W49"), get_args(EpochKind))]
    key = new_epoch_key()
    for own, other in product(epochs, epochs):
        wrapped = wrap(AGENCY_KEY, own, key)
        if own == other:
            assert unwrap(AGENCY_KEY, other, wrapped) == key
            continue
        with pytest.raises(WrongKey):
            unwrap(AGENCY_KEY, other, wrapped)


def test_a_destroyed_key_says_so() -> None:
    with pytest.raises(KeyDestroyed) as gone:
        unwrap(AGENCY_KEY, EPOCH, None)
    assert gone.value.detail == {"room": "r_5qk", "week": "2026-W48", "kind": "text"}


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_only_whole_keys_are_wrapped(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(AGENCY_KEY, EPOCH, bytes(length))


@given(keys, st.binary(max_size=64), st.binary(max_size=255), st.binary(max_size=5000))
def test_a_body_comes_back_with_its_salt(key: bytes, aad: bytes, salt: bytes, body: bytes) -> None:
    assert EpochCipher(key).open_body(aad, EpochCipher(key).seal_body(aad, salt, body)) == (salt, body)


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=64))
def test_a_body_opens_in_its_own_place_alone(place: bytes, other: bytes) -> None:
    sealed = EpochCipher(AGENCY_KEY).seal_body(place, b"salt", b"body")
    if place != other:
        with pytest.raises(WrongKey):
            EpochCipher(AGENCY_KEY).open_body(other, sealed)
    with pytest.raises(WrongKey):
        EpochCipher(new_epoch_key()).open_body(place, sealed)


@pytest.mark.parametrize(
    "seal", [lambda: wrap(AGENCY_KEY, EPOCH, bytes(32)), lambda: EpochCipher(AGENCY_KEY).seal_body(b"", b"s", b"b")]
)
def test_every_byte_of_a_seal_counts(seal: object) -> None:
    assert callable(seal)
    sealed: bytes = seal()
    opens = unwrap if len(sealed) == 61 else None

    def attempt(content: bytes) -> None:
        with pytest.raises(WrongKey) as refusal:
            opens(AGENCY_KEY, EPOCH, content) if opens else EpochCipher(AGENCY_KEY).open_body(b"", content)
        assert refusal.value.detail["reason"] == "seal_broken"

    for at in range(len(sealed)):
        for bit in range(8):
            attempt(sealed[:at] + bytes((sealed[at] ^ 1 << bit,)) + sealed[at + 1 :])
        attempt(sealed[:at])
    attempt(sealed + b"\0")


def test_nonces_do_not_repeat() -> None:
    cipher = EpochCipher(AGENCY_KEY)
    assert len({cipher.seal_body(b"", b"", b"")[1:13] for _ in range(2000)}) == 2000


def test_a_salt_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        EpochCipher(AGENCY_KEY).seal_body(b"", bytes(256), b"")


def test_what_the_first_release_sealed_still_opens() -> None:
    wrapped = bytes.fromhex(
        "01bc46fd4b24248cc679b52968f466f63055f1f1b49a994532ea7c29fc0097168a6a169a4fb293e2aef47da7573885eb4f1d0f847904e2ba"
        "8867142b86"
    )
    sealed = bytes.fromhex(
        "01a7aa724f390a1822091230ec14e27ba2f93761f6680a4a3884f84cef9c2740b4ab0f35b28e140a6ccbbafc6c08cadbdacceb8e5e8f4677"
        "4ef0243ce2af5ce2"
    )
    assert unwrap(AGENCY_KEY, EPOCH, wrapped) == bytes(range(32, 64))
    assert EpochCipher(AGENCY_KEY).open_body(b"r_5qk/1201", sealed) == (b"S" * 16, "สวัสดี".encode())


def test_the_layout_is_plain_aes_gcm() -> None:
    """Anyone can open a body with a standard library, given the key: no construction of our own."""
    sealed = EpochCipher(AGENCY_KEY).seal_body(b"place", b"salt", b"body")
    assert AESGCM(AGENCY_KEY).decrypt(sealed[1:13], sealed[13:], b"place") == b"\x04saltbody"


def test_one_cipher_serves_many_threads() -> None:
    cipher = EpochCipher(new_epoch_key())

    def round_trips(thread: int) -> bool:
        aad = b"%d" % thread
        return all(cipher.open_body(aad, cipher.seal_body(aad, b"", body)) == (b"", body) for body in bodies)

    bodies = [os.urandom(200) for _ in range(300)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(round_trips, range(8)))
