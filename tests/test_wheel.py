"""What is installed from a wheel is whole: it is set up and serves outside the source tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from appliance.data_folder import search_path
from search_index.client import SearchClient
from tests.agency import answers
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[1]
PACKAGES = ("appliance", "search_index", "federation", "console")
NOT_INSTALLED = {".py", ".pyc"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the source tree, built from a copy so that nothing is left in the tree."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "src", "tests", "public")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    pip = [sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(  # noqa: S603 - this interpreter's own pip
        [*pip, "-w", str(made), str(source)], capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "-q", "install", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, str(wheel)], timeout=250, check=True)  # noqa: S603 - this interpreter's own pip
    return folder


def test_the_wheel_has_every_file_of_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        inside = set(file.namelist())
    client = ROOT / "appliance" / "client"
    wanted = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in NOT_INSTALLED and not path.is_relative_to(client)
    }
    assert "appliance/store/sql/rooms.sql" in wanted
    wanted |= {str(path.relative_to(ROOT)) for path in (client / "dist").rglob("*") if path.is_file()}
    assert "appliance/client/dist/index.html" in wanted
    assert wanted - inside == set()


@pytest.mark.parametrize("demo", [False, True], ids=["a new agency", "the demo"])
async def test_an_installed_wheel_is_set_up_and_serves(installed: Path, tmp_path: Path, *, demo: bool) -> None:
    data, ready, log = tmp_path / "data", tmp_path / "ready.json", tmp_path / "log"
    env = {**os.environ, "PYTHONPATH": str(installed)}
    gchat = [sys.executable, "-P", "-m", "appliance.cli"]
    where = [*gchat[:2], "-c", "import appliance, search_index; print(appliance.__file__, search_index.__file__)"]
    shown = subprocess.run(where, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603, ASYNC221
    assert all(Path(path).is_relative_to(installed) for path in shown.stdout.split())
    names = ["--slug", "test", "--domain", "gchat.test", "--name-th", "ทดสอบ", "--name-en", "Test", "--keys", "file"]
    admin = ["--admin-name", "สมชาย ใจดี", "--admin-user", "somchai.j", "--admin-staff-no", "100001"]
    if not demo:
        setup = [*gchat, "setup", "--data", str(data), *names, *admin]
        done = subprocess.run(setup, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603, ASYNC221
        assert done.returncode == 0, done.stderr
    up = [*gchat, "up", "--data", str(data), "--port", "0", "--ready-file", str(ready)]
    up += ["--seed", "demo"] if demo else []
    with log.open("wb") as said:
        process = subprocess.Popen(up, env=env, cwd=tmp_path, stdout=said, stderr=said)  # noqa: S603, ASYNC220
    try:
        await until(lambda: ready.exists() or process.poll() is not None, "its ready file")
        assert process.poll() is None, log.read_text()
        told = json.loads(ready.read_text())
        assert bool(told["logins"]) is demo
        url = told["staff_url"]
        for path, expected in (("/", b"<html"), ("/readyz", b"ok"), ("/api/v1/openapi.json", b"openapi")):
            with urllib.request.urlopen(url + path, timeout=PATIENCE_S) as answer:  # noqa: S310, ASYNC210 - loopback
                assert expected in answer.read()
        client = SearchClient(search_path(data))
        await until(lambda: answers(client), "the search process")
        await client.close()
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, log.read_text()
