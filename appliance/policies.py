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

LONGEST_USER = 128
"""Characters of a user name, as it is sent and as it is kept."""
LONGEST_PASSWORD = 256
"""Characters of a password as it is sent; no policy allows more."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How guessing is slowed (F74). Failures are counted for each account and for each address.

    After `tries` failures each next try waits: `first_delay_ms`, doubled every time, at most `longest_delay_ms`. A
    count is forgotten after `forget_ms` without a failure, an account's also by a success. Many people share the
    address of an office, so an address has more tries. `parallel` bounds the password hashes computed at one time.
    """

    tries: int = 5
    address_tries: int = 50
    first_delay_ms: int = 30 * SECOND
    longest_delay_ms: int = HOUR
    forget_ms: int = DAY
    ticket_ms: int = 5 * MINUTE
    parallel: int = 2


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be (F74): length in code points after normalisation, no rule of composition.

    `banned` are words of the agency that no password may consist of, such as its names. A one-time code of an
    administrator is good for `code_ms` (F77).
    """

    shortest: int = 12
    longest: int = LONGEST_PASSWORD
    banned: tuple[str, ...] = ()
    code_ms: int = 3 * DAY


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
    """Against copying the directory (F86): how many people one person may be shown in `window_ms`.

    The same person shown again counts again. Reaching `alarm` writes an audit record, reaching `most` refuses.
    """

    window_ms: int = HOUR
    alarm: int = 2_000
    most: int = 5_000


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
