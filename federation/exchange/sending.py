"""Submits what people here wrote to rooms that another agency orders: numbered, sealed, sent, and answered.

Rules (`log/outbox.py` keeps all of it durably):
- of one room one frame is under way at a time, so that what follows is numbered after the hub has answered;
- what is sealed is sent byte for byte again when a link opens anew, until the hub has answered;
- where the hub takes nothing in for a reason that is no fault of what was written, it is asked again a while later;
- what was written shows as sent once its entry comes back from the hub; who wrote what the hub refuses is told so.

Does not: number or judge (`log/outbox.py`), hold the key that seals (the gateway does).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, Unavailable
from appliance.evidence import base64url
from appliance.evidence.seal import Seal
from appliance.log.foreign import Answer
from appliance.log.outbox import ANEW
from appliance.store import outbox
from federation.exchange.jobs import NOT_DONE
from federation.protocol import frames

if TYPE_CHECKING:
    from appliance.log.foreign import Submitted
    from appliance.log.riders import RiderTx
    from appliance.model import RoomId
    from federation.exchange.exchange import Exchange
    from federation.exchange.peers import Peer

logger = logging.getLogger(__name__)
LOOK_AGAIN_S: Final = 5.0
SUBMIT_BYTES: Final = 480 * 1024
"""Of headers and bodies in one frame: in JSON they take up to twice as much, and a frame has 1 MiB."""
_SEALS: Final = msgspec.json.Decoder(Seal)


class Sending:
    """Submits to the open links; `Exchange` starts one task of `submit` for each."""

    def __init__(self, x: Exchange) -> None:
        self._x = x

    async def submit(self, peer: Peer) -> None:
        """Submit what waits for a peer, until cancelled."""
        await self._x.s.log.outbox.submit_again(peer.slug)
        # What was refused right before a stop has not been told.
        await self._x.s.log.change(tell_refused)
        while True:
            peer.written.clear()
            try:
                await self._submit_rooms(peer)
            except AppError as error:
                logger.warning("what waits for %s cannot be submitted: %s", peer.slug, error)
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            await peer.written.wait()

    async def _submit_rooms(self, peer: Peer) -> None:
        for room, hub in await self._x.s.log.outbox.rooms():
            if hub == peer.slug and room not in peer.submitted.values() and peer.room > 0:
                await self._submit_room(peer, room)

    async def _submit_room(self, peer: Peer, room: RoomId) -> None:
        kept = self._x.s.log.outbox
        events = await kept.to_submit(room)
        if not events:
            prepared = await kept.to_seal(room)
            if prepared is None:
                return
            seals = await self._x.jobs.seal(tuple(prepared.headers))
            try:
                await kept.sealed(prepared, [_SEALS.decode(seal) for seal in seals])
            except msgspec.MsgspecError as error:
                raise Unavailable(str(error), code=NOT_DONE) from error
            events = await kept.to_submit(room)
        if not events or peer.room <= 0:
            return
        number = peer.next_number()
        frame = frames.Submit(number, room, tuple(_event(one) for one in _fitting(events)))
        self._x.jobs.send(peer.slug, frames.encode(frame))
        peer.room -= 1
        peer.submitted[number] = room

    async def answered(self, slug: str, frame: frames.Res) -> None:
        """Take in what the hub said. An answer to nothing that is under way is dropped."""
        peer = self._x.peers.get(slug)
        room = peer.submitted.pop(frame.q, None) if peer else None
        if peer is None or room is None:
            return
        answers = [Answer(one.id, one.n, one.err) for one in frame.r]
        refused = [one for one in answers if one.n is None]
        if refused:
            logger.warning("%s refuses %d of %d events: %s", slug, len(refused), len(answers), refused[0].reason)
        await self._x.s.log.outbox.answered(room, answers)
        if refused:
            await self._x.s.log.change(tell_refused)
        if any(one.n is not None or one.reason not in ANEW for one in answers):
            peer.written.set()
        else:
            # Nothing has changed here. A commit wakes it sooner: the hub's entries, on which it is sealed anew.
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, peer.written.set)


def tell_refused(tx: RiderTx) -> None:
    """Tell everybody whose words a hub refused for good, and take the words out of the outbox, both at once."""
    for row in outbox.take_refused(tx.rows):
        state = {"room": row.room, "code": row.reason, **({"txn_id": row.txn_id} if row.txn_id else {})}
        tx.announce("message.refused", state, person=row.sender)


def _fitting(events: list[Submitted]) -> list[Submitted]:
    """Return as many of the first events as one frame holds, at least one."""
    size, count = 0, 0
    for event in events:
        size += len(event.header) + (0 if event.body is None else len(event.body.data))
        if count and size > SUBMIT_BYTES:
            break
        count += 1
    return events[:count]


def _event(one: Submitted) -> frames.SubmitEvent:
    salt, body = (None, None) if one.body is None else (base64url.encode(one.body.salt), one.body.data.decode())
    return frames.SubmitEvent(one.header.decode(), one.seal, salt, body)
