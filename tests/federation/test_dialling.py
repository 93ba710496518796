"""Where the gateway connects to: the address counts at the moment of connecting, whatever led to it."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.gateway.dialling import BASE_S, CAP_S, Allowed, NotAllowed, pause_before

EVERYWHERE = ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104 - what is refused
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "localhost",
        "metadata.test",
        "",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
    ],
)
def test_these_stay_closed_when_everything_is_open(address: str) -> None:
    assert not Allowed(EVERYWHERE).permits(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.7.7", "203.0.113.9", "fd00::7", "2400:cb00::1"])
def test_networks_of_others_are_open_by_default(address: str) -> None:
    assert Allowed(EVERYWHERE).permits(address)


def test_only_named_networks_are_dialled() -> None:
    allowed = Allowed(("10.20.0.0/16",))
    assert allowed.permits("10.20.3.4")
    assert allowed.permits("::ffff:10.20.3.4")
    assert not allowed.permits("10.21.3.4")
    assert not allowed.permits("fd00::1")
    assert not Allowed(()).permits("10.20.3.4")


def test_loopback_is_open_where_it_is_named() -> None:
    assert Allowed((*EVERYWHERE, "127.0.0.0/8")).permits("127.0.0.1")
    assert not Allowed((*EVERYWHERE, "127.0.0.0/8")).permits("::1")
    assert not Allowed(("126.0.0.0/7",)).permits("127.0.0.1"), (
        "a network that holds more than loopback opens none of it"
    )


def test_no_socket_is_made_for_an_address_that_may_not_be_dialled() -> None:
    allowed = Allowed(("10.0.0.0/8",))
    with pytest.raises(NotAllowed):
        allowed.new_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))
    with pytest.raises(NotAllowed):
        allowed.new_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/x", 0)))
    with allowed.new_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))) as made:
        assert made.family == socket.AF_INET


@given(st.text(max_size=50))
def test_nothing_that_is_written_crashes(text: str) -> None:
    assert Allowed(EVERYWHERE).permits(text) in (True, False)


@given(st.integers(min_value=1, max_value=10_000))
def test_pauses_are_bounded(attempt: int) -> None:
    longest = pause_before(attempt, lambda _, high: high)
    assert BASE_S <= longest <= CAP_S
    assert pause_before(attempt, lambda low, _: low) == 0
