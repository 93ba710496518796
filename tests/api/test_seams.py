"""The seams, driven through the API: a kind of room and two types of entry, each added by rows alone.

`board` is a room in which its owner alone posts, `sealed_pair` a second kind of private chat: one row of
`rules/policy.py` each. `whisper` is a message that one member alone is shown, until a time: one row of
`rules/entry_types.py` and one of `log/views.py`. So is `poll`, whose body is no text: it has a question and options.
Nothing else of the product knows of any of them. Whoever adds a real one adds its name to `model.py`, and its rows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from appliance.actions import evidence
from appliance.api.app import STAFF
from appliance.errors import TooLarge
from appliance.log import views
from appliance.log.commands import Command
from appliance.log.waiting import weight_of
from appliance.model import (
    Ability,
    Draft,
    EntryType,
    Home,
    Millis,
    PersonId,
    Principal,
    RoomId,
    RoomKind,
    State,
    TextBody,
)
from appliance.reads.history import history_id_at
from appliance.reads.search_batch import fresh_batch, stored_batch
from appliance.rules import entry_types, messages
from appliance.rules.entry_types import EntryKind
from appliance.rules.policy import CHAT_KIND, POLICIES, Who
from appliance.rules.roles import Actor
from appliance.wire.committed import Committed
from appliance.wire.common import Answer
from appliance.wire.entries import Reactable
from appliance.wire.messages import BodyView, Edited
from tests.agency import Agency, Client, indexed, new_txn, search_process, serve
from tests.made_files import an_upload
from tests.sql import all_rows

WORDS: Final = "ผลตรวจอยู่ที่โต๊ะท่าน"
DAY_MS: Final = 86_400_000


def name(monkeypatch: pytest.MonkeyPatch, names: type[StrEnum], value: str) -> Any:
    """Add a name to a closed set for one test, as a line of `model.py` would for good."""
    member = str.__new__(names, value)
    member._name_, member._value_ = value.upper(), value
    monkeypatch.setitem(names._member_map_, member.name, member)
    monkeypatch.setitem(names._value2member_map_, value, member)
    monkeypatch.setattr(names, "_member_names_", [*names._member_names_, member.name])
    return member


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> RoomKind:
    """A kind of room in which its owner alone posts."""
    kind: RoomKind = name(monkeypatch, RoomKind, "board")
    monkeypatch.setitem(POLICIES, kind, replace(POLICIES[RoomKind.GROUP], may_post=Who.OWNER))
    return kind


class WhisperEvent(Reactable, kw_only=True, tag="message.whisper"):  # type: ignore[misc] # frozen by its base, as in `wire`
    """A whisper on the wire."""

    body: BodyView | None = None
    edited: Edited | None = None
    until: int


@pytest.fixture
def safe(monkeypatch: pytest.MonkeyPatch) -> RoomKind:
    """A kind of room whose words have keys of their own kind, are not searched and stay in the agency."""
    kind: RoomKind = name(monkeypatch, RoomKind, "safe")
    policy = replace(POLICIES[RoomKind.GROUP], body_key="secret", searchable=False, federates=False)
    monkeypatch.setitem(POLICIES, kind, policy)
    return kind


@pytest.fixture
def sealed_pair(monkeypatch: pytest.MonkeyPatch) -> RoomKind:
    """A kind of private chat whose words have keys of their own kind and are not searched."""
    kind: RoomKind = name(monkeypatch, RoomKind, "sealed_pair")
    monkeypatch.setitem(POLICIES, kind, replace(POLICIES[CHAT_KIND], body_key="secret", searchable=False))
    return kind


@dataclass(frozen=True, slots=True)
class Whispered(State):
    """Words for one member, until a time."""

    to: Principal
    until: Millis
    everyone: bool = False


def _is_for(state: Whispered, _sender: Principal, viewer: Principal, now: Millis) -> bool:
    return viewer == state.to and now < state.until


def _view(common: dict[str, Any], state: Whispered, words: views.Words, home: Home) -> Any:
    body = views.text_view(state, words, home)
    return WhisperEvent(**common, until=state.until, body=body, hidden=words.hidden, edited=words.edited)


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> EntryType:
    """A type of entry that is shown to one member alone."""
    kind: EntryType = name(monkeypatch, EntryType, "message.whisper")
    row = EntryKind(
        state=Whispered,
        may=lambda *_: None,
        shown_to=_is_for,
        body=TextBody,
        takes=frozenset(Ability),
        mentions=messages.mentioned,
        message=True,
        words=lambda body: body.text,
    )
    monkeypatch.setitem(entry_types.ENTRY_TYPES, kind, row)
    monkeypatch.setitem(views.VIEWS, kind, _view)
    return kind


class PollBody(NamedTuple):
    """What a poll asks: neither a text nor people."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked(State):
    """A poll that takes votes until a time."""

    until: Millis


class PollView(Answer, kw_only=True, tag="poll"):  # type: ignore[misc] # frozen by its base, as in `wire`
    """The body of a poll on the wire."""

    question: str
    options: list[str]


class PollEvent(Reactable, kw_only=True, tag="poll.create"):  # type: ignore[misc] # frozen by its base, as in `wire`
    """A poll on the wire."""

    body: PollView | None = None
    until: int


def _poll_view(common: dict[str, Any], state: Asked, words: views.Words, _home: Home) -> Any:
    body = words.body
    asked = None if body is None else PollView(question=body.question, options=list(body.options))
    return PollEvent(**common, until=state.until, body=asked, hidden=words.hidden)


@pytest.fixture
def poll(monkeypatch: pytest.MonkeyPatch) -> EntryType:
    """A type of entry with a body of its own."""
    kind: EntryType = name(monkeypatch, EntryType, "poll.create")
    row = EntryKind(
        state=Asked,
        may=lambda *_: None,
        shown_to=entry_types.to_everyone,
        body=PollBody,
        takes=frozenset((Ability.ANSWER, Ability.REACT, Ability.RETRACT)),
        message=True,
        words=lambda body: body.question,
    )
    monkeypatch.setitem(entry_types.ENTRY_TYPES, kind, row)
    monkeypatch.setitem(views.VIEWS, kind, _poll_view)
    return kind


async def ask(agency: Agency, kind: EntryType, room: RoomId, sender: PersonId) -> int:
    """Append a poll; return its position."""
    body, state = PollBody(WORDS, ("จันทร์", "อังคาร")), Asked(agency.clock() + DAY_MS)
    draft = Draft(room, agency.services.log.home.principal(sender), kind, new_txn(), body=body, state=state)
    [sent] = await agency.services.log.append(draft)
    return sent.n


async def test_a_type_whose_body_is_no_text_is_a_message_like_others(running: Agency, poll: EntryType) -> None:
    narin, lalita, s = await running.login("narin.p"), await running.login("lalita.w"), running.services
    room = await group(narin, lalita, await running.login("somchai.j"))
    since, before = (await lalita.get("/sync"))["pos"], s.log.feed.pos
    heard = list[Committed]()
    s.log.feed.followers.append(heard.append)
    async with lalita.stream() as stream:
        n = await ask(running, poll, room, narin.person)
        live = await stream.event("poll.create", n=n)
    asked = {"type": "poll", "question": WORDS, "options": ["จันทร์", "อังคาร"]}
    for place, event in {"live": live, **await seen(lalita, room, n, since)}.items():
        assert (event["type"], event["body"]) == ("poll.create", asked), place
    await lalita.put(f"/rooms/{room}/messages/{n}/reactions/👍")
    await lalita.say(room, "รับทราบ", reply_to=n)
    history = (await lalita.get(f"/rooms/{room}/messages/{n}/history"))["versions"]
    assert [(version["n"], version["body"]) for version in history] == [(n, asked)]
    stored = {(one.room, one.n): one.text for one in (await stored_batch(s, before)).entries}
    assert stored[room, n] == WORDS
    fresh = fresh_batch(heard, before, await history_id_at(s, before))
    assert fresh is not None
    assert {(one.room, one.n): one.text for one in fresh.entries} == stored
    lines = await exported(running, room)
    assert lines.withheld == ()
    assert WORDS.encode() in lines.data
    await narin.delete(f"/rooms/{room}/messages/{n}")
    [gone] = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    assert (gone["hidden"], gone.get("body")) == ("retracted", None)


async def test_a_body_that_is_no_text_weighs_what_its_texts_have(running: Agency, poll: EntryType) -> None:
    room, who = running.room("dengue"), running.services.log.home.principal(running.person("narin.p"))
    long = PollBody("ก" * 30, ("ข" * 20, "ค" * 10))
    draft = Draft(room, who, poll, new_txn(), body=long, state=Asked(0))
    assert weight_of(Command((draft,), lambda _: None)) == 60
    over = draft._replace(body=PollBody("ก" * 30_000, ("ข",)))
    with pytest.raises(TooLarge):
        await running.services.log.append(over)


async def test_in_a_kind_of_room_that_is_one_row_its_owner_alone_posts(running: Agency, board: RoomKind) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    people = [lalita.person, running.person("somchai.j")]
    asked = {"txn_id": new_txn(), "kind": board, "name": "ประกาศกองระบาดวิทยา", "members": people}
    made = (await narin.post("/rooms", asked))["room"]
    room = made["id"]
    assert (made["kind"], "post" in made["denied"]) == ("board", False)
    sent = await narin.say(room, "ขอเชิญประชุม")
    body = {"txn_id": new_txn(), "type": "text", "body": {"text": "รับทราบ"}}
    await lalita.refused("POST", f"/rooms/{room}/messages", body, status=403, code="not_owner")
    async with lalita.stream() as stream:
        await stream.send("send", room=room, txn_id="x", body={"text": "รับทราบ"})
        assert (await stream.answer("x"))["error"]["code"] == "not_owner"
    view = (await lalita.get(f"/rooms/{room}"))["room"]
    assert {action: view["denied"].get(action) for action in ("post", "mention_everyone", "suggest")} == {
        "post": "not_owner",
        "mention_everyone": "not_owner",
        "suggest": None,
    }
    await lalita.put(f"/rooms/{room}/messages/{sent['n']}/reactions/👍")
    page = (await lalita.get(f"/rooms/{room}/messages"))["messages"]
    assert [event["body"]["text"] for event in page if event["type"] == "message.text"] == ["ขอเชิญประชุม"]


async def test_a_kind_without_a_row_makes_no_room(running: Agency) -> None:
    narin = await running.login("narin.p")
    asked = {"txn_id": new_txn(), "kind": "board", "name": "ประกาศ", "members": [running.person("lalita.w")]}
    await narin.refused("POST", "/rooms", asked, status=400, code="invalid")


async def kinds_of_keys(agency: Agency, *rooms: str) -> dict[str, str]:
    """Return of which kind the keys are that seal what is written in these two rooms."""
    sql = "SELECT DISTINCT r.id, k.kind FROM epoch_key k JOIN room r ON r.key = k.room WHERE r.id IN (?, ?)"
    async with agency.services.store.read() as reader:
        return dict(await reader.run(all_rows, sql, rooms))


async def test_a_kind_of_room_has_its_own_keys_and_is_not_searched(running: Agency, safe: RoomKind) -> None:
    narin, s = await running.login("narin.p"), running.services
    before, heard = s.log.feed.pos, list[Committed]()
    s.log.feed.followers.append(heard.append)
    asked = {"name": "งานลับ", "members": [running.person("lalita.w"), running.person("somchai.j")]}
    made = list[str]()
    for kind in (safe, RoomKind.GROUP):
        room = (await narin.post("/rooms", {**asked, "txn_id": new_txn(), "kind": kind}))["room"]["id"]
        made.append(room)
        await narin.say(room, WORDS)
        sent = await narin.say(room, "ครั้งที่สอง")
        await narin.patch(f"/rooms/{room}/messages/{sent['n']}", {"txn_id": new_txn(), "body": {"text": "แก้ไข"}})
        assert (await narin.get(f"/rooms/{room}/messages"))["messages"][1]["body"]["text"] == "แก้ไข"
    assert await kinds_of_keys(running, *made) == {made[0]: "secret", made[1]: "text"}
    stored = await stored_batch(s, before)
    assert {entry.room for entry in stored.entries} == {made[1]}
    edit = next(n for n, one in enumerate(heard) if any(event.type == "message.edit" for event in one.rooms[0].events))
    fresh = fresh_batch(heard[:edit], before, await history_id_at(s, before))
    assert fresh is not None
    assert fresh.entries == []


async def test_two_people_have_a_private_chat_of_each_kind(running: Agency, sealed_pair: RoomKind) -> None:
    narin, lalita = await running.login("narin.p"), await running.login("lalita.w")
    before, views = running.services.log.feed.pos, list[dict[str, Any]]()
    for kind in (sealed_pair, CHAT_KIND):
        for who, other in ((narin, lalita), (lalita, narin)):
            asked = {"txn_id": new_txn(), "kind": kind, "members": [other.person]}
            views.append((await who.post("/rooms", asked))["room"])
    sealed, again, open_chat, _ = [view["id"] for view in views]
    assert [view["kind"] for view in views] == ["sealed_pair"] * 2 + ["direct"] * 2
    assert [view["id"] for view in views] == [sealed, sealed, open_chat, open_chat]
    assert again != open_chat
    await narin.say(sealed, WORDS)
    written = {"txn_id": new_txn(), "body": {"text": WORDS}}
    assert (await narin.post(f"/people/{lalita.person}/messages", written))["room"] == open_chat
    assert await kinds_of_keys(running, sealed, open_chat) == {sealed: "secret", open_chat: "text"}
    stored = await stored_batch(running.services, before)
    assert {entry.room for entry in stored.entries} == {open_chat}
    listed = {view["id"]: view["kind"] for view in (await lalita.get("/rooms"))["rooms"]}
    assert (listed[sealed], listed[open_chat]) == ("sealed_pair", "direct")


async def test_chats_that_begin_at_once_are_one_of_each_kind(running: Agency, sealed_pair: RoomKind) -> None:
    narin, other = await running.login("narin.p"), running.person("lalita.w")
    kinds = (sealed_pair, sealed_pair, CHAT_KIND, CHAT_KIND)
    asked = [{"txn_id": new_txn(), "kind": kind, "members": [other]} for kind in kinds]
    made = await asyncio.gather(*(narin.post("/rooms", body) for body in asked))
    sealed, sealed_again, open_chat, open_again = [answer["room"]["id"] for answer in made]
    assert (sealed, open_chat) == (sealed_again, open_again)
    assert sealed != open_chat


async def say_to(agency: Agency, kind: EntryType, room: RoomId, sender: PersonId, to: PersonId) -> int:
    """Append a whisper, for a day; return its position."""
    home = agency.services.log.home
    members = (await agency.services.log.head(room)).state.members
    body = TextBody(WORDS, mentions=tuple(members))
    state = Whispered(home.principal(to), agency.clock() + DAY_MS, everyone=True)
    draft = Draft(room, home.principal(sender), kind, new_txn(), body=body, state=state)
    [sent] = await agency.services.log.append(draft)
    return sent.n


async def seen(who: Client, room: RoomId, n: int, since: str) -> dict[str, dict[str, Any]]:
    """Return an entry as somebody sees it on a page, around it, in the sync, on a stream that reads it."""
    pages = [await who.get(f"/rooms/{room}/messages", limit=5), await who.get(f"/rooms/{room}/messages", around=n)]
    synced = (await who.get("/sync", since=since))["events"]
    found = {
        "page": next(event for event in pages[0]["messages"] if event["n"] == n),
        "around": next(event for event in pages[1]["messages"] if event["n"] == n),
        "sync": next(event for event in synced if event.get("n") == n and event.get("room") == room),
    }
    async with who.stream(since) as stream:
        return {**found, "stream": await stream.event(found["sync"]["type"], n=n)}


async def group(owner: Client, *others: Client) -> RoomId:
    """Make a group of these people."""
    people = [one.person for one in others]
    asked = {"txn_id": new_txn(), "kind": "group", "name": "งานสารบรรณ", "members": people}
    return RoomId((await owner.post("/rooms", asked))["room"]["id"])


async def test_an_entry_for_one_member_is_hidden_from_all_others(running: Agency, whisper: EntryType) -> None:
    narin, lalita, somchai = [await running.login(user) for user in ("narin.p", "lalita.w", "somchai.j")]
    room = await group(narin, lalita, somchai)
    since = (await narin.get("/sync"))["pos"]
    async with lalita.stream() as hers, somchai.stream() as others:
        n = await say_to(running, whisper, room, narin.person, lalita.person)
        live = await hers.event("message.whisper", n=n)
        passed = await others.event("hidden", n=n)
    assert live["body"]["text"] == WORDS
    assert set(passed) == {"type", "at", "room", "n", "hidden"}
    assert passed["hidden"] == "not_shown"
    views = [(await who.get(f"/rooms/{room}"))["room"] for who in (lalita, somchai)]
    assert [(view["mentions"], view["unread"], view["last"]["n"]) for view in views] == [(1, 2, n), (0, 1, 1)]
    [listed] = [view for view in (await somchai.get("/rooms"))["rooms"] if view["id"] == room]
    assert (listed["mentions"], listed["unread"], listed["last"]["n"]) == (0, 1, 1)
    snapshot = (await somchai.get("/sync"))["events"]
    assert WORDS not in json.dumps(snapshot, ensure_ascii=False)
    for place, event in (await seen(lalita, room, n, since)).items():
        assert event["body"]["text"] == WORDS, place
    for who in (somchai, narin):
        for place, event in (await seen(who, room, n, since)).items():
            assert (event["type"], event["hidden"]) == ("hidden", "not_shown"), place
            assert WORDS not in json.dumps(event, ensure_ascii=False), place
        for what in ("history", "readers"):
            await who.refused("GET", f"/rooms/{room}/messages/{n}/{what}", status=404, code="not_found")
    readers = await lalita.get(f"/rooms/{room}/messages/{n}/readers")
    assert [reader["person"] for reader in readers["unread"]] == [lalita.person]
    running.clock.pass_(days=1)
    [late] = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    assert late["hidden"] == "not_shown"
    await lalita.refused("GET", f"/rooms/{room}/messages/{n}/readers", status=404, code="not_found")
    view = (await lalita.get(f"/rooms/{room}"))["room"]
    assert (view["mentions"], view["unread"], view["last"]["n"]) == (0, 1, 1)


async def test_no_route_that_reads_tells_of_a_hidden_entry(running: Agency, whisper: EntryType) -> None:
    """Every route is called, also one that is added later: a part of a path that is not known here fails the test."""
    somchai, lalita = await running.login("somchai.j"), await running.login("lalita.w")
    room = await group(lalita, somchai, await running.login("narin.p"))
    n = await say_to(running, whisper, room, lalita.person, lalita.person)
    await lalita.put(f"/rooms/{room}/messages/{n}/reactions/🦜")
    [whispered] = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    assert whispered["reactions"][0]["emoji"] == "🦜"
    hers = await an_upload(running.services, lalita.person, WORDS)
    parts = {"room": room, "n": n, "person": lalita.person, "file": hers, "upload": hers}
    questions = {"/api/v1/directory/people": {"q": "ลลิตา"}, "/api/v1/search": {"q": WORDS}}
    reading = [route for route in STAFF.routes if route.method == "GET" and not route.path.endswith("/stream")]
    for route in reading:
        path = route.path.format_map(parts).removeprefix("/api/v1")
        async with somchai.raw("GET", path, params=questions.get(route.path, {})) as answer:
            text = await answer.text()
        # There is no search process here; what it finds is tested below.
        hidden = any(part in route.path for part in ("{n}", "{file}", "{upload}", "{person}/photo"))
        wanted = 404 if hidden else 503 if route.path == "/api/v1/search" else 200
        assert answer.status == wanted, f"{path}: {text}"
        found = [secret for secret in (WORDS, "🦜", whispered["id"]) if secret in text]
        assert found == [], path


async def test_nobody_marks_or_answers_what_they_are_not_shown(running: Agency, whisper: EntryType) -> None:
    narin, lalita, somchai = [await running.login(user) for user in ("narin.p", "lalita.w", "somchai.j")]
    room = await group(narin, lalita, somchai)
    n = await say_to(running, whisper, room, narin.person, lalita.person)
    for who in (narin, somchai):
        for at in (n, 1_000):
            message, body = f"/rooms/{room}/messages/{at}", {"text": "ใหม่"}
            asked = {"txn_id": new_txn(), "body": body}
            await who.refused("PUT", f"{message}/reactions/👍", status=403, code="not_a_message")
            await who.refused("PATCH", message, asked, status=403, code="not_a_message")
            await who.refused("DELETE", message, status=403, code="not_a_message")
            answer = {**asked, "type": "text", "reply_to": at}
            await who.refused("POST", f"/rooms/{room}/messages", answer, status=403, code="not_a_message")
    await lalita.say(room, "รับทราบ", reply_to=n)


async def test_what_is_done_to_a_hidden_entry_is_hidden_too(running: Agency, whisper: EntryType) -> None:
    narin, lalita = [await running.login(user) for user in ("narin.p", "lalita.w")]
    room = await group(narin, lalita)
    n = await say_to(running, whisper, room, lalita.person, lalita.person)
    message, edit = f"/rooms/{room}/messages/{n}", "ผลตรวจเปลี่ยน"
    async with lalita.stream() as hers, narin.stream() as others:
        await lalita.put(f"{message}/reactions/👍")
        await lalita.patch(message, {"txn_id": new_txn(), "body": {"text": edit}})
        assert (await hers.event("message.edit", target=n))["body"]["text"] == edit
        assert set(await others.event("hidden", n=n + 1)) == {"type", "at", "room", "n", "hidden"}
        assert (await others.event("hidden", n=n + 2))["hidden"] == "not_shown"
    [shown] = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    assert (shown["body"]["text"], shown["reactions"][0]["emoji"]) == (edit, "👍")
    assert len((await lalita.get(f"{message}/history"))["versions"]) == 2
    page = (await narin.get(f"/rooms/{room}/messages"))["messages"]
    assert [event["type"] for event in page][:3] == ["hidden"] * 3
    lines = await exported(running, room)
    assert lines.withheld == (n, n + 2)
    assert edit.encode() not in lines.data
    await lalita.delete(message)
    [mine] = (await lalita.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    [theirs] = (await narin.get(f"/rooms/{room}/messages", around=n, limit=1))["messages"]
    assert (mine["hidden"], theirs["hidden"]) == ("retracted", "not_shown")
    assert [event["type"] for event in (await narin.get(f"/rooms/{room}/messages", limit=1))["messages"]] == ["hidden"]


class Exported(NamedTuple):
    """What a court gets of a room, and which bodies were kept back."""

    withheld: tuple[int, ...]
    data: bytes


async def exported(agency: Agency, room: RoomId) -> Exported:
    """Export a room for a court."""
    lines = list[bytes]()

    async def write(line: bytes) -> None:
        lines.append(line)

    done = await evidence.export_room(agency.services, Actor.operator("root(0)"), room, "คดีที่ 1", write)
    return Exported(done.withheld, b"".join(lines))


async def test_an_entry_for_one_member_is_withheld_from_an_export(running: Agency, whisper: EntryType) -> None:
    narin, room = await running.login("narin.p"), running.room("dengue")
    n = await say_to(running, whisper, room, narin.person, running.person("lalita.w"))
    lines = await exported(running, room)
    assert lines.withheld == (n,)
    assert WORDS.encode() not in lines.data


@pytest.fixture
async def searched(world_data: Path) -> AsyncIterator[Agency]:
    """The seeded ministry with its search process."""
    async with search_process(world_data), serve(world_data) as agency:
        await indexed(agency)
        yield agency


@pytest.mark.slow
async def test_an_entry_for_one_member_is_found_by_them_alone(searched: Agency, whisper: EntryType) -> None:
    narin, lalita, somchai = [await searched.login(user) for user in ("narin.p", "lalita.w", "somchai.j")]
    room = await group(narin, lalita, somchai)
    n = await say_to(searched, whisper, room, narin.person, lalita.person)
    await indexed(searched)
    found = {who.user: (await who.get("/search", q=WORDS))["hits"] for who in (narin, lalita, somchai)}
    assert [(hit["room"], hit["n"]) for hit in found["lalita.w"]] == [(room, n)]
    assert found["narin.p"] == found["somchai.j"] == []
    said = await lalita.say(room, WORDS)
    await indexed(searched)
    page = await narin.get("/search", q=WORDS, limit=1)
    assert [hit["n"] for hit in page["hits"]] == [said["n"]]
    assert "cursor" not in page, "it would tell that words of a hidden entry have what was asked for"
    assert "cursor" in await lalita.get("/search", q=WORDS, limit=1)
