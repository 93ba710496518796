"""Ending sessions: one's own, one by one, on signing out, or all others after «this was not me» (F76)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.account_changes import changing_account, get_account
from appliance.actions.audit_records import record
from appliance.errors import NotFound, Unauthenticated
from appliance.identity.throttle import network_of
from appliance.people import SessionEnd
from appliance.store import accounts, sessions

if TYPE_CHECKING:
    from appliance.model import SessionId
    from appliance.people import Session
    from appliance.services import Services


async def sign_out(s: Services, session: Session) -> None:
    """End the caller's own session."""
    await end_session(s, session, session.id)


async def end_session(s: Services, caller: Session, session: SessionId) -> None:
    """End one of the caller's sessions; its next request is refused and its live connection closed. Raises NotFound."""
    async with s.store.write() as tx:
        why = None if session == caller.id else SessionEnd.BY_OWNER
        if not await tx.run(sessions.delete, caller.person, session, why, s.clock()):
            raise NotFound
        if session != caller.id:
            await record(s, tx, caller.person, "session.end", caller.person, session=session)
        tx.after_commit(lambda: s.sessions.end(session))


async def disown_sign_in(s: Services, caller: Session, n: int, cookie: str = "") -> str:
    """Take down that a line of the caller's sign-in history was not them, and shut out whoever it was.

    Marks the line, ends all other sessions, has every device but the caller's forgotten, and the network of the line as
    well, and asks for a new password. Returns what the caller's device cookie is from now on.
    Raises NotFound, Unauthenticated.
    """
    account = s.accounts.get(caller.person)
    if account is None:
        raise NotFound
    async with changing_account(s, caller.person) as tx:
        line = await tx.run(sessions.get_sign_in, caller.person, n)
        if line is None:
            raise NotFound
        network = network_of(line.address)
        await tx.run(sessions.disown_sign_in, caller.person, n, s.clock())
        await tx.run(sessions.delete_known_network, caller.person, network)
        await tx.run(accounts.require_change, caller.person)
        await tx.run(accounts.bump_epoch, caller.person)
        epoch = (await get_account(tx, caller.person)).epoch
        if not await tx.run(sessions.set_epoch, caller.id, epoch):
            raise Unauthenticated
        ended = await tx.run(sessions.delete_of, caller.person, SessionEnd.NOT_ME, s.clock(), keep=caller.id)
        await record(
            s,
            tx,
            caller.person,
            "sign_in.disown",
            caller.person,
            at=line.at,
            tries=line.tries,
            was=line.outcome,
            address=line.address,
            device=line.device,
            sessions_ended=ended,
        )
        tx.after_commit(lambda: s.sessions.renew_epoch(caller.id, epoch))
        tx.after_commit(lambda: s.throttle.unlearn(account.user, network))
    return s.devices.renew(cookie, account.user, account.epoch, epoch, s.new_token())
