"""What this appliance has found out about the files of messages, in the shape that clients see.

What a message says of a file is in its body; the facts stand in tables and change after it was sent: its scan, its
size as a picture, what was made of it. `file_events.py` tells of a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from appliance.attachments import ScanState
from appliance.model import Deny
from appliance.rules.scanning import ScanPolicy, may_open
from appliance.store import blobs, file_refs
from appliance.wire.files import FileFacts, Variant

if TYPE_CHECKING:
    from appliance.config import Files
    from appliance.model import Millis
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows


DAMAGED: Final = "damaged"


class Scanning(NamedTuple):
    """What the agency wants of files that were not found clean, and how long they wait for the scan."""

    policy: ScanPolicy = ScanPolicy.HOLD
    wait_ms: Millis = 0


def scanning_of(files: Files) -> Scanning:
    """Return what the settings say of files that were not found clean."""
    return Scanning(ScanPolicy(files.scan), round(files.scan_wait_s * 1000))


def facts_of(rows: Rows, blob: str, scanning: Scanning, now: Millis) -> FileFacts | None:
    """Return what is known of a file now, None where there is none."""
    row = blobs.get(rows, blob)
    return None if row is None else _facts(row, blobs.variants_of(rows, blob), scanning, now)


def of_entry(rows: Rows, room: int, n: int, scanning: Scanning, now: Millis) -> dict[str, FileFacts]:
    """Return what is known of the files of an entry, by id; of a room by its key. Those that are gone are not there."""
    found = {blob: facts_of(rows, blob, scanning, now) for blob in file_refs.kept_blobs(rows, room, n)}
    return {blob: facts for blob, facts in found.items() if facts is not None}


def _facts(row: BlobRow, variants: list[BlobRow], scanning: Scanning, now: Millis) -> FileFacts:
    state = ScanState(row.scan)
    denied = may_open(
        state, scanning.policy, now - row.made_at, scanning.wait_ms, is_sender=False, released=bool(row.released)
    )
    damaged = row.damaged_at is not None and state is not ScanState.INFECTED
    return FileFacts(
        state=DAMAGED if damaged else state.value,
        held=denied is Deny.FILE_HELD,
        preparing=bool(row.preparing),
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
