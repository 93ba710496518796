"""The audit log's checkpoints and its verification (architecture.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import Checkpoint, KeyType, Signer, open_checkpoint
from appliance.evidence.note import sign_checkpoint as sign_note
from appliance.evidence.room_id import audit_origin, log_key_name
from appliance.evidence.tree import Frontier
from appliance.store import audit

if TYPE_CHECKING:
    from appliance.people_services import PeopleServices

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What verifying the audit log found: how many records and checkpoints, and every fault in words."""

    records: int
    checkpoints: int
    faults: tuple[str, ...]


async def sign_checkpoint(s: PeopleServices) -> str | None:
    """Sign the audit log's head and keep the note; None when nothing was appended since the last one."""
    async with s.store.write() as tx:
        frontier = await audit.get_frontier(tx)
        last = await audit.get_checkpoint(tx)
        if frontier.size == (last[0] if last else 0):
            return None
        note = sign_note(Checkpoint(_origin(s), frontier.size, frontier.root()), _signer(s))
        await audit.insert_checkpoint(tx, frontier.size, s.clock(), note)
    return note


async def verify_audit(s: PeopleServices) -> AuditCheck:
    """Compute the whole tree again from the records and compare it with its head and every signed checkpoint."""
    faults: list[str] = []
    frontier = Frontier()
    async with s.store.read() as reader:
        notes = dict(await audit.list_checkpoints(reader))
        head = await audit.get_frontier(reader)
        while page := await audit.list_from(reader, frontier.size, _PAGE):
            for item in page:
                if item.n != frontier.size:
                    faults.append(f"record {frontier.size} is missing")
                    return AuditCheck(frontier.size, len(notes), tuple(faults))
                if not item.is_sound():
                    faults.append(f"record {item.n} was altered")
                frontier = frontier.append(item.leaf)
                if frontier.size in notes:
                    faults += _check_note(s, notes[frontier.size], frontier)
    if head.to_bytes() != frontier.to_bytes():
        faults.append(f"the head says {head.size} records, there are {frontier.size}")
    faults += [f"checkpoint of {size} records, there are {frontier.size}" for size in notes if size > frontier.size]
    return AuditCheck(frontier.size, len(notes), tuple(faults))


def _check_note(s: PeopleServices, note: str, frontier: Frontier) -> list[str]:
    try:
        checkpoint, _ = open_checkpoint(note, [_signer(s).verifier])
    except EvidenceError as error:
        return [f"checkpoint of {frontier.size} records: {error}"]
    if checkpoint != Checkpoint(_origin(s), frontier.size, frontier.root()):
        return [f"checkpoint of {frontier.size} records is of another log"]
    return []


def _signer(s: PeopleServices) -> Signer:
    return Signer.from_seed(
        log_key_name(s.config.agency.domain, s.config.agency.slug), KeyType.ED25519, s.keys.log_signing_seed
    )


def _origin(s: PeopleServices) -> str:
    return audit_origin(s.config.agency.domain, s.config.agency.slug)
