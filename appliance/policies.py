"""The numbers an agency may set about signing in, passwords, sessions, the directory and imports.

Owns defaults and their meaning; `config.py` embeds them, each under the name in `Policies`. Pure values: what they
decide is in `rules/` and `actions/`. Durations are milliseconds where the name ends in `_ms`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MAX_USER_LENGTH = 128
"""Characters of a user name, as it is sent and as it is kept."""
MAX_PASSWORD_LENGTH = 256
"""Characters of a password as it is sent; no policy allows more."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How guessing is slowed (F74); the rules are in `rules/sign_in.py`, what they give in `identity/throttle.py`.

    Of one account from one source: after `tries` failures in a row each next try waits, `first_delay_ms`, doubled every
    time, at most `longest_delay_ms`; forgotten after `forget_ms` without a failure, or by a success. Of one account
    from all networks it does not know: `account_tries`, and one more every `account_drain_ms`. From one address:
    `address_tries`, and one more every `address_drain_ms`. `parallel` bounds the password hashes computed at one time,
    `waiting` those that wait; more are refused and may come again.

    `sites` are networks of the agency, each line a name without spaces and its networks. They count as known to every
    account, and sessions used in two of them at once raise a flag, as does a sign-in from a network and device that are
    new to an account of which another session was used within `apart_ms` (F91). Lines of the sign-in history are
    deleted after `history_days`.
    """

    tries: int = 5
    first_delay_ms: int = 30 * SECOND
    longest_delay_ms: int = HOUR
    forget_ms: int = DAY
    account_tries: int = 30
    account_drain_ms: int = HOUR
    address_tries: int = 50
    address_drain_ms: int = 30 * SECOND
    ticket_ms: int = 5 * MINUTE
    parallel: int = 2
    waiting: int = 200
    sites: tuple[str, ...] = ()
    apart_ms: int = 30 * MINUTE
    history_days: int = 365


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be (F74): length in code points after normalisation, no rule of composition.

    `banned` are words of the agency that no password may consist of, such as its names. A one-time code of an
    administrator is good for `code_ms`. For `two_person_wait_ms` after one was given by one person alone, its account
    proves nobody where two people are needed (F77).
    """

    shortest: int = 12
    longest: int = MAX_PASSWORD_LENGTH
    banned: tuple[str, ...] = ()
    code_ms: int = 3 * DAY
    two_person_wait_ms: int = DAY


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lives: at most `lifetime_ms`, and `idle_ms` since its last request.

    The time of the last request is written at most once every `touch_ms` for each session.
    """

    lifetime_ms: int = 30 * DAY
    idle_ms: int = 14 * DAY
    touch_ms: int = MINUTE
    most: int = 20


@dataclass(frozen=True, slots=True)
class Argon2:
    """Cost of argon2id: passes, memory in KiB, lanes. The defaults are the first choice of the OWASP sheet."""

    time_cost: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class PasskeyPolicy:
    """Where passkeys are good: the relying party's domain and the pages' origins (WebAuthn §5.1.3, §13.4.9).

    `name` is shown by authenticators and by TOTP apps.
    """

    rp_id: str = "localhost"
    origins: tuple[str, ...] = ("http://localhost",)
    name: str = "G-Chat"


@dataclass(frozen=True, slots=True)
class DirectoryPolicy:
    """Against copying the directory (F86): how many people one person may be shown in `window_ms`, and in a day.

    The same person shown again counts again. Reaching `alarm` or `day_alarm` writes an audit record, reaching `most` or
    `day_most` another one and refuses.
    """

    window_ms: int = HOUR
    alarm: int = 2_000
    most: int = 5_000
    day_alarm: int = 5_000
    day_most: int = 20_000


@dataclass(frozen=True, slots=True)
class ImportPolicy:
    """When an import of the directory stops for approval (F14): the share of active people it would deactivate."""

    deactivate_percent: int = 5
    largest_file: int = 64 << 20


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """Who may have an account (F93): the youngest age in years, where the directory knows the date of birth."""

    youngest: int = 20


@dataclass(frozen=True, slots=True)
class Policies:
    """All of them together; the sections of the configuration carry these names."""

    sign_in: SignInLimits = field(default_factory=SignInLimits)
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    passwords: PasswordPolicy = field(default_factory=PasswordPolicy)
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    argon2: Argon2 = field(default_factory=Argon2)
    passkeys: PasskeyPolicy = field(default_factory=PasskeyPolicy)
    directory: DirectoryPolicy = field(default_factory=DirectoryPolicy)
    imports: ImportPolicy = field(default_factory=ImportPolicy)
