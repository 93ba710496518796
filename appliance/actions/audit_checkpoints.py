"""The audit log's checkpoints: signing its head, and verifying its records against every head that was signed.

Does not: append a record (`audit_records.py`), verify rooms (`log/integrity.py`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import Checkpoint, open_checkpoint
from appliance.evidence.note import sign_checkpoint as sign_note
from appliance.evidence.room_id import audit_origin
from appliance.evidence.tree import Frontier
from appliance.locale import both
from appliance.log.notes import log_signer, log_verifiers
from appliance.log.recorded_heads import read_file
from appliance.store import audit, terms

if TYPE_CHECKING:
    from appliance.evidence.note import Signer, Verifier
    from appliance.services import Services
    from appliance.store.audit import AuditRecord
    from appliance.store.db import Tx

ACCEPTED: Final = "terms.accept"
# Computed in the event loop, so in small pages: a tenth of a second of the server's time must not be taken at once.
_PAGE: Final = 100


class AuditCheck(msgspec.Struct, frozen=True):
    """What verifying the audit log found: how many records and checkpoints, and every fault in Thai and English."""

    records: int
    checkpoints: int
    faults: tuple[str, ...]


async def sign_checkpoint(s: Services) -> str | None:
    """Sign the audit log's head and keep the note; None when nothing was appended since the last one."""
    async with s.store.write() as tx:
        frontier = await tx.run(audit.get_frontier)
        last = await tx.run(audit.get_checkpoint)
        return None if frontier.size == (last[0] if last else 0) else await sign_head(s, tx)


async def sign_head(s: Services, tx: Tx) -> str:
    """Sign the audit log as it stands in this transaction, keep the note and return it."""
    frontier = await tx.run(audit.get_frontier)
    note = sign_note(Checkpoint(_origin(s), frontier.size, frontier.root()), _signer(s))
    await tx.run(audit.insert_checkpoint, frontier.size, s.clock(), note)
    return note


async def verify_audit(s: Services) -> AuditCheck:
    """Compute the whole tree again from the records and compare it with its head and every signed checkpoint.

    The checkpoints are those of the database and those in the file of recorded heads. Acceptances of the terms are
    compared with their records; the history of sign-ins is not in this log and is no evidence.
    """
    async with s.store.read() as reader:
        kept = dict(await reader.run(audit.list_checkpoints))
        head = await reader.run(audit.get_frontier)
        accepted = {(a.person, a.version): (a.at, a.session) for a in await reader.run(terms.list_acceptances)}
        walk = _Walk(s, kept, await asyncio.to_thread(_notes_in_file, s))
        while page := await reader.run(audit.list_from, walk.frontier.size, _PAGE):
            for item in page:
                walk.add(item)
            if walk.broken:
                return AuditCheck(walk.frontier.size, len(kept), tuple(walk.faults))
            await asyncio.sleep(0)
    size = walk.frontier.size
    if head.to_bytes() != walk.frontier.to_bytes():
        walk.faults.append(both("verify.audit_head", said=head.size, size=size))
    walk.faults += [both("verify.audit_beyond", said=at, size=size) for at in walk.notes if at > size]
    differing = {of for of, _ in accepted.items() ^ walk.accepted.items()}
    walk.faults += [
        both("verify.audit_acceptance", version=version, person=person) for person, version in sorted(differing)
    ]
    return AuditCheck(size, len(kept), tuple(walk.faults))


class _Walk:
    """The walk over the records: the tree they make, the faults so far, and which terms were accepted."""

    def __init__(self, s: Services, kept: dict[int, str], in_file: list[str]) -> None:
        self._s = s
        self.frontier, self.faults, self.broken = Frontier(), list[str](), False
        self.notes: dict[int, list[str]] = {size: [note] for size, note in kept.items()}
        self.accepted: dict[tuple[str, int], tuple[int, str]] = {}
        for note in in_file:
            try:
                checkpoint, _ = open_checkpoint(note, _verifiers(s))
            except EvidenceError as error:
                self.faults.append(f"{s.config.heads_file.name}: {error}")
            else:
                self.notes.setdefault(checkpoint.size, []).append(note)

    def add(self, item: AuditRecord) -> None:
        """Take the next record."""
        if self.broken or item.n != self.frontier.size:
            if not self.broken:
                self.faults.append(both("verify.audit_missing", n=self.frontier.size))
            self.broken = True
            return
        if not item.is_sound():
            self.faults.append(both("verify.audit_altered", n=item.n))
        elif item.action == ACCEPTED and item.detail is not None:
            fields = msgspec.json.decode(item.detail)
            self.accepted[item.target, fields["version"]] = (item.at, fields["session"])
        self.frontier = self.frontier.append(item.leaf)
        for note in self.notes.get(self.frontier.size, ()):
            self.faults += _check_note(self._s, note, self.frontier)


def _notes_in_file(s: Services) -> list[str]:
    return read_file(s.config.heads_file, *_verifiers(s)).audit_notes


def _check_note(s: Services, note: str, frontier: Frontier) -> list[str]:
    try:
        checkpoint, _ = open_checkpoint(note, _verifiers(s))
    except EvidenceError as error:
        return [both("verify.audit_checkpoint", said=frontier.size, error=error)]
    if checkpoint != Checkpoint(_origin(s), frontier.size, frontier.root()):
        return [both("verify.audit_other_log", said=frontier.size)]
    return []


def _signer(s: Services) -> Signer:
    return log_signer(s.config.agency, s.keys)


def _verifiers(s: Services) -> tuple[Verifier, ...]:
    return log_verifiers(s.config.agency, s.keys)


def _origin(s: Services) -> str:
    return audit_origin(s.config.agency.domain, s.config.agency.slug)
