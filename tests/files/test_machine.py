"""What `gchat setup` writes of files, by what the machine has, and what it says is missing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from appliance import config
from appliance.config import Clamav, Files
from appliance.files.machine import ForFiles, Lack, Programs, look
from appliance.locale import both
from tests.clamd import daemon
from tests.commands import carried_out

THERE, NOWHERE = Path("/usr/bin/true"), Path("/nonexistent/program")
SETUP = (
    "setup", "--keys", "file", "--slug", "dot", "--domain", "dot.test", "--name-th", "กรมทดสอบ", "--name-en", "Tests",
    "--no-administrator",
)  # fmt: skip


async def found(folder: Path, programs: Programs, clamd: str | Path = NOWHERE, **chosen: str) -> ForFiles:
    """Look at a machine with these programs, whose systemd has its socket where the folder has one."""
    files, clamav = Files(preview_socket=str(folder / "preview")), Clamav(socket=str(clamd))
    return await look(**chosen, files=files, clamav=clamav, programs=programs)


async def test_a_machine_with_nothing_gets_settings_that_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    here = await found(tmp_path, Programs(NOWHERE, NOWHERE))
    assert (here.settings.fence, here.settings.scan) == ("bwrap", "off")
    assert list(here.lacks) == [Lack.FENCE, Lack.FFMPEG, Lack.SCANNER]
    assert here.packages == ["bubblewrap", "ffmpeg", "clamav-daemon"]


@pytest.mark.media
async def test_a_machine_with_all_of_it_lacks_nothing(tmp_path: Path) -> None:
    with daemon() as clamd:
        here = await found(tmp_path, Programs(THERE, THERE), clamd.path)
    assert (here.settings.fence, here.settings.scan, here.lacks, here.packages) == ("bwrap", "deliver", {}, [])


@pytest.mark.media
async def test_a_scanner_that_waits_for_its_signatures_is_not_turned_off(tmp_path: Path) -> None:
    """Debian's daemon starts when freshclam has fetched them, long after the package is there."""
    here = await found(tmp_path, Programs(THERE, THERE))
    assert here.settings.scan == "deliver"
    assert list(here.lacks) == [Lack.SCANNER_SILENT]
    assert here.packages == []


async def test_the_fence_of_systemd_is_taken_where_its_socket_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "preview"))
        listening.listen()
        here = await found(tmp_path, Programs(THERE, THERE))
        assert here.settings.fence == "systemd"
        assert Lack.FENCE not in here.lacks
    # Nothing listens any more: still systemd's, and bubblewrap would not bring it back.
    here = await found(tmp_path, Programs(THERE, THERE))
    assert here.settings.fence == "systemd"
    assert "gchat-preview.socket" in here.lacks[Lack.FENCE]
    assert here.packages == []


@pytest.mark.parametrize("scan", ["hold", "deliver", "off"])
async def test_what_was_decided_is_kept(tmp_path: Path, scan: str) -> None:
    here = await found(tmp_path, Programs(THERE, NOWHERE), fence="systemd", scan=scan)
    assert (here.settings.fence, here.settings.scan) == ("systemd", scan)
    assert (Lack.SCANNER in here.lacks) is (scan != "off")


def test_setup_writes_what_it_found_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F11: who followed the first day word for word could send no picture, and nothing had said so."""
    data = tmp_path / "data"
    monkeypatch.setenv("PATH", str(tmp_path))
    said = carried_out(*SETUP, "--data", data, "--scan", "off")
    assert said.code == 0, said.err
    files = config.load(data).files
    # What has its socket here is systemd's own choice; a machine of tests has none.
    assert (files.fence, files.scan) == ("bwrap", "off")
    assert both("setup.files.fence", why="bubblewrap is not installed (Debian: apt-get install bubblewrap)") in said.out
    assert "sudo apt-get install bubblewrap" in said.out


@pytest.mark.parametrize("lack", Lack)
def test_each_lack_has_words_in_both_languages(lack: Lack) -> None:
    assert " — " in both(f"setup.files.{lack}", why="เหตุ")
