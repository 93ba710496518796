"""What the fault tests share: a seeded folder that is copied for each, and appliances that never outlive their test."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.demo import world
from tests.faults.appliance import Appliance

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.fault)


@pytest.fixture(scope="session")
def template(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo world with limits that load does not reach, on a port that nobody else can have."""
    folder = shutil.copytree(world_template, tmp_path_factory.mktemp("faults") / "moph")
    with (folder / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[staff]\nport = 0\n\n{world.GENEROUS}")
    return folder


@contextmanager
def on_small_disk(template: Path, folder: Path, size: str) -> Iterator[Path]:
    """Copy the template to a file system of its own, of this size; the test is skipped where none can be mounted."""
    folder.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(  # noqa: S603 - a system tool
        [mount, "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not done or done.returncode:
        pytest.skip("a small file system can be mounted by root alone; the limit on file sizes is tested instead")
    try:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - a system tool


@pytest.fixture
def data(template: Path, tmp_path: Path) -> Path:
    """A data folder to be hurt."""
    return shutil.copytree(template, tmp_path / "data")


@pytest.fixture
def appliance(data: Path) -> Iterator[Callable[..., Appliance]]:
    """Makes appliances, over the test's data folder or another; all are ended after the test."""
    made: list[Appliance] = []

    def make(folder: Path = data, **options: Any) -> Appliance:
        made.append(Appliance(folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def rng() -> random.Random:
    """Random moments and places; the seed is printed with a failure and can be given back in GCHAT_FAULT_SEED."""
    seed = os.environ.get("GCHAT_FAULT_SEED") or os.urandom(4).hex()
    sys.stdout.write(f"GCHAT_FAULT_SEED={seed}\n")
    return random.Random(seed)  # noqa: S311 - moments to kill at, not secrets


@pytest.fixture(scope="session")
def broken_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a process's disk fail on demand (`broken_disk.c`), or a skip without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    built = tmp_path_factory.mktemp("lib") / "broken_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(HERE / "broken_disk.c"), "-ldl"]
    subprocess.run(command, check=True)  # noqa: S603 - our own library
    return built
