"""Tables of headers as browsers, proxies and attackers send them, and what is made of each."""

from __future__ import annotations

import pytest

from appliance.web.negotiation import Part, Unsatisfiable, asked_part, choose_coding

SIZE, TAG = 100, '"a-1"'
WHOLE = None
NOTHING = "unsatisfiable"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br, gzip", "br"),
        ("gzip, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.5, br;q=0.501", "br"),
        ("br;q=0.5,gzip;q=0.5", "br"),
        ("BR ; Q=0.2 , GZIP ; q=0.3", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip;q=0.0", None),
        ("identity, br;q=0.5", None),
        ("identity;q=0.5, br", "br"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("gzip, *;q=0", "gzip"),
        ("gzip;q=0.5, *", None),
        ("*", None),
        ("*;q=0", None),
        ("br;q=1.5", None),
        ("br;q=-1, gzip;q=nan", None),
        ("br;q=1e0", None),
        ("br;q=0.1234", None),
        ("br;q=0.5;x=1", None),
        ("br;q=๑", None),
        ("br;level=9", None),
        ("zstd, deflate", None),
        (",;,=", None),
        ("", None),
    ],
)
def test_the_coding_that_the_client_likes_best(accepted: str, coding: str | None) -> None:
    assert choose_coding(accepted, ("br", "gzip")) == coding


def test_a_copy_that_is_not_there_is_not_chosen() -> None:
    assert choose_coding("br, gzip;q=0.1", ("gzip",)) == "gzip"
    assert choose_coding("br, gzip", ()) is None


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("bytes=0-0", Part(0, 0)),
        ("bytes=10-19", Part(10, 19)),
        ("bytes=90-", Part(90, 99)),
        ("bytes=90-1000", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("Bytes=1-2", Part(1, 2)),
        (" bytes=1-2 ", Part(1, 2)),
        ("bytes=1-2,", Part(1, 2)),
        ("bytes=100-", NOTHING),
        ("bytes=100-200", NOTHING),
        ("bytes=-0", NOTHING),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=0-1,x", WHOLE),
        ("bytes=5-1", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=", WHOLE),
        ("bytes", WHOLE),
        ("bytes=1 - 2", WHOLE),
        ("bytes=+1-2", WHOLE),
        ("bytes=0x1-2", WHOLE),
        ("bytes=๑-๒", WHOLE),
        ("bytes=1-2-3", WHOLE),
        (f"bytes={'9' * 5_000}-", WHOLE),
        ("lines=1-2", WHOLE),
        ("bytes 1-2", WHOLE),
        ("", WHOLE),
    ],
)
def test_the_range_that_is_asked_for(said: str, part: Part | str | None) -> None:
    try:
        assert asked_part("GET", [said], None, TAG, SIZE) == part
    except Unsatisfiable:
        assert part == NOTHING


@pytest.mark.parametrize(
    ("method", "ranges", "if_range", "part"),
    [
        ("GET", [], None, WHOLE),
        ("GET", [], TAG, WHOLE),
        ("GET", ["bytes=1-2", "bytes=3-4"], None, WHOLE),
        ("HEAD", ["bytes=1-2"], None, WHOLE),
        ("GET", ["bytes=1-2"], TAG, Part(1, 2)),
        ("GET", ["bytes=1-2"], f"W/{TAG}", WHOLE),
        ("GET", ["bytes=1-2"], '"b-1"', WHOLE),
        ("GET", ["bytes=1-2"], "a-1", WHOLE),
        ("GET", ["bytes=1-2"], "*", WHOLE),
        ("GET", ["bytes=1-2"], "", WHOLE),
        ("GET", ["bytes=1-2"], "Mon, 30 Nov 2026 00:00:00 GMT", WHOLE),
        ("GET", ["bytes=100-"], '"b-1"', WHOLE),
    ],
)
def test_when_a_range_counts(method: str, ranges: list[str], if_range: str | None, part: Part | None) -> None:
    assert asked_part(method, ranges, if_range, TAG, SIZE) == part


def test_an_empty_file_has_no_part() -> None:
    for said in ("bytes=0-", "bytes=-5"):
        with pytest.raises(Unsatisfiable):
            asked_part("GET", [said], None, TAG, 0)
