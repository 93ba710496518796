"""Whom an entry of a room's log concerns beyond the others (F32, F37).

Pure. An entry concerns those it adds and the one it makes the owner; a new name and the end of a room concern everyone
in it, which is said by one mark (`EVERYONE`) and not person by person. Such an entry counts as unread for them, like a
message, and is the newest line of their room until somebody writes. What somebody does concerns never themselves: with
the mark, whoever counts leaves the sender out. In a private chat nothing does, since it begins with its first message.
The table is tests/rules/tables/concerned.json, shared with the web client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appliance.model import EVERYONE, EntryType, PersonId, RoomKind

if TYPE_CHECKING:
    from collections.abc import Mapping

CONCERN_EVERYONE: Final = frozenset((EntryType.ROOM_RENAME, EntryType.ROOM_CLOSE, EntryType.SYSTEM_CLOSE))


def concerned(kind: RoomKind, entry: str, sender: str, fields: Mapping[str, Any]) -> tuple[PersonId, ...]:
    """Return those whom an entry of this type, by this sender, concerns: people, or `EVERYONE` but the sender."""
    if kind is RoomKind.DIRECT:
        return ()
    if entry in CONCERN_EVERYONE:
        return (EVERYONE,)
    if entry == EntryType.MEMBER_ADD:
        return tuple(PersonId(card["p"]) for card in fields["members"] if card["p"] != sender)
    if entry in {EntryType.OWNER_TRANSFER, EntryType.OWNER_REASSIGN} and fields["to"] != sender:
        return (PersonId(fields["to"]),)
    return ()
