"""Frames for tests: one of each type, and Hypothesis strategies that make any."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from appliance.evidence.canonical import FIRST_TIME, LAST_TIME, MAX_INT
from appliance.evidence.seal import Seal
from federation.protocol.frames import (
    MAX_CREDIT,
    MAX_PAUSE_MS,
    Ack,
    Busy,
    Bye,
    Eph,
    Feed,
    FeedEntry,
    Frame,
    Hello,
    Ping,
    Pong,
    Res,
    Result,
    Stmt,
    Submit,
    SubmitEvent,
)

NOW: Final = 1_790_000_000_000
ROOM: Final = "r_" + "a" * 26
OTHER_ROOM: Final = "r_" + "b" * 26
SEAL: Final = Seal(0, "gw-2026a", 1, (), "A" * 86)
SALT: Final = "A" * 22
PERSON: Final = "p_1@moph"
HEADER: Final = '{"id":"E1","or":"moph"}'
NOTE: Final = "gchat.test/room/r_/e1\n1\nAAAA\n\n\u2014 gchat.test/a/moc/log AAAA\n"


def event(body: str | None = '{"text":"สวัสดี"}') -> SubmitEvent:
    return SubmitEvent(HEADER, SEAL, None if body is None else SALT, body)


def entry(body: str | None = '{"text":"สวัสดี"}') -> FeedEntry:
    return FeedEntry('{"h":"{}","n":0}', None if body is None else SALT, body)


def submit(q: int, room: str = ROOM, events: int = 1, body: str = "{}") -> Submit:
    return Submit(q, room, (event(body),) * events)


def feed(pos: int, room: str = ROOM, entries: int = 1, body: str = "{}") -> Feed:
    return Feed(pos, pos, room, (entry(body),) * entries, NOTE)


def hello(agency: str = "moph", **fields: int) -> Hello:
    return Hello(**{"v": 1, "ag": agency, "reg": 412, "ts": 8123, "now": NOW, "recv": {"moc": 99}, **fields})  # type: ignore[arg-type]


SAMPLES: Final[tuple[Frame, ...]] = (
    hello(),
    Submit(551, ROOM, (event(), event(None))),
    Res(551, (Result("01JD", n=1201), Result("01JE", err="not_member"))),
    Feed(99876, 99870, ROOM, (entry(), entry(None)), NOTE),
    Ack(99876, ("\u2014 gchat.test/a/moph/wit AAAA",), 31),
    Eph(ROOM, "typing", PERSON, NOW + 8_000),
    Eph(ROOM, "call", PERSON, NOW + 30_000, ("p_2@moc",), '{"sdp":"v=0"}'),
    Stmt('{"k":"gw-2026a","payload":"{}","s":"","type":"gchat-user-revoked-v1"}'),
    Stmt('{"signatures":[],"signed":{}}', "registry"),
    Busy(2_000),
    Ping(7),
    Pong(7, NOW),
    Bye("registry_status"),
)

_count = st.integers(0, MAX_INT)
_time = st.integers(FIRST_TIME, LAST_TIME - 1)
_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
_some_text = _text.filter(bool)
_slug = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True)
_room = st.from_regex(r"r_[a-z2-7]{26}", fullmatch=True)
_code = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
_id = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
_person = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=3, max_size=20)
_credit = st.integers(0, MAX_CREDIT)
_base64 = "ABCxyz019-_"
_seal = st.builds(
    Seal,
    i=st.integers(0, 63),
    k=st.text("gw-0123456789", min_size=1, max_size=32),
    n=st.integers(1, 64),
    p=st.lists(st.text(_base64, min_size=43, max_size=43), max_size=6).map(tuple),
    s=st.text(_base64, min_size=86, max_size=86),
)
_sealed = st.one_of(st.tuples(st.text(_base64, min_size=22, max_size=22), _text), st.just((None, None)))
_event = st.tuples(_text, _seal, _sealed).map(lambda parts: SubmitEvent(parts[0], parts[1], *parts[2]))
_entry = st.tuples(_text, _sealed).map(lambda parts: FeedEntry(parts[0], *parts[1]))
_result = st.one_of(st.builds(Result, id=_id, n=_count), st.builds(Result, id=_id, err=_code))

FRAMES: Final[st.SearchStrategy[Frame]] = st.one_of(
    st.builds(
        Hello,
        v=st.integers(1, 1_000_000),
        ag=_slug,
        reg=_count,
        ts=_count,
        now=_time,
        recv=st.dictionaries(_slug, _count, max_size=4),
        seq=_count,
        cred=_credit,
    ),
    st.builds(Submit, q=_count, room=_room, ev=st.lists(_event, min_size=1, max_size=4).map(tuple)),
    st.builds(Res, q=_count, r=st.lists(_result, min_size=1, max_size=4).map(tuple)),
    st.builds(
        Feed, pos=_count, low=_count, room=_room, ent=st.lists(_entry, min_size=1, max_size=4).map(tuple), cp=_some_text
    ),
    st.builds(Ack, pos=_count, cos=st.lists(_some_text, max_size=4).map(tuple), cred=_credit),
    st.builds(Eph, room=_room, k=_code, u=_person, exp=_time, to=st.lists(_person, max_size=3).map(tuple), d=_text),
    st.builds(Stmt, s=_some_text, k=st.sampled_from(("statement", "registry"))),
    st.builds(Busy, ms=st.integers(1, MAX_PAUSE_MS)),
    st.builds(Ping, q=_count),
    st.builds(Pong, q=_count, now=_time),
    st.builds(Bye, why=_code),
)
