"""Which entries concern a person though they are no messages, so that they count as unread for that person (F32, F37).

Pure. An entry concerns the people it adds and the one it makes the owner. A new name and the end of a room concern
everyone in it: that is one row (`EVERYONE`), not one for each person. Such an entry counts as unread for them, like a
message, and is the newest line of their room until somebody writes. Rules:
- nobody is concerned by what they did themselves; where the row is `EVERYONE`, whoever counts leaves the sender out;
- in a private chat no such entry counts, since it begins with its first message;
- who is not shown an entry is not concerned by it.

Whom each type concerns and mentions is in its row (`entry_types.py`). The table of cases is
tests/rules/tables/concerned.json, shared with the web client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import Principal, RoomKind
from appliance.rules import entry_types
from appliance.rules.policy import policy_of
from appliance.rules.visibility import SHOWN, EntryFacts, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from appliance.model import Body, Member, Millis


def concerned(room: RoomKind, entry: EntryFacts, at: Millis) -> tuple[Principal, ...]:
    """Return those whom an entry written at this time concerns: people, or `EVERYONE` but the sender."""
    row = entry_types.find(entry.type, entry.rules)
    if row is None or row.concerns is None or not policy_of(room).tells_changes:
        return ()
    return _of_those_shown(entry, (who for who in row.concerns(entry.state) if who != entry.sender), at)


def named(
    entry: EntryFacts, at: Millis, body: Body | None, members: Mapping[Principal, Member]
) -> tuple[Principal, ...]:
    """Return whom an entry names that was written at this time: members, and `EVERYONE`.

    `body` is None where there is none to read; then nobody but `EVERYONE` is known.
    """
    row = entry_types.find(entry.type, entry.rules)
    if row is None or row.mentions is None:
        return ()
    people = row.mentions(entry.state, body, members)
    return _of_those_shown(entry, people, at) if people else ()


def _of_those_shown(entry: EntryFacts, people: Iterable[Principal], at: Millis) -> tuple[Principal, ...]:
    return tuple(person for person in people if shown(entry, person, at) == SHOWN)
