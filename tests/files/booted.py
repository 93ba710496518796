"""Boots systemd from this machine's own /usr, with the units of this repository, to try the fence of production.

systemd-nspawn gives it an empty machine for a second: nothing of this one but programs, libraries and what is bound in.
It needs root and the packages systemd, systemd-container and ffmpeg of Debian.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES: Final = ("PIL", "pillow.libs", "pi_heif*", "_pi_heif*", "pypdfium2*", "msgspec*")
NETWORK: Final = ("PrivateNetwork", "IPAddressDeny", "RestrictAddressFamilies", "SystemCallFilter")
"""What in the unit keeps the network away."""
SHORT_S: Final = 5
"""Seconds in place of those that the unit has, which nobody wants to wait for."""
_HOSTILE: Final = "/usr/lib/gchat/hostile_worker.py"
_NSPAWN: Final = ("systemd-nspawn", "--quiet", "--directory=/", "--volatile=yes", "--register=no", "--keep-unit")
_BOOT: Final = ("--boot", "systemd.unit=tried.target", "systemd.mask=systemd-firstboot.service")
_GROUP: Final = "root:x:0:\ngchat:x:990:\n"
_PEOPLE: Final = "root:x:0:0::/root:/bin/sh\n"


@dataclass(frozen=True)
class Booted:
    """A machine that runs; `leader` is its first process as this machine counts."""

    leader: int

    def socket(self, name: str) -> Path:
        return Path(f"/proc/{self.leader}/root/run/{name}.sock")


def missing() -> str | None:
    """Return why no systemd can be booted here."""
    if os.geteuid() != 0:
        return "needs root"
    if not (shutil.which("systemd-nspawn") and Path("/lib/systemd/systemd").exists() and shutil.which("ffmpeg")):
        return "needs systemd-container and ffmpeg"
    if not Path("/usr/bin", PYTHON).exists():
        return f"needs Debian's own {PYTHON}"
    return None


@contextmanager
def booted(folder: Path) -> Iterator[Booted]:
    """Boot in the block. `folder` is emptied of nothing and holds what is bound in. Raises AssertionError."""
    _install(folder / "usr" / "lib" / "gchat")
    units = folder / "units"
    units.mkdir()
    _units(units)
    (folder / "data").mkdir()
    (folder / "data" / "keyring.json").write_text("secret", encoding="utf-8")
    for name, content in (("group", _GROUP), ("passwd", _PEOPLE)):
        (folder / name).write_text(content, encoding="utf-8")
    with _running(folder, _line(folder, units), "run/gchat-networked.sock") as machine:
        yield machine


def why_not(folder: Path) -> str | None:
    """Return why no systemd can be booted here, having tried it with none of the units; None where it can."""
    if found := missing():
        return found
    target = folder / "tried.target"
    target.write_text("[Unit]\nDescription=Nothing\n", encoding="utf-8")
    line = [*_NSPAWN, f"--bind-ro={target}:/etc/systemd/system/{target.name}", *_BOOT]
    try:
        with _running(folder, line, "run/systemd/private"):
            return None
    except AssertionError as error:
        return " ".join(str(error).split())[-300:]


@contextmanager
def _running(folder: Path, line: list[str], made: str) -> Iterator[Booted]:
    """Run a machine in the block, from when it has `made` a file. Raises AssertionError with what its console says."""
    with (folder / "console").open("wb") as console:
        process = subprocess.Popen(  # noqa: S603 -- words of the tests alone
            line, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
        )
    try:
        yield _ready(process, folder / "console", made)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _install(prefix: Path) -> None:
    """Install the worker as a package would: Debian's Python, the libraries, the worker's own modules."""
    packages = prefix / "lib" / PYTHON / "site-packages"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").symlink_to(f"/usr/bin/{PYTHON}")
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    source = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for pattern in PACKAGES:
        for found in source.glob(pattern):
            if found.is_dir():
                shutil.copytree(found, packages / found.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(found, packages / found.name)
    shutil.copytree(ROOT / "appliance" / "preview", packages / "appliance" / "preview")
    shutil.copy2(ROOT / "appliance" / "__init__.py", packages / "appliance")
    shutil.copy2(Path(__file__).with_name("hostile_worker.py"), prefix)


def _units(units: Path) -> None:
    """Write the repository's units, and three like them that run a hostile worker.

    They are fenced in, fenced in for a few seconds, and with a network.
    """
    listening = (ROOT / "systemd" / "gchat-preview.socket").read_text(encoding="utf-8")
    service = (ROOT / "systemd" / "gchat-preview@.service").read_text(encoding="utf-8")
    hostile = re.sub(r"^ExecStart=(\S+).*$", rf"ExecStart=\1 -IB {_HOSTILE}", service, flags=re.MULTILINE)
    networked = re.sub(rf"^({'|'.join(NETWORK)})=.*\n", "", hostile, flags=re.MULTILINE)
    short = re.sub(r"^RuntimeMaxSec=.*$", f"RuntimeMaxSec={SHORT_S}", hostile, flags=re.MULTILINE)
    names = {"gchat-preview": service, "gchat-hostile": hostile, "gchat-short": short, "gchat-networked": networked}
    for name, content in names.items():
        (units / f"{name}.socket").write_text(listening.replace("gchat-preview", name), encoding="utf-8")
        (units / f"{name}@.service").write_text(content, encoding="utf-8")
    wants = " ".join(f"{name}.socket" for name in names)
    (units / "tried.target").write_text(f"[Unit]\nRequires={wants}\nAfter={wants}\n", encoding="utf-8")


def _line(folder: Path, units: Path) -> list[str]:
    line = [*_NSPAWN, f"--overlay-ro=/usr:{folder / 'usr'}:/usr"]
    line += [f"--bind-ro={path}:/etc/systemd/system/{path.name}" for path in units.iterdir()]
    line += [f"--bind-ro={folder / name}:/etc/{name}" for name in ("group", "passwd")]
    line += [f"--bind-ro={name}" for name in ("/etc/ld.so.cache", "/etc/alternatives")]
    line += [f"--bind-ro={folder / 'data'}:/var/lib/gchat"]
    return [*line, *_BOOT]


def _ready(process: subprocess.Popen[bytes], console: Path, made: str) -> Booted:
    leaders: list[int] = []

    def listens() -> bool:
        leaders[:] = [pid for pid in _children(process.pid) if Path(f"/proc/{pid}/comm").read_text() == "systemd\n"]
        return process.poll() is not None or any(Path(f"/proc/{pid}/root/{made}").exists() for pid in leaders)

    wait_until(listens, lambda: console.read_text(errors="replace")[-2000:], 30)
    assert process.poll() is None, console.read_text(errors="replace")[-2000:]
    return Booted(leaders[0])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        if reason := why_not(Path(scratch)):
            print(reason)  # noqa: T201 -- for packaging/fence.sh
            sys.exit(1)
