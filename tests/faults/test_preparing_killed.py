"""Kill −9 while files are prepared: every file that was whole is ready, with its variants once, and nothing is lost."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.faults.appliance import Appliance, Caller, clients, gchat, sign_in
from tests.uploading import upload
from tests.waiting import until

PICTURES = 8
KILLS = 3


def picture(number: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200 + number, 150), 50).convert("RGB").save(file, "JPEG")
    return file.getvalue()


async def views(caller: Caller, uploads: list[str]) -> list[dict[str, Any]]:
    return [await caller.call("GET", f"/uploads/{one}") for one in uploads]


@pytest.mark.media
async def test_kills_while_files_are_prepared(appliance: Callable[..., Appliance]) -> None:
    served = appliance()
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        said = {"name": "ภาพ.jpg", "type": "image/jpeg", "form": "picture"}
        room = served.room("dengue")
        uploads = [await upload(narin.client, room, picture(number), **said) for number in range(PICTURES)]
        for kill in range(1, KILLS + 1):

            async def some_are_ready(least: int = kill) -> bool:
                return len([view for view in await views(narin, uploads) if view["state"] == "ready"]) >= least

            await until(some_are_ready, "some ready")
            served.kill()
            await asyncio.to_thread(served.start)

        async def all_are_done() -> bool:
            found = await views(narin, uploads)
            return all(view["state"] == "ready" and not view["file"].get("preparing") for view in found)

        await until(all_are_done, "all ready, with variants")
        for view in await views(narin, uploads):
            variants = view["file"]["variants"]
            assert sorted(variant["kind"] for variant in variants) == ["thumb", "view"]
    served.stop()
    checked = gchat("files", "check", "--data", served.data)
    assert checked.returncode == 0, checked.stderr
