"""The engines: one Firefox and one screen of WebKit a run, and an appliance for each: tests find what others wrote."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from tests.browser.engines import firefox, webkit
from tests.browser.engines.firefox import Firefox
from tests.browser.engines.tab import Tab, free_of_breaches
from tests.browser.engines.webkit import WebKit
from tests.faults.appliance import Appliance

Engine = Firefox | WebKit
OpenTab = Callable[[str], Awaitable[Tab]]
ENGINES: Final[dict[str, tuple[tuple[str, ...], Callable[[Path], AbstractAsyncContextManager[Engine]]]]] = {
    "firefox": (firefox.PROGRAMS, firefox.firefox),
    "webkit": (webkit.PROGRAMS, webkit.webkit),
}


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=list(ENGINES))
async def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """Debian's Firefox or WebKit. CI skips neither."""
    programs, run = ENGINES[request.param]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"not installed: {' '.join(missing)}")
    async with run(tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def supervised(
    engine: Engine, world_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Appliance]:
    """The seeded ministry under `gchat up`, as processes of their own, the search process among them."""
    data = shutil.copytree(world_template, tmp_path_factory.mktemp("supervised") / "data")
    appliance = Appliance(data, supervised=True, tls=engine.tls)
    await asyncio.to_thread(appliance.start)
    yield appliance
    appliance.end()


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(engine: Engine, supervised: Appliance) -> AsyncIterator[OpenTab]:
    """Lend a way to sign a user in, in a window of their own. Nothing forbidden may have happened in any at the end."""
    async with AsyncExitStack() as stack:
        opened: list[Tab] = []

        async def open_tab(user: str) -> Tab:
            tab = await stack.enter_async_context(engine.tab(supervised.url))
            await tab.sign_in(user)
            opened.append(tab)
            return tab

        yield open_tab
        await free_of_breaches(opened)
        for tab in opened:
            assert await tab.texts("*", "มีรุ่นใหม่พร้อมใช้") == [], "the first version is no update"
