"""Who sees what: whether somebody may read a room, and whether one of its entries is shown to them.

Everything that shows an entry or its words calls `shown`: pages, sync, snapshot, history, search, the index feed, the
export and the live hub. Hidden by default: a type without a row in the registry, or a row that does not say whom it is
shown to (`EntryKind.shown_to`), is shown to nobody. Pure: it opens no body and knows no keys, so the words of an entry
that is shown may still be erased or damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.model import EVERYONE, RULES_VERSION, Deny, Principal
from appliance.rules import entry_types

if TYPE_CHECKING:
    from appliance.model import Millis, RoomState, State, Target

INDEX: Final = Principal("*index")
"""The search index as a viewer: it has all words that anybody may find; what is found is looked at again for them."""
EVIDENCE: Final = Principal("*evidence")
"""The export for a court as a viewer: what everyone in the room may see or once could, retracted messages as well."""


class Reason(StrEnum):
    """Why an entry is not shown."""

    RETRACTED = "retracted"
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """The entry is shown, as far as its body can be opened."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The entry is not shown. A retracted one leaves its trace without words; of the other kind only its place is."""

    reason: Reason


SHOWN: Final = Shown()


class EntryFacts(NamedTuple):
    """What decides whether an entry is shown. `state` is what its header says.

    `retracted`: it was taken back, or it is the edit of a message that was. `of` is the entry that it changes or marks:
    whoever is not shown that one is not shown this one either. `rules` is the version of the rules it was written by.
    """

    type: str
    state: State
    sender: Principal
    retracted: bool = False
    of: Target | None = None
    rules: int = RULES_VERSION


def shown(entry: EntryFacts, viewer: Principal, now: Millis) -> Shown | Hidden:
    """Check whether somebody who may read the room is shown an entry. `EVERYONE` asks for all its members alike."""
    row = entry_types.find(entry.type, entry.rules)
    if row is None or not _is_shown_to(row, entry, viewer, now):
        return Hidden(Reason.NOT_SHOWN)
    if row.marks_another and not (entry.of and is_shown_target(entry.of, viewer, now)):
        return Hidden(Reason.NOT_SHOWN)
    return Hidden(Reason.RETRACTED) if entry.retracted and viewer != EVIDENCE else SHOWN


def is_shown_target(target: Target, viewer: Principal, now: Millis) -> bool:
    """Return whether somebody is shown the entry that another one points at, or the trace that it left."""
    row = entry_types.find(target.type, target.rules)
    return row is not None and _is_shown_to(row, EntryFacts(target.type, target.state, target.sender), viewer, now)


def may_read(room: RoomState, person: Principal, _now: Millis) -> Deny | None:
    """Say why somebody may not read a room now, or None: its members do, at all times."""
    return None if room.role_of(person) is not None else Deny.NOT_A_MEMBER


def _is_shown_to(row: entry_types.EntryKind, entry: EntryFacts, viewer: Principal, now: Millis) -> bool:
    if viewer == INDEX:
        return row.shown_to is not entry_types.to_nobody
    return row.shown_to(entry.state, entry.sender, EVERYONE if viewer == EVIDENCE else viewer, now)
