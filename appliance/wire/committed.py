"""What one commit publishes to the followers, and what is read of a person's feed, with events as clients see them.

Made by the log after the commit, or by reading, and handed to the hub; it never travels. Positions rise: within a room,
and from room to room, so that whoever has seen `pos` has seen everything before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.model import PersonId, RoomId
    from appliance.wire.events import Event


class RoomNews(msgspec.Struct, frozen=True):
    """What happened in one room: its events, who came in and who is out.

    The events stand in the feed one after the other from `first` on; `pos` is the last position of all that this is
    about. `txn_ids` are the idempotency keys of its events, by the sender, who alone gets them, and by their place in
    `events`. `kind` is the room's, where the events are entries. `words`, by the same
    place, are what search finds them by.
    """

    room: RoomId
    first: int
    pos: int
    events: Sequence[Event]
    joined: tuple[PersonId, ...] = ()
    left: tuple[PersonId, ...] = ()
    txn_ids: Mapping[PersonId, Mapping[int, str]] = {}
    kind: str = ""
    words: Mapping[int, str] = {}


class Committed(msgspec.Struct, frozen=True):
    """One commit: its last position, the rooms it touched, and the people with something for them alone."""

    pos: int
    rooms: list[RoomNews]
    people: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What a person's feed holds up to `pos`; with `more`, there is more after it.

    A `snapshot` stands in place of everything before. While it has a `cursor`, that reads the rooms that follow.
    """

    pos: int
    events: list[Event]
    more: bool
    cursor: str | None = None
    snapshot: bool = False
