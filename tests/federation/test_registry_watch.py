"""Gateways that follow a real registry: from the operator, from a peer, and what a newer one changes at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from federation.gateway import messages as m
from federation.registry.client import RegistryClient
from federation.registry.document import Change, Document, Standing
from federation.registry.fetching import from_files
from federation.registry.freshness import Freshness
from tests.federation import registries
from tests.federation.desks import Desk
from tests.federation.members import NOW_S, Clock, Member
from tests.federation.running import At, all_linked, at
from tests.waiting import until


def document_of(desk: Desk, *members: Member, **changes: object) -> Document:
    """The next version of the registry with these agencies; `changes` are of the last one."""
    reg = desk.repository.next_version()
    *others, last = members
    first = [Change(reg=2, status=Standing.ACTIVE, at=NOW_S)]
    history = {"history": first}
    listed = [*(other.listed(**history) for other in others), last.listed(**(history | changes))]
    made = registries.registry(*listed, reg=reg)
    return msgspec.structs.replace(desk.repository.working(), reg=reg, agencies=made.agencies)


@asynccontextmanager
async def following(folder: Path) -> AsyncIterator[tuple[Desk, At, At, RegistryClient]]:
    """Two gateways that are linked by version 2 of a registry; the operator answers the first one alone from now on."""
    desk = Desk(folder / "desk", now=NOW_S)
    desk.begin()
    async with (
        at(Member("dga"), folder / "dga", Clock()) as dga,
        at(Member("moph"), folder / "moph", Clock()) as moph,
    ):
        desk.put(document_of(desk, dga.member, moph.member))
        clients = []
        for one in (dga, moph):
            client = RegistryClient(folder / one.slug / "registry", desk.first_root)
            client.update(from_files(desk.files), NOW_S)
            clients.append(client)

        def now_served(name: str) -> Iterator[bytes]:
            return from_files(desk.files)(name)

        dga.gateway.watch(clients[0], now_served)
        moph.gateway.watch(clients[1], from_files({}))
        await all_linked([dga, moph])
        yield desk, dga, moph, clients[1]


async def test_the_registry_goes_to_the_appliance(tmp_path: Path) -> None:
    async with following(tmp_path) as (desk, dga, _, _):
        await until(lambda: bool(_bundles(dga)))
        assert _bundles(dga)[-1].files.keys() >= {"timestamp.json"}
        own = RegistryClient(tmp_path / "appliance", desk.first_root)
        own.update(from_files(_bundles(dga)[-1].files), NOW_S)
        assert own.current is not None
        assert own.current.document.reg == 2


async def test_a_newer_registry_comes_by_a_peer_where_the_operator_is_silent(tmp_path: Path) -> None:
    async with following(tmp_path) as (desk, dga, moph, client):
        desk.put(document_of(desk, dga.member, moph.member, th="ชื่อใหม่"))
        dga.gateway.gateway.registry_wanted.set()
        await until(lambda: moph.gateway.gateway.roster.version == 3)
        assert client.current is not None
        assert client.current.document.agencies["moph"].th == "ชื่อใหม่"
        assert moph.gateway.links.open_to("dga") is not None
        await until(lambda: len(_bundles(moph)) >= 2)


async def test_revocation_reaches_both_ends_at_once(tmp_path: Path) -> None:
    async with following(tmp_path) as (desk, dga, moph, _):
        history = [
            Change(reg=2, status=Standing.ACTIVE, at=NOW_S),
            Change(reg=3, status=Standing.REVOKED, at=NOW_S),
        ]
        desk.put(document_of(desk, dga.member, moph.member, history=history))
        dga.gateway.gateway.registry_wanted.set()
        await until(lambda: dga.gateway.links.open_to("moph") is None)
        await until(lambda: moph.gateway.links.open_to("dga") is None)
        assert [told.peer for told in dga.appliance.told if isinstance(told, m.Closed)] == ["moph"]


async def test_a_registry_that_is_too_old_ends_all_links(tmp_path: Path) -> None:
    """Row 12 of federation.md §7, at the gateway: 24 hours, then 72."""
    async with following(tmp_path) as (_, dga, moph, _):
        for state, hours in ((Freshness.FRESH, 24), (Freshness.DEGRADED, 72)):
            dga.clock.ms = NOW_S * 1000 + hours * 3_600_000
            dga.gateway.follow()
            assert dga.gateway.gateway.freshness is state
            assert dga.gateway.links.open_to("moph") is not None
        dga.clock.ms += 1_000
        dga.gateway.follow()
        assert dga.gateway.gateway.freshness is Freshness.STOPPED
        await until(lambda: moph.gateway.links.open_to("dga") is None)


def _bundles(one: At) -> list[m.RegistryBundle]:
    return [told for told in one.appliance.told if isinstance(told, m.RegistryBundle) and told.files]
