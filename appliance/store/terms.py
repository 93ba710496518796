"""Terms of use, every version, and who accepted which when (F80)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId, SessionId
    from appliance.store.db import Rows

_SQL = Queries("terms")


@dataclass(frozen=True, slots=True)
class TermsText:
    """One version of the terms in both languages; in force from `effective` on."""

    version: int
    title_th: str
    title_en: str
    text_th: str
    text_en: str
    effective: Millis


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a person accepted a version, when and in which session."""

    version: int
    staff_no: str
    person: PersonId
    at: Millis
    session: SessionId


def list_versions(rows: Rows) -> list[tuple[int, Millis]]:
    """Return (version, effective) of every version."""
    return [(row[0], row[1]) for row in rows.all(_SQL.list_versions)]


def get(rows: Rows, version: int) -> TermsText | None:
    """Return one version."""
    row = rows.one(_SQL.get, {"version": version})
    return TermsText(*row) if row else None


def insert(rows: Rows, terms: TermsText, published_by: str, now: Millis) -> None:
    """Publish a version."""
    rows.run(_SQL.insert, {**asdict(terms), "published_by": published_by, "now": now})


def accept(rows: Rows, person: PersonId, version: int, session: SessionId, now: Millis) -> bool:
    """Record an acceptance; False when that version was accepted before, which is kept."""
    fields = {"person": person, "version": version, "session": session, "now": now}
    return rows.run(_SQL.accept, fields) == 1


def accepted_at(rows: Rows, person: PersonId, version: int) -> Millis | None:
    """Return when a person accepted a version, None where they did not."""
    row = rows.one(_SQL.accepted_at, {"person": person, "version": version})
    return row[0] if row else None


def list_acceptances(rows: Rows) -> list[Acceptance]:
    """Return every acceptance, for export."""
    return [Acceptance(*row) for row in rows.all(_SQL.list_acceptances)]
