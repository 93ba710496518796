"""Which rules judge an entry: one set for each version that a header may name (`rv`).

A set is never changed once agencies use it, so that every replica decides alike, also years later; what is to be judged
in another way is a new version (decision 24). A version without a row is newer than this release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.rules import entry_types, rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.model import Deny, Proposed, RoomId, RoomState, Target
    from appliance.rules.entry_types import EntryKind


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one version.

    `types` are the types of entry that they know. `read` gives the entry as they see it, or why they cannot judge it;
    `authorize` says why an entry may not be appended, or None; `apply` gives the room as an allowed entry leaves it.
    """

    types: Mapping[str, EntryKind]

    read: Callable[..., Proposed | Deny]
    authorize: Callable[[RoomState | None, Proposed, Target | None], Deny | None]
    apply: Callable[[RoomState | None, Proposed, RoomId, int], RoomState]


RULES: Final[dict[int, RuleSet]] = {
    rooms.RULES_VERSION: RuleSet(entry_types.ENTRY_TYPES, entry_types.proposed, rooms.authorize, rooms.apply),
}


def find(version: int, kind: str) -> EntryKind | None:
    """Return the row of a type of entry by the rules of a version, or None for one that they do not know."""
    rules = RULES.get(version)
    return None if rules is None else rules.types.get(kind)
