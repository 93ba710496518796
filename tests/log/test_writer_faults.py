"""What the writer does at its edges: before it starts, where the store cannot be held, when a caller has gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from appliance.actions import rooms
from appliance.config import Limits
from appliance.errors import AppError, Forbidden, NotFound, StorageFailed, TooMany, Unavailable
from appliance.limits import Entries
from appliance.log.commands import THIS_ROOM
from appliance.log.idempotency import Key
from appliance.log.writer import RoomLog
from appliance.model import Appended, Deny, Draft, EntryType, PersonId, RoomId
from appliance.model import TextBody as Body
from appliance.rules.entry_states import Reacted
from appliance.rules.policy import CHAT_KIND, NEW_ROOM_KIND
from appliance.store import batch as batches
from appliance.store.db import Store
from appliance.store.rooms import pair_key
from tests.bureau import KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau, open_bureau, principal


def text(who: PersonId, room: RoomId, words: str) -> Draft:
    return Draft(room, principal(who), EntryType.MESSAGE_TEXT, words, body=Body(words))


async def outcomes(b: Bureau, *drafts: Draft) -> list[str]:
    """Give drafts to the writer at once; return what became of each: `ok`, or the code of why not."""
    given = [asyncio.create_task(b.s.log.append(draft)) for draft in drafts]
    results = await asyncio.gather(*given, return_exceptions=True)
    return [result.code if isinstance(result, AppError) else "ok" for result in results]


async def test_one_that_never_started_refuses_and_ends_at_once() -> None:
    limit = Entries(Limits(), lambda: 0.0)
    room_log = RoomLog(
        cast("Store", None), KEYS, SIGNER, agency="test", clock=lambda: 0, new_id=lambda kind: kind, limit=limit
    )
    with pytest.raises(Unavailable) as caught:
        room_log.check()
    assert caught.value.code == "writer_stopped"
    await room_log.close()


async def test_one_that_runs_takes_commands_and_one_that_ended_does_not(bureau: Bureau) -> None:
    bureau.s.log.check()
    await bureau.s.log.close()
    with pytest.raises(Unavailable) as caught:
        bureau.s.log.check()
    assert caught.value.code == "writer_stopped"


@pytest.mark.parametrize(("trouble", "code"), [(StorageFailed(), "storage_failed"), (RuntimeError(), "internal")])
async def test_a_store_that_cannot_be_held_refuses_the_batch_and_ends_nothing(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, trouble: Exception, code: str
) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)

    def unheld() -> Any:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(bureau.s.store, "exclusive", unheld)
        assert await outcomes(bureau, text(NARIN, room, "ก"), text(MALEE, room, "ข")) == [code] * 2
    assert await outcomes(bureau, text(NARIN, room, "ก")) == ["ok"]


async def test_a_caller_who_went_away_changes_nothing_for_the_others(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    leaving = asyncio.create_task(bureau.s.log.append(text(NARIN, room, "ก")))
    staying = asyncio.create_task(bureau.s.log.append(text(MALEE, room, "ข")))
    await asyncio.sleep(0)
    leaving.cancel()
    [second] = await staying
    assert second.n == 3
    with suppress(asyncio.CancelledError):
        await leaving
    assert leaving.cancelled()


async def test_in_a_halved_batch_what_stands_behind_a_refusal_that_passes_is_refused_with_it(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same person's next message in the room would overtake it; another's goes in."""
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    real = batches.write

    def write(raw: Any, batch: batches.Batch) -> None:
        if any(row.txn_id == "ก" for row in batch.entries):
            raise Unavailable("not now", code="busy")
        real(raw, batch)

    drafts = text(NARIN, room, "ก"), text(NARIN, room, "ข"), text(MALEE, room, "ค")
    with monkeypatch.context() as patch:
        patch.setattr(batches, "write", write)
        assert await outcomes(bureau, *drafts[:2]) == ["busy", "busy"]
        assert await outcomes(bureau, *drafts) == ["busy", "busy", "ok"]
    assert await outcomes(bureau, *drafts) == ["ok", "ok", "ok"]


async def test_what_changes_nothing_is_answered_without_an_entry(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    sent = await bureau.say(NARIN, room)
    reaction = Draft(room, principal(MALEE), EntryType.MESSAGE_REACTION, state=Reacted(sent.n, "👍", on=True))
    assert [len(await bureau.s.log.append(reaction)) for _ in range(2)] == [1, 0]


async def test_who_has_used_up_their_share_is_refused_before_the_request_is_read(tmp_path: Path) -> None:
    async with open_bureau(tmp_path, limits=Limits(user_entries_s=0.001, user_entries_burst=2)) as b:
        b.s.log.check_share(NARIN)
        await b.group(NARIN, MALEE, SOMCHAI)
        with pytest.raises(TooMany):
            b.s.log.check_share(NARIN)
        b.s.log.check_share(MALEE)


class TestOnce:
    """An action that checks before it appends asks the log whether it was done before."""

    async def test_what_was_done_is_not_done_again(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        [first] = await bureau.s.log.append(text(NARIN, room, "ก"))

        async def refuse() -> list[Appended]:
            raise Forbidden(Deny.NOT_OWNER)

        assert await bureau.s.log.once(Key(room, NARIN, "ก"), refuse) == first
        for new in (Key(room, NARIN, "ข"), Key(room, NARIN, None), Key(room, MALEE, "ก"), Key(THIS_ROOM, NARIN, "ก")):
            with pytest.raises(Forbidden):
                await bureau.s.log.once(new, refuse)

    async def test_what_is_new_is_done(self, bureau: Bureau) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)

        async def append() -> list[Appended]:
            return await bureau.s.log.append(text(NARIN, room, "ก"), text(NARIN, room, "ต่อ"))

        first = await bureau.s.log.once(Key(room, NARIN, "ก"), append)
        assert first.n == 2
        assert await bureau.s.log.once(Key(room, NARIN, "ก"), append) == first

    async def test_a_repeat_is_answered_though_the_first_was_committed_while_it_was_checked(
        self, bureau: Bureau
    ) -> None:
        room = await bureau.group(NARIN, MALEE, SOMCHAI)
        done: list[Appended] = []

        async def refuse() -> list[Appended]:
            done.extend(await bureau.s.log.append(text(NARIN, room, "ก")))
            raise Forbidden(Deny.ALREADY_MEMBER)

        assert await bureau.s.log.once(Key(room, NARIN, "ก"), refuse) == done[0]

    async def test_a_room_is_known_by_its_key_or_its_two_people(self, bureau: Bureau) -> None:
        """A key without either is no repeat of anything."""
        room = await rooms.create_direct(bureau.s, NARIN, MALEE, "c")
        known, others = pair_key(CHAT_KIND, (NARIN, MALEE)), pair_key(CHAT_KIND, (MALEE, SOMCHAI))
        of_another_kind = pair_key(NEW_ROOM_KIND, (NARIN, MALEE))

        async def none() -> list[Appended]:
            raise NotFound

        for txn_id, pair in (("c", None), ("another", known), (None, known)):
            before = await bureau.s.log.once(Key(THIS_ROOM, NARIN, txn_id, pair), none)
            assert (before.room, before.n) == (room, 0)
        for txn_id, pair in ((None, None), ("another", None), ("another", others), ("another", of_another_kind)):
            with pytest.raises(NotFound):
                await bureau.s.log.once(Key(THIS_ROOM, NARIN, txn_id, pair), none)


async def test_once_the_writer_has_ended_nothing_is_queued(bureau: Bureau) -> None:
    room = await bureau.group(NARIN, MALEE, SOMCHAI)
    await bureau.s.log.close()
    with pytest.raises(Unavailable) as refused:
        await bureau.s.log.append(text(NARIN, room, "ก"))
    assert refused.value.code == "writer_stopped"
