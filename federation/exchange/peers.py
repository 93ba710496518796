"""The agencies whose links are open, and how many frames the gateway has room for, for each of them.

A value for each link, made when it opens and dropped when it closes. Does not: read or write the log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.model import RoomId


@dataclass(slots=True)
class Sent:
    """A frame of entries that is under way: of which room, and how many entries the peer has once it is taken in."""

    room: RoomId
    size: int


@dataclass(slots=True)
class Peer:
    """An open link: its agency, the room for frames, what is under way, and the tasks that feed it.

    `under_way` are frames of entries by their positions; `sent` says, of each room, up to where entries were put into
    frames. `began` is up to which position the peer had taken our feed in when the link opened. `submitted` are rooms
    with a submission that is not answered yet, by its number. `woken` and `written` wake the two tasks.
    """

    slug: str
    room: int
    under_way: dict[int, Sent] = field(default_factory=dict)
    sent: dict[RoomId, int] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    position: int = 0
    submitted: dict[int, RoomId] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0
    began: int = 0

    def wake(self) -> None:
        """Have the tasks look for something to send."""
        self.woken.set()
        self.written.set()

    def next_number(self) -> int:
        """Return the number of the next submission."""
        self.number += 1
        return self.number

    def next_position(self) -> int:
        """Return the position of the next frame of entries."""
        self.position += 1
        return self.position


class Peers:
    """The open links by the slugs of their agencies."""

    def __init__(self) -> None:
        self._open: dict[str, Peer] = {}

    def put(self, peer: Peer) -> None:
        """Add a link; one that was open to the same agency ends."""
        self.drop(peer.slug)
        self._open[peer.slug] = peer

    def drop(self, slug: str) -> None:
        """End what feeds a link that is gone."""
        gone = self._open.pop(slug, None)
        if gone is not None:
            for task in gone.tasks:
                task.cancel()

    def get(self, slug: str) -> Peer | None:
        """Return the open link to an agency."""
        return self._open.get(slug)

    def wake(self) -> None:
        """Have every link look for something to send."""
        for peer in self._open.values():
            peer.wake()

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._open.values()))
