"""Orders of the registry: two of its holders, by the keys that the published document lists, and never one alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.evidence.errors import StatementError
from appliance.evidence.statements import sign_order, verify_order
from appliance.model import Principal
from appliance.rules.statements import RegistryOrder
from federation.registry.client import RegistryClient
from federation.registry.fetching import from_files
from tests.federation.asking import asking
from tests.federation.desks import Desk, Officer, officers
from tests.federation.registries import START

if TYPE_CHECKING:
    from appliance.evidence.registry import Registry
    from appliance.rules.statements import Order

FIELDS = RegistryOrder(
    START * 1000, "moph", "order-1", Principal("p_1@moph"), 2, "r_" + "a" * 26, "A" * 43 + "=", 12, "the hub is gone"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "registry")
    made.begin()
    made.enrol(asking("moph"))
    return made


def published(desk: Desk, folder: Path) -> Registry:
    client = RegistryClient(folder, desk.first_root)
    return client.update(from_files(desk.files), desk.now).document.as_evidence()


def ordered(*by: Officer) -> Order:
    return sign_order(FIELDS, {f"order-{one.card.key.keyid[:16]}": one.key for one in by})


def test_two_holders_order_and_one_does_not(desk: Desk, tmp_path: Path) -> None:
    registry, at = published(desk, tmp_path / "client"), desk.now * 1000
    assert verify_order(ordered(*desk.targets[:2]), registry, at) == FIELDS
    for few in (ordered(desk.targets[0]), ordered(desk.targets[0], *officers("stranger")), ordered(*desk.root[:3])):
        with pytest.raises(StatementError):
            verify_order(few, registry, at)


def test_who_is_a_holder_no_more_does_not_order(desk: Desk, tmp_path: Path) -> None:
    former, desk.targets[0] = desk.targets[0], Officer("t4")
    before, at = ordered(former, desk.targets[1]), desk.now * 1000
    desk.now += 3600
    desk.repository.rotate_root([one.card for one in desk.root], [one.card for one in desk.targets], desk.now)
    desk.sign("root", *desk.root[:3])
    desk.sign("targets", *desk.targets[:2])
    desk.publish()
    registry = published(desk, tmp_path / "client")
    assert verify_order(before, registry, at) == FIELDS
    with pytest.raises(StatementError):
        verify_order(before, registry, desk.now * 1000)
    assert verify_order(ordered(*desk.targets[:2]), registry, desk.now * 1000) == FIELDS
