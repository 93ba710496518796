"""Changes of an enrolled agency, by itself or by the operator, and what a next version may never take away."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.registry import changes, enrolment, signed
from federation.registry.changes import AgencyChange, Loss
from federation.registry.document import Document, Orders, RegistryError, Standing, Use
from federation.registry.terms import Policy
from tests.federation.asking import asking, ed25519, new_pin
from tests.federation.registries import START, YEAR

MOPH = asking("moph")
FIRST = Document(reg=1, agencies={"moph": enrolment.as_agency(MOPH.enrolment, 1, START)})
NOW = START + 1000
NEXT = Ed25519PrivateKey.generate()


def change(**fields: Any) -> AgencyChange:
    return AgencyChange(agency="moph", ts=NOW, **fields)


def refused(envelope: signed.Envelope, document: Document = FIRST) -> str:
    with pytest.raises(RegistryError) as error:
        changes.verify(envelope, document, NOW)
    return error.value.code


def rewritten(old: Document, new: Document) -> str:
    with pytest.raises(RegistryError) as error:
        changes.check_successor(old, new)
    return error.value.code


def next_key() -> signed.Envelope:
    """The announcement of the next gateway key, signed by the identity key and by itself."""
    key = ed25519(Use.GATEWAY, NEXT, NOW, NOW + YEAR)
    envelope = MOPH.signed(changes.draft(change(keys={"gw-2027a": key})), "id-2026a")
    return signed.sign(envelope, "gw-2027a", NEXT)


def test_a_next_key_is_announced_and_both_count() -> None:
    found = changes.verify(next_key(), FIRST, NOW)
    second = changes.with_change(FIRST, found, 2)
    assert second.reg == 2
    assert set(second.agencies["moph"].keys_of(Use.GATEWAY, NOW)) == {"gw-2026a", "gw-2027a"}
    changes.check_successor(FIRST, second)


def test_a_change_is_not_played_again() -> None:
    second = changes.with_change(FIRST, changes.verify(next_key(), FIRST, NOW), 2)
    assert refused(next_key(), second) == "played_again"


def test_the_identity_key_and_every_new_key_sign() -> None:
    envelope = next_key()
    assert refused(MOPH.signed(changes.draft(changes.read(envelope)), "id-2026a")) == "not_signed"
    by_gateway = MOPH.signed(changes.draft(changes.read(envelope)), "gw-2026a")
    assert refused(signed.sign(by_gateway, "gw-2027a", NEXT)) == "not_signed"
    assert refused(signed.sign(envelope, "gw-2027a", Ed25519PrivateKey.generate())) == "signature"


def test_an_id_of_a_key_is_never_used_twice() -> None:
    key = ed25519(Use.GATEWAY, NEXT, NOW, NOW + YEAR)
    envelope = MOPH.signed(changes.draft(change(keys={"gw-2026a": key})), "id-2026a")
    assert refused(signed.sign(envelope, "gw-2026a", NEXT)) == "key_id_taken"


def test_a_lost_key_counts_up_to_when_it_was_lost() -> None:
    loss = Loss(revoked_at=NOW, compromised_since=START + 10)
    envelope = MOPH.signed(changes.draft(change(end={"gw-2026a": loss})), "id-2026a")
    second = changes.with_change(FIRST, changes.verify(envelope, FIRST, NOW), 2)
    evidence = second.as_evidence()
    assert evidence.key_at("moph", "gw-2026a", (START + 9) * 1000) is not None
    assert evidence.key_at("moph", "gw-2026a", (START + 10) * 1000) is None
    changes.check_successor(FIRST, second)
    assert rewritten(second, msgspec.structs.replace(FIRST, reg=3)) == "rewritten"


def test_an_end_is_never_put_off() -> None:
    second = changes.with_ended_key(FIRST, "moph", "gw-2026a", Loss(revoked_at=NOW), 2)
    with pytest.raises(RegistryError, match="ended_later"):
        changes.with_ended_key(second, "moph", "gw-2026a", Loss(revoked_at=NOW + 1), 3)
    with pytest.raises(RegistryError, match="no_such_key"):
        changes.with_ended_key(second, "moph", "gw-1999a", Loss(revoked_at=NOW), 3)


def test_a_pin_follows_another() -> None:
    tls = ec.generate_private_key(ec.SECP256R1())
    pin, former = new_pin(tls), MOPH.enrolment.tls[0]
    envelope = MOPH.signed(changes.draft(change(tls=[pin], end_tls=[former.spki])), "id-2026a")
    assert refused(envelope) == "not_signed"
    found = changes.verify(signed.sign(envelope, pin.spki, tls), FIRST, NOW)
    second = changes.with_change(FIRST, found, 2)
    assert second.agency_of_pin(pin.spki, NOW) == "moph"
    assert second.agency_of_pin(former.spki, NOW) is None
    assert second.agency_of_pin(former.spki, NOW - 1) == "moph"


def test_former_policies_stay() -> None:
    second = changes.with_change(FIRST, change(pol=Policy(accept_from=["moi"])), 2)
    third = changes.with_change(second, msgspec.structs.replace(change(pol=Policy(accept_from=[])), ts=NOW + 1), 2)
    (before,) = third.agencies["moph"].pol_before
    assert (before.until, before.pol) == (2, Policy())
    changes.check_successor(FIRST, third)
    agency = msgspec.structs.replace(FIRST.agencies["moph"], pol=Policy(accept_from=[]))
    assert rewritten(FIRST, Document(reg=2, agencies={"moph": agency})) == "rewritten"


def test_standing_is_suspended_given_back_and_revoked_for_ever() -> None:
    second = changes.with_standing(FIRST, "moph", Standing.SUSPENDED, 2, NOW)
    third = changes.with_standing(second, "moph", Standing.ACTIVE, 3, NOW)
    gone = changes.with_standing(third, "moph", Standing.REVOKED, 4, NOW)
    changes.check_successor(FIRST, gone)
    with pytest.raises(RegistryError, match="revoked"):
        changes.with_standing(gone, "moph", Standing.ACTIVE, 5, NOW)
    assert refused(next_key(), gone) == "revoked"


def test_what_was_decided_and_taken_back_before_it_was_published_leaves_no_trace() -> None:
    second = changes.with_standing(FIRST, "moph", Standing.SUSPENDED, 2, NOW)
    back = changes.with_standing(second, "moph", Standing.ACTIVE, 2, NOW)
    assert back.agencies == FIRST.agencies


@pytest.mark.parametrize(
    "fields",
    [{"domain": "other.test"}, {"keys": {}}, {"history": []}],
)
def test_a_next_version_rewrites_nothing(fields: dict[str, Any]) -> None:
    agency = msgspec.structs.replace(FIRST.agencies["moph"], **fields)
    assert rewritten(FIRST, Document(reg=2, agencies={"moph": agency})) == "rewritten"


def test_no_agency_or_order_key_is_taken_out() -> None:
    assert rewritten(FIRST, Document(reg=2, agencies={})) == "rewritten"
    orders = Orders(keys={"order-a": ed25519(Use.ORDER, NEXT)})
    with_orders = msgspec.structs.replace(FIRST, orders=orders)
    assert rewritten(with_orders, msgspec.structs.replace(FIRST, reg=2)) == "rewritten"


def test_a_version_is_one_content() -> None:
    assert rewritten(msgspec.structs.replace(FIRST, reg=2), FIRST) == "rollback"
    other = msgspec.structs.replace(FIRST.agencies["moph"], th="อื่น")
    assert rewritten(FIRST, Document(reg=1, agencies={"moph": other})) == "rollback"


def test_an_order_takes_two_keys_at_least() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"threshold": 1}, Orders)
