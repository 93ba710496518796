"""Appending to the audit log, in the transaction of what is recorded: both are committed, or neither.

Does not: sign or verify the audit log (`audit_checkpoints.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.store import audit

if TYPE_CHECKING:
    from appliance.evidence.canonical import JsonValue
    from appliance.log.riders import Rider, RiderTx
    from appliance.model import Millis
    from appliance.services import Services
    from appliance.store.db import Tx


async def record(
    s: Services, tx: Tx, actor: str, action: str, target: str, outcome: str = "done", **detail: JsonValue
) -> None:
    """Append to the audit log in the transaction that does what is recorded, with the time now."""
    await record_at(tx, s.clock(), actor, action, target, outcome, **detail)


async def record_at(
    tx: Tx, at: Millis, /, actor: str, action: str, target: str, outcome: str = "done", **detail: JsonValue
) -> None:
    """Append as `record` does, with the time `at` (ms UTC) of the row that changed: row and record say the same."""
    await tx.run(audit.append, at=at, actor=actor, action=action, target=target, outcome=outcome, detail=detail)


def recording(actor: str, action: str, target: str, outcome: str = "done", **detail: JsonValue) -> Rider[None]:
    """Return what appends to the audit log together with the command that carries it."""

    def put(tx: RiderTx) -> None:
        audit.append(tx.rows, at=tx.at, actor=actor, action=action, target=target, outcome=outcome, detail=detail)

    return put
