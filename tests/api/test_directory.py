"""The organisation chart and its people over HTTP."""

from __future__ import annotations

import csv
import json

import pytest

from appliance.agencies import Agency as Known
from appliance.agencies import Standing
from appliance.demo.ministries import DATA
from appliance.rules.collation import name_key
from tests.agency import Agency, Client


async def everybody(client: Client, limit: int, **query: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor: dict[str, object] = {}
    while True:
        page = await client.get("/directory/people", limit=limit, **query, **cursor)
        found += page["people"]
        if "cursor" not in page:
            return found
        cursor = {"cursor": page["cursor"]}


async def test_the_chart(running: Agency) -> None:
    narin = await running.login("narin.p")
    units = (await narin.get("/directory/units"))["units"]
    seen: set[str] = set()
    for unit in units:
        assert unit.get("parent") is None or unit["parent"] in seen
        assert unit["people_below"] >= unit["people"]
        seen.add(unit["id"])
    root = units[0]
    assert root["kind"] == "ministry"
    assert root["people_below"] == len(await everybody(narin, 200))


async def test_agencies_are_told_with_the_own_one_first(running: Agency) -> None:
    narin = await running.login("narin.p")
    own = {"id": "moph", "name_th": "กระทรวงสาธารณสุข", "name_en": "Ministry of Public Health"}
    linked = {"status": "active", "link": "linked"}
    assert (await narin.get("/directory/agencies"))["agencies"] == [own | linked]
    agencies = running.services.agencies
    others = [
        Known("moi", "กระทรวงมหาดไทย", "Ministry of Interior"),
        Known("moc", "กระทรวงพาณิชย์", "Ministry of Commerce", Standing.SUSPENDED),
        Known("moe", "กระทรวงเกษตรและสหกรณ์", "Ministry of Agriculture"),
    ]
    agencies.take(1, (agencies.home, *others))
    agencies.opened("moi", 1_700_000_000_000)
    agencies.opened("moc", 1_700_000_000_000)
    found = (await narin.get("/directory/agencies"))["agencies"]
    assert [(one["id"], one["status"], one["link"], one.get("last_heard")) for one in found] == [
        ("moph", "active", "linked", None),
        ("moe", "active", "unreachable", None),
        ("moc", "suspended", "suspended", 1_700_000_000_000),
        ("moi", "active", "linked", 1_700_000_000_000),
    ]


async def test_pages_of_any_size_tell_the_same_in_thai_order(running: Agency) -> None:
    narin = await running.login("narin.p")
    whole = await everybody(narin, 200)
    assert [person["id"] for person in await everybody(narin, 7)] == [person["id"] for person in whole]
    keys = [name_key(str(person["given_name"]), str(person["family_name"])) for person in whole]
    assert keys == sorted(keys)


async def test_searching_and_narrowing(running: Agency) -> None:
    narin = await running.login("narin.p")
    found = await everybody(narin, 50, q="นรินทร์")
    assert narin.person in {person["id"] for person in found}
    me = (await narin.get("/me"))["unit"]
    own = await everybody(narin, 50, unit=me["id"])
    assert narin.person in {person["id"] for person in own}
    assert len(await everybody(narin, 50, unit=me["id"], below="true")) >= len(own)
    assert (await narin.get("/directory/people", q="ไม่มีใครชื่อนี้"))["people"] == []


async def test_bad_queries_are_named(running: Agency) -> None:
    narin = await running.login("narin.p")
    for query, field in (("limit=0", "limit"), ("limit=1000", "limit"), ("x=1", "x"), ("cursor=p_none", "cursor")):
        error = await narin.refused("GET", f"/directory/people?{query}", status=400, code="invalid")
        assert error["field"] == field
    await narin.refused("GET", "/directory/people?unit=u_none", status=404, code="not_found")
    await narin.refused("GET", "/people/p_none", status=404, code="person_not_found")


async def test_a_person(running: Agency) -> None:
    narin = await running.login("narin.p")
    boss = (await narin.get(f"/people/{running.person('witthaya.s')}"))["person"]
    assert boss["may_contact"] is False
    assert boss["rank"] == "บริหาร ระดับสูง"
    assert "mobile" not in boss
    acting = (await narin.get(f"/people/{running.person('kittiphong.c')}"))["person"]
    assert [post["acting"] for post in acting["posts"] if "acting" in post] == [True]
    gone = (await narin.get(f"/people/{running.person('sairung.c')}"))["person"]
    assert gone["active"] is False
    assert boss["rank_en"] == "Executive, higher"


@pytest.mark.parametrize("language", ["th", "en"])
async def test_names_come_in_thai_and_english_whatever_the_language(running: Agency, language: str) -> None:
    """The client shows one or the other, and changes without asking again."""
    narin = await running.login("narin.p", language=language)
    person = (await narin.get(f"/people/{running.person('witthaya.s')}"))["person"]
    assert (person["name"], person["name_en"]) == ("นายแพทย์วิทยา ศรีสุขสวัสดิ์", "Dr. Witthaya Srisuksawat")
    assert (person["post"], person["post_en"]) == ("ปลัดกระทรวงสาธารณสุข", "Permanent Secretary")
    assert (person["unit"]["name"], person["posts"][0]["title_en"]) == (
        "สำนักงานปลัดกระทรวงสาธารณสุข",
        "Permanent Secretary",
    )
    assert person["unit"]["name_en"]
    root = (await narin.get("/directory/units"))["units"][0]
    assert (root["name"], root["name_en"]) == ("กระทรวงสาธารณสุข", "Ministry of Public Health")


async def test_no_answer_shows_what_the_directory_keeps_to_itself(running: Agency) -> None:
    decha = await running.login("decha.r")
    text = json.dumps(await everybody(decha, 200), ensure_ascii=False)
    people = (DATA / "moph" / "people.csv").read_text("utf-8")
    rows = list(csv.DictReader(people.splitlines()))
    own_units = {row["unit"] for row in rows if row["email"].startswith("decha.r@")}
    hidden = {row["mobile"] for row in rows if row["mobile"] and row["unit"] not in own_units}
    assert hidden
    assert not [number for number in hidden if number in text]
