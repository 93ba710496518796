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


@pytest.mark.parametrize("port", [65_536, 99_999])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(ConfigError, match=r"staff\.port: .* 0 to 65535"):
        loaded(staff={"port": port})


def test_the_first_and_the_last_port_are_taken() -> None:
    assert [loaded(staff={"port": port}).staff.port for port in (0, 65_535)] == [0, 65_535]


@pytest.mark.parametrize(
    "name",
    [
        "https://localhost",
        "localhost:8443",
        "*.moph.test",
        "",
        " localhost",
        "localhost/",
        "แชต.ไทย",
        "a..test",
        "::1]",
        "-a.test",
    ],
)
def test_a_name_is_a_host_name_alone(name: str) -> None:
    with pytest.raises(ConfigError, match=r"staff\.names: .*host name"):
        loaded(staff={"names": ["localhost", name]})


def test_names_may_be_addresses() -> None:
    names = ["localhost", "chat.moph.test", "SRV-1", "srv_2.moph.test", "192.0.2.1", "2001:db8::1", "xn--12c1bib.test"]
    assert loaded(staff={"names": names}).staff.names == tuple(names)


def test_a_file_that_is_not_utf_8_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / config.FILE_NAME).write_bytes('[agency]\nname_th = "กรมทดสอบ"\n'.encode("cp874"))
    with pytest.raises(ConfigError, match="บันทึกเป็น UTF-8 — save as UTF-8"):
        config.load(tmp_path)


@pytest.mark.parametrize("wrong", [{"largest": 0}, {"upload_hours": 0}])
def test_sizes_of_files_that_let_nothing_in_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=rf"files\.{next(iter(wrong))}"):
        loaded(files=wrong)
