"""The texts of errors for the person at the terminal: in Thai, then in English."""

from __future__ import annotations

import sys
from collections.abc import Callable

from appliance.errors import AppError, ConfigError
from appliance.locale import both, text


def explain(error: AppError) -> str:
    """Return the text of an error in Thai and English, with its technical detail in brackets.

    For an error of the vault the text is that of its reason. For an error of the configuration it is all its problems.
    """
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


def retry_printer() -> Callable[[AppError], None] | None:
    """Return the function that prints why a question is repeated; None when nobody is at the terminal to answer it."""
    return print_error if sys.stdin.isatty() else None


def print_error(error: AppError) -> None:
    """Print the text of an error to standard error."""
    print(explain(error), file=sys.stderr, flush=True)
