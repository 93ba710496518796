from __future__ import annotations

from pathlib import Path

import pytest

from appliance.actions.accounts import revoke_account
from appliance.actions.me import set_status
from appliance.actions.roles import add_role
from appliance.actions.settings import set_contact_mode
from appliance.errors import Invalid, NotFound, TooMany
from appliance.followers.counts import write_counts
from appliance.model import ContactMode, PersonId, UnitId
from appliance.people import Grant
from appliance.policies import DirectoryPolicy
from appliance.reads.directory import load_people, load_person, load_units
from appliance.store import audit
from appliance.wire.directory import PersonView
from tests.office import OPERATOR, PEOPLE, UNITS, Office, open_office, reopen, with_policies

HOUR = 3_600_000


async def names(
    office: Office, viewer: PersonId, q: str = "", unit: UnitId | None = None, *, below: bool = False
) -> list[str]:
    page = await load_people(office.s, viewer, q=q, unit=unit, below=below)
    return [person.given_name or "" for person in page.people]


async def view(office: Office, viewer: str, person: str) -> PersonView:
    return await load_person(office.s, office.person(viewer), office.person(person))


async def test_everyone_in_thai_order(office: Office) -> None:
    assert await names(office, office.person("1001")) == ["เกรียงไกร", "แก้วตา", "ปิติ", "มาลี", "สมชาย"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("มาลี", ["มาลี"]),
        ("สุข", ["มาลี"]),
        ("SOMCHAI", ["สมชาย"]),
        ("ｊａｉｄｅｅ", ["สมชาย"]),
        ("๑๐๐๓", ["เกรียงไกร"]),
        ("เเก้วตา", ["แก้วตา"]),
        ("แผนงาน", ["เกรียงไกร", "มาลี", "สมชาย"]),
        ("planning สมชาย", ["สมชาย"]),
        ("อธิบดี", ["แก้วตา"]),
        ("081-000", ["สมชาย"]),
        ("l,=kp", ["สมชาย"]),
        ("๐๘๑ ๐๐๐", ["สมชาย"]),
        ("@agency.test", []),
        ("%", []),
        ("ไม่มีใครชื่อนี้", []),
    ],
)
async def test_searching(office: Office, q: str, found: list[str]) -> None:
    assert await names(office, office.person("1001"), q) == found


async def test_a_telephone_number_finds_only_those_whose_number_may_be_seen(office: Office) -> None:
    """F13: what the profile would not show, the search does not tell either."""
    assert await names(office, office.person("1002"), "02-100-1001") == []
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",agency,own_unit"
    await office.import_(people="\n".join([header + ",phone_visibility,mobile_visibility", *lines]))
    colleague, other = office.person("1002"), office.person("1005")
    for written in ("02-100-1001", "021001001", "+66 2100 1001", "1001"):
        assert await names(office, other, written) == ["สมชาย"]
    assert await names(office, colleague, "081 000 1001") == ["สมชาย"]
    assert await names(office, other, "081 000 1001") == []
    await office.account("1005", "admin")
    await add_role(office.s, OPERATOR, other, Grant("agency_admin"))
    assert await names(office, other, "081 000 1001") == ["สมชาย"]


async def test_names_come_before_posts_on_every_page(office: Office) -> None:
    """Who is looked for by name is not lost among those whose post or unit has the word."""
    more = "\n".join(f"{n},นาย,ก้อง{n},ทดสอบ,,,,,,D2,นักมาลีวิทยา,,," for n in range(2001, 2006))
    await office.import_(
        people=f"{PEOPLE}{more}\n2010,นาย,ประมาลี,ทดสอบ,,,,,,D2,งาน,,,\n2011,นาย,พนม,มาลี,,,,,,D2,งาน,,,\n"
    )
    viewer, seen, cursor = office.person("1001"), [], None
    for _ in range(10):
        page = await load_people(office.s, viewer, q="มาลี", limit=2, cursor=cursor)
        seen += [person.given_name for person in page.people]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ["มาลี", "พนม", "ประมาลี", *(f"ก้อง{n}" for n in range(2001, 2006))]


async def test_words_typed_under_the_other_keyboard_layout(office: Office) -> None:
    """The other reading is said only where it led somewhere."""
    viewer = office.person("1001")
    page = await load_people(office.s, viewer, q="l,=kp")
    assert ([person.given_name for person in page.people], page.reading) == (["สมชาย"], "สมชาย")
    assert (await load_people(office.s, viewer, q="สมชาย")).reading is None
    assert (await load_people(office.s, viewer, q="l;ylfu")).reading is None


async def test_a_search_within_a_unit_says_how_many_are_elsewhere(office: Office) -> None:
    """Nobody is taken for missing who only serves in another unit."""
    viewer, department, division = office.person("1001"), office.unit("D1"), office.unit("D2")
    page = await load_people(office.s, viewer, q="สมชาย", unit=department)
    assert ([*page.people], page.elsewhere) == ([], 1)
    page = await load_people(office.s, viewer, q="l,=kp", unit=department)
    assert (page.reading, page.elsewhere) == ("สมชาย", 1)
    assert (await load_people(office.s, viewer, q="สมชาย", unit=department, below=True)).elsewhere == 0
    assert (await load_people(office.s, viewer, unit=division)).elsewhere == 0


async def test_a_unit_with_or_without_what_is_below(office: Office) -> None:
    viewer, department = office.person("1001"), office.unit("D1")
    assert await names(office, viewer, unit=department) == ["แก้วตา"]
    assert await names(office, viewer, unit=department, below=True) == ["เกรียงไกร", "แก้วตา", "มาลี", "สมชาย"]
    with pytest.raises(NotFound):
        await names(office, viewer, unit=UnitId("u_none"))


async def test_an_english_page_lists_people_in_the_order_of_their_english_names(office: Office) -> None:
    """Who has no English name comes after, in Thai order; pages join, and better answers still come first."""
    viewer, cursor = office.person("1001"), None
    seen: list[str | None] = []
    for _ in range(10):
        page = await load_people(office.s, viewer, limit=2, cursor=cursor, language="en")
        seen += [person.given_name for person in page.people]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ["มาลี", "สมชาย", "เกรียงไกร", "แก้วตา", "ปิติ"]
    found: list[str | None] = []
    for _ in range(10):
        page = await load_people(office.s, viewer, q="กองแผนงาน", limit=1, cursor=cursor, language="en")
        found += [person.given_name for person in page.people]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == ["มาลี", "สมชาย", "เกรียงไกร"]


async def test_pages_join_without_gap_or_repeat_while_people_come_and_go(office: Office) -> None:
    viewer, seen, cursor = office.person("1001"), [], None
    for turn in range(10):
        page = await load_people(office.s, viewer, limit=2, cursor=cursor)
        seen += [person.given_name for person in page.people]
        cursor = page.cursor
        if cursor is None:
            break
        if turn == 0:
            more = PEOPLE + "1010,นาย,กมล,มาใหม่,,,,,,D2,งาน,,,\n1011,นาย,พนม,มาใหม่,,,,,,D2,งาน,,,\n"
            await office.import_(people=more)
    assert seen == ["เกรียงไกร", "แก้วตา", "ปิติ", "พนม", "มาลี", "สมชาย"]
    with pytest.raises(Invalid):
        await load_people(office.s, viewer, cursor="p_none")


async def test_telephone_numbers_are_hidden_unless_the_file_shows_them(office: Office) -> None:
    """F13."""
    for viewer in ("1002", "1005"):
        seen = await view(office, viewer, "1001")
        assert (seen.phone, seen.mobile, seen.email) == (None, None, "somchai@agency.test")
    mine = await view(office, "1001", "1001")
    assert (mine.phone, mine.mobile) == ("02-100-1001", "081-000-1001")
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",nobody,agency"
    await office.import_(people="\n".join([header + ",email_visibility,phone_visibility", *lines]))
    seen = await view(office, "1002", "1001")
    assert (seen.phone, seen.mobile, seen.email) == ("02-100-1001", None, None)


async def test_fields_by_visibility(office: Office) -> None:
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",agency,own_unit"
    await office.import_(people="\n".join([header + ",phone_visibility,mobile_visibility", *lines]))
    colleague, other = await view(office, "1002", "1001"), await view(office, "1005", "1001")
    assert (colleague.phone, colleague.mobile, colleague.email) == (
        "02-100-1001",
        "081-000-1001",
        "somchai@agency.test",
    )
    assert (other.phone, other.mobile, other.email) == ("02-100-1001", None, "somchai@agency.test")
    assert (await view(office, "1001", "1001")).mobile == "081-000-1001"
    await office.account("1005", "admin")
    await add_role(office.s, OPERATOR, office.person("1005"), Grant("agency_admin"))
    assert (await view(office, "1005", "1001")).mobile == "081-000-1001"


async def test_who_wants_to_be_found_in_the_own_unit_alone(office: Office) -> None:
    header, *lines = PEOPLE.splitlines()
    lines[0] += ",own_unit"
    await office.import_(people="\n".join([header + ",listing", *lines]))
    assert "สมชาย" in await names(office, office.person("1002"))
    assert "สมชาย" not in await names(office, office.person("1005"))
    with pytest.raises(NotFound):
        await view(office, "1005", "1001")


async def test_a_profile_with_its_posts(office: Office) -> None:
    person = await view(office, "1001", "1003")
    assert (person.name, person.post, person.rank) == ("นายเกรียงไกร กล้าหาญ", "นักวิชาการเงิน", "วิชาการ ระดับชำนาญการ")
    assert [(post.unit.name, post.acting, post.main) for post in person.posts] == [
        ("กองคลัง", False, True),
        ("กองแผนงาน", True, False),
    ]
    assert (person.unit.name_en if person.unit else None, person.rank_en) == (
        "Finance Division",
        "Knowledge worker, professional",
    )


async def test_whether_a_chat_may_be_started(office: Office) -> None:
    for staff_no in ("1001", "1002", "1005"):
        await office.account(staff_no, f"user{staff_no}")
    assert (await view(office, "1001", "1002")).may_contact is False
    assert (await view(office, "1002", "1001")).may_contact is True
    assert (await view(office, "1001", "1005")).may_contact is True
    assert (await view(office, "1001", "1001")).may_contact is None
    assert (await view(office, "1001", "1004")).may_contact is None
    await set_contact_mode(office.s, OPERATOR, ContactMode.PUBLIC)
    assert (await view(office, "1001", "1002")).may_contact is True


async def test_someone_whose_account_was_revoked(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    assert (await view(office, "1002", "1001")).active
    await revoke_account(office.s, OPERATOR, person, "พ้นจากราชการ")
    seen = await view(office, "1002", "1001")
    assert not seen.active
    assert seen.may_contact is None


async def test_the_status_line(office: Office) -> None:
    await set_status(office.s, office.person("1001"), "  ประชุม\nถึงบ่าย ")
    assert (await view(office, "1002", "1001")).status == "ประชุม ถึงบ่าย"
    with pytest.raises(Invalid):
        await set_status(office.s, office.person("1001"), "ก\u202eข")


def test_units_are_ordered_and_counted(office: Office) -> None:
    shown = [(unit.name, unit.people, unit.people_below) for unit in load_units(office.s).units]
    assert shown == [
        ("กระทรวงทดสอบ", 0, 5),
        ("กรมตัวอย่าง", 1, 4),
        ("กองแผนงาน", 3, 3),
        ("กองคลัง", 1, 1),
        ("กรมพยาน", 1, 1),
    ]
    assert load_units(office.s).units[0].name_en == "Ministry of Tests"


async def test_copying_the_directory_is_noticed_and_stopped(tmp_path: Path) -> None:
    async with open_office(tmp_path, with_policies(directory=DirectoryPolicy(HOUR, alarm=7, most=12))) as office:
        viewer = office.person("1001")
        for _ in range(3):
            await load_people(office.s, viewer)
        for refused in (load_people(office.s, viewer), load_person(office.s, viewer, office.person("1002"))):
            with pytest.raises(TooMany) as error:
                await refused
            assert error.value.code == "directory_budget"
            assert error.value.retry_after == 3600
        await load_person(office.s, viewer, viewer)
        await load_people(office.s, office.person("1002"))
        async with office.s.store.read() as reader:
            alarms = [(item.action, item.outcome) for item in await reader.run(audit.list_newest, 10, target=viewer)]
        assert alarms == [("directory.alarm", "refused"), ("directory.alarm", "noticed")]
        office.clock.pass_(HOUR)
        await load_people(office.s, viewer)


async def test_a_unit_below_a_merged_one_stays_in_the_chart(office: Office) -> None:
    rows = UNITS.replace("name_en,kind\n", "name_en,kind,merged_into\n").replace(
        "D1,M,กรมตัวอย่าง,Department of Examples,department", "D1,M,กรมตัวอย่าง,Department of Examples,department,D2"
    )
    await office.import_(units=rows)
    shown = [(unit.name, unit.parent, unit.people_below) for unit in load_units(office.s).units]
    d2 = office.unit("D2")
    assert shown[1:] == [("กรมพยาน", office.unit("M"), 5), ("กองแผนงาน", d2, 3), ("กองคลัง", d2, 1)]


async def test_a_whole_ministry_within_hours_is_noticed_and_stopped(tmp_path: Path) -> None:
    """Slow copying stays below the hour's limits, not below the day's."""
    policy = DirectoryPolicy(HOUR, alarm=11, most=12, day_alarm=25, day_most=40)
    async with open_office(tmp_path, with_policies(directory=policy)) as office:
        viewer = office.person("1001")
        for _ in range(4):
            for _ in range(2):
                await load_people(office.s, viewer)
            office.clock.pass_(HOUR)
        for _ in range(3):
            with pytest.raises(TooMany) as refused:
                await load_people(office.s, viewer)
            assert refused.value.retry_after == 20 * HOUR / 1000
        async with office.s.store.read() as reader:
            found = await reader.run(audit.list_newest, 10, target=viewer)
        assert [(item.outcome, item.detail) for item in found] == [
            ("refused", '{"limit":"day_most","people":40}'),
            ("noticed", '{"limit":"day_alarm","people":25}'),
        ]
        office.clock.pass_(20 * HOUR)
        await load_people(office.s, viewer)


async def test_what_was_shown_outlives_a_restart(tmp_path: Path) -> None:
    policy = DirectoryPolicy(HOUR, alarm=7, most=12)
    async with open_office(tmp_path, with_policies(directory=policy)) as office:
        viewer = office.person("1001")
        for _ in range(3):
            await load_people(office.s, viewer)
        await write_counts(office.s)
        again = await reopen(office)
        assert again.directory_quota.take(viewer, 1, office.clock()).refused_for == HOUR / 1000
        assert not again.directory_quota.take(office.person("1002"), 1, office.clock()).refused_for
        office.clock.pass_(HOUR)
        assert not (await reopen(office)).directory_quota.take(viewer, 1, office.clock()).refused_for
