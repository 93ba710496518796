"""What the history of sign-ins calls the outcome of a try."""

from __future__ import annotations

from typing import Final

SIGNED_IN: Final = "signed_in"
FAILED: Final = "failed"
REFUSED: Final = "refused"
CODE_FAILED: Final = "second_factor_failed"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - an outcome in the history
ACCOUNT_CREATED: Final = "account_created"
RECOVERY_USED: Final = "recovery_used"
