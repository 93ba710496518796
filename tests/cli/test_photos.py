"""`gchat user photo …`: a moderator lists what waits, looks at it, and decides about that picture and no other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from appliance.actions.portraits import choose_photo
from appliance.administration.commands import carry_out
from appliance.administration.terminal import Terminal
from appliance.attachments import FileForm
from appliance.cli.main import parser
from appliance.config import Files
from appliance.errors import AppError
from appliance.rules.roles import Actor
from tests.bureau import MALEE, Bureau, open_bureau
from tests.filing import Filing

pytestmark = [pytest.mark.media, pytest.mark.slow]


class Printed(Terminal):
    """Keeps what is printed."""

    def __init__(self) -> None:
        super().__init__(Actor.operator("tester"))
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.content = b""

    async def out(self, line: str) -> None:
        self.lines.append(line)

    async def err(self, line: str) -> None:
        self.errors.append(line)

    async def data(self, content: bytes) -> None:
        self.content += content

    async def ask_secret(self, prompt: str) -> str:
        raise AssertionError(prompt)


async def typed(bureau: Bureau, *words: str) -> Printed:
    """Have a command carried out as the command line would send it."""
    given = vars(parser(words[0]).parse_args(words))
    printed = Printed()
    values = {name: value for name, value in given.items() if name not in ("data", "run", "command")}
    assert await carry_out(bureau.s, printed, given["command"], values) == 0
    return printed


async def choose(bureau: Bureau) -> None:
    file = io.BytesIO()
    Image.new("RGB", (300, 400), "green").save(file, "JPEG")
    made = await Filing(bureau).ready(MALEE, "หน้า.jpg", file.getvalue(), kind="image/jpeg", form=FileForm.PICTURE)
    await choose_photo(bureau.s, MALEE, made)


async def test_what_waits_is_listed_shown_and_decided(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, files=Files(scan="off")) as bureau:
        assert (await typed(bureau, "user", "photo", "list")).errors != []
        await choose(bureau)
        [line] = (await typed(bureau, "user", "photo", "list")).lines
        user, _, _, photo = line.split("\t")
        assert user == "malee.t"
        content = (await typed(bureau, "user", "photo", "show", user)).content
        assert Image.open(io.BytesIO(content)).size == (300, 300)
        await choose(bureau)
        for judged in (("approve",), ("refuse", "--reason", "ไม่เหมาะสม")):
            with pytest.raises(AppError, match="photo_changed"):
                await typed(bureau, "user", "photo", judged[0], user, photo, *judged[1:])
        [line] = (await typed(bureau, "user", "photo", "list")).lines
        await typed(bureau, "user", "photo", "approve", user, line.split("\t")[3])
        assert (await typed(bureau, "user", "photo", "show", user, "--current")).content
        await typed(bureau, "user", "photo", "remove", user, "--reason", "ไม่เหมาะสม")
        with pytest.raises(AppError, match="photo_not_found"):
            await typed(bureau, "user", "photo", "show", user, "--current")
        await choose(bureau)
        [line] = (await typed(bureau, "user", "photo", "list")).lines
        await typed(bureau, "user", "photo", "refuse", user, line.split("\t")[3], "--reason", "ไม่เห็นใบหน้า")
        assert (await typed(bureau, "user", "photo", "list")).lines == []
