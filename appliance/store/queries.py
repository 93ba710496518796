"""Named SQL: every statement lives in `sql/NAME.sql` of a store's package, one under each `-- name:` line.

A statement is bound by name, lists its columns and is prepared against the real schema by a test, which also refuses
table scans that are not on a short list and names that nobody uses. The appliance's store is the default; another store
(`migrate.STORES`) names its own package.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

STORE: Final = "appliance.store"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(subject: str, package: str = STORE) -> dict[str, str]:
    """Return the statements of `sql/{subject}.sql` of a store's package by name."""
    text = resources.files(package).joinpath("sql", f"{subject}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (part.strip().rstrip(";") for part in parts[2::2]), strict=True))


class Queries:
    """The statements of one subject as attributes: `Queries("rooms").page_before`."""

    __slots__ = ("_statements", "subject")

    def __init__(self, subject: str, package: str = STORE) -> None:
        self.subject: Final = subject
        self._statements: Final = load(subject, package)

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            message = f"no query {name!r} in sql/{self.subject}.sql"
            raise AttributeError(message) from None
