"""The gate on coverage: each folder by itself, branches by themselves."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests import branches

ENOUGH = (97, 100, 97, 100)


def file(lines: int, of: int, taken: int, out_of: int) -> dict[str, Any]:
    """Return what coverage reports of a file, with the fields that the gate reads."""
    return {
        "summary": {"covered_lines": lines, "num_statements": of, "covered_branches": taken, "num_branches": out_of},
        "missing_lines": [3] * (of - lines),
        "missing_branches": [[2, 3]] * (out_of - taken),
    }


@pytest.mark.parametrize(
    ("first", "second", "enough"),
    [
        (ENOUGH, ENOUGH, True),
        ((97, 100, 96, 100), ENOUGH, False),
        ((1000, 1000, 96, 100), (1000, 1000, 1000, 1000), False),
        ((96, 100, 100, 100), ENOUGH, False),
        (ENOUGH, (0, 0, 0, 0), False),
    ],
)
def test_each_folder_and_its_branches_are_held(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int], *, enough: bool
) -> None:
    report = {"files": {"a/one/x.py": file(*first), "a/two/y.py": file(*second)}}
    assert branches.judge(report, ["a/one", "a/two"])[1] is enough


def test_a_folder_has_the_files_below_it_and_no_others() -> None:
    whole, none = file(*ENOUGH), file(0, 100, 0, 100)
    report = {"files": {"a/one/x.py": whole, "a/one/deep/y.py": whole, "a/onetime/z.py": none}}
    assert branches.judge(report, ["a/one"]) == (
        ["                     statements  branches", "a/one                    97.0 %    97.0 %"], True
    )  # fmt: skip
    assert not branches.judge(report, ["a/on"])[1]


def test_what_is_missing_is_named_where_it_fails() -> None:
    report = {"files": {"a/x.py": file(1, 2, 0, 1), "a/whole.py": file(1, 1, 1, 1), "b/y.py": file(*ENOUGH)}}
    lines, _ = branches.judge(report, ["a", "b"])
    assert lines[2:-1] == ["  a/x.py: lines 3; branches 2→3"]


@pytest.mark.parametrize(("taken", "code"), [(97, 0), (96, 1)])
def test_the_process_ends_as_the_gate_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], taken: int, code: int
) -> None:
    folders = branches.measured_folders()
    assert {"appliance/rules", "appliance/evidence", "appliance/log"} <= set(folders)
    report = {"files": {f"{folder}/x.py": file(97, 100, taken, 100) for folder in folders}}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(report)))
    assert branches.main() == code
    assert f"{taken}.0 %" in capsys.readouterr().out
