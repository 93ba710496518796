from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sealed_file import HEADER_BYTES, RECORD_BYTES, SEALED_RECORD_BYTES
from search_index.storage import BoundedCache, IndexDamaged, SealedFile, SealedStorage, Slot
from tests.search.corpus import CACHE, KEY

CONTENT = os.urandom(3 * RECORD_BYTES + 100)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SealedStorage]:
    opened = SealedStorage(tmp_path / "index", KEY, CACHE)
    yield opened
    opened.close()


def whole(file: SealedFile, start: int, length: int) -> bytes:
    return file.array(start, length, np.dtype("u1")).tobytes()


@pytest.mark.parametrize("size", [0, 1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 3 * RECORD_BYTES])
def test_what_is_written_is_read(storage: SealedStorage, size: int) -> None:
    storage.write("a", CONTENT[:size])
    file = storage.open_sealed("a")
    assert file.length == size
    assert whole(file, 0, size) == file.read_uncached(0, size) == CONTENT[:size]
    file.close()


@given(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT)))
def test_any_part_is_read(tmp_path_factory: pytest.TempPathFactory, one: int, other: int) -> None:
    storage = SealedStorage(tmp_path_factory.mktemp("index"), KEY, CACHE)
    storage.write("a", CONTENT)
    file = storage.open_sealed("a")
    start, end = sorted((one, other))
    assert whole(file, start, end - start) == file.read_uncached(start, end - start) == CONTENT[start:end]
    with pytest.raises(IndexDamaged):
        whole(file, start, len(CONTENT) - start + 1)
    file.close()
    storage.close()


def test_arrays_are_kept_and_forgotten(storage: SealedStorage) -> None:
    numbers = np.arange(20_000, dtype="<u4")
    storage.write("a", b"head" + numbers.tobytes())
    file = storage.open_sealed("a")
    kept = file.kept_array(4, 20_000, numbers.dtype)
    assert np.array_equal(kept.get(), numbers)
    assert kept.get() is kept.get()
    assert np.array_equal(file.array(8, 3, numbers.dtype), [1, 2, 3])
    assert np.array_equal(file.array(4, 20_000, numbers.dtype), numbers)
    assert storage.cache.used_bytes > numbers.nbytes
    file.close()
    assert storage.cache.used_bytes == 0


def test_the_cache_stays_within_its_bound() -> None:
    cache = BoundedCache(100)
    slots = [Slot() for _ in range(50)]
    for number, slot in enumerate(slots):
        cache.keep(slot, number, 30)
        slots[0].recent = True
        assert cache.used_bytes == 30 * sum(slot.value is not None for slot in slots) <= 100
    assert [slot.value for slot in slots if slot.value is not None] == [0, 48, 49], "what is looked at stays"
    too_large = Slot()
    cache.keep(too_large, "too large", 101)
    assert too_large.value is None
    cache.forget(slots)
    assert cache.used_bytes == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60), st.booleans()), max_size=80))
def test_the_cache_counts_what_it_holds(steps: list[tuple[int, int, bool]]) -> None:
    cache = BoundedCache(100)
    slots = [Slot() for _ in range(10)]
    for number, size, forgotten in steps:
        if forgotten:
            cache.forget([slots[number]])
            slots[number] = Slot()
        else:
            cache.keep(slots[number], number, size)
            slots[number].recent = size % 2 == 0
        assert cache.used_bytes == sum(slot.size for slot in slots) <= 100
        assert all((slot.value is None) == (slot.size == 0) for slot in slots)


@pytest.mark.parametrize("place", [0, 9, 20, 50, HEADER_BYTES, 90, -1])
def test_a_changed_byte_is_found(storage: SealedStorage, place: int) -> None:
    storage.write("a", CONTENT)
    path = storage.folder / "a"
    sealed = bytearray(path.read_bytes())
    sealed[place] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(IndexDamaged):
        whole(storage.open_sealed("a"), 0, len(CONTENT))


def test_a_file_cut_short_at_a_record_is_found(storage: SealedStorage) -> None:
    storage.write("a", CONTENT)
    path = storage.folder / "a"
    path.write_bytes(path.read_bytes()[: HEADER_BYTES + 2 * SEALED_RECORD_BYTES])
    with pytest.raises(IndexDamaged):
        whole(storage.open_sealed("a"), 0, len(CONTENT))


def test_records_do_not_change_places(storage: SealedStorage) -> None:
    storage.write("a", CONTENT)
    path = storage.folder / "a"
    sealed = path.read_bytes()
    head, step = HEADER_BYTES, SEALED_RECORD_BYTES
    path.write_bytes(
        sealed[:head] + sealed[head + step : head + 2 * step] + sealed[head : head + step] + sealed[head + 2 * step :]
    )
    with pytest.raises(IndexDamaged):
        whole(storage.open_sealed("a"), 0, 10)


def test_a_file_is_bound_to_its_name_and_key(storage: SealedStorage, tmp_path: Path) -> None:
    storage.write("a", CONTENT)
    (storage.folder / "b").write_bytes((storage.folder / "a").read_bytes())
    with pytest.raises(IndexDamaged):
        storage.open_sealed("b")
    other = SealedStorage(tmp_path / "other", bytes(32), CACHE)
    (other.folder / "a").write_bytes((storage.folder / "a").read_bytes())
    with pytest.raises(IndexDamaged):
        other.open_sealed("a")
    other.close()


def test_equal_contents_look_different(storage: SealedStorage) -> None:
    storage.write("a", CONTENT)
    first = (storage.folder / "a").read_bytes()
    storage.write("a", CONTENT)
    assert (storage.folder / "a").read_bytes()[8:] != first[8:]


def test_what_goes_loses_its_key(storage: SealedStorage) -> None:
    storage.write("a", CONTENT)
    storage.write("b", CONTENT)
    fds = [os.open(storage.folder / name, os.O_RDONLY) for name in ("a", "b")]
    storage.delete_file("a")
    storage.write("b", b"another")
    for fd in fds:  # what a backup of the blocks would hold
        assert os.pread(fd, HEADER_BYTES, 0) == bytes(HEADER_BYTES)
        os.close(fd)
    assert storage.list() == ["b"]
    storage.delete_file("a")


def test_a_refused_write_leaves_the_name_free(storage: SealedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write("a", b"before")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="no space"):
            storage.write("a", b"after")
    assert [path.name for path in storage.folder.iterdir() if path.suffix == ".new"] == []
    storage.write("a", b"after")
    assert whole(storage.open_sealed("a"), 0, 5) == b"after"


def refuse(_fd: int) -> None:
    raise OSError("no space")


def test_one_process_holds_the_folder(storage: SealedStorage) -> None:
    with pytest.raises(BlockingIOError):
        SealedStorage(storage.folder, KEY, CACHE)


def test_files_are_the_owners_alone(storage: SealedStorage) -> None:
    storage.write("a", CONTENT)
    assert (storage.folder / "a").stat().st_mode & 0o777 == 0o600
    assert storage.folder.stat().st_mode & 0o777 == 0o700
