"""Which roles a route asks for, and how old somebody is who gets an account: tables of values."""

from __future__ import annotations

from datetime import date

import pytest

from appliance.model import Deny
from appliance.rules.accounts import comes_of_age, is_of_age
from appliance.rules.roles import may_call


@pytest.mark.parametrize(
    ("wanted", "roles", "denied"),
    [
        ({"member"}, (), None),
        ({"agency_admin", "member"}, ("unit_admin",), None),
        ({"agency_admin", "unit_admin"}, ("unit_admin",), None),
        ({"agency_admin"}, ("unit_admin",), Deny.ROLE_REQUIRED),
        ({"agency_admin"}, (), Deny.ROLE_REQUIRED),
        ((), ("agency_admin",), Deny.ROLE_REQUIRED),
    ],
)
def test_a_route_is_called_with_one_of_its_roles(wanted: set[str], roles: tuple[str, ...], denied: Deny | None) -> None:
    assert may_call(wanted, roles) is denied


@pytest.mark.parametrize(
    ("born", "day"),
    [("2008-05-17", date(2026, 5, 17)), ("2008-02-29", date(2026, 3, 1)), ("2006-02-28", date(2024, 2, 28))],
)
def test_an_account_is_given_from_a_birthday_on(born: str, day: date) -> None:
    assert comes_of_age(born, 18) == day
    assert is_of_age(born, day, 18)
    assert not is_of_age(born, date.fromordinal(day.toordinal() - 1), 18)


def test_an_unknown_date_of_birth_is_not_held_against_anyone() -> None:
    assert is_of_age(None, date(2026, 1, 1), 18)
