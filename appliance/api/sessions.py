"""Signing in and out, sessions, password and second factors over HTTP: parse, one call, render."""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.actions import passwords, second_factors, sessions, sign_in
from appliance.actions.passkeys_late import load_passkeys
from appliance.actions.sign_in import FactorGiven, SecondFactorAsked, SignedIn
from appliance.errors import Invalid
from appliance.model import SessionId
from appliance.reads.me import load_own_view
from appliance.reads.sessions import load_second_factors, load_sessions, load_sign_ins
from appliance.web.call import Call
from appliance.web.path_parts import Position
from appliance.web.routes import Cost, Routes
from appliance.wire.session import (
    Login,
    LoginDone,
    PasskeyNew,
    PasskeyOptions,
    PasskeyView,
    PasswordChange,
    PasswordOnly,
    RecoveryCodes,
    SecondFactor,
    SecondFactorNeeded,
    SecondFactors,
    Sessions,
    SignIns,
    TotpCode,
    TotpSecret,
)

routes = Routes("sessions")
FORGET: Final = {"Clear-Site-Data": '"cache"'}
"""A browser may keep profile photographs for a day, in clear, and whoever signs in next is not to find them."""
PASSKEY_BODY: Final = 64 << 10
"""Most bytes of a new passkey: its attestation may carry certificates."""


@routes.post("/login", public=True)
async def login(call: Call, body: Login) -> LoginDone | SecondFactorNeeded:
    """Sign in with user and password; answers a session, or asks for a second factor."""
    device = body.device or call.request.headers.get("User-Agent", "")
    result = await sign_in.sign_in(call.services, body.user, body.password, device, call.address, call.device_cookie)
    if isinstance(result, SecondFactorAsked):
        return SecondFactorNeeded(
            second_factor=list(result.factors), ticket=result.ticket, passkey_options=result.passkey_options
        )
    return await _signed_in(call, result, keep_device=body.keep_device)


@routes.post("/login/second-factor", public=True)
async def login_second_factor(call: Call, body: SecondFactor) -> LoginDone:
    """Finish signing in with a TOTP code, a passkey or a recovery code."""
    if [body.code, body.passkey, body.recovery].count(None) != 2:
        raise Invalid(field="code")
    passkey = None if body.passkey is None else msgspec.to_builtins(body.passkey)
    given = FactorGiven(body.code, passkey, body.recovery)
    result = await sign_in.finish_sign_in(call.services, body.ticket, call.address, given, call.device_cookie)
    return await _signed_in(call, result, keep_device=body.keep_device)


@routes.post("/logout", before_terms=True, headers=FORGET)
async def logout(call: Call) -> None:
    """End the caller's session."""
    await sessions.sign_out(call.services, call.signed_in)
    call.set_session_cookie(None)


@routes.get("/sessions", before_terms=True)
async def list_sessions(call: Call) -> Sessions:
    """Return the caller's sessions: device, address, last use."""
    return load_sessions(call.services, call.signed_in)


@routes.delete("/sessions/{session}", before_terms=True)
async def end_session(call: Call, session: SessionId) -> None:
    """End one of the caller's sessions at once."""
    await sessions.end_session(call.services, call.signed_in, session)


@routes.get("/sign-ins", before_terms=True)
async def list_sign_ins(call: Call) -> SignIns:
    """Return the caller's last sign-ins and failed tries."""
    return await load_sign_ins(call.services, call.signed_in)


@routes.post("/sign-ins/{n}/not-me", before_terms=True)
async def disown_sign_in(call: Call, n: Position) -> None:
    """Say that a sign-in was not the caller: marks it, ends their other sessions, asks for a new password."""
    renewed = await sessions.disown_sign_in(call.services, call.signed_in, n, call.device_cookie)
    _keep_device(call, renewed)


@routes.post("/password", before_terms=True, cost=Cost.PASSWORD, heavy=True)
async def change_password(call: Call, body: PasswordChange) -> None:
    """Change the caller's password; ends all their other sessions."""
    renewed = await passwords.change_password(call.services, call.signed_in, body.old, body.new, call.device_cookie)
    _keep_device(call, renewed)


@routes.get("/second-factors")
async def get_second_factors(call: Call) -> SecondFactors:
    """Return which second factors the caller has."""
    return await load_second_factors(call.services, call.signed_in)


@routes.post("/second-factors/totp", cost=Cost.PASSWORD, heavy=True)
async def start_totp(call: Call, body: PasswordOnly) -> TotpSecret:
    """Make a TOTP secret; it counts once its first code confirms it."""
    await passwords.prove_password(call.services, call.signed_in, body.password, "password")
    secret, uri = await second_factors.start_totp(call.services, call.person)
    return TotpSecret(secret=secret, uri=uri)


@routes.post("/second-factors/totp/confirm")
async def confirm_totp(call: Call, body: TotpCode) -> RecoveryCodes:
    """Put the TOTP secret to use with its first code; answers recovery codes, which are shown this once."""
    return RecoveryCodes(codes=await second_factors.confirm_totp(call.services, call.signed_in, body.code))


@routes.post("/second-factors/recovery-codes", cost=Cost.PASSWORD, heavy=True)
async def renew_recovery_codes(call: Call, body: PasswordOnly) -> RecoveryCodes:
    """Make new recovery codes, which replace all there were and are shown this once."""
    await passwords.prove_password(call.services, call.signed_in, body.password, "password")
    return RecoveryCodes(codes=await second_factors.renew_recovery_codes(call.services, call.signed_in))


@routes.delete("/second-factors/totp", cost=Cost.PASSWORD, heavy=True)
async def remove_totp(call: Call, body: PasswordOnly) -> None:
    """Take the TOTP factor away."""
    await passwords.prove_password(call.services, call.signed_in, body.password, "password")
    await second_factors.remove_totp(call.services, call.signed_in)


@routes.post("/second-factors/passkeys/options", cost=Cost.PASSWORD, heavy=True)
async def start_passkey(call: Call, body: PasswordOnly) -> PasskeyOptions:
    """Return what the browser passes to the authenticator to make a passkey."""
    await passwords.prove_password(call.services, call.signed_in, body.password, "password")
    start = await load_passkeys("start_passkey")
    return PasskeyOptions(options=await start(call.services, call.signed_in))


@routes.post("/second-factors/passkeys", status=201, max_body=PASSKEY_BODY, cost=Cost.SEVERAL, heavy=True)
async def add_passkey(call: Call, body: PasskeyNew) -> PasskeyView:
    """Add the passkey that the authenticator made."""
    add = await load_passkeys("add_passkey")
    passkey = await add(call.services, call.signed_in, body.name, msgspec.to_builtins(body.credential))
    return PasskeyView(id=passkey.id, name=passkey.name, created=passkey.created)


@routes.delete("/second-factors/passkeys/{passkey}", cost=Cost.PASSWORD, heavy=True)
async def remove_passkey(call: Call, passkey: str, body: PasswordOnly) -> None:
    """Remove one of the caller's passkeys."""
    await passwords.prove_password(call.services, call.signed_in, body.password, "password")
    remove = await load_passkeys("remove_passkey")
    await remove(call.services, call.signed_in, passkey)


async def _signed_in(call: Call, result: SignedIn, *, keep_device: bool) -> LoginDone:
    """Answer a browser with cookies, which no script reads, and a program with the session's token."""
    person = result.session.person
    view = await load_own_view(call.services, person)
    if call.from_browser:
        call.set_session_cookie(result.token)
        if keep_device:
            call.new_device_cookie = result.device_cookie
    return LoginDone(
        token=None if call.from_browser else result.token,
        expires=result.session.expires,
        person=view,
        csrf=result.csrf,
        must_change_password=result.must_change,
    )


def _keep_device(call: Call, renewed: str) -> None:
    """Renew the device cookie of a browser that has one; a shared computer was given none and gets none."""
    if call.device_cookie:
        call.new_device_cookie = renewed
