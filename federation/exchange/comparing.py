"""Compares what a peer has of this hub's rooms with what is known here: either side may have been restored from a copy.

Rules:
- a peer is asked once after each start of this appliance, and again when it has taken in less of our feed than before,
  which only one that was restored has; nobody else goes back;
- a peer that has more, proved by this agency's own signature, holds the room (`log/recovering.py`) until the entries
  are back here; what it says without that proof counts as no more than is here;
- a peer that has less is given it again;
- rooms are asked for one after the other, those first that wait for an answer.

Does not: notice that this appliance was restored (`recovering.py`), judge the entries that come back (`fetching.py` has
the log do so).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Unavailable
from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import open_checkpoint
from appliance.store import replicas
from federation.exchange.fetching import NOT_GIVEN, OK
from federation.gateway.messages import Kind

if TYPE_CHECKING:
    from appliance.model import RoomId
    from federation.exchange.exchange import Exchange
    from federation.exchange.peers import Peer

logger = logging.getLogger(__name__)
LOOK_AGAIN_S: Final = 5.0
NOT_THERE: Final = 404


class HeadAnswer(msgspec.Struct, frozen=True):
    """What a peer has of a room: how many entries, and the hub's note over them."""

    size: int
    note: str


class Comparing:
    """Compares with the open links; `Exchange` starts one task of `compare` for each."""

    def __init__(self, x: Exchange) -> None:
        self._x = x
        self._reached: dict[str, int] = {}

    def reached(self, slug: str, position: int) -> None:
        """Note that a peer has taken in our feed up to a position."""
        if slug in self._reached:
            self._reached[slug] = max(self._reached[slug], position)

    async def compare(self, peer: Peer) -> None:
        """Compare with a peer whose link has opened, unless nothing can have gone back since the last time."""
        known = self._reached.get(peer.slug)
        if known is not None and peer.began >= known:
            return
        self._reached.pop(peer.slug, None)
        while True:
            try:
                await self._compare_rooms(peer)
            except AppError as error:
                logger.warning("what %s has cannot be compared: %s", peer.slug, error)
                await asyncio.sleep(LOOK_AGAIN_S)
            else:
                self._reached[peer.slug] = max(peer.began, self._acknowledged(peer))
                return

    def _acknowledged(self, peer: Peer) -> int:
        """Return the last position of a link before those that are under way."""
        return min(peer.under_way, default=peer.position + 1) - 1

    async def _compare_rooms(self, peer: Peer) -> None:
        log = self._x.s.log
        async with self._x.s.store.read() as reader:
            shared = await reader.run(replicas.shares_of_hub, peer.slug, log.home.agency)
        held = set(log.recovering)
        rooms = sorted((one.room for one in shared), key=lambda room: room not in held)
        for room in rooms:
            await self._compare_room(peer, room)

    async def _compare_room(self, peer: Peer, room: RoomId) -> None:
        log = self._x.s.log
        head = await log.head(room)
        has = await self._size_at(peer.slug, room, head.size)
        head = await log.head(room)
        if log.recovering.heard(room, peer.slug, has, head.size).ask is not None:
            await self._x.fetching.fetch_missing(peer.slug, room, has - 1)
            if (found := log.recovering.next_for(room, (await log.head(room)).size)).done:
                logger.warning("room %s is whole again, with %d entries", room, found.upto)
        elif has < head.size:
            async with self._x.s.store.write() as tx:
                await tx.run(replicas.lower_has, peer.slug, head.key, has)
            peer.woken.set()

    async def _size_at(self, slug: str, room: RoomId, own: int) -> int:
        """Return how much a peer has of a room, as far as it is proved. Raises Unavailable."""
        fetched = await self._x.jobs.fetch(slug, Kind.HEAD, {"room": room})
        if fetched.status == NOT_THERE:
            return 0
        if fetched.status != OK:
            raise Unavailable(f"{slug} answers {fetched.status}", code=NOT_GIVEN)
        try:
            answer = msgspec.json.decode(fetched.body, type=HeadAnswer)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{slug}: {error}", code=NOT_GIVEN) from error
        if answer.size <= own or self._is_signed(room, answer):
            return max(0, answer.size)
        logger.warning("%s says that it has %d entries of %s, and shows no note for them", slug, answer.size, room)
        return own

    def _is_signed(self, room: RoomId, answer: HeadAnswer) -> bool:
        """Return whether this agency itself has signed the room at the size that a peer says it has."""
        log = self._x.s.log
        try:
            checkpoint, _ = open_checkpoint(answer.note, log.registry.log_keys(log.home.agency, 0))
        except EvidenceError:
            return False
        return checkpoint.size == answer.size and f"/room/{room}/e" in checkpoint.origin
