"""Frames are read strictly: what one reader refuses every reader refuses, with the same reason."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.evidence.canonical import MAX_BODY, MAX_HEADER
from appliance.evidence.leaf import MAX_LEAF
from federation.protocol import frames
from federation.protocol.frames import (
    MAX_FRAME,
    MAX_FRAMES,
    MAX_ITEMS,
    MAX_LIST,
    TYPES,
    Ack,
    Frame,
    FrameError,
    FrameFault,
    Hello,
    Ping,
    Stmt,
    Submit,
    encode,
    encode_list,
    parse,
    parse_list,
)
from federation.protocol.strict_json import read_json
from tests.federation.frame_samples import FRAMES, NOTE, ROOM, SALT, SAMPLES, SEAL, entry, event, feed, hello, submit


def fault_of(data: bytes) -> FrameFault:
    with pytest.raises(FrameError) as refused:
        parse(data)
    return refused.value.code


def changed(frame: Frame, **fields: Any) -> bytes:
    """The frame's bytes with other values; `...` leaves a key out."""
    value = json.loads(encode(frame)) | fields
    return json.dumps({key: item for key, item in value.items() if item is not ...}).encode()


def test_there_is_a_sample_of_every_frame_and_each_has_its_own_tag() -> None:
    assert {type(frame) for frame in SAMPLES} == set(get_args(Frame))
    assert {kind.__struct_config__.tag for kind in get_args(Frame)} == TYPES


@pytest.mark.parametrize("frame", SAMPLES, ids=lambda frame: type(frame).__name__)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    assert parse(encode(frame)) == frame


@given(FRAMES)
def test_any_frame_is_read_as_it_was_written(frame: Frame) -> None:
    assert parse(encode(frame)) == frame


def test_a_frame_may_have_its_keys_in_any_order_and_white_space() -> None:
    assert parse(b' { "q" : 7 ,\n "t" : "ping" } ') == Ping(7)


def test_a_greeting_of_a_later_version_is_read() -> None:
    assert parse(changed(hello(), v=9, later={"a": [1]})) == hello(v=9)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", FrameFault.NOT_JSON),
        (b"nonsense", FrameFault.NOT_JSON),
        (b'{"t":"ping","q":1}x', FrameFault.NOT_JSON),
        (b'{"t":"ping","q":NaN}', FrameFault.NOT_JSON),
        (b'{"t":"ping","q":-Infinity}', FrameFault.NOT_JSON),
        (b'{"t":"ping","q":01}', FrameFault.NOT_JSON),
        (b'{"t":"ping","q":1,}', FrameFault.NOT_JSON),
        (b'{"t":"bye","why":"a\nb"}', FrameFault.NOT_JSON),
        (b'{"t":"bye","why":"\xff"}', FrameFault.NOT_JSON),
        (b'{"t":"bye","why":"\xed\xa0\x80"}', FrameFault.NOT_JSON),
        (b'\xef\xbb\xbf{"t":"ping","q":1}', FrameFault.NOT_JSON),
        ('{"t":"ping","q":1}'.encode("utf-16"), FrameFault.NOT_JSON),
        (b'{"t":"ping","q":1,"q":1}', FrameFault.DUPLICATE_KEY),
        (b'{"t":"ping","t":"bye","q":1}', FrameFault.DUPLICATE_KEY),
        (b'{"t":"ping","\\u0071":1,"q":1}', FrameFault.DUPLICATE_KEY),
        (b'{"t":"ping","q":1.0}', FrameFault.FLOAT),
        (b'{"t":"ping","q":1e2}', FrameFault.FLOAT),
        (b'{"t":"ping","q":-0}', FrameFault.NUMBER),
        (b'{"t":"ping","q":9007199254740992}', FrameFault.NUMBER),
        (b'{"t":"ping","q":-9007199254740992}', FrameFault.NUMBER),
        (b'{"t":"ping","q":' + b"9" * 5_000 + b"}", FrameFault.NUMBER),
        (b'{"t":"ping","q":-1}', FrameFault.SHAPE),
        (b'{"t":"ping","q":true}', FrameFault.SHAPE),
        (b'{"t":"ping","q":"1"}', FrameFault.SHAPE),
        (b'{"t":"ping","q":null}', FrameFault.SHAPE),
        (b'{"t":"ping"}', FrameFault.SHAPE),
        (b'{"t":"ping","q":1,"x":1}', FrameFault.SHAPE),
        (b'{"t":1,"q":1}', FrameFault.SHAPE),
        (b'{"q":1}', FrameFault.SHAPE),
        (b"[]", FrameFault.SHAPE),
        (b"7", FrameFault.SHAPE),
        (b'{"t":"pong ","q":1}', FrameFault.UNKNOWN_TYPE),
        (b'{"t":"","q":1}', FrameFault.UNKNOWN_TYPE),
        (b'{"t":"bye","why":"a\\u0000b"}', FrameFault.TEXT),
        (b'{"t":"bye","why":"\\ud800"}', FrameFault.TEXT),
        (b'{"t":"bye","why":"\\udc00\\ud800"}', FrameFault.TEXT),
        (b'{"t":"hello","\\ud800":1}', FrameFault.TEXT),
        (b'{"t":"bye","why":"a\\n"}', FrameFault.SHAPE),
        (b'{"t":"bye","why":"A"}', FrameFault.SHAPE),
    ],
)
def test_what_is_no_frame_is_refused_with_its_reason(data: bytes, fault: FrameFault) -> None:
    assert fault_of(data) is fault


@pytest.mark.parametrize(
    ("frame", "fields", "fault"),
    [
        (hello(), {"v": 0}, FrameFault.SHAPE),
        (hello(), {"ag": "MOPH"}, FrameFault.SHAPE),
        (hello(), {"ag": "moph\n"}, FrameFault.SHAPE),
        (hello(), {"ag": ...}, FrameFault.SHAPE),
        (hello(), {"now": 1}, FrameFault.SHAPE),
        (hello(), {"cred": 33}, FrameFault.SHAPE),
        (hello(), {"recv": {"MOC": 1}}, FrameFault.SHAPE),
        (hello(), {"recv": {f"a{number}": 1 for number in range(65)}}, FrameFault.TOO_MANY),
        (submit(1), {"ev": []}, FrameFault.SHAPE),
        (submit(1), {"room": "r_1"}, FrameFault.SHAPE),
        (submit(1), {"room": ROOM.upper()}, FrameFault.SHAPE),
        (feed(1), {"low": ...}, FrameFault.SHAPE),
        (feed(1), {"cp": ""}, FrameFault.SHAPE),
        (SAMPLES[2], {"r": [{"id": "a", "n": 1, "err": "no"}]}, FrameFault.SHAPE),
        (SAMPLES[2], {"r": [{"id": "a"}]}, FrameFault.SHAPE),
        (SAMPLES[2], {"r": [{"id": "a b", "n": 1}]}, FrameFault.SHAPE),
        (SAMPLES[7], {"k": "other"}, FrameFault.SHAPE),
        (SAMPLES[9], {"ms": 0}, FrameFault.SHAPE),
        (SAMPLES[9], {"ms": 300_001}, FrameFault.SHAPE),
        (Ack(1), {"cos": ["x"] * 65}, FrameFault.TOO_MANY),
    ],
)
def test_fields_have_bounds(frame: Frame, fields: dict[str, Any], fault: FrameFault) -> None:
    assert fault_of(changed(frame, **fields)) is fault


@pytest.mark.parametrize(("fields"), [{"s": None}, {"b": None}])
def test_salt_and_body_go_together(fields: dict[str, Any]) -> None:
    for name, item in (("ev", event()), ("ent", entry())):
        frame = submit(1) if name == "ev" else feed(1)
        assert fault_of(changed(frame, **{name: [msgspec.to_builtins(item) | fields]})) is FrameFault.SHAPE


def test_a_frame_has_a_largest_size() -> None:
    data = encode(Ping(1))
    assert parse(data + b" " * (MAX_FRAME - len(data))) == Ping(1)
    assert fault_of(data + b" " * (MAX_FRAME - len(data) + 1)) is FrameFault.TOO_LARGE
    with pytest.raises(FrameError, match="too_large"):
        encode(submit(1, events=64, body="x" * 20_000))


def test_a_frame_has_at_most_so_many_items() -> None:
    assert parse(encode(submit(1, events=MAX_ITEMS))) == submit(1, events=MAX_ITEMS)
    assert fault_of(encode(submit(1, events=MAX_ITEMS + 1))) is FrameFault.TOO_MANY
    assert fault_of(encode(feed(1, entries=MAX_ITEMS + 1))) is FrameFault.TOO_MANY


@pytest.mark.parametrize(
    ("name", "key", "limit"),
    [("ev", "h", MAX_HEADER), ("ev", "b", MAX_BODY), ("ent", "l", MAX_LEAF), ("ent", "b", MAX_BODY)],
)
def test_texts_are_bounded_in_bytes(name: str, key: str, limit: int) -> None:
    frame: Frame = submit(1) if name == "ev" else feed(1)
    item = msgspec.to_builtins(event() if name == "ev" else entry())
    for letter, size in (("x", 1), ("ก", 3), ("\U0001f600", 4)):
        most = limit // size
        parse(changed(frame, **{name: [item | {key: letter * most}]}))
        assert fault_of(changed(frame, **{name: [item | {key: letter * (most + 1)}]})) is FrameFault.TOO_LARGE


def test_nesting_is_bounded() -> None:
    def nested(levels: int) -> bytes:
        return b'{"t":"hello","x":' + b"[" * levels + b"]" * levels + b"}"

    assert fault_of(nested(5)) is FrameFault.SHAPE
    assert fault_of(nested(6)) is FrameFault.DEPTH
    assert fault_of(nested(sys.getrecursionlimit() * 2)) is FrameFault.DEPTH
    assert fault_of(b"[" * MAX_FRAME) is FrameFault.DEPTH
    assert fault_of(b'{"a":' * 100_000) is FrameFault.DEPTH


@given(st.binary(max_size=200))
@example(b"\0")
def test_any_bytes_raise_nothing_but_the_error(data: bytes) -> None:
    for read in (parse, parse_list):
        with contextlib.suppress(FrameError):
            read(data)


@given(frame=FRAMES, data=st.data())
def test_damaged_frames_raise_nothing_but_the_error(frame: Frame, data: st.DataObject) -> None:
    """Every frame with a few bytes put in, taken out or altered is refused, or is read as it would be written."""
    spoiled = bytearray(encode(frame))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spoiled)))
        spoiled[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from((b"", b'"', b"{", b"[", b"\\u0000", b"\\ud800", b"1e3", b"-", b"\xff", b",", b'"q":1,'))
        )
    try:
        read = parse(bytes(spoiled))
    except FrameError:
        return
    assert parse(encode(read)) == read


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(frame=st.sampled_from(SAMPLES), key=st.text(max_size=4), value=_VALUES, data=st.data())
def test_any_value_of_any_field_raises_nothing_but_the_error(
    frame: Frame, key: str, value: object, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from([*json.loads(encode(frame)), key]))
    written = json.dumps(json.loads(encode(frame)) | {chosen: value}).encode()
    try:
        read = parse(written)
    except FrameError:
        return
    assert type(read) is not Hello or parse(encode(read)) == read


def test_what_is_read_grows_with_the_bytes_alone() -> None:
    """Counted in the calls of the interpreter, which no busy machine changes: twice the bytes, at most twice the work.

    A little more is allowed for what a frame costs once.
    """
    makers: dict[str, Callable[[int], bytes]] = {
        "events": lambda size: encode(submit(1, events=size)),
        "objects": lambda size: b'{"t":"hello","x":[' + b",".join([b'{"a":1}'] * size) + b"]}",
        "digits": lambda size: b'{"t":"ping","q":' + b"1" * size * 100 + b"}",
        "keys": lambda size: b'{"t":"hello",' + b",".join(b'"k%d":1' % n for n in range(size)) + b"}",
        "escapes": lambda size: b'{"t":"bye","why":"' + b"\\u0e01" * size * 100 + b'"}',
    }
    for name, make in makers.items():
        small, large = (_calls(make(size)) for size in (32, 64))
        assert large <= 2 * small + 10, name


def _calls(data: bytes) -> int:
    count = 0

    def counted(_frame: object, kind: str, _argument: object) -> None:
        nonlocal count
        count += kind in ("call", "c_call")

    sys.setprofile(counted)
    try:
        parse(data)
    except FrameError:
        pass
    finally:
        sys.setprofile(None)
    return count


def test_a_frame_that_nobody_would_read_is_not_written() -> None:
    with pytest.raises(FrameError, match="text"):
        encode(Stmt("\ud800"))
    with pytest.raises(FrameError, match="shape"):
        encode(Submit(1, ROOM, (msgspec.structs.replace(event(), s=None),)))
    with pytest.raises(FrameError, match="too_large"):
        encode(Submit(1, ROOM, (msgspec.structs.replace(event(), h="x" * (MAX_HEADER + 1)),)))


def test_the_detail_of_an_error_is_short_and_ascii() -> None:
    with pytest.raises(FrameError) as refused:
        parse(json.dumps({"t": "ก\n" * 10_000}).encode())
    assert refused.value.code is FrameFault.UNKNOWN_TYPE
    assert refused.value.detail.isascii()
    assert refused.value.detail.isprintable()
    assert len(refused.value.detail) < 2_100
    assert str(FrameError(FrameFault.FLOAT)) == "float"


def test_a_list_of_frames_is_read_as_it_was_written() -> None:
    assert parse_list(encode_list([encode(frame) for frame in SAMPLES])) == list(SAMPLES)
    assert parse_list(b" [ ] ") == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"{}", FrameFault.SHAPE),
        (b"[", FrameFault.NOT_JSON),
        (b"[1]", FrameFault.SHAPE),
        (b'[{"t":"ping","q":1},{"t":"ping","q":1,"q":1}]', FrameFault.DUPLICATE_KEY),
        (b'[{"t":"ping","q":1}]]', FrameFault.NOT_JSON),
        (b"[" + b"[" * 100_000, FrameFault.DEPTH),
        (b"[" + b",".join([b'{"t":"ping","q":1}'] * (MAX_FRAMES + 1)) + b"]", FrameFault.TOO_MANY),
        (b"[" + b" " * MAX_LIST + b"]", FrameFault.TOO_LARGE),
        (b'["' + b"x" * MAX_FRAME + b'"]', FrameFault.TOO_LARGE),
    ],
)
def test_what_is_no_list_of_frames_is_refused(data: bytes, fault: FrameFault) -> None:
    with pytest.raises(FrameError) as refused:
        parse_list(data)
    assert refused.value.code is fault


def test_a_list_that_is_too_much_is_not_written() -> None:
    with pytest.raises(FrameError, match="too_many"):
        encode_list([b"{}"] * (MAX_FRAMES + 1))
    with pytest.raises(FrameError, match="too_large"):
        encode_list([b" " * MAX_FRAME] * 5)


def test_strict_json_is_bounded_by_what_its_caller_says() -> None:
    assert read_json(b'{"a":[1,"x",null,true]}', 23) == {"a": [1, "x", None, True]}
    with pytest.raises(FrameError, match="too_large"):
        read_json(b'{"a":[1,"x",null,true]}', 22)


def test_bounds_of_frames_hold_what_the_log_makes() -> None:
    """The largest event and the largest entry fit into a frame, so nothing the log accepts cannot travel."""
    most = Submit(1, ROOM, (msgspec.structs.replace(event(), h='"' * MAX_HEADER, b='"' * MAX_BODY),))
    assert parse(encode(most)) == most
    largest = frames.Feed(1, 1, ROOM, (frames.FeedEntry('"' * MAX_LEAF, SALT, '"' * MAX_BODY),), NOTE)
    assert parse(encode(largest)) == largest
    assert SEAL in {item.seal for item in most.ev}
