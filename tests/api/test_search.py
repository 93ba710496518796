"""Searching over HTTP, with the search process as it runs: who finds what, when, in which words (F19)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

import appliance
from appliance.attachments import FileForm
from appliance.search_client import Searching
from appliance.store import file_refs
from appliance.store.db import READERS
from appliance.store.file_refs import ReferenceRow
from appliance.wire.cursors import HITS, written
from search_index.query import matches, parse
from tests.agency import Agency, Client, indexed, new_txn, search_process, serve
from tests.made_files import JPEG, an_upload
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow
QUERIES: Final = ("ประชุม", "ครับ", "ข้อมูล", "ผู้ป่วย", "ระบบ", "10", "ขอบคุณ", "รายงาน สรุป", "วันที่")
PEOPLE: Final = ("narin.p", "lalita.w", "somchai.j", "witthaya.s")


@pytest.fixture
async def searched(world_data: Path) -> AsyncIterator[Agency]:
    """The seeded ministry with its search process, which has been told everything."""
    async with search_process(world_data), serve(world_data) as agency:
        await indexed(agency)
        yield agency


async def find(who: Client, q: str = "", **filters: object) -> list[tuple[str, int]]:
    """Return everything that is found, in order, page by page."""
    hits: list[tuple[str, int]] = []
    cursor: dict[str, object] = {}
    while True:
        page = await who.get("/search", q=q, **{"limit": 100} | filters | cursor)
        hits += [(hit["room"], hit["n"]) for hit in page["hits"]]
        if "cursor" not in page:
            return hits
        cursor = {"cursor": page["cursor"]}


async def readable(who: Client) -> list[dict[str, Any]]:
    """Return every message that someone may read, the newest first."""
    events: list[dict[str, Any]] = []
    for room in (await who.get("/rooms"))["rooms"]:
        before: dict[str, object] = {}
        while True:
            page = await who.get(f"/rooms/{room['id']}/messages", limit=200, **before)
            events += [event for event in page["messages"] if event["type"] == "message.text" and "body" in event]
            if not page["has_more"]:
                break
            before = {"before": page["messages"][-1]["n"]}
    return sorted(events, key=lambda event: (event["at"], event["room"], event["n"]), reverse=True)


def true_hits(events: list[dict[str, Any]], q: str) -> list[tuple[str, int]]:
    return [(event["room"], event["n"]) for event in events if matches(parse(q), event["body"]["text"])]


async def test_everyone_finds_all_they_may_read_and_nothing_else(searched: Agency) -> None:
    found_any = 0
    for user in PEOPLE:
        who = await searched.login(user)
        events = await readable(who)
        for q in QUERIES:
            expected = true_hits(events, q)
            assert await find(who, q) == expected, (user, q)
            found_any += len(expected)
    assert found_any > 100
    assert await find(await searched.login("decha.r"), "ประชุม") == []


async def test_whoever_is_taken_off_a_room_finds_none_of_it_from_that_moment(searched: Agency) -> None:
    """F33."""
    narin, lalita = await searched.login("narin.p"), await searched.login("lalita.w")
    room = searched.room("dengue")
    n = (await narin.say(room, "ยุงลายบ้านตัวที่ ๑๑๗"))["n"]
    await indexed(searched)
    assert await find(lalita, "ยุงลายบ้านตัวที่ 117") == [(room, n)]
    members = f"/rooms/{room}/members"
    await narin.post(members, {"remove": [lalita.person], "txn_id": new_txn()})
    assert await find(lalita, "ยุงลายบ้านตัวที่ 117") == []
    assert await find(lalita, "ยุงลายบ้านตัวที่ 117", room=room) == []
    assert await find(narin, "ยุงลายบ้านตัวที่ 117") == [(room, n)]
    await narin.post(members, {"add": [lalita.person], "txn_id": new_txn()})
    assert await find(lalita, "ยุงลายบ้านตัวที่ 117") == [(room, n)]


async def test_what_is_retracted_or_reworded_is_not_found_in_its_old_words(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    kept, gone = [(await narin.say(room, f"งูสวัดสีม่วง {n}"))["n"] for n in (1, 2)]
    await indexed(searched)
    assert await find(narin, "งูสวัดสีม่วง") == [(room, gone), (room, kept)]
    await narin.delete(f"/rooms/{room}/messages/{gone}")
    assert await find(narin, "งูสวัดสีม่วง") == [(room, kept)]
    edit = {"txn_id": new_txn(), "body": {"text": "งูเห่าสีเขียว"}}
    await narin.patch(f"/rooms/{room}/messages/{kept}", edit)
    assert await find(narin, "งูสวัดสีม่วง") == []
    await indexed(searched)
    assert await find(narin, "งูสวัดสีม่วง") == []
    assert await find(narin, "งูเห่าสีเขียว") == [(room, kept)]


async def test_conversations_cleared_from_the_screen_are_found_and_open_in_context(searched: Agency) -> None:
    """F19."""
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    before = await find(narin, "ครับ", room=room)
    assert before
    await narin.post(f"/rooms/{room}/clear")
    assert await find(narin, "ครับ", room=room) == before
    n = before[-1][1]
    around = (await narin.get(f"/rooms/{room}/messages", around=n, limit=5))["messages"]
    assert n in [event["n"] for event in around]
    view = (await narin.get(f"/rooms/{room}"))["room"]
    assert view["hidden"]
    assert view["unread"] == 0


async def test_filters_all_hold_together(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    link = (await narin.say(room, "เอกสารแนบท้าย https://moph.test/ก"))["n"]
    await indexed(searched)
    events = await readable(narin)

    def chosen(condition: Any) -> list[tuple[str, int]]:
        return [(event["room"], event["n"]) for event in events if condition(event)]

    at = events[len(events) // 2]["at"]
    lalita = searched.person("lalita.w")
    assert await find(narin, room=room) == chosen(lambda e: e["room"] == room)
    assert await find(narin, sender=lalita) == chosen(lambda e: e["sender"] == lalita)
    assert await find(narin, "ค่ะ", sender=lalita, room=room) == true_hits(
        [e for e in events if e["sender"] == lalita and e["room"] == room], "ค่ะ"
    )
    assert await find(narin, **{"from": at}) == chosen(lambda e: e["at"] >= at)
    assert await find(narin, to=at) == chosen(lambda e: e["at"] < at)
    assert (room, link) in await find(narin, has_link="true")
    assert (room, link) not in await find(narin, "ครับ", has_link="false")
    assert await find(narin, type="text", room=room) == await find(narin, room=room)
    assert await find(narin, "ประชุม", room="r_unknown") == []
    assert await find(narin, room=searched.room("budget")) == []


async def test_files_are_found_by_name_and_form_until_they_are_gone(searched: Agency) -> None:
    """From memory and from the database alike; in Thai, by a part of the name, by its ending, beside the words."""
    narin, lalita, s = await searched.login("narin.p"), await searched.login("lalita.w"), searched.services
    room = searched.room("dengue")
    pdf = await an_upload(s, narin.person, "แผนเผชิญเหตุน้ำท่วม_ฉบับ2.pdf")
    photo = await an_upload(s, narin.person, "IMG_20261130.jpg", kind=JPEG, form=FileForm.PICTURE)
    path = f"/rooms/{room}/messages"
    papers = (await narin.post(path, {"txn_id": new_txn(), "body": {"text": ""}, "files": [pdf]}))["n"]
    both = {"txn_id": new_txn(), "body": {"text": "ภาพหน้างาน"}, "files": [photo, pdf]}
    mixed = (await narin.post(path, both))["n"]
    await indexed(searched)
    for _ in range(2):
        for q in ("น้ำท่วม", "เผชิญเหตุ", "ฉบับ2", "pdf", "ท่วม_ฉบับ"):
            assert await find(lalita, q, room=room) == [(room, mixed), (room, papers)], q
        for q in ("img_2026", "หน้างาน jpg"):
            assert await find(lalita, q) == [(room, mixed)], q
        assert await find(lalita, type="picture") == [(room, mixed)]
        assert (
            await find(lalita, type="document")
            == await find(lalita, has_file="true")
            == [(room, mixed), (room, papers)]
        )
        assert await find(lalita, type="voice") == await find(lalita, type="text", has_file="true") == []
        texts = await find(lalita, type="text", room=room)
        assert texts == await find(lalita, has_file="false", room=room)
        assert not {(room, mixed), (room, papers)} & set(texts)
        edit = {"txn_id": new_txn(), "body": {"text": "ภาพจากหน้างาน"}}
        await narin.patch(f"{path}/{mixed}", edit)
        await indexed(searched)
    [hit] = (await lalita.get("/search", q="ฉบับ2", type="picture"))["hits"]
    # The names are apart from the words, and marked each by itself.
    assert (hit["snippet"], hit["highlights"]) == ("ภาพจากหน้างาน", [])
    marked = [(file["name"], [file["name"][a:b] for a, b in file["highlights"]], file["form"]) for file in hit["files"]]
    assert marked == [
        ("IMG_20261130.jpg", [], "picture"),
        ("แผนเผชิญเหตุน้ำท่วม_ฉบับ2.pdf", ["ฉบับ2"], "document"),
    ]
    assert await find(await searched.login("decha.r"), "น้ำท่วม pdf") == []
    [ref] = [ref for ref in await references(searched, pdf) if ref.n == papers]
    await narin.delete(f"{path}/{papers}")
    await s.log.change(lambda tx: tx.destroy_keys([ref.epoch]))
    await indexed(searched)
    assert await find(lalita, "น้ำท่วม pdf") == []
    assert await find(lalita, "จากหน้างาน") == [(room, mixed)]


async def references(agency: Agency, blob: str) -> list[ReferenceRow]:
    async with agency.services.store.read() as reader:
        return await reader.run(file_refs.of_blob, blob)


async def test_a_unit_is_everyone_in_it_and_below(searched: Agency) -> None:
    somchai = await searched.login("somchai.j")
    units = (await somchai.get("/directory/units"))["units"]
    events = await readable(somchai)
    tried = 0
    for unit in units[:12]:
        people: set[str] = set()
        cursor: dict[str, object] = {}
        while True:
            page = await somchai.get("/directory/people", unit=unit["id"], below="true", limit=200, **cursor)
            people |= {person["id"] for person in page["people"]}
            if "cursor" not in page:
                break
            cursor = {"cursor": page["cursor"]}
        expected = [(event["room"], event["n"]) for event in events if event["sender"] in people]
        assert await find(somchai, unit=unit["id"]) == expected, unit["name"]
        tried += bool(expected)
    assert tried


async def test_years_of_either_calendar_and_any_spelling(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    dated = (await narin.say(room, "ส่งภายใน 12/3/2567 ที่แม่น้ำน้อย"))["n"]
    await indexed(searched)
    for q in ("12/3/2024", "12/3/2567", "๑๒/๓/๒๕๖๗", "เเม่น้ำน้อย", "แม่น\u0e49\u0e4d\u0e32น้อย"):
        assert await find(narin, q) == [(room, dated)], q
    year = datetime.fromtimestamp(searched.clock() / 1000).year  # noqa: DTZ006 - any zone's year
    assert await find(narin, f"12/3/{year + 543 + 9}") == []


async def test_pages_neither_repeat_nor_skip_while_people_write(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    for n in range(12):
        await narin.say(room, f"นกกระยาง {n}")
    await indexed(searched)
    whole = await find(narin, "นกกระยาง")
    assert len(whole) == 12
    paged: list[tuple[str, int]] = []
    cursor: dict[str, object] = {}
    while True:
        page = await narin.get("/search", q="นกกระยาง", limit=5, **cursor)
        paged += [(hit["room"], hit["n"]) for hit in page["hits"]]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
        await narin.say(room, "นกกระยางตัวใหม่")
        await indexed(searched)
    assert paged == whole


@pytest.mark.parametrize(
    "position",
    [
        "x", "!!", "ก", "h", "h1", "h1.r", "h1.r.n", "h-1.r.1", "h1.r.-1", "h1.r.1.1", "h1.5.r.1.", "h1.r r.1",
        "hnull.r.1", "h1.r.100000000", f"h1.{'r' * 129}.1", "he677d21fdc00.r.1", f"h{'1' * 14}.r.1",
        f"h{'0' * 30}1.r.1",
    ],
)  # fmt: skip
async def test_a_cursor_somebody_made_up_is_refused(running: Agency, position: str) -> None:
    narin = await running.login("narin.p")
    error = await narin.refused("GET", "/search", params={"q": "ครับ", "cursor": position}, status=400, code="invalid")
    assert error["field"] == "cursor"


async def test_a_cursor_into_a_room_of_others_shows_nothing_of_it(searched: Agency) -> None:
    narin, decha = await searched.login("narin.p"), await searched.login("decha.r")
    mine = (await narin.get("/search", q="ครับ", limit=1))["cursor"]
    assert await decha.get("/search", q="ครับ", cursor=mine) == {"hits": []}
    foreign = written(HITS, searched.clock(), searched.room("budget"), 5)
    page = await narin.get("/search", q="ครับ", cursor=foreign)
    assert page["hits"]
    assert searched.room("budget") not in [hit["room"] for hit in page["hits"]]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({}, "query_too_short", "q"),
        ({"q": ""}, "query_too_short", "q"),
        ({"q": " \u200b "}, "query_too_short", "q"),
        ({"q": "ก"}, "query_too_short", "q"),
        ({"q": "ก ข ค"}, "query_too_short", "q"),
        ({"q": "ก" * 401}, "invalid", "q"),
        ({"q": "\u0149" * 400}, "query_too_long", "q"),
        ({"q": " ".join(f"ค{n}ค" for n in range(30))}, "query_too_long", "q"),
        ({"q": "ครับ", "limit": "0"}, "invalid", "limit"),
        ({"q": "ครับ", "limit": "101"}, "invalid", "limit"),
        ({"q": "ครับ", "from": "x"}, "invalid", "from"),
        ({"q": "ครับ", "from": "-1"}, "invalid", "from"),
        ({"q": "ครับ", "type": "sticker"}, "invalid", "type"),
        ({"q": "ครับ", "has_link": "maybe"}, "invalid", "has_link"),
        ({"q": "ครับ", "room": "../x"}, "invalid", "room"),
        ({"q": "ครับ", "rooms": "r_1"}, "invalid", "rooms"),
    ],
)
async def test_questions_nobody_can_answer_are_refused(
    running: Agency, query: dict[str, str], code: str, field: str
) -> None:
    """In Thai and in English, before the search process is asked."""
    narin = await running.login("narin.p")
    english = await running.login("narin.p", language="en")
    error = await narin.refused("GET", "/search", params=query, status=400, code=code)
    assert error["field"] == field
    assert any("ก" <= character <= "๛" for character in error["message"])
    assert (await english.refused("GET", "/search", params=query, status=400, code=code))["message"].isascii()


async def test_the_ends_of_time_are_dates_like_others(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    latest = 2**53 - 1
    assert await find(narin, "ครับ", to=latest) == await find(narin, "ครับ")
    assert await find(narin, "ครับ", **{"from": latest}) == []
    assert await find(narin, "ครับ", **{"from": 10, "to": 5}) == []


async def test_words_typed_on_the_other_keyboard_are_offered_when_nothing_is_found(searched: Agency) -> None:
    """L10."""
    narin = await searched.login("narin.p")
    assert await narin.get("/search", q="l;ylfu") == {"hits": [], "suggestion": "สวัสดี"}
    await narin.say(searched.room("dengue"), "รหัสชั่วคราว l;ylfu")
    await indexed(searched)
    answer = await narin.get("/search", q="l;ylfu")
    assert len(answer["hits"]) == 1
    assert "suggestion" not in answer


async def test_highlights_count_as_browsers_do(searched: Agency) -> None:
    narin = await searched.login("narin.p")
    room = searched.room("dengue")
    n = (await narin.say(room, "😀 " * 60 + "ประชุมด่วน 😀 ชั้น ๔"))["n"]
    await indexed(searched)
    (hit,) = (await narin.get("/search", q='ประชุมด่วน "ชั้น 4"', room=room))["hits"]
    units = hit["snippet"].encode("utf-16-le")
    marked = [units[2 * start : 2 * end].decode("utf-16-le") for start, end in hit["highlights"]]
    assert marked == ["ประชุมด่วน", "ชั้น ๔"]
    assert (hit["n"], hit["sender"]) == (n, narin.person)


async def test_without_the_search_process_chat_goes_on_and_says_so(running: Agency) -> None:
    narin = await running.login("narin.p")
    english = await running.login("narin.p", language="en")
    query = {"q": "ครับ"}
    error = await narin.refused("GET", "/search", params=query, status=503, code="search_unavailable")
    assert error["message"] == "ยังค้นหาไม่ได้ในขณะนี้ การสนทนายังใช้งานได้ตามปกติ โปรดลองใหม่ภายหลัง"
    error = await english.refused("GET", "/search", params=query, status=503, code="search_unavailable")
    assert error["message"].startswith("Search is not available just now")
    await narin.say(running.room("dengue"), "คุยต่อได้")


async def test_a_page_ends_with_its_time_and_its_cursor_goes_on(
    searched: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that cost much are spread over pages, and none is left out."""
    narin = await searched.login("narin.p")
    whole = await find(narin, "ระบบ")
    assert len(whole) > 2
    monkeypatch.setattr("appliance.reads.search.PAGE_S", 1e-9)
    page = await narin.get("/search", q="ระบบ", limit=100)
    assert len(page["hits"]) <= 1
    assert await find(narin, "ระบบ") == whole


async def test_comparing_words_keeps_no_reader_of_the_database(
    searched: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While words are compared, every reader is free for everybody else."""
    narin = await searched.login("narin.p")
    comparing, go_on = asyncio.Event(), asyncio.Event()
    real = Searching.look_through

    async def look_through(*arguments: Any) -> Any:
        comparing.set()
        await go_on.wait()
        return await real(*arguments)

    monkeypatch.setattr(Searching, "look_through", look_through)
    search = asyncio.create_task(narin.get("/search", q="ระบบ"))
    await comparing.wait()
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as held:
        for _ in range(READERS):
            await held.enter_async_context(searched.services.store.read())
    go_on.set()
    assert (await search)["hits"]


async def test_long_candidates_are_read_in_small_parts(searched: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more text at once than a bound, on the database's thread and on the way to the other process."""
    narin = await searched.login("narin.p")
    whole = await find(narin, "ระบบ")
    sizes: list[int] = []
    real = Searching.look_through

    async def look_through(*arguments: Any) -> Any:
        sizes.append(len(arguments[2]))
        return await real(*arguments)

    monkeypatch.setattr(Searching, "look_through", look_through)
    monkeypatch.setattr("appliance.reads.search.MAX_READ", 1)
    assert await find(narin, "ระบบ") == whole
    assert len(sizes) >= len(whole)
    assert set(sizes) == {1}


def test_no_words_are_compared_in_the_appliance() -> None:
    """Whatever thread does it there takes the interpreter from the event loop."""
    names = ("search_index.snippet", "import matches", "normalize_with_origins")
    # `spelling` is a leaf that the search process has of the appliance's folder.
    elsewhere = {"node_modules", "spelling"}
    sources = [path for path in Path(appliance.__file__).parent.rglob("*.py") if elsewhere.isdisjoint(path.parts)]
    assert len(sources) > 100
    found = [(path.name, name) for path in sources for name in names if name in path.read_text(encoding="utf-8")]
    assert found == []


async def test_today_is_the_day_it_was_written_though_the_clock_was_ahead_before(searched: Agency) -> None:
    """Bug I: what is written after the clock was set right is found by the true day; what came before keeps its own."""
    narin = await searched.login("narin.p")
    room, day = searched.room("dengue"), 24 * 3_600
    searched.clock.pass_(seconds=3 * day)
    ahead = await narin.say(room, "นาฬิกาเร็วอยู่")
    searched.clock.pass_(seconds=-3 * day)
    today = [await narin.say(room, f"นาฬิกาตรงแล้ว {n}") for n in range(3)]
    await indexed(searched)
    now = today[0]["at"]
    found = await find(narin, "นาฬิกา", **{"from": now - 1_000, "to": now + 1_000})
    assert sorted(found) == [(room, one["n"]) for one in today]
    later = await find(narin, "นาฬิกา", **{"from": now + 2 * day * 1_000})
    assert later == [(room, ahead["n"])]
