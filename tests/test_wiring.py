"""What the composed appliance does by itself: each part of `wiring` is missed by somebody when it is gone."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from appliance import config, wiring
from appliance.actions import file_quota
from appliance.actions.accounts import revoke_account
from appliance.actions.audit_records import record
from appliance.actions.refusals import record_refusal
from appliance.actions.rooms import change_members
from appliance.demo.world import OPERATOR
from appliance.errors import AppError, TooMany
from appliance.followers import timers
from appliance.log import checkpoints
from appliance.model import EntryType, PersonId
from appliance.policies import DAY
from appliance.rules.portraits import Portrait
from appliance.search_client import MAX_WAITING, Budget, Searching
from appliance.store import audit, file_deletions, file_work, portraits, rooms
from appliance.store.batch import NewCheckpoint
from appliance.store.db import connect
from appliance.store.file_work import NewBlob
from appliance.vault import unlock
from search_index import wire
from search_index.query import Query
from tests import agency
from tests.commands import carried_out
from tests.sql import one_row
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from appliance.config import Config
    from appliance.store.db import Rows
    from tests.agency import Agency

    OpenWorld = Callable[..., AbstractAsyncContextManager[Agency]]


def rows(data: Path, sql: str, *params: object) -> list[tuple[Any, ...]]:
    """Read from the database of a folder that nobody serves."""
    raw = connect(data / "gchat.db", unlock.unlock_keys(config.load(data), wiring.no_terminal).database_key)
    try:
        return list(raw.execute(sql, params))
    finally:
        raw.close()


async def records(served: Agency, action: str) -> list[audit.AuditRecord]:
    async with served.services.store.read() as reader:
        return [item for item in await reader.run(audit.list_newest, 1_000) if item.action == action]


async def test_a_data_folder_that_others_may_change_is_not_served(world_data: Path) -> None:
    """Neither by one process nor by the supervisor: they could put sockets of their own in the place of ours."""
    await asyncio.to_thread(world_data.chmod, 0o770)
    with pytest.raises(AppError) as refused:
        async with agency.serve(world_data):
            pass
    assert refused.value.code == "folder_unsafe"
    said = await asyncio.to_thread(carried_out, "up", "--port", "0", "--data", world_data)
    assert said.code == 1
    assert "is open to others" in said.err
    assert not (world_data / "search.sock").exists()
    await asyncio.to_thread(world_data.chmod, 0o750)
    async with agency.serve(world_data):
        pass


async def test_a_clean_stop_records_the_heads_of_all_rooms(world_data: Path) -> None:
    async with agency.serve(world_data) as served:
        narin = await served.login("narin.p")
        sent = await narin.say(served.room("dengue"), "ก่อนปิดเครื่อง")
        before = len(await records(served, "heads.record"))
    [(size,)] = rows(world_data, "SELECT size FROM recorded_head WHERE room = ?", served.room("dengue"))
    assert size == sent["n"] + 1
    assert rows(world_data, "SELECT count(*) FROM audit WHERE action = 'heads.record'") == [(before + 1,)]


async def test_what_was_unsigned_at_start_is_on_record(world_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_S", 3_600)
    async with agency.serve(world_data) as served:
        s, room = served.services, served.room("dengue")
        narin = await served.login("narin.p")
        await narin.say(room, "ลงนามแล้ว")
        await s.log.checkpoints.sign()
        key = (await s.log.head(room)).key
        async with s.store.read() as reader:
            signed = await reader.run(rooms.checkpoint, key)
        assert signed is not None
        await narin.say(room, "ไม่ทันลงนาม")
    # As if the last second had not come to be signed: the process was killed.
    raw = connect(s.config.database, s.keys.database_key)
    with raw:
        counters = msgspec.json.encode(signed.counters).decode()
        raw.execute("DELETE FROM checkpoint WHERE room = ?", (key,))
        rooms.put_checkpoints(raw, [NewCheckpoint(key, signed.size, signed.frontier, signed.note, counters)])
        raw.execute("DELETE FROM recorded_head")
    raw.close()
    async with agency.serve(world_data) as served:
        [found] = await records(served, "heads.sign_at_start")
        assert found.outcome == "done"
        assert msgspec.json.decode(found.detail or "") == {"entries": 1, "rooms": 1, "unproven": []}


async def test_a_revocation_reaches_the_rooms(running: Agency) -> None:
    """F40: rooms follow by themselves, each time."""
    s, room = running.services, running.room("dengue")
    state = (await s.log.head(room)).state
    for person in [s.log.home.person(member) for member in state.members if member != state.owner][:2]:
        await revoke_account(s, OPERATOR, person, "พ้นจากราชการ")

        async def gone(person: PersonId = person) -> bool:
            return s.log.home.principal(person) not in (await s.log.head(room)).state.members

        await until(gone, f"{person} is off the room")


async def test_a_name_that_is_not_there_costs_what_accounts_do(open_world: OpenWorld) -> None:
    """F74: after a change of the cost, stored hashes and with them absent names are of the former one."""

    def dearer(loaded: Config) -> Config:
        return replace(loaded, policies=replace(loaded.policies, argon2=replace(loaded.policies.argon2, time_cost=2)))

    async with open_world(change=dearer) as served:
        hasher = served.services.hasher
        assert served.services.config.policies.argon2.time_cost == 2
        assert {hasher.decoy(f"nobody{n}").split("$")[3].split(",")[1] for n in range(20)} == {"t=1"}


async def signs_the_audit_log(served: Agency) -> Callable[[], Awaitable[bool]]:
    s = served.services
    async with s.store.write() as tx:
        await record(s, tx, "system", "test.record", "x", "done")

    async def signed() -> bool:
        async with s.store.read() as reader:
            last = await reader.run(audit.get_checkpoint)
            return last is not None and last[0] == (await reader.run(audit.get_frontier)).size

    return signed


async def notices_the_clock(served: Agency) -> Callable[[], Awaitable[bool]]:
    narin = await served.login("narin.p")
    await narin.say(served.room("dengue"), "เวลาจะถอยหลัง")
    served.clock.pass_(days=-1)
    return lambda: _recorded(served, "clock.set_back")


async def counts_refusals(served: Agency) -> Callable[[], Awaitable[bool]]:
    for _ in range(3):
        await record_refusal(served.services, served.person("narin.p"), EntryType.MEMBER_ADD.value, "r_x", "not_owner")
    served.clock.pass_(seconds=2 * 3_600)

    async def counted() -> bool:
        found = [msgspec.json.decode(item.detail or "{}") for item in await records(served, EntryType.MEMBER_ADD.value)]
        return {"again": 2} in found

    return counted


async def notices_sessions_apart(served: Agency) -> Callable[[], Awaitable[bool]]:
    s = served.services
    for client, address in (
        (await served.login("narin.p"), "127.0.0.1"),
        (await served.login("narin.p"), "198.51.100.7"),
    ):
        assert s.sessions.authenticate(client.token, served.clock(), address)
    return lambda: _recorded(served, "session.apart")


async def deletes_sign_ins(served: Agency) -> Callable[[], Awaitable[bool]]:
    await served.login("narin.p")
    served.clock.pass_(days=served.services.config.policies.sign_in.history_days + 1)

    async def deleted() -> bool:
        async with served.services.store.read() as reader:
            return await reader.run(one_row, "SELECT 1 FROM sign_in LIMIT 1") is None

    return deleted


async def escalates(served: Agency) -> Callable[[], Awaitable[bool]]:
    s, room = served.services, served.room("dengue")
    owner = s.log.home.person((await s.log.head(room)).state.owner)
    user = next(user for user in ("lalita.w", "narin.p") if served.person(user) != owner)
    asks = await served.login(user)
    await asks.post(f"/rooms/{room}/removal-requests", {"reason": ""})
    served.clock.pass_(seconds=4 * DAY / 1_000)

    async def escalated() -> bool:
        async with s.store.read() as reader:
            return await reader.run(one_row, "SELECT 1 FROM owner_request WHERE escalated IS NOT NULL") is not None

    return escalated


async def deletes_departures(served: Agency) -> Callable[[], Awaitable[bool]]:
    s, room = served.services, served.room("dengue")
    state = (await s.log.head(room)).state
    gone = s.log.home.person(next(person for person in state.members if person != state.owner))
    await change_members(s, s.log.home.person(state.owner), room, [], [gone], "t_departure")
    served.clock.pass_(days=91)

    async def deleted() -> bool:
        async with s.store.read() as reader:
            return await reader.run(one_row, "SELECT 1 FROM departure") is None

    return deleted


async def deletes_what_is_marked(served: Agency) -> Callable[[], Awaitable[bool]]:
    s, now = served.services, served.clock()
    await s.files.objects.run(s.files.objects.create, "f_marked")
    async with s.store.write() as tx:
        await tx.run(file_deletions.mark_object, "f_marked", "f_marked", "staging", "replaced", now)

    async def deleted() -> bool:
        return "f_marked" not in await s.files.objects.run(lambda: set(s.files.objects.list()))

    return deleted


async def deletes_photographs(served: Agency) -> Callable[[], Awaitable[bool]]:
    s, person = served.services, served.person("narin.p")
    await s.files.objects.run(s.files.objects.create, "f_photo")
    blob = NewBlob("f_photo", "portrait", person, "image/jpeg", 1, b"", served.clock(), wrapped_key=b"key")
    async with s.store.write() as tx:
        await tx.run(file_work.insert, [blob])
        await tx.run(portraits.put, Portrait(person, shown=blob.id, at=served.clock()))
    await revoke_account(s, OPERATOR, person, "พ้นจากราชการ")

    async def deleted() -> bool:
        return "f_photo" not in await s.files.objects.run(lambda: set(s.files.objects.list()))

    return deleted


async def warns_of_space(served: Agency) -> Callable[[], Awaitable[bool]]:
    said = list[str]()
    watching = logging.Handler()
    watching.emit = lambda record: said.append(record.name)  # type: ignore[method-assign]
    logging.getLogger(file_quota.__name__).addHandler(watching)
    async with served.services.store.write() as tx:
        await tx.run(edit_agency_use, 2**60)

    async def warned() -> bool:
        if said:
            logging.getLogger(file_quota.__name__).removeHandler(watching)
        return bool(said)

    return warned


def edit_agency_use(rows: Rows, used: int) -> None:
    """Have the agency's files take so many bytes."""
    rows.run("INSERT INTO file_use (scope, owner, year, bytes) VALUES ('agency', '', 0, ?)", (used,))


async def misses_the_scanner(served: Agency) -> Callable[[], Awaitable[bool]]:
    async def missed() -> bool:
        return served.services.files.health.is_away

    return missed


def without_a_scanner(config: Config) -> Config:
    """Have files scanned by a scanner that is not there."""
    clamav = replace(config.clamav, socket=str(config.data / "no-clamd"))
    return replace(config, files=replace(config.files, scan="hold"), clamav=clamav)


EFFECTS = {
    "audit-checkpoint": signs_the_audit_log,
    "clock": notices_the_clock,
    "departures": deletes_departures,
    "file-deletion": deletes_what_is_marked,
    "file-space": warns_of_space,
    "photos-of-ended": deletes_photographs,
    "removal-requests": escalates,
    "repeated-refusals": counts_refusals,
    "sessions-apart": notices_sessions_apart,
    "sign-in-history": deletes_sign_ins,
    "virus-scanner": misses_the_scanner,
}


@pytest.mark.parametrize("name", EFFECTS)
async def test_every_timed_job_runs_in_the_composed_appliance(
    world_data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert set(timers.JOBS) == set(EFFECTS)
    # Each job runs at once instead of after a minute or an hour; the others not at all.
    for other, (job, seconds) in list(timers.JOBS.items()):
        monkeypatch.setitem(timers.JOBS, other, (job, 0.02 if other == name else 10 * seconds))
    async with agency.serve(world_data, without_a_scanner) as served:
        await until(await EFFECTS[name](served), f"the effect of {name}")


@pytest.mark.parametrize("ask", ["find", "look_through"])
async def test_searches_beyond_those_that_wait_are_refused(tmp_path: Path, ask: str) -> None:
    """F83: a search process that does not answer keeps no line of everybody's searches."""
    held: list[asyncio.StreamWriter] = []

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_unix_server(silent, tmp_path / "s")
    searching = Searching(tmp_path / "s")

    async def search() -> object:
        if ask == "find":
            return await searching.find(wire.Search(needles=[], rooms=[], limit=1))
        return await searching.look_through(Query(()), [wire.Text("ข้อความ")], 1, Budget(1.0))

    # One is being answered; so many wait.
    asked = [asyncio.create_task(search()) for _ in range(MAX_WAITING + 4)]
    try:
        await until(lambda: sum(task.done() for task in asked) > 0, "a refusal")
        done = [task.exception() for task in asked if task.done()]
        assert 1 <= len(done) <= 4
        assert all(isinstance(error, TooMany) and error.code == "busy" for error in done)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        await searching.close()
        for writer in held:
            writer.close()
        server.close()
        await server.wait_closed()


async def _recorded(served: Agency, action: str) -> bool:
    return bool(await records(served, action))
