"""Putting a new agency, files or log key to use: what is re-wrapped, signed and recorded between the two phases.

The rotation of the master key (`vault.keyring.rotate_master`) is recorded here too.

The keyring's own changes are `vault.switching`; this is what must be done while both keys are valid. Each step is
durable by itself and does nothing that is done already, so a switch that was cut short is repeated from its beginning.
It runs while no server does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions.audit_checkpoints import sign_checkpoint
from appliance.actions.second_factors import open_secret, seal_secret
from appliance.errors import Conflict, Unproven
from appliance.evidence.errors import EvidenceError
from appliance.evidence.key_change import sign_change
from appliance.evidence.note import open_checkpoint
from appliance.evidence.tree import Frontier
from appliance.files import keys as file_keys
from appliance.log import heads
from appliance.log.notes import home_of, log_signer
from appliance.store import accounts, audit, epoch_keys, file_wrapped_keys, rooms
from appliance.store.batch import NewCheckpoint
from appliance.vault.derived import derived_key
from appliance.vault.epochs import EpochId, unwrap_any, wrap
from appliance.vault.record import Purpose
from appliance.vault.switching import WRAPPING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.evidence.canonical import JsonValue
    from appliance.evidence.note import Signer
    from appliance.model import PersonId, RoomId
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.audit import AuditRecord
    from appliance.store.db import Rows

BEGUN: Final = "keys.switch_begun"
FINISHED: Final = "keys.switch_finished"
ROTATED: Final = "keys.rotate"
_PAGE: Final = 1_000
_ROOMS: Final = 100


async def record_begun(s: Services, actor: Actor, purpose: Purpose) -> None:
    """Record that a second key is valid now, for the log key with its statement; signed by both log keys."""
    await _record_once(s, actor, BEGUN, purpose)


async def finish(s: Services, actor: Actor, purpose: Purpose) -> None:
    """Make the key that is replaced unnecessary, and record it.

    Raises Unproven, WrongKey; Conflict (`quarantine_not_empty`) for the files key while infected files depend on it.
    """
    if purpose is Purpose.AGENCY:
        await _rewrap_epoch_keys(s)
        await _reseal_secrets(s)
    elif purpose is Purpose.FILES:
        await _rewrap_file_keys(s)
    else:
        await _sign_all_rooms(s)
    await _record_once(s, actor, FINISHED, purpose)


async def record_rotation(s: Services, actor: Actor, outcome: str, key: str, *, former: str, source: str) -> None:
    """Record a rotation of the master key, `begun` or `done`. `key`, `former`: ids of keys, not the keys.

    `source` is where the new key comes from (`SourceKind`).
    """
    async with s.store.write() as tx:
        await tx.run(
            audit.append, at=s.clock(), actor=actor.name, action=ROTATED, target=f"master:{key}", outcome=outcome,
            detail={"former": former, "source": source},
        )  # fmt: skip
    await sign_checkpoint(s)


def key_name(s: Services, purpose: Purpose) -> str:
    """Return what the new key is called in records: an id that discloses nothing of it; for a log key its public id."""
    if purpose in WRAPPING:
        return f"{purpose}:{derived_key(s.keys.keys[purpose], 'id')[:8].hex()}"
    return f"log:{_successor(s).verifier.key_id.hex()}"


def statement_of(begun: AuditRecord) -> str:
    """Return the signed statement that the record of a log key's switch holds."""
    return str(msgspec.json.decode(begun.detail or "{}").get("statement", ""))


async def _record_once(s: Services, actor: Actor, action: str, purpose: Purpose) -> None:
    target = key_name(s, purpose)
    async with s.store.write() as tx:
        known = await tx.run(audit.list_newest, _PAGE, target=target)
        if not any(item.action == action for item in known):
            detail = _detail(s, purpose)
            await tx.run(
                audit.append,
                at=s.clock(),
                actor=actor.name,
                action=action,
                target=target,
                outcome="done",
                detail=detail,
            )
    await sign_checkpoint(s)


def _detail(s: Services, purpose: Purpose) -> Mapping[str, JsonValue]:
    if purpose in WRAPPING:
        return {}
    signer, successor = log_signer(s.config.agency, s.keys), _successor(s)
    return {
        "former": signer.verifier.vkey,
        "new": successor.verifier.vkey,
        "statement": sign_change(signer, successor, s.clock()),
    }


def _successor(s: Services) -> Signer:
    successor = log_signer(s.config.agency, s.keys).successor
    if successor is None:
        raise Conflict(code="no_key_switch")
    return successor


async def _rewrap_epoch_keys(s: Services) -> None:
    after = 0
    while True:
        async with s.store.exclusive() as writer:
            done = await writer.commit(_rewrap_page, s.keys.agency_keys, after)
        if done is None:
            return
        after = done


def _rewrap_page(rows: Rows, agency_keys: tuple[bytes, ...], after: int) -> int | None:
    """Wrap the next page of epoch keys under the first of the keys; return the last one's number, None at the end."""
    page = epoch_keys.list_after(rows, after, _PAGE)
    fresh = []
    for key, room, week, kind, wrapped in page:
        epoch = EpochId.stored(room, week, kind)
        fresh.append((key, wrap(agency_keys[0], epoch, unwrap_any(agency_keys, epoch, wrapped))))
    epoch_keys.rewrap(rows, fresh)
    return page[-1][0] if page else None


async def _rewrap_file_keys(s: Services) -> None:
    """Wrap the keys of uploads, of files that no message refers to yet, and of portraits under the new key."""
    async with s.store.read() as reader:
        if await reader.run(file_wrapped_keys.has_infected):
            raise Conflict(code="quarantine_not_empty")
    for list_after, put in (
        (file_wrapped_keys.uploads_after, file_wrapped_keys.rewrap_uploads),
        (file_wrapped_keys.blobs_after, file_wrapped_keys.rewrap_blobs),
    ):
        after = ""
        while True:
            async with s.store.read() as reader:
                page = await reader.run(list_after, after, _PAGE)
            if not page:
                break
            fresh = [(name, file_keys.rewrap(s.keys.files_keys, name, wrapped)) for name, wrapped in page]
            async with s.store.exclusive() as writer:
                await writer.commit(put, fresh)
            after = page[-1][0]


async def _reseal_secrets(s: Services) -> None:
    def under_the_new(person: PersonId, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        return seal_secret(s.keys.agency_key, person, open_secret(s.keys.agency_keys, person, sealed))

    async with s.store.write() as tx:
        for person, (secret, pending) in await tx.run(accounts.list_totp):
            await tx.run(accounts.reseal_totp, person, under_the_new(person, secret), under_the_new(person, pending))


async def _sign_all_rooms(s: Services) -> None:
    """Have the new key sign each room's newest checkpoint beside the present one, once its entries make that tree."""
    async with s.store.read() as reader:
        waiting = await reader.run(rooms.all_ids)
    signer = log_signer(s.config.agency, s.keys)
    for start in range(0, len(waiting), _ROOMS):
        async with s.store.read() as reader:
            found = [await reader.run(_signed_by_both, room, signer) for room in waiting[start : start + _ROOMS]]
        async with s.store.exclusive() as writer:
            await writer.commit(rooms.put_checkpoints, [row for row in found if row is not None])


def _signed_by_both(rows: Rows, room: RoomId, signer: Signer) -> NewCheckpoint | None:
    """Return a room's checkpoint with the successor's signature, None where it has it. Raises Unproven."""
    assert signer.successor is not None  # noqa: S101 - asked for during a switch alone
    row = rooms.load(rows, room, home_of(signer.verifier))
    kept = rooms.checkpoint(rows, row.key) if row else None
    if row is None or kept is None:
        raise Unproven(f"{room} has no checkpoint", room=room)
    size, frontier, note, counters = kept
    try:
        checkpoint, signed = open_checkpoint(note, (signer.verifier, signer.successor.verifier))
    except EvidenceError as error:
        raise Unproven(f"{room}: {error}", room=room) from error
    if len(signed.signatures) > 1:
        return None
    made = heads.recompute(rows, row.key, Frontier(), upto=size)
    if (made.size, made.root(), made.to_bytes()) != (checkpoint.size, checkpoint.root, frontier):
        raise Unproven(f"{room}: the entries are not what was signed", room=room)
    both = note + signer.successor.sign(signed.text)
    return NewCheckpoint(row.key, size, frontier, both, msgspec.json.encode(counters).decode())
