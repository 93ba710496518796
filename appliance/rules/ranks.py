"""The ladder of positions: which of two people holds the higher one (F38, Q4).

Owns reading the national ladder (`data/ranks.json`) and an agency's own mapping over it. A rung is found by its code or
by any of its Thai names, however they are spaced. A rank that is not on the ladder is unknown (None) and counts as
equal to every other, so nobody is refused because of it. Acting posts count like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from appliance.spelling.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Level = int
MAX_LEVEL = 10_000
"""Far above the national ladder; a level stands on cards in the log, where it is a small number."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: `line` is the type of position (ประเภทตำแหน่ง), `level` compares it across lines."""

    code: str
    line: str
    name_th: str
    name_en: str
    level: Level


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs by every name they go by, and the agency's levels for codes of its own."""

    rungs: Mapping[str, Rung]
    mapped: Mapping[str, Level]

    def rung(self, rank: str | None) -> Rung | None:
        """Return the rung that a code or a Thai name means, or None."""
        return self.rungs.get(_key(rank)) if rank else None

    def level(self, rank: str | None) -> Level | None:
        """Return the level of a rank; the agency's mapping wins over the national ladder; None when unknown."""
        if not rank:
            return None
        key = _key(rank)
        if key in self.mapped:
            return self.mapped[key]
        rung = self.rungs.get(key)
        return rung.level if rung else None

    def with_mapping(self, mapping: Mapping[str, str | Level]) -> Ladder:
        """Return the ladder of an agency: each of its ranks mapped to a rung of this one or to a level.

        Raises ValueError naming the entries that point nowhere.
        """
        mapped: dict[str, Level] = {}
        unknown = []
        for rank, target in mapping.items():
            level = target if isinstance(target, int) else self.level(target)
            if level is None or isinstance(target, bool) or not 0 <= level <= MAX_LEVEL:
                unknown.append(f"{rank} = {target}")
            else:
                mapped[_key(rank)] = level
        if unknown:
            raise ValueError(", ".join(unknown))
        return Ladder(self.rungs, mapped)


def highest(levels: Iterable[Level | None]) -> Level | None:
    """Return the highest known level of a person's posts; None when none is known."""
    return max((level for level in levels if level is not None), default=None)


@cache
def national() -> Ladder:
    """Return the national ladder."""
    source = resources.files("appliance.rules").joinpath("data", "ranks.json")
    rungs: dict[str, Rung] = {}
    for item in json.loads(source.read_text(encoding="utf-8"))["rungs"]:
        names = (item["code"], item["name_th"], item["name_en"], *item.pop("also"))
        rung = Rung(**item)
        rungs.update({_key(name): rung for name in names})
    return Ladder(rungs, {})


def _key(rank: str) -> str:
    return "".join(fold(rank).split())
