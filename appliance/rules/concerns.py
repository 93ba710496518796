"""Whom an entry of a room's log concerns beyond the others: those it adds, and the one it makes the owner (F32, F37).

Pure. Such an entry counts as unread for them, like a message, and is the newest line of their room until somebody
writes. What somebody does to themselves concerns nobody; a private chat begins with its first message, so nothing in it
is told twice. The table is tests/rules/tables/concerned.json, shared with the web client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.model import EntryType, PersonId, RoomKind

if TYPE_CHECKING:
    from collections.abc import Mapping


def concerned(kind: RoomKind, entry: str, sender: str, fields: Mapping[str, Any]) -> tuple[PersonId, ...]:
    """Return those whom an entry of this type, by this sender, concerns."""
    if kind is RoomKind.DIRECT:
        return ()
    if entry == EntryType.MEMBER_ADD:
        return tuple(PersonId(card["p"]) for card in fields["members"] if card["p"] != sender)
    if entry in {EntryType.OWNER_TRANSFER, EntryType.OWNER_REASSIGN} and fields["to"] != sender:
        return (PersonId(fields["to"]),)
    return ()
