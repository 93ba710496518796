"""What other agencies sign in tests of the appliance: cards and acceptances, by a gateway key for each.

One key for each agency, made from its name, so that tests need not carry keys around.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence.registry import GatewayKey, OrderKeys, Registry
from appliance.evidence.statements import sign, sign_order
from appliance.model import agency_of
from appliance.rules.statements import CardState, HubAcceptance, RegistryOrder, StatementType, UserCard

if TYPE_CHECKING:
    from appliance.model import Millis, Principal, RoomId
    from appliance.rules.entry_states import Card
    from appliance.rules.statements import Order, Statement

KEY_ID: Final = "gw-2026a"
HOUR: Final = 3_600
FOR_EVER: Final = 4_102_444_800_000
ORDER_KEYS: Final = ("order-1", "order-2", "order-3")


def gateway_key(agency: str) -> Ed25519PrivateKey:
    """The gateway key of an agency."""
    return Ed25519PrivateKey.from_private_bytes(sha256(agency.encode()).digest())


def signed_card(card: Card, at: Millis) -> Card:
    """The card, signed by the gateway of the person's agency an hour before it ends."""
    agency, second = agency_of(card.p), at // 1000
    said = UserCard(
        agency, second + HOUR, second, card.name, card.post, CardState.ACTIVE, card.p, card.unit, level=card.rank
    )
    return replace(card, signed=sign(StatementType.USER_CARD, said, KEY_ID, gateway_key(agency)))


def acceptance(agency: str, room: RoomId, size: int, root: bytes, at: Millis) -> Statement:
    """That an agency takes a room over."""
    said = HubAcceptance(agency, at, room, b64encode(root).decode(), size)
    return sign(StatementType.HUB_ACCEPTANCE, said, KEY_ID, gateway_key(agency))


def with_order_keys(registry: Registry) -> Registry:
    """The registry with three keys for orders, two of which it takes."""
    keys = {name: GatewayKey(gateway_key(name).public_key(), 0, FOR_EVER) for name in ORDER_KEYS}
    return replace(registry, orders=OrderKeys(keys))


def order_to(room: RoomId, size: int, root: bytes, to: Principal, keys: int) -> Order:
    """An order of the registry that gives a room to a member, signed by so many keys."""
    said = RegistryOrder(0, agency_of(to), "order-1", to, 1, room, b64encode(root).decode(), size)
    return sign_order(said, {name: gateway_key(name) for name in ORDER_KEYS[:keys]})
