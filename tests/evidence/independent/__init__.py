"""Runs `verify.mjs`, the verifier that was written from `docs/evidence.md` alone, on Node's standard library."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[3]


def judge(cases: Sequence[Sequence[str]], folder: Path) -> list[int]:
    """Return the exit code of each case, a list of arguments; `folder` takes the list of cases."""
    return [code for code, _ in answers(cases, folder)]


def answers(cases: Sequence[Sequence[str]], folder: Path) -> list[tuple[int, str | None]]:
    """Return the exit code of each case and the proof that `prove` writes."""
    batch = folder / "cases.json"
    batch.write_text(json.dumps([list(case) for case in cases]), encoding="utf-8")
    program = Path(__file__).with_name("verify.mjs")
    command = [str(ROOT / "packaging/node.sh"), "node", str(program), "batch", str(batch)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=240)  # noqa: S603  (our own program)
    return [(code, written) for code, written in json.loads(done.stdout)]
