"""The watch over the disk: asked rarely, and right about a disk that is really full."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.files.disk import FRESH_S, Disk, Space, space_of
from appliance.rules.file_quota import Use


class Asked:
    """A disk whose space the test sets, and how often it was asked."""

    def __init__(self) -> None:
        self.space: Space | None = Space(1000, 500)
        self.times = 0

    def __call__(self, _folder: Path) -> Space:
        self.times += 1
        if self.space is None:
            raise OSError("the disk does not answer")
        return self.space


def test_the_system_is_asked_once_in_a_while_however_often_the_watch_is(tmp_path: Path) -> None:
    now, asked = [0.0], Asked()
    disk = Disk(tmp_path, lambda: now[0], asked)
    assert [disk.is_nearly_full() for _ in range(100)] == [False] * 100
    assert asked.times == 1
    asked.space = Space(1000, 30)
    assert not disk.is_nearly_full()
    now[0] += FRESH_S
    assert disk.is_nearly_full()
    assert asked.times == 2


def test_a_disk_that_does_not_answer_counts_as_last_seen(tmp_path: Path) -> None:
    now, asked = [0.0], Asked()
    asked.space = None
    disk = Disk(tmp_path, lambda: now[0], asked)
    assert disk.space() is None
    assert disk.use() == Use(0)
    assert not disk.is_nearly_full()
    now[0], asked.space = now[0] + FRESH_S, Space(1000, 20)
    assert disk.is_nearly_full()
    now[0], asked.space = now[0] + FRESH_S, None
    assert disk.is_nearly_full()


@pytest.mark.parametrize(("free", "full"), [(31, False), (30, True)])
def test_what_is_left_of_the_disk_is_for_messages(tmp_path: Path, free: int, *, full: bool) -> None:
    assert Disk(tmp_path, lambda: 0.0, lambda _: Space(1000, free)).is_nearly_full() == full


def test_the_space_is_that_of_the_folders_disk(tmp_path: Path) -> None:
    space = space_of(tmp_path)
    assert 0 <= space.free <= space.total
    with pytest.raises(OSError, match="No such file"):
        space_of(tmp_path / "not there")
