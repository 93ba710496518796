"""The gate on coverage: of the statements and of the branches of each measured folder, 97 in 100 must be taken.

`make test` gives it coverage's report in JSON on standard input. The folders are those that coverage measures (`source`
in `pyproject.toml`). Statements cannot make up for branches, nor one folder for another. It prints a line for each
folder, and for one that takes too few what is missing. It measures nothing itself.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

LEAST: Final = 97
"""How many of 100 must be taken."""
COUNTED: Final = {"statements": ("covered_lines", "num_statements"), "branches": ("covered_branches", "num_branches")}
"""The names that coverage gives to how many were taken, and to how many there are."""
_SETTINGS: Final = Path(__file__).parents[1] / "pyproject.toml"


def measured_folders() -> list[str]:
    """Return the folders that coverage measures."""
    return list(tomllib.loads(_SETTINGS.read_text())["tool"]["coverage"]["run"]["source"])


def judge(report: dict[str, Any], folders: list[str]) -> tuple[list[str], bool]:
    """Return what to print, and whether every folder takes enough. A folder that nothing was measured of does not."""
    lines, enough = [f"{'':<20} {'statements':>10} {'branches':>9}"], True
    for folder in folders:
        files = {name: file for name, file in report["files"].items() if name.startswith(f"{folder}/")}
        shares = [_share(files, *keys) for keys in COUNTED.values()]
        lines.append(f"{folder:<20} {shares[0]:>8.1f} % {shares[1]:>7.1f} %")
        if min(shares) < LEAST:
            enough = False
            lines += _missing(files)
    return lines, enough


def _share(files: dict[str, Any], taken: str, all_: str) -> float:
    """Return how many of 100 were taken, 0 where there are none."""
    whole = sum(file["summary"][all_] for file in files.values())
    return 100 * sum(file["summary"][taken] for file in files.values()) / whole if whole else 0.0


def _missing(files: dict[str, Any]) -> Iterator[str]:
    """Give the lines and the branches of each file that were not taken; a negative line is the end of a function."""
    for name, file in sorted(files.items()):
        branches = ", ".join(f"{start}→{end}" for start, end in file["missing_branches"])
        lines = ", ".join(map(str, file["missing_lines"]))
        if lines or branches:
            yield f"  {name}: lines {lines or 'none'}; branches {branches or 'none'}"


def main() -> int:
    """Print the table; return 1 where too little was taken."""
    lines, enough = judge(json.load(sys.stdin), measured_folders())
    if not enough:
        lines.append(f"Of 100 statements and of 100 branches of each folder, {LEAST} must be taken.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
