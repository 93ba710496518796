"""The nouns of the directory and of accounts as frozen values: units, posts, people, roles, sessions.

Owns what `store`, `identity`, `rules`, `actions` and `reads` pass to each other about people (F14, F17, F93).
No I/O, no clock. Times are milliseconds UTC; an end is exclusive and None where none is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import AccountState, Millis, PersonId, PostId, SessionId, UnitId


class UnitKind(StrEnum):
    """Levels of the organisation chart, the largest first (F14)."""

    MINISTRY = "ministry"
    DEPARTMENT = "department"
    BUREAU = "bureau"
    DIVISION = "division"
    SECTION = "section"


class Visibility(StrEnum):
    """Who sees a field of a profile, or finds a person at all (F17); each includes the ones before it.

    `NOBODY` leaves the owner and the agency's administrators; a person can always be found by the own unit.
    """

    NOBODY = "nobody"
    OWN_UNIT = "own_unit"
    AGENCY = "agency"
    CROSS_AGENCY = "cross_agency"


class ConsoleRole(StrEnum):
    """Roles of the compliance console; their holders' accounts need two people for a reset."""

    COMPLIANCE_OFFICER = "compliance_officer"
    COMPLIANCE_MANAGER = "compliance_manager"
    LEGAL = "legal"
    REVIEWER = "reviewer"
    DPO = "dpo"
    REGISTRAR = "registrar"
    HEAD = "head"
    LOG_CUSTODIAN = "log_custodian"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class SessionEnd(StrEnum):
    """Why a session ended without its device asking for it; the value is the code its next request is answered with."""

    BY_OWNER = "session_ended_by_owner"
    PASSWORD_CHANGED = "session_ended_password"  # noqa: S105 - a code
    RESET = "session_ended_reset"
    NOT_ME = "session_ended_not_me"
    SUSPENDED = "session_ended_suspended"
    REVOKED = "session_ended_revoked"
    OFF_STAFF = "session_ended_off_staff"
    TOO_MANY = "session_ended_too_many"
    EXPIRED = "session_ended_expired"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the organisation. `position` orders it among its siblings; `merged_into` took it over at its end."""

    id: UnitId
    parent: UnitId | None
    code: str
    name_th: str
    name_en: str | None
    kind: UnitKind
    position: int
    valid_from: Millis
    valid_to: Millis | None
    merged_into: UnitId | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a unit. `rank` is a code of the ladder; `head` says that its holder leads the unit."""

    id: PostId
    code: str
    unit: UnitId
    title_th: str
    title_en: str | None
    rank: str | None
    head: bool
    valid_from: Millis
    valid_to: Millis | None


@dataclass(frozen=True, slots=True)
class Holding:
    """That a person fills a post from `held_from` to `held_to`; `acting` is รักษาการ, `main` the one to show."""

    person: PersonId
    post: PostId
    held_from: Millis
    held_to: Millis | None
    acting: bool
    main: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """All the directory knows of a person; `rules/profiles.py` says who may see which field."""

    id: PersonId
    staff_no: str
    title: str
    given_name: str
    family_name: str
    title_en: str | None
    given_name_en: str | None
    family_name_en: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    birth_date: str | None
    email_visibility: Visibility
    phone_visibility: Visibility
    mobile_visibility: Visibility
    listing: Visibility
    status: str
    active: bool


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What is kept in memory of everyone: enough to show a name, check a rank and sort a list.

    `unit`, `unit_name` and `post` are of the main post, or of the last one where none is held today; their English
    names are None where the register has none. `rank` is the highest level among today's posts, acting ones included;
    None is unknown. `posts` and `units` are today's.
    """

    id: PersonId
    staff_no: str
    name: str
    name_en: str | None
    unit: UnitId | None
    unit_name: str | None
    unit_name_en: str | None
    post: str | None
    post_en: str | None
    rank: int | None
    posts: tuple[PostId, ...]
    units: frozenset[UnitId]
    listing: Visibility
    active: bool
    sort_key: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A role someone has: of `StaffRole` or `ConsoleRole`; `unit` bounds a unit administrator's reach."""

    role: str
    unit: UnitId | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What decides whether and as what a person may act. `accepted` is the newest version of the terms accepted, or 0.

    `epoch` grows whenever all sessions of the account must end; a session of an older epoch is dead.
    """

    person: PersonId
    user: str
    state: AccountState
    suspended_until: Millis | None
    must_change: bool
    epoch: int
    totp: bool
    accepted: int
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[str]:
        """Names of the roles, wherever they reach."""
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Session:
    """An authenticated caller, as of one request. `csrf` must come with requests that a browser makes by cookie."""

    id: SessionId
    person: PersonId
    epoch: int
    expires: Millis
    csrf: str = field(repr=False)
    device: str
    terms_ok: bool
    must_change: bool
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as kept: `token_hash` is keyed, the token itself is with its device alone."""

    id: SessionId
    token_hash: bytes
    person: PersonId
    epoch: int
    device: str
    address: str
    created: Millis
    last_used: Millis
    expires: Millis


@dataclass(frozen=True, slots=True)
class DirectoryCounts:
    """How many people of the directory somebody was shown, since their hour and their day of counting began (F86)."""

    hour_since: Millis
    hour: int
    day_since: Millis
    day: int
