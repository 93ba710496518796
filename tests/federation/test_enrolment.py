"""Requests to be enrolled: proof of every key, and a clear refusal of everything else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from federation.registry import enrolment, signed
from federation.registry.document import DAY_S, Document, Pin, RegistryError, Use, encode
from tests.federation.asking import NONCE, asking, ed25519
from tests.federation.registries import START, YEAR

MOPH = asking("moph")
NOW = START + 60


def code_of(envelope: signed.Envelope, nonce: str = NONCE, now: int = NOW) -> str:
    with pytest.raises(RegistryError) as error:
        enrolment.verify(signed.parse(signed.encode(envelope)), nonce=nonce, now=now)
    return error.value.code


def draft_code(**changes: Any) -> str:
    with pytest.raises(RegistryError) as error:
        MOPH.request(**changes)
    return error.value.code


def test_a_request_signed_by_every_key_is_taken_as_it_was_written() -> None:
    sent = signed.parse(signed.encode(MOPH.request()))
    found = enrolment.verify(sent, nonce=NONCE, now=NOW)
    assert found == MOPH.enrolment
    listed = enrolment.as_agency(found, 3, NOW)
    assert encode(Document(reg=3, agencies={"moph": listed}))


@pytest.mark.parametrize("name", list(MOPH.private), ids=lambda name: name.partition(":")[0])
def test_every_key_proves_itself(name: str) -> None:
    request = MOPH.request()
    without = {key: text for key, text in request.sigs.items() if key != name}
    assert code_of(msgspec.structs.replace(request, sigs=without)) == "not_signed"
    other = asking("moph")
    stolen = signed.sign(request, name, list(other.private.values())[list(MOPH.private).index(name)])
    assert code_of(stolen) == "signature"


def test_a_signature_counts_for_its_own_request_alone() -> None:
    request, other = MOPH.request(), MOPH.request(ts=START + 1)
    assert code_of(msgspec.structs.replace(request, sigs=other.sigs)) == "signature"
    elsewhere = msgspec.structs.replace(request, type="gchat-user-card-v1")
    assert code_of(elsewhere) == "type"
    assert signed.message(elsewhere) != signed.message(request)


def test_a_stranger_signs_nothing() -> None:
    assert code_of(signed.sign(MOPH.request(), "gw-2026b", Ed25519PrivateKey.generate())) == "signed_by_others"


def test_the_number_of_the_operator_belongs_to_one_request() -> None:
    assert code_of(MOPH.request(), nonce="m" * 22) == "nonce"


def test_times_are_looked_at() -> None:
    assert code_of(MOPH.request(ts=NOW + enrolment.AHEAD_S + 1)) == "from_the_future"
    assert code_of(MOPH.request(), now=START + YEAR) == "key_ended"


def test_keys_are_of_the_right_kinds_and_lives() -> None:
    keys = MOPH.enrolment.keys
    assert draft_code(keys={name: key for name, key in keys.items() if key.use is not Use.WITNESS}) == "keys_lacking"
    assert draft_code(keys={name: key for name, key in keys.items() if key.use is not Use.IDENTITY}) == "identity_keys"
    second = ed25519(Use.IDENTITY, Ed25519PrivateKey.generate())
    assert draft_code(keys={**keys, "id-2026b": second}) == "identity_keys"
    long = ed25519(Use.GATEWAY, MOPH.own.gw, exp=START + 401 * DAY_S)
    assert draft_code(keys={**keys, "gw-2026a": long}) == "key_too_long"
    order = ed25519(Use.ORDER, Ed25519PrivateKey.generate())
    assert draft_code(keys={**keys, "order": order}) == "key"
    lost = msgspec.structs.replace(keys["gw-2026a"], revoked_at=START)
    assert draft_code(keys={**keys, "gw-2026a": lost}) == "key"
    assert draft_code(keys={**keys, "gw-2026b": keys["gw-2026a"]}) == "key_twice"


def test_a_pin_is_of_its_certificate() -> None:
    (pin,) = MOPH.enrolment.tls
    (other,) = asking("moi").enrolment.tls
    assert draft_code(tls=[msgspec.structs.replace(pin, spki=other.spki)]) == "certificate"
    assert draft_code(tls=[msgspec.structs.replace(pin, cert="")]) == "certificate"
    assert draft_code(tls=[pin, pin]) == "pin_twice"
    assert draft_code(tls=[Pin(spki=pin.spki, cert=pin.cert)]) == "key_too_long"


def test_the_bytes_are_the_truth() -> None:
    request = MOPH.request()
    spaced = json.dumps(json.loads(request.payload))
    assert code_of(msgspec.structs.replace(request, payload=spaced)) == "shape"
    more = json.loads(request.payload) | {"later": 1}
    written = json.dumps(more, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert code_of(msgspec.structs.replace(request, payload=written)) == "shape"


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_a_refusal(data: bytes) -> None:
    try:
        signed.parse(data)
    except RegistryError as error:
        assert error.code in ("shape", "too_large")  # noqa: PT017 - either will do


def test_a_request_has_a_bound() -> None:
    with pytest.raises(RegistryError, match="too_large"):
        signed.parse(b" " * (signed.MAX_ENVELOPE + 1))
