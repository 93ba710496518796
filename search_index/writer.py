"""The index as a whole: what came in, what is durable, and the work that turns one into the other.

Owns the order of things, so that a kill at any time leaves an index that opens and says up to where it has the feed:
1. what the feed sends is findable at once, in memory (`fresh`);
2. a job writes it as segments, one a month, then the manifest that names them and the cursor with them;
3. jobs merge small segments and rewrite segments without deleted documents; files that the manifest no longer
   names lose their keys and go.
Whatever is only in memory when the process dies is sent by the feed again, from the manifest's cursor.

Replacing: an entry sent again with another text takes the place of the earlier one. What is deleted is gone from
results in the same call, as a mark on its segment. The mark is durable with the next manifest, no later than the
cursor, and the words leave the files when the segment is next written anew (`merging`).

One thread calls everything but `Job.run`, which may run in another: it reads only what never changes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from search_index import manifest
from search_index.manifest import Manifest, SegmentRecord
from search_index.merging import TARGET, choose
from search_index.ranges import RangeSet
from search_index.segments import (
    Document,
    Mask,
    Merged,
    Names,
    Places,
    Segment,
    build,
    in_order,
    merge,
    month_of,
    write,
)
from search_index.storage import IndexDamaged, SealedStorage
from search_index.wire import IndexEntry, Range, State

FLUSH_AFTER_MS: Final = 20_000
"""What came in stays in memory only so long; a kill costs sending this much of the feed again."""

MAX_FRESH: Final = 2 * TARGET
"""So many entries wait in memory at most; then `Index.full` says so."""

logger = logging.getLogger(__name__)
_Key = tuple[str, int]


class CursorMismatch(Exception):
    """A batch of the feed that does not begin where the last one ended, at `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(f"received up to {received}")
        self.received = received


@dataclass(slots=True)
class FlushJob:
    """Writes what came in as segments."""

    storage: SealedStorage
    documents: dict[_Key, Document]
    cursor: int
    history_id: str
    written: list[tuple[SegmentRecord, list[_Key]]] = field(default_factory=list)

    def run(self) -> None:
        """Write the segments; durable, not yet in the manifest."""
        months: defaultdict[int, list[Document]] = defaultdict(list)
        for document in list(self.documents.values()):
            months[month_of(document.at)].append(document)
        for month, documents in sorted(months.items()):
            ordered = in_order(documents)
            for start in range(0, len(ordered), TARGET):
                self._write(ordered[start : start + TARGET], month)

    def _write(self, piece: list[Document], month: int) -> None:
        """Write one segment; a document that makes it fail is named in the log and left out."""
        try:
            arrays = build(piece)
        except Exception:
            sound = [document for document in piece if _builds(document)]
            if len(sound) == len(piece):
                raise
            if not sound:
                return
            piece, arrays = sound, build(sound)
        self.written.append((write(self.storage, arrays, month), [(d.room, d.n) for d in piece]))


def _builds(document: Document) -> bool:
    """Return whether a segment can be made of a document; name one that cannot."""
    try:
        build([document])
    except MemoryError:
        raise
    except Exception:
        logger.exception("message %s/%d cannot be indexed and is left out", document.room, document.n)
        return False
    return True


@dataclass(slots=True)
class MergeJob:
    """Merges segments, or rewrites one, without what was deleted when it began."""

    storage: SealedStorage
    sources: list[Segment]
    gone: list[Mask | None]
    merged: Merged | None = None
    written: SegmentRecord | None = None

    def run(self) -> None:
        """Write the segment; durable, not yet in the manifest."""
        self.merged = merge(self.sources, self.gone)
        if self.merged.arrays is not None:
            self.written = write(self.storage, self.merged.arrays, self.sources[0].record.month)


Job = FlushJob | MergeJob


class Index:
    """An open index in a folder. `clock` gives milliseconds since the epoch, UTC.

    Opening one that is damaged, or made by other rules, empties it: `received` is then 0. Raises BlockingIOError when
    another process has the folder.
    """

    def __init__(self, folder: Path, index_key: bytes, clock: Callable[[], int], cache_bytes: int) -> None:
        self.storage = SealedStorage(folder, index_key, cache_bytes)
        self.names = Names()
        self.segments: dict[str, Segment] = {}
        self._newest_first: list[Segment] | None = None
        self.fresh: dict[_Key, Document] = {}
        self.flushing: dict[_Key, Document] = {}
        self.received, self.history_id = 0, ""
        self._clock = clock
        self._pending_since = 0
        self._flushed_to = 0
        self._durable = Manifest()
        try:
            self._open()
        except IndexDamaged as reason:
            logger.warning("the index is damaged and is rebuilt: %s", reason)
            self.reset()

    def _open(self) -> None:
        self._durable = manifest.read(self.storage)
        self.received = self._flushed_to = self._durable.cursor
        self.history_id = self._durable.history_id
        for record in self._durable.segments:
            self.segments[record.name] = Segment(self.storage, record, self.names)
        self._delete_orphan_files()

    def _delete_orphan_files(self) -> None:
        """Remove the files of jobs that a kill cut short, and of segments that a manifest has left behind."""
        for name in self.storage.list():
            if name != manifest.NAME and name.partition(".")[0] not in self.segments:
                self.storage.delete_file(name)

    def close(self) -> None:
        """Close the files; what is only in memory is lost, and sent again by the feed."""
        for segment in self.segments.values():
            segment.close()
        self.segments = {}
        self.storage.close()

    def reset(self) -> None:
        """Forget everything, durably: the feed is to be sent again from 0."""
        for segment in self.segments.values():
            segment.close()
        self.segments, self.fresh, self.flushing = {}, {}, {}
        self._newest_first = None
        self.received = self._flushed_to = 0
        self.history_id = ""
        self._save(Manifest())
        self._delete_orphan_files()

    @property
    def newest_first(self) -> list[Segment]:
        """The segments in the order in which they are searched."""
        if self._newest_first is None:
            self._newest_first = sorted(self.segments.values(), key=lambda s: s.record.last_at, reverse=True)
        return self._newest_first

    @property
    def full(self) -> bool:
        """Whether so much waits in memory that more should wait outside until a job is done."""
        return len(self.fresh) + len(self.flushing) >= MAX_FRESH

    @property
    def flush_due(self) -> bool:
        """Whether a whole segment waits in memory."""
        return len(self.fresh) >= TARGET

    def state(self) -> State:
        """Return how far the index is."""
        held = sum(segment.record.documents - segment.gone_count for segment in self.segments.values())
        return State(
            received=self.received,
            history_id=self.history_id,
            durable=self._durable.cursor,
            entries=held + len(self.fresh) + len(self.flushing),
            segments=len(self.segments),
            bytes_on_disk=self.storage.bytes_on_disk(),
        )

    # What the feed sends

    def apply(
        self, after: int, upto: int, entries: Sequence[IndexEntry], gone: Sequence[Range] = (), history_id: str = ""
    ) -> int:
        """Take the feed after `after` up to `upto`; return up to where it is received. Raises CursorMismatch."""
        if upto <= self.received:
            return self.received
        if after != self.received:
            raise CursorMismatch(self.received)
        if replaced := [Range(entry.room, entry.n, entry.n) for entry in entries if entry.replaces]:
            self._remove(replaced)
        if self.received == self._flushed_to:
            self._pending_since = self._clock()
        for entry in entries:
            try:
                self.fresh[entry.room, entry.n] = Document.of(entry)
            except Exception:
                logger.exception("message %s/%d cannot be indexed and is left out", entry.room, entry.n)
        if gone:
            self._remove(gone)
        self.received, self.history_id = upto, history_id
        return upto

    def _remove(self, ranges: Sequence[Range]) -> None:
        """Take entries from memory and mark them in segments; the next manifest makes the marks durable."""
        wanted = RangeSet(ranges, self.names)
        for held in (self.fresh, self.flushing):
            for key in wanted.keys_in(held):
                del held[key]
        for segment in self.segments.values():
            self._mark(segment, wanted.within(segment))

    def _mark(self, segment: Segment, documents: Places) -> None:
        if segment.mark_gone(documents):
            since = segment.record.gone_since or self._clock()
            segment.record = msgspec.structs.replace(segment.record, gone=segment.gone_bytes(), gone_since=since)

    # What makes it durable

    def next_job(self, *, flush: bool = False) -> Job | None:
        """Return the next piece of work; with `flush`, that of writing what came in, however little. One at a time."""
        due = flush or self.flush_due or self._clock() - self._pending_since >= FLUSH_AFTER_MS
        if due and self.received > self._flushed_to:
            self.flushing, self.fresh = self.fresh, {}
            self._flushed_to = self.received
            return FlushJob(self.storage, dict(self.flushing), self.received, self.history_id)
        if flush:
            return None
        chosen = choose([segment.record for segment in self.segments.values()], self._clock())
        if not chosen:
            return None
        sources = [self.segments[record.name] for record in chosen]
        return MergeJob(self.storage, sources, [None if s.gone is None else s.gone.copy() for s in sources])

    def install(self, job: Job) -> None:
        """Make the work of a job that has run part of the index, durably."""
        if isinstance(job, FlushJob):
            self._install_flush(job)
        else:
            self._install_merge(job)

    def abandon(self, job: Job) -> None:
        """Take back a job that failed, for want of disk say: what it was to write waits for another."""
        if isinstance(job, FlushJob):
            self.fresh = self.flushing | self.fresh
            self.flushing = {}
            self._flushed_to = self._durable.cursor
        self._delete_orphan_files()

    def _install_flush(self, job: FlushJob) -> None:
        segments = dict(self.segments)
        for record, keys in job.written:
            segment = segments[record.name] = Segment(self.storage, record, self.names)
            meanwhile_gone = [place for place, key in enumerate(keys) if key not in self.flushing]
            self._mark(segment, np.array(meanwhile_gone, np.int64))
        self._commit_manifest(segments, job.cursor, job.history_id)
        self.flushing = {}

    def _install_merge(self, job: MergeJob) -> None:
        if job.merged is None:
            raise ValueError("the job has not run")
        left = {source.record.name for source in job.sources}
        segments = {name: segment for name, segment in self.segments.items() if name not in left}
        if job.written is not None:
            segment = segments[job.written.name] = Segment(self.storage, job.written, self.names)
            for source, before, places in zip(job.sources, job.gone, job.merged.places, strict=True):
                if source.gone is not None:
                    meanwhile = source.gone if before is None else source.gone & ~before
                    self._mark(segment, places[meanwhile])
        self._commit_manifest(segments, self._durable.cursor, self._durable.history_id)
        for source in job.sources:
            source.close()
        self._delete_orphan_files()

    def _commit_manifest(self, segments: dict[str, Segment], cursor: int, history_id: str) -> None:
        """Make these the segments of the index, durably; what is new among them is closed again if that fails."""
        try:
            self._save(Manifest(cursor, history_id, tuple(segment.record for segment in segments.values())))
        except OSError:
            for name in segments.keys() - self.segments.keys():
                segments[name].close()
            raise
        self.segments = segments
        self._newest_first = None

    def _save(self, saved: Manifest) -> None:
        manifest.write(self.storage, saved)
        self._durable = saved

    # In one thread, for an orderly end, tools and tests

    def flush(self) -> None:
        """Make everything received durable."""
        if (job := self.next_job(flush=True)) is not None:
            job.run()
            self.install(job)

    def settle(self) -> None:
        """Make everything durable, and do all the work that is due."""
        self.flush()
        while (job := self.next_job()) is not None:
            job.run()
            self.install(job)


def in_memory(index: Index) -> Iterable[Document]:
    """Return what is findable without being in a segment."""
    yield from index.fresh.values()
    yield from index.flushing.values()
