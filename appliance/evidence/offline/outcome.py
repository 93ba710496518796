"""How a check ends: a report, a failure that names its entry, or a request that cannot be tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.evidence.note import Verifier


class Exit(IntEnum):
    """Exit codes of `gchat-verify`."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    UNKNOWN = 3


class Failed(Exception):
    """The evidence does not hold: a key of `texts.TEXTS`, and the entry it concerns if one can be named.

    `keys`: the keys that the verdict used, where they are known.
    """

    def __init__(self, code: str, n: int | None = None, **values: object) -> None:
        super().__init__(code)
        self.code, self.n, self.values = code, n, values
        self.keys: list[Verifier] = []


class Usage(Exception):
    """What was asked cannot be tried: no such file, malformed key or policy; a key of `texts.TEXTS`."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(slots=True)
class Report:
    """Lines to print, each a key of `texts.TEXTS` with its values; the first is the verdict."""

    lines: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    exit: Exit = Exit.PASSED

    def add(self, code: str, **values: object) -> None:
        """Add one line."""
        self.lines.append((code, values))
