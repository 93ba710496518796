"""Signing in, second factors, sessions, password and terms (F74 to F77, F80)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from appliance.policies import MAX_PASSWORD_LENGTH, MAX_USER_LENGTH
from appliance.wire.common import Answer, Id, Millis, Request
from appliance.wire.directory import PersonView, UnitRef

Password = Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD_LENGTH)]
KeepDevice = Annotated[
    bool, Meta(description="set a cookie by which this browser is known later; false on a device that others use")
]
Factor = Literal["totp", "passkey", "recovery"]
Bytes = Annotated[str, Meta(max_length=2048, pattern=r"^[A-Za-z0-9_\-]*=*$(?!\n)", description="base64url")]
ManyBytes = Annotated[str, Meta(max_length=32_768, pattern=r"^[A-Za-z0-9_\-]*=*$(?!\n)", description="base64url")]


class Login(Request, kw_only=True):
    user: Annotated[str, Meta(min_length=1, max_length=MAX_USER_LENGTH)]
    password: Password
    device: Annotated[str, Meta(max_length=120, description="name of the device, shown in the session list")] = ""
    keep_device: KeepDevice = True


class LoginDone(Answer, kw_only=True):
    """Signed in. A browser gets a cookie that no script reads, and sends `csrf` in the X-CSRF-Token header.

    A request with neither an `Origin` nor a `Sec-Fetch-Site` header comes from a program: it gets `token`, no cookie.
    """

    expires: Millis
    person: PersonView
    csrf: str
    token: str | None = None
    must_change_password: bool = False


class SecondFactorNeeded(Answer, kw_only=True):
    second_factor: list[Factor]
    ticket: str
    passkey_options: dict[str, Any] | None = None


class WebAuthnPart(Request, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """What a browser hands on from the authenticator as JSON (WebAuthn level 3 §5.1.8).

    Fields that are not needed are passed over unread: browsers add some of their own.
    """


class Assertion(WebAuthnPart, kw_only=True):
    client_data: Bytes = field(name="clientDataJSON")
    authenticator_data: Bytes = field(name="authenticatorData")
    signature: Bytes
    user_handle: Bytes | None = field(name="userHandle", default=None)


class Attestation(WebAuthnPart, kw_only=True):
    client_data: Bytes = field(name="clientDataJSON")
    attestation_object: ManyBytes = field(name="attestationObject")


class PasskeyProof(WebAuthnPart, kw_only=True):
    """A passkey's answer to a challenge (`AuthenticationResponseJSON`)."""

    id: Bytes
    raw_id: Bytes = field(name="rawId")
    type: Literal["public-key"]
    response: Assertion


class PasskeyCredential(WebAuthnPart, kw_only=True):
    """A passkey that was just made (`RegistrationResponseJSON`)."""

    id: Bytes
    raw_id: Bytes = field(name="rawId")
    type: Literal["public-key"]
    response: Attestation


class SecondFactor(Request, kw_only=True):
    """Exactly one of `code` (TOTP, Thai or Arabic digits), `passkey` (a WebAuthn assertion) and `recovery` (a code)."""

    ticket: Annotated[str, Meta(min_length=1, max_length=128)]
    code: Annotated[str, Meta(min_length=6, max_length=12)] | None = None
    passkey: PasskeyProof | None = None
    recovery: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    keep_device: KeepDevice = True


class TotpSecret(Answer, kw_only=True):
    secret: str
    uri: str


class TotpCode(Request, kw_only=True):
    code: Annotated[str, Meta(min_length=6, max_length=12)]


class PasswordOnly(Request, kw_only=True):
    """Proof that it is really the owner, before something about the account is weakened."""

    password: Password


class PasskeyOptions(Answer, kw_only=True):
    options: dict[str, Any]


class PasskeyNew(Request, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    credential: PasskeyCredential


class RecoveryCodes(Answer, kw_only=True):
    """Codes for who has lost the second factor, each good once. The server keeps hashes: they are never shown again."""

    codes: list[str]


class PasskeyView(Answer, kw_only=True):
    id: Id
    name: str
    created: Millis


class SecondFactors(Answer, kw_only=True):
    totp: bool
    passkeys: list[PasskeyView]
    recovery_left: Annotated[int, Meta(ge=0, description="recovery codes not used yet")]


class SessionView(Answer, kw_only=True):
    id: Id
    device: str
    address: str
    created: Millis
    last_used: Millis
    expires: Millis
    current: bool


class Sessions(Answer, kw_only=True):
    sessions: list[SessionView]


class SignIn(Answer, kw_only=True):
    """One line of the sign-in history the owner can read (F76).

    Failures from one network within an hour are one line of several `tries`, the first at `at`, the last at `until`.
    `apart`: another session was in use far away (F91). `disowned`: when the owner said that it was not them.
    """

    id: Annotated[int, Meta(ge=1)]
    at: Millis
    until: Millis
    device: str
    address: str
    outcome: str
    tries: int = 1
    apart: bool = False
    disowned: Millis | None = None


class SignIns(Answer, kw_only=True):
    sign_ins: list[SignIn]


class PasswordChange(Request, kw_only=True):
    old: Password
    new: Password


class HelpdeskView(Answer, kw_only=True):
    """Where staff turn for help, as an administrator set it; each empty where it is not set."""

    phone: str = ""
    email: str = ""
    place: str = ""


class AgencyView(Answer, kw_only=True):
    """Who runs this appliance and whom to ask, for who cannot sign in."""

    name_th: str
    name_en: str
    helpdesk: HelpdeskView


class TermsState(Answer, kw_only=True):
    version: int
    accepted: int | None


class FileLimits(Answer, kw_only=True):
    """What clients may know of a file before they send it: the bytes of the largest, and ends of names never taken.

    `blocked` has the ends by kind: program, script, shortcut, disk_image, macros, agency (`rules/file_types.py`).
    """

    largest: int
    blocked: dict[str, list[str]]


class Me(Answer, kw_only=True):
    person: PersonView
    roles: list[str]
    unit: UnitRef | None
    terms: TermsState
    csrf: str
    must_change_password: bool
    contact_mode: str
    shortest_password: int
    server_version: str
    files: FileLimits


class MeChange(Request, kw_only=True):
    """What a person may set about themselves; the rest belongs to the directory (F17)."""

    status: Annotated[str, Meta(max_length=140)] | None = None


class Terms(Answer, kw_only=True):
    version: int
    title: str
    text: str
    language: Literal["th", "en"]
    effective: Millis
    accepted: int | None = None
    accepted_at: Annotated[Millis | None, Meta(description="when the caller accepted this version")] = None


class TermsAccept(Request, kw_only=True):
    version: Annotated[int, Meta(ge=1)]
