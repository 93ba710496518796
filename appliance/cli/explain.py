"""Errors as the person at the terminal reads them: in Thai, then in English."""

from __future__ import annotations

import sys
from collections.abc import Callable

from appliance.errors import AppError, ConfigError
from appliance.locale import both, text


def explain(error: AppError) -> str:
    """Return an error in Thai and English, with what the log would say; the vault's reason where that is the cause."""
    if isinstance(error, ConfigError):
        return "\n  ".join([both("explain.config"), *error.problems])
    if "reason" in error.detail:
        facts = ", ".join(f"{name}={value}" for name, value in error.detail.items() if name != "reason")
        named = f"{error.detail['reason']}: {facts}" if facts else error.detail["reason"]
        code = f"key.{error.detail['reason']}"
        return f"{text(code, 'th')}\n{text(code, 'en')}\n  ({named})"
    said = str(error)
    more = f"\n  ({said})" if said and said != error.code else ""
    return f"{text(error.code, 'th', **error.detail)}\n{text(error.code, 'en', **error.detail)}{more}"


def teller() -> Callable[[AppError], None] | None:
    """Return what tells the person at the terminal why they are asked again; None where nobody can be asked again."""
    return tell if sys.stdin.isatty() else None


def tell(error: AppError) -> None:
    """Say why something is asked again."""
    print(explain(error), file=sys.stderr, flush=True)
