"""Destroying words and files of messages for good: the one way, whether their bodies are erased or their key destroyed.

Rules:
- what is destroyed of a room's words is in the room's log (`shred`): by that entry devices forget them, and the search
  index, whose receipt follows when it has the entry on its disk;
- a key of words is destroyed with the bodies that it sealed, so the entries for these come first, in one transaction;
- a key of files is destroyed with its references. The words of the messages stay, with the names; the devices of
  everybody in the room hear that the files are gone, and the audit log has `room.destroy_key`;
- a key of files of a past week is destroyed once no reference is under it any more: with the last of them, or, where
  that went in its own week, in the night after (`destroy_idle_keys`);
- files that no message refers to any more are deleted at once (`file_deletion.py`).

No command does any of it: what is due is for a rule of retention to say, and this release has none (Q6).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.actions import file_deletion
from appliance.actions.audit_records import recording
from appliance.errors import Conflict, Invalid, NotFound, Unavailable
from appliance.log.file_events import announce_under
from appliance.model import SYSTEM, Draft, EntryType
from appliance.rules.entry_states import BodiesDestroyed
from appliance.rules.log_texts import is_rule
from appliance.rules.membership import MAX_DESTROYED
from appliance.store import entries as entry_rows
from appliance.store import epoch_keys, file_deletions
from appliance.vault.epochs import iso_week

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.log.riders import RiderTx
    from appliance.model import Appended, RoomId
    from appliance.services import Services
    from appliance.store.db import Rows

logger = logging.getLogger(__name__)
SHRED: Final = "room.shred"
DESTROY_KEY: Final = "room.destroy_key"
_PAGE: Final = 500
_RACED: Final = "busy"


async def erase_bodies(s: Services, room: RoomId, first: int, last: int, rule: str) -> Appended:
    """Destroy the bodies of entries `first` to `last`, at most 5,000, by a rule of retention; say so in the room's log.

    The entry, the destruction and the record are one transaction. Headers stay, and with them the proof. References to
    files go with the bodies. Raises Invalid, NotFound.
    """
    _check_rule(rule)
    if not 0 <= first <= last < min((await s.log.head(room)).size, first + MAX_DESTROYED):
        raise Invalid(field="last")

    def put(tx: RiderTx) -> None:
        recording(SYSTEM, SHRED, room, n=tx.appended[0].n, first=first, last=last, rule=rule)(tx)
        _destroy_idle(tx, room)

    appended = await s.log.append(_said(s, room, first, last, rule), riders=(put,))
    await _delete_files(s)
    return appended[0]


async def destroy_key(s: Services, room: RoomId, key: int, rule: str) -> list[Appended]:
    """Destroy an epoch key of a room, by its number, with all that it sealed; return the entries that say so.

    Raises Invalid, NotFound for a key that the room does not have or that was destroyed before.
    """
    _check_rule(rule)
    await s.log.head(room)
    while True:
        async with s.store.read() as reader:
            ranges = await reader.run(_ranges_under, room, key)

        def put(tx: RiderTx, known: int = len(ranges)) -> None:
            # Words may have been sealed with it since the ranges were read, also in this very batch.
            if _ranges_under(tx.rows, room, key):
                raise Conflict(code=_RACED)
            recording(SYSTEM, DESTROY_KEY, room, key=key, ranges=known, rule=rule)(tx)
            announce_under(tx, s.log.bodies, room, key)
            tx.destroy_keys([key])
            _destroy_idle(tx, room)

        drafts = [_said(s, room, first, last, rule) for first, last in ranges]
        try:
            if drafts:
                appended = await s.log.append(*drafts, riders=(put,))
            else:
                await s.log.change(put)
                appended = []
        except Conflict as raced:
            if raced.code != _RACED:
                raise
        else:
            await _delete_files(s)
            return appended


async def destroy_idle_keys(s: Services) -> int:
    """Destroy the keys of files of past weeks that nothing is under any more; return how many. A timer calls it."""

    def put(tx: RiderTx) -> int:
        idle = file_deletions.idle_keys_of_all(tx.rows, iso_week(tx.at), _PAGE)
        tx.destroy_keys(idle)
        return len(idle)

    destroyed = 0
    while done := await s.log.change(put):
        destroyed += done
    return destroyed


def _check_rule(rule: str) -> None:
    if not is_rule(rule):
        raise Invalid(field="rule", code="why_missing")


def _said(s: Services, room: RoomId, first: int, last: int, rule: str) -> Draft:
    state = BodiesDestroyed(first=first, last=last, rule=rule, at=s.clock())
    return Draft(room, s.log.home.system, EntryType.SHRED, state=state)


def _ranges_under(rows: Rows, room: RoomId, key: int) -> list[tuple[int, int]]:
    """Return the first and last of each run of bodies that a key of a room seals. Raises NotFound."""
    room_key = entry_rows.room_key(rows, room)
    row = epoch_keys.get(rows, key) if key in {kept[0] for kept in epoch_keys.of_room(rows, room_key)} else None
    if row is None or row.wrapped is None:
        raise NotFound(field="key")
    return _runs(entry_rows.sealed_by(rows, room_key, key))


def _runs(sealed: Iterable[tuple[int, bool]]) -> list[tuple[int, int]]:
    """Return the runs of entries whose bodies are of one key, of (entry, whether it is of that key) in order."""
    runs: list[tuple[int, int]] = []
    goes_on = False
    for n, is_of_key in sealed:
        if is_of_key and goes_on and n - runs[-1][0] < MAX_DESTROYED:
            runs[-1] = (runs[-1][0], n)
        elif is_of_key:
            runs.append((n, n))
        goes_on = is_of_key
    return runs


def _destroy_idle(tx: RiderTx, room: RoomId) -> None:
    """Destroy the room's keys of files of past weeks that no reference is under any more."""
    tx.destroy_keys(file_deletions.idle_file_keys(tx.rows, entry_rows.room_key(tx.rows, room), iso_week(tx.at)))


async def _delete_files(s: Services) -> None:
    try:
        await file_deletion.delete_unreferenced(s)
    except Unavailable as error:
        logger.warning("files of erased messages are deleted a minute later: %s", error)
