"""Whether a stored entry is what its own header says: reads use the columns, the signature covers the header.

Used by `audit.py` for whole rooms and by `checkpoints.py` for what a crash left unsigned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError
from appliance.evidence.room_id import room_id

if TYPE_CHECKING:
    from appliance.evidence.canonical import Header
    from appliance.model import RoomId
    from appliance.store.entries import EntryRow


def header_of(room: RoomId, row: EntryRow, n: int, agency: str) -> Header | None:
    """Return the header of the row that should be entry `n`, or None where the row is not what its header says.

    `agency` is the slug that every entry of a local room names as its origin.
    """
    try:
        header = decode_header(row.header)
    except EvidenceError:
        return None
    fields: dict[str, Any] = header.state or {}
    right = (
        row.n == n
        and header.type == row.type
        and header.sender == f"{row.sender}@{agency}"
        and header.origin == agency
        and header.written_at == row.at
        and header.counter == n
        and fields.get("target") == row.target
        and (room_id(row.header) if n == 0 else header.room) == room
    )
    return header if right else None
