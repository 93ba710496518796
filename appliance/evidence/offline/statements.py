"""Signed statements in entries: whether the agencies, or the registry, said what the entries say of them.

Checked for the keys that are given, as seals are; what nobody could check is counted by agency, so that the verdict
names it (`docs/evidence.md` §7). Another reading of the same bytes than `evidence/statements.py`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.evidence.note import KeyType, Verifier
from appliance.evidence.offline.names import order_key_id
from appliance.evidence.offline.outcome import Failed, Usage
from appliance.evidence.offline.trust import parse_key
from appliance.evidence.offline.values import decode64url, parse_canonical
from appliance.rules.shapes import WrongShapeError
from appliance.rules.stated import Facts
from appliance.rules.statements import PAYLOAD_SHAPES, Order, Statement, longest_payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evidence.offline.seals import Seals
    from appliance.rules.statements import Fields, StatementType

REGISTRY: Final = "the registry"
"""By this name what only the registry says is counted; no agency is called so."""
ORDERED_BY: Final = 2


@dataclass(slots=True)
class Statements:
    """The gateway keys (`seals`) and the registry's keys for orders; how many statements were checked, and were not."""

    seals: Seals
    orders: dict[str, Verifier] = field(default_factory=dict)
    checked: int = 0
    unproved: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, seals: Seals, vkeys: Sequence[str]) -> Statements:
        """Return the check for these keys of the registry. Raises `Usage`."""
        orders: dict[str, Verifier] = {}
        for vkey in vkeys:
            key = parse_key(vkey)
            name = order_key_id(key.name) if key else None
            if key is None or name is None or key.key_type is not KeyType.ED25519:
                raise Usage("order_key", key=vkey)
            if orders.setdefault(name, key).public != key.public:
                raise Usage("gateway_twice", key=key.name)
        return cls(seals, orders)

    def facts(self, root_at: Callable[[int], bytes | None]) -> Facts:
        """Return what an entry's statements are judged by; what only the registry knows is believed, and counted."""
        return Facts(
            read=self.read,
            has_ended=self._unknown_end,
            accepts=lambda _agency, _hub, _label: True,
            root_at=partial(_root_text, root_at),
        )

    def read(self, statement: Statement | Order, expected: StatementType) -> Fields | None:
        """Return what a statement says, unless it is malformed or a key that was given did not sign it."""
        fields = _payload(statement, expected)
        if fields is None:
            return None
        if isinstance(statement, Order):
            return fields if self._is_ordered(statement) else None
        agency = str(getattr(fields, "ag", ""))
        key = self.seals.keys.get((agency, statement.k))
        if key is None:
            self._count(agency)
            return fields
        if not _is_signed(key, statement, statement.s):
            return None
        self.checked += 1
        self.seals.used.add(key)
        return fields

    def _is_ordered(self, order: Order) -> bool:
        """Return whether two keys signed an order, as far as keys are given; a false signature of one refuses it."""
        known = [(self.orders[one.k], one.s) for one in order.sigs if one.k in self.orders]
        if len({one.k for one in order.sigs}) < ORDERED_BY:
            return False
        if not all(_is_signed(key, order, signature) for key, signature in known):
            return False
        if len({key.public for key, _ in known}) < ORDERED_BY:
            self._count(REGISTRY)
        else:
            self.checked += 1
            self.seals.used.update(key for key, _ in known)
        return True

    def _unknown_end(self, _agency: str) -> bool:
        self._count(REGISTRY)
        return True

    def _count(self, agency: str) -> None:
        self.unproved[agency] = self.unproved.get(agency, 0) + 1


def pae(kind: str, payload: bytes) -> bytes:
    """Return the bytes that are signed (DSSE)."""
    return b" ".join((b"DSSEv1", str(len(kind)).encode(), kind.encode(), str(len(payload)).encode(), payload))


def _payload(statement: Statement | Order, expected: StatementType) -> Fields | None:
    if statement.type is not expected or len(statement.payload.encode()) > longest_payload(expected):
        return None
    try:
        return PAYLOAD_SHAPES[expected].of(parse_canonical(statement.payload, "header"))
    except (Failed, WrongShapeError):
        return None


def _is_signed(key: Verifier, statement: Statement | Order, signature: str) -> bool:
    data = pae(statement.type.value, statement.payload.encode())
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(decode64url(signature) or b"", data)
    except InvalidSignature:
        return False
    return True


def _root_text(root_at: Callable[[int], bytes | None], size: int) -> str | None:
    root = root_at(size)
    return None if root is None else b64encode(root).decode()
