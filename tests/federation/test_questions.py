"""What peers ask: people who let others find them, rooms they are given; and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.evidence.statements import decode_statement, verify
from appliance.model import AccountState, PersonId
from appliance.people import Visibility
from appliance.rules.statements import Statement, StatementType, UserCard
from appliance.store import audit, people
from federation.gateway import messages as m
from federation.protocol import frames
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau
from tests.federation.wire import CALLER, Wire, open_wire
from tests.log.agencies import person, registry_of, shared_room
from tests.rereading import reread


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with open_wire(tmp_path, "moph", "moi") as found:
        yield found


async def ask(wire: Wire, kind: m.Kind, body: object = None, peer: str = "moi", **target: object) -> m.Answered:
    data = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
    places = {name.rstrip("_"): str(value) for name, value in target.items()}
    answer = await wire.exchanges["moph"].answer(m.Asked(peer, kind, places, data), CALLER)
    assert isinstance(answer, m.Answered)
    return answer


async def listed(b: Bureau, who: PersonId, listing: Visibility = Visibility.CROSS_AGENCY) -> None:
    """Let somebody be found by this circle."""
    async with b.s.store.write() as tx:
        profile = (await tx.run(people.list_by_id, [who]))[who]
        await tx.run(people.update, [dataclasses.replace(profile, listing=listing)])
    await reread(b.s)


def read_card(text: str) -> UserCard:
    statement = decode_statement(text)
    assert isinstance(statement, Statement)
    card = verify(statement, StatementType.USER_CARD, registry_of("moph", "moi"), 1_790_000_000_000)
    assert isinstance(card, UserCard)
    return card


QUERY: dict[str, Any] = {"q": "นรินทร์", "on_behalf": person(MALEE, "moi"), "limit": 20}


async def test_people_are_found_who_let_other_agencies_find_them(wire: Wire) -> None:
    b = wire.agencies["moph"]
    name = b.s.directory.people[NARIN].name
    query = QUERY | {"q": name.split()[0]}
    assert json.loads((await ask(wire, m.Kind.DIRECTORY, query)).body) == {"cards": []}
    await listed(b, NARIN)
    await listed(b, SOMCHAI, Visibility.AGENCY)
    found = json.loads((await ask(wire, m.Kind.DIRECTORY, query)).body)["cards"]
    [card] = [read_card(json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":"))) for one in found]
    assert (card.u, card.name_th, card.ag) == (person(NARIN, "moph"), name, "moph")
    assert card.exp - card.iat < 86_400
    async with b.s.store.read() as reader:
        records = [row for row in await reader.run(audit.list_newest, 100) if row.action == "federation.directory"]
    assert [json.loads(row.detail or "{}")["found"] for row in records] == [1, 0]
    assert {row.actor for row in records} == {person(MALEE, "moi")}


@pytest.mark.parametrize(
    "change",
    [
        {"q": "นร"},
        {"q": "    น    "},
        {"on_behalf": person(MALEE, "moph")},
        {"on_behalf": person(MALEE, "dga")},
        {"on_behalf": "system@moi"},
        {"on_behalf": "malee"},
        {"limit": 51},
        {"more": 1},
    ],
)
async def test_a_search_that_is_not_of_the_form_is_refused(wire: Wire, change: dict[str, Any]) -> None:
    await listed(wire.agencies["moph"], NARIN)
    assert (await ask(wire, m.Kind.DIRECTORY, QUERY | change)).status == 400


async def test_one_person_searches_so_often_a_minute_and_others_go_on(wire: Wire) -> None:
    statuses = [(await ask(wire, m.Kind.DIRECTORY, QUERY)).status for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    assert (await ask(wire, m.Kind.DIRECTORY, QUERY | {"on_behalf": person(NARIN, "moi")})).status == 200


async def test_a_card_is_given_of_whom_others_may_find(wire: Wire) -> None:
    b = wire.agencies["moph"]
    await listed(b, NARIN)
    answer = await ask(wire, m.Kind.CARD, {"u": person(NARIN, "moph")})
    assert read_card(answer.body.decode()).u == person(NARIN, "moph")
    for who in (person(SOMCHAI, "moph"), person(NARIN, "moi"), "system@moph", "nobody@moph", "narin"):
        assert (await ask(wire, m.Kind.CARD, {"u": who})).status == 404, who
    await b.set_state(NARIN, AccountState.REVOKED)
    assert (await ask(wire, m.Kind.CARD, {"u": person(NARIN, "moph")})).status == 404


async def test_a_room_is_told_to_agencies_in_it_alone(wire: Wire) -> None:
    b = wire.agencies["moph"]
    shared, own = await shared_room(b, "moi"), await b.group(NARIN, MALEE)
    head = json.loads((await ask(wire, m.Kind.HEAD, room=shared)).body)
    assert head["size"] == (await b.s.log.head(shared)).size
    page = frames.parse((await ask(wire, m.Kind.LOG, room=shared, from_=0, to=10)).body)
    assert isinstance(page, frames.Feed)
    assert (page.room, len(page.ent)) == (shared, head["size"])
    assert page.cp == head["note"]
    kinds: tuple[tuple[m.Kind, dict[str, Any]], ...] = ((m.Kind.HEAD, {}), (m.Kind.LOG, {"from_": 0, "to": 10}))
    for kind, more in kinds:
        assert (await ask(wire, kind, room=own, **more)).status == 404
        assert (await ask(wire, kind, room="r_" + "a" * 26, **more)).status == 404
        assert (await ask(wire, kind, peer="dga", room=shared, **more)).status == 404
    assert (await ask(wire, m.Kind.LOG, room=shared, from_=head["size"], to=head["size"] + 1)).status == 404
    assert (await ask(wire, m.Kind.LOG, room=shared, from_=3, to=3)).status == 400


async def test_what_is_not_answered_here_is_not_there(wire: Wire) -> None:
    assert (await ask(wire, m.Kind.WITNESS, b"x")).status == 404
    assert (await ask(wire, m.Kind.CARD, b"not json")).status == 400
