"""Every table of cases against its rule; the shared ones are run by the web client's tests too."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from appliance.model import AccountState, ContactMode
from appliance.people import Visibility
from appliance.rules.roles import Duty
from tests.rules.adapters import ADAPTERS

TABLES = {path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "tables").glob("*.json")}
CASES = [(name, case) for name, table in sorted(TABLES.items()) for case in table["cases"]]


@pytest.mark.parametrize(("table", "case"), CASES, ids=[f"{name}: {case['name']}" for name, case in CASES])
def test_case(table: str, case: dict[str, Any]) -> None:
    assert ADAPTERS[TABLES[table]["rule"]](case["given"]) == case["expect"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_table_says_what_it_is(name: str) -> None:
    table = TABLES[name]
    assert set(table) == {"rule", "shared", "doc", "cases"}
    assert table["rule"] in ADAPTERS
    names = [case["name"] for case in table["cases"]]
    assert len(names) == len(set(names)) > 0


def test_every_adapter_has_a_table() -> None:
    assert {table["rule"] for table in TABLES.values()} == set(ADAPTERS)


COMPLETE: dict[str, dict[str, list[Any]]] = {
    "may_start_direct": {
        "actor_rank": [40, 70, None],
        "target_rank": [40, 70, None],
        "mode": list(ContactMode),
        "own_organisation": [True, False],
    },
    "may_sign_in": {
        "state": list(AccountState),
        "suspended_until": [None, 1000],
        "active": [True, False],
        "now": [999, 1000],
    },
    "may_change_state": {"old": list(AccountState), "new": list(AccountState)},
    "may_see": {
        "visibility": list(Visibility),
        "own_unit": [True, False],
        "own_agency": [True, False],
        "is_self": [True, False],
    },
}


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_table_is_complete(name: str) -> None:
    fields = COMPLETE[name]
    rows = {tuple(case["given"][field] for field in fields) for case in TABLES[name]["cases"]}
    assert rows == set(product(*fields.values()))


def test_every_duty_is_in_the_table() -> None:
    assert {case["given"]["duty"] for case in TABLES["may_perform"]["cases"]} == set(Duty)
