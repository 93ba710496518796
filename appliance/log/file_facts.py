"""What this appliance has found out about the files of messages, in the shape that clients see.

What a message says of a file is in its body; the facts stand in tables and change after it was sent: its scan, its
size as a picture, what was made of it. `file_events.py` tells of a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from appliance.attachments import ScanState
from appliance.model import Deny
from appliance.rules.scanning import ScanPolicy, may_open
from appliance.rules.worker_jobs import job_for
from appliance.store import blobs, file_deletions, file_refs
from appliance.wire.files import FileFacts, Variant

if TYPE_CHECKING:
    from collections.abc import Collection

    from appliance.config import Files
    from appliance.files.scanner_health import ScannerHealth
    from appliance.model import Millis
    from appliance.preview.protocol import JobKind
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows
    from appliance.wire.files import FileState


DAMAGED: Final = "damaged"
RELEASED: Final = "released"
REMOVED: Final = FileFacts(state="removed", variants=[])
"""Of a file that was deleted out of its messages, since a virus was found in it."""


class Scanning(NamedTuple):
    """What the agency wants of files that were not found clean, how long they wait, and whether the scanner is away.

    `unlooked` are the jobs for which no worker can be had: nobody is preparing what waits for them.
    """

    policy: ScanPolicy = ScanPolicy.HOLD
    wait_ms: Millis = 0
    away: bool = False
    unlooked: frozenset[JobKind] = frozenset()


def scanning_of(files: Files, health: ScannerHealth) -> Scanning:
    """Return what the settings say of files that were not found clean, and how the scanner is."""
    wait_ms, unlooked = round(files.scan_wait_s * 1000), frozenset(health.unlooked)
    return Scanning(ScanPolicy(files.scan), wait_ms, health.is_away, unlooked)


def facts_of(rows: Rows, blob: str, scanning: Scanning, now: Millis) -> FileFacts | None:
    """Return what is known of a file now, None where there is none."""
    row = blobs.get(rows, blob)
    return None if row is None else _facts(row, blobs.variants_of(rows, blob), scanning, now)


def of_entry(
    rows: Rows, room: int, n: int, said: Collection[str], scanning: Scanning, now: Millis
) -> dict[str, FileFacts]:
    """Return what is known of the files that an entry says, by id; of a room by its key. Those that are gone are not
    there.
    """
    found = {blob: facts_of(rows, blob, scanning, now) for blob in file_refs.kept_blobs(rows, room, n)}
    known = {blob: facts for blob, facts in found.items() if facts is not None}
    if known.keys() >= set(said):
        return known
    return known | dict.fromkeys(file_deletions.infected_of_message(rows, room, n), REMOVED)


def denied_of(row: BlobRow, scanning: Scanning, now: Millis, *, is_sender: bool) -> Deny | None:
    """Return why a file may not be opened now, as the scan says; of a variant its file's row is asked."""
    age, released = now - row.made_at, bool(row.released)
    return may_open(ScanState(row.scan), scanning.policy, age, scanning.wait_ms, is_sender=is_sender, released=released)


def _facts(row: BlobRow, variants: list[BlobRow], scanning: Scanning, now: Millis) -> FileFacts:
    state = ScanState(row.scan)
    is_held = denied_of(row, scanning, now, is_sender=False) is Deny.FILE_HELD
    return FileFacts(
        state=_state(row, state),
        scanner=_scanner(scanning) if state is ScanState.PENDING else None,
        held=is_held,
        # Of what `deliver` holds nothing but the scan is missing.
        opens=is_held and scanning.policy is ScanPolicy.DELIVER,
        preparing=bool(row.preparing) and job_for(row.type) not in scanning.unlooked,
        width=row.width,
        height=row.height,
        seconds=_seconds(row),
        pages=row.pages,
        waveform=None if row.waveform is None else list(row.waveform),
        variants=[_variant(one) for one in variants if one.damaged_at is None],
    )


def _variant(row: BlobRow) -> Variant:
    return msgspec.convert(row._asdict() | {"seconds": _seconds(row)}, Variant)


def _seconds(row: BlobRow) -> float | None:
    return None if row.ms is None else row.ms / 1000


def _state(row: BlobRow, scanned: ScanState) -> FileState:
    """Return the state that people are shown."""
    if row.damaged_at is not None and scanned is not ScanState.INFECTED:
        return DAMAGED
    return RELEASED if row.released else scanned.value


def _scanner(scanning: Scanning) -> Literal["away", "off"] | None:
    """Return why a file that waits for its scan is not being scanned."""
    if scanning.policy is ScanPolicy.OFF:
        return "off"
    return "away" if scanning.away else None
