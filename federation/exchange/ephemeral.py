"""What is kept nowhere, between agencies: that somebody is writing.

Rules: a frame counts if it is of a member of the room, of the agency that brings it, and has not expired; everything
else is dropped without a word. The hub of a room passes it on to the room's other agencies; an agency that is no hub
sends what its own people do to the hub. It is sent where there is room for it now, and never again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.errors import AppError
from appliance.model import PersonId, Principal, RoomId, agency_of
from appliance.wire.entries import Nothing
from appliance.wire.events import TypingEvent
from federation.protocol import frames

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.log.heads import Head
    from appliance.wire.events import Event
    from federation.exchange.exchange import Exchange

TYPING: Final = "typing"
LIVES_MS: Final = 8_000


class Ephemeral:
    """Shows what peers bring, and brings them what is shown here."""

    def __init__(self, x: Exchange) -> None:
        self._x = x

    def arrived(self, peer: str, frame: frames.Eph) -> None:
        """Show what a peer brings to who watches the room; what may not be shown is dropped."""
        s, who = self._x.s, Principal(frame.u)
        head = s.log.cached(RoomId(frame.room))
        if head is None or frame.k != TYPING or not s.clock() < frame.exp <= s.clock() + 2 * LIVES_MS:
            return
        if head.state.role_of(who) is None or not self._may_bring(peer, who, head):
            return
        person = s.log.home.person(who)
        event = TypingEvent(at=s.clock(), room=frame.room, sender=person, state=Nothing())
        s.hub.broadcast_ephemeral(head.state.room, event, but=person)

    def _may_bring(self, peer: str, who: Principal, head: Head) -> bool:
        """Return whether a peer speaks for this person here: its own, or, where it is the hub, anybody's but ours."""
        whose = agency_of(who)
        return whose == peer or (head.state.hub == peer and whose != self._x.s.log.home.agency)

    def shown(self, room: RoomId, event: Event) -> None:
        """Bring what was shown here to the room's other agencies."""
        sender = getattr(event, "sender", None)
        head = self._x.s.log.cached(room)
        if head is None or not head.shared or sender is None or not isinstance(event, TypingEvent):
            return
        who = self._x.s.log.home.principal(PersonId(sender))
        frame = frames.encode(frames.Eph(room, TYPING, who, self._x.s.clock() + LIVES_MS))
        for slug in self._receivers(who, head):
            peer = self._x.peers.get(slug)
            if peer is None or peer.room <= 0:
                continue
            try:
                self._x.jobs.send(slug, frame)
            except AppError:
                return
            peer.room -= 1

    def _receivers(self, who: Principal, head: Head) -> Iterable[str]:
        home, whose = self._x.s.log.home.agency, agency_of(who)
        if head.state.hub == home:
            return head.agencies - {home, whose}
        return (head.state.hub,) if whose == home else ()
