"""Lines, leaves and heads that are out of form: the offline reader says which, before it believes anything in them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from appliance.evidence.canonical import MAX_HEADER, decode_header
from appliance.evidence.errors import NotCanonicalError, NoteError
from appliance.evidence.leaf import MAX_LEAF, decode_leaf
from appliance.evidence.note import join_note
from appliance.evidence.offline.entries import read_entry
from appliance.evidence.offline.export_file import entry_line
from appliance.evidence.offline.heads_file import read_heads
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.trust import Trust

HASH, SIGNATURE = "A" * 43, "A" * 86
SEAL: dict[str, Any] = {"i": 0, "k": "gw-1", "n": 2, "p": [HASH], "s": SIGNATURE}


def code_of_leaf(header: object, seal: object) -> str:
    """Return what the reader says of a leaf whose header is not sound."""
    leaf = {"h": canonical(header), "ht": 1, "n": 0, "rg": 0, "sl": seal}
    with pytest.raises(Failed) as failed:
        read_entry(canonical(leaf), 0)
    assert failed.value.n == 0
    return failed.value.code


def canonical(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize("seal", [None, SEAL, SEAL | {"p": []}, SEAL | {"i": 1}])
def test_a_seal_in_form_is_judged_later(seal: object) -> None:
    assert code_of_leaf({}, seal) == "bad_header"


@pytest.mark.parametrize(
    "seal",
    [
        5, [], {}, SEAL | {"x": 1}, {key: SEAL[key] for key in "iknp"}, SEAL | {"p": HASH}, SEAL | {"p": [5]},
        SEAL | {"p": [HASH[1:]]}, SEAL | {"k": 5}, SEAL | {"k": "log"}, SEAL | {"s": None}, SEAL | {"s": HASH},
        SEAL | {"i": 2}, SEAL | {"i": -1}, SEAL | {"n": 65}, SEAL | {"i": True},
    ],
)  # fmt: skip
def test_a_seal_out_of_form_is_a_bad_leaf(seal: object) -> None:
    assert code_of_leaf({}, seal) == "bad_leaf"


@pytest.mark.parametrize("header", [[], 5, "x", {}])
def test_a_header_is_an_object_with_its_fields(header: object) -> None:
    assert code_of_leaf(header, None) == "bad_header"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"b": None, "l": 5, "s": None}, "bad_line"),
        ({"b": 5, "l": "x", "s": None}, "bad_line"),
        ({"b": "x", "l": "x", "s": []}, "bad_line"),
        ({"b": "x", "l": "x", "s": None}, "half_body"),
        ({"b": None, "l": "x", "s": "x"}, "half_body"),
    ],
)
def test_a_line_of_an_export_has_a_leaf_and_a_whole_body_or_none(line: dict[str, Any], code: str) -> None:
    with pytest.raises(Failed) as failed:
        entry_line(line, 3)
    assert (failed.value.code, failed.value.n) == (code, 3)


LINE: dict[str, Any] = {"at": 1, "audit": "a", "note": "n", "rooms": []}
ROOT = "A" * 43 + "="
CHANGES: list[dict[str, Any]] = [
    {"x": 1}, {"at": -1}, {"audit": 5}, {"note": None}, {"rooms": {}}, {"rooms": [5]}, {"rooms": [["r", 1]]},
    {"rooms": [[5, 1, ROOT]]}, {"rooms": [["r", "1", ROOT]]}, {"rooms": [["r", 1, 5]]}, {"rooms": [["r", 1, ROOT[1:]]]},
    {"rooms": [["r", 1, "AAAA"]]}, {"rooms": [["r", 1, ROOT], ["r", 2, ROOT]]},
]  # fmt: skip


def is_in_form(data: bytes) -> bool:
    """Say whether a file of heads gets as far as its signature, which is none."""
    with pytest.raises(Failed) as failed:
        list(read_heads(BytesIO(data), "r", Trust([])))
    assert (failed.value.code, failed.value.values) == ("heads", {"line": 1})
    return isinstance(failed.value.__cause__, NoteError)


@pytest.mark.parametrize("line", [b"", b"\xff", b"{", *(canonical(LINE | one).encode() for one in CHANGES)])
def test_a_line_of_heads_out_of_form_is_named_by_its_number(line: bytes) -> None:
    assert not is_in_form(line + b"\n")


def test_a_line_of_heads_ends_in_a_newline() -> None:
    for rooms in ([], [["r", 1, ROOT], ["s", 1, ROOT]]):
        line = canonical(LINE | {"rooms": rooms}).encode()
        assert is_in_form(line + b"\n")
        assert not is_in_form(line)
    assert list(read_heads(BytesIO(b""), "r", Trust([]))) == []


def test_more_bytes_than_a_header_or_a_leaf_can_have_are_not_read() -> None:
    for read, most in ((decode_header, MAX_HEADER), (decode_leaf, MAX_LEAF)):
        with pytest.raises(NotCanonicalError, match=f"of {most + 1} bytes, at most {most}"):
            read(b" " * (most + 1))
        with pytest.raises(NotCanonicalError) as short:
            read(b" " * most)
        assert "at most" not in str(short.value)


def test_the_text_of_a_note_ends_in_a_newline() -> None:
    with pytest.raises(NoteError):
        join_note("text", [])
    assert join_note("text\n", ["line\n"]) == "text\n\nline\n"
