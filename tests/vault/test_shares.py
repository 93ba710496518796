"""2-of-3 shares: any two give the key back, one tells nothing, and a slip of the pen is named."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from appliance.errors import WrongKey
from appliance.vault import shamir
from appliance.vault.master import MasterKey, join_shares, split_shares
from tests.hostile import TEXTS, behind_a_letter, costs_its_length

secrets = st.binary(min_size=32, max_size=32)
agencies = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
PRINTED = "GCHAT1:moph:2:04106105:000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFG:9BTWTE1K"


@pytest.mark.slow
@settings(max_examples=40)
@given(secrets, agencies)
def test_any_two_and_all_three_give_the_key_back(secret: bytes, agency: str) -> None:
    master = MasterKey(secret)
    shares = split_shares(master, agency)
    for chosen in (*permutations(shares, 2), *permutations(shares, 3)):
        assert join_shares(chosen) == master


@pytest.mark.parametrize("x", shamir.NUMBERS)
def test_one_share_tells_nothing(x: int) -> None:
    """Whatever the secret byte, each share byte arises from exactly one slope: the share is uniform, so independent."""
    slopes = bytes(range(256))
    for secret in range(256):
        assert sorted(shamir.point(bytes((secret,)) * 256, slopes, x)) == list(range(256))


def test_the_field_is_that_of_aes() -> None:
    """FIPS 197 §4.2: {57}·{83} = {c1}; and {53}·{ca} = {01}."""
    assert shamir.point(b"\0", b"\x57", 0x83) == b"\xc1"
    assert shamir.point(b"\0", b"\x53", 0xCA) == b"\x01"


def test_a_new_set_at_every_call() -> None:
    master = MasterKey(bytes(32))
    assert not set(split_shares(master, "moph")) & set(split_shares(master, "moph"))


def test_a_printed_share_is_read_for_ever() -> None:
    """Paper outlives releases: the format may grow, what is printed must be read."""
    share = shamir.Share("moph", 2, b"\x01\x02\x03\x04\x05", bytes(range(32)))
    assert shamir.write_share(share) == PRINTED
    assert shamir.read_share(PRINTED) == share


@pytest.mark.parametrize(
    "typed",
    [
        PRINTED.lower(),
        "  " + PRINTED.replace("-", " ").replace(":", " : ") + "\r\n",
        PRINTED.replace("-", ""),
        PRINTED.replace("-", "–"),
        PRINTED.replace("0", "O").replace("GCHATl", "GCHAT1"),
        PRINTED.replace("-P70X", "-p7ox").replace("1W81", "IWBL".replace("B", "8")),
        PRINTED.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")),
        PRINTED.replace(":", "\uff1a"),  # the full-width colon of an input method
        PRINTED.replace("-", "\u200b-\u00a0"),
    ],
)
def test_reading_forgives_how_it_is_typed(typed: str) -> None:
    assert shamir.read_share(typed) == shamir.read_share(PRINTED)


@given(st.integers(0, len(PRINTED) - 1), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTUVWXYZ:*ก"))
def test_one_wrong_character_is_noticed(at: int, character: str) -> None:
    typed = PRINTED[:at] + character + PRINTED[at + 1 :]
    refusal: WrongKey | None = None
    read: shamir.Share | None = None
    try:
        read = shamir.read_share(typed)
    except WrongKey as error:
        refusal = error
    if refusal:
        assert refusal.detail["reason"] in {"share_form", "share_checksum"}
        assert typed not in str(refusal)
    else:  # the same character, a dash, or the spare bits of a part's last character
        assert read == shamir.read_share(PRINTED)


@given(st.integers(0, len(PRINTED) - 2))
def test_two_swapped_characters_are_noticed(at: int) -> None:
    swapped = PRINTED[:at] + PRINTED[at + 1] + PRINTED[at] + PRINTED[at + 2 :]
    assume(swapped.replace("-", "") != PRINTED.replace("-", ""))
    with pytest.raises(WrongKey):
        shamir.read_share(swapped)


@given(st.text(max_size=120))
def test_any_text_is_refused_clearly(text: str) -> None:
    with pytest.raises(WrongKey) as refusal:
        shamir.read_share(text)
    assert refusal.value.detail["reason"] == "share_form"


@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_reading_costs_the_length_of_what_is_typed(piece: str) -> None:
    """Security 1."""

    def read(text: str) -> None:
        with pytest.raises(WrongKey):
            shamir.read_share(text)

    assert costs_its_length(read, lambda length: behind_a_letter(piece, length), 40_000)


def test_a_mistyped_share_is_named() -> None:
    with pytest.raises(WrongKey) as refusal:
        join_shares([split_shares(MasterKey(bytes(32)), "moph")[0], PRINTED.replace("E209", "E20A")])
    assert refusal.value.detail == {"reason": "share_checksum", "share": 2}


def test_shares_that_do_not_go_together() -> None:
    one, other = (split_shares(MasterKey(bytes(32)), "moph") for _ in range(2))
    foreign = split_shares(MasterKey(bytes(32)), "moi")
    cases = {
        "shares_too_few": [[], [one[0]]],
        "shares_same": [[one[0], one[0]], [one[0], one[1], one[0]]],
        "shares_of_two_sets": [[one[0], other[1]], [one[0], foreign[1]], [one[0], one[1], other[2]]],
    }
    for reason, lists in cases.items():
        for shares in lists:
            with pytest.raises(WrongKey) as refusal:
                join_shares(shares)
            assert refusal.value.detail["reason"] == reason


@given(secrets, st.binary(min_size=32, max_size=32))
def test_a_third_share_off_the_line_is_noticed(secret: bytes, forged: bytes) -> None:
    one, two, three = shamir.split(secret, "moph")
    assume(forged != three.payload)
    for shares in combinations([one, two, shamir.Share("moph", 3, one.set_id, forged)], 3):
        with pytest.raises(WrongKey):
            shamir.join(list(shares))


@pytest.mark.parametrize("agency", ["", "กรม", "a:b", "a b", "-a"])
def test_an_agency_no_share_can_carry(agency: str) -> None:
    with pytest.raises(ValueError, match="cannot be printed"):
        split_shares(MasterKey(bytes(32)), agency)
