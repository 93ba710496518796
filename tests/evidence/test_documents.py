"""`docs/evidence.md` and its Thai version say the same things, and name every type, field, exit code and option."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from appliance.evidence import commitment
from appliance.evidence.canonical import Header
from appliance.evidence.offline.outcome import Exit
from appliance.evidence.offline.state import SHAPES
from tests.evidence.make_vectors import FOLDER

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH = (DOCS / "evidence.md").read_text(encoding="utf-8")
THAI = (DOCS / "evidence.th.md").read_text(encoding="utf-8")


def codes(text: str) -> set[str]:
    """Everything set as code, in lines and in blocks."""
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    return {*re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)), *blocks}


def numbers(text: str) -> set[str]:
    return {number.strip(",") for number in re.findall(r"\d[\d,]{3,}", text)} | set(re.findall(r"§[\d.]+\d|§\d", text))


def test_both_languages_have_the_same_sections_codes_and_numbers() -> None:
    headings = [re.findall(r"^## (\d+)\.", text, re.MULTILINE) for text in (ENGLISH, THAI)]
    assert headings[0] == headings[1] == [str(n) for n in range(1, 14)]
    assert codes(ENGLISH) ^ codes(THAI) == set()
    assert numbers(ENGLISH) ^ numbers(THAI) == set()
    assert ENGLISH.count("\n|") == THAI.count("\n|")
    assert ENGLISH.count("\n- ") == THAI.count("\n- ")


@pytest.mark.parametrize("text", [ENGLISH, THAI], ids=["English", "Thai"])
def test_every_type_and_every_field_is_named(text: str) -> None:
    for kind, shape in SHAPES.items():
        row = next(line for line in text.split("\n") if line.startswith(f"| `{kind}` |"))
        for key, (required, _) in shape.items():
            assert f"`{key}`" in row.split("|")[2], (kind, key)
            assert (f"`{key}`?" in row) != required, (kind, key)
    for name in Header.__struct_encode_fields__:
        assert f"\n| `{name}` |" in text
    for code in Exit:
        assert f"\n| {int(code)} |" in text
    assert commitment.NO_BODY in text


def test_the_key_of_the_examples_is_that_of_the_vectors() -> None:
    key = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))["keys"]["log"]
    assert f'--vkey "{key[:34]}…"' in ENGLISH
