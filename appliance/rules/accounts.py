"""Whether an account may be used, and how its user name is compared (F03, F91, F93).

A suspension ends by itself when its time has come: nothing has to run for that.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Final

from appliance.model import AccountState, Deny
from appliance.policies import MAX_USER_LENGTH
from appliance.rules.text import has_visible
from appliance.spelling.ignorable import is_ignorable
from appliance.spelling.stream_safe import stream_safe
from appliance.spelling.thai import canonical

if TYPE_CHECKING:
    from appliance.model import Millis

# What makes a spreadsheet compute a cell instead of showing it.
FORMULA_SIGNS: Final = ("=", "+", "-", "@")


def may_sign_in(state: AccountState, suspended_until: Millis | None, active: bool, now: Millis) -> Deny | None:  # noqa: FBT001 - a fact of the table's row
    """Check whether the account may be used now; `active` is whether its owner is on the staff."""
    if state is AccountState.REVOKED:
        return Deny.ACCOUNT_REVOKED
    if not active:
        return Deny.PERSON_NOT_ACTIVE
    if state is AccountState.SUSPENDED and (suspended_until is None or now < suspended_until):
        return Deny.ACCOUNT_SUSPENDED
    return None


def may_change_state(old: AccountState, new: AccountState) -> Deny | None:
    """Check whether an administrator may bring an account from one state to another.

    A revoked account is not suspended or lifted: it comes back by reactivation alone, with new credentials (F95).
    """
    if old is AccountState.REVOKED and new is AccountState.SUSPENDED:
        return Deny.ACCOUNT_REVOKED
    return None


def is_of_age(birth_date: str | None, today: date, youngest: int) -> bool:
    """Return whether someone is old enough for an account; an unknown date of birth is not held against anyone."""
    return birth_date is None or today >= comes_of_age(birth_date, youngest)


def comes_of_age(birth_date: str, youngest: int) -> date:
    """Return the day from which somebody is old enough; who was born on 29 February comes of age on 1 March."""
    born = date.fromisoformat(birth_date)
    try:
        return born.replace(year=born.year + youngest)
    except ValueError:
        return date(born.year + youngest, 3, 1)


def fold_user(user: str) -> str:
    """Return the one form in which a user name is kept and compared: NFKC, case folded, Thai spelling unified."""
    return canonical(unicodedata.normalize("NFKC", stream_safe(user)).casefold()).strip()


def is_user_name(folded: str) -> bool:
    """Return whether a folded user name may be given to an account.

    It is one word, each character of it can be seen, and no spreadsheet would compute it.
    """
    return (
        0 < len(folded) <= MAX_USER_LENGTH
        and folded.isprintable()
        and " " not in folded
        and not folded.startswith(FORMULA_SIGNS)
        and has_visible(folded)
        and not any(is_ignorable(character) for character in folded)
    )
