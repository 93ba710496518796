"""TOTP codes (RFC 6238) as second factor, and recovery codes (F74). Passkeys are in `passkeys.py`.

A code counts once: its time step, and any before it, is used up. Secrets are sealed to their person. Codes may be typed
with Thai digits and spaces. Taking the factor away asks for the password again.

Recovery codes are for who has lost the second factor. They are made with it and shown once, kept as keyed hashes, good
once each, and guessed at no faster than other codes. New ones replace all there were; without a second factor there are
none.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import pyotp

from appliance.actions.account_changes import changing_own_account
from appliance.actions.audit_records import record
from appliance.errors import Conflict, Invalid, NotFound, WrongKey
from appliance.rules.passwords import one_time_code
from appliance.spelling.thai import arabic_digits
from appliance.store import accounts, audit
from appliance.vault.derived import derived_key
from appliance.vault.epochs import EpochCipher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.model import Millis, PersonId
    from appliance.people import Session
    from appliance.services import Services
    from appliance.store.db import Reader, Rows, Tx

STEP_MS: Final = 30_000
DRIFT_STEPS: Final = 1
_SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10


async def start_totp(s: Services, person: PersonId) -> tuple[str, str]:
    """Make a secret that counts once a code confirms it; return it in base32 and as an `otpauth:` address."""
    account = s.accounts.get(person)
    if account is None:
        raise NotFound
    if account.totp:
        raise Conflict(code="totp_already_on")
    secret = sha256(s.new_token().encode()).digest()[:_SECRET_BYTES]
    async with s.store.write() as tx:
        await tx.run(accounts.set_totp_pending, person, seal_secret(s.keys.agency_key, person, secret))
    text = b32encode(secret).decode()
    name = s.config.policies.passkeys.name
    return text, pyotp.TOTP(text).provisioning_uri(name=account.user, issuer_name=name)


async def confirm_totp(s: Services, session: Session, code: str) -> list[str]:
    """Put the secret to use with its first code; return recovery codes. Raises Invalid, Conflict."""
    now = s.clock()
    async with s.store.read() as reader:
        _, pending = await reader.run(accounts.get_totp, session.person)
    if pending is None:
        raise Conflict(code="totp_not_started")
    step = check_code(s, session.person, pending, code, now)
    if step is None:
        raise Invalid(field="code", code="totp_wrong")
    async with changing_own_account(s, session) as tx:
        if not await tx.run(accounts.confirm_totp, session.person, pending, step):
            raise Conflict(code="totp_not_started")
        await record(s, tx, session.person, "totp.add", session.person, session=session.id)
        return await _put_recovery_codes(s, tx, session)


async def renew_recovery_codes(s: Services, session: Session) -> list[str]:
    """Return new recovery codes, which replace all there were; the caller has shown the password. Raises Conflict."""
    async with changing_own_account(s, session) as tx:
        if not await has_factor(tx, session.person):
            raise Conflict(code="no_second_factor")
        return await _put_recovery_codes(s, tx, session)


def use_recovery_code(s: Services, rows: Rows, person: PersonId, typed: str) -> bool:
    """Use up a recovery code and put it on record; False when it is not one of this person's that are left."""
    if not accounts.use_recovery_code(rows, person, s.recovery_codes.hash(person, typed), s.clock()):
        return False
    left = accounts.count_recovery_codes(rows, person)
    audit.append(
        rows,
        at=s.clock(),
        actor=person,
        action="recovery_code.use",
        target=person,
        outcome="done",
        detail={"left": left},
    )
    return True


async def has_factor(reader: Reader, person: PersonId) -> bool:
    """Return whether a person has a second factor."""
    totp, _ = await reader.run(accounts.get_totp, person)
    return totp is not None or bool(await reader.run(accounts.list_passkeys, person))


async def drop_unneeded_codes(tx: Tx, person: PersonId) -> None:
    """Forget the recovery codes of who has no second factor any more."""
    if not await has_factor(tx, person):
        await tx.run(accounts.replace_recovery_codes, person, ())


async def _put_recovery_codes(s: Services, tx: Tx, session: Session) -> list[str]:
    codes = [one_time_code(s.new_token()) for _ in range(RECOVERY_CODES)]
    hashes = [s.recovery_codes.hash(session.person, code) for code in codes]
    await tx.run(accounts.replace_recovery_codes, session.person, hashes)
    await record(s, tx, session.person, "recovery_code.make", session.person, codes=len(codes), session=session.id)
    return codes


async def remove_totp(s: Services, session: Session) -> None:
    """Take the TOTP factor away; the caller has shown the password."""
    async with changing_own_account(s, session) as tx:
        await tx.run(accounts.remove_totp, session.person)
        await drop_unneeded_codes(tx, session.person)
        await record(s, tx, session.person, "totp.remove", session.person, session=session.id)


def check_code(s: Services, person: PersonId, sealed: bytes | None, code: str, now: Millis) -> int | None:
    """Return the time step a code belongs to, None when it is wrong; one step of clock drift is allowed."""
    plain = "".join(arabic_digits(code).split())
    if sealed is None or not plain.isascii() or not plain.isdigit():
        return None
    secret = open_secret(s.keys.agency_keys, person, sealed)
    totp = pyotp.TOTP(b32encode(secret).decode())
    current = now // STEP_MS
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), plain)]
    return right[-1] if right else None


def seal_secret(agency_key: bytes, person: PersonId, secret: bytes) -> bytes:
    """Return a secret as the store keeps it."""
    return _cipher(agency_key).seal_body(_place(person), b"", secret)


def open_secret(agency_keys: Sequence[bytes], person: PersonId, sealed: bytes) -> bytes:
    """Return a secret that one of the keys valid now has sealed. Raises WrongKey."""
    *others, last = agency_keys
    for key in others:
        with suppress(WrongKey):
            return _cipher(key).open_body(_place(person), sealed)[1]
    return _cipher(last).open_body(_place(person), sealed)[1]


def _cipher(agency_key: bytes) -> EpochCipher:
    return EpochCipher(derived_key(agency_key, "totp"))


def _place(person: PersonId) -> bytes:
    return f"gchat-totp/1\0{person}".encode()
