"""Signed statements: exact bytes, by the right key, of the right kind; each field bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from appliance.evidence.errors import StatementError
from appliance.evidence.registry import (
    Enrolled,
    GatewayKey,
    LogKey,
    OrderKeys,
    PolicySince,
    Registry,
    Status,
    StatusSince,
)
from appliance.evidence.statements import (
    FORM,
    KEY,
    SIGNATURE,
    decode_statement,
    encode_statement,
    pae,
    sign,
    sign_order,
    verify,
    verify_order,
)
from appliance.model import Principal
from appliance.rules.statements import (
    PAYLOADS,
    CardState,
    Fields,
    HubAcceptance,
    HubEquivocation,
    Order,
    RegistryOrder,
    ShredReceipt,
    ShredResult,
    Statement,
    StatementType,
    UserCard,
    UserRevoked,
)
from tests.evidence.room_builder import LOG

NOW: Final = 1_763_800_000_000
DAY: Final = 24 * 3_600_000
ROOM: Final = "r_" + "a" * 26
ROOT: Final = "A" * 43 + "="
PERSON: Final = Principal("p_1@moph")
CARD: Final = UserCard(
    "moph", NOW // 1000 + 3_600, NOW // 1000, "สมชาย ใจดี", "แพทย์", CardState.ACTIVE, PERSON, "กอง", "S", 7
)
EVERY: Final[dict[StatementType, Fields]] = {
    StatementType.USER_CARD: CARD,
    StatementType.USER_REVOKED: UserRevoked("moph", NOW, 57, PERSON, "left-service"),
    StatementType.HUB_ACCEPTANCE: HubAcceptance("moph", NOW, ROOM, ROOT, 12),
    StatementType.HUB_EQUIVOCATION: HubEquivocation("moph", NOW, "one\n", "dga", ROOM, "two\n" * 3_000),
    StatementType.SHRED_RECEIPT: ShredReceipt("moph", NOW, 3, ShredResult.HELD, ROOM, 9),
    StatementType.REGISTRY_ORDER: RegistryOrder(NOW, "moph", "order-1", PERSON, 412, ROOM, ROOT, 12, "หน่วยงานยุบ"),
}
BY_ONE: Final = [kind for kind in EVERY if kind is not StatementType.REGISTRY_ORDER]


def key_of(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes((seed,)) * 32)


def trusted(seed: int, since: int = NOW - DAY, until: int = NOW + DAY) -> GatewayKey:
    return GatewayKey(key_of(seed).public_key(), since, until)


ORDERS: Final = {f"order-{seed}": key_of(seed) for seed in (11, 12, 13)}
REGISTRY: Final = Registry(
    412,
    {
        "moph": Enrolled(keys={"gw-1": trusted(1), "gw-0": trusted(2, until=NOW)}),
        "moi": Enrolled(keys={"gw-1": trusted(3)}),
    },
    OrderKeys({name: trusted(int(name[-2:])) for name in ORDERS}),
)


def test_the_kinds_that_are_tried_are_all_there_are() -> None:
    assert set(EVERY) == set(PAYLOADS) == set(StatementType)


@pytest.mark.parametrize("kind", BY_ONE)
def test_what_is_signed_is_verified_and_read_back(kind: StatementType) -> None:
    made = sign(kind, EVERY[kind], "gw-1", key_of(1))
    assert verify(made, kind, REGISTRY, NOW) == EVERY[kind]
    assert decode_statement(encode_statement(made)) == made


def test_the_bytes_that_are_signed() -> None:
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    made = sign(StatementType.USER_CARD, CARD, "gw-1", key_of(1))
    assert made.payload.startswith(
        '{"ag":"moph","exp":1763803600,"iat":1763800000,"level":7,"name_en":"S","name_th":"ส'
    )
    signed = pae("gchat-user-card-v1", made.payload.encode())
    key_of(1).public_key().verify(base64url.decode(made.s, 64), signed)
    assert "สมชาย" not in repr(made), "what it says must not show in a log"


def test_another_key_time_agency_or_kind_is_refused() -> None:
    card = StatementType.USER_CARD
    made = sign(card, CARD, "gw-1", key_of(1))
    other = sign(StatementType.USER_REVOKED, EVERY[StatementType.USER_REVOKED], "gw-1", key_of(1))
    cases: list[tuple[Statement, StatementType, int, str]] = [
        (sign(card, CARD, "gw-1", key_of(3)), card, NOW, SIGNATURE),
        (replace(made, payload=made.payload.replace('"level":7', '"level":8')), card, NOW, SIGNATURE),
        (replace(made, s=base64url.encode(bytes(64))), card, NOW, SIGNATURE),
        (replace(made, s=made.s[:-1] + ("B" if made.s[-1] == "A" else "A")), card, NOW, SIGNATURE),
        (replace(made, k="gw-9"), card, NOW, KEY),
        (made, card, NOW + DAY, KEY),
        (made, card, NOW - DAY - 1, KEY),
        (sign(card, CARD, "gw-0", key_of(2)), card, NOW, KEY),
        (sign(card, replace(CARD, ag="dga"), "gw-1", key_of(1)), card, NOW, KEY),
        (sign(card, replace(CARD, ag="moi"), "gw-1", key_of(1)), card, NOW, SIGNATURE),
        (made, StatementType.USER_REVOKED, NOW, FORM),
        (other, card, NOW, FORM),
        (replace(other, type=card), card, NOW, FORM),
    ]
    for statement, expected, at, code in cases:
        with pytest.raises(StatementError) as refused:
            verify(statement, expected, REGISTRY, at)
        assert refused.value.code == code, statement
    assert verify(sign(card, CARD, "gw-0", key_of(2)), card, REGISTRY, NOW - 1) == CARD


SHAPES: Final[dict[str, list[object]]] = {
    "ag": [None, 1, "", "a/b", "x" * 64],
    "exp": [None, "1", -1, True, 2**53],
    "iat": [None, "1", -1],
    "level": ["7", -1, None],
    "name_th": [None, "", "a\nb", "x" * 641, "\u200b"],
    "name_en": [1, "x" * 641],
    "pos": [None, 1, "a\nb", "x" * 641],
    "st": [None, "gone", 1],
    "u": [None, "p_1", "system@moph", "p_1@moph@moph"],
    "unit": [None, 1, "x" * 641, "\x00"],
}


def signed_as_is(payload: str, kind: StatementType = StatementType.USER_CARD) -> Statement:
    return Statement(kind, payload, "gw-1", base64url.encode(key_of(1).sign(pae(kind, payload.encode()))))


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in SHAPES.items() for value in values])
def test_a_field_of_another_shape_is_refused_though_it_is_signed(key: str, value: object) -> None:
    fields = json.loads(sign(StatementType.USER_CARD, CARD, "gw-1", key_of(1)).payload)
    wrong = json.dumps({**fields, key: value}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with pytest.raises(StatementError) as refused:
        verify(signed_as_is(wrong), StatementType.USER_CARD, REGISTRY, NOW)
    assert refused.value.code == FORM
    without = {name: had for name, had in fields.items() if name != key}
    if key not in {"level", "name_en"}:
        with pytest.raises(StatementError):
            verify(signed_as_is(json.dumps(without, sort_keys=True)), StatementType.USER_CARD, REGISTRY, NOW)


def test_a_payload_has_one_form_and_may_say_more() -> None:
    payload = sign(StatementType.USER_CARD, CARD, "gw-1", key_of(1)).payload
    fields = json.loads(payload)
    more = json.dumps({**fields, "zz": [1]}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert verify(signed_as_is(more), StatementType.USER_CARD, REGISTRY, NOW) == CARD
    fraction = payload.replace('"exp":1763803600', '"exp":1763803600.0')
    for wrong in (payload + " ", fraction, "[]", "1", "", "{", "\ud800",
                  json.dumps({**fields, "zz": "x" * 4_096}, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
                  json.dumps(fields, sort_keys=True, separators=(",", ":"))):  # fmt: skip
        with pytest.raises(StatementError) as refused:
            verify(Statement(StatementType.USER_CARD, wrong, "gw-1", "A" * 86), StatementType.USER_CARD, REGISTRY, NOW)
        assert refused.value.code == FORM


def test_nobody_signs_what_nobody_would_accept() -> None:
    for kind, fields in (
        (StatementType.USER_CARD, EVERY[StatementType.USER_REVOKED]),
        (StatementType.USER_CARD, replace(CARD, name_th="")),
        (StatementType.USER_CARD, replace(CARD, iat=2**53)),
        (StatementType.USER_CARD, replace(CARD, name_th="ก" * 640, unit="ก" * 640, pos="ก" * 640)),
        (StatementType.HUB_EQUIVOCATION, HubEquivocation("moph", NOW, "x" * 12_289, "dga", ROOM, "two\n")),
        (StatementType.REGISTRY_ORDER, EVERY[StatementType.REGISTRY_ORDER]),
    ):
        with pytest.raises(StatementError) as refused:
            sign(kind, fields, "gw-1", key_of(1))
        assert refused.value.code == FORM


def ordered(*names: str, fields: RegistryOrder | None = None) -> Order:
    said = fields or EVERY[StatementType.REGISTRY_ORDER]
    assert isinstance(said, RegistryOrder)
    return sign_order(said, {name: ORDERS[name] for name in names})


def test_an_order_takes_two_keys_of_three() -> None:
    two = ordered("order-11", "order-13")
    assert verify_order(two, REGISTRY, NOW) == EVERY[StatementType.REGISTRY_ORDER]
    assert verify_order(ordered(*ORDERS), REGISTRY, NOW) == EVERY[StatementType.REGISTRY_ORDER]
    assert decode_statement(encode_statement(two)) == two
    one = two.sigs[0]
    stranger = replace(one, k="order-99")
    double = OrderKeys({**REGISTRY.orders.keys, "order-14": trusted(11)})
    twice = sign_order(EVERY[StatementType.REGISTRY_ORDER], {"order-11": key_of(11), "order-14": key_of(11)})  # type: ignore[arg-type]
    cases: list[tuple[Order, Registry, int, str]] = [
        (ordered("order-11"), REGISTRY, NOW, KEY),
        (replace(two, sigs=(one, one)), REGISTRY, NOW, KEY),
        (replace(two, sigs=(one, stranger)), REGISTRY, NOW, KEY),
        (replace(two, sigs=(one, replace(one, k="order-12"))), REGISTRY, NOW, SIGNATURE),
        (twice, replace(REGISTRY, orders=double), NOW, KEY),
        (two, REGISTRY, NOW + DAY, KEY),
        (two, replace(REGISTRY, orders=OrderKeys(REGISTRY.orders.keys, 3)), NOW, KEY),
        (two, replace(REGISTRY, orders=OrderKeys()), NOW, KEY),
        (replace(two, type=StatementType.USER_CARD), REGISTRY, NOW, FORM),
    ]
    for order, registry, at, code in cases:
        with pytest.raises(StatementError) as refused:
            verify_order(order, registry, at)
        assert refused.value.code == code
    with pytest.raises(ValueError, match="two keys"):
        OrderKeys(threshold=1)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "1", "\ud800", '{"k":"gw-1","payload":"{}","s":"x","type":"gchat-user-card-v1"}',
     '{"k":"a/b","payload":"{}","s":"' + "A" * 86 + '","type":"gchat-user-card-v1"}',
     '{"k":"gw-1","payload":"{}","s":"' + "A" * 86 + '","type":"gchat-other-v1"}',
     '{"payload":"{}","sigs":[],"type":"gchat-registry-order-v1"}',
     '{"k":"gw-1","payload":"' + "x" * 49_153 + '","s":"' + "A" * 86 + '","type":"gchat-user-card-v1"}'],
)  # fmt: skip
def test_what_is_no_statement(text: str) -> None:
    with pytest.raises(StatementError) as refused:
        decode_statement(text)
    assert refused.value.code == FORM


def test_an_order_has_few_signatures() -> None:
    made = ordered(*ORDERS)
    many = encode_statement(replace(made, sigs=made.sigs * 2))
    with pytest.raises(StatementError):
        decode_statement(many)


def test_status_policy_and_log_keys_are_histories() -> None:
    history = (StatusSince(5, Status.ACTIVE), StatusSince(9, Status.SUSPENDED), StatusSince(12, Status.ACTIVE),
               StatusSince(20, Status.REVOKED))  # fmt: skip
    policy = (PolicySince(5, frozenset({"dga"}), 1), PolicySince(8))
    log = LogKey(LOG.verifier, NOW, NOW + DAY)
    registry = Registry(20, {"moph": Enrolled(history, policy=policy, logs=(log,))})
    told = [registry.status_at("moph", version) for version in (4, 5, 8, 9, 11, 12, 19, 20, 99)]
    assert told == [None, "active", "active", "suspended", "suspended", "active", "active", "revoked", "revoked"]
    assert [registry.is_active("moph", version) for version in (4, 5, 9, 12, 20)] == [False, True, False, True, False]
    assert registry.status_at("moi", 5) is None
    accepted = [(4, "dga", 0), (5, "dga", 1), (5, "dga", 2), (5, "moi", 0), (8, "moi", 0), (8, "moi", 1)]
    assert [registry.accepts("moph", hub, label, version) for version, hub, label in accepted] == [
        False, True, False, False, True, False]  # fmt: skip
    assert not registry.accepts("moi", "dga", 0, 5)
    assert [registry.log_keys_at("moph", at) for at in (NOW - 1, NOW, NOW + DAY)] == [[], [LOG.verifier], []]
    assert registry.log_keys_at("moi", NOW) == []
