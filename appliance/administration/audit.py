"""`gchat audit …`: the audit log."""

from __future__ import annotations

import json
from base64 import b64encode

import msgspec

from appliance.actions.audit_checkpoints import verify_audit
from appliance.administration.formats import shown
from appliance.administration.terminal import Nothing, Terminal
from appliance.locale import both
from appliance.log.recorded_heads import head_lines, root_over
from appliance.services import Services
from appliance.store import audit, recorded_heads


class Newest(msgspec.Struct, kw_only=True):
    """`audit list`: how many, and of which target alone."""

    limit: int
    target: str | None


async def list_newest(s: Services, terminal: Terminal, given: Newest) -> int:
    """Print the newest records."""
    async with s.store.read() as reader:
        records = await reader.run(audit.list_newest, given.limit, target=given.target)
    if not records:
        await terminal.err(both("admin.nothing_found"))
    for item in reversed(records):
        detail = item.detail if item.detail is not None else "–"
        await terminal.out(
            f"{item.n}\t{shown(item.at)}\t{item.actor}\t{item.action}\t{item.target}\t{item.outcome}\t{detail}"
        )
    return 0


async def heads(s: Services, terminal: Terminal, _given: Nothing) -> int:
    """Print the recorded heads of rooms."""
    async with s.store.read() as reader:
        heads = await reader.run(recorded_heads.list_all)
    for line in head_lines(heads):
        await terminal.out(line)
    await terminal.err(both("admin.heads", heads=len(heads), decode=b64encode(root_over(heads)).decode()))
    return 0


async def verify(s: Services, terminal: Terminal, _given: Nothing) -> int:
    """Compute the log again."""
    found = await verify_audit(s)
    for fault in found.faults:
        await terminal.err(fault)
    await terminal.out(
        json.dumps({"records": found.records, "checkpoints": found.checkpoints, "faults": len(found.faults)})
    )
    return 1 if found.faults else 0
