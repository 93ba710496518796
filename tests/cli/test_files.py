"""`gchat files …`: what it says, and the exit code that a watch over the machine asks for."""

from __future__ import annotations

import csv
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.actions import disposal
from appliance.actions.file_deletion import Why, delete_blobs, sweep
from appliance.administration.commands import carry_out
from appliance.administration.terminal import Terminal
from appliance.cli.main import parser
from appliance.files import workers
from appliance.rules.roles import Actor
from tests.bureau import MALEE, NARIN, Bureau, open_bureau
from tests.filing import CONTENT, Filing


class Printed(Terminal):
    """Keeps what is printed."""

    def __init__(self) -> None:
        super().__init__(Actor.operator("tester"))
        self.lines: list[str] = []
        self.errors: list[str] = []

    async def out(self, line: str) -> None:
        self.lines.append(line)

    async def err(self, line: str) -> None:
        self.errors.append(line)

    async def data(self, content: bytes) -> None:
        raise AssertionError(content)

    async def ask_secret(self, prompt: str) -> str:
        raise AssertionError(prompt)


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


async def typed(bureau: Bureau, *words: str) -> tuple[int, Printed]:
    """Have a command carried out as the command line would send it."""
    given = vars(parser(words[0]).parse_args(words))
    printed = Printed()
    values = {name: value for name, value in given.items() if name not in ("data", "run", "command")}
    return await carry_out(bureau.s, printed, given["command"], values), printed


@pytest.mark.media
async def test_a_fault_is_named_and_is_exit_code_one_until_it_is_mended(bureau: Bureau) -> None:
    filing = Filing(bureau)
    room = await bureau.group(NARIN, MALEE)
    missing, _, _ = await filing.sent(MALEE, room, variants=0)
    code, said = await typed(bureau, "files", "check")
    assert (code, said.errors) == (0, [])
    objects = bureau.s.files.objects
    objects.create("zz_lone")
    os.utime(objects.folder / "ne" / "zz_lone", (0, 0))
    code, said = await typed(bureau, "files", "check")
    assert (code, said.errors) == (1, ["object_without_row zz_lone"])
    objects.delete(missing)
    code, said = await typed(bureau, "files", "check", "--repair")
    assert code == 1
    assert said.errors[:2] == ["object_without_row zz_lone", f"object_missing {missing}"]
    assert [missing in line for line in said.errors[2:]] == [True]
    assert await filing.objects() == set()
    code, said = await typed(bureau, "files", "check")
    assert (code, said.errors) == (1, [f"object_missing {missing}"])


@pytest.mark.parametrize("lacking", ["bwrap", "ffmpeg"])
async def test_what_the_machine_lacks_to_look_at_files_is_a_fault(
    lacking: str, bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks finds it before somebody's first photograph or video fails, in both languages."""
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (tmp_path / "bwrap").chmod(0o755 if lacking == "ffmpeg" else 0o644)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(workers, "FFMPEG", str(tmp_path / "ffmpeg"))
    code, said = await typed(bureau, "files", "check")
    assert code == 1
    assert len(said.errors) == 1
    thai, _, english = said.errors[0].partition(" — ")
    named = {"bwrap": "bubblewrap", "ffmpeg": "ffmpeg"}[lacking]
    assert named in thai
    assert f"apt-get install {named}" in english


async def test_the_receipts_of_a_deleted_file_say_what_was_where(bureau: Bureau) -> None:
    filing = Filing(bureau)
    blob = await filing.blob(variants=1)
    code, said = await typed(bureau, "files", "receipts", blob)
    assert (code, said.lines) == (1, [])
    await delete_blobs(bureau.s, [blob], Why.MODERATED)
    code, said = await typed(bureau, "files", "receipts", blob)
    assert code == 0
    table = list(csv.DictReader(said.lines))
    assert [(row["file"], row["store"], row["why"]) for row in table] == [
        (blob, "blob", "moderated"),
        (blob, "variant", "moderated"),
    ]
    assert all(int(row["bytes"]) > 0 for row in table)


async def test_the_receipts_of_a_room_name_the_messages(bureau: Bureau) -> None:
    """Whoever knows the message finds what became of its files, whose ids nobody sees any more."""
    filing, room = Filing(bureau), await bureau.group(NARIN, MALEE)
    erased, n, _ = await filing.sent(MALEE, room)
    await filing.sent(MALEE, await bureau.group(NARIN, MALEE))
    await disposal.erase_bodies(bureau.s, room, n, n, "rule")
    await sweep(bureau.s)
    code, said = await typed(bureau, "files", "receipts", "--room", room)
    assert code == 0
    table = [(row["file"], row["store"], row["message"]) for row in csv.DictReader(said.lines)]
    assert table[0] == (erased, "reference", str(n))
    assert {(erased, "blob", ""), (erased, "variant", "")} <= set(table)
    assert {file for file, _, _ in table} == {erased}
    code, said = await typed(bureau, "files", "receipts", "--room", "r_unknown")
    assert (code, said.lines) == (1, [])


async def test_the_use_is_a_table_of_people_units_and_files_without_their_names(bureau: Bureau) -> None:
    filing = Filing(bureau)
    blob, _, _ = await filing.sent(MALEE, await bureau.group(NARIN, MALEE))
    await filing.upload(NARIN, content=b"x")
    code, said = await typed(bureau, "files", "usage", "--limit", "1")
    assert code == 0
    table = list(csv.DictReader(said.lines))
    assert [row["scope"] for row in table] == ["disk", "agency", "unit", "person", "file"]
    # A preview of a hundred bytes counts with its file.
    whole = len(CONTENT) + 100
    assert [int(row["bytes"]) for row in table[1:]] == [whole + 1, whole + 1, whole, len(CONTENT)]
    assert [row["previews"] for row in table[1:]] == ["100", "", "", "100"]
    assert [table[4][name] for name in ("type", "messages")] == ["image/png", "1"]
    assert table[3]["name"] == table[4]["name"]
    assert (table[3]["id"], table[4]["id"]) == (MALEE, blob)
    assert "มาลี" in table[3]["name"]
