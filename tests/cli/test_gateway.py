"""`gchat gateway …` from an empty folder to a process that runs: made, asked to be listed, looked at, ended."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.cli.questions import ask
from appliance.errors import ConfigError
from appliance.evidence.note import KeyType, Signer
from appliance.process import setup
from federation.gateway import enrolling, settings
from federation.gateway.folder import open_keys
from federation.registry import enrolment, signed
from tests.federation.desks import Desk
from tests.waiting import PATIENCE_S, wait_until

PASSPHRASE = "a passphrase of the stick"
NONCE = "n" * 22
AGENCY = setup.NewAgency("moph", "moph.test", "กระทรวงทดสอบ", "Ministry of Tests")


def gchat(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", "appliance.cli", "gateway", *words],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def init(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    flags = {
        "folder": str(folder / "gw"),
        "slug": "moph",
        "domain": "moph.test",
        "endpoint": "https://gw.moph.test:8443",
        "registry": "http://127.0.0.1:9/",
        "identity": str(folder / "stick.pem"),
        "host": "127.0.0.1",
        "port": "0",
        "appliance": str(folder / "data"),
    } | changes
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    return gchat("init", *words, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert init(tmp_path).returncode == 0
    return tmp_path


def test_the_identity_key_is_on_the_stick_alone(made: Path) -> None:
    assert sorted(path.name for path in (made / "gw").iterdir()) == [
        "gateway.toml", "keys.json", "master.key", "public.json",
    ]  # fmt: skip
    assert "ENCRYPTED" in (made / "stick.pem").read_text()
    assert settings.load(made / "gw").listen.endpoint == "https://gw.moph.test:8443"


def test_a_gateway_is_not_made_twice(made: Path) -> None:
    before = (made / "gw" / "keys.json").read_bytes()
    again = init(made, identity=str(made / "other.pem"))
    assert again.returncode == 1
    assert not (made / "other.pem").exists()
    assert (made / "gw" / "keys.json").read_bytes() == before


def test_all_that_cannot_be_used_is_told_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    refused = init(tmp_path, slug="No Slug", domain="a b", endpoint="ftp://x", registry="x", port="70000", host="a b")
    assert refused.returncode == 1
    for flag in ("--slug", "--domain", "--endpoint", "--registry", "--port", "--host"):
        assert flag in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_key_signs_the_request(made: Path) -> None:
    setup.create(made / "data", AGENCY, "file", ask)
    (made / "letter.pdf").write_bytes(b"%PDF")
    asked = gchat(
        "request", "--folder", str(made / "gw"), "--identity", str(made / "stick.pem"), "--nonce", NONCE,
        "--letter", str(made / "letter.pdf"), "--officer", "สมศรี ใจดี", "--appliance", str(made / "data"),
        typed=f"{PASSPHRASE}\n",
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    now = open_keys(made / "gw").own[0].nbf
    found = enrolment.verify(signed.parse(asked.stdout.strip().encode()), nonce=NONCE, now=now)
    assert (found.agency.slug, found.agency.th, found.ep) == ("moph", AGENCY.name_th, ["https://gw.moph.test:8443"])
    assert found.identity.groups in asked.stderr


def test_a_request_that_was_drafted_elsewhere_gets_the_gateways_signatures(made: Path) -> None:
    keys, stick = open_keys(made / "gw"), Ed25519PrivateKey.generate()
    log = Signer.generate("moph.test/a/moph/log", KeyType.ED25519)
    names = enrolment.Names(slug="moph", th="ก", en="M", domain="moph.test")
    asked = enrolling.Asked(names, "https://gw.moph.test:8443", "0" * 64, NONCE, "x")
    whole = signed.parse(enrolling.request(keys, stick, log, asked, keys.own[0].nbf))
    kept = {name: text for name, text in whole.sigs.items() if name in (enrolling.LOG_KEY, enrolling.IDENTITY_KEY)}
    (made / "request.json").write_bytes(signed.encode(msgspec.structs.replace(whole, sigs=kept)))
    assert gchat("sign", str(made / "request.json"), "--folder", str(made / "gw")).returncode == 0
    found = signed.parse((made / "request.json").read_bytes())
    assert enrolment.verify(found, nonce=NONCE, now=keys.own[0].nbf).agency.slug == "moph"
    (made / "request.json").write_text("{}")
    assert gchat("sign", str(made / "request.json"), "--folder", str(made / "gw")).returncode == 1


def test_a_wrong_passphrase_opens_no_stick(made: Path) -> None:
    setup.create(made / "data", AGENCY, "file", ask)
    asked = gchat(
        "request", "--folder", str(made / "gw"), "--identity", str(made / "stick.pem"), "--nonce", NONCE,
        "--letter", str(made / "stick.pem"), "--officer", "x", "--appliance", str(made / "data"), typed="wrong\n",
    )  # fmt: skip
    assert asked.returncode == 1
    assert not asked.stdout


def test_the_key_that_follows_is_announced_beside_the_present_one(made: Path) -> None:
    told = gchat("next-key", "gw", "--folder", str(made / "gw"))
    assert len([key for key in json.loads(told.stdout)["keys"].values() if key["use"] == "gw"]) == 2
    assert len(open_keys(made / "gw").own) == 4


def test_the_process_runs_is_looked_at_and_ends(made: Path) -> None:
    folder = made / "gw"
    assert gchat("status", "--folder", str(folder)).returncode == 1
    assert "root.json" in gchat("serve", "--folder", str(folder)).stderr
    desk = Desk(made / "desk")
    desk.begin()
    (folder / "root.json").write_bytes(desk.first_root)
    read, write = os.pipe()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", "appliance.cli", "gateway", "serve", "--folder", folder, "--ready-fd", str(write)],
        pass_fds=(write,),
        cwd="/",
    )
    os.close(write)
    try:
        with os.fdopen(read, "rb") as ready:
            assert ready.readline() == b"ready\n"
        told = gchat("status", "--folder", str(folder), "--json")
        status = json.loads(told.stdout)
        assert (status["agency"], status["is_enrolled"], status["appliance"]) == ("moph", False, False)
        assert {alarm["code"] for alarm in status["alarms"]} >= {"not_enrolled", "appliance_away", "registry_none"}
        assert told.returncode == 1
        assert "gw-" in gchat("status", "--folder", str(folder)).stdout
    finally:
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: process.poll() is not None, "the gateway ends")
    assert process.returncode == 0


def test_the_settings_tell_every_fault(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        'hots = 1\n[listen]\nport = 70000\n[registry]\nurl = "https://u:p@x/"\npoll_s = 1\n[peers]\n'
        'networks = ["10.0.0.0/99"]\n[keys]\nsource = "stick"\n[limits]\nconnections = 0\n'
    )
    with pytest.raises(ConfigError) as refused:
        settings.load(tmp_path)
    told = "\n".join(refused.value.problems)
    for name in ("hots", "listen.port", "registry.url", "registry.poll_s", "peers.networks", "keys.source"):
        assert name in told
    assert "limits.connections" in told
    with pytest.raises(ConfigError):
        settings.load(tmp_path / "nowhere")


def test_every_setting_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "federation.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z]+\.[a-z_]+)`", page.partition("### การตั้งค่า — settings")[2].partition("\n## ")[0]))
    told.remove("gateway.toml")
    tables = {table.name: table.default_factory for table in dataclasses.fields(settings.Settings)}
    tables.pop("folder")
    there = {f"{name}.{each.name}" for name, kind in tables.items() for each in dataclasses.fields(kind())}  # type: ignore[operator]
    assert told == there
