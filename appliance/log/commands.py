"""What goes to the log's writer: drafts that stand or fall together, and whom to tell. Values only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from appliance.errors import AppError
from appliance.model import Appended, Draft, EntryType, RoomId, agency_of, program_of
from appliance.rules.entry_states import ClosedBySystem
from appliance.rules.entry_types import ENTRY_TYPES

if TYPE_CHECKING:
    from appliance.log.riders import Rider
    from appliance.model import Home, Principal, RoomState

Done = Callable[[list[Appended] | AppError], None]
THIS_ROOM: Final = RoomId("")
"""In a command that creates a room: the room it creates."""
PRIVATE_CHAT: Final = "private_chat"
"""Why the system closes a group: those left in it could not have begun a private chat (F38)."""


class Command(msgspec.Struct, frozen=True):
    """Drafts that stand or fall together, and whom to tell. `pair` names the two people of a new private chat.

    `riders` write what commits with the entries (`riders.py`).
    """

    drafts: tuple[Draft, ...]
    done: Done
    pair: str | None = None
    riders: tuple[Rider[object], ...] = ()

    @property
    def room(self) -> RoomId:
        """The room it is about; `THIS_ROOM` when it creates one."""
        return self.drafts[0].room

    @property
    def sender(self) -> Principal:
        """Who acts; one and the same for all drafts."""
        return self.drafts[0].actor

    @property
    def must(self) -> bool:
        """Whether it has to be possible: what the system does, and what the owner may not refuse."""
        return self.sender == program_of(agency_of(self.sender)) or any(draft.must for draft in self.drafts)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Its idempotency keys: of two commands with one in common, the second is a repeat of the first."""
        first = self.drafts[0]
        own = ((first.room, first.actor, first.txn_id),) if first.txn_id is not None else ()
        return own if self.pair is None else (*own, (self.pair,))

    @property
    def people_added(self) -> int:
        """How many people it adds."""
        added = 0
        for draft in self.drafts:
            if (adds := ENTRY_TYPES[draft.type].adds) is not None:
                added += len(adds(draft.state))
        return added


class Result(NamedTuple):
    """A command that goes in: where its drafts come to stand, and the room as it leaves it."""

    command: Command
    appended: list[Appended]
    state: RoomState | None


def private_close(home: Home, room: RoomId) -> Draft:
    """Make the entry by which the system closes a group that has become a private chat nobody could have begun."""
    return Draft(room, home.system, EntryType.SYSTEM_CLOSE, state=ClosedBySystem(why=PRIVATE_CHAT))
