"""Text made to cost more than its length, and what reading it costs.

`TEXTS` are short pieces that are repeated up to a field's allowed length: marks that have to be sorted, marks that form
one run once invisible characters are dropped, characters that expressions go back over, what is not visible. Costs are
CPU seconds of this thread, the best of several runs, so that a busy machine changes nothing.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP: Final = 900
"""Levels that a decoder of JSON still follows."""
NO_MATTER_S: Final = 0.01
MAX_GROWTH: Final = 9
INVISIBLE: Final = (
    *("\u3164", "\u2800", "\u115f", "\u17b4", "\u034f", "\ufe0f", "\U000e0100", "\u0301", "\u0e48\u0e49"),
    *("\u200b", "\u2060", "\u00ad", "\u3164\u0301", " \u3164 "),
)
"""Names of which nothing is seen, or marks without a letter."""
TEXTS: Final[dict[str, str]] = json.loads(
    (Path(__file__).parent / "rules" / "data" / "hostile_texts.json").read_text(encoding="utf-8")
)


def shapes(size: int) -> dict[str, str]:
    """Return JSON values of about `size` characters made to cost more by how they are nested, by name."""
    deep = min(DEEP, size // 8)
    inner = "[" + ",".join(['""'] * (size // 4)) + "]"
    return {
        "lists within lists": "[" * deep + inner + "]" * deep,
        "objects within objects": '{"a":' * deep + inner + "}" * deep,
        "nested deeper than a decoder follows": "[" * (size // 2) + "]" * (size // 2),
        "many values": "[" + ",".join("0" * (size // 2)) + "]",
        "many empty lists": "[" + ",".join(["[]"] * (size // 3)) + "]",
        "many keys": "{" + ",".join(f'"{number}":0' for number in range(size // 10)) + "}",
        "one long key": '{"' + "k" * size + '":""}',
    }


def full(piece: str, length: int) -> str:
    """Return the piece repeated up to a length."""
    return (piece * (length // len(piece) + 1))[:length]


def behind_a_letter(piece: str, length: int) -> str:
    """Return the piece repeated between two letters: what only trails or leads is often cut off first."""
    return f"a{full(piece, max(0, length - 2))}b"[:length]


def cost(work: Callable[[], object], runs: int = 3) -> float:
    """Return what `work` costs in CPU seconds of this thread: the best of some runs."""
    best = float("inf")
    for _ in range(runs):
        begun = time.thread_time()
        work()
        best = min(best, time.thread_time() - begun)
    return best


def costs_its_length(work: Callable[[str], object], make: Callable[[int], str], longest: int) -> bool:
    """Say whether four times the text costs `work` about four times as much: 16 times would be the square.

    What costs less than a hundredth of a second at full length is no matter.
    """
    whole = cost(lambda: work(make(longest)))
    return whole < NO_MATTER_S or whole < MAX_GROWTH * cost(lambda: work(make(longest // 4)))
