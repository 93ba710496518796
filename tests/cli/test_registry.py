"""`gchat registry …`: a ceremony with holders apart from each other, an agency that asks, refusals in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from federation.registry import signed
from federation.registry.repository import PUBLIC
from tests.commands import Said, carried_out
from tests.federation.asking import Asking, asking

if TYPE_CHECKING:
    from federation.registry.document import Key

PASSPHRASE = "a passphrase of a holder"
YES = f"{PASSPHRASE}\n{PASSPHRASE}\n"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A published registry; the holders' keys are beside it."""
    cards = {role: [holder(tmp_path, f"{role}{n}") for n in range(1, most + 1)] for role, most in MOST.items()}
    folder = tmp_path / "registry"
    made = operate(folder, "init", "--root", *cards["root"], "--targets", *cards["targets"])
    assert made.code == 0, made.err
    sign_all(tmp_path, folder, "root1", "root2", "root3")
    sign_all(tmp_path, folder, "targets1", "targets2")
    return folder


MOST = {"root": 5, "targets": 3}


def holder(folder: Path, name: str) -> Path:
    said = carried_out("registry", "key", "--holder", name, "--out", folder / name, given=YES)
    assert said.code == 0, said.err
    return folder / f"{name}.card"


def operate(folder: Path, command: str, *words: str | Path) -> Said:
    return carried_out("registry", command, *words, "--folder", folder)


def sign_all(keys: Path, folder: Path, *holders: str) -> Said:
    """Have holders sign what waits for their role, each by themselves; return what the publication said."""
    role = holders[0].rstrip("0123456789")
    operate(folder, "publish", "--requests", keys / "waiting")
    files = []
    for name in holders:
        out = keys / f"{name}.sig"
        words = ("registry", "sign", keys / "waiting" / f"{role}.json", "--key", keys / name, "--out", out)
        assert carried_out(*words).code == 1
        said = carried_out(*words, "--yes", given=f"{PASSPHRASE}\n")
        assert said.code == 0, said.err
        files.append(out)
    return operate(folder, "publish", *files)


def test_a_ceremony_says_who_is_missing(tmp_path: Path) -> None:
    cards = {role: [holder(tmp_path, f"{role}{n}") for n in range(1, most + 1)] for role, most in MOST.items()}
    folder = tmp_path / "registry"
    operate(folder, "init", "--root", *cards["root"], "--targets", *cards["targets"])
    said = sign_all(tmp_path, folder, "root1", "root2")
    assert said.code == 1
    assert "root: 1 (root3, root4, root5)" in said.err
    assert "targets: 2 (targets1, targets2, targets3)" in said.err
    assert not (folder / PUBLIC / "timestamp.json").exists()
    again = operate(folder, "init", "--root", *cards["root"], "--targets", *cards["targets"])
    assert again.code == 1


def asked(tmp_path: Path, registry: Path, of: Asking) -> Path:
    """The agency's request, signed by its keys one after the other."""
    nonce = operate(registry, "nonce", of.own.slug).out.strip()
    (tmp_path / "letter.pdf").write_bytes(b"a letter")
    public = of.enrolment
    keys = {name: as_file(key) for name, key in public.keys.items() if name[:2] in ("gw", "wi")}
    pins = [{"spki": pin.spki, "cert": pin.cert, "nbf": pin.nbf, "exp": pin.exp} for pin in public.tls]
    text = {"agency": of.own.slug, "domain": of.own.domain, "keys": keys, "tls": pins}
    (tmp_path / "public.json").write_text(json.dumps(text))
    sealed = of.identity.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    (tmp_path / "identity.pem").write_bytes(sealed)
    file = tmp_path / "request.json"
    said = carried_out(
        *("registry", "request", file, "--public", tmp_path / "public.json", "--nonce", nonce, "--th", "กระทรวง"),
        *("--en", "Ministry", "--endpoint", "https://gw.moph.test:8443", "--letter", tmp_path / "letter.pdf"),
        *("--log", public.keys["log-2026a"].vkey or "", "--id", public.keys["id-2026a"].pub or ""),
        *("--identity", tmp_path / "identity.pem"),
        given=f"{PASSPHRASE}\n",
    )
    assert said.code == 0, said.err
    assert "gw-2026a" in said.out
    assert of.enrolment.identity.thai in said.out
    envelope = signed.parse(file.read_bytes())
    log = next(name for name in json.loads(envelope.payload)["keys"] if name.startswith("log-"))
    for name, key in (("gw-2026a", of.own.gw), ("wit-2026a", of.own.wit), (log, of.own.log), (of.pin.spki, of.tls)):
        envelope = signed.sign(envelope, name, key)
    file.write_bytes(signed.encode(envelope))
    return file


def as_file(key: Key) -> dict[str, object]:
    named = {"pub": key.pub} if key.pub else {"vkey": key.vkey}
    return {"use": key.use, "nbf": key.nbf, "exp": key.exp, **named}


def test_an_agency_asks_is_approved_suspended_and_revoked(tmp_path: Path, registry: Path) -> None:
    moph = asking("moph")
    file = asked(tmp_path, registry, moph)
    shown = operate(registry, "review", file)
    assert shown.code == 0, shown.err
    words = moph.enrolment.identity.thai
    assert words in shown.out
    request = shown.out.split()[0]
    assert operate(registry, "review").out.split() == [request, "moph"]
    wrong = operate(registry, "approve", request, "--letter", tmp_path / "letter.pdf", "--words", "ช้าง")
    assert wrong.code == 1
    done = operate(registry, "approve", request, "--letter", tmp_path / "letter.pdf", "--words", words)
    assert done.code == 0, done.err
    assert "moph  active" in sign_all(tmp_path, registry, "targets2", "targets3").out
    assert operate(registry, "end-key", "moph", "gw-2026a", "--since", "1767225700", "--why", "stolen").code == 0
    assert operate(registry, "end-key", "moph", "gw-1999a", "--why", "stolen").code == 1
    sign_all(tmp_path, registry, "targets1", "targets3")
    for command, standing in (("suspend", "suspended"), ("reinstate", "active"), ("revoke", "revoked")):
        assert operate(registry, command, "moph", "--why", "by letter").code == 0
        alone = sign_all(tmp_path, registry, "targets1")
        assert alone.code == 1
        assert "targets: 1 (targets2, targets3)" in alone.err
        assert f"moph  {standing}" in sign_all(tmp_path, registry, "targets2").out
    assert "moph  revoked" in operate(registry, "status").out
    assert operate(registry, "timestamp").code == 0


def test_a_holder_s_key_opens_with_its_passphrase_alone(tmp_path: Path, registry: Path) -> None:
    operate(registry, "renew")
    operate(registry, "publish", "--requests", tmp_path / "waiting")
    words = ("registry", "sign", tmp_path / "waiting" / "targets.json", "--key", tmp_path / "targets1")
    said = carried_out(*words, "--out", tmp_path / "sig", "--yes", given="another passphrase\n")
    assert said.code == 1
    assert not (tmp_path / "sig").exists()
    short = carried_out("registry", "key", "--holder", "x", "--out", tmp_path / "x", given="short\n")
    assert short.code == 1
    assert not (tmp_path / "x").exists()


def test_what_is_no_file_of_the_registry_is_said(tmp_path: Path, registry: Path) -> None:
    (tmp_path / "bad").write_bytes(b"\xff{")
    for words in (
        ("registry", "review", tmp_path / "bad", "--folder", registry),
        ("registry", "publish", tmp_path / "bad", "--folder", registry),
        ("registry", "sign", tmp_path / "bad", "--key", tmp_path / "targets1", "--out", tmp_path / "o"),
        ("registry", "status", "--folder", tmp_path),
        ("registry", "request", tmp_path / "bad"),
        ("registry", "request", tmp_path / "new", "--public", tmp_path / "bad"),
    ):
        said = carried_out(*words)
        assert said.code == 1, words
        assert said.err
    key = base64url.encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert key not in operate(registry, "status").out
