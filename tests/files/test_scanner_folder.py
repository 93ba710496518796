"""Where clamd writes what it looks at, as its settings and the machine show: in memory, or on a disk in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.files.scanner_folder import Machine, Medium, look

MOUNTS = r"""22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /run rw,nosuid,nodev shared:2 - tmpfs tmpfs rw,size=800000k,mode=755
24 23 0:42 / /run/clamscan rw,nosuid,nodev,noexec shared:3 - tmpfs tmpfs rw,size=2560000k,mode=700
25 22 0:43 / /mnt/no\040swap rw - tmpfs tmpfs rw,noswap
26 22 0:44 / /mnt/ram rw - ramfs ramfs rw
27 24 254:2 / /run/clamscan/disk rw - xfs /dev/vdb rw
"""
NO_SWAP = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SWAP = f"{NO_SWAP}/dev/vda2                               partition\t1000\t\t0\t\t-2\n"


def machine(folder: Path, swaps: str = NO_SWAP, of_unit: str | None = None) -> Machine:
    made = Machine(folder / "mountinfo", folder / "swaps", folder / "memory.swap.max")
    made.mounts.write_text(MOUNTS, "utf-8")
    made.swaps.write_text(swaps, "utf-8")
    if of_unit is not None:
        made.of_unit.write_text(f"{of_unit}\n", "utf-8")
    return made


@pytest.mark.parametrize(
    ("said", "medium"),
    [
        ("TemporaryDirectory /run/clamscan", Medium.MEMORY),
        ("TemporaryDirectory   /run/clamscan/below", Medium.MEMORY),
        ("TemporaryDirectory /run", Medium.MEMORY),
        ('TemporaryDirectory "/mnt/no swap"', Medium.MEMORY),
        ("TemporaryDirectory /mnt/ram", Medium.MEMORY),
        ("TemporaryDirectory /run/clamscan/disk", Medium.DISK),
        ("TemporaryDirectory /run/../var/tmp", Medium.DISK),
        ("TemporaryDirectory /runs", Medium.DISK),
        ("TemporaryDirectory /run/clamscan\nTemporaryDirectory /var/tmp", Medium.DISK),
        ("#TemporaryDirectory /run/clamscan", Medium.DISK),
        ("TemporaryDirectory", Medium.DISK),
        ("", Medium.DISK),
    ],
)
def test_what_the_folder_lies_on(tmp_path: Path, said: str, medium: Medium) -> None:
    config = tmp_path / "clamd.conf"
    config.write_text(f"LocalSocket /run/clamav/clamd.ctl\n{said}\nMaxThreads 12\n", "utf-8")
    assert look(config, machine(tmp_path)).medium is medium


@pytest.mark.parametrize(
    ("folder", "size"),
    [("/run/clamscan", 2_560_000 * 1024), ("/run", 800_000 * 1024), ("/mnt/no swap", None), ("/mnt/ram", None)],
)
def test_how_much_memory_there_is(tmp_path: Path, folder: str, size: int | None) -> None:
    config = tmp_path / "clamd.conf"
    config.write_text(f"TemporaryDirectory {folder}\n", "utf-8")
    assert look(config, machine(tmp_path)).size == size


@pytest.mark.parametrize(
    ("folder", "of_unit", "medium"),
    [
        ("/run/clamscan", None, Medium.SWAPPED),
        ("/run/clamscan", "max", Medium.SWAPPED),
        ("/run/clamscan", "0", Medium.MEMORY),
        ("/mnt/no swap", None, Medium.MEMORY),
        ("/mnt/ram", None, Medium.MEMORY),
        ("/srv", "0", Medium.DISK),
    ],
)
def test_memory_is_none_where_it_may_be_swapped(
    tmp_path: Path, folder: str, of_unit: str | None, medium: Medium
) -> None:
    config = tmp_path / "clamd.conf"
    config.write_text(f"TemporaryDirectory {folder}\n", "utf-8")
    assert look(config, machine(tmp_path, SWAP, of_unit)).medium is medium


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    config, here = tmp_path / "clamd.conf", machine(tmp_path)
    assert look(config, here).medium is Medium.UNKNOWN
    config.write_bytes(b"\xff\xfe\0")
    assert look(config, here).medium is Medium.DISK
    here.mounts.unlink()
    assert look(config, here).medium is Medium.UNKNOWN


def test_the_units_that_are_shipped_give_clamd_that_memory(tmp_path: Path) -> None:
    units = Path(__file__).parents[2] / "systemd"
    mount = (units / "run-clamscan.mount").read_text("utf-8")
    dropped = (units / "clamav-daemon.conf").read_text("utf-8")
    assert "Where=/run/clamscan\n" in mount
    assert "Type=tmpfs\n" in mount
    assert "RequiresMountsFor=/run/clamscan\n" in dropped
    assert "MemorySwapMax=0\n" in dropped
    config = tmp_path / "clamd.conf"
    config.write_text("TemporaryDirectory /run/clamscan\n", "utf-8")
    assert look(config, machine(tmp_path, SWAP, "0")) == (
        Path("/run/clamscan"), Medium.MEMORY, 2_560_000 * 1024,
    )  # fmt: skip
