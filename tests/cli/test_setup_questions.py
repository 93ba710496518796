"""What `gchat setup` asks at a terminal: each answer is checked at once, and asked for again with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance import config
from appliance.cli.explain import explain
from appliance.cli.main import main
from appliance.errors import Invalid
from appliance.locale import text
from appliance.process.setup import check_folder

if TYPE_CHECKING:
    from pathlib import Path

SHORT, PASSPHRASE = "สั้นเกินไป", "วลีผ่านที่ยาวพอสำหรับการทดสอบ"


class Terminal:
    """Answers questions in order, by what the question has in it, and keeps all that was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: list[tuple[str, str]]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", self.answer)
        monkeypatch.setattr("getpass.getpass", self.answer)

    def answer(self, question: str) -> str:
        self.asked.append(question)
        expected, answer = self._answers.pop(0)
        assert expected in question
        return answer

    @property
    def left(self) -> list[tuple[str, str]]:
        return self._answers


MISTAKES = [
    ("ชื่อย่อหน่วยงาน", "กรม"),
    ("ชื่อย่อหน่วยงาน", "dot"),
    ("โดเมน", "a b"),
    ("โดเมน", "dot.test"),
    ("ภาษาไทย", ""),
    ("ภาษาไทย", "กรมทดสอบ"),
    ("ภาษาอังกฤษ", "Department of Tests"),
    ("แหล่งกุญแจ", "paper"),
    ("แหล่งกุญแจ", "credential"),
    ("แหล่งกุญแจ", ""),
    ("ชื่อและนามสกุล", "สมชาย"),
    ("ชื่อและนามสกุล", "สมชาย ใจดี"),
    ("ชื่อผู้ใช้", "som chai"),
    ("ชื่อผู้ใช้", "somchai.j"),
    ("เลขประจำตัว", "1.00001E+12"),
    ("เลขประจำตัว", "100001"),
    ("หน่วยงานย่อยของผู้ดูแลระบบ", "กองไอที"),
    ("รหัสหน่วยงานย่อย", "dot"),
    ("รหัสหน่วยงานย่อย", "IT"),
    ("โทรศัพท์", "โทรมา"),
    ("โทรศัพท์", "0 2123 4567"),
    ("อีเมล", "it at dot"),
    ("อีเมล", ""),
    ("ห้องและอาคาร", ""),
    ("อย่างน้อย 15 อักขระ", SHORT),
    ("อย่างน้อย 15 อักขระ", PASSPHRASE),
    ("พิมพ์วลีผ่านอีกครั้ง", PASSPHRASE[:-1]),
    ("อย่างน้อย 15 อักขระ", PASSPHRASE),
    ("พิมพ์วลีผ่านอีกครั้ง", PASSPHRASE),
]
REASONS = (
    "agency.slug",
    "agency.domain",
    explain(Invalid(code="key_source", value="paper")),
    "Given and family name are both needed",
    "Not a user name: som chai",
    "1.00001E+12",
    text("key.credential_missing", "th"),
    text("key.credential_missing", "en"),
    text("key.passphrase_short", "th"),
    text("key.passphrase_short", "en"),
    text("key.passphrase_differs", "th"),
    text("key.passphrase_differs", "en"),
)


def test_a_mistake_is_told_and_that_question_alone_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last of twelve answers threw all of them away."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    terminal, data = Terminal(monkeypatch, MISTAKES), tmp_path / "data"
    assert main(["setup", "--data", str(data)]) == 0
    assert terminal.left == []
    said = capsys.readouterr().err
    for reason in REASONS:
        assert reason in said
    assert config.load(data).agency.slug == "dot"


def test_the_unit_of_the_administrator_has_the_code_of_the_units_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its code, the import of the agency's files made a second unit of the same name."""
    units, data = tmp_path / "units.csv", tmp_path / "data"
    units.write_text("code,parent,name_th,kind\ndot,,กรมทดสอบ,กรม\nIT,dot,กองไอที,กอง\n", "utf-8")
    flags = ["--slug", "dot", "--domain", "dot.test", "--name-th", "กรมทดสอบ", "--name-en", "Tests", "--keys", "file"]
    admin = ["--admin-name", "สมชาย ใจดี", "--admin-user", "somchai.j", "--admin-staff-no", "1"]
    helpdesk = ["--helpdesk-phone", "", "--helpdesk-email", "", "--helpdesk-place", ""]
    Terminal(monkeypatch, [("หน่วยงานย่อยของผู้ดูแลระบบ", "กองไอที"), ("รหัสหน่วยงานย่อย", "IT")])
    assert main(["setup", "--data", str(data), *flags, *admin, *helpdesk]) == 0
    capsys.readouterr()
    assert main(["people", "import", "--data", str(data), str(units), "--apply"]) == 0
    assert main(["units", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert said.count("กองไอที") == 1
    assert "dot  กรมทดสอบ" in said


def test_what_a_flag_says_is_checked_before_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(monkeypatch, [])
    assert main(["setup", "--data", str(tmp_path / "data"), "--admin-user", "som chai"]) == 1
    assert "Not a user name: som chai" in capsys.readouterr().err
    assert terminal.asked == []
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_said_before_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(monkeypatch, [])
    (tmp_path / "file").touch(0o600)
    with pytest.raises(PermissionError):
        check_folder(tmp_path / "file" / "data")
    assert main(["setup", "--data", str(tmp_path / "file" / "data")]) == 1
    assert "the operating system refused" in capsys.readouterr().err
    assert terminal.asked == []
