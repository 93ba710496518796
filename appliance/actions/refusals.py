"""Putting refusals on record: the first of a kind at once, those that follow within the hour as one number (F32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.actions.audit_records import record
from appliance.identity.refusals import Refusal

if TYPE_CHECKING:
    from appliance.services import Services


async def record_refusal(s: Services, actor: str, action: str, target: str, outcome: str) -> None:
    """Record that a rule refused somebody something; `outcome` is the reason's code."""
    if s.refusals.note(actor, Refusal(action, target, outcome), s.clock()):
        async with s.store.write() as tx:
            await record(s, tx, actor, action, target, outcome)


async def record_repeated(s: Services) -> None:
    """Record how often refusals came again in the hours that are over; a timer calls this."""
    due = s.refusals.take_due(s.clock())
    if not due:
        return
    async with s.store.write() as tx:
        for actor, refusal, again in due:
            await record(s, tx, actor, refusal.action, refusal.target, refusal.outcome, again=again)
