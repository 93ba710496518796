"""Commands for the log's writer: drafts that are accepted or refused together, and who gets the result. Values only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import msgspec

from appliance.errors import AppError
from appliance.model import Appended, Draft, EntryType, RoomId, agency_of, program_of
from appliance.rules.entry_states import ClosedBySystem
from appliance.rules.entry_types import ENTRY_TYPES

if TYPE_CHECKING:
    from appliance.log.bodies import EpochKey
    from appliance.log.foreign import Received, Replicated
    from appliance.log.riders import Rider
    from appliance.model import Home, Principal, RoomState

AnyCommand: TypeAlias = "Command | Received | Replicated"
"""What the writer takes: what people here want, and what comes from other agencies."""
Done = Callable[[list[Appended] | AppError], None]
THIS_ROOM: Final = RoomId("")
"""In a command that creates a room: the room it creates."""
PRIVATE_CHAT: Final = "private_chat"
"""Why the system closes a group: those left in it could not have begun a private chat (F38)."""


class Command(msgspec.Struct, frozen=True):
    """Drafts that are accepted or refused together.

    `done` is called once with the result: the appended entries, or the error. `pair` names a new private chat by its
    kind and its two people (`store/rooms.py: pair_key`). `riders` write the rows that commit with the entries
    (`riders.py`).
    """

    drafts: tuple[Draft, ...]
    done: Done
    pair: str | None = None
    riders: tuple[Rider[object], ...] = ()

    @property
    def room(self) -> RoomId:
        """The room of all drafts; `THIS_ROOM` when the command creates one."""
        return self.drafts[0].room

    @property
    def sender(self) -> Principal:
        """Who sends it; the same for all drafts."""
        return self.drafts[0].actor

    @property
    def must(self) -> bool:
        """Whether F38 must not refuse it: commands of the system, and removals that have to be possible (`Draft.must`).

        When such a command turns a group into a private chat that nobody could have begun, the system closes the room.
        """
        return self.sender == program_of(agency_of(self.sender)) or any(draft.must for draft in self.drafts)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The idempotency keys: (room, sender, `txn_id`) when it has a `txn_id`, and (pair,) for a new private chat.

        Two commands with a key in common are the same command: the second gets the result of the first.
        """
        first = self.drafts[0]
        own = ((first.room, first.actor, first.txn_id),) if first.txn_id is not None else ()
        return own if self.pair is None else (*own, (self.pair,))

    @property
    def people_added(self) -> int:
        """The number of people whom its drafts add."""
        added = 0
        for draft in self.drafts:
            if (adds := ENTRY_TYPES[draft.type].adds) is not None:
                added += len(adds(draft.state))
        return added


class Result(NamedTuple):
    """A command that was accepted: its entries with their positions, and the state of the room after it.

    `file_key` is the epoch key that wraps the keys of its files, where it carries any.
    """

    command: AnyCommand
    appended: list[Appended]
    state: RoomState | None
    file_key: EpochKey | None = None


def private_close(home: Home, room: RoomId) -> Draft:
    """Return the entry by which the system closes a group that became a private chat which nobody could have begun."""
    return Draft(room, home.system, EntryType.SYSTEM_CLOSE, state=ClosedBySystem(why=PRIVATE_CHAT))
