"""`gchat setup` as somebody types it who has never seen the product: flags, a terminal, nothing at all."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import config
from tests.commands import carried_out
from tests.forking import Forks, forks
from tests.waiting import PATIENCE_S

GCHAT = (sys.executable, "-m", "appliance.cli")
PROCESSES = ("up", "serve", "search")
AGENCY = ("--slug", "dot", "--domain", "dot.test", "--name-th", "กรมทดสอบ", "--name-en", "Department of Tests")
ADMIN = ("--admin-name", "สมชาย ใจดี", "--admin-user", "somchai.j", "--admin-staff-no", "100001")
# Wherever there is no appliance, the reason is that and not a key.
NEEDING_ONE = (
    ("people", "import", __file__),
    ("user", "list"),
    ("user", "add", "a.b", "--staff-no", "1"),
    ("terms", "publish"),
    ("audit", "verify"),
    ("keys", "check"),
    ("keys", "rotate"),
    ("migrate",),
    ("room", "verify", "r_x"),
    ("serve",),
    ("search",),
    ("up",),
)


@pytest.fixture(scope="module")
def forked() -> Iterator[Forks]:
    with forks() as lent:
        yield lent


def gchat(*words: str | Path, code: int = 0, given: str = "") -> tuple[str, str]:
    """Carry out a command without a terminal; return what it printed and what it complained of."""
    said = carried_out(*words, given=given)
    assert said.code == code, said.out + said.err
    assert "Traceback" not in said.err
    return said.out, said.err


def complaint(forked: Forks, words: tuple[str, ...], data: Path) -> str:
    """Return what a command that is refused complains of; what serves where it is not has a process of its own."""
    if words[0] not in PROCESSES:
        return gchat(*words, "--data", data, code=1)[1]
    ended = forked.run(*words, "--data", data)
    assert ended.code == 1, ended.said
    assert "Traceback" not in ended.said
    return ended.said


def setup(data: Path, *words: str, code: int = 0) -> tuple[str, str]:
    return gchat("setup", "--data", data, *AGENCY, "--keys", "file", *words, code=code)


def test_without_a_terminal_what_is_missing_is_named(tmp_path: Path) -> None:
    """Bug T."""
    _, said = gchat("setup", "--data", tmp_path / "data", code=2)
    named = (
        "--slug",
        "--domain",
        "--name-th",
        "--name-en",
        "--keys",
        "--admin-name",
        "--admin-user",
        "--admin-staff-no",
    )
    assert f"these are missing: {', '.join(named)}\n" in said
    assert "passphrase" not in said
    _, said = setup(tmp_path / "data", "--admin-name", "สมชาย ใจดี", code=2)
    assert "these are missing: --admin-user, --admin-staff-no\n" in said
    assert not (tmp_path / "data").exists()


def test_a_passphrase_that_nobody_gives_is_said_to_be_missing(tmp_path: Path) -> None:
    """Bug T: it is neither a wrong key nor too short."""
    words = ("setup", "--data", tmp_path / "data", *AGENCY, *ADMIN, "--keys", "passphrase")
    _, said = gchat(*words, code=1)
    assert "There is no terminal to ask at" in said
    assert "does not open" not in said
    _, said = gchat(*words, code=1, given="สั้น\nสั้น\n")
    assert "วลีผ่านสั้นเกินไป" in said
    assert "The passphrase is too short." in said
    assert "does not open" not in said


@pytest.mark.parametrize(
    ("flags", "why"),
    [(("--port", "99999"), "staff.port: 0 ถึง 65535 — 0 to 65535"), (("--names", "https://chat.test"), "staff.names:")],
)
def test_an_address_that_cannot_be_is_refused_before_anything_is_made(
    tmp_path: Path, flags: tuple[str, ...], why: str
) -> None:
    _, said = setup(tmp_path / "data", *ADMIN, *flags, code=1)
    assert why in said
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists()


def test_terms_and_an_administrator_are_there_from_the_start(tmp_path: Path) -> None:
    """F80, «A new machine»."""
    data = tmp_path / "data"
    said, _ = setup(data, *ADMIN, "--admin-unit", "กองไอที", "--admin-unit-code", "IT")
    assert re.search(r"one-time code, shown this once: (\w{4}-){3}\w{4}\n", said)
    listed, _ = gchat("user", "list", "--data", data)
    assert listed.split("\t")[:4] == ["somchai.j", "100001", "สมชาย ใจดี", "active"]
    assert "agency_admin" in listed
    units, _ = gchat("units", "--data", data)
    assert units == "dot  กรมทดสอบ  (1)\n  IT  กองไอที  (1)\n"
    records, _ = gchat("audit", "list", "--data", data)
    assert [line.split("\t")[3] for line in records.splitlines()] == [
        "terms.publish",
        "people.import",
        "account.create",
        "role.add",
    ]
    verified, _ = gchat("audit", "verify", "--data", data)
    assert json.loads(verified)["faults"] == 0
    _, said = setup(data, *ADMIN, code=1)
    assert f"There is an appliance in {data} already" in said


def test_an_agencys_own_terms_and_none(tmp_path: Path) -> None:
    thai, empty = tmp_path / "th.txt", tmp_path / "empty.txt"
    thai.write_text("ข้อกำหนดของกรม\nห้ามใช้ชื่อผู้อื่น", "utf-8")
    empty.write_text("ข้อกำหนด\n", "utf-8")
    _, said = setup(tmp_path / "a", *ADMIN, "--terms", str(empty), code=1)
    assert "Terms need a title" in said
    assert not (tmp_path / "a").exists()
    # As an editor on Windows saves it.
    thai.write_bytes("ข้อกำหนดของกรม\r\nห้ามใช้ชื่อผู้อื่น\r\n".encode("cp874"))
    empty.write_bytes(b"\x81\xff")
    _, said = setup(tmp_path / "a", *ADMIN, "--terms", str(thai), str(empty), code=1)
    assert f"{empty} is not text in UTF-8, UTF-16 or TIS-620." in said
    _, said = setup(tmp_path / "a", *ADMIN, "--terms", *[str(thai)] * 3, code=1)
    assert "one Thai file and one English file" in said
    assert not (tmp_path / "a").exists()
    said, _ = setup(tmp_path / "a", *ADMIN, "--terms", str(thai))
    assert "draft" not in said
    said, _ = setup(tmp_path / "b", "--no-administrator", "--no-terms")
    assert "gchat terms publish" in said
    assert "gchat user add" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--admin-name", "สมชาย"), "Given and family name are both needed"),
        (("--admin-user", "som chai"), "Not a user name: som chai"),
        (("--admin-user", "=1+1"), "Not a user name: =1+1"),
        (("--admin-staff-no", "1.00001E+12"), "1.00001E+12"),
        (("--slug", "กรม"), "agency.slug"),
        (("--port", "-1"), "staff.port"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_made(
    tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    _, said = setup(tmp_path / "data", *ADMIN, *words, code=1)
    assert expected in said
    assert not (tmp_path / "data").exists()


def test_where_staff_connect_is_written_into_the_configuration(tmp_path: Path) -> None:
    data = tmp_path / "data"
    setup(data, *ADMIN, "--host", "192.0.2.7", "--port", "8443", "--names", "chat.dot.test")
    staff = config.load(data).staff
    assert (staff.host, staff.port, staff.tls, staff.names) == ("192.0.2.7", 8443, True, ("chat.dot.test",))


def test_at_a_terminal_it_asks(tmp_path: Path) -> None:
    data = tmp_path / "data"
    answers = ["dot", "dot.test", "กรมทดสอบ", "", "Department of Tests", "สมชาย ใจดี", "somchai.j", "100001", ""]
    answers += ["0 2123 4567", "help@dot.test", "อาคาร 1 ห้อง 204"]
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here: /dev/pts is not mounted")
    with subprocess.Popen(  # noqa: S603 - our own program
        [*GCHAT, "setup", "--data", str(data), "--keys", "file"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(slave)
        os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
        try:
            said, complained = process.communicate(timeout=PATIENCE_S)
        finally:
            # One that asks for more than it was answered would wait for ever.
            process.kill()
    os.close(master)
    assert process.returncode == 0, said + complained
    assert "ชื่อหน่วยงานภาษาไทย" in said
    assert "somchai.j" in said
    assert config.load(data).agency.name_th == "กรมทดสอบ"


@pytest.mark.parametrize("words", NEEDING_ONE, ids=lambda words: " ".join(words[:2]))
def test_where_there_is_no_appliance_that_is_the_reason(forked: Forks, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Bug T: not «locked», not a wrong key."""
    assert complaint(forked, words, tmp_path / "none") == (
        f"ไม่มีระบบในโฟลเดอร์ {tmp_path / 'none'} ให้สร้างด้วย gchat setup ก่อน\n"
        f"There is no appliance in {tmp_path / 'none'}; run gchat setup.\n"
    )
    assert not (tmp_path / "none").exists()


def test_a_configuration_saved_by_an_editor_of_windows_is_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    setup(data, "--no-administrator")
    written = (data / "gchat.toml").read_text("utf-8")
    (data / "gchat.toml").write_text(written, "utf-8-sig")
    assert config.load(data).agency.name_th == "กรมทดสอบ"
    (data / "gchat.toml").write_text(f"{written}\n[staff]\nport = -1\nprot = 1\n", "utf-8")
    _, said = gchat("units", "--data", data, code=1)
    assert "staff.port: ติดลบไม่ได้ — cannot be negative" in said
    assert "staff.prot: ไม่มีการตั้งค่านี้ — no such setting" in said


def test_wrong_usage_is_said_in_thai_too() -> None:
    _, said = gchat("people", "import", code=2)
    assert "ใช้คำสั่งไม่ถูกต้อง — wrong usage: " in said


# Stops the command that follows like `kill -9` before it puts file number N in its place, or removes it.
CUT_SHORT = """
import os, sys
left = int(os.environ["LEFT"])
def stop(event, arguments):
    global left
    if event in ("os.rename", "os.remove") and "setup_data" in str(arguments[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
sys.addaudithook(stop)
"""


def test_a_setup_that_is_killed_anywhere_is_begun_anew(forked: Forks, tmp_path: Path) -> None:
    """Cut short before each file is put in its place: nothing is taken for an appliance until all of it is there."""
    data = tmp_path / "setup_data"
    words = ("setup", "--data", str(data), *AGENCY, "--keys", "file", *ADMIN)
    killed = 0
    for number in range(40):
        done = forked.run(*words, first=CUT_SHORT, LEFT=str(number))
        if done.code == 0:
            break
        assert done.code == -9, done.said
        killed += 1
        if (data / "setup-unfinished").exists():
            _, said = gchat("keys", "check", "--data", data, code=1)
            assert "did not finish. Run gchat setup again" in said
    assert killed > 5
    assert not (data / "setup-unfinished").exists()
    gchat("keys", "check", "--data", data)
    listed, _ = gchat("user", "list", "--data", data)
    assert listed.startswith("somchai.j\t")


@pytest.mark.parametrize(
    "words",
    [
        ("--domain", "a/b"),
        ("--domain", ""),
        ("--domain", "a b"),
        ("--domain", "a+b"),
        ("--domain", "a\nb"),
        ("--domain", "d" * 254),
        ("--slug", "a" * 64),
        ("--slug", "system"),
        ("--slug", ""),
    ],
)
def test_names_that_evidence_cannot_carry_are_refused_before_anything_is_made(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    _, said = setup(tmp_path / "data", *ADMIN, *words, code=1)
    assert f"agency.{words[0].removeprefix('--')}: " in said
    assert not (tmp_path / "data").exists()


def test_keys_open_under_the_name_they_were_made_for_alone(forked: Forks, tmp_path: Path) -> None:
    """Under another name every old room would be unproven, and every new one signed by nobody that is known."""
    data = tmp_path / "data"
    setup(data, *ADMIN)
    file = data / "gchat.toml"
    text = file.read_text("utf-8")
    for old, new in (('"dot"', '"dtt"'), ('"dot.test"', '"other.test"')):
        file.write_text(text.replace(old, new), "utf-8")
        for command in (("up",), ("keys", "check"), ("user", "list")):
            said = complaint(forked, command, data)
            assert "The keys here are of agency dot, domain dot.test, but gchat.toml names" in said
    file.unlink()
    for command in (("up",), ("keys", "check"), ("user", "list")):
        said = complaint(forked, command, data)
        assert "gchat.toml: ไม่พบไฟล์" in said
    file.write_text(text, "utf-8")
    (data / "gchat.db").unlink()
    for command in (("up",), ("migrate",), ("user", "list")):
        said = complaint(forked, command, data)
        assert "The keys are there, but the database" in said
        assert not (data / "gchat.db").exists()
