"""All links of the gateway: one for each pair of agencies, whoever has dialled.

Rules:
- a link is taken only from an active agency, while the registry is not too old and the appliance is there;
- of two links to one peer both sides keep the same one (`federation/protocol/choice.py`);
- when the registry says that an agency is suspended or revoked, or its pin has ended, its link ends at once; when the
  appliance goes, all end, and each begins anew from the cursors in its database.

Does not: dial (`dialler`), know HTTP.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from appliance.errors import Conflict
from federation.gateway.channels import Channel, RequestsChannel
from federation.gateway.gateway import Gateway
from federation.gateway.intake import Intake
from federation.gateway.messages import Outgoing
from federation.gateway.session import APPLIANCE, LOST, Session
from federation.gateway.status import LinkStatus, State
from federation.gateway.to_appliance import Appliance, ApplianceAway
from federation.protocol.choice import newer_stays
from federation.protocol.frames import FrameError
from federation.protocol.outputs import Why

logger = logging.getLogger(__name__)
MAX_KEPT: Final = 4_096


class LinkRefused(Conflict):
    """Another link to this peer stays, or the peer may not be linked just now."""

    code = "link_refused"


class Links:
    """The links, by peer."""

    def __init__(self, gateway: Gateway, appliance: Appliance) -> None:
        self._gateway, self._appliance = gateway, appliance
        self._intake = Intake(gateway.monotonic)
        self._sessions: dict[str, Session] = {}
        self._requests: dict[str, tuple[str, RequestsChannel]] = {}
        self._last: dict[str, LinkStatus] = {}
        self.unlinked: Counter[str] = Counter()
        """How often a link to each peer has ended."""
        self.ended: Callable[[str], None] = lambda _: None
        """Called with the peer whose link has ended."""

    def has(self, peer: str) -> bool:
        """Return whether there is a link to a peer, if only in greeting."""
        return peer in self._sessions

    def open_to(self, peer: str) -> Session | None:
        """Return the link to a peer that has greeted."""
        found = self._sessions.get(peer)
        return found if found is not None and found.opened is not None else None

    def lowest_registry(self) -> int | None:
        """Return the lowest version of the registry that a linked peer has; None without links."""
        versions = [session.opened.registry for session in self._sessions.values() if session.opened is not None]
        return min(versions, default=None)

    async def live(self, peer: str, channel: Channel, *, is_ours: bool, spki: str | None = None) -> str:
        """Live a link over a channel until its end; return why it came. Raises LinkRefused, ApplianceAway."""
        self.require(peer, is_ours=is_ours)
        older = self._sessions.get(peer)
        session = Session(self._gateway, self._appliance, self._intake, peer, channel, is_ours=is_ours, spki=spki)
        self._sessions[peer] = session
        why = LOST
        try:
            if older is not None:
                # The appliance hears of the end of one before it hears of the other.
                older.end(Why.DUPLICATE)
                await older.over.wait()
            why = await session.run()
        finally:
            session.over.set()
            self._last[peer] = LinkStatus(peer, State.WAITING, self._gateway.clock(), session.heard, why=why)
            if self._sessions.get(peer) is session:
                del self._sessions[peer]
            self.unlinked[peer] += 1
            self.ended(peer)
        return why

    def require(self, peer: str, *, is_ours: bool) -> None:
        """Raise LinkRefused or ApplianceAway where a new link to a peer is not taken."""
        if self._gateway.roster.active(peer) is None or not self._gateway.is_open:
            raise LinkRefused(peer)
        if not self._appliance.is_there:
            raise ApplianceAway(peer)
        older = self._sessions.get(peer)
        own = self._gateway.agency
        if older is not None and not newer_stays(own, peer, older_is_ours=older.is_ours, newer_is_ours=is_ours):
            raise LinkRefused(peer)

    def send(self, outgoing: Outgoing) -> None:
        """Take a frame of the appliance; for a peer without link it is dropped: the appliance hears that it is gone."""
        session = self._sessions.get(outgoing.peer)
        if session is None:
            return
        try:
            session.offer(outgoing.frame)
        except FrameError as error:
            logger.error("%s: the appliance gave what is no frame: %s", outgoing.peer, error)  # noqa: TRY400
            session.end(APPLIANCE)

    def linked(self) -> list[str]:
        """Return the peers with an open link."""
        return [peer for peer, session in self._sessions.items() if session.opened is not None]

    def tell_registry(self, timestamp: str) -> None:
        """Tell every linked peer that there is a newer registry."""
        for session in self._sessions.values():
            session.tell_registry(timestamp)

    def end_all(self, why: str) -> None:
        """End every link."""
        for session in list(self._sessions.values()):
            session.end(why)

    async def until_ended(self) -> None:
        """Wait until every link has ended."""
        for session in list(self._sessions.values()):
            await session.over.wait()

    def follow(self) -> None:
        """End the links that the registry does not allow any more."""
        roster = self._gateway.roster
        for peer, session in list(self._sessions.items()):
            pinned = session.spki is None or roster.agency_of(session.spki) == peer
            if roster.active(peer) is None or not self._gateway.is_open or not pinned:
                session.end(Why.REGISTRY_STATUS)

    def requests_of(self, peer: str, link: str) -> RequestsChannel | None:
        """Return the channel of a link that is made of requests, by the name that the peer gave it."""
        known = self._requests.get(peer)
        return known[1] if known is not None and known[0] == link and not known[1].is_closed else None

    def expect_requests(self, peer: str, link: str, channel: RequestsChannel) -> None:
        """Note the channel of a link that is made of requests, in the place of one of before."""
        self._requests[peer] = link, channel

    async def live_by_requests(self, peer: str, link: str, channel: RequestsChannel, spki: str | None) -> None:
        """Live a link that is made of requests."""
        try:
            await self.live(peer, channel, is_ours=False, spki=spki)
        finally:
            await channel.close()
            if self._requests.get(peer) == (link, channel):
                del self._requests[peer]

    def status(self) -> list[LinkStatus]:
        """Return how the link to each active agency does."""
        found = []
        for peer in self._gateway.roster.others(self._gateway.agency):
            session = self._sessions.get(peer)
            unknown = LinkStatus(peer, State.WAITING, 0)
            found.append(session.status() if session is not None else self._last.get(peer, unknown))
        return found
