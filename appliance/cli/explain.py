"""Errors as the person at the terminal reads them: in Thai, then in English."""

from __future__ import annotations

import sys
from collections.abc import Callable

from appliance.errors import AppError, ConfigError
from appliance.locale import text
from appliance.vault.refusals import TEXTS, Reason


def explain(error: AppError) -> str:
    """Return an error in Thai and English, with what the log would say; the vault's reason where that is the cause."""
    if isinstance(error, ConfigError):
        return "\n  ".join(["การตั้งค่าไม่ถูกต้อง — the configuration cannot be used:", *error.problems])
    if "reason" in error.detail:
        facts = ", ".join(f"{name}={value}" for name, value in error.detail.items() if name != "reason")
        named = f"{error.detail['reason']}: {facts}" if facts else error.detail["reason"]
        return "\n".join([*TEXTS[Reason(str(error.detail["reason"]))], f"  ({named})"])
    said = str(error)
    more = f"\n  ({said})" if said and said != error.code else ""
    return f"{text(error.code, 'th', **error.detail)}\n{text(error.code, 'en', **error.detail)}{more}"


def teller() -> Callable[[AppError], None] | None:
    """Return what tells the person at the terminal why they are asked again; None where nobody can be asked again."""
    return tell if sys.stdin.isatty() else None


def tell(error: AppError) -> None:
    """Say why something is asked again."""
    print(explain(error), file=sys.stderr, flush=True)
