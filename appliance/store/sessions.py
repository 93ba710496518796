"""Sessions and the history of sign-ins, as kept. Tokens are never here, only their keyed hashes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from appliance.people import SessionEnd, SessionRecord
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId, SessionId
    from appliance.store.db import Rows

_SQL = Queries("sessions")


@dataclass(frozen=True, slots=True)
class SignInLine:
    """One line of the history the owner reads (F76).

    Failures from one network that follow each other are one line of several `tries`, `at` the first, `until` the last.
    `apart`: another session was in use far away (F91). `disowned`: when the owner said that it was not them.
    """

    n: int
    at: Millis
    until: Millis
    tries: int
    device: str
    address: str
    outcome: str
    apart: bool
    disowned: Millis | None


class FailureLine(NamedTuple):
    """Failures to sign in that follow each other; `user` is None where there is no such user."""

    user: str | None
    address: str
    at: Millis
    outcome: str
    tries: int


class KnownNetwork(NamedTuple):
    """A network that a user has signed in from, and when last."""

    user: str
    network: str
    at: Millis


def list_all(rows: Rows) -> list[SessionRecord]:
    """Return every session."""
    return [SessionRecord(*row) for row in rows.all(_SQL.list_all)]


def list_epochs(rows: Rows) -> dict[SessionId, int]:
    """Return the epoch of every session by its id."""
    return {row[0]: row[1] for row in rows.all(_SQL.list_epochs)}


def list_of(rows: Rows, person: PersonId) -> list[SessionRecord]:
    """Return a person's sessions, the newest first."""
    return [SessionRecord(*row) for row in rows.all(_SQL.list_of, {"person": person})]


def insert(rows: Rows, session: SessionRecord) -> None:
    """Add a session."""
    rows.run(_SQL.insert, asdict(session))


def touch(rows: Rows, used: Iterable[tuple[SessionId, Millis]]) -> None:
    """Remember when sessions were last used."""
    rows.many(_SQL.touch, [{"id": session, "last_used": at} for session, at in used])


def delete(rows: Rows, person: PersonId, session: SessionId, why: SessionEnd | None, now: Millis) -> bool:
    """End one of a person's sessions; False when there is no such. `why` None: its own device asked for it."""
    if why is not None:
        rows.run(_SQL.keep_end, {"id": session, "person": person, "why": why.value, "now": now})
    return rows.run(_SQL.delete, {"id": session, "person": person}) == 1


def delete_of(rows: Rows, person: PersonId, why: SessionEnd, now: Millis, keep: SessionId | None = None) -> int:
    """End a person's sessions, but for `keep`; return how many ended."""
    rows.run(_SQL.keep_ends, {"person": person, "keep": keep or "", "why": why.value, "now": now})
    return rows.run(_SQL.delete_others, {"person": person, "keep": keep or ""})


def delete_of_all(rows: Rows, people: Iterable[PersonId], why: SessionEnd, now: Millis) -> None:
    """End all sessions of these people."""
    ended = [{"person": person, "keep": ""} for person in people]
    rows.many(_SQL.keep_ends, [one | {"why": why.value, "now": now} for one in ended])
    rows.many(_SQL.delete_others, ended)


def find_end(rows: Rows, token_hash: bytes) -> SessionEnd | None:
    """Return why the session of a token ended, as far as it is kept; it is for tokens that are no longer valid."""
    row = rows.one(_SQL.find_end, {"token_hash": token_hash})
    if row is not None:
        return SessionEnd(row[0])
    # A session whose time ran out is still kept, under its account's epoch.
    kept = rows.one(_SQL.is_kept, {"token_hash": token_hash})
    return SessionEnd.EXPIRED if kept is not None else None


def stands(rows: Rows, session: SessionId) -> bool:
    """Return whether a session has not been ended, by itself or with all of its account."""
    return rows.one(_SQL.stands, {"id": session}) is not None


def delete_ends(rows: Rows, before: Millis) -> None:
    """Forget why sessions ended before a time."""
    rows.run(_SQL.delete_ends, {"before": before})


def set_epoch(rows: Rows, session: SessionId, epoch: int) -> bool:
    """Let a session live on under its account's new epoch; False when it has ended."""
    return rows.run(_SQL.set_epoch, {"id": session, "epoch": epoch}) == 1


def append_sign_in(
    rows: Rows,
    person: PersonId | None,
    at: Millis,
    *,
    device: str,
    address: str,
    network: str,
    outcome: str,
    apart: bool,
) -> None:
    """Add a line to the history; `person` is None when there is no such user."""
    fields = {"person": person, "at": at, "device": device, "address": address, "network": network, "outcome": outcome}
    rows.run(_SQL.insert_sign_in, fields | {"apart": int(apart)})


def append_failure(
    rows: Rows,
    person: PersonId | None,
    at: Millis,
    *,
    device: str,
    address: str,
    network: str,
    outcome: str,
    within: Millis,
) -> None:
    """Add a failure to the history: to the newest line of this network, if it is of the same kind and began lately."""
    found = rows.one(_SQL.newest_of_network, {"person": person, "network": network})
    if found is None or found[2] != outcome or at - found[1] >= within:
        place = {"device": device, "address": address, "network": network}
        append_sign_in(rows, person, at, outcome=outcome, apart=False, **place)
    else:
        rows.run(_SQL.repeat_sign_in, {"n": found[0], "until": at, "device": device, "address": address})


def list_sign_ins(rows: Rows, person: PersonId, limit: int) -> list[SignInLine]:
    """Return a person's sign-ins and failed tries, the newest first."""
    return [_line(row) for row in rows.all(_SQL.sign_ins_of, {"person": person, "limit": limit})]


def get_sign_in(rows: Rows, person: PersonId, n: int) -> SignInLine | None:
    """Return a line of a person's history."""
    row = rows.one(_SQL.sign_in_of, {"person": person, "n": n})
    return _line(row) if row else None


def disown_sign_in(rows: Rows, person: PersonId, n: int, now: Millis) -> None:
    """Mark a line as «this was not me»; the first mark is kept."""
    rows.run(_SQL.disown_sign_in, {"person": person, "n": n, "now": now})


def list_recent_failures(rows: Rows, since: Millis, limit: int) -> list[FailureLine]:
    """Return everyone's failures since a time, the oldest first.

    Without those after which the same person signed in from the same network.
    """
    found = rows.all(_SQL.recent_failures, {"since": since, "limit": limit})
    return [FailureLine._make(row) for row in reversed(found)]


def delete_sign_ins(rows: Rows, before: Millis, limit: int) -> int:
    """Delete at most `limit` lines of the history that ended before a time; return how many."""
    return rows.run(_SQL.delete_sign_ins, {"before": before, "limit": limit})


def put_known_network(rows: Rows, person: PersonId, network: str, now: Millis, most: int) -> None:
    """Remember a network a person signed in from; the `most` used last are kept."""
    rows.run(_SQL.put_known_network, {"person": person, "network": network, "now": now})
    rows.run(_SQL.delete_older_networks, {"person": person, "most": most})


def delete_known_network(rows: Rows, person: PersonId, network: str) -> None:
    """Forget a network that somebody else signed in from."""
    rows.run(_SQL.delete_known_network, {"person": person, "network": network})


def list_known_networks(rows: Rows) -> list[KnownNetwork]:
    """Return the networks of all accounts."""
    return [KnownNetwork._make(row) for row in rows.all(_SQL.list_known_networks)]


def _line(row: tuple[Any, ...]) -> SignInLine:
    n, at, until, tries, device, address, outcome, apart, disowned = row
    return SignInLine(n, at, until, tries, device, address, outcome, bool(apart), disowned)
