"""What the status of a gateway tells, and what of it has to be acted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import AppError
from federation.gateway import status
from federation.gateway.status import Alarm, KeyStatus, LinkStatus, RegistryStatus, State, Status, with_alarms
from tests.federation.members import NOW
from tests.federation.running import linked

DAY_S = 86_400
GOOD = LinkStatus("moph", State.UP, NOW, NOW)
KEY = KeyStatus("gw-2026a", "gw", NOW // 1000 + 61 * DAY_S, is_listed=True, is_used=True)


def alarms(
    link: LinkStatus = GOOD, key: KeyStatus = KEY, state: str = "fresh", *, enrolled: bool = True, there: bool = True
) -> list[Alarm]:
    registry = RegistryStatus(5, state, NOW)
    return with_alarms(Status("dga", NOW, enrolled, there, registry, [link], [key])).alarms


def test_nothing_is_said_where_all_is_well() -> None:
    assert alarms() == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (LinkStatus("moph", State.WAITING, NOW - 899_000), []),
        (LinkStatus("moph", State.WAITING, NOW - 900_000), [Alarm("link_away", "moph")]),
        (LinkStatus("moph", State.DIALLING, NOW - 4 * 3_600_000), [Alarm("link_away_long", "moph")]),
        (LinkStatus("moph", State.UP, NOW - 10**9, skew_ms=2_000), []),
        (LinkStatus("moph", State.UP, NOW, skew_ms=-2_001), [Alarm("clock", "moph -2001 ms")]),
    ],
)
def test_links(link: LinkStatus, expected: list[Alarm]) -> None:
    assert alarms(link) == expected


def test_keys_the_registry_and_the_appliance() -> None:
    ends = KeyStatus("gw-2026a", "gw", NOW // 1000 + 30 * DAY_S, is_listed=True, is_used=True)
    unlisted = KeyStatus("gw-2026b", "gw", KEY.end, is_listed=False, is_used=False)
    assert alarms(key=ends) == [Alarm("key_ends", "gw-2026a 30")]
    assert alarms(key=unlisted) == [Alarm("key_not_listed", "gw-2026b")]
    assert alarms(state="degraded") == [Alarm("registry_degraded", "5")]
    assert alarms(enrolled=False, there=False) == [Alarm("not_enrolled", "dga"), Alarm("appliance_away", "")]


async def test_a_running_gateway_tells_of_every_link_and_key(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, _):
        told = await status.serve(dga.gateway.gateway.settings.folder, dga.gateway.status)
        try:
            found = await status.ask(dga.gateway.gateway.settings.folder)
        finally:
            await told.close()
        assert [(link.peer, link.state, link.version, link.registry) for link in found.links] == [("moph", "up", 1, 1)]
        assert [(key.id, key.is_listed, key.is_used) for key in found.keys] == [
            (f"{use}-2026a", True, True) for use in ("gw", "wit", "tls")
        ]
        assert (found.agency, found.is_enrolled, found.appliance, found.registry.state) == ("dga", True, True, "fresh")
        assert found.alarms == []
        assert any(line.startswith("link  moph  up") for line in status.lines(found))
        with pytest.raises(AppError):
            await status.ask(tmp_path)
