"""A body is exactly the canonical bytes of what its type of entry has: the hub takes nothing else in.

A replica judges the entry without what its body holds: with it as without it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.evidence.admission import refuse_submitted
from appliance.evidence.bodies import decode_body, encode_body
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import BodyError
from appliance.evidence.export import ExportEntry
from appliance.evidence.leaf import decode_leaf
from appliance.evidence.registry import Registry
from appliance.evidence.verification import Accepted, Refused, Step
from appliance.model import Deny, EntryType, Principal, TextBody
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.text import closed_directions
from tests.evidence.court import Court
from tests.evidence.room_builder import RoomBuilder, canonical
from tests.evidence.test_verification import REGISTRY, judged, small

TEXT = ENTRY_TYPES[EntryType.MESSAGE_TEXT]
DEEP = b'{"more":' + b"[" * 6 + b"]" * 6 + b',"text":"x"}'
NO_BODIES = {
    "no JSON": b"x",
    "no UTF-8": b'{"text":"\xff"}',
    "half of a pair": b'{"text":"\\ud800"}',
    "white space": b'{"text": "x"}',
    "keys out of order": b'{"text":"x","more":1}',
    "a needless escape": b'{"text":"\\u0061"}',
    "a fraction": b'{"more":0.5,"text":"x"}',
    "nested too deep": DEEP,
    "no object": b'["x"]',
    "no text": b"{}",
    "text that is a number": b'{"text":5}',
    "text that is null": b'{"text":null}',
    "mentions that are a text": b'{"mentions":"p@moc","text":"x"}',
    "mentions of nobody": b'{"mentions":[],"text":"x"}',
    "a mention that is a number": b'{"mentions":[1],"text":"x"}',
    "a mention without an agency": b'{"mentions":["p"],"text":"x"}',
    "a mention of a program": b'{"mentions":["system@moc"],"text":"x"}',
    "a mention twice": b'{"mentions":["p_1@moc","p_1@moc"],"text":"x"}',
    "too many mentions": canonical({"mentions": [f"p{i}@moc" for i in range(101)], "text": "x"}),
}


def with_body(body: bytes, kind: str = "message.text") -> RoomBuilder:
    """The small room with one more entry, whose body is committed to."""
    room = small()
    room.append("moi", kind, body=body, st={"target": 3} if kind == "message.edit" else None)
    return room


def admitted(room: RoomBuilder, body: bytes | None = b"", registry: Registry = REGISTRY) -> str | None:
    """Why the hub does not take the last entry of a room in, with its body, or another in its place (None: none)."""
    entry = room.entries[-1]
    header = decode_header(decode_leaf(entry.leaf).header)
    return refuse_submitted(header, entry.body if body == b"" else body, registry, REGISTRY.version)


@pytest.mark.parametrize("kind", ["message.text", "message.edit"])
@pytest.mark.parametrize("what", NO_BODIES)
def test_the_hub_takes_no_body_of_another_form_in(what: str, kind: str) -> None:
    assert admitted(with_body(NO_BODIES[what], kind)) == "body_form"


@pytest.mark.parametrize("kind", ["message.text", "message.edit"])
@pytest.mark.parametrize("body", [*NO_BODIES.values(), b'{"mentions":["p_1@evil"],"text":"x"}'])
def test_a_replica_takes_what_the_hub_let_in_with_its_body_and_without(body: bytes, kind: str) -> None:
    room = with_body(body, kind)
    verdict = judged(room)
    assert isinstance(verdict, Accepted)
    assert judged(room, ExportEntry(room.entries[-1].leaf, None, None)) == verdict


@pytest.mark.parametrize("kind", ["message.text", "message.edit"])
@pytest.mark.parametrize("mentions", [["p_1@evil"], ["p_1@moc", "p_1@evil"]])
def test_the_hub_takes_no_body_in_that_names_somebody_of_no_enrolled_agency(mentions: list[str], kind: str) -> None:
    assert admitted(with_body(canonical({"mentions": mentions, "text": "x"}), kind)) == Deny.NOT_ENROLLED


@pytest.mark.parametrize("kind", ["message.text", "message.edit"])
@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u3164\u2800", "\u202a\u202c", "x" * 20_001])
def test_the_hub_takes_no_text_in_that_nobody_could_have_written(text: str, kind: str) -> None:
    assert admitted(with_body(canonical({"text": text}), kind)) == "body_text"


@pytest.mark.parametrize("text", ["x" * 20_000, "ก" * 20_000, closed_directions("x" + "\u2067\n" * 7_000)])
def test_the_hub_takes_in_what_people_may_write(text: str) -> None:
    mentions = [f"p{i}@moc" for i in range(100)]
    assert admitted(with_body(canonical({"mentions": mentions, "text": text[:15_000]}))) is None
    assert admitted(with_body(canonical({"text": text}))) is None


def a_file(number: int = 1, **other: object) -> dict[str, object]:
    """A file as the body of a message says it."""
    root = f"{number:064x}"
    return {"id": f"f_{number}", "name": "ก.pdf", "type": "application/pdf", "size": 5, "root": root} | other


def with_files(carried: list[dict[str, object]], text: str = "", **header: int) -> RoomBuilder:
    """The small room with a message that carries files; the header counts them, where it says nothing else."""
    room = small()
    said = {"files": len(carried)} | header
    body = canonical({"files": carried, "text": text})
    room.append("moi", "message.text", body=body, st={key: value for key, value in said.items() if value})
    return room


@pytest.mark.parametrize("text", ["", "ดูไฟล์"])
@pytest.mark.parametrize("count", [1, 20])
def test_the_hub_takes_files_in_with_words_and_without(text: str, count: int) -> None:
    room = with_files([a_file(number, form="voice", original=True) for number in range(count)], text)
    assert admitted(room) is None
    assert isinstance(judged(room), Accepted)


@pytest.mark.parametrize(
    ("files", "header", "text", "code"),
    [
        ([a_file()], {"files": 0}, "x", "body_files"),
        ([a_file()], {"files": 2}, "x", "body_files"),
        ([a_file(1), a_file(1)], {}, "x", "body_files"),
        ([a_file(label=2)], {"label": 1}, "x", "body_files"),
        ([a_file()], {}, " ", "body_text"),
        ([a_file()], {}, "x" * 20_001, "body_text"),
        ([a_file(id="../x")], {}, "", "body_form"),
        ([a_file(name="a/b")], {}, "", "body_form"),
        ([a_file(name="ก\u202egpj.exe")], {}, "", "body_form"),
        ([a_file(name="")], {}, "", "body_form"),
        ([a_file(name="ก" * 256)], {}, "", "body_form"),
        ([a_file(type="Text/HTML")], {}, "", "body_form"),
        ([a_file(type="text")], {}, "", "body_form"),
        ([a_file(size=-1)], {}, "", "body_form"),
        ([a_file(root="0" * 63)], {}, "", "body_form"),
        ([a_file(form="poem")], {}, "", "body_form"),
        ([a_file(original=1)], {}, "", "body_form"),
    ],
)
def test_the_hub_takes_no_files_in_that_are_none_or_that_the_header_does_not_say(
    files: list[dict[str, object]], header: dict[str, int], text: str, code: str
) -> None:
    assert admitted(with_files(files, text, **header)) == code


def test_an_edit_brings_no_files() -> None:
    room = with_body(canonical({"files": [a_file()], "text": "x"}), "message.edit")
    assert admitted(room) == "body_files"


@pytest.mark.parametrize(("header", "reason"), [({"files": 21}, "too_many_files"), ({"label": 1}, "label_too_high")])
def test_a_replica_takes_no_more_files_and_no_higher_label_than_the_rules_allow(
    header: dict[str, int], reason: str
) -> None:
    verdict = judged(with_files([a_file(number) for number in range(21)][: header.get("files", 1)], "x", **header))
    assert isinstance(verdict, Refused)
    assert verdict.reason == reason


def test_the_hub_takes_in_what_has_the_form() -> None:
    room = with_body(b'{"mentions":["p_1@moc"],"more":{"a":[1]},"text":"x"}')
    assert admitted(room) is None
    assert admitted(room, None) == "body_missing"
    assert admitted(room, registry=Registry.alone("moi")) == Deny.NOT_ENROLLED


@pytest.mark.parametrize("kind", ["room.close", "poll.create"])
def test_what_has_no_body_is_left_to_the_verdict_on_the_entry(kind: str) -> None:
    assert admitted(with_body(b"x", kind)) is None


@pytest.mark.parametrize("kind", ["room.close", "member.remove", "message.reaction", "message.redact"])
def test_a_type_without_a_body_has_none(kind: str) -> None:
    assert judged(with_body(b'{"text":"x"}', kind)) == Refused(Step.BODY, "body_of_type")


@pytest.mark.parametrize("kind", ["message.text", "message.edit"])
def test_a_type_with_a_body_has_one(kind: str) -> None:
    room = small()
    room.append("moi", kind, st={"target": 3} if kind == "message.edit" else None)
    assert judged(room) == Refused(Step.BODY, "body_of_type")


@pytest.mark.parametrize("kind", [kind for kind, row in ENTRY_TYPES.items() if row.body])
def test_every_body_is_read_as_it_was_written(kind: str) -> None:
    for said in (TextBody(""), TextBody("คำ\t\n😀", (Principal("p_a@moph"), Principal("p_b@moi")))):
        assert decode_body(ENTRY_TYPES[kind], encode_body(ENTRY_TYPES[kind], said)) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**54) | st.text(max_size=4) | st.just("p_1@moc"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("text", "mentions", "x")), inner),
    max_leaves=6,
)


@given(st.binary(max_size=40) | JSON.map(canonical))
def test_whatever_bytes_are_a_body_or_none(data: bytes) -> None:
    """Never another error; and what is taken says all that is known of it, in its only form."""
    try:
        body = decode_body(TEXT, data)
    except BodyError:
        return
    assert decode_body(TEXT, encode_body(TEXT, body)) == body


def test_a_type_without_a_body_is_neither_written_nor_read() -> None:
    row = ENTRY_TYPES[EntryType.ROOM_CLOSE]
    with pytest.raises(BodyError):
        encode_body(row, TextBody("x"))
    with pytest.raises(BodyError):
        decode_body(row, b"{}")


def test_a_court_is_told_of_a_malformed_body_and_reads_the_rest(court: Court) -> None:
    room = with_body(b'{"text":5}')
    room.append("moi", "message.text", text="ต่อจากนั้น")
    exported = room.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0
    assert "Bodies that do not have the form of a message: 1: 4\n" in court.said
    assert '    │ {"text":5}\n' in court.said
    assert "the body does not have the form of a message]" in court.said
    assert "    │ ต่อจากนั้น\n" in court.said
    assert court.run("prove", exported.data, "--vkey", exported.vkey, "--entry", "4") == 0
    assert court.run("proof", court.said.rstrip("\n") + "\n", "--vkey", exported.vkey) == 0
    assert "and does not have the form of a message:" in court.said
