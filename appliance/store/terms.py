"""Terms of use, every version, and who accepted which when (F80)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from appliance.store.queries import Queries

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId, SessionId
    from appliance.store.db import Reader, Tx

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


async def list_versions(reader: Reader) -> list[tuple[int, Millis]]:
    """Return (version, effective) of every version."""
    return [(row[0], row[1]) for row in await reader.all(_SQL.list_versions)]


async def get(reader: Reader, version: int) -> TermsText | None:
    """Return one version."""
    row = await reader.one(_SQL.get, {"version": version})
    return TermsText(*row) if row else None


async def insert(tx: Tx, terms: TermsText, published_by: str, now: Millis) -> None:
    """Publish a version."""
    await tx.execute(_SQL.insert, {**asdict(terms), "published_by": published_by, "now": now})


async def accept(tx: Tx, person: PersonId, version: int, session: SessionId, now: Millis) -> bool:
    """Record an acceptance; False when that version was accepted before, which stands."""
    fields = {"person": person, "version": version, "session": session, "now": now}
    return await tx.execute(_SQL.accept, fields) == 1


async def accepted_at(reader: Reader, person: PersonId, version: int) -> Millis | None:
    """Return when a person accepted a version, None where they did not."""
    row = await reader.one(_SQL.accepted_at, {"person": person, "version": version})
    return row[0] if row else None


async def list_acceptances(reader: Reader) -> list[Acceptance]:
    """Return every acceptance, for export."""
    return [Acceptance(*row) for row in await reader.all(_SQL.list_acceptances)]
