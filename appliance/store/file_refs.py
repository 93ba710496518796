"""References: a message carries a file. Each keeps the file's key once more, under an epoch key of the message's room.

They are written with the message that they belong to, and go with its body. The counts of a file follow by themselves
(triggers of migration 27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.model import PersonId, RoomId
from appliance.store import entries
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.store.db import Rows

SQL = Queries("file_refs")
PAGE: Final = 64
"""References of a room that are read together."""
NEWEST: Final = 2**63 - 1
"""Above the key of every room."""
FEW: Final = 4
"""References to a file that are read together, when one is looked for."""


class NewReference(NamedTuple):
    """File `place` of entry `n` of a room, by its key; `epoch` is the number of the key that wraps `wrapped_key`."""

    room: int
    n: int
    place: int
    blob: str
    epoch: int
    wrapped_key: bytes
    form: str
    label: int


class ReferenceRow(NamedTuple):
    """A reference as stored, with the id of its room."""

    key: int
    room: RoomId
    n: int
    place: int
    blob: str
    epoch: int
    wrapped_key: bytes
    form: str
    label: int


class KeptReference(NamedTuple):
    """A reference without its key, in a room that is known."""

    n: int
    place: int
    blob: str
    epoch: int
    form: str
    label: int


def insert(rows: Rows, reference: NewReference) -> None:
    """Add a reference."""
    rows.run(SQL.insert, reference._asdict())


def kept_blobs(rows: Rows, room: int, n: int) -> list[str]:
    """Return the files of an entry whose keys were not destroyed, in their order."""
    return [row[0] for row in rows.all(SQL.kept_blobs, {"room": room, "n": n})]


def of_blob(rows: Rows, blob: str) -> list[ReferenceRow]:
    """Return every reference to a file."""
    return [ReferenceRow._make(row) for row in rows.all(SQL.of_blob, {"blob": blob})]


def of_blob_for(rows: Rows, blob: str, person: str) -> Iterator[ReferenceRow]:
    """Yield the references to a file in the rooms that a person is in now, those of the newest room first.

    Those of retracted messages are left out. They are read a few at a time, as they are taken: the first one nearly
    always serves.
    """
    room, n = NEWEST, 0
    while True:
        asked = {"blob": blob, "person": person, "room": room, "n": n, "limit": FEW}
        found = [ReferenceRow._make(row) for row in rows.all(SQL.of_blob_for, asked)]
        yield from found
        if len(found) < FEW:
            return
        room, n = found[-1].key, found[-1].n


def senders(rows: Rows, blob: str) -> set[PersonId]:
    """Return who has sent a file in a message."""
    messages = (entries.one(rows, reference.key, reference.n) for reference in of_blob(rows, blob))
    return {PersonId(message.sender) for message in messages if message is not None}


def before(rows: Rows, room: int, place: tuple[int, int], form: str | None) -> Iterator[KeptReference]:
    """Yield the references of a room before a place (entry, number), the newest first; read as they are taken."""
    n, number = place
    while True:
        asked = {"room": room, "n": n, "place": number, "limit": PAGE, "form": form}
        found = rows.all(SQL.before if form is None else SQL.of_form_before, asked)
        yield from map(KeptReference._make, found)
        if len(found) < PAGE:
            return
        n, number = found[-1][:2]


def in_room(rows: Rows, room: int) -> list[ReferenceRow]:
    """Return all references of a room, in order."""
    return [ReferenceRow._make(row) for row in rows.all(SQL.in_room, {"room": room})]
