"""Gateways at work for tests: each with its appliance's end, on loopback, over real TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.process.sockets import listening_socket
from federation.gateway.process import Running, running
from federation.gateway.settings import ApplianceSocket, Dialling, Limits, RegistrySource, Settings
from federation.registry import document
from federation.registry.client import Known
from tests.federation import registries
from tests.federation.appliance_end import ApplianceEnd, appliance_end
from tests.federation.members import LOOPBACK, Clock, Member
from tests.waiting import until


@dataclass
class At:
    """One agency's gateway with its appliance's end."""

    member: Member
    gateway: Running
    appliance: ApplianceEnd
    clock: Clock

    @property
    def slug(self) -> str:
        return self.member.slug

    async def take(self, known: document.Document) -> None:
        """Give the gateway a registry."""
        now = self.clock() // 1000
        await self.gateway.take(Known(known, known.reg, 1, known.reg, now + document.DAY_S, now), {})


@asynccontextmanager
async def at(member: Member, folder: Path, clock: Clock, *, dial: bool = True, **limits: int) -> AsyncIterator[At]:
    """Run a member's gateway on a free port of loopback; it knows no registry."""
    folder.mkdir(exist_ok=True, mode=0o700)  # noqa: ASYNC240 - nobody waits
    bound = listening_socket("127.0.0.1", 0)
    member.endpoint = f"https://127.0.0.1:{bound.getsockname()[1]}"
    settings = Settings(
        folder,
        registry=RegistrySource("http://127.0.0.1:1/"),
        peers=Dialling(LOOPBACK, dial),
        appliance=ApplianceSocket("gateway.sock"),
        limits=Limits(**limits),
    )
    async with (
        appliance_end(folder / "gateway.sock") as end,
        running(settings, member.keys, clock, clock.monotonic, bound) as gateway,
    ):
        await until(lambda: gateway.appliance.is_there)
        yield At(member, gateway, end, clock)


@asynccontextmanager
async def linked(folder: Path, *slugs: str, **options: Any) -> AsyncIterator[list[At]]:
    """Run gateways that know each other, and wait until all are linked."""
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(at(Member(slug), folder / slug, Clock(), **options)) for slug in slugs]
        known = registries.registry(*(one.member.listed() for one in found))
        for one in found:
            await one.take(known)
        await all_linked(found)
        yield found


async def all_linked(found: list[At]) -> None:
    """Wait until each of these has an open link to each other one."""
    pairs = [(one, other) for one in found for other in found if one is not other]
    await until(lambda: all(one.gateway.links.open_to(other.slug) is not None for one, other in pairs), "linked")
