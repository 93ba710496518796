"""A gateway's keys: sealed in their folder, the right one in use, the identity key elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import AppError, Conflict, Invalid, VaultLocked, WrongKey
from appliance.evidence.note import Verifier
from appliance.vault.master import MasterSource
from appliance.vault.record import SourceKind
from federation import tls
from federation.gateway import folder, identity, keys
from federation.gateway.keys import KeyUse, Listed

NOW = 1_790_000_000
FILE = MasterSource(SourceKind.FILE)


def new_keys(*others: keys.OwnKey) -> tuple[keys.OwnKey, ...]:
    return (*others, *(keys.new_key(use, "moph", [key.id for key in others], NOW) for use in KeyUse))


def test_keys_come_back_as_they_were_and_lie_sealed(tmp_path: Path) -> None:
    made = folder.create(tmp_path / "gw", "moph", "gchat.test", FILE, new_keys())
    opened = folder.open_keys(tmp_path / "gw")
    assert [(key.id, key.use, key.public) for key in opened.own] == [(key.id, key.use, key.public) for key in made.own]
    secrets = [key.signs.private_bytes_raw() for key in made.own if key.use is not KeyUse.CHANNEL]
    lying = b"".join(path.read_bytes() for path in (tmp_path / "gw").iterdir() if path.name != "master.key")
    assert all(secret not in lying and secret.hex().encode() not in lying for secret in secrets)
    assert (tmp_path / "gw" / "keys.json").stat().st_mode & 0o077 == 0


def test_public_json_holds_what_the_registry_lists(tmp_path: Path) -> None:
    made = folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    public = json.loads((tmp_path / "public.json").read_bytes())
    assert public["keys"]["gw-2026a"]["pub"] == made.of(KeyUse.GATEWAY)[0].public
    assert Verifier.from_vkey(public["keys"]["wit-2026a"]["vkey"]).name == "gchat.test/a/moph/wit"
    assert public["tls"][0]["spki"] == made.of(KeyUse.CHANNEL)[0].public


def test_a_folder_that_has_keys_is_not_made_again(tmp_path: Path) -> None:
    folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    before = (tmp_path / "keys.json").read_bytes()
    with pytest.raises(Conflict):
        folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    assert (tmp_path / "keys.json").read_bytes() == before


def test_another_master_key_opens_nothing(tmp_path: Path) -> None:
    folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    (tmp_path / "master.key").write_text("00" * 32)
    with pytest.raises(WrongKey):
        folder.open_keys(tmp_path)
    (tmp_path / "master.key").unlink()
    with pytest.raises(VaultLocked):
        folder.open_keys(tmp_path)


def test_a_master_key_from_systemd(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "gchat-master-key").write_text("ab" * 32)
    (credentials / "gchat-master-key").chmod(0o400)
    source = MasterSource(SourceKind.CREDENTIAL, credentials_dir=credentials)
    folder.create(tmp_path / "gw", "moph", "gchat.test", source, new_keys())
    assert not (tmp_path / "gw" / "master.key").exists()
    assert len(folder.open_keys(tmp_path / "gw", source).own) == 3


@pytest.mark.parametrize("field", ["wrapped", "public"])
def test_an_altered_key_does_not_open(tmp_path: Path, field: str) -> None:
    folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    record = json.loads((tmp_path / "keys.json").read_bytes())
    one, two = record["keys"][0], record["keys"][1]
    one[field], two[field] = two[field], one[field]
    (tmp_path / "keys.json").write_text(json.dumps(record))
    with pytest.raises(WrongKey):
        folder.open_keys(tmp_path)


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AppError) as missing:
        folder.open_keys(tmp_path)
    assert missing.value.code == "gateway_missing"
    (tmp_path / "keys.json").write_bytes(b"\xff{")
    (tmp_path / "keys.json").chmod(0o600)
    with pytest.raises(AppError) as damaged:
        folder.open_keys(tmp_path)
    assert damaged.value.code == "gateway_keys_damaged"


def test_ids_do_not_repeat_in_a_year() -> None:
    first = keys.new_key(KeyUse.GATEWAY, "moph", (), NOW)
    second = keys.new_key(KeyUse.GATEWAY, "moph", [first.id], NOW)
    assert (first.id, second.id) == ("gw-2026a", "gw-2026b")


def test_the_new_key_is_used_once_everybody_knows_it_or_two_days_later() -> None:
    old, new = (keys.new_key(KeyUse.GATEWAY, "moph", others, NOW) for others in ((), ("gw-2026a",)))
    listed = {old.public: Listed(NOW - 1000, NOW + 10**6, 3), new.public: Listed(NOW, NOW + 10**7, 5)}

    def used(peers_know: int | None, now: int) -> keys.OwnKey | None:
        return keys.in_use([new, old], KeyUse.GATEWAY, listed, peers_know, now)

    assert used(4, NOW + 1) is old
    assert used(5, NOW + 1) is new
    assert used(None, NOW + 1) is new
    assert used(4, NOW - 1) is old
    assert used(4, NOW + keys.SWITCH_S) is new
    assert used(4, NOW + 10**6) is new, "the former has ended"
    assert used(4, NOW + 10**7) is None


def test_a_key_that_no_registry_lists_is_not_used() -> None:
    key = keys.new_key(KeyUse.GATEWAY, "moph", (), NOW)
    assert keys.in_use([key], KeyUse.GATEWAY, {}, None, NOW) is None


def test_ended_keys_leave_the_folder(tmp_path: Path) -> None:
    made = folder.create(tmp_path, "moph", "gchat.test", FILE, new_keys())
    old = replace(made, own=(replace(made.own[0], exp=NOW - 1), *made.own[1:]))
    folder.save(tmp_path, folder.without_ended(old, NOW))
    assert made.own[0].id not in [key.id for key in folder.open_keys(tmp_path).own]


def test_the_identity_key_lies_elsewhere_under_a_passphrase(tmp_path: Path) -> None:
    own, stick = tmp_path / "gw", tmp_path / "stick.pem"
    with pytest.raises(Invalid) as inside:
        identity.write(own / "id.pem", own, "a passphrase that is long")
    assert inside.value.code == "identity_inside"
    with pytest.raises(Invalid):
        identity.write(stick, own, "short")
    made = identity.write(stick, own, "a passphrase that is long")
    assert made.private_bytes_raw() not in stick.read_bytes()
    assert identity.read(stick, "a passphrase that is long").public_key() == made.public_key()
    with pytest.raises(AppError):
        identity.read(stick, "a passphrase that is not it")
    with pytest.raises(Conflict):
        identity.write(stick, own, "a passphrase that is long")


def test_a_certificate_fits_its_own_pin_alone() -> None:
    one, two = tls.new_key(), tls.new_key()
    mine, other = tls.certify(one, "moph"), tls.certify(two, "moph")
    assert tls.fits(tls.spki_of(mine), mine)
    assert not tls.fits(tls.spki_of(other), mine)
    assert not tls.fits(tls.spki_of(mine), mine[:-1] + bytes([mine[-1] ^ 1]))
    assert not tls.fits(tls.spki_of(mine), b"")
    assert not tls.fits(tls.spki_of(mine), b"\x30" * 5000)
