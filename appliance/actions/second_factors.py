"""Second factors: TOTP (RFC 6238) and passkeys (WebAuthn), their enrolment and their checks (F74).

A TOTP code counts once: its time step, and any before it, is used up. Secrets are sealed to their person. Codes may be
typed with Thai digits and spaces. Taking a factor away asks for the password again.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pyotp
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from appliance.actions.changes import changing_account, record
from appliance.errors import Conflict, Invalid, NotFound
from appliance.identity.tickets import EnrolmentTicket
from appliance.rules.thai import arabic_digits
from appliance.store import accounts
from appliance.store.accounts import Passkey
from appliance.vault.derived import derived_key
from appliance.vault.epochs import EpochCipher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.model import Millis, PersonId
    from appliance.people import Session
    from appliance.people_services import PeopleServices

STEP_MS: Final = 30_000
DRIFT_STEPS: Final = 1
MOST_PASSKEYS: Final = 10
_SECRET_BYTES: Final = 20


async def start_totp(s: PeopleServices, person: PersonId) -> tuple[str, str]:
    """Make a secret that counts once a code confirms it; return it in base32 and as an `otpauth:` address."""
    account = s.identity.account(person)
    if account is None:
        raise NotFound
    if account.totp:
        raise Conflict(code="totp_already_on")
    secret = sha256(s.new_token().encode()).digest()[:_SECRET_BYTES]
    async with s.store.write() as tx:
        await accounts.set_totp_pending(tx, person, _cipher(s).seal_body(_place(person), b"", secret))
    text = b32encode(secret).decode()
    name = s.identity.policies.passkeys.name
    return text, pyotp.TOTP(text).provisioning_uri(name=account.user, issuer_name=name)


async def confirm_totp(s: PeopleServices, session: Session, code: str) -> None:
    """Put the secret to use with its first code. Raises Invalid, Conflict."""
    now = s.clock()
    async with s.store.read() as reader:
        _, pending = await accounts.get_totp(reader, session.person)
    if pending is None:
        raise Conflict(code="totp_not_started")
    step = check_code(s, session.person, pending, code, now)
    if step is None:
        raise Invalid(field="code", code="totp_wrong")
    async with changing_account(s, session.person) as tx:
        if not await accounts.confirm_totp(tx, session.person, step):
            raise Conflict(code="totp_not_started")
        await record(s, tx, session.person, "totp.add", session.person, session=session.id)


async def remove_totp(s: PeopleServices, session: Session) -> None:
    """Take the TOTP factor away; the caller has shown the password."""
    async with changing_account(s, session.person) as tx:
        await accounts.remove_totp(tx, session.person)
        await record(s, tx, session.person, "totp.remove", session.person, session=session.id)


def check_code(s: PeopleServices, person: PersonId, sealed: bytes | None, code: str, now: Millis) -> int | None:
    """Return the time step a code belongs to, None when it is wrong; one step of clock drift is allowed."""
    plain = "".join(arabic_digits(code).split())
    if sealed is None or not plain.isascii() or not plain.isdigit():
        return None
    _, secret = _cipher(s).open_body(_place(person), sealed)
    totp = pyotp.TOTP(b32encode(secret).decode())
    current = now // STEP_MS
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), plain)]
    return right[-1] if right else None


def passkey_request(s: PeopleServices, passkeys: Sequence[Passkey]) -> tuple[dict[str, Any] | None, bytes]:
    """Return what the browser passes to the authenticator, and the challenge it has to sign."""
    challenge = sha256(s.new_token().encode()).digest()
    if not passkeys:
        return None, challenge
    options = webauthn.generate_authentication_options(
        rp_id=s.identity.policies.passkeys.rp_id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in passkeys],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _as_json(webauthn.options_to_json(options)), challenge


def assertion_of(passkeys: Sequence[Passkey], assertion: dict[str, Any]) -> Passkey | None:
    """Return the person's passkey that an assertion says it is of."""
    try:
        credential = base64url_to_bytes(str(assertion.get("rawId") or assertion.get("id") or ""))
    except ValueError:
        return None
    return next((passkey for passkey in passkeys if passkey.credential == credential), None)


def check_passkey(s: PeopleServices, passkey: Passkey, assertion: dict[str, Any], challenge: bytes) -> int | None:
    """Return the authenticator's new counter, None when the assertion does not hold (WebAuthn §7.2)."""
    policy = s.identity.policies.passkeys
    try:
        verified = webauthn.verify_authentication_response(
            credential=assertion,
            expected_challenge=challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=list(policy.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return verified.new_sign_count


async def start_passkey(s: PeopleServices, session: Session) -> dict[str, Any]:
    """Return what the browser passes to the authenticator to make a passkey."""
    account, card = s.identity.account(session.person), s.identity.people.get(session.person)
    if account is None or card is None:
        raise NotFound
    async with s.store.read() as reader:
        existing = await accounts.list_passkeys(reader, session.person)
    if len(existing) >= MOST_PASSKEYS:
        raise Conflict(code="too_many_passkeys", most=MOST_PASSKEYS)
    policy = s.identity.policies.passkeys
    challenge = sha256(s.new_token().encode()).digest()
    options = webauthn.generate_registration_options(
        rp_id=policy.rp_id,
        rp_name=policy.name,
        user_id=session.person.encode(),
        user_name=account.user,
        user_display_name=card.name,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in existing],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    s.identity.enrolment_tickets.put(session.id, EnrolmentTicket(session.person, challenge), s.clock())
    return _as_json(webauthn.options_to_json(options))


async def add_passkey(s: PeopleServices, session: Session, name: str, credential: dict[str, Any]) -> Passkey:
    """Add the passkey that an authenticator made. Raises Conflict, Invalid."""
    now = s.clock()
    ticket = s.identity.enrolment_tickets.take(session.id, now)
    if ticket is None:
        raise Conflict(code="passkey_not_started")
    policy = s.identity.policies.passkeys
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=ticket.challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=list(policy.origins),
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Invalid(str(error), field="credential", code="passkey_wrong") from error
    passkey = Passkey(
        id=s.new_id("k"),
        credential=verified.credential_id,
        person=session.person,
        name=name,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        created=now,
    )
    async with changing_account(s, session.person) as tx:
        await accounts.insert_passkey(tx, passkey)
        await record(s, tx, session.person, "passkey.add", session.person, passkey=passkey.id)
    return passkey


async def remove_passkey(s: PeopleServices, session: Session, passkey: str) -> None:
    """Remove one of the caller's passkeys; the caller has shown the password. Raises NotFound."""
    async with changing_account(s, session.person) as tx:
        if not await accounts.delete_passkey(tx, session.person, passkey):
            raise NotFound
        await record(s, tx, session.person, "passkey.remove", session.person, passkey=passkey)


def _cipher(s: PeopleServices) -> EpochCipher:
    return EpochCipher(derived_key(s.keys.agency_key, "totp"))


def _place(person: PersonId) -> bytes:
    return f"gchat-totp/1\0{person}".encode()


def _as_json(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", msgspec.json.decode(text))
