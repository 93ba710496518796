"""2-of-3 shares (SLIP-39): any two give the key back, and a slip of the pen is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import shamir_mnemonic as slip39
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from appliance.errors import WrongKey
from appliance.vault import shares
from appliance.vault.master import MasterKey, split_shares
from tests.hostile import TEXTS, behind_a_letter, costs_its_length

secrets = st.binary(min_size=32, max_size=32)
VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("slip39_vectors.json").read_text("utf-8"))[
    "vectors"
]
KEY = bytes(range(32))
# Two of the three shares of KEY, printed once: papers are older than the release that reads them.
PRINTED = (
    """
    grief pregnant academic acid alto lunar shadow gasoline deal jury shadow edge robin glance brother hamster wisdom
    emphasis steady rhyme false sugar laden being change improve column worthy finance wrap task budget sniff
    """,
    """
    grief pregnant academic agency aviation sister painting skunk ladle switch blessing guitar demand mixture revenue
    index lunar tenant cause lilac preach hunting soldier main lamp gray exotic watch plastic blimp easel method stick
    """,
)


def reason_of(text: str) -> Mapping[str, object]:
    with pytest.raises(WrongKey) as refusal:
        shares.read_share(text)
    return refusal.value.detail


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_official_vectors(vector: dict[str, Any]) -> None:
    """The library that is locked is the standard: whoever holds the papers can restore with other tools."""
    if vector["secret"]:
        assert slip39.combine_mnemonics(vector["shares"], b"TREZOR").hex() == vector["secret"]
    else:
        with pytest.raises(slip39.MnemonicError):
            slip39.combine_mnemonics(vector["shares"], b"TREZOR")


def test_a_printed_share_is_read_for_ever() -> None:
    one, other = (shares.read_share(words) for words in PRINTED)
    assert shares.join(one, other) == KEY


@settings(max_examples=10)
@given(secrets)
def test_any_two_give_the_key_back(secret: bytes) -> None:
    printed = split_shares(MasterKey(secret))
    for one, other in permutations(printed, 2):
        assert shares.join(shares.read_share(one), shares.read_share(other)) == secret
        assert slip39.combine_mnemonics([one, other]) == secret


def test_a_share_is_33_words_and_says_which_it_is() -> None:
    read = [shares.read_share(words) for words in split_shares(MasterKey(KEY))]
    assert [share.number for share in read] == [1, 2, 3]
    assert len({share.set_id for share in read}) == 1
    assert all(len(share.words.split()) == shares.WORDS for share in read)
    assert all(share.words not in repr(share) for share in read)


def test_a_new_set_at_every_call() -> None:
    master = MasterKey(KEY)
    assert not set(split_shares(master)) & set(split_shares(master))


@pytest.mark.parametrize(
    "written",
    [
        str.upper,
        lambda words: "  " + words.replace(" ", "\n\t ") + "\r\n",
        lambda words: " ".join(word[:4] for word in words.split()),
        lambda words: " ".join(f"{n}. {word}," for n, word in enumerate(words.split(), start=1)),
        lambda words: words.replace(" ", "\u200b\u00a0"),
        lambda words: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in words),  # full-width letters
        lambda words: " ".join(f"{word} ๑๒" for word in words.split()),
    ],
    ids=["capitals", "lines", "four letters", "numbered", "odd spaces", "full width", "thai digits"],
)
def test_reading_forgives_how_it_is_typed(written: Any) -> None:
    words = split_shares(MasterKey(KEY))[1]
    assert shares.read_share(written(words)) == shares.read_share(words)


@given(st.integers(0, shares.WORDS - 1), st.sampled_from(WORDLIST))
def test_another_word_of_the_list_is_noticed(at: int, other: str) -> None:
    words = split_shares(MasterKey(KEY))[0].split()
    assume(other != words[at])
    assert reason_of(" ".join([*words[:at], other, *words[at + 1 :]])) == {"reason": "share_checksum"}


@given(st.integers(0, shares.WORDS - 2))
def test_words_that_changed_places_are_noticed(at: int) -> None:
    words = split_shares(MasterKey(KEY))[0].split()
    assume(words[at] != words[at + 1])
    swapped = [*words[:at], words[at + 1], words[at], *words[at + 2 :]]
    assert reason_of(" ".join(swapped)) == {"reason": "share_checksum"}


@pytest.mark.parametrize("typed", ["academik", "xxxx", "กกก", "aca", "academicกก"])
def test_a_word_that_is_not_in_the_list_is_named_by_its_number(typed: str) -> None:
    words = split_shares(MasterKey(KEY))[0].split()
    found = [*words[:16], typed, *words[17:]]
    assert reason_of(" ".join(found)) == {"reason": "share_word", "word": 17}


@given(st.text(max_size=120))
def test_any_other_text_is_refused_clearly(text: str) -> None:
    with pytest.raises(WrongKey) as refusal:
        shares.read_share(text)
    assert refusal.value.detail["reason"] == "share_form"
    assert refusal.value.detail["needed"] == shares.WORDS


@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_reading_costs_the_length_of_what_is_typed(piece: str) -> None:

    def read(text: str) -> None:
        with pytest.raises(WrongKey):
            shares.read_share(text)

    assert costs_its_length(read, lambda length: behind_a_letter(piece, length), 40_000)


@pytest.mark.parametrize("groups", [[(3, 5)], [(1, 1)], [(2, 3), (2, 3)], [(2, 4)]], ids=str)
def test_a_share_of_another_scheme_is_named(groups: list[tuple[int, int]]) -> None:
    made = slip39.generate_mnemonics(1, groups, KEY, iteration_exponent=0)
    assert reason_of(made[-1][-1]) == {"reason": "share_foreign"}


def test_shares_that_do_not_go_together() -> None:
    one, other = ([shares.read_share(words) for words in split_shares(MasterKey(KEY))] for _ in range(2))
    forged = shares.Share(other[1].number, one[0].set_id, other[1].words)
    for reason, pair in {
        "shares_same": (one[0], one[0]),
        "shares_of_two_sets": (one[0], other[1]),
    }.items():
        with pytest.raises(WrongKey) as refusal:
            shares.join(*pair)
        assert refusal.value.detail["reason"] == reason
    with pytest.raises(WrongKey):
        shares.join(one[0], forged)


def test_two_sets_under_one_number_are_told_apart() -> None:
    """A set's number has 15 bits only: the digest of the secret decides."""
    secrets_of_two = (KEY, bytes(32))
    one, other = (
        slip39.split_ems(1, [(2, 3)], slip39.EncryptedMasterSecret.from_master_secret(secret, b"", 7, True, 0))[0]  # noqa: FBT003
        for secret in secrets_of_two
    )
    with pytest.raises(WrongKey) as refusal:
        shares.join(shares.read_share(one[0].mnemonic()), shares.read_share(other[1].mnemonic()))
    assert refusal.value.detail["reason"] == "shares_of_two_sets"
