"""Whom an entry of a room's log concerns beyond the others (F32, F37).

Pure. An entry concerns those it adds and the one it makes the owner; a new name and the end of a room concern everyone
in it, which is said by one mark (`EVERYONE`) and not person by person. Such an entry counts as unread for them, like a
message, and is the newest line of their room until somebody writes. What somebody does concerns never themselves: with
the mark, whoever counts leaves the sender out. In a private chat nothing does, since it begins with its first message.
Whom each type concerns is in its row (`entry_types.py`). The table is tests/rules/tables/concerned.json, shared with
the web client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import Principal, RoomKind
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.policy import policy_of

if TYPE_CHECKING:
    from appliance.model import EntryType, State


def concerned(room: RoomKind, kind: EntryType, sender: Principal, state: State) -> tuple[Principal, ...]:
    """Return those whom an entry of this type, by this sender, concerns: people, or `EVERYONE` but the sender."""
    concerns = ENTRY_TYPES[kind].concerns
    if concerns is None or not policy_of(room).tells_changes:
        return ()
    return tuple(person for person in concerns(state) if person != sender)
