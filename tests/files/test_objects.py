"""Objects: appended to whole or not at all, read anywhere, gone when they are deleted."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.errors import STORAGE_DAMAGED, StorageFailed, StorageFull
from appliance.files.objects import READING_THREADS, ObjectMissing, Objects, aside_of

ID = "f_019a0000000aBc"


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[Objects]:
    made = Objects(tmp_path / "files")
    yield made
    made.close()


async def test_what_was_appended_is_read_in_any_place(objects: Objects) -> None:
    await objects.run_writing(objects.create, ID)
    assert objects.size(ID) == 0
    assert await objects.run_writing(objects.append, ID, b"abc") == 3
    assert objects.append(ID, b"defg") == 7
    objects.sync(ID)
    assert objects.size(ID) == 7
    assert [objects.read(ID, at, 3) for at in (0, 2, 6, 9)] == [b"abc", b"cde", b"g", b""]
    objects.truncate(ID, 2)
    assert objects.read(ID, 0, 9) == b"ab"


async def test_nobody_else_may_read_the_folder(objects: Objects) -> None:
    objects.create(ID)
    path = objects.folder / ID[-2:] / ID
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, objects.folder)] == [0o600, 0o700, 0o700]


async def test_deleting_says_how_much_is_free_and_twice_does_no_harm(objects: Objects) -> None:
    objects.create(ID)
    objects.append(ID, bytes(10))
    assert [objects.delete(ID), objects.delete(ID)] == [10, 0]
    assert list(objects.list()) == []


async def test_what_is_not_there_is_damage_and_is_not_made(objects: Objects) -> None:
    for ask in (
        lambda: objects.size(ID), lambda: objects.read(ID, 0, 1), lambda: objects.append(ID, b"x"),
        lambda: objects.truncate(ID, 0), lambda: objects.sync(ID),
    ):  # fmt: skip
        with pytest.raises(ObjectMissing) as missing:
            ask()
        assert missing.value.code == STORAGE_DAMAGED
    assert list(objects.list()) == []


async def test_an_id_is_taken_once(objects: Objects) -> None:
    objects.create(ID)
    objects.append(ID, b"kept")
    with pytest.raises(ValueError, match="already"):
        objects.create(ID)
    assert objects.read(ID, 0, 9) == b"kept"


@pytest.mark.parametrize("wrong", ["", "..", "../x", "a/b", "a\0b", ".", "ก", "x" * 65, "x\n"])
async def test_what_is_no_id_reaches_no_path(objects: Objects, wrong: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        objects.create(wrong)
    with pytest.raises(ValueError, match="no id"):
        objects.delete(wrong)


async def test_a_link_in_the_place_of_an_object_is_not_followed(objects: Objects, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    objects.create(ID)
    path = objects.folder / ID[-2:] / ID
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(StorageFailed):
        objects.read(ID, 0, 6)


async def test_an_append_that_fails_leaves_the_length(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    objects.create(ID)
    objects.append(ID, b"whole")
    write = os.write

    def half_then_full(handle: int, data: bytes) -> int:
        if len(data) < 8:
            raise OSError(errno.ENOSPC, "no space")
        return write(handle, data[:4])

    monkeypatch.setattr(os, "write", half_then_full)
    with pytest.raises(StorageFull):
        objects.append(ID, bytes(8))
    assert objects.read(ID, 0, 99) == b"whole"


async def test_on_a_full_disk_no_sealed_byte_is_written(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a record on the disk would be sealed again, from other bytes, under the same key and number."""
    objects.create(ID)
    objects.append(ID, b"whole")
    written = list[bytes]()
    monkeypatch.setattr(os, "write", lambda _handle, data: written.append(bytes(data)))
    with monkeypatch.context() as full:
        full.setattr("appliance.files.objects._LIBC", FullDisk())
        with pytest.raises(StorageFull):
            objects.append(ID, bytes(8))
    assert (written, objects.read(ID, 0, 99)) == ([], b"whole")


async def test_space_that_is_taken_first_is_no_length(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    objects.create(ID)
    monkeypatch.setattr(os, "write", raise_io_error)
    with pytest.raises(StorageFailed):
        objects.append(ID, bytes(8))
    assert objects.size(ID) == 0


class FullDisk:
    """A C library whose file system has no space."""

    def fallocate64(self, *_args: object) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1


def raise_io_error(_handle: int, _data: bytes) -> int:
    raise OSError(errno.EIO, "broken")


async def test_all_are_listed_and_nothing_else(objects: Objects) -> None:
    assert list(objects.list()) == []
    ids = {f"f_{number:012x}" for number in range(40)}
    for one in ids:
        objects.create(one)
    (objects.folder / "lost+found").mkdir()
    (objects.folder / "note.txt").write_bytes(b"")
    (objects.folder / "00" / ".hidden").write_bytes(b"")
    assert set(objects.list()) == ids


def test_what_lies_aside_is_an_object_and_goes_as_a_whole(objects: Objects) -> None:
    aside = aside_of(ID)
    assert objects.delete_aside() == 0
    for name in (ID, aside):
        objects.create(name)
    assert (objects.folder / "aside" / aside).exists()
    assert set(objects.list()) == {ID, aside}
    assert objects.delete_aside() == 1
    assert list(objects.list()) == [ID]


def test_what_is_no_object_is_named(objects: Objects) -> None:
    assert list(objects.foreign()) == []
    for name in (ID, aside_of(ID)):
        objects.create(name)
    assert list(objects.foreign()) == []
    (objects.folder / "lost+found").mkdir()
    (objects.folder / "copies").mkdir()
    (objects.folder / "xy").write_bytes(b"")
    (objects.folder / ID[-2:] / "note.txt").write_bytes(b"")
    (objects.folder / ID[-2:] / "f_019a00000zz").write_bytes(b"")
    (objects.folder / "aside" / ID).write_bytes(b"")
    here = ID[-2:]
    assert set(objects.foreign()) == {"copies", "xy", f"{here}/note.txt", f"{here}/f_019a00000zz", f"aside/{ID}"}


async def test_work_is_finished_when_the_caller_goes_away(objects: Objects) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(30)
        done.set()

    task = asyncio.create_task(objects.run(work))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_what_writes_is_done_one_by_one_and_delays_nobody_who_reads(objects: Objects) -> None:
    order, go_on = [], threading.Event()

    def work(number: int) -> None:
        order.append(f"{number} begins")
        assert go_on.wait(30)
        order.append(f"{number} ends")

    writing = [asyncio.create_task(objects.run_writing(work, number)) for number in (1, 2)]
    # As many at once as may wait for a cold disk.
    arrived = threading.Barrier(READING_THREADS)
    await asyncio.gather(*(objects.run(arrived.wait, 30) for _ in range(READING_THREADS)))
    go_on.set()
    await asyncio.gather(*writing)
    assert order == ["1 begins", "1 ends", "2 begins", "2 ends"]


def test_an_object_takes_the_place_of_another_whole(objects: Objects) -> None:
    other = "f_019a0000000aXy"
    for name, content in ((ID, b"before"), (other, b"after")):
        objects.create(name)
        objects.append(name, content)
    objects.replace(ID, other)
    assert objects.read(ID, 0, 99) == b"after"
    assert list(objects.list()) == [ID]
    with pytest.raises(ObjectMissing):
        objects.replace(ID, other)
    assert objects.read(ID, 0, 99) == b"after"
