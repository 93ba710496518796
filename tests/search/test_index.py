"""The index against brute force: entries, replacements, deletions, merges, restarts and pages in any order."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from search_index import manifest, merging
from search_index.manifest import SegmentRecord
from search_index.query import Query, matches, parse
from search_index.storage import SealedStorage
from search_index.wire import Before, Hit, IndexEntry, Range, Search
from search_index.writer import FLUSH_AFTER_MS, CursorMismatch, FlushJob, Index
from tests.search import corpus
from tests.search.corpus import CACHE, KEY, Clock

HOUR = 60 * 60 * 1000
MONTH = 31 * 24 * HOUR
ROOMS = [f"r_{n}" for n in range(7)]
FORMS = st.text(st.sampled_from("กขค่้ำเแ aA1๒😀http"), min_size=0, max_size=12)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def index(tmp_path: Path, clock: Clock) -> Iterator[Index]:
    with corpus.opened(tmp_path / "index", clock) as opened:
        yield opened


def wanted(text: str, **filters: Any) -> Search:
    return replace(Search(needles=list(parse(text).needles), rooms=ROOMS, limit=500), **filters)


class Against(RuleBasedStateMachine):
    """Everything that can happen to an index, beside a dictionary of what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gchat-index-"))
        self.clock = Clock()
        self.index = Index(self.folder, KEY, self.clock, CACHE)
        self.held: dict[tuple[str, int], IndexEntry] = {}
        self.durable: dict[tuple[str, int], IndexEntry] = {}
        self.position = self.durable_position = 0

    def teardown(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder)

    def settled(self) -> None:
        self.durable, self.durable_position = dict(self.held), self.position

    @rule(texts=st.lists(FORMS, max_size=6), apart=st.sampled_from([0, 1, HOUR, MONTH]))
    def tell(self, texts: list[str], apart: int) -> None:
        entries = [
            IndexEntry(f"r_{place % 3}", self.position + place, f"p_{place % 2}", corpus.NOON + self.position * apart,
                       text, "text" if place % 2 else "file", has_link="http" in text)
            for place, text in enumerate(texts)
        ]  # fmt: skip
        self.index.apply(self.position, self.position + 10, entries)
        self.position += 10
        self.held |= {(entry.room, entry.n): entry for entry in entries}

    @precondition(lambda self: self.held)
    @rule(data=st.data(), text=FORMS)
    def replace(self, data: st.DataObject, text: str) -> None:
        old = self.held[data.draw(st.sampled_from(sorted(self.held)))]
        new = IndexEntry(old.room, old.n, old.sender, old.at, text, old.type, has_link="http" in text, replaces=True)
        self.index.apply(self.position, self.position + 1, [new])
        self.position += 1
        self.held[new.room, new.n] = new

    @rule(room=st.sampled_from(ROOMS[:3]), first=st.integers(0, 60), length=st.integers(0, 15))
    def remove(self, room: str, first: int, length: int) -> None:
        self.index.apply(self.position, self.position + 1, [], [Range(room, first, first + length)])
        self.position += 1
        self.held = {k: e for k, e in self.held.items() if not (k[0] == room and first <= k[1] <= first + length)}

    @rule()
    def flush(self) -> None:
        self.index.flush()
        self.settled()

    @rule(later=st.sampled_from([0, FLUSH_AFTER_MS, 7 * HOUR]))
    def settle(self, later: int) -> None:
        self.clock.now += later
        self.index.settle()
        self.settled()

    @rule(text=FORMS, gone=st.booleans())
    def work_while_things_happen(self, text: str, gone: bool) -> None:  # noqa: FBT001 - drawn
        self.clock.now += FLUSH_AFTER_MS
        job = self.index.next_job()
        if gone:
            self.remove("r_1", 0, 30)
        before = dict(self.held), self.position
        if job is not None:
            job.run()
        self.tell([text], 1)
        if job is not None:
            self.index.install(job)
            if isinstance(job, FlushJob):
                self.durable = {k: e for k, e in before[0].items() if k in self.held and e is self.held[k]}
                self.durable_position = job.cursor

    @rule()
    def give_a_job_up(self) -> None:
        if (job := self.index.next_job()) is not None:
            job.run()
            self.index.abandon(job)

    @rule()
    def end_and_begin(self) -> None:
        self.index.settle()
        self.index.close()
        self.index = Index(self.folder, KEY, self.clock, CACHE)
        self.settled()
        assert self.index.received == self.position

    @rule()
    def lose_what_is_not_durable(self) -> None:
        self.index.close()
        self.index = Index(self.folder, KEY, self.clock, CACHE)
        assert self.index.received == self.durable_position
        found = self.found(Query(()))
        assert found <= self.durable.keys(), "what was gone when it was flushed stays gone"
        # A merge may have kept a removal or replacement before its time; the feed tells it again.
        assert {key for key, entry in self.durable.items() if self.held.get(key) is entry} <= found
        gone = [Range(*key, key[1]) for key in self.durable.keys() - self.held.keys()]
        self.index.apply(self.durable_position, self.position, self.told_again(), gone)

    def told_again(self) -> list[IndexEntry]:
        return [
            IndexEntry(e.room, e.n, e.sender, e.at, e.text, e.type, has_link=e.has_link, replaces=True)
            for e in self.held.values()
        ]

    def found(self, query: Query, **filters: Any) -> set[tuple[str, int]]:
        request = replace(Search(needles=list(query.needles), rooms=ROOMS, limit=7), **filters)
        hits = corpus.find_all(self.index, request)
        keys = [(hit.at, hit.room, hit.n) for hit in hits]
        assert keys == sorted(set(keys), reverse=True), "newest first, each once, over all pages"
        return {(hit.room, hit.n) for hit in hits}

    @invariant()
    def answers_are_those_of_brute_force(self) -> None:
        for needle in ("กข", "ขค ก", "1 กค", "a http", "ก่ข", "😀"):
            query = parse(needle)
            true = {key for key, entry in self.held.items() if matches(query, entry.text)}
            candidates = self.found(query)
            assert true <= candidates, "no hit is lost"
            assert {key for key in candidates if matches(query, self.held[key].text)} == true

    @invariant()
    def filters_are_those_of_brute_force(self) -> None:
        since = corpus.NOON + HOUR
        for filters, passes in (
            ({}, lambda _: True),
            ({"rooms": ["r_1", "r_9"]}, lambda e: e.room == "r_1"),
            ({"senders": ["p_1"]}, lambda e: e.sender == "p_1"),
            ({"types": ["file", "x"]}, lambda e: e.type == "file"),
            ({"has_link": True}, lambda e: e.has_link),
            ({"since": since}, lambda e: e.at >= since),
            ({"until": since}, lambda e: e.at < since),
        ):
            expected = {key for key, entry in self.held.items() if passes(entry)}
            assert self.found(Query(()), **filters) == expected

    @invariant()
    def counts_agree(self) -> None:
        assert self.index.state().entries == len(self.held)
        assert self.index.received == self.position


TestAgainstBruteForce = pytest.mark.slow(Against.TestCase)
TestAgainstBruteForce.settings = settings(max_examples=40, stateful_step_count=25)


def test_a_batch_delivered_twice_changes_nothing(index: Index) -> None:
    entries = corpus.entries(["ประชุม", "งบ"])
    assert index.apply(0, 5, entries) == 5
    assert index.apply(0, 5, entries) == 5
    assert index.state().entries == 2


def test_a_batch_that_leaves_a_gap_is_refused(index: Index) -> None:
    index.apply(0, 5, [])
    with pytest.raises(CursorMismatch) as gap:
        index.apply(6, 9, [])
    assert gap.value.received == 5


def test_the_cursor_becomes_durable_without_entries(index: Index, clock: Clock) -> None:
    index.apply(0, 5, [])
    assert index.next_job() is None
    clock.now += FLUSH_AFTER_MS
    index.settle()
    assert index.state().durable == 5
    assert index.next_job() is None


def test_pages_go_on_where_they_ended_whatever_comes_between(index: Index) -> None:
    texts = [f"ประชุมครั้งที่ {n}" for n in range(90)]
    index.apply(0, 1, corpus.entries(texts[:60]))
    seen: list[Hit] = []
    before = None
    for step in range(1, 6):
        page = corpus.find(index, wanted("ประชุม", limit=12, before=before))
        seen += page
        before = Before(page[-1].at, page[-1].room, page[-1].n)
        index.apply(step, step + 1, corpus.entries(texts[60 + step : 61 + step], first=60 + step))
        index.flush()
        index.settle()
    assert [hit.n for hit in seen] == list(range(59, -1, -1))


def test_equal_times_are_in_one_order_on_all_pages(index: Index) -> None:
    index.apply(0, 1, corpus.entries(["ประชุม"] * 40, apart_ms=0))
    index.flush()
    index.apply(1, 2, corpus.entries(["ประชุม"] * 40, first=40, apart_ms=0))
    hits = corpus.find_all(index, wanted("ประชุม", limit=7))
    assert [(hit.room, hit.n) for hit in hits] == sorted([(f"r_{n % 7}", n) for n in range(80)], reverse=True)


def test_what_is_gone_leaves_the_files_within_hours(index: Index, clock: Clock) -> None:
    index.apply(0, 1, corpus.entries(["ประชุม"] * 100))
    index.flush()
    index.apply(1, 2, [], [Range("r_0", 0, 6)])
    [before] = index.segments
    index.settle()
    assert list(index.segments) == [before]
    clock.now += merging.REWRITE_AFTER_MS
    index.settle()
    [segment] = index.segments.values()
    assert segment.record.name != before
    assert segment.record.documents == 99
    assert not segment.record.gone
    assert [name for name in index.storage.list() if name.startswith(before)] == []


def test_what_is_gone_stays_gone_once_its_batch_is_durable(tmp_path: Path) -> None:
    """A kill before that forgets the batch whole: the cursor says that it is to be told again."""
    gone = [Range("r_0", 0, 0)]
    with corpus.opened(tmp_path / "index") as index:
        index.apply(0, 1, corpus.entries(["ประชุม"] * 2))
        index.flush()
        index.apply(1, 2, [], gone)
    with corpus.opened(tmp_path / "index") as index:
        assert index.received == 1
        assert [hit.n for hit in corpus.find(index, wanted("ประชุม"))] == [1, 0]
        index.apply(1, 2, [], gone)
        assert [hit.n for hit in corpus.find(index, wanted("ประชุม"))] == [1]
        index.flush()
    with corpus.opened(tmp_path / "index") as index:
        assert index.received == 2
        assert [hit.n for hit in corpus.find(index, wanted("ประชุม"))] == [1]


def test_a_segment_of_which_nothing_is_left_goes(index: Index) -> None:
    index.apply(0, 1, corpus.entries(["ประชุม"] * 10))
    index.flush()
    index.apply(1, 2, [], [Range(room) for room in ROOMS])
    index.settle()
    assert index.storage.list() == [manifest.NAME]


def test_small_segments_of_a_month_become_one(index: Index) -> None:
    for step in range(8):
        first = step * 10
        index.apply(step, step + 1, corpus.entries(["ประชุม"] * 10, first=first))
        index.flush()
    index.settle()
    assert len(index.segments) == 1
    assert len(corpus.find(index, wanted("ประชุม"))) == 80


def test_months_stay_apart(index: Index) -> None:
    index.apply(0, 1, corpus.entries(["ประชุม"] * 12, apart_ms=MONTH))
    index.settle()
    assert len(index.segments) == 12


def test_a_rebuilt_index_answers_the_same(tmp_path: Path, clock: Clock) -> None:
    entries = corpus.entries(corpus.messages())
    asked = [wanted(text) for _, text in corpus.queries()]
    with corpus.opened(tmp_path / "index", clock) as index:
        for step in range(0, len(entries), 100):
            index.apply(step, step + 100, entries[step : step + 100])
            index.flush()
        index.settle()
        first = [corpus.find(index, request) for request in asked]
        index.reset()
        assert index.state().entries == index.received == 0
        assert [corpus.find(index, request) for request in asked] == [[] for _ in asked]
        index.apply(0, 1, entries)
        index.settle()
        assert [corpus.find(index, request) for request in asked] == first


def test_an_index_of_other_rules_begins_anew(tmp_path: Path) -> None:
    with corpus.opened(tmp_path / "index") as index:
        index.apply(0, 7, corpus.entries(["ประชุม"]))
        index.settle()
        manifest.write(index.storage, replace(manifest.read(index.storage), made_by=(0, 0, 0)))
    with corpus.opened(tmp_path / "index") as index:
        assert index.received == 0
        assert index.state().entries == 0


@pytest.mark.parametrize("damage", ["manifest", ".terms", ".columns"])
def test_a_damaged_index_begins_anew(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "index"
    with corpus.opened(folder) as index:
        index.apply(0, 7, corpus.entries(["ประชุม"]))
        index.flush()
    [path] = [path for path in folder.iterdir() if path.name.endswith(damage)]
    path.write_bytes(path.read_bytes()[:40])
    with corpus.opened(folder) as index:
        assert index.received == 0
        index.apply(0, 7, corpus.entries(["ประชุม"]))
        index.flush()
        assert len(corpus.find(index, wanted("ประชุม"))) == 1


def test_a_full_disk_loses_nothing(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.apply(0, 1, corpus.entries(["ประชุม"] * 5))
    write = SealedStorage.write

    def refuse(self: SealedStorage, name: str, content: bytes) -> None:
        if name == manifest.NAME:
            raise OSError(28, "No space left on device")
        write(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(SealedStorage, "write", refuse)
        job = index.next_job(flush=True)
        assert job is not None
        job.run()
        with pytest.raises(OSError, match="No space"):
            index.install(job)
        index.abandon(job)
    assert len(corpus.find(index, wanted("ประชุม"))) == 5
    index.apply(1, 2, corpus.entries(["ประชุม"], first=5))
    index.flush()
    assert len(corpus.find(index, wanted("ประชุม"))) == 6
    assert index.state().durable == 2


def record(name: str, documents: int, month: int = 1, gone: int = 0, since: int = 0) -> SegmentRecord:
    return SegmentRecord(name, month, documents, 0, 1, bytes(2 * gone), since)


@pytest.mark.parametrize(
    ("records", "chosen"),
    [
        ([], ()),
        ([record(str(n), 10) for n in range(3)], ()),
        ([record(str(n), 10) for n in range(4)], ("0", "1", "2", "3")),
        ([record(str(n), 10, month=n) for n in range(9)], ()),
        ([*(record(str(n), 10) for n in range(4)), record("large", 20_000)], ("0", "1", "2", "3")),
        ([record(str(n), 20_000) for n in range(9)], ()),  # no four of them fit
        ([record("a", 20_000), record("b", 8_000), record("new", 9, month=2)], ("b", "a")),  # a month that is over
        ([record("a", 40_000), record("b", 8_000), record("new", 9, month=2)], ()),
        ([record(str(n), 12_000) for n in range(9)], ("0", "1", "2", "3")),
        ([record("whole", 50_000)] * 9, ()),
        ([record("a", 100, gone=1, since=5)], ()),
        ([record("a", 100, gone=25, since=merging.REWRITE_AFTER_MS)], ("a",)),
        ([record("a", 100, gone=1, since=0), record("b", 10, gone=9, since=9)], ("a",)),
    ],
)
def test_what_is_made_one(records: list[SegmentRecord], chosen: tuple[str, ...]) -> None:
    now = merging.REWRITE_AFTER_MS
    assert tuple(found.name for found in merging.choose(records, now)) == chosen


def test_each_entry_is_rewritten_a_few_times_only() -> None:
    """As many entries as in a busy month, twenty at a time: the work of merging stays within a small multiple."""
    records: list[SegmentRecord] = []
    written = 0
    for step in range(3_000):
        records.append(record(f"f{step}", 20))
        while chosen := merging.choose(records, 0):
            total = sum(found.documents for found in chosen)
            written += total
            records = [found for found in records if found not in chosen] + [record(f"m{step}-{written}", total)]
    assert written <= 8 * 60_000
    assert len(records) <= 16
