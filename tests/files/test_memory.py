"""What the processes of a fence take is counted, whichever way they hold it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.files import memory

ENDED = "Name:\tdecoder\nState:\tZ (zombie)\n"
"""What Linux tells of a first thread that ended while others go on: nothing of their memory."""


def machine(folder: Path, processes: dict[int, dict[int, str]], children: dict[int, str]) -> None:
    for process, tasks in processes.items():
        for task, status in tasks.items():
            place = folder / str(process) / "task" / str(task)
            place.mkdir(parents=True)
            (place / "status").write_text(status, encoding="utf-8")
            (place / "children").write_text(children.get(task, ""), encoding="ascii")


def taking(**kib: int) -> str:
    return "Name:\tdecoder\n" + "".join(f"{name}:\t{number} kB\n" for name, number in kib.items())


@pytest.mark.parametrize("name", ["RssAnon", "RssShmem", "VmSwap", "VmPTE", "HugetlbPages"])
def test_memory_of_each_kind_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    machine(tmp_path, {1: {1: taking(RssFile=900, VmSize=900, **{name: 7})}}, {})
    assert memory.used_by(1) == 7 * 1024


def test_threads_share_what_they_take_and_it_counts_after_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    many = {2: ENDED, 3: taking(RssAnon=500), 4: taking(RssAnon=500)}
    machine(tmp_path, {1: {1: taking(RssAnon=1)}, 2: many, 5: {5: taking(RssAnon=10)}}, {1: "2 ", 4: "5 "})
    assert memory.used_by(1) == 511 * 1024
    assert memory.used_by(9) == 0
