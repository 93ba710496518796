"""What a peer's frames do here: each is one call to the log, and what it answers.

Rules:
- a frame says what it likes; the log judges every entry of it (`appliance/log/received.py`, `replicated.py`);
- what cannot be decided now (a full disk, a registry that is behind) ends the link: the peer opens it again after a
  while, and sends what was not answered. Where it is one room that waits here (`ROOM_WAITS`), that is the answer, and
  the link goes on;
- entries that are missing before those that came are fetched, exactly those, and the frame is taken again;
- a room that is read-only because of what its hub gave costs no other room: the frame is acknowledged without a
  cosignature.

Does not: send what this agency has for others (`feeding.py`, `sending.py`), show what is kept nowhere (`ephemeral.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Unavailable
from appliance.evidence import base64url
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError
from appliance.evidence.verification import Body
from appliance.log.foreign import Given, Submitted
from appliance.log.outbox import ROOM_WAITS
from appliance.model import RoomId
from appliance.store import replicas
from federation.protocol import frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.log.riders import Rider, RiderTx
    from federation.exchange.exchange import Exchange

logger = logging.getLogger(__name__)
LATER: Final = frames.Bye("later")
SALT_BYTES: Final = 16
GAP: Final = "replica_gap"
UNREADABLE: Final = "-"
MAX_REPAIRS: Final = 2
"""How often one frame has missing entries fetched: a peer that never gives them costs no more."""


async def arrive(x: Exchange, peer: str, frame: frames.Frame) -> list[frames.Frame]:
    """Take a frame in; return what to answer."""
    match frame:
        case frames.Submit():
            return [await _submitted(x, peer, frame)]
        case frames.Feed():
            return [await _fed(x, peer, frame)]
        case frames.Res():
            await x.sending.answered(peer, frame)
        case frames.Ack():
            await x.feeding.acknowledged(peer, frame)
        case frames.Eph():
            x.ephemeral.arrived(peer, frame)
        case _:
            # Greeting, pauses and signs of life are the link's (`federation/protocol/link.py`).
            pass
    return []


async def _submitted(x: Exchange, peer: str, frame: frames.Submit) -> frames.Frame:
    room = RoomId(frame.room)
    events = [Submitted(event.h.encode(), event.seal, _body(event.s, event.b)) for event in frame.ev]
    try:
        answers = await x.s.log.receive(room, peer, events)
    except (NotFound, Forbidden, Unavailable) as error:
        if isinstance(error, Unavailable) and error.code not in ROOM_WAITS:
            logger.warning("what %s submits to %s cannot be taken now: %s", peer, room, error)
            return LATER
        results = [frames.Result(_id_of(event.header), err=error.code) for event in events]
        return frames.Res(frame.q, tuple(results))
    except AppError as error:
        logger.warning("what %s submits to %s cannot be taken now: %s", peer, room, error)
        return LATER
    return frames.Res(frame.q, tuple(frames.Result(one.id or UNREADABLE, one.n, one.reason) for one in answers))


async def _fed(x: Exchange, peer: str, frame: frames.Feed) -> frames.Frame:
    room = RoomId(frame.room)
    given = entries_of(frame)
    try:
        await take_in(x, peer, room, given, frame.cp, (kept(peer, frame.low),))
    except (Forbidden, Invalid) as error:
        # Read-only now, or refused: it will not become the log by being sent again.
        logger.warning("what %s gives of %s is not taken: %s", peer, room, error.code)
        await x.s.log.change(kept(peer, frame.low))
        return frames.Ack(frame.pos)
    except AppError as error:
        logger.warning("what %s gives of %s cannot be taken now: %s", peer, room, error)
        return LATER
    return frames.Ack(frame.pos, await _cosigned(x, frame.cp))


async def take_in(
    x: Exchange, peer: str, room: RoomId, given: Sequence[Given], note: str, riders: Sequence[Rider[None]] = ()
) -> None:
    """Have the log take entries of a room in; what is missing before them is fetched first. Raises AppError."""
    for tries in range(MAX_REPAIRS + 1):
        try:
            await x.s.log.replicate(room, peer, given, note, riders)
        except Conflict as gap:
            if gap.code != GAP or tries == MAX_REPAIRS:
                raise
            await x.fetching.fetch_missing(peer, room, int(gap.detail["n"]))
        else:
            return


def kept(peer: str, position: int) -> Rider[None]:
    """Return what commits with entries: up to which position of its feed a hub's entries are here."""

    def keep(tx: RiderTx) -> None:
        replicas.put_cursor(tx.rows, peer, position)

    return keep


async def _cosigned(x: Exchange, note: str) -> tuple[str, ...]:
    """Return this agency's cosignature of a checkpoint that the log has verified; none where nobody can give it."""
    text, _, _ = note.partition("\n\n")
    try:
        return (await x.jobs.cosign(text + "\n"),)
    except AppError as error:
        logger.warning("a checkpoint is not cosigned: %s", error)
        return ()


def entries_of(feed: frames.Feed) -> list[Given]:
    """Return the entries of a frame as the log takes them."""
    return [Given(entry.l.encode(), _body(entry.s, entry.b)) for entry in feed.ent]


def _body(salt: str | None, body: str | None) -> Body | None:
    """Return a body with its salt; None where there is none, or its salt is none (the log says what follows)."""
    if salt is None or body is None:
        return None
    try:
        return Body(base64url.decode(salt, SALT_BYTES), body.encode())
    except EvidenceError:
        return None


def _id_of(header: bytes) -> str:
    try:
        return decode_header(header).id
    except EvidenceError:
        return UNREADABLE
