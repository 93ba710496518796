"""Passkeys (WebAuthn) as second factor: enrolment and checks (F74).

Imported by `passkeys_late.py` alone. A challenge is good for one answer; an authenticator whose counter
goes back is refused, since it may have been copied (WebAuthn §6.1.1). Taking a passkey away asks for the password
again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from appliance.actions.account_changes import changing_own_account
from appliance.actions.audit_records import record, record_at
from appliance.actions.second_factors import drop_unneeded_codes
from appliance.errors import Conflict, Invalid, NotFound
from appliance.identity.tickets import EnrolmentTicket
from appliance.rules.text import has_visible, one_line
from appliance.store import accounts
from appliance.store.accounts import Passkey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.people import Session
    from appliance.services import Services

MAX_PASSKEYS: Final = 10


def passkey_request(s: Services, passkeys: Sequence[Passkey], challenge: bytes) -> dict[str, Any]:
    """Return what the browser passes to the authenticator for it to sign the challenge."""
    options = webauthn.generate_authentication_options(
        rp_id=s.config.policies.passkeys.rp_id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in passkeys],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _as_json(webauthn.options_to_json(options))


def check_assertion(
    s: Services, passkeys: Sequence[Passkey], assertion: dict[str, Any], challenge: bytes
) -> tuple[Passkey, int] | None:
    """Return which passkey an assertion is of, and the authenticator's new counter; None when it does not hold."""
    used = _passkey_of(passkeys, assertion)
    count = None if used is None else _checked(s, used, assertion, challenge)
    return None if used is None or count is None else (used, count)


def _passkey_of(passkeys: Sequence[Passkey], assertion: dict[str, Any]) -> Passkey | None:
    try:
        credential = base64url_to_bytes(str(assertion.get("rawId") or assertion.get("id") or ""))
    except ValueError:
        return None
    return next((passkey for passkey in passkeys if passkey.credential == credential), None)


def _checked(s: Services, passkey: Passkey, assertion: dict[str, Any], challenge: bytes) -> int | None:
    """Verify an assertion (WebAuthn §7.2); return the new counter."""
    policy = s.config.policies.passkeys
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


async def start_passkey(s: Services, session: Session) -> dict[str, Any]:
    """Return what the browser passes to the authenticator to make a passkey."""
    account, card = s.accounts.get(session.person), s.directory.people.get(session.person)
    if account is None or card is None:
        raise NotFound
    async with s.store.read() as reader:
        existing = await reader.run(accounts.list_passkeys, session.person)
    if len(existing) >= MAX_PASSKEYS:
        raise Conflict(code="too_many_passkeys", most=MAX_PASSKEYS)
    policy = s.config.policies.passkeys
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
    s.enrolment_tickets.put(session.id, EnrolmentTicket(session.person, challenge), s.clock())
    return _as_json(webauthn.options_to_json(options))


async def add_passkey(s: Services, session: Session, name: str, credential: dict[str, Any]) -> Passkey:
    """Add the passkey that an authenticator made. Raises Conflict, Invalid, Unauthenticated.

    A credential that is registered already is refused, whose ever it is (WebAuthn §7.1).
    """
    now, name = s.clock(), one_line(name)
    if not has_visible(name):
        raise Invalid(field="name", code="text_invisible")
    ticket = s.enrolment_tickets.take(session.id, now)
    if ticket is None:
        raise Conflict(code="passkey_not_started")
    policy = s.config.policies.passkeys
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
    async with changing_own_account(s, session) as tx:
        if len(await tx.run(accounts.list_passkeys, session.person)) >= MAX_PASSKEYS:
            raise Conflict(code="too_many_passkeys", most=MAX_PASSKEYS)
        if not await tx.run(accounts.insert_passkey, passkey):
            raise Invalid("this credential is registered already", field="credential", code="passkey_wrong")
        await record_at(tx, now, session.person, "passkey.add", session.person, passkey=passkey.id)
    return passkey


async def remove_passkey(s: Services, session: Session, passkey: str) -> None:
    """Remove one of the caller's passkeys; the caller has shown the password. Raises NotFound."""
    async with changing_own_account(s, session) as tx:
        if not await tx.run(accounts.delete_passkey, session.person, passkey):
            raise NotFound
        await drop_unneeded_codes(tx, session.person)
        await record(s, tx, session.person, "passkey.remove", session.person, passkey=passkey)


def _as_json(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", msgspec.json.decode(text))
