"""The configuration is refused as a whole, with every fault; what follows from it is derived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance import config, wiring
from appliance.errors import ConfigError

TLS = {"host": "0.0.0.0", "tls": True}  # noqa: S104 - a value, nothing listens


def loaded(**raw: Any) -> config.Config:
    return config.parse(Path(), raw)


@pytest.mark.parametrize(("port", "origin"), [(443, "https://chat.moph.test"), (8443, "https://chat.moph.test:8443")])
def test_origins_of_passkeys_leave_out_the_default_port(port: int, origin: str) -> None:
    found = wiring.with_passkeys(loaded(staff=TLS | {"names": ["chat.moph.test"]}), port)
    assert found.policies.passkeys.origins == (origin,)


def test_plain_http_on_loopback_has_port_80_as_default() -> None:
    assert wiring.with_passkeys(loaded(), 80).policies.passkeys.origins == ("http://localhost",)
    assert wiring.with_passkeys(loaded(), 8080).policies.passkeys.origins == ("http://localhost:8080",)


@pytest.mark.parametrize(
    ("names", "rp_id"),
    [
        (["chat.moph.test"], "chat.moph.test"),
        (["a.moph.test", "moph.test"], "moph.test"),
        (["a.moph.test", "b.moph.test"], "a.moph.test"),
        (["amoph.test", "moph.test"], "amoph.test"),
    ],
)
def test_the_domain_of_passkeys_follows_from_the_names(names: list[str], rp_id: str) -> None:
    assert wiring.with_passkeys(loaded(staff=TLS | {"names": names}), 443).policies.passkeys.rp_id == rp_id


def test_what_was_set_for_passkeys_stays() -> None:
    given = {"rp_id": "moph.test", "origins": ["https://chat.moph.test"]}
    found = wiring.with_passkeys(loaded(staff=TLS | {"names": ["chat.moph.test"]}, passkeys=given), 8443)
    assert found.policies.passkeys.rp_id == "moph.test"
    assert found.policies.passkeys.origins == ("https://chat.moph.test",)


@pytest.mark.parametrize("rp_id", ["other.test", "oph.test", "test", "sub.chat.moph.test", ""])
def test_a_domain_of_passkeys_that_no_name_ends_in_is_refused(rp_id: str) -> None:
    with pytest.raises(ConfigError, match=r"passkeys\.rp_id"):
        loaded(staff=TLS | {"names": ["chat.moph.test"]}, passkeys={"rp_id": rp_id})


def test_a_server_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"staff\.names"):
        loaded(staff=TLS | {"names": []})
