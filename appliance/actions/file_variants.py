"""What is made of a file to be shown in its place: thumbnails, views, pages, posters, sound for every browser (F11).

Rules:
- the parts are written as objects first; their rows, what was found out, and that it is done, in one transaction. After
  a crash the file is looked at again, and objects without rows are swept away;
- a PDF file is rendered some pages at a time, and each batch is shown at once;
- a file that nothing can be made of is sent as it is: that is an end too;
- variants take room: they count in the quota of the file's sender, there are no more bytes of them than
  `rules/file_quota.py: most_variants` allows, and none is made while the disk is nearly full. A file whose previews do
  not fit is sent without them, or with its first pages;
- what is infected is not looked at: its bytes are sealed away (`file_quarantine.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.actions.file_content import WORKER_AWAY, clear, worked
from appliance.actions.file_quarantine import note_unsealed, seal_away
from appliance.actions.file_quota import has_room
from appliance.attachments import ScanState
from appliance.errors import AppError, StorageFull, Unavailable
from appliance.files import keys
from appliance.files.content import write_sealed
from appliance.files.workers import PreviewRefused
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.log.file_keys import open_blob
from appliance.model import PersonId
from appliance.preview.protocol import Job, JobKind, PartKind
from appliance.rules.file_quota import most_variants
from appliance.rules.worker_jobs import job_for
from appliance.store import blobs, file_work
from appliance.store.file_work import FoundOut, NewBlob

if TYPE_CHECKING:
    from appliance.files.workers import Result
    from appliance.log.file_keys import OpenBlob
    from appliance.log.riders import RiderTx
    from appliance.preview.protocol import Facts
    from appliance.services import Services

MOST_PAGES: Final = 100
"""Pages of a PDF file that are rendered. Whoever wants the others downloads it."""


class _Batch(NamedTuple):
    found: FoundOut
    variants: list[NewBlob]
    ended: bool


async def make_variants(s: Services, blob: str) -> None:
    """Make what a file still lacks. Raises AppError for what may go better another time."""
    async with s.store.read() as reader:
        opened = await reader.run(open_blob, s.log.bodies, s.keys.files_keys, blob)
    if opened is None:
        # Nothing opens it any more: it is being deleted.
        await give_up(s, blob)
        return
    if not opened.row.preparing:
        return
    if opened.row.scan == ScanState.INFECTED:
        await seal_away(s, opened)
        return
    kind = job_for(opened.row.type)
    if kind is None:
        await give_up(s, blob)
        return
    if s.disk.is_nearly_full():
        raise StorageFull("the disk is nearly full; previews wait")
    was_looked_at = kind not in s.files.health.unlooked
    try:
        await (_render(s, opened) if kind is JobKind.PDF else _look(s, opened, kind))
    except PreviewRefused:
        await give_up(s, blob)
    except Unavailable as error:
        if error.code == WORKER_AWAY and was_looked_at:
            await _say_nobody_prepares(s, blob)
        raise


async def _say_nobody_prepares(s: Services, blob: str) -> None:
    """Tell the rooms of the first file for which no worker could be had; of later ones it is known from the start."""
    await s.log.change(lambda tx: announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob))


async def give_up(s: Services, blob: str, _error: AppError | None = None) -> None:
    """Note that nothing more will be made of a file: it is sent as it is. One that is infected stays unsealed."""

    def put(tx: RiderTx) -> bool:
        row = blobs.get(tx.rows, blob)
        if file_work.end_preparing(tx.rows, blob):
            announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)
        return row is not None and row.scan == ScanState.INFECTED

    if await s.log.change(put):
        await note_unsealed(s, blob)


async def _look(s: Services, opened: OpenBlob, kind: JobKind) -> None:
    row, key = opened
    async with worked(s, Job(kind, row.type, row.size), clear(s, row.id, key, row.size), row.owner) as result:
        await _keep(s, opened, await _written(s, opened, result, most_variants(row.size), ended=True))


async def _render(s: Services, opened: OpenBlob) -> None:
    """Render pages, from the first that is not there."""
    row, key = opened
    async with s.store.read() as reader:
        made = await reader.run(blobs.variants_of, row.id)
    page = max((one.page or 0 for one in made), default=0) + 1
    left = most_variants(row.size) - sum(one.size for one in made)
    while True:
        job = Job(JobKind.PDF, row.type, row.size, page)
        async with worked(s, job, clear(s, row.id, key, row.size), row.owner) as result:
            batch = await _written(s, opened, result, left, ended=False)
        last = max((one.page or 0 for one in batch.variants), default=0)
        ended = batch.ended or last < page or last >= min(MOST_PAGES, batch.found.pages or 0)
        if not await _keep(s, opened, batch._replace(ended=ended)) or ended:
            return
        page, left = last + 1, left - _size(batch.variants)


async def _written(s: Services, opened: OpenBlob, result: Result, left: int, *, ended: bool) -> _Batch:
    """Write the parts as objects, as many as `left` bytes allow. Raises AppError, and then none of them stays."""
    found, variants = _found_out(result.facts), list[NewBlob]()
    try:
        async for part, chunks in result.parts():
            left -= part.size
            if left < 0:
                ended = True
                break
            fresh = s.new_id("f")
            written = await write_sealed(s.files.objects, fresh, keys.variant_key(opened.key, fresh), chunks)
            variants.append(
                NewBlob(
                    fresh,
                    part.kind.value,
                    opened.row.owner,
                    part.type,
                    written.size,
                    written.root,
                    s.clock(),
                    parent=opened.row.id,
                    page=part.page,
                    width=part.width,
                    height=part.height,
                    ms=found.ms if part.kind is PartKind.AUDIO else None,
                )
            )
    except BaseException:
        await _forget(s, variants)
        raise
    return _Batch(found, variants, ended)


async def _keep(s: Services, opened: OpenBlob, batch: _Batch) -> bool:
    """Add the rows, unless the file has gone or was found infected meanwhile, these were made before, or do not fit.

    Returns whether they were added.
    """
    blob = opened.row.id

    def put(tx: RiderTx) -> bool:
        row = blobs.get(tx.rows, blob)
        if row is None or row.scan == ScanState.INFECTED or not row.preparing:
            return False
        there = {(one.kind, one.page) for one in blobs.variants_of(tx.rows, blob)}
        fresh = there.isdisjoint((one.kind, one.page) for one in batch.variants)
        fits = has_room(s, tx.rows, PersonId(row.owner), _size(batch.variants))
        if fresh:
            file_work.insert(tx.rows, batch.variants if fits else ())
            file_work.put_found_out(tx.rows, blob, batch.found)
        if batch.ended or not fits:
            file_work.end_preparing(tx.rows, blob)
        announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)
        return fresh and fits

    # Whoever is cancelled here does not know whether the rows are written: the sweep deletes what has none.
    kept = await s.log.change(put)
    if not kept:
        await _forget(s, batch.variants)
    return kept


def _size(variants: list[NewBlob]) -> int:
    return sum(one.size for one in variants)


async def _forget(s: Services, variants: list[NewBlob]) -> None:
    for one in variants:
        await s.files.objects.run_writing(s.files.objects.delete, one.id)


def _found_out(facts: Facts) -> FoundOut:
    return FoundOut(
        facts.width,
        facts.height,
        None if facts.seconds is None else round(facts.seconds * 1000),
        facts.pages,
        None if facts.waveform is None else bytes(facts.waveform),
    )
