from __future__ import annotations

from pathlib import Path

import pytest

from appliance.actions.people_import import apply_import, preview_import
from appliance.errors import Conflict, Forbidden, Invalid, TooLarge
from appliance.model import PersonId
from appliance.policies import ImportPolicy
from appliance.reads.import_preview import describe_changes, describe_problems, describe_totals
from appliance.rules.imports import Plan
from appliance.rules.roles import Actor
from tests.office import DAY, OPERATOR, PEOPLE, UNITS, Office, open_office, reopen, with_policies
from tests.rereading import reread

HEADER, *LINES = PEOPLE.splitlines()


def table(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


async def plan_of(office: Office, **files: str) -> Plan:
    return (await preview_import(office.s, {f"{name}.csv": text.encode() for name, text in files.items()})).plan


async def test_the_same_files_again_change_nothing(office: Office) -> None:
    plan = await plan_of(office, units=UNITS, people=PEOPLE)
    assert (plan.changes, plan.problems) == (0, ())
    before = office.s.directory.now
    await office.import_(units=UNITS, people=PEOPLE)
    assert office.s.directory.now is before


async def test_memory_after_an_import_is_what_a_restart_reads(office: Office) -> None:
    again = (await reopen(office)).directory.now
    mine = office.s.directory.now
    assert mine.ordered == again.ordered
    assert [card.staff_no for card in mine.ordered] == ["1003", "1004", "1005", "1002", "1001"]
    assert mine.headcount == again.headcount
    assert mine.units == again.units


async def test_a_preview_changes_nothing(office: Office) -> None:
    plan = await plan_of(office, people=table(*LINES[:1]))
    assert plan.deactivated == 4
    assert (await plan_of(office, people=PEOPLE)).changes == 0


async def test_too_many_leaving_needs_approval(office: Office) -> None:
    person = await office.account("1005", "piti")
    done = await office.sign_in("piti")
    office.clock.pass_(DAY)
    preview = await preview_import(office.s, {"people.csv": table(*LINES[:-1]).encode()})
    assert preview.needs_approval
    with pytest.raises(Conflict) as refused:
        await apply_import(office.s, OPERATOR, preview)
    assert refused.value.detail == {"people": 1, "active": 5}
    assert office.s.sessions.authenticate(done.token, office.clock()) is not None
    await apply_import(office.s, OPERATOR, preview, approved=True)
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    card = office.s.directory.people[person]
    assert not card.active
    assert card.post == "ที่ปรึกษา"
    assert card.posts == ()
    assert person in office.s.accounts.ended()
    await office.import_(people=PEOPLE)
    assert office.s.accounts.is_active(person, office.clock())
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    await office.sign_in("piti")


async def test_problems_apply_nothing(office: Office) -> None:
    preview = await preview_import(office.s, {"people.csv": table(*LINES, "1006,,ก,ข,,,,,,ZZ,งาน,,,").encode()})
    with pytest.raises(Invalid) as refused:
        await apply_import(office.s, OPERATOR, preview, approved=True)
    assert refused.value.code == "import_problems"
    assert list(describe_problems(preview.plan.problems, "th")) == ["people.csv:8: ไม่พบหน่วยงาน ZZ"]


async def test_a_directory_that_changed_since_the_preview(office: Office) -> None:
    preview = await preview_import(office.s, {"units.csv": UNITS.replace("กองคลัง", "กองการคลัง").encode()})
    await office.import_(units=UNITS.replace("กองแผนงาน", "กองนโยบาย"))
    with pytest.raises(Conflict) as refused:
        await apply_import(office.s, OPERATOR, preview)
    assert refused.value.code == "directory_changed"


async def test_who_may_import_and_how_much(tmp_path: Path) -> None:
    async with open_office(tmp_path) as office:
        preview = await preview_import(office.s, {"units.csv": UNITS.encode()})
        with pytest.raises(Forbidden):
            await apply_import(office.s, Actor("p_x", PersonId("p_x"), ()), preview)
    async with open_office(tmp_path, with_policies(imports=ImportPolicy(largest_file=10)), empty=True) as office:
        with pytest.raises(TooLarge):
            await preview_import(office.s, {"units.csv": UNITS.encode()})


async def test_a_unit_is_renamed_moved_and_merged_under_the_same_id(office: Office) -> None:
    finance, planning = office.unit("D1B"), office.unit("D1A")
    header, *rows = UNITS.splitlines()
    rows[2] = "D1A,D1,กองยุทธศาสตร์,Strategy Division,division,,"
    rows[3] = "D1B,D1,กองคลัง,Finance Division,division,D1A,2569-09-30"
    rows[4] = "D2,D1,กรมพยาน,Department of Witnesses,department,,"
    merged = "\n".join([header + ",merged_into,to", *(row if row.count(",") > 4 else row + ",," for row in rows)])
    await office.import_(units=merged)
    directory = office.s.directory.now
    assert directory.units[planning].name_th == "กองยุทธศาสตร์"
    assert directory.units[office.unit("D2")].parent == office.unit("D1")
    assert office.s.directory.people[office.person("1003")].unit == finance
    office.clock.pass_(200 * DAY)
    await reread(office.s)
    directory = office.s.directory.now
    assert finance not in directory.units
    assert office.s.directory.people[office.person("1003")].unit == planning
    assert directory.headcount[planning] == (3, 3)


async def test_posts_begin_and_end_by_the_calendar(office: Office) -> None:
    text = "\n".join(
        [
            HEADER + ",from,to",
            LINES[0] + ",2569-06-01,2569-06-30",
            "1001,,,,,,,,,D1B,รองผู้อำนวยการ,อำนวยการสูง,,,2569-07-01,",
            *(line + ",," for line in LINES[1:]),
        ]
    )
    await office.import_(people=text)
    person, deputy = office.person("1001"), 80

    async def rank_after(days: int) -> int | None:
        office.clock.pass_(days * DAY)
        await reread(office.s)
        return office.s.directory.people[person].rank

    assert await rank_after(0) is None
    assert await rank_after(10) == 40
    assert await rank_after(30) == deputy
    assert (await plan_of(office, people=text)).changes == 0


async def test_acting_posts_count_for_rank_and_who_fills_a_post(office: Office) -> None:
    directory = office.s.directory.now
    card = office.s.directory.people[office.person("1003")]
    assert card.rank == 60
    assert card.units == {office.unit("D1A"), office.unit("D1B")}
    acting = next(post for post in card.posts if directory.holders[post][0][1])
    assert directory.holder_of(acting) == card.id
    await office.import_(people=PEOPLE.replace(LINES[0], LINES[0] + "\n1001,,,,,,,,,D1A,หัวหน้ากลุ่มงาน,ชำนาญการพิเศษ,,"))
    assert office.s.directory.now.holder_of(acting) == office.person("1001")
    await office.import_(people=PEOPLE.replace(LINES[3] + "\n", ""))
    assert office.s.directory.now.holder_of(acting) is None


async def test_every_change_is_a_line_in_thai(office: Office) -> None:
    plan = await plan_of(
        office,
        units=UNITS.replace("กองคลัง", "กองการคลัง") + "D3,M,กรมใหม่,,department\n",
        people=table(
            *LINES[:3], LINES[4], LINES[5].replace("ไม่ทราบระดับ", "ทราบระดับ"), "1006,นาย,ใหม่,มา,,,,,,D3,งาน,,,"
        ),
    )
    assert list(describe_changes(plan, "th")) == [
        "เพิ่ม หน่วยงาน D3 กรมใหม่",
        "แก้ไข หน่วยงาน D1B กองการคลัง (name_th: กองคลัง → กองการคลัง)",
        "เพิ่ม ตำแหน่ง D3/งาน งาน",
        "แก้ไข เจ้าหน้าที่ 1005 นายปิติ ทราบระดับ (family_name: ไม่ทราบระดับ → ทราบระดับ)",
        "เพิ่ม เจ้าหน้าที่ 1006 นายใหม่ มา",
        "สิ้นสุด การดำรงตำแหน่ง 1003 → D1A/หัวหน้ากลุ่มงาน/ชำนาญการพิเศษ",
        "เพิ่ม การดำรงตำแหน่ง 1006 → D3/งาน",
    ]
    assert describe_totals(plan, "en").startswith("7 changes")
