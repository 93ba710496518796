"""What people may type is always what the log takes; and the log takes nothing that nobody may send."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.rules import log_texts
from appliance.rules.names import _DRAWN_AS_TEXT, _DRAWN_IN_COLOUR, _points, emoji, room_name
from appliance.rules.text import closed_directions, fault_of, is_message, written
from appliance.wiring import random_id

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=140)
EVERY = "".join(chr(at) for at in range(0x110000) if not 0xD800 <= at < 0xE000)


@given(ANYTHING)
def test_the_log_takes_every_name_and_every_text_that_people_may_type(text: str) -> None:
    name = room_name(text)
    assert name is None or log_texts.is_name(name)
    assert fault_of(text) is not None or log_texts.is_text(text)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\u202b\u2067\u202c\u2069\n"), max_size=500))
def test_the_log_takes_every_reason_that_people_may_type(text: str) -> None:
    assert fault_of(text) is not None or log_texts.is_note(written(text))


@pytest.mark.parametrize("length", [500, 20_000])
def test_what_closes_a_direction_leaves_room_for_what_was_typed(length: int) -> None:
    text = ("x" + "\u2067" * 124 + "\n") * (length // 126)
    assert fault_of("\u2067x\n" * (length // 3)) is None
    for typed in (text, "\u2067x\n" * (length // 3)):
        assert is_message(closed_directions(typed))
        assert length > 500 or log_texts.is_note(written(typed))


@pytest.mark.parametrize("text", ["", "../x", "e_1\n", "ก", "x" * 65])
def test_what_is_no_id(text: str) -> None:
    assert not log_texts.is_id(text)


def test_the_ids_that_the_appliance_makes_are_ids() -> None:
    assert log_texts.is_id(random_id("e"))
    assert log_texts.is_id(random_id("t"))


def test_the_log_takes_every_emoji() -> None:
    for name in (_DRAWN_AS_TEXT, _DRAWN_IN_COLOUR):
        found = re.findall(f"[{_points(name)}]", EVERY)
        assert len(found) > 100
        for one in found:
            for text in (one, one * 16, f"{one}\u200d{one}"):
                spelled = emoji(text)
                assert spelled is not None
                assert log_texts.is_reaction(spelled), ascii(spelled)


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b\u2060", "\u3164", "a\nb", "a\tb", "a\u2028b", "a\x00", "\x1b[2J", "\ufdd0"]
)
def test_what_is_no_name(text: str) -> None:
    assert not log_texts.is_name(text)


@pytest.mark.parametrize(
    "text", ["", "ok", "ก", " 👍", "👍\n", "1", "1\u20e3x", "\u200d👍", "\ufe0f", "👍" * 33, "<b>"]
)
def test_what_is_no_reaction(text: str) -> None:
    assert not log_texts.is_reaction(text)


@pytest.mark.parametrize("text", ["👍", "❤️", "1️⃣", "🇹🇭", "👩‍💻", "👍🏽👍", "🏴\U000e0067\U000e0062\U000e007f"])
def test_what_is_a_reaction(text: str) -> None:
    assert log_texts.is_reaction(text)
