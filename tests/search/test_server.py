"""The process over its socket: what it answers, whom it answers, and how it begins and ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.ipc.frames import encode, framed
from appliance.ipc.sockets import Unsafe
from search_index import looking, process, segments, server, wire, writer
from search_index.client import BatchRefused, FeedGap, SearchBusy, SearchClient, SearchUnavailable
from search_index.query import Query, parse
from search_index.segments import Document
from search_index.server import Options, serving
from search_index.wire import Add, IndexEntry, Look, Range, Search
from search_index.writer import FLUSH_AFTER_MS, FlushJob
from tests.search import corpus
from tests.search.corpus import CACHE, KEY, Clock
from tests.waiting import PATIENCE_S, until

ROOMS = [f"r_{n}" for n in range(7)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def options(folder: Path, clock: Clock | None = None) -> Options:
    return Options(folder / "index", folder / "run" / "search.sock", KEY, clock or Clock(), CACHE)


@asynccontextmanager
async def served(folder: Path, clock: Clock | None = None) -> AsyncIterator[SearchClient]:
    async with serving(options(folder, clock)):
        client = SearchClient(options(folder).path)
        yield client
        await client.close()


async def written(client: SearchClient, clock: Clock) -> None:
    """Let the time pass after which the process writes what it has received, and wait until it has."""
    received = (await client.status()).received
    clock.now += FLUSH_AFTER_MS

    async def durable() -> bool:
        return (await client.status()).durable >= received

    await until(durable, "everything received is durable")


def wanted(text: str, rooms: list[str] = ROOMS) -> Search:
    return Search(needles=list(parse(text).needles), rooms=rooms)


async def test_so_many_searches_wait_and_no_more(tmp_path: Path) -> None:
    """One after the other on a connection, a few in line, the others refused at once."""
    async with served(tmp_path):
        client = SearchClient(options(tmp_path).path, most_waiting=3)
        asked = await asyncio.gather(*(client.search(wanted("ประชุม")) for _ in range(9)), return_exceptions=True)
        assert [isinstance(answer, SearchBusy) for answer in asked] == [False] * 4 + [True] * 5
        assert all(isinstance(answer, wire.Found) for answer in asked[:4])
        assert (await client.search(wanted("ประชุม"))).hits == []
        await client.close()


async def test_told_found_deleted_rebuilt(tmp_path: Path, clock: Clock) -> None:
    async with served(tmp_path, clock) as client:
        assert await client.add(Add(0, 10, corpus.entries(["เชิญประชุม", "งบประมาณ", "ประชุมงบ"]))) == 10
        assert [hit.n for hit in (await client.search(wanted("ประชุม"))).hits] == [2, 0]
        assert [hit.n for hit in (await client.search(wanted("ประชุม", ["r_0"]))).hits] == [0]
        assert (await client.search(wanted("ประชุม", []))).hits == []
        assert await client.add(Add(10, 11, [], [Range("r_2", 2, 2)])) == 11
        assert [hit.n for hit in (await client.search(wanted("ประชุม"))).hits] == [0]
        state = await client.status()
        assert (state.received, state.durable, state.entries) == (11, 0, 2)
        await written(client, clock)
        state = await client.status()
        assert (state.received, state.durable, state.segments) == (11, 11, 1)
        with pytest.raises(FeedGap):
            await client.add(Add(12, 13, []))
        await client.rebuild()
        assert (await client.status()).received == 0
        assert (await client.search(wanted("ประชุม"))).hits == []


async def test_a_process_that_is_there_again_is_asked_at_once(tmp_path: Path) -> None:
    """Nobody's first search after a restart fails: a connection that ended while nothing was asked is made anew."""
    clients = [SearchClient(options(tmp_path).path) for _ in range(2)]
    for _ in range(2):
        async with serving(options(tmp_path)):
            for client in clients:
                assert (await client.search(wanted("ประชุม"))).hits == []
        await asyncio.sleep(0)
    for client in clients:
        await client.close()


async def test_an_orderly_end_loses_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        await client.add(Add(0, 10, corpus.entries(["เชิญประชุม"])))
    async with served(tmp_path) as client:
        assert (await client.status()).durable == 10
        assert len((await client.search(wanted("ประชุม"))).hits) == 1


@pytest.mark.slow
async def test_searches_are_answered_while_entries_come_in(tmp_path: Path, clock: Clock) -> None:
    texts = corpus.messages() * 4
    async with served(tmp_path, clock) as client:
        feeding = SearchClient(options(tmp_path).path)

        async def feed() -> None:
            for start in range(0, len(texts), 200):
                await feeding.add(Add(start, start + 200, corpus.entries(texts[start : start + 200], first=start)))
            await written(feeding, clock)

        task = asyncio.create_task(feed())
        answered = 0
        while not task.done():
            await client.search(wanted("ค่ะ"))
            answered += 1
        await task
        await feeding.close()
        assert answered > 5
        assert (await client.status()).entries == len(texts)


async def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "TARGET", 100)
    monkeypatch.setattr(writer, "MAX_FRESH", 200)
    async with serving(options(tmp_path)):
        client = SearchClient(options(tmp_path).path)
        for start in range(0, 2_000, 150):
            await client.add(Add(start, start + 150, corpus.entries(["ประชุม"] * 150, first=start)))
        state = await client.status()
        assert state.received == 2_100
        assert state.durable >= 2_100 - 2 * 200
        await client.close()


async def test_the_socket_is_the_owners_alone(tmp_path: Path) -> None:
    async with served(tmp_path):
        path = options(tmp_path).path
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_an_open_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(Unsafe):
        async with serving(options(tmp_path)):
            pass
    (tmp_path / "run").chmod(0o700)
    async with serving(options(tmp_path)):  # the index was let go of
        pass


async def test_a_socket_that_listens_already_is_used(tmp_path: Path) -> None:
    path = tmp_path / "given.sock"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    async with serving(options(tmp_path), listening):
        client = SearchClient(path)
        assert (await client.status()).received == 0
        await client.close()


async def raw(path: Path, *frames: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.writelines(frames)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("frame", [b"", b"\xc1", b"\x00" * 50, encode({"type": "Search"}), encode([1, 2])])
async def test_nonsense_is_refused_and_the_connection_goes_on(tmp_path: Path, frame: bytes) -> None:
    async with served(tmp_path):
        answers = await raw(options(tmp_path).path, framed(frame), framed(encode(wire.Status())))
        size = int.from_bytes(answers[:4], "big")
        assert wire.PROTOCOL.answer_of(answers[4 : 4 + size]) == wire.Refused("malformed")
        assert isinstance(wire.PROTOCOL.answer_of(answers[8 + size :]), wire.State)


@pytest.mark.parametrize(
    "request_",
    [
        wire.Search(needles=[""], rooms=[]),
        wire.Search(needles=["กข"], rooms=[], limit=0),
        wire.Search(needles=["กข"] * 17, rooms=[]),
        Add(0, 1, [IndexEntry("r", -1, "p", 1, "t", "text")]),
        Add(0, 1, [IndexEntry("r", 1 << 32, "p", 1, "t", "text")]),
        Add(0, 1, [IndexEntry("r", 1, "p", 1 << 60, "t", "text")]),
    ],
)
async def test_what_is_out_of_bounds_is_refused(tmp_path: Path, request_: wire.Request) -> None:
    async with served(tmp_path):
        answer = await raw(options(tmp_path).path, framed(encode(request_)))
        assert wire.PROTOCOL.answer_of(answer[4:]) == wire.Refused("malformed")


async def test_a_batch_that_cannot_be_taken_is_told_apart_from_a_process_that_is_away(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        for entry in (IndexEntry("r", 0, "p", 1, "t", "ก" * 100_001), IndexEntry("r" * 201, 0, "p", 1, "t", "ก")):
            with pytest.raises(BatchRefused, match="malformed"):
                await client.add(Add(0, 1, [entry]))
        with pytest.raises(BatchRefused, match="too_large"):
            await client.add(Add(0, 1, [IndexEntry("r", n, "p", 1, "t", "ก" * 20_000) for n in range(300)]))
        assert await client.add(Add(0, 1, [])) == 1


async def test_a_message_that_cannot_be_indexed_is_named_and_the_others_are_indexed(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = segments.build

    def build(documents: Sequence[Document]) -> segments.Arrays:
        if any(document.n == 1 for document in documents):
            raise IndexError("a fault of ours")
        return real(documents)

    monkeypatch.setattr(writer, "build", build)
    async with served(tmp_path, clock) as client:
        await client.add(Add(0, 10, corpus.entries(["เชิญประชุม", "ประชุมงบ", "งบประมาณ", "ประชุม"])))
        await written(client, clock)
        assert [hit.n for hit in (await client.search(wanted("ประชุม"))).hits] == [3, 0]
        state = await client.status()
        assert (state.received, state.durable, state.entries) == (10, 10, 3)
    assert "r_1/1" in caplog.text


async def test_an_unforeseen_fault_ends_the_request_and_not_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as client:
        await client.add(Add(0, 10, corpus.entries(["ประชุม"])))
        with monkeypatch.context() as patch:
            patch.setattr(server, "search", lambda *_: 1 // 0)
            with pytest.raises(SearchUnavailable, match="failed"):
                await client.search(wanted("ประชุม"))
        assert len((await client.search(wanted("ประชุม"))).hits) == 1


async def test_a_fault_in_the_work_ends_the_process_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never lives on answering searches and writing nothing."""

    def no_memory(_self: FlushJob) -> None:
        raise MemoryError

    monkeypatch.setattr(FlushJob, "run", no_memory)
    monkeypatch.setattr(writer, "FLUSH_AFTER_MS", 0)
    path = options(tmp_path).path

    async def serve() -> None:
        await process._serve(options(tmp_path), ready.set, None)  # noqa: SLF001 - without its event loop and limits

    ready = asyncio.Event()
    serving_it = asyncio.create_task(serve())
    await ready.wait()
    client = SearchClient(path)
    await client.add(Add(0, 10, corpus.entries(["ประชุม"])))
    with pytest.raises(MemoryError):
        await asyncio.wait_for(serving_it, PATIENCE_S)
    await client.close()


async def test_without_a_process_search_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    client = SearchClient(options(tmp_path).path)
    with pytest.raises(SearchUnavailable):
        await client.status()
    async with serving(options(tmp_path)):
        assert (await client.status()).received == 0
    with pytest.raises(SearchUnavailable):
        await client.status()
    async with serving(options(tmp_path)):
        assert (await client.status()).received == 0
        await client.close()


async def test_damage_found_in_use_empties_the_index(tmp_path: Path, clock: Clock) -> None:
    async with served(tmp_path, clock) as client:
        await client.add(Add(0, 10, corpus.entries(corpus.messages())))
        await written(client, clock)
        [terms] = (tmp_path / "index").glob("*.terms")
        with terms.open("r+b") as file:
            file.seek(100)
            file.write(bytes(terms.stat().st_size - 100))
        with pytest.raises(SearchUnavailable, match="damaged"):
            await client.search(wanted("ประชุม"))
        assert (await client.status()).received == 0
        await client.add(Add(0, 10, corpus.entries(["ประชุม"])))
        assert len((await client.search(wanted("ประชุม"))).hits) == 1


async def test_a_look_shows_what_matches_and_ends_with_enough_or_its_budget(tmp_path: Path) -> None:
    """Comparing words is done here, text by text."""
    texts = [wire.Text("งบประมาณ"), None, *(wire.Text(text) for text in ("เชิญประชุม", "ประชุมงบ", "ประชุม"))]
    async with served(tmp_path) as client:
        looked = await client.look(Look(["ประชุม"], texts, 9, 10.0))
        assert [cut and cut.text for cut in looked.cuts] == [None, None, "เชิญประชุม", "ประชุมงบ", "ประชุม"]
        assert [cut.highlights for cut in looked.cuts if cut] == [[(4, 10)], [(0, 6)], [(0, 6)]]
        assert looked.used_s > 0
        assert len((await client.look(Look(["ประชุม"], texts, 1, 10.0))).cuts) == 3
        assert len((await client.look(Look(["ประชุม"], texts, 9, 0.0))).cuts) == 1


async def test_names_of_files_are_marked_each_by_itself(tmp_path: Path) -> None:
    """What is asked for may be in the words, in names, or in both together; what is shown keeps them apart."""
    names = ["แผน 😀 งบ.pdf", "ภาพ.jpg"]
    texts: list[wire.Text | None] = [
        wire.Text("\n".join([said, *names]).lstrip("\n"), names) for said in ("ขอส่งงบ", "", "ไม่มี")
    ]
    async with served(tmp_path) as client:
        looked = await client.look(Look(["งบ"], texts, 9, 10.0))
        shown = [(cut.text, cut.highlights, cut.names) for cut in looked.cuts if cut]
        in_names = [[(7, 9)], []]
        assert shown == [("ขอส่งงบ", [(5, 7)], in_names), ("", [], in_names), ("ไม่มี", [], in_names)]
        assert (await client.look(Look(["งบ.pdf", "ขอส่ง"], texts, 9, 10.0))).cuts[1:] == [None, None]


async def test_a_search_does_not_wait_for_a_long_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others have their turn between any two texts: a search takes a few turns of the loop, the look one each text."""
    begun, cut = asyncio.Event(), looking._cut  # noqa: SLF001 - what a look does of one text

    def noted(query: Query, text: wire.Text) -> wire.Cut | None:
        begun.set()
        return cut(query, text)

    monkeypatch.setattr(looking, "_cut", noted)
    async with served(tmp_path) as client:
        other = SearchClient(options(tmp_path).path)
        await other.status()
        look = asyncio.create_task(client.look(Look(["ไม่มี"], [wire.Text("ก")] * wire.MAX_TEXTS, 1, 10.0)))
        await begun.wait()
        assert (await other.search(wanted("ประชุม"))).hits == []
        assert not look.done()
        assert len((await look).cuts) == wire.MAX_TEXTS
        await other.close()
