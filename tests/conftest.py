"""What all tests share: the demo world (`appliance/demo/world.py`, `tests/agency.py`), and what is skipped where.

Browser tests are skipped where their browser is missing (never in CI), and `make check` tries fewer examples.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from ctypes.util import find_library
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from appliance.demo import world
from appliance.files.fences import bwrap_line
from tests import agency

# How long an example takes says how busy the machine is, so no example fails for its time (`timeout` in pyproject.toml
# ends a test that hangs).
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", parent=settings.get_profile("steady"), max_examples=20)
settings.load_profile("steady")


# What takes longest, by the beginning of its path: it goes first, so that the workers of a run end together.
LONGEST: Final = (
    "browser/engines",
    "browser/test_life_of_files",
    "browser/test_accessibility",
    "faults/test_torn",
    "faults/test_kill",
    "faults/test_search",
    "browser/test_rooms",
    "browser/test_first_day",
    "cli/test_up",
    "api/test_schema",
    "faults",
    "browser",
    "cli",
    "test_wheel",
    "search",
    "evidence/test_vectors",
    "evidence/test_verifier",
    "log/test_damaged_rooms",
    "log/test_hub",
    "actions/test_throttle",
    "log",
    "evidence",
)
MEDIA: Final = ("bwrap", "ffmpeg", "ffprobe")
"""What packaging/media.sh installs and the tests marked `media` need."""
HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=turn)
    # packaging/browser.sh installs both: Playwright's driver needs libatomic and does not bring it. CI skips nothing.
    # The tests of Firefox and WebKit look for their own browser (tests/browser/engines).
    if os.environ.get("CI") == "true":
        return
    media = [item for item in items if item.get_closest_marker("media")]
    if media and not has_media():
        for item in media:
            item.add_marker(pytest.mark.skip(reason="no ffmpeg here, or no bubblewrap that may make namespaces"))
    if shutil.which("chromium") and find_library("atomic"):
        return
    for item in items:
        if item.get_closest_marker("browser") and "engine" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="no Chromium or no libatomic1 on this machine"))


def has_media() -> bool:
    """Return whether files can be looked at here: the programs are there, and bubblewrap can set up its fence."""
    if not all(map(shutil.which, MEDIA)):
        return False
    line = ["bwrap", *bwrap_line(("/usr/bin/true",), (), is_root=os.geteuid() == 0)]
    return subprocess.run(line, check=False, capture_output=True, timeout=60).returncode == 0  # noqa: S603


def turn(item: pytest.Item) -> int:
    """Return when a test's file has its turn: a smaller number goes first."""
    path = item.path.relative_to(HERE).as_posix()
    return next((number for number, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))


@pytest.fixture(scope="session")
def world_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seed the world once; tests take copies."""
    folder = tmp_path_factory.mktemp("world") / "moph"
    world.seed(folder, extra=agency.CHEAP, password=world.PASSWORD)
    return folder


@pytest.fixture
def world_data(world_template: Path, tmp_path: Path) -> Path:
    """A data folder of the seeded Ministry of Public Health."""
    return shutil.copytree(world_template, tmp_path / "data")


@pytest.fixture
def open_world(world_data: Path) -> Callable[..., AbstractAsyncContextManager[agency.Agency]]:
    """Serves the world, with another configuration if one is given."""
    return partial(agency.serve, world_data)


@pytest.fixture
async def running(world_data: Path) -> AsyncIterator[agency.Agency]:
    """The seeded Ministry of Public Health, served on loopback."""
    async with agency.serve(world_data) as served:
        yield served
