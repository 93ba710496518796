"""Verifies many rooms: each against its own checkpoint and against the heads that were recorded outside it.

Used by `gchat room verify` and by the nightly check. Each room is read on a connection of its own, because a connection
that met a torn page reads nothing more. It reads only.
"""

from __future__ import annotations

import asyncio
import logging
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.errors import Unavailable
from appliance.locale import both
from appliance.log.damage import DAMAGED, list_rooms
from appliance.log.integrity import Fault, Interrupted, verify_room
from appliance.log.notes import home_of
from appliance.log.recorded_heads import read_file, root_over
from appliance.store import audit, entries, feed, recorded_heads, rooms
from appliance.store.db import Rows, open_store, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from appliance.evidence.note import Verifier
    from appliance.log.integrity import Check
    from appliance.model import RoomId

    Root = bytes | None

logger = logging.getLogger(__name__)
RECORDED: Final = "heads.record"
# A server signs once a second.
SETTLES_S: Final = 2.5

_MAX_LINES: Final = 100


@dataclass(slots=True)
class Verified:
    """How many rooms were walked, which of them have a fault, and every fault in words."""

    rooms: int = 0
    faulty: set[RoomId] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Where the appliance's data is: the database with its key, and the file of recorded heads."""

    database: Path
    key: bytes
    heads_file: Path


def verify_rooms(
    place: LogFiles, check: Check, asked: Sequence[RoomId] = (), wait: Callable[[float], object] = time.sleep
) -> Verified:
    """Verify these rooms, or all there are and all that were recorded, and then the lines of the feed too.

    Raises WrongKey, Unavailable.
    """
    result = Verified()
    with reading(place.database, place.key) as rows:
        heads, faults = _recorded(rows, place.heads_file, (check.verifier, *check.former))
    present, nameless = ([], []) if asked else _all_rooms(place)
    faults = [*faults, *(f"{both('verify.nameless')} ({key})" for key in nameless)]
    every = list(asked) or list(dict.fromkeys([*present, *heads]))
    result.rooms, result.faults = len(every), faults
    check = replace(check, heads=heads)
    unsigned: list[tuple[RoomId, int]] = []
    for room in every:
        found, size = _fault_of(place, room, check, None)
        if found is not None and not isinstance(found, str) and found.what == "unsigned":
            unsigned.append((room, size))
        else:
            _note(result, room, found)
    if unsigned:
        # A server may be about to sign them.
        wait(SETTLES_S)
    for room, size in unsigned:
        _note(result, room, _fault_of(place, room, check, size)[0])
    if not asked:
        result.faults += _faults_of_feed(place)
    return result


def _faults_of_feed(place: LogFiles) -> list[str]:
    """Return what of feed and rooms contradicts the log as a whole; on a torn page, that they cannot be compared."""
    try:
        with reading(place.database, place.key) as rows:
            twice = [both("verify.two_at_one_position", pos=pos) for pos in feed.at_entries(rows, _MAX_LINES)]
            twice += [both("verify.of_no_room", key=key) for key in entries.of_no_room(rows, _MAX_LINES)]
            return twice + [both("verify.not_indexed", pos=pos) for pos in entries.unplaced(rows, _MAX_LINES)]
    except Unavailable as error:
        if error.code != DAMAGED:
            raise
        return [both("verify.feed_damaged")]


def _all_rooms(place: LogFiles) -> tuple[list[RoomId], list[int]]:
    """Return every room, and the keys of those whose name is on a torn page."""

    async def read() -> tuple[list[RoomId], list[int]]:
        store = await open_store(place.database, place.key, readers=1, read_only=True)
        try:
            return await list_rooms(store)
        finally:
            await store.close()

    # A thread of its own, since the caller may run in an event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(read())).result()


def _note(result: Verified, room: RoomId, found: Fault | str | None) -> None:
    if found is not None:
        result.faulty.add(room)
        result.faults.append(str(found))


def _fault_of(place: LogFiles, room: RoomId, check: Check, settled: int | None) -> tuple[Fault | str | None, int]:
    """Return a room's fault, and for one with unsigned entries its size.

    Whatever its rows make the walk raise is a fault of this room alone: the others are verified all the same.
    """
    try:
        with reading(place.database, place.key) as rows:
            fault = verify_room(rows, room, check, settled)
            unsigned = fault is not None and fault.what == "unsigned"
            row = rooms.load(rows, room, home_of(check.verifier)) if unsigned else None
            return fault, row.size if row else 0
    except Interrupted:
        raise
    except Unavailable as error:
        return f"{room}: {both(error.code)}", 0
    except Exception:
        logger.exception("room %s cannot be verified", room)
        return Fault(room, "unreadable"), 0


def _recorded(
    rows: Rows, path: Path, verifiers: tuple[Verifier, ...]
) -> tuple[dict[RoomId, dict[int, bytes]], list[str]]:
    """Return every recorded (size → root) of each room, once table, audit log and file agree, and where they do not."""
    file, table = read_file(path, *verifiers), recorded_heads.list_all(rows)
    faults, logged = list(file.faults), _logged_root(rows)
    if (root_over(table) if table else None) != logged:
        faults.append(both("verify.not_logged"))
    if logged is not None and file.root != logged:
        faults.append(both("verify.not_in_file", file=path))
    for room, (size, root) in table.items():
        file.heads.setdefault(room, {}).setdefault(size, root)
    return file.heads, faults


def _logged_root(rows: Rows) -> Root:
    detail = audit.newest_detail(rows, RECORDED)
    fields: dict[str, Any] = msgspec.json.decode(detail) if detail else {}
    return b64decode(fields["root"]) if "root" in fields else None
