"""Ending sessions: one's own, one by one or on signing out (F76)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.changes import record
from appliance.errors import NotFound
from appliance.store import sessions

if TYPE_CHECKING:
    from appliance.model import SessionId
    from appliance.people import Session
    from appliance.people_services import PeopleServices


async def sign_out(s: PeopleServices, session: Session) -> None:
    """End the caller's own session."""
    await end_session(s, session, session.id)


async def end_session(s: PeopleServices, caller: Session, session: SessionId) -> None:
    """End one of the caller's sessions; its next request is refused and its live connection closed. Raises NotFound."""
    async with s.store.write() as tx:
        if not await sessions.delete(tx, caller.person, session):
            raise NotFound
        if session != caller.id:
            await record(s, tx, caller.person, "session.end", caller.person, session=session)
        tx.after_commit(lambda: s.identity.end_session(session))
