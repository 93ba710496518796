"""What a signed-in person must do before anything else: choose a new password, accept the terms of use.

Checked for every request except on routes with `before_terms`, and for every frame on a stream except a ping: both
duties may have begun while the stream was open. That the account and its session are valid is checked before
(`Sessions.authenticate`, `Sessions.get`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import AppError

if TYPE_CHECKING:
    from appliance.people import Session


def check_preconditions(session: Session) -> None:
    """Raise AppError (`must_change_password`, `terms_not_accepted`) for a session whose person has to act first."""
    if session.must_change:
        raise AppError(code="must_change_password")
    if not session.terms_ok:
        raise AppError(code="terms_not_accepted")
