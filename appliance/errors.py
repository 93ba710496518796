"""The errors of the domain, each with a stable code.

Owns the few families an edge has to tell apart: HTTP turns them into statuses (`web/errors.py`), the command line into
exit codes. The text a person reads comes from `locale/`, keyed by `code`; nothing here knows HTTP or a language.
`detail` holds values for that text (numbers, names of fields) and is safe to show: never content, never a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from appliance.model import Deny


STORAGE_DAMAGED: Final = "storage_damaged"
"""The code of what lies on a torn page: it stays so until the data is restored."""


class AppError(Exception):
    """An error that is reported to the caller. `message` is for the log; people read the locale's text of `code`."""

    code = "internal"

    def __init__(
        self, message: str = "", *, code: str | None = None, field: str | None = None, **detail: str | int
    ) -> None:
        super().__init__(message or code or self.code)
        self.code = code or self.code
        self.field = field
        self.detail = detail


def afresh(error: AppError) -> AppError:
    """Return the same refusal as a new object, for one that is kept and given again.

    An exception that was raised holds every frame that it passed, with the words of the request; raised once more
    it grows.
    """
    fresh = type(error).__new__(type(error), *error.args)
    vars(fresh).update(vars(error))
    return fresh


class Invalid(AppError):
    """A value the caller sent cannot be used; `field` names it."""

    code = "invalid"


class NotFound(AppError):
    """No such thing, or none that the caller may know of."""

    code = "not_found"


class Forbidden(AppError):
    """A rule said no; the rule's reason is the code."""

    code = "forbidden"

    def __init__(self, deny: Deny, **detail: str | int) -> None:
        super().__init__(code=deny.value)
        self.deny = deny
        self.detail.update(detail)


class Conflict(AppError):
    """The request was sound but the state has moved on."""

    code = "conflict"


class NotReady(Conflict):
    """Something that was begun is not done yet; the same request may succeed a little later."""

    code = "not_ready"


class Unauthenticated(AppError):
    """No session, or one that has ended."""

    code = "unauthenticated"


class TooMany(AppError):
    """A limit was reached; `retry_after` seconds from now it will be free again."""

    code = "too_many_requests"

    def __init__(self, retry_after: float, *, code: str | None = None) -> None:
        super().__init__(code=code, seconds=max(1, round(retry_after)))
        self.retry_after = retry_after


class TooLarge(AppError):
    """The request is larger than the limit for its kind."""

    code = "too_large"


class Unavailable(AppError):
    """A part of the appliance cannot serve just now; nothing was changed."""

    code = "unavailable"


class MalformedRow(Unavailable):
    """A row says what no row says, such as a kind of room that there is not: it was changed in the database."""

    code = STORAGE_DAMAGED


class StorageFull(Unavailable):
    """The disk is full: nothing was written, nothing was acknowledged."""

    code = "storage_full"


class QuotaExceeded(AppError):
    """There is no room for a file: a person, a unit or the agency has as much as it may, or the disk is nearly full."""

    code = "quota_person"


class StorageFailed(Unavailable):
    """The disk fails whatever is written to it, not one page of it: nothing was written, nothing was acknowledged."""

    code = "storage_failed"


class Unproven(Unavailable):
    """What is stored of a room is not what the agency signed: it is neither written nor signed, until restored."""

    code = "room_unproven"


class VaultLocked(Unavailable):
    """The master key is not there yet; the appliance holds no readable data until it is."""

    code = "vault_locked"


class WrongKey(AppError):
    """A key does not open what it should; nothing was touched."""

    code = "wrong_key"


class KeyDestroyed(AppError):
    """The key was destroyed on purpose, so the content can never be read again."""

    code = "key_destroyed"


class SchemaTooNew(AppError):
    """The database was written by a newer release; it is left untouched."""

    code = "schema_too_new"


class SchemaTooOld(AppError):
    """The database was written by an older release and what asks for it only reads; it is left untouched."""

    code = "schema_too_old"


class ConfigError(AppError):
    """The configuration cannot be used; `problems` lists every fault at once."""

    code = "config"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def passes(error: AppError) -> bool:
    """Return whether the same request may succeed a little later, unchanged."""
    if isinstance(error, TooMany):
        return True
    return isinstance(error, Unavailable) and not isinstance(error, Unproven) and error.code != STORAGE_DAMAGED
