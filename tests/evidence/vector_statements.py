"""Vectors of signed statements in entries: what other agencies and the registry must have signed, and by when.

Each case goes on from a small room of two agencies and says the exit code of a verifier that has all keys, the reason
of a replica that has the registry (None: it accepts), and how the room goes on.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from appliance.evidence.note import KeyType, Signer
from tests.evidence.room_builder import GUEST, ORDERS, OTHER_LOG, START, THIRD, card
from tests.evidence.vector_cases import DAY, GATEWAY_KEY, KEY
from tests.evidence.vector_rooms import small

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.evidence.room_builder import RoomBuilder
    from tests.evidence.vector_cases import Vectors

    GoesOn = Callable[[RoomBuilder], None]
    Case = tuple[int, str | None, GoesOn]

FOREIGN = f"{GUEST}@moi"
NEW = "p_01j00000000000000000000009@moi"
HERE = START // 1000 + 4  # s UTC: when the cards of entry 4 begin
NOW = START + 4_005
ORDER_KEYS = tuple(word for key in ORDERS.values() for word in ("--order-key", key.verifier.vkey))


def added(rank: int | None = None, person: str = NEW, **other: Any) -> GoesOn:
    """The owner adds somebody whose card says what `other` says."""

    def go_on(room: RoomBuilder) -> None:
        member: dict[str, Any] = card(person, "สมหญิง") | ({} if rank is None else {"rank": rank})
        signed = room.card(member, 4, **other)
        room.append("moc", "member.add", st={"members": [{**member, "signed": signed}]})

    return go_on


def altered(**parts: str) -> GoesOn:
    """The owner adds somebody with a card of other parts than were signed."""

    def go_on(room: RoomBuilder) -> None:
        member = card(NEW, "สมหญิง")
        room.append("moc", "member.add", st={"members": [{**member, "signed": {**room.card(member, 4), **parts}}]})

    return go_on


def unsigned(room: RoomBuilder) -> None:
    member: dict[str, Any] = {**card(NEW, "สมหญิง"), "signed": None}
    room.append("moc", "member.add", st={"members": [member]})


def of_another_kind(room: RoomBuilder) -> None:
    member = card(NEW, "สมหญิง")
    said = room.card(member, 4)
    signed = room.signed("gchat-user-revoked-v1", {"name": said["payload"]})
    signed["payload"] = said["payload"]
    room.append("moc", "member.add", st={"members": [{**member, "signed": {**signed, "type": "gchat-user-card-v1"}}]})


def transferred(**other: Any) -> GoesOn:
    """The owner hands the room to the guest, whose agency accepts it as `other` says."""

    def go_on(room: RoomBuilder) -> None:
        room.append("moc", "owner.transfer", st={"to": FOREIGN, "accepted": room.accepted("moi", 4, **other)})

    return go_on


def not_accepted(room: RoomBuilder) -> None:
    room.append("moc", "owner.transfer", st={"to": FOREIGN, "accepted": None})


def accepted_before(room: RoomBuilder) -> None:
    size, root = 3, b64encode(_root_at(room, 3)).decode()
    transferred(size=size, root=root)(room)


def _root_at(room: RoomBuilder, size: int) -> bytes:
    frontier = type(room.frontier)()
    for hashed in room.hashes[:size]:
        frontier = frontier.append(hashed)
    return frontier.root()


def removed(*, without: bool = False, **other: Any) -> GoesOn:
    """The system takes the guest off, whose agency says so as `other` says."""

    def go_on(room: RoomBuilder) -> None:
        revoked = {} if without else {"revoked": [room.revoked(FOREIGN, 4, **other)]}
        room.append("moc", "sys.remove", st={"members": [FOREIGN], **revoked}, sender="system")

    return go_on


def ordered(
    to: str = FOREIGN, *, by: str = "moi", keys: tuple[str, ...] = ("order-1", "order-3"), **other: Any
) -> GoesOn:
    """The system of an agency goes on with the room by an order of the registry, which says what `other` says."""

    def go_on(room: RoomBuilder) -> None:
        order = room.order(to, 4, keys, **other)
        room.append(by, "owner.reassign", st={"to": to, "why": "agency-gone", "order": order}, sender="system")
        room.hub = "moi"

    return go_on


def falsely_ordered(room: RoomBuilder) -> None:
    order = room.order(FOREIGN, 4)
    order["sigs"][1]["s"] = order["sigs"][0]["s"]
    room.append("moi", "owner.reassign", st={"to": FOREIGN, "order": order}, sender="system")
    room.hub = "moi"


def not_ordered(room: RoomBuilder) -> None:
    room.append("moc", "owner.reassign", st={"to": FOREIGN, "accepted": None}, sender="system")


def ordered_with_a_card(room: RoomBuilder) -> None:
    member = card(NEW, "สมหญิง")
    st = {"to": NEW, "card": {**member, "signed": room.card(member, 4)}, "order": room.order(NEW, 4)}
    room.append("moi", "owner.reassign", st=st, sender="system")
    room.hub = "moi"


def _and_then(first: GoesOn, *more: GoesOn) -> GoesOn:
    def go_on(room: RoomBuilder) -> None:
        for step in (first, *more):
            step(room)

    return go_on


def _says(origin: str) -> GoesOn:
    def go_on(room: RoomBuilder) -> None:
        room.append(origin, "message.text", text="x")

    return go_on


CARDS: dict[str, Case] = {
    "a card that its agency signed": (0, None, added()),
    "a card with a level": (0, None, added(rank=700)),
    "a card that nobody signed": (1, "card_unsigned", unsigned),
    "a card of another key": (1, "card_unsigned", altered(s="A" * 86)),
    "a card under another kind": (1, "card_unsigned", of_another_kind),
    "a card of another person": (1, "card_differs", added(u=FOREIGN)),
    "a card by another agency": (1, "card_differs", added(ag="moc")),
    "a card of another name": (1, "card_differs", added(name_th="สมชาย")),
    "a card of another unit": (1, "card_differs", added(unit="กองอื่น")),
    "a card of another post": (1, "card_differs", added(pos="ปลัดกระทรวง")),
    "a card of another level": (1, "card_differs", added(rank=700, level=600)),
    "a card that hides its level": (1, "card_differs", added(level=900)),
    "a card with further words": (0, None, added(more="x")),
    "a card without a person": (1, "card_unsigned", added(u="system@moi")),
    "a card at its last moment": (0, None, added(exp=HERE + 1)),
    "a card that has ended": (1, "card_expired", added(exp=HERE)),
    "a card of a day": (0, None, added(exp=HERE + 86_400)),
    "a card of more than a day": (1, "card_expired", added(exp=HERE + 86_401)),
    "a card of a clock ten minutes ahead": (0, None, added(iat=HERE + 600, exp=HERE + 4_000)),
    "a card ahead of its time": (1, "card_expired", added(iat=HERE + 601, exp=HERE + 4_000)),
    "a card of a suspended account": (1, "card_revoked", added(st="suspended")),
    "a card of an account that ended": (1, "card_revoked", added(st="revoked")),
    "a card of the hubs own person": (0, None, added(person=NEW.replace("@moi", "@moc"))),
    "a false card of the hubs own person": (1, "card_differs", added(person=NEW.replace("@moi", "@moc"), unit="x")),
}
TRANSFERS: dict[str, Case] = {
    "a transfer that is accepted": (0, None, transferred()),
    "a transfer accepted some entries before": (0, None, accepted_before),
    "a transfer that nobody accepted": (1, "acceptance_missing", not_accepted),
    "a transfer accepted by another agency": (1, "acceptance_differs", transferred(ag="moc")),
    "a transfer of another room": (1, "acceptance_differs", transferred(room="r_" + "a" * 26)),
    "a transfer of another log": (1, "acceptance_differs", transferred(root=b64encode(bytes(32)).decode())),
    "a transfer of a log to come": (1, "acceptance_differs", transferred(size=5)),
    "a transfer accepted a day ago": (0, None, transferred(at=NOW - DAY)),
    "a transfer accepted more than a day ago": (1, "acceptance_differs", transferred(at=NOW - DAY - 1)),
    "a transfer accepted ten minutes ahead": (0, None, transferred(at=NOW + 600_000)),
    "a transfer accepted ahead of its time": (1, "acceptance_differs", transferred(at=NOW + 600_001)),
}
REMOVALS: dict[str, Case] = {
    "a guest whose account ended": (0, None, removed()),
    "a guest taken off without a word of the agency": (3, "revocation_missing", removed(without=True)),
    "a guest taken off by the word of another agency": (1, "revocation_missing", removed(ag="moc")),
    "a guest taken off for another": (1, "wrong_shape", removed(u=NEW)),
    "a guest taken off ahead of time": (1, "revocation_missing", removed(at=NOW + 600_001)),
}
ORDERED: dict[str, Case] = {
    "a room that the registry moved": (3, None, ordered()),
    "a room that the registry moved goes on": (3, None, _and_then(ordered(), _says("moi"))),
    "an order of three keys": (3, None, ordered(keys=("order-1", "order-2", "order-3"))),
    "an order of one key": (1, "order_missing", ordered(keys=("order-1",))),
    "an order of one key twice": (1, "order_missing", ordered(keys=("order-2", "order-2"))),
    "an order with a false signature": (1, "order_missing", falsely_ordered),
    "an order for another agency": (1, "order_differs", ordered(hub="moc")),
    "an order for another owner": (1, "order_differs", ordered(owner=NEW)),
    "an order of another room": (1, "order_differs", ordered(room="r_" + "a" * 26)),
    "an order of another size": (1, "order_differs", ordered(size=3)),
    "an order of another log": (1, "order_differs", ordered(root=b64encode(bytes(32)).decode())),
    "an order for no member": (1, "target_not_member", ordered(to=NEW)),
    "an order that brings somebody in": (1, "target_not_member", ordered_with_a_card),
    "an order that the hub carries out": (1, "hub_only", ordered(by="moc")),
    "an order within the hub": (1, "hub_only", ordered(to=f"{THIRD}@moc")),
    "a room moved by the hub alone": (1, "order_missing", not_ordered),
}
STATED: dict[str, Case] = {**CARDS, **TRANSFERS, **REMOVALS, **ORDERED}


def add_statements(vectors: Vectors) -> None:
    """Add every case, with all keys; and some without, where nothing is proved."""
    both = f"log {KEY[1]}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n"
    vectors.file("both.policy", both)
    trust = ("--policy", "both.policy", *GATEWAY_KEY, *ORDER_KEYS)
    for name, (code, _, go_on) in STATED.items():
        room = small()
        go_on(room)
        log = {"epoch": 2, "log": OTHER_LOG} if room.hub == "moi" else {}
        vectors.room(name, code, room.export(**log).data, *trust)  # type: ignore[arg-type]
    moved = "a-room-that-the-registry-moved.jsonl"
    vectors.case("an order without its keys", 3, "room", moved, "--policy", "both.policy", *GATEWAY_KEY)
    vectors.case("a log key is no key for orders", 2, "room", moved, *KEY, "--order-key", OTHER_LOG.verifier.vkey)
    again = Signer.from_seed("rival.test/registry/order-1", KeyType.ED25519, b"\x08" * 32).verifier.vkey
    vectors.case("two keys for orders of one id", 2, "room", moved, *KEY, *ORDER_KEYS, "--order-key", again)
    early = small()
    ordered()(early)
    vectors.room("an order signed by the former hub", 1, early.export(1).data, *trust)
