"""Half-finished sign-ins are kept for their time, and not without bound."""

from __future__ import annotations

import pytest

from appliance.identity import tickets
from appliance.identity.tickets import Tickets


def test_a_ticket_is_good_until_its_time_is_over_and_is_taken_once() -> None:
    held = Tickets[str](1_000)
    held.put("a", "one", 500)
    assert held.get("a", 1_499) == "one"
    assert held.get("a", 1_500) is None
    held.put("b", "two", 2_000)
    assert held.take("b", 2_001) == "two"
    assert held.take("b", 2_001) is None


def test_a_clock_that_steps_back_ends_no_ticket() -> None:
    held = Tickets[str](1_000)
    held.put("a", "one", 5_000)
    held.put("b", "two", 1_000)
    assert (held.get("a", 1_001), held.get("b", 1_001)) == ("one", "two")


def test_too_many_push_out_those_not_used_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MAX_TICKETS", 2)
    held = Tickets[int](1_000)
    for number in range(3):
        held.put(str(number), number, number)
    assert [held.get(str(number), 10) for number in range(3)] == [None, 1, 2]
