"""The caller's own sessions, sign-in history and second factors (F76)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.store import accounts, sessions
from appliance.wire.session import PasskeyView, SecondFactors, Sessions, SessionView, SignIn, SignIns

if TYPE_CHECKING:
    from appliance.people import Session, SessionEnd
    from appliance.services import Services

SHOWN_SIGN_INS: Final = 100


def load_sessions(s: Services, session: Session) -> Sessions:
    """Return the caller's living sessions, the newest first."""
    return Sessions(
        sessions=[
            SessionView(
                id=record.id,
                device=record.device,
                address=record.address,
                created=record.created,
                last_used=record.last_used,
                expires=record.expires,
                current=record.id == session.id,
            )
            for record in s.sessions.of_person(session.person, s.clock())
        ]
    )


async def load_sign_ins(s: Services, session: Session) -> SignIns:
    """Return the caller's last sign-ins and failed tries, the newest first."""
    async with s.store.read() as reader:
        lines = await reader.run(sessions.list_sign_ins, session.person, SHOWN_SIGN_INS)
    return SignIns(
        sign_ins=[
            SignIn(
                id=line.n,
                at=line.at,
                until=line.until,
                device=line.device,
                address=line.address,
                outcome=line.outcome,
                tries=line.tries,
                apart=line.apart,
                disowned=line.disowned,
            )
            for line in lines
        ]
    )


async def why_ended(s: Services, token: str) -> SessionEnd | None:
    """Return why a token is good no more, for whoever holds it; None where it never was or its device signed out."""
    async with s.store.read() as reader:
        return await reader.run(sessions.find_end, s.sessions.token_hash(token))


async def load_second_factors(s: Services, session: Session) -> SecondFactors:
    """Return which second factors the caller has."""
    async with s.store.read() as reader:
        totp, _ = await reader.run(accounts.get_totp, session.person)
        passkeys = await reader.run(accounts.list_passkeys, session.person)
        left = await reader.run(accounts.count_recovery_codes, session.person)
    return SecondFactors(
        totp=totp is not None,
        passkeys=[PasskeyView(id=passkey.id, name=passkey.name, created=passkey.created) for passkey in passkeys],
        recovery_left=left,
    )
