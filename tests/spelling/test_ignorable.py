"""Names hide nothing: the rule that names of files are refused by, and all other names cleaned by."""

from __future__ import annotations

import pytest

from appliance.attachments import is_file_name
from appliance.rules.names import room_name
from appliance.rules.text import one_line
from appliance.spelling.ignorable import hides_something

# Arabic letter mark, spaces without width, soft hyphen, byte order mark, fillers, tags, selectors, directions.
HIDDEN = [
    *("\u061c", "\u200b", "\u2060", "\u00ad", "\ufeff", "\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\u034f"),
    *("\u17b4", "\u180e", "\ufe00", "\ufe0f", "\U000e0041", "\u200c", "\u200d", "\u200e", "\u202e", "\u2066"),
]


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_no_name_of_anything_hides_a_character(hidden: str) -> None:
    for name in (f"report{hidden}.pdf", f"{hidden}report.pdf", f"report.pdf{hidden}", f"รายงาน{hidden}.pdf"):
        assert hides_something(name)
        assert not is_file_name(name)
        assert hidden not in (room_name(name) or "")
        assert hidden not in one_line(name)


@pytest.mark.parametrize(
    "name",
    [
        "รายงานการประชุม ครั้งที่ ๑.pdf",
        "น้ำท่วม ซอย ๑๒.jpg",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.pdf",  # Persian
        "\u0d28\u0d4d\u200d\u0d28.pdf",  # Malayalam
        "👨\u200d👩\u200d👧.png",
        "❤\ufe0f.jpg",
        "👩\u200d❤\ufe0f\u200d👨.jpg",
    ],
    ids=ascii,
)
def test_a_script_or_an_emoji_that_needs_it_has_it(name: str) -> None:
    assert is_file_name(name)


@pytest.mark.parametrize(
    "name",
    ["a\u200db.pdf", "ก\u200d\u200dข.pdf", "ก\u200d.pdf", "1\ufe0f.pdf", "ก\ufe0f.pdf", "+\ufe0f.pdf"],
    ids=ascii,
)
def test_what_joins_nothing_is_hidden(name: str) -> None:
    assert not is_file_name(name)
