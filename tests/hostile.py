"""Text made to cost more than its length, and what reading it costs.

`TEXTS` are short pieces that are repeated up to a field's allowed length: marks that have to be sorted, marks that form
one run once invisible characters are dropped, characters that expressions go back over, what is not visible. Costs are
CPU seconds of this thread, the best of several runs, so that a busy machine changes nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS: Final = {
    "tone and vowel": "\u0e48\u0e34",
    "SARA AM and tone": "\u0e33\u0e48",
    "NIKHAHIT and tone": "\u0e4d\u0e48",
    "NIKHAHIT and SARA AA": "\u0e4d\u0e32",
    "vowel above and below": "\u0e34\u0e38",
    "accents above and below": "\u0300\u0316",
    "accents and zero width": "\u0300\u200b\u0316\u200b",
    "accents on halfwidth voice marks": "\u0300\uff9e",
    "as many accents as allowed": "a" + "\u0300\u0316" * 15,
    "as many Thai marks as allowed": "\u0e01" + "\u0e48\u0e34" * 15,
    "consonant and tone": "\u0e01\u0e49",
    "SARA E": "\u0e40",
    "letter": "a",
    "capital that grows when folded": "\u0130",
    "ligature that grows when folded": "\ufdfa",
    "exclamation mark": "!",
    "space": " ",
    "spaces of many kinds": "\u00a0\u3000\u2009",
    "line feed": "\n",
    "quotation mark": '"',
    "at sign": "@",
    "address": "https://a.th/!",
    "address and signs": "https://" + "!" * 40,
    "date": "1/1/2567 ",
    "digits": "๒5",
    "Hangul filler": "\u3164",
    "Hangul letters": "\u1100\u1161\u11a8",
    "emoji joined": "\U0001f468\u200d",
    "emoji and presentation": "\u2764\ufe0f",
    "tags": "\U000e0067",
    "right to left": "\u202e",
    "isolate": "\u2067a",
    "punctuation": ".,",
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
