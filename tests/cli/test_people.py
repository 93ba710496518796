"""The administrator's commands beside a server that is running: they speak to it through its socket.

Commands that are processes of their own: tests/administration/test_socket.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from appliance import wiring
from appliance.administration.formats import csv_line
from appliance.administration.operators import operator_name, operator_of
from appliance.demo.ministries import DATA
from appliance.demo.world import PASSWORD
from tests.agency import Agency
from tests.commands import carried_out
from tests.rereading import reread
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.slow


async def gchat(running: Agency, *arguments: str, given: str = "", code: int = 0) -> str:
    """Run a command on the running appliance's folder; return what it printed, with its complaints if it fails."""
    words = (*arguments, "--data", str(running.services.config.data))
    said = await asyncio.to_thread(carried_out, *words, given=given)
    assert said.code == code, said
    return said.out if code == 0 else said.out + said.err


async def test_a_revocation_acts_in_the_running_server(running: Agency) -> None:
    narin, other = await running.login("narin.p"), await running.login("lalita.w")
    async with narin.stream() as stream:
        said = await gchat(running, "user", "revoke", "narin.p", "--reason", "พ้นจากราชการ")
        while not stream.socket.closed:
            await stream.socket.receive(timeout=PATIENCE_S)
    assert said.startswith("sessions 1")
    await narin.refused("GET", "/me", status=401, code="session_ended_revoked")
    body = {"user": "narin.p", "password": PASSWORD}
    await running.anonymous().refused("POST", "/login", body, status=401, code="sign_in_failed")
    await other.get("/me")
    code = (await gchat(running, "user", "reactivate", "narin.p", "--identity-check", "มาแสดงบัตร")).strip()
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", code)
    back = await running.login("narin.p", code)
    assert (await back.get("/me"))["must_change_password"] is True
    await back.refused("GET", "/rooms", status=403, code="must_change_password")
    await back.post("/password", {"old": code, "new": "ต้นจามจุรีหน้าโรงเรียนเก่า"})
    await back.get("/rooms")


async def test_suspending_and_lifting(running: Agency) -> None:
    await gchat(running, "user", "suspend", "narin.p", "--until", "1/1/2599", "--reason", "สอบข้อเท็จจริง")
    body = {"user": "narin.p", "password": PASSWORD}
    await running.anonymous().refused("POST", "/login", body, status=403, code="account_suspended")
    assert re.search(r"narin\.p\t.*suspended → 01/01/2599 24:00", await gchat(running, "user", "list"))
    await gchat(running, "user", "lift", "narin.p", "--reason", "ไม่มีมูล")
    await running.login("narin.p")
    assert "test\t127.0.0.1" in await gchat(running, "user", "sessions", "narin.p")


async def test_a_console_role_needs_two_people_who_type_their_passwords(running: Agency) -> None:
    reset = ("user", "reset-password", "benchamat.k", "--identity-check", "เห็นหน้า")
    assert "two people" in await gchat(running, *reset, code=1)
    # The operator with one administrator, who may be the operator, is one person.
    assert "two people" in await gchat(running, *reset, "--second", "somchai.j", code=1)
    two = (*reset, "--by", "somchai.j", "--second", "ratchani.p")
    assert "password is wrong" in await gchat(running, *two, given=f"{PASSWORD}\nผิดแน่นอน\n", code=1)
    both = f"{PASSWORD}\n{PASSWORD}\n"
    alone = (*reset, "--by", "somchai.j", "--second", "somchai.j")
    assert "two people" in await gchat(running, *alone, given=both, code=1)
    code = (await gchat(running, *two, given=both)).strip()
    await running.login("benchamat.k", code)
    records = await gchat(running, "audit", "list", "--target", running.person("benchamat.k"))
    [line] = [line for line in records.splitlines() if "password.reset" in line]
    assert f"\t{running.person('somchai.j')} {operator_of(os.getuid(), os.getpid()).name}\t" in line
    role = ("user", "role", "add", "narin.p", "auditor")
    assert "two people" in await gchat(running, *role, code=1)
    await gchat(running, *role, "--by", "somchai.j", "--second", "atchara.t", given=both)


async def test_who_types_is_the_kernels_word(running: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody.else")
    await gchat(running, "user", "suspend", "narin.p", "--until", "1/1/2599", "--reason", "x")
    line = (await gchat(running, "audit", "list", "--target", running.person("narin.p"))).splitlines()[-1]
    assert f"\t{operator_of(os.getuid(), os.getpid()).name}\t" in line
    assert f"({os.getuid()})" in line
    assert "somebody.else" not in line


def test_the_login_behind_sudo_is_named(tmp_path: Path) -> None:
    login = tmp_path / "loginuid"
    plain = operator_name(os.getuid(), login)
    for nobody in (str(os.getuid()), "4294967295", "none"):
        login.write_text(nobody, "ascii")
        assert operator_name(os.getuid(), login) == plain
    login.write_text("31337", "ascii")
    assert operator_name(os.getuid(), login) == f"{plain} login=(31337)"


async def test_roles(running: Agency) -> None:
    said = await gchat(running, "user", "role", "add", "narin.p", "unit_admin", "--unit", "EPID")
    assert said == "ให้บทบาทแล้ว — role added: narin.p · unit_admin(EPID)\n"
    narin = await running.login("narin.p")
    assert "unit_admin" in (await narin.get("/me"))["roles"]
    said = await gchat(running, "user", "role", "remove", "narin.p", "unit_admin", "--unit", "EPID")
    assert said == "ถอนบทบาทแล้ว — role removed: narin.p · unit_admin(EPID)\n"
    assert "There is no such role" in await gchat(running, "user", "role", "add", "narin.p", "king", code=1)


async def test_importing_people(running: Agency, tmp_path: Path) -> None:
    source = (DATA / "moph" / "people.csv").read_text("utf-8")
    changed = tmp_path / "people.csv"
    changed.write_bytes(source.replace("ศรีสุขสวัสดิ์", "ศรีสวัสดิ์").encode("cp874"))
    preview = await gchat(running, "people", "import", str(changed))
    assert preview.splitlines()[-1].startswith("ดูก่อน ยังไม่มีการเปลี่ยนแปลง ใช้ --apply เพื่อนำเข้า — preview only")
    assert "แก้ไข เจ้าหน้าที่ 100001 นายแพทย์วิทยา ศรีสวัสดิ์ (family_name: ศรีสุขสวัสดิ์ → ศรีสวัสดิ์)" in preview
    narin = await running.login("narin.p")
    boss = f"/people/{running.person('witthaya.s')}"
    assert (await narin.get(boss))["person"]["family_name"] == "ศรีสุขสวัสดิ์"
    imported = await gchat(running, "people", "import", str(changed), "--apply")
    assert imported.splitlines()[-1] == "นำเข้าแล้ว — imported"
    again = await gchat(running, "people", "import", str(changed), "--apply")
    assert again.splitlines()[-1] == "ไม่มีอะไรต้องเปลี่ยน — nothing to change"

    async def told() -> bool:
        return bool((await narin.get(boss))["person"]["family_name"] == "ศรีสวัสดิ์")

    await until(told, "the new name")
    changed.write_text("\n".join(source.splitlines()[:3]), "utf-8")
    preview = await gchat(running, "people", "import", str(changed))
    assert "ใช้ --apply --approve-deactivations เพื่อนำเข้า" in preview.splitlines()[-1]
    refused = await gchat(running, "people", "import", str(changed), "--apply", code=1)
    assert "needs approval: --approve-deactivations." in refused
    changed.write_text(source.replace(",OPS,", ",NOWHERE,", 1), "utf-8")
    assert f"{changed}:2: ไม่พบหน่วยงาน NOWHERE" in await gchat(running, "people", "import", str(changed), code=1)


async def test_accounts_for_new_people(running: Agency, tmp_path: Path) -> None:
    source = (DATA / "moph" / "people.csv").read_text("utf-8").rstrip()
    header = source.partition("\n")[0].split(",")
    row = dict.fromkeys(header, "") | {
        "staff_no": "900001", "given_name": "ใหม่", "family_name": "มา", "unit": "OPS", "post_title": "นักวิชาการ"
    }  # fmt: skip
    rows = [row | {"staff_no": number} for number in ("900001", "900002", "900003")]
    added = "\n".join(",".join(one.values()) for one in rows)
    (tmp_path / "people.csv").write_text(f"{source}\n{added}\n", "utf-8")
    await gchat(running, "people", "import", str(tmp_path / "people.csv"), "--apply")
    (tmp_path / "accounts.csv").write_text("staff_no,user\n900001,mai.m\n999999,nobody\n", "utf-8")
    process = await gchat(running, "user", "add", "--from-file", str(tmp_path / "accounts.csv"), code=1)
    assert "accounts.csv:3: nobody:" in process
    (tmp_path / "accounts.csv").write_bytes("เลขประจำตัว;ชื่อผู้ใช้\n๙๐๐๐๐๒;c,d\n900003;=1+1\n".encode("cp874"))
    process = await gchat(running, "user", "add", "--from-file", str(tmp_path / "accounts.csv"), code=1)
    assert re.search(r'^"c,d",[A-Z2-7-]{19}$', process, re.MULTILINE), process
    assert "accounts.csv:3: =1+1: ใช้เป็นชื่อผู้ใช้ไม่ได้: =1+1" in process
    (tmp_path / "accounts.csv").write_bytes("staff_no,user\n9.00003E+05,x\n".encode("utf-16"))
    process = await gchat(running, "user", "add", "--from-file", str(tmp_path / "accounts.csv"), code=1)
    assert "accounts.csv:2: คอลัมน์ staff_no: โปรแกรมตารางคำนวณ" in process
    assert "has an account already" in await gchat(running, "user", "add", "mai.m", "--staff-no", "๙๐๐๐๐๑", code=1)
    code = (await gchat(running, "user", "reset-password", "mai.m", "--identity-check", "พบตัว")).strip()
    mai = await running.login("mai.m", code)
    assert (await mai.get("/me"))["person"]["name"] == "ใหม่ มา"


async def test_terms_and_contact_mode(running: Agency, tmp_path: Path) -> None:
    narin = await running.login("narin.p")
    assert "contact-mode public" in await gchat(running, "setting", "contact-mode", "public")
    assert (await gchat(running, "terms", "publish")).strip() == "2"

    async def asked() -> bool:
        async with narin.raw("GET", "/rooms") as response:
            return response.status != 200

    await until(asked, "asked for the new terms")
    await narin.refused("GET", "/rooms", status=403, code="terms_not_accepted")
    assert (await narin.get("/me"))["contact_mode"] == "public"
    assert (await narin.get("/terms"))["title"] == "ข้อกำหนดการใช้งานระบบสื่อสารของกระทรวงสาธารณสุข"
    await narin.post("/terms", {"version": 2})
    assert f",{narin.person}," in await gchat(running, "terms", "acceptances")
    ranks = tmp_path / "ranks.json"
    ranks.write_bytes(b"{")
    assert f"{ranks} ไม่ใช่ JSON" in await gchat(running, "setting", "rank-map", str(ranks), code=1)
    ranks.write_text('{"ที่ปรึกษา": "ไม่มี"}', "utf-16")
    assert "ไม่รู้จักระดับตำแหน่ง" in await gchat(running, "setting", "rank-map", str(ranks), code=1)


async def test_the_helpdesk_is_looked_at_and_changed_in_parts(running: Agency) -> None:
    """Who only looks at it, or sets one part, loses nothing."""
    await gchat(running, "setting", "helpdesk", "--phone", "02-590-1000", "--place", "ห้อง 305")
    await gchat(running, "setting", "helpdesk", "--email", "help@moph.go.th")
    said = await gchat(running, "setting", "helpdesk")
    assert "โทรศัพท์: 02-590-1000 · อีเมล: help@moph.go.th · สถานที่: ห้อง 305" in said
    await gchat(running, "setting", "helpdesk", "--phone", "")
    desk = (await running.anonymous().get("/agency"))["helpdesk"]
    assert desk == {"email": "help@moph.go.th", "place": "ห้อง 305"}


async def test_without_an_answer_no_password_is_said_to_be_wrong(running: Agency) -> None:
    two = ("--by", "somchai.j", "--second", "ratchani.p")
    reset = ("user", "reset-password", "benchamat.k", "--identity-check", "เห็นหน้า", *two)
    assert "ไม่มีเทอร์มินัลให้ถาม" in await gchat(running, *reset, code=1)


async def test_what_needs_a_stopped_server_says_so(running: Agency) -> None:
    with wiring.only_process(running.services.config):
        for command in (("keys", "rotate"), ("keys", "switch", "log"), ("migrate",), ("tls", "new-ca")):
            assert "โปรดหยุดระบบก่อน" in await gchat(running, *command, code=1)


async def test_a_day_until_which_somebody_is_suspended_is_the_last_one(running: Agency) -> None:
    """Bug S: as «to» is in directory files."""
    narin = running.person("narin.p")
    for last_day, expected in (
        ("31/12/2599", "2057-01-01T00:00+07:00"),
        ("2599-12-31", "2057-01-01T00:00+07:00"),
        ("31/12/2599T08:30", "2056-12-31T08:30+07:00"),
    ):
        await gchat(running, "user", "suspend", "narin.p", "--until", last_day, "--reason", "ทดสอบ")
        await reread(running.services)
        account = running.services.accounts.get(narin)
        assert account is not None
        assert account.suspended_until == datetime.fromisoformat(expected).timestamp() * 1000
        await gchat(running, "user", "lift", "narin.p", "--reason", "ทดสอบ")


def test_no_cell_of_a_table_is_a_formula() -> None:
    line = csv_line(("=1+1", "+66", "-1", "@sum", "\tx", "a=b", 5, 'a"b,c'))
    assert line == "'=1+1,'+66,'-1,'@sum,'\tx,a=b,5,\"a\"\"b,c\""


async def test_units_and_audit(running: Agency) -> None:
    units = (await gchat(running, "units")).splitlines()
    everybody = sum(card.active for card in running.services.directory.now.ordered)
    assert units[0] == f"MOPH  กระทรวงสาธารณสุข  ({everybody})"
    below = [line for line in units[1:] if line.startswith("  ") and not line.startswith("   ")]
    assert [line.split()[0] for line in below] == ["OPS", "DDC", "DOH"]
    assert len(units) == len(running.services.directory.now.units)
    await gchat(running, "user", "suspend", "narin.p", "--until", "2599-01-01T08:30", "--reason", "สอบข้อเท็จจริง")
    listed = await gchat(running, "audit", "list", "--target", running.person("narin.p"))
    assert "account.suspend" in listed.splitlines()[-1]
    assert "สอบข้อเท็จจริง" in listed
    found = json.loads(await gchat(running, "audit", "verify"))
    assert found["faults"] == 0
    assert found["checkpoints"] > 0


@pytest.mark.parametrize("when", ["พรุ่งนี้", "2599-01-01T99:00", "31/2/2569"])
async def test_a_time_that_is_none(running: Agency, when: str) -> None:
    said = await gchat(running, "user", "suspend", "narin.p", "--until", when, "--reason", "x", code=1)
    assert f"ไม่ใช่วันที่: {when}" in said
