"""Signing in: password, second factor, session (F74, F76).

What an outsider can learn is the same whether the user exists or not: the answer, the time it takes and the delay after
failures. Only after the right password is anything said about the account. `identity/throttle.py` says who has to wait,
before any password is hashed. Every outcome is in the history that the owner reads. Failures from one network within an
hour are one line of it, and lines are deleted after the policy's `history_days`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

from appliance.actions.account_changes import get_account
from appliance.actions.audit_records import record
from appliance.actions.passkeys_late import load_passkeys
from appliance.actions.second_factors import check_code, use_recovery_code
from appliance.errors import Forbidden, TooMany, Unauthenticated
from appliance.identity.outcomes import CODE_FAILED, FAILED, RECOVERY_USED, REFUSED, SIGNED_IN
from appliance.identity.throttle import MAX_KNOWN, network_of
from appliance.identity.tickets import SignInTicket
from appliance.model import SessionId
from appliance.people import SessionEnd, SessionRecord
from appliance.policies import DAY, HOUR, MAX_USER_LENGTH
from appliance.rules.accounts import fold_user, may_sign_in
from appliance.rules.sign_in import are_far_apart
from appliance.rules.text import has_visible, one_line
from appliance.store import accounts, sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.model import Deny, Millis, PersonId
    from appliance.people import Account
    from appliance.services import Services
    from appliance.store.accounts import Credentials, Passkey
    from appliance.store.db import Rows, Tx

Factor = Literal["totp", "passkey", "recovery"]

_MAX_DEVICE_LENGTH: Final = 120
_ONE_LINE_MS: Final = HOUR
_DELETED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; the token exists here and at the client alone. `device_cookie` is for the browser to keep."""

    token: str = field(repr=False)
    session: SessionRecord
    csrf: str = field(repr=False)
    must_change: bool
    device_cookie: str


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who signs in from where: the folded user name, the device's name, the address, and the cookie of a device."""

    user: str
    device: str
    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class SecondFactorAsked:
    """The password was right; the ticket goes with the second factor."""

    factors: tuple[Factor, ...]
    ticket: str = field(repr=False)
    passkey_options: dict[str, Any] | None = field(repr=False)


async def sign_in(
    s: Services, user: str, password: str, device: str, address: str, cookie: str = ""
) -> SignedIn | SecondFactorAsked:
    """Check user and password. Raises Unauthenticated (`sign_in_failed`), TooMany, Forbidden (state of the account).

    `cookie` is the browser's device cookie (`identity/devices.py`), empty when it has none.
    """
    if len(user) > MAX_USER_LENGTH:
        raise Unauthenticated(code="sign_in_failed")
    caller = _Caller(fold_user(user), _shown_device(device), address, cookie)
    found = await _check_password(s, caller, password)
    async with s.store.read() as reader:
        account = await get_account(reader, found.person)
        passkeys = await reader.run(accounts.list_passkeys, found.person)
        recovery = await reader.run(accounts.count_recovery_codes, found.person)
    if account.epoch != found.epoch:
        # The password was replaced while it was being checked.
        await _record(s, found.person, caller, FAILED)
        raise Unauthenticated(code="sign_in_failed")
    if denied := await _refusal(s, account):
        await _record(s, found.person, caller, REFUSED)
        raise Forbidden(denied)
    if account.totp or passkeys:
        now, challenge = s.clock(), sha256(s.new_token().encode()).digest()
        options = await _passkey_options(s, passkeys, challenge)
        ticket = s.new_token()
        waiting = SignInTicket(found.person, caller.user, caller.device, account.epoch, challenge)
        s.sign_in_tickets.put(ticket, waiting, now)
        offered: dict[Factor, bool] = {"totp": account.totp, "passkey": bool(passkeys), "recovery": recovery > 0}
        return SecondFactorAsked(tuple(factor for factor, has in offered.items() if has), ticket, options)
    renewed = await _renewed(s, found, password)
    async with s.store.write() as tx:
        if renewed is not None:
            await tx.run(accounts.rehash, account.person, found.hash, renewed)
            tx.after_commit(partial(s.hasher.renewed, found.hash, renewed))
        return await _open_session(s, tx, account, caller)


async def _check_password(s: Services, caller: _Caller, password: str) -> Credentials:
    """Return the credentials that the password is right for. Raises Unauthenticated, TooMany."""
    known = s.devices.known(caller.user, caller.cookie)
    guess = s.throttle.guess("password", caller.user, caller.address, known)
    async with s.throttle.attempt(guess, s.clock) as tried:
        async with s.store.read() as reader:
            found = await reader.run(accounts.find_credentials, caller.user)
        if found is None:
            await s.hasher.refuse(caller.user, password)
        elif await s.hasher.verify(found.hash, found.as_given(password)) and (
            found.expires is None or s.clock() < found.expires
        ):
            tried.succeed()
            return found
        tried.fail()
    await _record(s, found.person if found else None, caller, FAILED)
    raise Unauthenticated(code="sign_in_failed")


async def _renewed(s: Services, found: Credentials, password: str) -> str | None:
    """Return the hash at today's cost where the stored one is of another; with much to hash it waits for next time."""
    if not s.hasher.is_outdated(found.hash):
        return None
    with contextlib.suppress(TooMany):
        return await s.hasher.hash(found.as_given(password))
    return None


@dataclass(frozen=True, slots=True)
class FactorGiven:
    """What somebody gives as second factor: exactly one of a TOTP code, a passkey's answer and a recovery code."""

    code: str | None = field(default=None, repr=False)
    passkey: dict[str, Any] | None = field(default=None, repr=False)
    recovery: str | None = field(default=None, repr=False)


async def finish_sign_in(s: Services, ticket: str, address: str, given: FactorGiven, cookie: str = "") -> SignedIn:
    """Check the second factor. Raises Unauthenticated (`ticket_over`, `second_factor_failed`), TooMany, Forbidden.

    Ticket and factor are used up in the transaction that opens the session: of several calls at once with one ticket,
    one opens a session, and the others use up nothing.
    """
    waiting = s.sign_in_tickets.get(ticket, s.clock())
    if waiting is None:
        raise Unauthenticated(code="ticket_over")
    caller = _Caller(waiting.user, waiting.device, address, cookie)
    guess = s.throttle.guess("code", waiting.user, address, s.devices.known(waiting.user, cookie))
    async with s.throttle.attempt(guess, s.clock) as tried:
        proof = await _check_factor(s, waiting, given)
        opened = await _spend(s, ticket, proof, caller) if proof is not None else None
        if opened is None:
            tried.fail()
        else:
            tried.succeed()
    if opened is None:
        await _record(s, waiting.person, caller, CODE_FAILED)
        raise Unauthenticated(code="second_factor_failed")
    return opened


@dataclass(frozen=True, slots=True)
class _Proof:
    """A second factor that looks right; `use` uses it up and says whether it was still good.

    `outcome` is what the history that the owner reads says of it beside the sign-in.
    """

    account: Account
    outcome: str | None
    use: Callable[[Rows], bool]


async def _spend(s: Services, ticket: str, proof: _Proof, caller: _Caller) -> SignedIn | None:
    """Use up ticket and factor and open the session, or none of them; None when the factor was used before."""
    async with s.store.write() as tx:
        if s.sign_in_tickets.get(ticket, s.clock()) is None:
            raise Unauthenticated(code="ticket_over")
        if not await tx.run(proof.use):
            return None
        tx.after_commit(lambda: s.sign_in_tickets.take(ticket, s.clock()))
        if proof.outcome is not None:
            await _note(s, tx, proof.account.person, caller, proof.outcome)
        return await _open_session(s, tx, proof.account, caller)


async def _check_factor(s: Services, waiting: SignInTicket, given: FactorGiven) -> _Proof | None:
    """Return what finishes the sign-in, when the factor looks right and the account did not change meanwhile."""
    async with s.store.read() as reader:
        account = await get_account(reader, waiting.person)
        totp, _ = await reader.run(accounts.get_totp, waiting.person)
        passkeys = await reader.run(accounts.list_passkeys, waiting.person)
    if account.epoch != waiting.epoch:
        return None
    use: Callable[[Rows], bool] | None = None
    if given.code is not None:
        step = check_code(s, waiting.person, totp, given.code, s.clock())
        use = None if step is None else partial(accounts.use_totp_step, person=waiting.person, step=step)
    elif given.passkey is not None:
        use = await _check_passkey(s, passkeys, given.passkey, waiting.challenge)
    elif given.recovery is not None:
        use = partial(use_recovery_code, s, person=waiting.person, typed=given.recovery)
    outcome = RECOVERY_USED if given.recovery is not None else None
    return None if use is None else _Proof(account, outcome, use)


async def delete_old_sign_ins(s: Services) -> int:
    """Delete the lines of the sign-in history whose time is over; return how many.

    Why a session ended is forgotten when its time would have run out by itself.
    """
    async with s.store.write() as tx:
        await tx.run(sessions.delete_ends, s.clock() - s.config.policies.sessions.lifetime_ms)
    before, deleted = s.clock() - s.config.policies.sign_in.history_days * DAY, 0
    while True:
        async with s.store.write() as tx:
            now_deleted = await tx.run(sessions.delete_sign_ins, before, _DELETED_AT_ONCE)
        deleted += now_deleted
        if now_deleted < _DELETED_AT_ONCE:
            return deleted


async def _passkey_options(s: Services, passkeys: list[Passkey], challenge: bytes) -> dict[str, Any] | None:
    if not passkeys:
        return None
    request = await load_passkeys("passkey_request")
    options: dict[str, Any] = request(s, passkeys, challenge)
    return options


async def _check_passkey(
    s: Services, passkeys: list[Passkey], assertion: dict[str, Any], challenge: bytes
) -> Callable[[Rows], bool] | None:
    check = await load_passkeys("check_assertion")
    found: tuple[Passkey, int] | None = check(s, passkeys, assertion, challenge)
    if found is None:
        return None
    used, count = found
    return partial(accounts.use_passkey, passkey=used.id, sign_count=count)


async def _open_session(s: Services, tx: Tx, checked: Account, caller: _Caller) -> SignedIn:
    """Make the session, unless the account changed since it was checked."""
    now, token, network = s.clock(), s.new_token(), network_of(caller.address)
    policy, throttle = s.config.policies.sessions, s.throttle
    account = await get_account(tx, checked.person)
    if account.epoch != checked.epoch:
        raise Unauthenticated(code="sign_in_failed")
    session = SessionRecord(
        id=SessionId(s.new_id("s")),
        token_hash=s.sessions.token_hash(token),
        person=account.person,
        epoch=account.epoch,
        device=caller.device,
        address=caller.address,
        created=now,
        last_used=now,
        expires=now + policy.lifetime_ms,
    )
    await tx.run(sessions.insert, session)
    apart = await _note_far_apart(s, tx, caller, session)
    place = {"device": caller.device, "address": caller.address, "network": network}
    await tx.run(sessions.append_sign_in, account.person, now, outcome=SIGNED_IN, apart=apart, **place)
    await tx.run(sessions.put_known_network, account.person, network, now, MAX_KNOWN)
    await _end_oldest(s, tx, account.person, policy.most, now)
    tx.after_commit(lambda: s.accounts.put(account))
    tx.after_commit(lambda: s.sessions.put(session))
    tx.after_commit(lambda: throttle.learn(caller.user, network, now))
    cookie = s.devices.renew(caller.cookie, caller.user, account.epoch, account.epoch, s.new_token())
    return SignedIn(token, session, s.sessions.csrf(session), account.must_change, cookie)


async def _note_far_apart(s: Services, tx: Tx, caller: _Caller, new: SessionRecord) -> bool:
    """Return whether another session is in use far away (F91), and put it on record."""
    throttle, policy, now = s.throttle, s.config.policies.sign_in, s.clock()
    location = throttle.location(caller.address)
    known = (
        throttle.knows(caller.user, location.network)
        or s.devices.known(caller.user, caller.cookie) is not None
        or location.site is not None
    )
    for other in s.sessions.of_person(new.person, now):
        used_lately = now - other.last_used < policy.apart_ms
        if used_lately and are_far_apart(location, throttle.location(other.address), known=known):
            detail = {"session": new.id, "address": new.address, "device": new.device}
            far = {"other_session": other.id, "other_address": other.address}
            await record(s, tx, new.person, "sign_in.apart", new.person, "noticed", **detail, **far)
            return True
    return False


async def _end_oldest(s: Services, tx: Tx, person: PersonId, most: int, now: Millis) -> None:
    """Keep a person's sessions within the number allowed: those over, and the ones unused for longest, give way."""
    held = await tx.run(sessions.list_of, person)
    over = [session for session in held if session.expires <= now]
    kept = [session for session in held if session.expires > now]
    by_use = sorted(kept, key=lambda session: s.sessions.last_used(session.id) or session.last_used, reverse=True)
    for ending in (*over, *by_use[most:]):
        why = SessionEnd.EXPIRED if ending.expires <= now else SessionEnd.TOO_MANY
        await tx.run(sessions.delete, person, ending.id, why, now)
        tx.after_commit(partial(s.sessions.end, ending.id))


def _shown_device(device: str) -> str:
    """Return a device's name as lists and terminals may show it, which is empty where nothing of it is seen."""
    shown = "".join(letter if letter.isprintable() else " " for letter in one_line(device[:_MAX_DEVICE_LENGTH])).strip()
    return shown if has_visible(shown) else ""


async def _refusal(s: Services, account: Account) -> Deny | None:
    card = s.directory.people.get(account.person)
    active = card is not None and card.active
    return may_sign_in(account.state, account.suspended_until, active, s.clock())


async def _record(s: Services, person: PersonId | None, caller: _Caller, outcome: str) -> None:
    async with s.store.write() as tx:
        await _note(s, tx, person, caller, outcome)


async def _note(s: Services, tx: Tx, person: PersonId | None, caller: _Caller, outcome: str) -> None:
    place = {"device": caller.device, "address": caller.address, "network": network_of(caller.address)}
    await tx.run(sessions.append_failure, person, s.clock(), outcome=outcome, within=_ONE_LINE_MS, **place)
