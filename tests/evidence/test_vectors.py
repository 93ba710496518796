"""The vectors of `docs/evidence.md` are what the builder makes, and every verifier gives the verdicts they state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from appliance.evidence import verifier
from tests.evidence.make_vectors import FOLDER, make

if TYPE_CHECKING:
    from collections.abc import Iterator

INDEX: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in INDEX["cases"]}


def test_the_vectors_are_what_the_builder_makes() -> None:
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert kept == make()


def options(case: dict[str, Any]) -> Iterator[str]:
    """The arguments of a case, files by their path."""
    for argument in case["arguments"]:
        is_file = "." in argument and "/" not in argument and "+" not in argument
        yield str(FOLDER / argument) if is_file else argument


@pytest.mark.parametrize("name", CASES)
def test_the_verifier_gives_the_verdict_of_the_vectors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main(list(options(CASES[name]))) == CASES[name]["exit"], capsys.readouterr()
