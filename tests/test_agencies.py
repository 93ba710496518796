"""What an appliance knows of other agencies: the registry decides who may be linked, the gateway says who is."""

from __future__ import annotations

import pytest

from appliance.agencies import Agencies, Agency, Link, Reach, Standing

MOPH = Agency("moph", "กระทรวงสาธารณสุข", "Ministry of Public Health")
MOI = Agency("moi", "กระทรวงมหาดไทย", "Ministry of Interior")


@pytest.fixture
def agencies() -> Agencies:
    return Agencies(MOPH)


@pytest.fixture
def told(agencies: Agencies) -> list[frozenset[str]]:
    found: list[frozenset[str]] = []
    agencies.on_change(found.append)
    return found


def test_alone_there_is_the_own_agency_and_nobody_else(agencies: Agencies) -> None:
    assert agencies.all() == {"moph": MOPH}
    assert agencies.version == 0
    assert agencies.reach("moph") is Reach.LINKED
    assert agencies.reach("moi") is Reach.UNREACHABLE


def test_a_link_counts_for_who_is_enrolled_alone(agencies: Agencies, told: list[frozenset[str]]) -> None:
    agencies.opened("moi", 1_000)
    assert agencies.reach("moi") is Reach.UNREACHABLE
    agencies.take(7, (MOPH, MOI))
    assert agencies.reach("moi") is Reach.LINKED
    assert agencies.link("moi") == Link(is_open=True, heard=1_000)
    assert told == [{"moi"}]


@pytest.mark.parametrize(
    ("standing", "reach"), [(Standing.SUSPENDED, Reach.SUSPENDED), (Standing.REVOKED, Reach.REVOKED)]
)
def test_the_registry_stands_above_the_link(
    agencies: Agencies, told: list[frozenset[str]], standing: Standing, reach: Reach
) -> None:
    agencies.take(7, (MOPH, MOI))
    agencies.opened("moi", 1_000)
    agencies.take(8, (MOPH, Agency("moi", MOI.name_th, MOI.name_en, standing)))
    assert agencies.reach("moi") is reach
    told.clear()
    agencies.opened("moi", 2_000)
    assert agencies.reach("moi") is reach
    assert told == []


def test_an_older_registry_changes_nothing(agencies: Agencies, told: list[frozenset[str]]) -> None:
    agencies.take(8, (MOPH, MOI))
    told.clear()
    agencies.take(7, (MOPH,))
    assert agencies.version == 8
    assert agencies.get("moi") == MOI
    assert told == []


def test_a_link_that_ends_keeps_when_it_was_last_heard(agencies: Agencies, told: list[frozenset[str]]) -> None:
    agencies.take(8, (MOPH, MOI))
    agencies.opened("moi", 1_000)
    told.clear()
    agencies.heard("moi", 5_000)
    assert told == []
    agencies.closed("moi")
    agencies.closed("moi")
    assert agencies.link("moi") == Link(is_open=False, heard=5_000)
    assert agencies.reach("moi") is Reach.UNREACHABLE
    assert told == [{"moi"}]


def test_without_its_gateway_nobody_is_reached(agencies: Agencies) -> None:
    agencies.take(8, (MOPH, MOI, Agency("dga", "สพร.", "DGA")))
    agencies.opened("moi", 1_000)
    agencies.opened("dga", 1_000)
    agencies.gateway_gone()
    assert {slug: agencies.reach(slug) for slug in ("moi", "dga", "moph")} == {
        "moi": Reach.UNREACHABLE,
        "dga": Reach.UNREACHABLE,
        "moph": Reach.LINKED,
    }
