"""One writer for each upload; the newest takes over, and who was cut has finished before."""

from __future__ import annotations

import asyncio

import pytest

from appliance.errors import Conflict
from appliance.files.arrivals import Arrivals


async def test_the_newest_of_several_writes_after_the_first_has_let_go() -> None:
    arrivals, told, cut = Arrivals(), list[str](), asyncio.Event()

    async def write(name: str, until: asyncio.Event | None = None) -> None:
        def end() -> None:
            told.append(f"{name} is cut")
            cut.set()

        async with arrivals.only_writer("f_1", end):
            told.append(f"{name} writes")
            if until is not None:
                await until.wait()
                told.append(f"{name} keeps what it has")

    first = asyncio.create_task(write("first", cut))
    await asyncio.sleep(0)
    second = asyncio.create_task(write("second"))
    third = asyncio.create_task(write("third"))
    await asyncio.gather(first, third)
    with pytest.raises(Conflict) as refused:
        await second
    assert refused.value.code == "upload_taken_over"
    assert told == ["first writes", "first is cut", "first is cut", "first keeps what it has", "third writes"]


async def test_uploads_do_not_wait_for_each_other_and_nothing_is_kept() -> None:
    arrivals = Arrivals()
    async with arrivals.only_writer("f_1", list), arrivals.only_writer("f_2", list):
        pass
    async with arrivals.only_writer("f_1", list):
        pass
    assert len(arrivals) == 0


async def test_an_error_in_the_block_lets_the_next_one_in() -> None:
    arrivals = Arrivals()
    with pytest.raises(ValueError, match="broken"):
        async with arrivals.only_writer("f_1", list):
            raise ValueError("broken")
    async with arrivals.only_writer("f_1", list):
        pass
