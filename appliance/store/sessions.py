"""Sessions and the history of sign-ins, as kept. Tokens are never here, only their keyed hashes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from appliance.people import SessionRecord
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId, SessionId
    from appliance.store.db import Reader, Tx

_SQL = Queries("sessions")


@dataclass(frozen=True, slots=True)
class SignInLine:
    """One line of the history the owner reads (F76)."""

    at: Millis
    device: str
    address: str
    outcome: str


async def list_all(reader: Reader) -> list[SessionRecord]:
    """Return every session."""
    return [SessionRecord(*row) for row in await reader.all(_SQL.list_all)]


async def list_epochs(reader: Reader) -> dict[SessionId, int]:
    """Return the epoch of every session by its id."""
    return {row[0]: row[1] for row in await reader.all(_SQL.list_epochs)}


async def list_of(reader: Reader, person: PersonId) -> list[SessionRecord]:
    """Return a person's sessions, the newest first."""
    return [SessionRecord(*row) for row in await reader.all(_SQL.list_of, {"person": person})]


async def insert(tx: Tx, session: SessionRecord) -> None:
    """Add a session."""
    await tx.execute(_SQL.insert, asdict(session))


async def touch(tx: Tx, used: Iterable[tuple[SessionId, Millis]]) -> None:
    """Remember when sessions were last used."""
    await tx.execute_many(_SQL.touch, [{"id": session, "last_used": at} for session, at in used])


async def delete(tx: Tx, person: PersonId, session: SessionId) -> bool:
    """End one of a person's sessions; False when there is no such."""
    return await tx.execute(_SQL.delete, {"id": session, "person": person}) == 1


async def delete_of(tx: Tx, person: PersonId, keep: SessionId | None = None) -> int:
    """End a person's sessions, but for `keep`; return how many ended."""
    if keep is None:
        return await tx.execute(_SQL.delete_of, {"person": person})
    return await tx.execute(_SQL.delete_others, {"person": person, "keep": keep})


async def delete_of_all(tx: Tx, people: Iterable[PersonId]) -> None:
    """End all sessions of these people."""
    await tx.execute_many(_SQL.delete_of, [{"person": person} for person in people])


async def set_epoch(tx: Tx, session: SessionId, epoch: int) -> None:
    """Let a session live on under its account's new epoch."""
    await tx.execute(_SQL.set_epoch, {"id": session, "epoch": epoch})


async def append_sign_in(tx: Tx, person: PersonId | None, line: SignInLine) -> None:
    """Add a line to the history; `person` is None when there is no such user."""
    fields = {"person": person, "at": line.at, "device": line.device, "address": line.address, "outcome": line.outcome}
    await tx.execute(_SQL.insert_sign_in, fields)


async def list_sign_ins(reader: Reader, person: PersonId, limit: int) -> list[SignInLine]:
    """Return a person's sign-ins and failed tries, the newest first."""
    rows = await reader.all(_SQL.sign_ins_of, {"person": person, "limit": limit})
    return [SignInLine(*row) for row in rows]


async def list_recent_sign_ins(reader: Reader, since: Millis, limit: int) -> list[tuple[str | None, str, Millis, str]]:
    """Return (user, address, at, outcome) of everyone's sign-ins since a time, the oldest first."""
    rows = await reader.all(_SQL.recent_sign_ins, {"since": since, "limit": limit})
    return [(row[0], row[1], row[2], row[3]) for row in reversed(rows)]
