"""Canonical bytes against `rfc8785`, and against the verifier's own reading of them."""

from __future__ import annotations

import random
import string
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.evidence.canonical import (
    FIRST_TIME,
    LAST_TIME,
    MAX_BODY,
    MAX_HEADER,
    MAX_INT,
    Header,
    decode,
    decode_header,
    encode,
    encode_header,
)
from appliance.evidence.commitment import NO_BODY
from appliance.evidence.errors import NotCanonicalError
from appliance.evidence.leaf import decode_leaf, encode_leaf
from appliance.evidence.offline.entries import check_header, read_entry
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.values import parse_canonical

ROOM = "r_" + "5qk2" * 6 + "ab"
HEADER = Header(
    commitment="A" * 43,
    body_length=312,
    id="01JD8Z0000000000000000ABCD",
    origin="moph",
    counter=87,
    room=ROOM,
    rules_version=1,
    seen=(1199, "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="),
    sender="u_01J0000000000000000000000@moph",
    state={"name": "ห้องประชุม", "a": [1, None, True]},
    written_at=1_763_800_000_123,
    type="room.rename",
    v=1,
)

TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.characters(max_codepoint=0x1F),
        st.sampled_from('กขค์ำ้\u0e4e"\\/\x7f\u0085\u2028\u2029\ufeff\ufffd😀👩‍💻'),
    ),
    max_size=12,
)
KEYS = st.text(st.characters(max_codepoint=0x7F), max_size=6)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-MAX_INT, MAX_INT), TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def nesting(value: object) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(nesting, value.values() if isinstance(value, dict) else value), default=0)


@pytest.mark.slow
@settings(max_examples=400)
@given(VALUES)
def test_encode_equals_rfc8785(value: Any) -> None:
    if nesting(value) > 6:
        with pytest.raises(NotCanonicalError):
            encode(value)
        return
    data = encode(value)
    assert data == rfc8785.dumps(value)
    assert decode(data) == value


@pytest.mark.slow
def test_encode_equals_rfc8785_for_many_objects() -> None:
    source = random.Random(20260101)  # noqa: S311  (a fixed sample, nothing secret)
    letters = [*map(chr, range(0x80)), *"กขคงจฉชซเแโใไำะัาิีึืุู็่้๊๋์", "😀", "\u2028", "\uffff", "\U0010ffff"]

    def text(size: int) -> str:
        return "".join(source.choices(letters, k=source.randrange(size)))

    def value(depth: int) -> Any:
        match source.randrange(4 if depth == 6 else 6):
            case 0:
                return text(20)
            case 1:
                return source.choice((None, True, False, 0, -1, MAX_INT, -MAX_INT))
            case 2:
                return source.randrange(-MAX_INT, MAX_INT)
            case 3:
                return source.randrange(100)
            case 4:
                return [value(depth + 1) for _ in range(source.randrange(4))]
            case _:
                keys = ("".join(source.choices(string.printable, k=source.randrange(8))) for _ in range(4))
                return {key: value(depth + 1) for key in keys}

    for _ in range(6000):
        sample = {key: value(1) for key in "zyxab"}
        assert encode(sample) == rfc8785.dumps(sample)


def test_every_character_is_escaped_as_in_rfc8785() -> None:
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    assert encode(characters, limit=8_000_000) == rfc8785.dumps(characters)


REFUSED_VALUES = [
    1.0,
    float("nan"),
    {"a": 1.5},
    MAX_INT + 1,
    -MAX_INT - 1,
    {"ก": 1},
    {1: 2},
    b"bytes",
    {"a": {1, 2}},
    "\ud800",
    {"\udc00": 1},
    [[[[[[[]]]]]]],
    "x" * MAX_BODY,
]


@pytest.mark.parametrize("value", REFUSED_VALUES, ids=lambda value: repr(value)[:30])
def test_encode_refuses_what_the_profile_excludes(value: Any) -> None:
    with pytest.raises(NotCanonicalError):
        encode(value)


REFUSED_BYTES = [
    b"",
    b" 1",
    b"1 ",
    b"1\n",
    b"[1, 2]",
    b'{"b":1,"a":2}',
    b'{"a":1,"a":1}',
    b'{"a":1,"a":2}',
    b"1.0",
    b"1.5",
    b"1e2",
    b"-0",
    b"01",
    b"+1",
    b"9007199254740992",
    b"-9007199254740992",
    b"1" * 5000,
    b'"\\u0e01"',
    b'"\\/"',
    b'"\\u000a"',
    b'"\\u001F"',
    b'"\x00"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'"\\ud83d\\ude00"',
    b'{"\xe0\xb8\x81":1}',
    b"NaN",
    b"Infinity",
    b"\xef\xbb\xbf1",
    b"[" * 7 + b"]" * 7,
    b"[" * 100_000,
    b"[" * 30_000 + b"]" * 30_000,
    b'"' + b"x" * MAX_BODY + b'"',
]


@pytest.mark.parametrize("data", REFUSED_BYTES, ids=lambda data: repr(data)[:30])
def test_decode_accepts_only_canonical_bytes(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        decode(data)


@pytest.mark.slow
@settings(max_examples=400)
@given(VALUES, st.data())
def test_both_readers_agree_on_altered_bytes(value: Any, data: st.DataObject) -> None:
    altered = bytearray(rfc8785.dumps(value))
    at = data.draw(st.integers(0, len(altered) - 1))
    altered[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    accepted = accepts(lambda: decode(bytes(altered)), NotCanonicalError)
    if accepted:
        assert rfc8785.dumps(decode(bytes(altered))) == altered
    try:
        text = altered.decode()
    except UnicodeDecodeError:
        assert not accepted
        return
    assert accepts(lambda: parse_canonical(text, "leaf"), Failed) == accepted


def accepts(read: Any, refusal: type[Exception]) -> bool:
    try:
        read()
    except refusal:
        return False
    return True


def test_encode_header_is_canonical_and_strict() -> None:
    data = encode_header(HEADER)
    assert data == rfc8785.dumps(msgspec.json.decode(data))
    assert decode_header(data) == HEADER
    assert set(msgspec.json.decode(data)) == {field.encode_name for field in msgspec.structs.fields(Header)}


def test_absent_fields_are_omitted() -> None:
    bare = msgspec.structs.replace(HEADER, room=None, seen=None, state=None, type="room.create")
    assert not {"room", "seen", "st"} & set(msgspec.json.decode(encode_header(bare)))
    assert decode_header(encode_header(bare)) == bare


def with_field(key: str, value: object) -> dict[str, Any]:
    return {**msgspec.json.decode(encode_header(HEADER)), key: value}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in with_field("v", 1).items() if name != key}


REFUSED_HEADERS = {
    "float in an unknown field": with_field("x", 1.5),
    "deep unknown field": with_field("x", [[[[[[]]]]]]),
    "Thai key": with_field("ก", 1),
    "null beside an unknown field": {**with_field("x", 1), "seen": None},
    "null st": with_field("st", None),
    "null seen": with_field("seen", None),
    "null room": with_field("room", None),
    "no room": without("room"),
    "room in create": with_field("ty", "room.create"),
    "float": with_field("ts", 1.5),
    "bool for int": {**with_field("v", 1), "os": True},
    "bool version": {**with_field("v", 1), "v": True},
    "version": with_field("v", 2),
    "negative": with_field("os", -1),
    "a length without a body": with_field("bc", NO_BODY),
    "a body without a length": with_field("bl", 0),
    "body too long": with_field("bl", MAX_BODY + 1),
    "rules 0": with_field("rv", 0),
    "short bc": with_field("bc", NO_BODY[:-1]),
    "long bc": with_field("bc", NO_BODY + "A"),
    "empty sender": with_field("sn", ""),
    "seen of three": with_field("seen", [1, "x" * 44, 1]),
    "seen as text": with_field("seen", "x"),
    "st as list": with_field("st", []),
    "float in st": with_field("st", {"a": 0.5}),
    "deep st": with_field("st", {"a": [[[[[]]]]]}),
    "Thai key in st": with_field("st", {"ก": 1}),
    **{f"without {key}": without(key) for key in ("bc", "bl", "id", "or", "os", "rv", "sn", "ts", "ty", "v")},
}


@pytest.mark.parametrize("name", REFUSED_HEADERS)
def test_both_readers_refuse_a_header_out_of_form(name: str) -> None:
    data = rfc8785.dumps(REFUSED_HEADERS[name])
    with pytest.raises(NotCanonicalError):
        decode_header(data)
    with pytest.raises(Failed):
        check_header(parse_canonical(data.decode(), "header", 1), 1)


@pytest.mark.parametrize(("time", "good"), [(FIRST_TIME - 1, False), (FIRST_TIME, True), (LAST_TIME, False)])
def test_both_readers_hold_times_to_be_within_the_same_years(time: int, *, good: bool) -> None:
    header = rfc8785.dumps({**with_field("ts", time), "bc": NO_BODY, "bl": 0})
    leaf = encode_leaf(header, hub_time=FIRST_TIME, n=1, registry=0)
    assert accepts(lambda: decode_header(header), NotCanonicalError) == good
    assert accepts(lambda: read_entry(leaf.decode(), 1), Failed) == good
    leaf = encode_leaf(encode_header(HEADER), hub_time=time, n=1, registry=0)
    assert accepts(lambda: decode_leaf(leaf), NotCanonicalError) == good
    assert accepts(lambda: read_entry(leaf.decode(), 1), Failed) == good


@pytest.mark.parametrize("key", ["a", "more", "zz"])
def test_a_key_of_a_later_release_is_read_over_by_both(key: str) -> None:
    data = rfc8785.dumps(with_field(key, {"deep": [None, "ไทย"]}))
    assert decode_header(data) == HEADER
    check_header(parse_canonical(data.decode(), "header", 1), 1)


def test_header_bytes_must_be_canonical() -> None:
    data = encode_header(HEADER)
    alterations = {
        b'"v":1': b'"v":1.0',
        b'"bl":312': b'"bl":9007199254740992',
        b'"os":87': b'"os": 87',
        b'"rv":1': b'"rv":1,"rv":1',
        b'"ty":"room.rename","v":1}': b'"v":1,"ty":"room.rename"}',
        b'"ty":"room': b'"ty":"\\u0072oom',
        b'"v":1}': b'"v":1}\n',
    }
    for old, new in alterations.items():
        assert old in data
        with pytest.raises(NotCanonicalError):
            decode_header(data.replace(old, new))


@pytest.mark.parametrize(
    "change",
    [
        {"state": {"a": 1.0}},
        {"state": {"a": "x" * MAX_HEADER}},
        {"counter": -1},
        {"sender": "\ud800"},
        {"room": None},
        {"commitment": "short"},
    ],
)
def test_a_header_no_replica_would_accept_is_never_encoded(change: dict[str, Any]) -> None:
    with pytest.raises(NotCanonicalError):
        encode_header(msgspec.structs.replace(HEADER, **change))
