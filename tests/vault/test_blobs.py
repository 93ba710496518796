"""Files in sealed chunks: they come back whole, and no change to one passes."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import WrongKey
from appliance.vault.blobs import (
    HEADER_BYTES,
    LARGEST_CHUNK,
    SMALLEST_CHUNK,
    TAG_BYTES,
    USUAL_CHUNK,
    open_chunks,
    seal_chunks,
    sealed_size,
)

KEY = bytes(range(32))
SEALED_CHUNK = SMALLEST_CHUNK + TAG_BYTES


def seal(plain: bytes, chunk: int = SMALLEST_CHUNK) -> bytes:
    return b"".join(seal_chunks(KEY, b"f_1", [plain], chunk))


def opened(sealed: bytes, key: bytes = KEY, aad: bytes = b"f_1") -> bytes:
    return b"".join(open_chunks(key, aad, [sealed]))


def refused(sealed: bytes, at: int | None = None) -> None:
    with pytest.raises(WrongKey) as refusal:
        opened(sealed)
    assert refusal.value.detail["reason"] == "seal_broken"
    if at is not None:
        assert refusal.value.detail["chunk"] == at


def cut(content: bytes, cuts: list[int]) -> list[bytes]:
    """`content` in pieces at the given places, empty pieces included."""
    places = [0, *sorted(c % (len(content) + 1) for c in cuts), len(content)]
    return [content[a:b] for a, b in pairwise(places)]


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(
        st.integers(0, 300),
        st.builds(lambda n, d: max(0, n * SMALLEST_CHUNK + d), st.integers(1, 4), st.integers(-2, 2)),
    ),
    cuts=st.lists(st.integers(0, 2**20), max_size=12),
    recuts=st.lists(st.integers(0, 2**20), max_size=12),
)
def test_any_length_in_any_pieces(size: int, cuts: list[int], recuts: list[int]) -> None:
    plain = os.urandom(size)
    sealed = b"".join(seal_chunks(KEY, b"f_1", cut(plain, cuts), SMALLEST_CHUNK))
    assert len(sealed) == sealed_size(size, SMALLEST_CHUNK)
    assert b"".join(open_chunks(KEY, b"f_1", cut(sealed, recuts))) == plain


@pytest.mark.parametrize("chunk", [SMALLEST_CHUNK, USUAL_CHUNK, 1 << 19, LARGEST_CHUNK])
def test_every_chunk_size(chunk: int) -> None:
    plain = os.urandom(chunk + 1)
    sealed = seal(plain, chunk)
    assert opened(sealed) == plain
    assert len(sealed) == sealed_size(chunk + 1, chunk)


@pytest.mark.parametrize("chunk", [0, 1, SMALLEST_CHUNK // 2, SMALLEST_CHUNK + 1, LARGEST_CHUNK * 2])
def test_other_chunk_sizes_are_refused(chunk: int) -> None:
    with pytest.raises(ValueError, match="chunk size"):
        seal_chunks(KEY, b"", [], chunk)


def test_every_byte_of_a_sealed_chunk_counts() -> None:
    sealed = seal(os.urandom(200))
    for at in range(len(sealed)):
        for change in (0x01, 0x80, 0xFF):
            refused(sealed[:at] + bytes((sealed[at] ^ change,)) + sealed[at + 1 :], at=0)


def test_every_cut_is_noticed() -> None:
    sealed = seal(os.urandom(100))
    for length in range(len(sealed)):
        refused(sealed[:length], at=0)


def test_chunks_cannot_be_moved_left_out_repeated_or_added() -> None:
    sealed = seal(os.urandom(3 * SMALLEST_CHUNK + 100))
    header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    one, two, three, last = (body[i * SEALED_CHUNK : (i + 1) * SEALED_CHUNK] for i in range(4))
    for chunks, at in [
        ((two, one, three, last), 0),
        ((one, three, two, last), 1),
        ((two, three, last), 0),
        ((one, two, last), 2),
        ((one, one, two, three, last), 1),
        ((one, two, three), 2),  # cut at the edge of a chunk
        ((one,), 0),
        ((), 0),
        ((one, two, three, last, last), 3),
        ((one, two, three, last, b"\0"), 3),
        ((one, two, three, last + b"\0"), 3),
        ((one, two, three, last[:-1]), 3),
    ]:
        refused(header + b"".join(chunks), at)


def test_a_full_last_chunk_cannot_be_extended_by_an_empty_one() -> None:
    sealed = seal(os.urandom(SMALLEST_CHUNK))
    assert len(sealed) == HEADER_BYTES + SEALED_CHUNK
    refused(sealed + os.urandom(TAG_BYTES))


def sealed_by_the_book(chunks: list[bytes]) -> bytes:
    """The layout of the module's docstring, written a second time; the chunks may be of any length."""
    header, salt = b"GCB1\x10", os.urandom(32)
    key = HKDF(SHA256(), 32, salt, b"gchat-blob/1\0" + header + b"f_1").derive(KEY)
    parts = [
        AESGCM(key).encrypt(index.to_bytes(11, "big") + bytes((index == len(chunks) - 1,)), chunk, None)
        for index, chunk in enumerate(chunks)
    ]
    return header + salt + b"".join(parts)


def test_the_layout_is_the_documented_one() -> None:
    full = os.urandom(SMALLEST_CHUNK)
    for chunks in ([b""], [b"x"], [full], [full, b"x"], [full, full, full]):
        assert opened(sealed_by_the_book(chunks)) == b"".join(chunks)


def test_one_file_has_one_division_into_chunks() -> None:
    """Even who holds the key cannot end a file by an empty chunk: lengths on disk tell lengths of files."""
    refused(sealed_by_the_book([os.urandom(SMALLEST_CHUNK), b""]), at=1)


def test_chunks_of_another_file_do_not_fit() -> None:
    """Even under the same key and name: each sealing has a key of its own."""
    plain = os.urandom(2 * SMALLEST_CHUNK)
    one, other = seal(plain), seal(plain)
    edge = HEADER_BYTES + SEALED_CHUNK
    refused(one[:edge] + other[edge:], at=1)
    refused(one[:HEADER_BYTES] + other[HEADER_BYTES:], at=0)


def test_another_key_or_another_name_does_not_open() -> None:
    sealed = seal(b"plain")
    for key, aad in ((bytes(32), b"f_1"), (KEY, b"f_2"), (KEY, b"")):
        with pytest.raises(WrongKey):
            opened(sealed, key, aad)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_clearly(content: bytes) -> None:
    refused(content, at=0)


def test_what_comes_before_the_damage_is_proven() -> None:
    """A stream yields what it has checked and stops at the damage; it never yields the damaged chunk."""
    plain = os.urandom(3 * SMALLEST_CHUNK)
    sealed = bytearray(seal(plain))
    sealed[HEADER_BYTES + SEALED_CHUNK + 5] ^= 1
    stream = open_chunks(KEY, b"f_1", [bytes(sealed)])
    assert next(stream) == plain[:SMALLEST_CHUNK]
    with pytest.raises(WrongKey):
        next(stream)


def test_what_the_first_release_sealed_still_opens() -> None:
    sealed = bytes.fromhex(
        "4743423112ffc94ffea85bd928d0ba44eb8d5b2f794be694d5fe2f07d9adfa8a48a8a74ddd7af294d0422e6ed00f8a7f37e8b393d4f114ae"
        "8f4e4e24a1f35f5633"
    )
    assert opened(sealed).decode() == "แฟ้ม"


def test_memory_does_not_grow_with_the_file() -> None:
    def zeros(mebibytes: int) -> Iterator[bytes]:
        yield from (bytes(SMALLEST_CHUNK) for _ in range(mebibytes * 16))

    def peak(mebibytes: int) -> int:
        tracemalloc.start()
        length = sum(map(len, open_chunks(KEY, b"", seal_chunks(KEY, b"", zeros(mebibytes)))))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert length == mebibytes << 20
        return highest

    peak(1)
    assert peak(32) < 8 * USUAL_CHUNK
