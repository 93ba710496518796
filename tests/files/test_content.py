"""The content of objects: any range is right, and no byte of a record that was changed is given."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import StorageFull
from appliance.evidence.tree import leaf_hash, root_of
from appliance.files.content import (
    AT_ONCE,
    LEAF_BYTES,
    Leaves,
    acknowledged,
    append_clear,
    read_clear,
    records_of,
    sealed_length,
    write_sealed,
)
from appliance.files.objects import BlobStore, ObjectMissing, Objects
from appliance.sealed_file import RECORD_BYTES, SEALED_RECORD_BYTES, SealBroken

P = ParamSpec("P")
T = TypeVar("T")
ID, KEY = "f_1", bytes(range(32))
SIZE = 5 * RECORD_BYTES + 777
CONTENT = os.urandom(SIZE)


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[Objects]:
    made = Objects(tmp_path / "files")
    yield made
    made.close()


async def pieces(content: bytes, length: int) -> AsyncIterator[bytes]:
    for at in range(0, len(content), length):
        yield content[at : at + length]


class InMemory(BlobStore):
    """A store that is no folder: it can do what any store can, and nothing else."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.whole: set[str] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    async def run_writing(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    def create(self, object_id: str) -> None:
        if object_id in self.kept:
            raise ValueError(object_id)
        self.kept[object_id] = b""

    def append(self, object_id: str, sealed: bytes) -> int:
        assert object_id not in self.whole
        self.kept[object_id] += sealed
        return self.size(object_id)

    def seal_end(self, object_id: str) -> None:
        self.whole.add(object_id)

    def read(self, object_id: str, offset: int, length: int) -> bytes:
        return self.kept[object_id][offset : offset + length]

    def size(self, object_id: str) -> int:
        return len(self.kept[object_id])

    def delete(self, object_id: str) -> int:
        return len(self.kept.pop(object_id, b""))

    def list(self) -> Iterator[str]:
        return iter(self.kept)


async def read(objects: BlobStore, size: int, start: int = 0, stop: int | None = None, object_id: str = ID) -> bytes:
    return b"".join([piece async for piece in read_clear(objects, object_id, KEY, size, start, stop)])


def root(content: bytes) -> bytes:
    return root_of(leaf_hash(content[at : at + LEAF_BYTES]) for at in range(0, len(content), LEAF_BYTES))


@pytest.mark.parametrize("size", [0, 1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 4 * RECORD_BYTES, SIZE])
@pytest.mark.parametrize("length", [977, RECORD_BYTES, 1 << 20])
async def test_what_was_written_is_read(objects: Objects, size: int, length: int) -> None:
    written = await write_sealed(objects, ID, KEY, pieces(CONTENT[:size], length))
    assert (written.size, written.root) == (size, root(CONTENT[:size]))
    assert objects.size(ID) == sealed_length(size)
    assert await read(objects, size) == CONTENT[:size]


async def test_content_needs_nothing_of_a_store_but_its_narrow_interface() -> None:
    store = InMemory()
    written = await write_sealed(store, ID, KEY, pieces(CONTENT, 1 << 20))
    assert (written.size, written.root) == (SIZE, root(CONTENT))
    assert (store.size(ID), store.whole) == (sealed_length(SIZE), {ID})
    assert await read(store, SIZE) == CONTENT
    assert await read(store, SIZE, RECORD_BYTES - 1, RECORD_BYTES + 1) == CONTENT[RECORD_BYTES - 1 : RECORD_BYTES + 1]
    store.kept[ID] = store.kept[ID][:-1] + bytes([store.kept[ID][-1] ^ 1])
    with pytest.raises(SealBroken):
        await read(store, SIZE)

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise StorageFull

    with pytest.raises(StorageFull):
        await write_sealed(store, "f_2", KEY, broken())
    assert [*store.list()] == [ID]


@pytest.mark.parametrize("length", [977, LEAF_BYTES - 1, LEAF_BYTES, LEAF_BYTES + 1, 1 << 22])
async def test_the_root_is_that_of_the_leaves_however_they_come(length: int) -> None:
    content = os.urandom(2 * LEAF_BYTES + 5)
    for size in (0, 5, LEAF_BYTES, len(content)):
        leaves = Leaves()
        for at in range(0, size, length):
            leaves.add(content[at : min(at + length, size)])
        assert leaves.root() == root(content[:size])


@functools.cache
def around_borders() -> st.SearchStrategy[int]:
    border = st.builds(lambda n, d: n * RECORD_BYTES + d, st.integers(0, 5), st.integers(-2, 2))
    return (st.integers(0, SIZE) | border).map(lambda at: max(0, min(SIZE, at)))


async def test_a_thousand_ranges_are_slices(objects: Objects) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    loop, thread = asyncio.get_running_loop(), asyncio.to_thread

    @settings(max_examples=1000, deadline=None)
    @given(around_borders(), around_borders())
    def check(one: int, other: int) -> None:
        start, stop = sorted((one, other))
        read_it = asyncio.run_coroutine_threadsafe(read(objects, SIZE, start, stop), loop)
        assert read_it.result(60) == CONTENT[start:stop]

    await thread(check)


@pytest.mark.parametrize("keeps_up", [True, False])
async def test_a_reader_who_is_behind_has_one_record_waiting(
    objects: Objects, monkeypatch: pytest.MonkeyPatch, *, keeps_up: bool
) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    lengths, read_some = list[int](), objects.read

    def counted(object_id: str, offset: int, length: int) -> bytes:
        lengths.append(length // SEALED_RECORD_BYTES)
        return read_some(object_id, offset, length)

    monkeypatch.setattr(objects, "read", counted)
    got = [piece async for piece in read_clear(objects, ID, KEY, SIZE, keeps_up=lambda: keeps_up)]
    assert b"".join(got) == CONTENT
    assert lengths == ([1, AT_ONCE, 1] if keeps_up else [1] * 6)


@pytest.mark.parametrize("wrong", [(-1, 5), (5, 4), (0, SIZE + 1)])
async def test_no_such_range(objects: Objects, wrong: tuple[int, int]) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    with pytest.raises(ValueError, match="bytes"):
        await read(objects, SIZE, *wrong)


def record(sealed: bytes, number: int) -> bytes:
    return sealed[number * SEALED_RECORD_BYTES : (number + 1) * SEALED_RECORD_BYTES]


def with_record(sealed: bytes, number: int, other: bytes) -> bytes:
    at = number * SEALED_RECORD_BYTES
    return sealed[:at] + other + sealed[at + len(record(sealed, number)) :]


def flipped(sealed: bytes, number: int) -> bytes:
    one = bytearray(record(sealed, number))
    one[len(one) // 2] ^= 1
    return with_record(sealed, number, bytes(one))


DAMAGE: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    **{f"flip {n}": (n, functools.partial(flipped, number=n)) for n in range(6)},
    "swap 1 and 3": (1, lambda s: with_record(with_record(s, 1, record(s, 3)), 3, record(s, 1))),
    "repeat 2": (3, lambda s: with_record(s, 3, record(s, 2))),
    "left out": (0, lambda s: s[: 2 * SEALED_RECORD_BYTES] + s[3 * SEALED_RECORD_BYTES :]),
    "cut in a record": (0, lambda s: s[:-1]),
    "cut after a record": (0, lambda s: s[: 5 * SEALED_RECORD_BYTES]),
    "longer": (0, lambda s: s + record(s, 0)),
    "empty": (0, lambda _: b""),
}


@pytest.mark.parametrize("name", DAMAGE)
async def test_reading_ends_before_a_record_that_was_changed(objects: Objects, name: str) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    first_wrong, damage = DAMAGE[name]
    path = objects.folder / ID[-2:] / ID
    path.write_bytes(damage(path.read_bytes()))
    got: list[bytes] = []

    async def read_on() -> None:
        async for piece in read_clear(objects, ID, KEY, SIZE):
            got.append(piece)  # noqa: PERF401 - kept when the reading ends early

    with pytest.raises(SealBroken):
        await read_on()
    assert b"".join(got) == CONTENT[: first_wrong * RECORD_BYTES]


async def test_a_record_of_another_file_or_under_another_key_does_not_open(objects: Objects) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    await write_sealed(objects, "f_2", KEY, pieces(CONTENT, 1 << 20))
    sealed = objects.read("f_2", 0, 1 << 30)
    (objects.folder / ID[-2:] / ID).write_bytes(sealed)
    with pytest.raises(SealBroken):
        await read(objects, SIZE)
    with pytest.raises(SealBroken):
        [piece async for piece in read_clear(objects, "f_2", bytes(32), SIZE)]


async def test_a_missing_object_is_damage(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        await read(objects, SIZE)


async def test_nothing_is_left_of_what_could_not_be_written(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(AT_ONCE * RECORD_BYTES + 1)
        raise RuntimeError("line")

    with pytest.raises(RuntimeError, match="line"):
        await write_sealed(objects, ID, KEY, breaking())
    assert list(objects.list()) == []

    def full(*_: object) -> int:
        raise StorageFull

    monkeypatch.setattr(objects, "append", full)
    with pytest.raises(StorageFull):
        await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    assert list(objects.list()) == []


async def test_what_lies_on_the_disk_is_none_of_the_content(objects: Objects) -> None:
    await write_sealed(objects, ID, KEY, pieces(CONTENT, 1 << 20))
    sealed = objects.read(ID, 0, 1 << 30)
    assert not any(CONTENT[at : at + 16] in sealed for at in range(0, SIZE - 16, 997))


def partly(objects: Objects, count: int) -> None:
    objects.create(ID)
    append_clear(objects, ID, records_of(ID, KEY), 0, CONTENT[: count * RECORD_BYTES])


async def test_whole_records_count_and_what_a_crash_tore_is_cut_off(objects: Objects) -> None:
    partly(objects, 3)
    path = objects.folder / ID[-2:] / ID
    whole = path.read_bytes()
    # Cut in a record; zeros where a record was to be; both, over several records.
    for torn, left in (
        (whole, 3), (whole[:-1], 2), (whole + bytes(99), 3), (whole + bytes(2 * SEALED_RECORD_BYTES), 3),
        (whole[:SEALED_RECORD_BYTES] + bytes(2 * SEALED_RECORD_BYTES), 1), (bytes(len(whole)), 0), (b"", 0),
    ):  # fmt: skip
        path.write_bytes(torn)
        assert acknowledged(objects, ID, KEY, SIZE) == left * RECORD_BYTES
        assert path.read_bytes() == whole[: left * SEALED_RECORD_BYTES]
        assert acknowledged(objects, ID, KEY, SIZE) == left * RECORD_BYTES


async def test_the_last_record_counts_only_whole(objects: Objects) -> None:
    partly(objects, 5)
    append_clear(objects, ID, records_of(ID, KEY), 5, CONTENT[5 * RECORD_BYTES :], ended=True)
    assert acknowledged(objects, ID, KEY, SIZE) == SIZE
    path = objects.folder / ID[-2:] / ID
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert acknowledged(objects, ID, KEY, SIZE) == 5 * RECORD_BYTES


async def test_a_record_is_not_sealed_from_a_part_of_one(objects: Objects) -> None:
    objects.create(ID)
    append_clear(objects, ID, records_of(ID, KEY), 0, CONTENT[: RECORD_BYTES + 1])
    assert objects.size(ID) == SEALED_RECORD_BYTES


def test_the_root_of_one_leaf_is_its_hash() -> None:
    leaves = Leaves()
    leaves.add(b"abc")
    assert leaves.root() == sha256(b"\0abc").digest()
