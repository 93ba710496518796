"""How many transfers one person has at once, and their end with the session."""

from __future__ import annotations

import asyncio

import pytest

from appliance.errors import TooMany
from appliance.files.transfers import Transfers
from appliance.model import PersonId, SessionId
from tests.waiting import until

ANONG, BOON = PersonId("anong"), PersonId("boon")


async def test_one_person_has_so_many_at_once_and_the_others_wait() -> None:
    transfers, running, go = Transfers(most=2, most_waiting=1), list[PersonId](), asyncio.Event()

    async def one(person: PersonId) -> None:
        async with transfers.place(person):
            running.append(person)
            await go.wait()

    async with asyncio.TaskGroup() as tasks:
        begun = [tasks.create_task(one(person)) for person in (ANONG, ANONG, ANONG, BOON)]
        await until(lambda: len(running) == 3, "two of one person and one of the other")
        assert sorted(running) == [ANONG, ANONG, BOON]
        with pytest.raises(TooMany):
            await one(ANONG)
        begun[0].cancel()
        await until(lambda: len(running) == 4, "the one that waited")
        go.set()
    # Nothing is remembered of who has none.
    assert not transfers._here  # noqa: SLF001 nothing shows it
    assert not transfers._free  # noqa: SLF001


async def test_all_people_together_have_so_many() -> None:
    transfers = Transfers(most=2, most_waiting=1, most_of_all=2)
    async with transfers.place(ANONG), transfers.place(BOON):
        with pytest.raises(TooMany):
            await transfers.place(PersonId("chai")).__aenter__()
    async with transfers.place(PersonId("chai")):
        pass


async def test_who_waits_too_long_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.files.transfers.WAIT_S", 0.0)
    transfers = Transfers(most=1, most_waiting=1)
    async with transfers.place(ANONG):
        with pytest.raises(TooMany):
            await transfers.place(ANONG).__aenter__()
        assert transfers._here[ANONG] == 1  # noqa: SLF001 nothing shows it
    assert not transfers._here  # noqa: SLF001


def test_what_is_to_end_with_a_session_is_cut_with_it_alone() -> None:
    transfers, cut = Transfers(), list[str]()
    with (
        transfers.ending_with(SessionId("a"), lambda: cut.append("a")),
        transfers.ending_with(SessionId("b"), lambda: cut.append("b")),
    ):
        transfers.end(SessionId("a"))
        transfers.end(SessionId("c"))
    transfers.end(SessionId("b"))
    assert cut == ["a"]
