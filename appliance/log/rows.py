"""A stored entry: its leaf, and whether its columns are what its own header says.

`leaf_of` is the one place that makes a leaf of an entry's parts: for the writer, the heads, the export and
`integrity.py`. Reads use the columns, but the signature covers the header. So the two are compared: by `integrity.py`
for whole rooms, and by `checkpoints.py` for the entries that a crash left unsigned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError
from appliance.evidence.leaf import join_leaf
from appliance.evidence.room_id import room_id
from appliance.evidence.seal import encode_seal
from appliance.model import Home, PersonId

if TYPE_CHECKING:
    from appliance.evidence.canonical import Header
    from appliance.model import RoomId
    from appliance.store.entries import EntryRow

NO_SEAL: Final = encode_seal(None)


class LeafParts(Protocol):
    """An entry, stored or about to be, as far as its leaf goes."""

    @property
    def n(self) -> int:
        """Position."""

    @property
    def hub_time(self) -> int:
        """Hub time, ms UTC."""

    @property
    def registry_version(self) -> int:
        """Version of the registry of agencies; 0 outside any federation."""

    @property
    def seal(self) -> bytes | None:
        """Canonical bytes of the gateway's seal; None for an entry of the hub's own agency."""

    @property
    def header(self) -> bytes:
        """Canonical header bytes."""


def leaf_of(row: LeafParts) -> bytes:
    """Return the leaf bytes of an entry: what the room's tree is made of. Raises NotCanonicalError."""
    return join_leaf(row.header, row.hub_time, row.n, row.registry_version, NO_SEAL if row.seal is None else row.seal)


def is_said(row: EntryRow, header: Header, home: Home) -> bool:
    """Return whether the columns of a row are what its header says, people named as this appliance names them."""
    fields: dict[str, Any] = header.state or {}
    return (
        header.type == row.type
        and header.sender == home.principal(PersonId(row.sender))
        and header.origin == row.origin
        and header.counter == row.counter
        and header.written_at == row.at
        and fields.get("target") == row.target
    )


def header_of(room: RoomId, row: EntryRow, n: int, home: Home) -> Header | None:
    """Return the header of the row that should be entry `n`, or None where the row is not what its header says."""
    try:
        header = decode_header(row.header)
    except EvidenceError:
        return None
    right = row.n == n and is_said(row, header, home) and (room_id(row.header) if n == 0 else header.room) == room
    return header if right else None
