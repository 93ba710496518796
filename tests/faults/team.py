"""Six people of the demo world who write to three rooms, two who only follow, one who reads: the load of most tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientSession

from tests.faults import proof
from tests.faults.appliance import Appliance, Caller, sign_in
from tests.faults.load import Follower, HttpWriter, Reader, StreamWriter, Worker
from tests.waiting import until

ROOMS: Final = {"dengue": "narin.p", "p09": "suphawadi.c", "all": "bunloet.p"}
"""The rooms and someone who may read each."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who works, and where every room stood when they began."""

    workers: list[Worker]
    callers: Mapping[str, Caller]
    since: Mapping[str, int]
    rooms_of: Mapping[str, set[str]]

    @property
    def acknowledged(self) -> int:
        """How many messages were confirmed."""
        return sum(len(writer.acked) for writer in proof.writers(self.workers))

    async def gets_on(self, messages: int = 11) -> None:
        """Wait until so many more messages are confirmed."""
        enough = self.acknowledged + messages
        await until(lambda: self.acknowledged >= enough, "the team gets on with its work")

    async def prove(self) -> proof.Entries:
        """Hold everybody's record against what the appliance holds; return that."""
        entries = await proof.held(self.callers)
        proof.whole(entries)
        proof.kept(entries, proof.writers(self.workers))
        proof.heard(entries, self.since, proof.followers(self.workers), self.rooms_of)
        readers = [worker for worker in self.workers if isinstance(worker, Reader)]
        await proof.read(readers, next(iter(self.callers.values())), entries)
        return entries


async def assemble(session: ClientSession, appliance: Appliance) -> Team:
    """Sign the team in."""
    room = {code: appliance.room(code) for code in ROOMS}
    names = ("narin.p", "suphawadi.c", "chakkraphan.t", "parichat.h", "somchai.j", "malee.t", "lalita.w", "bunloet.p")
    people = {name: await sign_in(session, appliance, name) for name in names}
    pos = str((await people["narin.p"].call("GET", "/sync"))["pos"])
    workers: list[Worker] = [
        StreamWriter(people["narin.p"], "narin", room["dengue"], pos),
        StreamWriter(people["chakkraphan.t"], "chakkraphan", room["dengue"], pos),
        StreamWriter(people["suphawadi.c"], "suphawadi", room["p09"], pos),
        StreamWriter(people["somchai.j"], "somchai", room["all"], pos),
        HttpWriter(people["parichat.h"], "parichat", room["p09"]),
        HttpWriter(people["malee.t"], "malee", room["all"]),
        Follower(people["lalita.w"], "lalita", pos),
        Follower(people["bunloet.p"], "bunloet", pos),
        Reader(people["lalita.w"], "reader", room["dengue"]),
    ]
    callers = {room[code]: people[name] for code, name in ROOMS.items()}
    since = {each: await caller.size(each) for each, caller in callers.items()}
    rooms_of: dict[str, set[str]] = {}
    for worker in proof.followers(workers):
        listed = await worker.caller.call("GET", "/rooms")
        rooms_of[worker.name] = {view["id"] for view in listed["rooms"]} & callers.keys()
        assert rooms_of[worker.name], worker.name
    return Team(workers, callers, since, rooms_of)
