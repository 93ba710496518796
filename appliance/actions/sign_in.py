"""Signing in: password, second factor, session (F74, F76).

What an outsider can learn is the same whether the user exists or not: the answer, the time it takes and the delay after
failures. Only after the right password is anything said about the account. A try is counted before it is checked, so
many at once gain nothing, and every outcome is in the history that the owner reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

from appliance.actions.changes import get_account
from appliance.actions.second_factors import check_code, load_webauthn
from appliance.errors import Forbidden, Unauthenticated
from appliance.identity.tickets import SignInTicket
from appliance.model import SessionId
from appliance.people import SessionRecord
from appliance.rules.accounts import fold_user, may_sign_in
from appliance.store import accounts, sessions
from appliance.store.sessions import SignInLine

if TYPE_CHECKING:
    from appliance.model import Deny, Millis, PersonId
    from appliance.people import Account
    from appliance.people_services import PeopleServices
    from appliance.store.accounts import Credentials, Passkey
    from appliance.store.db import Tx

Factor = Literal["totp", "passkey"]

FAILED: Final = "failed"
REFUSED: Final = "refused"
SIGNED_IN: Final = "signed_in"
CODE_FAILED: Final = "second_factor_failed"
_LONGEST_DEVICE: Final = 120


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; the token exists here and at the client alone."""

    token: str = field(repr=False)
    session: SessionRecord
    csrf: str = field(repr=False)
    must_change: bool


@dataclass(frozen=True, slots=True)
class SecondFactorAsked:
    """The password was right; the ticket goes with the second factor."""

    factors: tuple[Factor, ...]
    ticket: str = field(repr=False)
    passkey_options: dict[str, Any] | None = field(repr=False)


async def sign_in(
    s: PeopleServices, user: str, password: str, device: str, address: str
) -> SignedIn | SecondFactorAsked:
    """Check user and password. Raises Unauthenticated (`sign_in_failed`), TooMany, Forbidden (state of the account)."""
    folded, device, now = fold_user(user), _shown_device(device), s.clock()
    s.identity.throttle.begin(folded, address, now)
    async with s.store.read() as reader:
        found = await accounts.find_credentials(reader, folded)
    correct = await s.identity.hasher.verify(found.hash if found else None, password)
    if found is None or not correct or (found.expires is not None and now >= found.expires):
        await _record(s, found.person if found else None, device, address, FAILED)
        raise Unauthenticated(code="sign_in_failed")
    async with s.store.read() as reader:
        account = await get_account(reader, found.person)
        passkeys = await accounts.list_passkeys(reader, found.person)
    if denied := await _refusal(s, account):
        await _record(s, found.person, device, address, REFUSED)
        raise Forbidden(denied)
    if account.totp or passkeys:
        challenge = sha256(s.new_token().encode()).digest()
        options = await _passkey_options(s, passkeys, challenge)
        ticket = s.new_token()
        waiting = SignInTicket(found.person, folded, device, account.epoch, challenge)
        s.identity.sign_in_tickets.put(ticket, waiting, now)
        offered: dict[Factor, bool] = {"totp": account.totp, "passkey": bool(passkeys)}
        return SecondFactorAsked(tuple(factor for factor, has in offered.items() if has), ticket, options)
    renewed = await s.identity.hasher.hash(password) if s.identity.hasher.is_outdated(found.hash) else None
    return await _open_session(s, account, folded, device, address, credentials=found, renewed=renewed)


async def finish_sign_in(
    s: PeopleServices, ticket: str, address: str, *, code: str | None, passkey: dict[str, Any] | None
) -> SignedIn:
    """Check the second factor. Raises Unauthenticated (`ticket_over`, `second_factor_failed`), TooMany, Forbidden."""
    now = s.clock()
    waiting = s.identity.sign_in_tickets.get(ticket, now)
    if waiting is None:
        raise Unauthenticated(code="ticket_over")
    s.identity.throttle.begin(waiting.user, address, now)
    async with s.store.read() as reader:
        account = await get_account(reader, waiting.person)
        totp, _ = await accounts.get_totp(reader, waiting.person)
        passkeys = await accounts.list_passkeys(reader, waiting.person)
    good = False
    if code is not None:
        step = check_code(s, waiting.person, totp, code, now)
        good = step is not None and await _use_step(s, waiting.person, step)
    elif passkey is not None:
        good = await _use_passkey(s, passkeys, passkey, waiting.challenge)
    if not good or account.epoch != waiting.epoch:
        await _record(s, waiting.person, waiting.device, address, CODE_FAILED)
        raise Unauthenticated(code="second_factor_failed")
    if s.identity.sign_in_tickets.take(ticket, now) is None:
        raise Unauthenticated(code="ticket_over")
    return await _open_session(s, account, waiting.user, waiting.device, address)


async def _passkey_options(s: PeopleServices, passkeys: list[Passkey], challenge: bytes) -> dict[str, Any] | None:
    if not passkeys:
        return None
    await load_webauthn()
    from appliance.actions.passkeys import passkey_request  # noqa: PLC0415 - see load_webauthn

    return passkey_request(s, passkeys, challenge)


async def _use_step(s: PeopleServices, person: PersonId, step: int) -> bool:
    async with s.store.write() as tx:
        return await accounts.use_totp_step(tx, person, step)


async def _use_passkey(s: PeopleServices, passkeys: list[Passkey], assertion: dict[str, Any], challenge: bytes) -> bool:
    await load_webauthn()
    from appliance.actions.passkeys import assertion_of, check_passkey  # noqa: PLC0415 - see load_webauthn

    used = assertion_of(passkeys, assertion)
    count = check_passkey(s, used, assertion, challenge) if used is not None else None
    if used is None or count is None:
        return False
    async with s.store.write() as tx:
        await accounts.use_passkey(tx, used.id, count)
    return True


async def _open_session(
    s: PeopleServices,
    checked: Account,
    user: str,
    device: str,
    address: str,
    *,
    credentials: Credentials | None = None,
    renewed: str | None = None,
) -> SignedIn:
    """Make the session, unless the account changed since it was checked."""
    now, token = s.clock(), s.new_token()
    policy = s.identity.policies.sessions
    async with s.store.write() as tx:
        account = await get_account(tx, checked.person)
        if account.epoch != checked.epoch:
            raise Unauthenticated(code="sign_in_failed")
        record = SessionRecord(
            id=SessionId(s.new_id("s")),
            token_hash=s.identity.token_hash(token),
            person=account.person,
            epoch=account.epoch,
            device=device,
            address=address,
            created=now,
            last_used=now,
            expires=now + policy.lifetime_ms,
        )
        await sessions.insert(tx, record)
        await sessions.append_sign_in(tx, account.person, SignInLine(now, record.device, address, SIGNED_IN))
        if credentials is not None and renewed is not None:
            await accounts.rehash(tx, account.person, credentials.hash, renewed)
        await _end_oldest(s, tx, account.person, policy.most, now)
        tx.after_commit(lambda: s.identity.put_account(account))
        tx.after_commit(lambda: s.identity.put_session(record))
    s.identity.throttle.succeed(user, address)
    return SignedIn(token, record, s.identity.csrf(record), account.must_change)


async def _end_oldest(s: PeopleServices, tx: Tx, person: PersonId, most: int, now: Millis) -> None:
    """Keep a person's sessions within the number allowed: those over, and the ones unused for longest, give way."""
    held = await sessions.list_of(tx, person)
    over = [record for record in held if record.expires <= now]
    kept = [record for record in held if record.expires > now]
    by_use = sorted(kept, key=lambda record: s.identity.last_used(record.id) or record.last_used, reverse=True)
    for record in (*over, *by_use[most:]):
        await sessions.delete(tx, person, record.id)
        tx.after_commit(partial(s.identity.end_session, record.id))


def _shown_device(device: str) -> str:
    """Return a device's name as lists and terminals may show it: the caller chose it."""
    return "".join(letter if letter.isprintable() else " " for letter in device[:_LONGEST_DEVICE]).strip()


async def _refusal(s: PeopleServices, account: Account) -> Deny | None:
    card = s.identity.people.get(account.person)
    if card is None:
        # Imported by another process within the last second.
        await s.identity.refresh(s.store, s.clock())
        card = s.identity.people.get(account.person)
    active = card is not None and card.active
    return may_sign_in(account.state, account.suspended_until, active, s.clock())


async def _record(s: PeopleServices, person: PersonId | None, device: str, address: str, outcome: str) -> None:
    line = SignInLine(s.clock(), device, address, outcome)
    async with s.store.write() as tx:
        await sessions.append_sign_in(tx, person, line)
