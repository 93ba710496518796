"""A real clamd (Debian's `clamav-daemon`) with a small database of its own: EICAR and a marker. Nothing is downloaded.

It starts in a fraction of a second and has the limits of `LIMITS` unless it is given others. It tells of what it
does not look into, as the guide asks (docs/files.md), unless it is started with `tells=False`: that is Debian's way.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from appliance.rules.scanning import ScanLimits
from tests.waiting import wait_until

LIMITS: Final = ScanLimits(stream=20 << 20, member=25 << 20, total=25 << 20, members=1_000, depth=5)
EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MARKER: Final = b"GCANARYMALWARE"
CONFIG: Final = """
DatabaseDirectory {folder}/db
LocalSocket {folder}/s
Foreground yes
LogFile {folder}/log
TemporaryDirectory {temporary}
LeaveTemporaryFiles {leaves}
StreamMaxLength {limits.stream}
MaxFileSize {limits.member}
MaxScanSize {total}
MaxFiles {limits.members}
MaxRecursion {limits.depth}
AlertExceedsMax {alert}
AlertEncrypted {alert}
"""


class Clamd:
    """One daemon. `path` is its socket; it can be stopped and started again."""

    def __init__(
        self, folder: Path, temporary: Path | None = None, *, tells: bool = True, limits: ScanLimits = LIMITS
    ) -> None:
        """Prepare it in a folder with a short path (a socket's has at most 107 bytes).

        `temporary`: where it writes what it looks at, instead of that folder; it leaves that there then.
        """
        self.folder, self.path, self.temporary = folder, str(folder / "s"), temporary or folder
        self._process: subprocess.Popen[bytes] | None = None
        database = folder / "db"
        database.mkdir()
        (database / "t.hsb").write_text(f"{hashlib.sha256(EICAR).hexdigest()}:{len(EICAR)}:Test.EICAR\n", "ascii")
        (database / "t.ndb").write_text(f"Test.Marker:0:*:{MARKER.hex()}\n", "ascii")
        alert, total = ("yes", limits.total) if tells else ("no", 100 << 20)
        config = CONFIG.format(
            folder=folder,
            temporary=self.temporary,
            leaves="yes" if temporary else "no",
            alert=alert,
            total=total,
            limits=limits,
        )
        (folder / "clamd.conf").write_text(config, "ascii")

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("clamd") or "/usr/sbin/clamd"
        self._process = subprocess.Popen(  # noqa: S603 our own
            [program, "-c", str(self.folder / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, lambda: f"clamd answers; its log: {self._log()}")

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            Path(self.path).unlink(missing_ok=True)

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(10)
            try:
                asked.connect(self.path)
                asked.sendall(b"zPING\0")
                return asked.recv(100) == b"PONG\0"
            except OSError:
                assert self._process
                assert self._process.poll() is None, f"clamd ended: {self._log()}"
                return False


@contextmanager
def daemon(temporary: Path | None = None, *, tells: bool = True, limits: ScanLimits = LIMITS) -> Iterator[Clamd]:
    """Run a clamd; skip the test where there is none, but not in CI, where packaging installs it."""
    if not (shutil.which("clamd") or Path("/usr/sbin/clamd").exists()):
        if os.environ.get("CI") == "true":
            pytest.fail("clamd is missing: packaging/media.sh installs it")
        pytest.skip("no clamd on this machine (Debian: clamav-daemon)")
    with tempfile.TemporaryDirectory(prefix="gc-av-", dir="/tmp") as folder:
        clamd = Clamd(Path(folder), temporary, tells=tells, limits=limits)
        try:
            clamd.start()
            yield clamd
        finally:
            clamd.stop()
