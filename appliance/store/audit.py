"""The audit log: what was done to accounts, settings, rooms and the directory, by whom, as a log that shows tampering.

Each record is a leaf of an RFC 6962 tree of its own, appended in the
transaction of what it records. A leaf covers the columns and a salted commitment to `detail`, so a detail that must
be destroyed can be, and the log still verifies. Never content of messages, never a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.evidence import canonical, commitment
from appliance.evidence.tree import Frontier, leaf_hash
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.evidence.canonical import JsonValue
    from appliance.model import Millis
    from appliance.store.db import Rows

_SQL = Queries("audit")
NEWEST: Final = 2**62


class AuditRecord(msgspec.Struct, frozen=True):
    """One record as kept; `detail` is canonical JSON, None once it was destroyed together with its salt."""

    n: int
    at: Millis
    actor: str
    action: str
    target: str
    outcome: str
    detail: str | None
    commitment: str
    salt: bytes | None
    leaf: bytes

    def computed_leaf(self) -> bytes:
        """Return the leaf hash that these columns make."""
        return leaf_hash(
            canonical.encode(
                {
                    "ac": self.action,
                    "at": self.at,
                    "by": self.actor,
                    "dc": self.commitment,
                    "n": self.n,
                    "ou": self.outcome,
                    "ta": self.target,
                    "v": 1,
                }
            )
        )

    def is_sound(self) -> bool:
        """Return whether the leaf is of these columns, and the detail, while it exists, the one committed to."""
        if self.computed_leaf() != self.leaf:
            return False
        if self.detail is None or self.salt is None:
            return self.detail is None and self.salt is None
        return commitment.check(self.commitment, self.salt, self.detail.encode())


def append(
    rows: Rows,
    *,
    at: Millis,
    actor: str,
    action: str,
    target: str,
    outcome: str,
    detail: Mapping[str, JsonValue] | None = None,
) -> int:
    """Append a record in the transaction of what it records; return its position."""
    frontier = _frontier(rows.one(_SQL.head))
    body = canonical.encode(dict(detail or {}))
    salt, committed = commitment.commit(body)
    bare = AuditRecord(frontier.size, at, actor, action, target, outcome, body.decode(), committed, salt, b"")
    leaf = bare.computed_leaf()
    rows.run(
        _SQL.insert,
        {
            "n": bare.n,
            "at": at,
            "actor": actor,
            "action": action,
            "target": target,
            "outcome": outcome,
            "detail": bare.detail,
            "commitment": committed,
            "salt": salt,
            "leaf": leaf,
        },
    )
    rows.run(_SQL.put_head, {"frontier": frontier.append(leaf).to_bytes()})
    return bare.n


def get_frontier(rows: Rows) -> Frontier:
    """Return the growing edge of the tree."""
    return _frontier(rows.one(_SQL.head))


def list_from(rows: Rows, start: int, limit: int) -> list[AuditRecord]:
    """Return records from a position on, the oldest first."""
    return [_record(row) for row in rows.all(_SQL.page, {"start": start, "limit": limit})]


def list_newest(rows: Rows, limit: int, *, before: int = NEWEST, target: str | None = None) -> list[AuditRecord]:
    """Return the newest records before a position, of one target where one is given."""
    if target is None:
        found = rows.all(_SQL.page_before, {"before": before, "limit": limit})
    else:
        found = rows.all(_SQL.page_of_target, {"target": target, "before": before, "limit": limit})
    return [_record(row) for row in found]


def find_last(rows: Rows, action: str, target: str) -> AuditRecord | None:
    """Return the newest record of an action on a target."""
    row = rows.one(_SQL.last_of_target, {"action": action, "target": target})
    return _record(row) if row else None


def newest_detail(rows: Rows, action: str) -> str | None:
    """Return the detail of the newest record of an action."""
    row = rows.one(_SQL.newest_detail, {"action": action})
    return row[0] if row else None


def insert_checkpoint(rows: Rows, size: int, at: Millis, note: str) -> None:
    """Keep a signed checkpoint; the first one of a size is kept."""
    rows.run(_SQL.insert_checkpoint, {"size": size, "at": at, "note": note})


def get_checkpoint(rows: Rows) -> tuple[int, str] | None:
    """Return size and note of the newest checkpoint."""
    row = rows.one(_SQL.last_checkpoint)
    return (row[0], row[1]) if row else None


def list_checkpoints(rows: Rows) -> list[tuple[int, str]]:
    """Return size and note of every checkpoint, the oldest first."""
    return [(row[0], row[1]) for row in rows.all(_SQL.list_checkpoints)]


def _frontier(row: tuple[Any, ...] | None) -> Frontier:
    return Frontier.from_bytes(row[0]) if row else Frontier()


def _record(row: tuple[Any, ...]) -> AuditRecord:
    return AuditRecord(*row)
