"""What the benchmarks of search index and ask: real Thai messages in rooms by Zipf's law, and queries cut from them.

The messages are the 20,000 beside the repository, or the excerpt of the search tests where they are not. Everything is
drawn by a seeded generator: two runs, and all competitors in a run, get the same.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from search_index.query import Query, QueryRefused, parse
from search_index.wire import IndexEntry
from tests.search import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY: Final = bytes(range(32))
ROOMS: Final = 5_000
ROOMS_OF_A_CALLER: Final = 200
SENDERS: Final = 4_000
QUERIES: Final = 600
PAGE: Final = 20
BATCH: Final = 1_000
_FIRST: Final = 1_704_067_200_000  # 2024-01-01, UTC
_SPAN: Final = 24 * 30 * 24 * 60 * 60 * 1000
_LINK: Final = re.compile("https?:")


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the rooms of whoever asks."""

    query: Query
    rooms: tuple[str, ...]


def texts() -> list[str]:
    """Return the messages."""
    return corpus.messages(corpus.WHOLE if corpus.WHOLE.exists() else corpus.DATA / "messages.txt")


def room_names() -> list[str]:
    """Return the rooms, the busiest first."""
    return [f"r_{number:06d}" for number in range(ROOMS)]


def entries(count: int) -> Iterator[list[IndexEntry]]:
    """Yield so many entries in batches: spread over two years, the k-th busiest room with 1/k of the first's."""
    chance = random.Random(11)  # noqa: S311 - a load, no secret
    lines, rooms = texts(), room_names()
    links = [bool(_LINK.search(line)) for line in lines]
    shares = list(accumulate(1 / (place + 1) for place in range(ROOMS)))
    senders = [f"p_{number:06d}" for number in range(SENDERS)]
    apart = _SPAN // count
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        drawn = zip(
            chance.choices(rooms, cum_weights=shares, k=size), chance.choices(senders, k=size),
            chance.choices(range(len(lines)), k=size), strict=True,
        )  # fmt: skip
        yield [
            IndexEntry(room, n, sender, _FIRST + n * apart, lines[line], "text", links[line])
            for n, (room, sender, line) in enumerate(drawn, start)
        ]


def questions() -> list[Question]:
    """Return what is asked: a third from the recall set, the rest one to three pieces or a phrase of real messages."""
    chance = random.Random(12)  # noqa: S311 - a load, no secret
    lines, rooms = texts(), room_names()
    recall = [text for _, text in corpus.queries()]
    asked: list[Question] = []
    while len(asked) < QUERIES:
        line = chance.choice(lines)
        kind = chance.randrange(6)
        if kind < 2:
            text = chance.choice(recall)
        elif kind == 2:
            text = f'"{_piece(chance, line, 10, 25)}"'
        else:
            text = " ".join(_piece(chance, line, 3, 10) for _ in range(kind - 2))
        try:
            query = parse(text)
        except QueryRefused:
            continue
        if query.needles:
            asked.append(Question(query, tuple(_rooms_of_a_caller(chance, rooms))))
    return asked


def _piece(chance: random.Random, line: str, shortest: int, longest: int) -> str:
    start = chance.randrange(max(1, len(line) - shortest))
    return line[start : start + chance.randint(shortest, longest)].strip().replace('"', " ")


def _rooms_of_a_caller(chance: random.Random, rooms: list[str]) -> list[str]:
    """Return 200 rooms: a fifth of them among the hundred busiest, the rest any."""
    busy = chance.sample(rooms[:100], ROOMS_OF_A_CALLER // 5)
    return busy + chance.sample(rooms[100:], ROOMS_OF_A_CALLER - len(busy))
