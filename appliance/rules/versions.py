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

    from appliance.model import Deny, EntryType, Millis, Principal, Proposed, RoomId, RoomState, Target


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one version.

    `read` gives the entry as they see it, or why they cannot judge it; `takes_body` says which types have a body;
    `authorize` says why an entry may not be appended, or None; `apply` gives the room as an allowed entry leaves it.
    """

    read: Callable[[str, str, Principal, Millis, Mapping[str, object] | None], Proposed | Deny]
    takes_body: Callable[[EntryType], bool]
    authorize: Callable[[RoomState | None, Proposed, Target | None], Deny | None]
    apply: Callable[[RoomState | None, Proposed, RoomId, int], RoomState]


def _takes_body(kind: EntryType) -> bool:
    return entry_types.ENTRY_TYPES[kind].body is not None


RULES: Final[dict[int, RuleSet]] = {
    rooms.RULES_VERSION: RuleSet(entry_types.proposed, _takes_body, rooms.authorize, rooms.apply),
}
