"""Which rules judge an entry: one set for each version that a header may name (`rv`).

A set never changes once agencies use it, so that every replica decides alike, also years later. A rule that is to
decide differently is a new version (decision 24). A version without a row is newer than this release. By version are
also the rows of the types of entry (`entry_types.VERSIONS`), their shapes for clients (`log/views.py`) and their tables
(`log/projections.py`); a test requires all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.model import RULES_VERSION
from appliance.rules import rooms

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.model import Deny, Proposed, RoomId, RoomState, Target


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one version, beside its rows of types.

    `authorize` says why an entry may not be appended, or None; `apply` gives the room as an allowed entry leaves it.
    """

    authorize: Callable[[RoomState | None, Proposed, Target | None], Deny | None]
    apply: Callable[[RoomState | None, Proposed, RoomId, int], RoomState]


RULES: Final[dict[int, RuleSet]] = {RULES_VERSION: RuleSet(rooms.authorize, rooms.apply)}
