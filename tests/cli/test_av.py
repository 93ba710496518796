"""`gchat av` and `gchat files quarantine`: what an administrator sees of the virus scanner, and signatures by hand."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.clamd import LIMITS, daemon
from tests.commands import carried_out

MEMORY = "/dev/shm"  # noqa: S108 it is on every Linux, and memory
NO_CONFIG = Path("/nonexistent/clamd.conf")
CLEAR = "ClamAV-VDB:07 Sep 2026 04-20 -0400:{version}:2:90:{md5}:{signature}:raynman:1788769200"


def configured(data: Path, socket: str, database: Path, scan: str = "hold", config: Path = NO_CONFIG) -> Path:
    """Have an appliance scan files with this clamd."""
    path = data / "gchat.toml"
    text = path.read_text("utf-8").replace('scan = "off"', f'scan = "{scan}"')
    at = f'socket = "{socket}"\ndatabase = "{database}"\nconfig = "{config}"\nmax_file_size = {LIMITS.member}'
    path.write_text(f"{text}\n[clamav]\n{at}\n", "utf-8")
    return data


def cvd(folder: Path, name: str = "daily.cvd", version: int = 27_900, content: bytes = b"signatures") -> Path:
    """Write a file that says it is ClamAV's, with a signature that is not."""
    folder.mkdir(exist_ok=True)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    header = CLEAR.format(version=version, md5=md5, signature="A" * 86).encode()
    (folder / name).write_bytes(header.ljust(512) + content)
    return folder / name


@pytest.fixture
def database(tmp_path: Path) -> Path:
    made = tmp_path / "clamav"
    made.mkdir()
    return made


def believing(folder: Path, monkeypatch: pytest.MonkeyPatch, says: str = "Verification OK.") -> None:
    """Put a `sigtool` first that believes everything: no file of ClamAV's own can be made here."""
    folder.mkdir()
    program = folder / "sigtool"
    program.write_text(f"#!/bin/sh\necho '{says}'\n", "ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_without_a_scanner_the_status_says_so(world_data: Path, database: Path) -> None:
    data = configured(world_data, "/nonexistent/clamd", database)
    said = carried_out("av", "status", "--data", data)
    assert said.code == 1
    assert "/nonexistent/clamd" in said.err
    assert "files.scan = hold" in said.out
    assert "pending\t0" in said.out


def test_where_nothing_is_scanned_the_status_is_well(world_data: Path, database: Path) -> None:
    said = carried_out("av", "status", "--data", configured(world_data, "/nonexistent", database, "off"))
    assert (said.code, said.err) == (0, "")


def test_where_nothing_is_scanned_nothing_is_scanned_again(world_data: Path, database: Path) -> None:
    data = configured(world_data, "/nonexistent", database, "off")
    said = carried_out("av", "rescan", "--data", data)
    assert said.code == 1
    assert "files.scan = off" in said.err
    assert "scanner.rescan" not in carried_out("audit", "list", "--data", data).out


def test_a_scanner_with_own_signatures_is_no_fault(world_data: Path, database: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="gc-av-", dir=MEMORY) as memory, daemon(Path(memory)) as clamd:
        data = configured(world_data, clamd.path, database, config=clamd.folder / "clamd.conf")
        said = carried_out("av", "status", "--data", data)
        assert "gchat av import" in said.out
        assert "clamd แจ้งเมื่อตรวจได้ไม่ครบ" in said.out
        assert memory in said.out + said.err
        # This machine may have swap, and then that is all there is to say.
        assert (said.code, said.err) == (0, "") or "clamav-daemon.conf" in said.err
        again = carried_out("av", "rescan", "--all", "--data", data)
        assert (again.code, again.err) == (0, "")
        assert "scanner.rescan" in carried_out("audit", "list", "--data", data).out


def test_a_scanner_that_does_not_tell_is_a_fault(world_data: Path, database: Path) -> None:
    with daemon(tells=False) as clamd:
        data = configured(world_data, clamd.path, database, config=database / "none")
        said = carried_out("av", "status", "--data", data)
    assert said.code == 1
    for word in ("AlertExceedsMax yes", "AlertEncrypted yes", "[clamav]"):
        assert word in said.err


def test_an_empty_quarantine_is_said_to_be_empty(world_data: Path, database: Path) -> None:
    data = configured(world_data, "/nonexistent", database)
    said = carried_out("files", "quarantine", "list", "--data", data)
    assert (said.code, said.out) == (0, "")
    assert said.err
    refused = carried_out("files", "quarantine", "delete", "f_none", "--why", "ทดสอบ", "--data", data)
    assert refused.code == 1
    assert "f_none" in refused.err
    # Two people decide, or nobody is named: one alone is refused before a password is asked for.
    for alone in ("--by", "--second"):
        said = carried_out("files", "quarantine", "delete", "f_none", "--why", "ทดสอบ", alone, "boss", "--data", data)
        assert said.code == 1
        assert "f_none" not in said.err


def test_signatures_by_hand_are_put_in_whole_and_go_on_record(
    world_data: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    believing(tmp_path / "bin", monkeypatch)
    brought = cvd(tmp_path / "usb")
    cvd(database, "daily.cld", 27_899)
    with daemon() as clamd:
        data = configured(world_data, clamd.path, database)
        said = carried_out("av", "import", brought, "--data", data)
        assert (said.code, said.err) == (0, "")
        assert "27900" in said.out
        assert "scanner.signatures" in carried_out("audit", "list", "--data", data).out
    assert (database / "daily.cvd").read_bytes() == brought.read_bytes()
    assert sorted(path.name for path in database.iterdir()) == ["daily.cvd"]
    older = carried_out("av", "import", cvd(tmp_path / "usb", version=27_000), "--data", data)
    assert older.code == 1
    assert "27900" in older.err
    away = carried_out("av", "import", cvd(tmp_path / "usb", version=27_901), "--data", data)
    assert away.code == 1
    assert (database / "daily.cvd").read_bytes() == brought.read_bytes()


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("daily.cvd", lambda content: content[:400], "ClamAV"),
        ("daily.cvd", lambda content: content.replace(b"ClamAV-VDB", b"ClamAV-ABC"), "ClamAV"),
        ("daily.cvd", lambda content: content.replace(b":27900:", b":x7900:"), "ClamAV"),
        ("daily.cvd", lambda content: content + b"more", "ClamAV"),
        ("other.cvd", lambda content: content, "main.cvd"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_signatures_is_refused(
    world_data: Path, database: Path, tmp_path: Path, name: str, change: object, told: str
) -> None:
    data = configured(world_data, "/nonexistent", database)
    brought = cvd(tmp_path / "usb", name)
    brought.write_bytes(change(brought.read_bytes()))  # type: ignore[operator]
    said = carried_out("av", "import", brought, "--data", data)
    assert said.code == 1
    assert told in said.err
    assert list(database.iterdir()) == []


@pytest.mark.skipif(shutil.which("sigtool") is None, reason="no sigtool on this machine (Debian: clamav)")
def test_what_clamav_did_not_sign_is_refused_by_its_own_tool(world_data: Path, database: Path, tmp_path: Path) -> None:
    data = configured(world_data, "/nonexistent", database)
    said = carried_out("av", "import", cvd(tmp_path / "usb"), "--data", data)
    assert said.code == 1
    assert "signature" in said.err
    assert list(database.iterdir()) == []


def test_without_the_tool_nothing_is_believed(
    world_data: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = configured(world_data, "/nonexistent", database)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = carried_out("av", "import", cvd(tmp_path / "usb"), "--data", data)
    assert said.code == 1
    assert "sigtool" in said.err
    assert list(database.iterdir()) == []
