from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.rules.accounts import fold_user
from appliance.rules.collation import name_key, sort_key
from appliance.spelling.normalize import fold
from appliance.spelling.thai import canonical
from tests.hostile import TEXTS, costs_its_length, full

if TYPE_CHECKING:
    from collections.abc import Callable

SORTED = json.loads((Path(__file__).parent / "data" / "thai_names_sorted.json").read_text("utf-8"))["ordered"]
THAI = st.text(alphabet=[chr(code) for code in range(0x0E01, 0x0E5C) if not 0x0E3B <= code <= 0x0E3E], max_size=12)


def test_order_equals_icu() -> None:
    names = [name for same in SORTED for name in same]
    assert len(names) >= 300
    assert sorted(names, key=lambda name: (sort_key(name), name)) == names
    for same in SORTED:
        assert len({sort_key(name) for name in same}) == 1
    assert len({sort_key(same[0]) for same in SORTED}) == len(SORTED)


def test_given_name_counts_before_family_name() -> None:
    people = [("ก่า", "กมล"), ("กา", "สมศรี"), ("กา", "กมล"), ("เก", "อ"), ("กาน", "ก")]
    expected = [("กา", "กมล"), ("กา", "สมศรี"), ("ก่า", "กมล"), ("กาน", "ก"), ("เก", "อ")]
    assert sorted(people, key=lambda person: name_key(*person)) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("นํ้า", "น้ำ"),
        ("น้ํา", "น้ำ"),
        ("นำ้", "น้ำ"),
        ("เเม่", "แม่"),
        ("ก่ี", "กี่"),
        ("ที\u200bนี่", "ทีนี่"),
        ("cafe\u0301", "café"),
    ],
)
def test_one_spelling(typed: str, meant: str) -> None:
    assert canonical(typed) == meant


def test_search_form() -> None:
    assert fold("ห้อง ๑๒/Ａ  นํ้า") == "ห้อง 12/a น้ำ"


@given(st.one_of(THAI, st.text(max_size=12)))
def test_forms_are_idempotent(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert fold(fold(text)) == fold(text)


@given(THAI)
def test_a_key_exists_for_any_text(text: str) -> None:
    assert sort_key(text) == sort_key(canonical(text))


MARKS = "กเาำ" + "".join(map(chr, (*range(0x0E31, 0x0E3B), *range(0x0E47, 0x0E4F))))
OTHERS = "a\u00e9\u0300\u0301\u0316\u0344\u093c\u094d\u20dd\ufe0f\u200b\u200d\u200e\u3099か\uff9e😀 "


@given(st.text(alphabet=MARKS + OTHERS, max_size=40))
def test_forms_are_idempotent_on_marks_in_any_order(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("form", [canonical, fold, fold_user, sort_key])
@pytest.mark.parametrize("piece", TEXTS)
def test_a_text_costs_its_length(form: Callable[[str], str], piece: str) -> None:
    assert costs_its_length(form, partial(full, TEXTS[piece]), 20_000)
