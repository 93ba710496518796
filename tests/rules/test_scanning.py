"""What a scanner has shown of itself, by its answers to files that were made to try it."""

from __future__ import annotations

import pytest

from appliance.rules.scanning import Answer, Telling, Verdict, telling

NOTHING = Answer(Verdict.NOTHING_FOUND)
LIMIT, PASSWORD = "Heuristics.Limits.Exceeded", "Heuristics.Encrypted.Zip"


def found(signature: str) -> Answer:
    return Answer(Verdict.FOUND, signature)


@pytest.mark.parametrize(
    ("of_oversized", "of_locked", "told"),
    [
        (found(f"{LIMIT}.MaxScanSize"), found(PASSWORD), (True, True)),
        (found(f"{LIMIT}.MaxFileSize"), found(PASSWORD), (True, True)),
        (NOTHING, found(PASSWORD), (False, True)),
        (found(f"{LIMIT}.MaxScanSize"), NOTHING, (True, False)),
        (found(f"{LIMIT}.MaxScanTime"), found("Win.Test"), (False, False)),
        (found("Win.Test"), found(f"{LIMIT}.MaxScanSize"), (False, False)),
        (Answer(Verdict.UNREADABLE), Answer(Verdict.OVER_LIMIT), (False, False)),
    ],
)
def test_what_answers_show(of_oversized: Answer, of_locked: Answer, told: tuple[bool, bool]) -> None:
    assert telling(of_oversized, of_locked) == Telling(*told)
