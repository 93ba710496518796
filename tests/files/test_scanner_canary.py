"""What a real clamd writes of a file in clear: to its temporary folder alone, so to memory where that is memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.actions import scanner_watch, scanning
from appliance.actions.upload_preparation import prepare_upload
from appliance.files.scanner_folder import Medium, ScannerFolder, look
from tests.clamd import daemon
from tests.files.corpus import zipped
from tests.files.prepared import desk

CANARY = os.urandom(150_000)
WINDOW, STRIDE = 16, 1_024
MEMORY = Path("/dev/shm")  # noqa: S108 it is on every Linux, and memory
DISK = Path("/var/tmp")  # noqa: S108 what lies there survives a restart (FHS 3.0 §5.15), so it is no memory


def clear_files(folder: Path) -> Iterator[Path]:
    """Give the files below a folder that hold some of the canary in clear."""
    windows = [CANARY[start : start + WINDOW] for start in range(0, len(CANARY) - WINDOW, STRIDE)]
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if any(window in content for window in windows):
                yield path


async def scan(data: Path, temporary: Path) -> tuple[set[Path], str, Medium]:
    """Scan a ZIP of the canary; return where it was left in clear, its state, and what is said of the folder."""
    with daemon(temporary) as clamd:
        async with desk(data, clamd.path, scan="hold") as at:
            upload = await at.whole_upload(zipped(CANARY))
            await prepare_upload(at.b.s, upload)
            await scanning.scan_file(at.b.s, upload)
            state = (await at.blob(upload)).scan
        found = {path for folder in (data, clamd.folder, temporary) for path in clear_files(folder)}
        return found, state, look(clamd.folder / "clamd.conf").medium


@pytest.mark.media
async def test_what_clamd_looks_at_lies_in_its_folder_alone_and_that_can_be_memory(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="gc-av-", dir=MEMORY) as folder:
        memory = Path(folder)
        found, state, medium = await scan(tmp_path, memory)
        assert state == "clean"
        assert medium in (Medium.MEMORY, Medium.SWAPPED)
        # It does write it, as it came and unpacked: without a folder in memory this lies on a disk.
        assert found
        assert all(path.is_relative_to(memory) for path in found), found


@pytest.mark.media
async def test_without_that_it_lies_where_the_folder_is(tmp_path: Path) -> None:
    disk, data = tmp_path / "temporary", tmp_path / "data"
    disk.mkdir()
    data.mkdir()
    found, state, _ = await scan(data, disk)
    assert state == "clean"
    assert found
    assert all(path.is_relative_to(disk) for path in found), found


@pytest.mark.media
async def test_who_runs_the_system_is_told_that_it_lies_on_a_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As it is with Debian's settings: at the start, each hour while it is so, and after the scanner was away."""
    alert = "ALERT virus scanner writes to a disk"
    with tempfile.TemporaryDirectory(prefix="gc-av-", dir=DISK) as folder, daemon(Path(folder)) as clamd:
        async with desk(tmp_path, clamd.path) as at:
            for _ in range(3):
                await scanner_watch.look(at.b.s)
            assert caplog.text.count(f"{alert}: folder={folder} medium=disk") == 1
            at.b.clock.pass_(scanner_watch.LOOKED_AT_EACH_MS)
            await scanner_watch.look(at.b.s)
            assert caplog.text.count(alert) == 2
            clamd.stop()
            await scanner_watch.look(at.b.s)
            clamd.start()
            await scanner_watch.look(at.b.s)
            assert caplog.text.count(alert) == 3


@pytest.mark.media
async def test_of_memory_that_is_not_swapped_nothing_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ScannerFolder(MEMORY, Medium.MEMORY)
    with daemon() as clamd:
        async with desk(tmp_path, clamd.path) as at:
            monkeypatch.setattr("appliance.files.scanner_folder.look", lambda _: found)
            await scanner_watch.look(at.b.s)
            assert "virus scanner" not in caplog.text
            found = ScannerFolder(MEMORY, Medium.SWAPPED)
            at.b.clock.pass_(scanner_watch.LOOKED_AT_EACH_MS)
            await scanner_watch.look(at.b.s)
            assert f"folder={MEMORY} medium=swapped" in caplog.text
