from __future__ import annotations

import pytest

from appliance.people import UnitKind
from appliance.reads.import_preview import describe_problems
from appliance.rules import import_files
from appliance.rules.import_files import decode, read_accounts, read_files
from appliance.rules.import_rows import AccountRow
from appliance.rules.imports import Plan, plan_import
from appliance.rules.organisation import HoldingState, Organisation, PostState
from appliance.rules.thai_days import midnight, parse_date
from tests.hostile import TEXTS, behind_a_letter, costs_its_length

NOW = 1_780_000_000_000
EMPTY = Organisation({}, {}, {}, {})
UNITS = "code,parent,name_th,kind\nM,,กระทรวง,ministry\nA,M,กอง ก,division\nB,M,กอง ข,division\n"
PEOPLE = (
    "staff_no,given_name,family_name,unit,post_title,rank,acting,main\n"
    "1,สมชาย,ใจดี,A,นักวิชาการ,ชำนาญการ,,\n"
    "2,มาลี,มีสุข,B,นักวิชาการ,ชำนาญการ,,\n"
    "2,,,A,หัวหน้ากลุ่ม,ชำนาญการพิเศษ,ใช่,\n"
)


def plan(now: Organisation = EMPTY, at: int = NOW, **files: str) -> Plan:
    return plan_import(now, read_files({f"{name}.csv": text.encode() for name, text in files.items()}), at)


def after(now: Organisation, done: Plan) -> Organisation:
    """The organisation once the plan is applied."""
    assert not done.problems
    holdings = dict(now.holdings) | {(c.after.staff_no, c.after.post): c.after for c in done.holdings}
    return Organisation(
        dict(now.units) | {change.after.code: change.after for change in done.units},
        dict(now.posts) | {change.after.code: change.after for change in done.posts},
        dict(now.people) | {change.after.staff_no: change.after for change in done.people},
        {key: held for key, held in holdings.items() if held.held_to is None or held.held_to > NOW},
    )


def problems(done: Plan) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.code, problem.value) for problem in done.problems]


FIRST = after(EMPTY, plan(units=UNITS, people=PEOPLE))


def test_first_import_adds_everything() -> None:
    done = plan(units=UNITS, people=PEOPLE)
    assert [len(part) for part in (done.units, done.posts, done.people, done.holdings)] == [3, 3, 2, 3]
    operations = [c.operation for c in done.units] + [c.operation for c in done.people]
    assert {*operations, *(c.operation for c in done.holdings)} == {"added"}
    assert done.units[0].after.code == "M"
    acting = next(change.after for change in done.holdings if change.after.acting)
    assert not acting.main
    assert next(c.after for c in done.holdings if c.after.staff_no == "2" and not c.after.acting).main


def test_the_same_files_again_change_nothing() -> None:
    assert plan(FIRST, NOW + 5, units=UNITS, people=PEOPLE).changes == 0


def test_a_renamed_unit_stays_the_same_unit() -> None:
    done = plan(FIRST, units=UNITS.replace("กอง ก", "กองใหม่"))
    assert [(change.operation, change.differing()) for change in done.units] == [("changed", ["name_th"])]
    assert (done.people, done.holdings) == ((), ())


def test_a_merged_unit_ends_and_points_at_its_successor() -> None:
    merged = (
        "code,parent,name_th,kind,merged_into,to\n"
        "M,,กระทรวง,ministry,,\nA,M,กอง ก,division,B,30/9/2569\nB,M,กอง ข,division,,\n"
    )
    done = plan(FIRST, units=merged)
    assert [(c.operation, c.after.code, c.after.merged_into) for c in done.units] == [("ended", "A", "B")]
    assert done.units[0].after.valid_to == midnight(parse_date("2026-10-01"))  # type: ignore[arg-type]
    assert plan(after(FIRST, done), units=merged).changes == 0


def test_a_unit_with_people_cannot_just_vanish() -> None:
    done = plan(FIRST, units=UNITS.replace("B,M,กอง ข,division\n", ""))
    assert problems(done) == [(0, "import_unit_in_use", "B")]
    assert done.changes == 0


def test_whoever_is_not_in_the_file_leaves_the_staff() -> None:
    done = plan(FIRST, people="".join(PEOPLE.splitlines(keepends=True)[:2]))
    assert [(c.operation, c.after.staff_no) for c in done.people] == [("ended", "2")]
    assert {(c.operation, c.after.staff_no, c.after.held_to) for c in done.holdings} == {("ended", "2", NOW)}
    assert (done.deactivated, done.active_before) == (1, 2)
    assert plan(after(FIRST, done), NOW + 5, people="".join(PEOPLE.splitlines(keepends=True)[:2])).changes == 0


def test_coming_back_is_a_change() -> None:
    gone = after(FIRST, plan(FIRST, people="".join(PEOPLE.splitlines(keepends=True)[:2])))
    done = plan(gone, people=PEOPLE)
    assert [(c.operation, c.differing()) for c in done.people] == [("changed", ["active"])]
    assert {c.operation for c in done.holdings} == {"added"}


def test_moving_ends_one_holding_and_begins_another() -> None:
    done = plan(FIRST, people=PEOPLE.replace("1,สมชาย,ใจดี,A", "1,สมชาย,ใจดี,B"))
    assert sorted((c.operation, c.after.post) for c in done.holdings) == [
        ("added", "B/นักวิชาการ/ชำนาญการ"),
        ("ended", "A/นักวิชาการ/ชำนาญการ"),
    ]


def test_a_post_without_a_holder() -> None:
    done = plan(FIRST, people=PEOPLE + ",,,A,รองผู้อำนวยการ,อำนวยการต้น,,\n")
    assert [change.after.title_th for change in done.posts] == ["รองผู้อำนวยการ"]
    assert (done.people, done.holdings) == ((), ())


def test_a_planned_holding_that_is_dropped_ends_as_it_begins() -> None:
    adviser = PostState("A/ที่ปรึกษา", "A", "ที่ปรึกษา", None, None, head=False)
    planned = HoldingState("1", adviser.code, NOW + 9, None, acting=False, main=False)
    posts, holdings = {**FIRST.posts, adviser.code: adviser}, {**FIRST.holdings, ("1", adviser.code): planned}
    now = Organisation(FIRST.units, posts, FIRST.people, holdings)
    done = plan(now, people=PEOPLE)
    assert [(c.after.held_from, c.after.held_to) for c in done.holdings] == [(NOW + 9, NOW + 9)]


def test_a_holding_whose_last_day_is_past() -> None:
    text = PEOPLE.replace("acting,main\n", "acting,main,to\n").replace("ใช่,\n", "ใช่,,2569-01-31\n")
    done = plan(FIRST, people=text)
    assert [(c.operation, c.after.post) for c in done.holdings] == [("ended", "A/หัวหน้ากลุ่ม/ชำนาญการพิเศษ")]
    assert plan(after(FIRST, done), people=text).changes == 0


def test_every_problem_is_told_at_once() -> None:
    done = plan(
        units="code,parent,name_th,kind\nA,B,ก,division\nB,A,ข,division\nC,C,ค,กอง\nA,,ก,division\nD,X,ง,ชมรม\nE,,,กอง\n",
        people=(
            "staff_no,given_name,family_name,unit,post_title,from,to,main,email_visibility\n"
            "1,ก,ข,Z,งาน,,,,\n"
            "2,ก,ข,C,งาน,32/1/2569,,,\n"
            "3,ก,,C,งาน,,,,\n"
            "4,ก,ข,C,งาน,2026-02-02,2026-02-01,,\n"
            "5,ก,ข,C,งาน,,,ใช่,\n"
            "5,ข,,C,งานสอง,,,ใช่,\n"
            "6,ก,ข,C,งาน,,,อาจจะ,\n"
            "7,ก,ข,C,งาน,,,,ทุกคน\n"
            "8,ก,ข,C,งาน,,,,\n"
            "8,,,C,งาน,,,,\n"
        ),
    )
    assert problems(done) == [
        (2, "import_unit_unknown", "Z"),
        (3, "import_date", "32/1/2569"),
        (4, "import_missing", "family_name"),
        (5, "import_dates", "C/งาน"),
        (6, "import_main_twice", "5"),
        (7, "import_person_differs", "5"),
        (8, "import_flag", "อาจจะ"),
        (9, "import_visibility", "ทุกคน"),
        (11, "import_post_twice", "C/งาน"),
        (2, "import_cycle", "A"),
        (3, "import_cycle", "B"),
        (4, "import_cycle", "C"),
        (5, "import_unit_twice", "A"),
        (6, "import_kind", "ชมรม"),
        (7, "import_missing", "name_th"),
    ]
    assert done.changes == 0


@pytest.mark.parametrize(
    ("into", "first", "last", "expected"),
    [
        ("B", "2026-01-01", "2026-01-01", []),
        ("Z", "", "", [(3, "import_merge_unknown", "Z")]),
        ("A", "", "", [(3, "import_merge_unknown", "A")]),
        ("", "2026-01-02", "2026-01-01", [(3, "import_dates", "A")]),
    ],
)
def test_a_unit_merges_into_another_one_and_ends_after_it_begins(
    into: str, first: str, last: str, expected: list[tuple[int, str, str]]
) -> None:
    columns = "code,parent,name_th,kind,merged_into,from,to\n"
    done = plan(units=f"{columns}M,,ก,กรม,,,\nA,M,ข,กอง,{into},{first},{last}\nB,M,ค,กอง,,,\n")
    assert problems(done) == expected


def test_two_rows_about_one_post_say_the_same_of_it() -> None:
    rows = "staff_no,given_name,family_name,unit,post_code,post_title\n1,ก,ข,A,P1,งาน\n,,,A,P1,%s\n"
    assert problems(plan(FIRST, people=rows % "งาน")) == []
    assert problems(plan(FIRST, people=rows % "งานอื่น")) == [(3, "import_post_differs", "P1")]


def test_what_is_new_has_no_field_that_differs() -> None:
    assert [change.differing() for change in plan(units=UNITS).units] == [[], [], []]


def test_a_longer_cycle_is_found() -> None:
    done = plan(units="code,parent,name_th,kind\nR,,ร,กรม\nA,C,ก,กอง\nB,A,ข,กอง\nC,B,ค,กอง\nD,C,ง,กอง\n")
    assert problems(done) == [(3, "import_cycle", "A"), (4, "import_cycle", "B"), (5, "import_cycle", "C")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "import_empty"),
        ("staff_no,given_name\n", "import_column_missing"),
        ("code,name_th,kind,colour\n", "import_column_unknown"),
        ("code,code,name_th,kind\n", "import_column_twice"),
        ('code,name_th,kind\nA,"ก,กอง\n', "import_csv"),
        ("code,name_th,kind\nA,ก,กอง,4\n", "import_cells"),
        ("code,name_th,kind\nA," + "ก" * 201 + ",กอง\n", "import_value_long"),
        ("code,name_th,kind\nA,ก\x07ข,กอง\n", "import_character"),
        ("code,name_th,kind\nA,\u0301\u0e48,กอง\n", "import_invisible"),
        ("code,name_th,kind\nA,ก" + "\u0301" * 31 + ",กอง\n", "import_marks"),
        ("code,name_th,kind\nA,\u3164\u2800\u200f,กอง\n", "import_missing"),
    ],
)
def test_files_that_cannot_be_read(text: str, code: str) -> None:
    assert code in {problem.code for problem in read_files({"f.csv": text.encode()}).problems}


@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_cells_cost_their_length(piece: str) -> None:
    """Whatever a column holds."""

    def make(length: int) -> str:
        return behind_a_letter(piece, length).replace(",", " ").replace("\n", " ").replace('"', " ")

    def read(cell: str) -> None:
        read_files({"f.csv": f"code,name_th,kind\nA,{cell},กอง\n".encode("utf-8", "surrogatepass")})

    assert costs_its_length(read, make, 20_000)


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2009", "\u202f", "\u2003"])
def test_every_kind_of_space_is_a_space(space: str) -> None:
    text = f"{space}code,name_th{space},kind\nA,สำนัก{space}ที่ 1{space},กอง\n"
    rows = read_files({"f.csv": text.encode()})
    assert rows.problems == []
    assert rows.units is not None
    assert rows.units[0].name_th == "สำนัก ที่ 1"


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069"])
def test_marks_of_direction_are_dropped(mark: str) -> None:
    text = f"{PEOPLE.splitlines()[0]},email\n1,สม{mark}ชาย,ใจดี,A,นักวิชาการ,,,,a@b.test{mark}\n"
    rows = read_files({"f.csv": text.encode()})
    assert rows.problems == []
    assert rows.people is not None
    fields = rows.people[0].fields
    assert (fields["given_name"], fields["email"]) == ("สมชาย", "a@b.test")


def test_a_character_that_cannot_be_shown_is_named_with_its_place() -> None:
    text = PEOPLE.replace("มาลี", "มา\x07ลี").replace("หัวหน้ากลุ่ม", "หัวหน้า\ue000กลุ่ม")
    found = read_files({"f.csv": text.encode()}).problems
    assert [(p.line, p.column, p.value) for p in found] == [(3, "given_name", "U+0007"), (4, "post_title", "U+E000")]
    assert list(describe_problems(found[:1], "th", "en")) == [
        (
            "f.csv:3: คอลัมน์ given_name มีอักขระที่แสดงไม่ได้ U+0007 — "
            "column given_name has a character that cannot be shown, U+0007"
        )
    ]


@pytest.mark.parametrize("number", ["1.00001E+12", "1,00001E+12", "1e5", "100001.0", "100001,00", "'100001", "๑.๒E+๑๒"])
@pytest.mark.parametrize("column", ["staff_no", "mobile"])
def test_numbers_that_a_spreadsheet_has_made_are_refused_as_such(number: str, column: str) -> None:
    values = {"staff_no": "1", "mobile": "", column: number}
    text = f"staff_no;given_name;family_name;unit;post_title;mobile\n{values['staff_no']};ก;ข;A;ค;{values['mobile']}\n"
    found = read_files({"f.csv": text.encode()}).problems
    assert [(p.line, p.code, p.column, p.value) for p in found] == [(2, "import_spreadsheet_number", column, number)]


@pytest.mark.parametrize("number", ["100001", "๑๐๐๐๐๑", "1-2345", "10.01", "E100", "02-100-1001", "+66 2 100 1001"])
def test_numbers_as_agencies_write_them_are_taken(number: str) -> None:
    text = f"staff_no,given_name,family_name,unit,post_title\n{number},ก,ข,A,ค\n"
    assert read_files({"f.csv": text.encode()}).problems == []


def test_two_people_with_one_staff_number_are_named_with_both_lines() -> None:
    """The number, and the lines that disagree."""
    done = plan(FIRST, people=PEOPLE.replace("2,มาลี,มีสุข,B", "1,มาลี,ใจดี,B"))
    said = next(iter(describe_problems(done.problems, "th", "en")))
    assert said.startswith("people.csv:3: เลขประจำตัว 1 อยู่ในแถว 2 แล้ว แต่คอลัมน์ given_name ไม่ตรงกัน — ")
    assert said.endswith("staff number 1 is in line 2 too, but column given_name differs")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lists_of_accounts_are_read_as_directory_files_are(encoding: str, separator: str) -> None:
    text = f"เลขประจำตัว{separator}ชื่อผู้ใช้\n๑๐๐๐๐๑{separator}somchai.j\n\n100002{separator}มาลี\n"
    rows, found = read_accounts("f.csv", text.encode(encoding))
    assert found == []
    assert rows == [AccountRow(2, "100001", "somchai.j"), AccountRow(4, "100002", "มาลี")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "import_empty"),
        ("staff_no\n1\n", "import_column_missing"),
        ("staff_no,user,password\n1,a,b\n", "import_column_unknown"),
        ("staff_no,user\n1,\n", "import_missing"),
        ("staff_no,user\n1.00001E+12,a\n", "import_spreadsheet_number"),
        ('staff_no,user\n1,"a\n', "import_csv"),
    ],
)
def test_lists_of_accounts_that_cannot_be_read(text: str, code: str) -> None:
    rows, found = read_accounts("f.csv", text.encode())
    assert (rows, [problem.code for problem in found]) == ([], [code])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874", "tis-620", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert decode("รหัส,ชื่อ\n".encode(encoding)) == "รหัส,ชื่อ\n"


def test_a_file_of_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "_MAX_LINES", 4)
    assert read_files({"f.csv": UNITS.encode()}).problems == []
    found = read_files({"f.csv": (UNITS + "C,M,กอง ค,division\n").encode()}).problems
    assert [(problem.line, problem.code, problem.value) for problem in found] == [(5, "import_too_long", "4")]


def test_bytes_in_no_known_encoding() -> None:
    assert decode(b"code,name_th\n\x00") is None
    assert decode(b"code,name_th\n\xff\xfe\xfd\x00") is None
    assert [p.code for p in read_files({"f.csv": b"\x81\xff"}).problems] == ["import_encoding"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_thai_columns_and_separators(separator: str) -> None:
    text = "รหัสหน่วยงาน,ชื่อหน่วยงาน,ระดับหน่วยงาน,หน่วยงานแม่\n๐๑,กองคลัง,กอง,\n".replace(",", separator)
    rows = read_files({"f.csv": text.encode()})
    assert rows.problems == []
    assert rows.units is not None
    assert rows.units[0].kind is UnitKind.DIVISION


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2569-10-01", "2026-10-01"),
        ("1/10/2569", "2026-10-01"),
        ("๑/๑๐/๒๕๖๙", "2026-10-01"),
        ("2026-10-01", "2026-10-01"),
    ],
)
def test_dates_with_either_era(text: str, iso: str) -> None:
    assert str(parse_date(text)) == iso


@pytest.mark.parametrize("text", ["29/2/2569", "2026-13-01", "1-10-2569", "พรุ่งนี้", ""])
def test_no_dates(text: str) -> None:
    assert parse_date(text) is None


FULL_UNITS = (
    "code,parent,name_th,name_en,kind,merged_into,from,to\n"
    "M,,กระทรวง,Ministry,ministry,,,\n"
    "A,M,กอง ก,Division A,division,,,2570-09-30\n"
    "B,M,กอง ข,Division B,division,,,\n"
    "C,M,กอง ค,Division C,division,A,2568-01-01,\n"
)
FULL_PEOPLE = (
    "staff_no,title,given_name,family_name,title_en,given_name_en,family_name_en,email,phone,mobile,birth_date,"
    "email_visibility,phone_visibility,mobile_visibility,listing,unit,post_code,post_title,post_title_en,rank,head,"
    "acting,main,from,to\n"
    "1,นาย,สมชาย,ใจดี,Mr,Somchai,Jaidee,s@a.test,021,081,2530-01-31,own_unit,agency,agency,own_unit,"
    "B,P-1,นักวิชาการ,Officer,ชำนาญการ,,,,2568-10-01,\n"
    "1,,,,,,,,,,,,,,,B,P-2,ผู้อำนวยการ,Director,อำนวยการสูง,ใช่,ใช่,ใช่,2568-10-01,2570-09-30\n"
)
FULL = after(EMPTY, plan(units=FULL_UNITS, people=FULL_PEOPLE))
REQUIRED = {
    "units": {"code", "name_th", "kind"},
    "people": {"staff_no", "given_name", "family_name", "unit", "post_title"},
}


def columns_of(text: str) -> list[str]:
    return text.partition("\n")[0].split(",")


def without(text: str, *columns: str) -> str:
    kept = [place for place, name in enumerate(columns_of(text)) if name not in columns]
    return "".join(",".join(line.split(",")[place] for place in kept) + "\n" for line in text.splitlines())


def emptied(text: str, column: str) -> str:
    head, *lines = text.splitlines()
    place = columns_of(text).index(column)
    rows = [line.split(",") for line in lines]
    return "\n".join([head, *(",".join([*row[:place], "", *row[place + 1 :]]) for row in rows)]) + "\n"


FILES = {"units": FULL_UNITS, "people": FULL_PEOPLE}
OPTIONAL = [
    (name, column) for name, text in FILES.items() for column in columns_of(text) if column not in REQUIRED[name]
]


@pytest.mark.parametrize(("name", "column"), OPTIONAL)
def test_a_column_that_a_file_does_not_have_changes_nothing(name: str, column: str) -> None:
    """A `units.csv` without `name_en` erased the unit's English name."""
    files = FILES | {name: without(FILES[name], column)}
    done = plan(FULL, NOW + 5, **files)
    assert (done.problems, done.changes) == ((), 0)


def test_a_file_of_the_required_columns_alone_changes_nothing() -> None:
    bare = {name: without(text, *set(columns_of(text)) - REQUIRED[name]) for name, text in FILES.items()}
    done = plan(FULL, NOW + 5, **bare)
    assert (done.problems, done.changes) == ((), 0)


# An empty `from` keeps the day it was, an empty `post_code` makes one, and empty acting or main is «no».
@pytest.mark.parametrize(("name", "column"), [pair for pair in OPTIONAL if pair[1] not in ("from", "parent")])
def test_an_empty_cell_clears(name: str, column: str) -> None:
    done = plan(FULL, NOW + 5, **(FILES | {name: emptied(FILES[name], column)}))
    assert not done.problems
    assert done.changes > 0


def test_a_column_counts_when_any_file_with_the_person_has_it() -> None:
    """The second file says nothing of the telephone; the first has the column, and its cell is empty."""
    head, first, second = FULL_PEOPLE.splitlines()
    one = emptied(f"{head}\n{first}\n", "phone")
    two = without(f"{head}\n{second}\n", "phone", "email", "post_title_en")
    done = plan(FULL, NOW + 5, one=one, two=two)
    (changed,) = done.people
    assert changed.differing() == ["phone"]
    assert (done.posts, done.holdings) == ((), ())


def test_an_end_that_was_set_stays_only_while_it_lies_ahead() -> None:
    later = NOW + 2_000 * 86_400_000
    bare = {name: without(text, "to") for name, text in FILES.items()}
    past = Organisation(FULL.units, FULL.posts, FULL.people, {})
    done = plan(past, later, **bare)
    assert [(change.after.code, change.after.valid_to) for change in done.units] == [("A", None)]
    assert {change.after.post: change.after.held_to for change in done.holdings} == {"P-1": None, "P-2": None}


def test_a_unit_that_left_the_table_comes_back_without_an_end() -> None:
    gone = after(
        FIRST,
        plan(FIRST, NOW + 5, units=UNITS.replace("B,M,กอง ข,division\n", ""), people=PEOPLE.replace(",B,", ",A,")),
    )
    assert gone.units["B"].valid_to == NOW + 5
    back = plan(gone, NOW + 9, units=UNITS)
    assert [(change.after.code, change.after.valid_to) for change in back.units] == [("B", None)]


def test_a_parent_that_is_kept_has_to_be_there() -> None:
    text = without(UNITS, "parent").replace("M,กระทรวง,ministry\n", "")
    assert problems(plan(FIRST, units=text)) == [(2, "import_parent_unknown", "M"), (3, "import_parent_unknown", "M")]
