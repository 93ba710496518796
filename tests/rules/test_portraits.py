"""What becomes of the photograph of a card, with whatever order of choosing, judging and removing."""

from __future__ import annotations

import pytest

from appliance.model import PersonId
from appliance.rules.portraits import PhotoMode, Portrait, approved, refused, removed, with_new

NARIN = PersonId("p_narin")
NONE = Portrait(NARIN)


def test_the_photograph_before_stays_until_the_new_one_is_approved() -> None:
    before = Portrait(NARIN, shown="old")
    waits = with_new(before, "new", PhotoMode.MODERATED, 5)
    assert waits == Portrait(NARIN, "old", "new", None, 5)
    assert approved(waits, "new", 6) == Portrait(NARIN, "new", None, None, 6)
    assert before.files - waits.files == set()


def test_without_moderation_it_is_shown_at_once_and_replaces_all_others() -> None:
    assert with_new(Portrait(NARIN, "old", "waits"), "new", PhotoMode.SHOWN, 5) == Portrait(NARIN, "new", None, None, 5)


def test_a_refusal_takes_what_waits_and_leaves_what_is_shown() -> None:
    after = refused(Portrait(NARIN, "old", "new"), "new", "ไม่เห็นใบหน้า", 7)
    assert after == Portrait(NARIN, "old", None, "ไม่เห็นใบหน้า", 7)
    assert with_new(after, "third", PhotoMode.MODERATED, 8).refused is None


@pytest.mark.parametrize("before", [NONE, Portrait(NARIN, "seen"), Portrait(NARIN, "old", "another")])
def test_nobody_decides_about_a_picture_that_is_not_the_one_that_waits(before: Portrait) -> None:
    assert approved(before, "seen", 7) is None
    assert refused(before, "seen", "…", 7) is None


@pytest.mark.parametrize(
    ("before", "reason", "after"),
    [
        (Portrait(NARIN, "old", "new"), None, Portrait(NARIN, at=7)),
        (Portrait(NARIN, "old", "new"), "ไม่เหมาะสม", Portrait(NARIN, refused="ไม่เหมาะสม", at=7)),
        (Portrait(NARIN, refused="…"), None, Portrait(NARIN, at=7)),
        (Portrait(NARIN, refused="…"), "อีกครั้ง", None),
        (NONE, None, None),
        (NONE, "ไม่เหมาะสม", None),
    ],
)
def test_removing_takes_everything_and_a_moderator_says_why(
    before: Portrait, reason: str | None, after: Portrait | None
) -> None:
    assert removed(before, reason, 7) == after
