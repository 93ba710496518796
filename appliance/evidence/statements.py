"""Signed statements: what an agency, or the registry, says beside the seals of entries, and who is believed.

The signature is Ed25519 over the pre-authentication encoding of DSSE, `DSSEv1 len(type) type len(payload) payload`, so
a statement of one kind can never be read as one of another. The payload is canonical JSON of a kind that
`rules/statements.py` lists; its exact bytes are signed, kept and verified, and never made anew. An agency signs with a
gateway key; an order of the registry has the signatures of several order keys, as many as the registry asks for.

Example: verify(sign(StatementType.USER_CARD, card, "gw-2026a", key), StatementType.USER_CARD, registry, at).
Rules: pure; a key counts if it was valid at `at`, the hub's time where the statement stands in an entry. Does not say
what a statement decides there (`rules/stated.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature

from appliance.evidence import base64url
from appliance.evidence.canonical import decode, encode
from appliance.evidence.errors import EvidenceError, NotCanonicalError, StatementError
from appliance.rules.entry_types import types_where
from appliance.rules.shapes import WrongShapeError
from appliance.rules.statements import (
    MAX_EVIDENCE,
    ORDER_SHAPE,
    PAYLOAD_SHAPES,
    PAYLOADS,
    STATEMENT_SHAPE,
    Fields,
    HubAcceptance,
    Order,
    RegistryOrder,
    Signature,
    Statement,
    StatementType,
    longest_payload,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from appliance.evidence.registry import Registry
    from appliance.model import Millis, State

FORM: Final = "statement_form"
"""Not a statement of this kind."""
KEY: Final = "statement_key"
"""By no key that was valid then, or by too few."""
SIGNATURE: Final = "statement_signature"
"""A signature that is not one of this key over these bytes."""
_OF_SIZES: Final = ("accepted", "order")
"""The fields of an entry whose statements name a size of its log."""
NAMING_SIZES: Final = types_where(lambda row: not row.shape.keys.keys().isdisjoint(_OF_SIZES))
"""The types of entries that have one of them."""
MAX_TEXT: Final = 2 * MAX_EVIDENCE
SIGNATURE_BYTES: Final = 64


def pae(kind: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: the pre-authentication encoding of DSSE."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def sign(kind: StatementType, fields: Fields, key_id: str, key: Ed25519PrivateKey) -> Statement:
    """Return what an agency says, signed. Raises `StatementError` for what nobody would accept."""
    payload = _written(kind, fields)
    if kind is StatementType.REGISTRY_ORDER:
        raise StatementError("an order is signed by several keys", FORM)
    return Statement(kind, payload.decode(), key_id, _signed(kind, payload, key))


def sign_order(fields: RegistryOrder, keys: Mapping[str, Ed25519PrivateKey]) -> Order:
    """Return an order, signed by each of these keys. Raises `StatementError`."""
    kind = StatementType.REGISTRY_ORDER
    payload = _written(kind, fields)
    signatures = tuple(Signature(name, _signed(kind, payload, key)) for name, key in keys.items())
    return Order(kind, payload.decode(), signatures)


def verify(statement: Statement, expected: StatementType, registry: Registry, at: Millis) -> Fields:
    """Return what a statement says, if a key of the agency that it names signed it. Raises `StatementError`."""
    fields = read_payload(statement.type, statement.payload, expected)
    agency: str | None = getattr(fields, "ag", None)
    key = None if agency is None else registry.key_at(agency, statement.k, at)
    if key is None:
        raise StatementError("no key of this agency that was valid then", KEY)
    _check(key, statement.type, statement.payload, statement.s)
    return fields


def verify_order(order: Order, registry: Registry, at: Millis) -> RegistryOrder:
    """Return an order that as many different keys signed as the registry asks for. Raises `StatementError`.

    A signature of a key that is not known is passed over; a false one of a known key refuses the order.
    """
    fields = read_payload(order.type, order.payload, StatementType.REGISTRY_ORDER)
    known: set[bytes] = set()
    for one in order.sigs:
        key = registry.order_key_at(one.k, at)
        if key is not None:
            _check(key, order.type, order.payload, one.s)
            known.add(key.public_bytes_raw())
    if len(known) < registry.orders.threshold:
        raise StatementError("signed by fewer than it takes", KEY)
    if not isinstance(fields, RegistryOrder):  # told by the expected kind already
        raise StatementError("not an order", FORM)
    return fields


def read_payload(kind: StatementType, payload: str, expected: StatementType) -> Fields:
    """Return what a payload says, unverified. Raises `StatementError` for another kind or another form."""
    if kind is not expected:
        raise StatementError(f"{kind} in the place of {expected}", FORM)
    try:
        fields = PAYLOAD_SHAPES[kind].of(decode(payload.encode(), longest_payload(kind)))
    except (NotCanonicalError, WrongShapeError, UnicodeEncodeError) as error:
        raise StatementError(str(error), FORM) from error
    return fields


def sizes_in(state: State) -> set[int]:
    """Return the sizes of a log that the statements in an entry name: of an acceptance, and of an order."""
    found = set()
    for name in _OF_SIZES:
        statement: Statement | Order | None = getattr(state, name, None)
        if statement is not None:
            try:
                fields = read_payload(statement.type, statement.payload, statement.type)
            except StatementError:
                continue
            if isinstance(fields, HubAcceptance | RegistryOrder):
                found.add(fields.size)
    return found


def encode_statement(statement: Statement | Order) -> str:
    """Return a statement as canonical JSON text, as it goes over a link or into a file."""
    shape = STATEMENT_SHAPE if isinstance(statement, Statement) else ORDER_SHAPE
    return encode(shape.write(statement), MAX_TEXT).decode()  # type: ignore[arg-type]


def decode_statement(text: str) -> Statement | Order:
    """Return the statement that a text holds, unverified. Raises `StatementError`."""
    try:
        value = decode(text.encode(), MAX_TEXT)
        order = isinstance(value, dict) and value.get("type") == StatementType.REGISTRY_ORDER
        return ORDER_SHAPE.of(value) if order else STATEMENT_SHAPE.of(value)
    except (NotCanonicalError, WrongShapeError, UnicodeEncodeError) as error:
        raise StatementError(str(error), FORM) from error


def _written(kind: StatementType, fields: Fields) -> bytes:
    """Return the payload of these fields, which reads back as the same. Raises `StatementError`."""
    if not isinstance(fields, PAYLOADS[kind]):
        raise StatementError(f"fields of another kind than {kind}", FORM)
    try:
        payload = encode(PAYLOAD_SHAPES[kind].write(fields), longest_payload(kind))  # type: ignore[arg-type]
    except NotCanonicalError as error:
        raise StatementError(str(error), FORM) from error
    read_payload(kind, payload.decode(), kind)
    return payload


def _signed(kind: StatementType, payload: bytes, key: Ed25519PrivateKey) -> str:
    return base64url.encode(key.sign(pae(kind, payload)))


def _check(key: Ed25519PublicKey, kind: StatementType, payload: str, signature: str) -> None:
    try:
        key.verify(base64url.decode(signature, SIGNATURE_BYTES), pae(kind, payload.encode()))
    except (EvidenceError, InvalidSignature) as error:
        raise StatementError("a false signature", SIGNATURE) from error
