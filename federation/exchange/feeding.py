"""Gives each linked agency the entries of the rooms that this one orders and it has members in.

Rules:
- what an agency has of each room is kept with its acknowledgements (`log/giving.py`), so nothing is copied for it: a
  link that opens again goes on from there, and a slow peer waits in the database;
- rooms take turns: each gets one frame, then the next one;
- only as many frames are on their way as the gateway has room for;
- an acknowledgement whose cosignature does not verify counts as one without.

Does not: receive entries (`arriving.py`), decide what an agency is given.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Invalid
from appliance.evidence import base64url
from federation.exchange.peers import Sent
from federation.protocol import frames

if TYPE_CHECKING:
    from appliance.log.giving import Due, Range
    from federation.exchange.exchange import Exchange
    from federation.exchange.peers import Peer

logger = logging.getLogger(__name__)
LOOK_AGAIN_S: Final = 5.0
"""How soon a link looks again after something could not be read or given."""
FRAME_BYTES: Final = 480 * 1024
"""Of leaves, salts and bodies in one frame: in JSON they take up to twice as much, and a frame has 1 MiB."""


class Feeding:
    """Feeds the open links; `Exchange` starts one task of `feed` for each."""

    def __init__(self, x: Exchange) -> None:
        self._x = x

    async def feed(self, peer: Peer) -> None:
        """Give a peer what it is due, until cancelled."""
        while True:
            peer.woken.clear()
            try:
                gave = await self._give(peer)
            except AppError as error:
                logger.warning("%s cannot be given what it is due: %s", peer.slug, error)
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            if not gave:
                await peer.woken.wait()

    async def _give(self, peer: Peer) -> bool:
        """Give one frame of each room that has something for a peer, while there is room; say whether any was."""
        gave = False
        for due in await self._x.s.log.giving.due(peer.slug):
            if peer.room <= 0:
                break
            gave |= await self._give_room(peer, due)
        return gave

    async def _give_room(self, peer: Peer, due: Due) -> bool:
        first = max(due.has, peer.sent.get(due.room, 0))
        if first >= due.upto:
            return False
        part = await self._x.s.log.giving.range_for(peer.slug, due.room, first, FRAME_BYTES)
        if part is None:
            return False
        position = peer.next_position()
        self._x.jobs.send(peer.slug, frames.encode(frame_of(part, due.room, position)))
        peer.room -= 1
        peer.sent[due.room] = part.end
        peer.under_way[position] = Sent(due.room, part.end)
        return True

    async def acknowledged(self, slug: str, frame: frames.Ack) -> None:
        """Keep what a peer has, and its cosignature. One of a frame that is not under way is dropped."""
        peer = self._x.peers.get(slug)
        sent = peer.under_way.pop(frame.pos, None) if peer else None
        if peer is None or sent is None:
            return
        # First, since what follows may be cut off after its commit: then the peer would count as one that has it all,
        # and nobody would notice that it was restored from a copy without it.
        self._x.comparing.reached(slug, frame.pos)
        acknowledge, registry = self._x.s.log.giving.acknowledge, self._x.s.log.registry
        try:
            await acknowledge(slug, sent.room, sent.size, frame.cos, registry)
        except Invalid as error:
            logger.warning("a cosignature of %s is not kept: %s", slug, error)
            await acknowledge(slug, sent.room, sent.size, (), registry)


def frame_of(part: Range, room: str, position: int) -> frames.Feed:
    """Return a range of entries as a frame."""
    entries = tuple(
        frames.FeedEntry(
            one.leaf.decode(),
            None if one.body is None else base64url.encode(one.body.salt),
            None if one.body is None else one.body.data.decode(),
        )
        for one in part.given
    )
    return frames.Feed(position, 0, room, entries, part.note)
