"""Fingerprints for the telephone: a list without two words that sound alike, and words that follow the bytes."""

from __future__ import annotations

from hashlib import sha256
from itertools import combinations

import pytest

from federation.registry.words import LISTED, WORDS, fingerprint

SAME_SOUNDS = (("kh", "k"), ("ph", "p"), ("th", "t"), ("ch", "c"), ("ng", "g"), ("ae", "e"), ("ue", "u"), ("r", "l"))


def sound(latin: str) -> str:
    """A spelling without what Thai ears hear as one."""
    for letters, one in SAME_SOUNDS:
        latin = latin.replace(letters, one)
    return latin


def distance(first: str, second: str) -> int:
    """How many letters make one out of the other (Levenshtein)."""
    row = list(range(len(second) + 1))
    for at, letter in enumerate(first, 1):
        before = row
        row = [at]
        for to, other in enumerate(second, 1):
            row.append(min(before[to] + 1, row[-1] + 1, before[to - 1] + (letter != other)))
    return row[-1]


def test_no_two_words_sound_alike() -> None:
    assert len(LISTED) == len({word.thai for word in LISTED}) == 256
    heard = [sound(word.latin) for word in LISTED]
    assert min(distance(one, two) for one, two in combinations(heard, 2)) >= 3


def test_words_are_letters_of_one_script() -> None:
    for word in LISTED:
        assert word.latin.isascii()
        assert word.latin.islower()
        assert all("\u0e01" <= letter <= "\u0e4e" for letter in word.thai)


def test_twelve_words_are_the_first_bytes_of_the_hash() -> None:
    digest = sha256(b"key").digest()
    found = fingerprint(b"key")
    assert [LISTED.index(word) for word in found.words] == list(digest[:WORDS])
    assert found.groups.replace(" ", "") == digest[:20].hex().upper()
    assert len(found.thai.split()) == len(found.latin.split()) == 12


def test_the_list_never_changes() -> None:
    listed = " ".join(f"{word.thai} {word.latin}" for word in LISTED)
    assert sha256(listed.encode()).hexdigest() == "8225dcf806101fff7248cccc7409761142b1328401baada0152346504aae0da7"


@pytest.mark.parametrize("data", [b"", b"a", b"b"])
def test_one_byte_makes_another_fingerprint(data: bytes) -> None:
    assert fingerprint(data) != fingerprint(data + b"\0")
