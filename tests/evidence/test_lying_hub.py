"""A hub that lies, and agencies that lie to it: each attack is refused by the function that every replica runs.

The hub of these tests is scripted: it signs and orders whatever it is told (`room_builder.py`). Numbers of attacks are
those of the federation's own list: forged origin, invented events, foreign senders, old cards, expired keys, owners
without acceptance or order, dropped events, entries of other rooms.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence.canonical import decode_header
from appliance.evidence.export import ExportEntry
from appliance.evidence.leaf import decode_leaf, encode_leaf
from appliance.evidence.registry import (
    Enrolled,
    GatewayKey,
    OrderKeys,
    PolicySince,
    Registry,
    Status,
    StatusSince,
)
from appliance.evidence.seal import seal_batch
from appliance.evidence.verification import Refused, Step, sizes_named
from tests.evidence import vector_statements as stated
from tests.evidence.room_builder import GATEWAY, GUEST, ORDERS, OWNER, START, THIRD, RoomBuilder, card
from tests.evidence.test_verification import KEY, MOI, REGISTRY, YEAR, Replica
from tests.evidence.vector_rooms import direct, passed_on, small
from tests.evidence.vector_statements import FOREIGN, NEW, STATED

KEYS: Final = OrderKeys(
    {name: GatewayKey(key.key.public_key(), START - YEAR, START + YEAR) for name, key in ORDERS.items()}
)
KNOWN: Final = Registry(412, REGISTRY.agencies, KEYS)


def followed(room: RoomBuilder, registry: Registry = KNOWN, *, first: Registry = KNOWN) -> str | None:
    """Why a replica that followed the room until its last entry refuses that one; None if it accepts."""
    replica = Replica(room.room, first)
    assert replica.follow(room.entries[:-1]) is None
    replica.registry = registry
    verdict = replica.judge(room.entries[-1])
    return verdict.reason if isinstance(verdict, Refused) else None


def moi(**other: Any) -> Registry:
    """The registry with other words about the guest's agency."""
    return Registry(412, {**REGISTRY.agencies, "moi": replace(MOI, **other)}, KEYS)


@pytest.mark.parametrize("name", STATED)
def test_statements_in_entries(name: str) -> None:
    _, reason, go_on = STATED[name]
    room = small()
    go_on(room)
    assert followed(room) == reason


@pytest.mark.parametrize("name", [name for name, (_, reason, _) in STATED.items() if not reason and "hubs" not in name])
def test_nothing_is_believed_without_the_key_of_hub_time(name: str) -> None:
    """Each statement that is accepted is refused where the key had ended, or was compromised, a moment before."""
    room = small()
    STATED[name][2](room)
    room.entries = room.entries[:5]
    ended = GatewayKey(KEY.key, KEY.since, START + 4_005)
    orders = replace(KEYS, keys={key: replace(one, until=START + 4_005) for key, one in KEYS.keys.items()})
    registry = Registry(412, {**REGISTRY.agencies, "moi": replace(MOI, keys={"gw-2026a": ended})}, KEYS)
    assert followed(room, registry) in {"card_unsigned", "acceptance_missing", "revocation_missing", "seal_key"}
    if name in stated.ORDERED:
        assert followed(room, replace(KNOWN, orders=orders)) == "order_missing"
        assert followed(room, replace(KNOWN, orders=OrderKeys())) == "order_missing"


def test_a_guest_of_a_revoked_agency_is_taken_off_without_its_word_and_of_a_suspended_one_is_not() -> None:
    room = small()
    stated.removed(without=True)(room)
    active = StatusSince(100, Status.ACTIVE)
    gone = moi(history=(active, StatusSince(412, Status.REVOKED)))
    assert followed(room, gone) is None
    assert followed(room, moi(history=(active, StatusSince(412, Status.SUSPENDED)))) == "revocation_missing"
    assert followed(room, moi(history=(active, StatusSince(411, Status.REVOKED), StatusSince(412, Status.ACTIVE)))) == (
        "revocation_missing"
    )


def test_an_agency_lets_its_people_only_into_rooms_that_it_accepts() -> None:
    room = small()
    stated.added()(room)
    for policy, reason in (
        ((PolicySince(0, frozenset({"moc"})),), None),
        ((PolicySince(0, frozenset({"dga"})),), "not_accepted"),
        ((PolicySince(0, frozenset({"dga"})), PolicySince(412)), None),
        ((PolicySince(0), PolicySince(413, frozenset())), None),
        ((PolicySince(0, highest=-1),), "not_accepted"),
        ((PolicySince(413),), "not_accepted"),
    ):
        assert followed(room, moi(policy=policy)) == reason, policy


def test_two_keys_of_an_agency_count_while_they_overlap() -> None:
    """Attack 11: the old key and the new one seal and sign until the old one ends."""
    new = GatewayKey(KEY.key, START, START + YEAR)
    old = GatewayKey(Ed25519PrivateKey.from_private_bytes(b"\x09" * 32).public_key(), START - YEAR, START + YEAR)
    room = small()
    room.append("moi", "message.text", text="x")
    both = {"gw-2025a": old, "gw-2026a": new}
    assert followed(room, moi(keys=both)) is None
    assert followed(room, moi(keys={"gw-2025a": old})) == "seal_key"
    assert followed(room, moi(keys={**both, "gw-2026a": replace(new, until=START + 4_005)})) == "seal_key"


def chat(own: int | None, others: int | None, **other: Any) -> RoomBuilder:
    """Somebody of this level begins a private chat with a guest of that one."""
    room = direct()
    member: dict[str, Any] = card(FOREIGN, "สมชาย") | ({} if others is None else {"rank": others})
    st = {"members": [{**member, "signed": room.card(member, 1, **other)}]} | ({} if own is None else {"rank": own})
    room.append("moc", "member.add", st=st | {"contact": "public"})
    return room


@pytest.mark.parametrize(
    ("room", "reason"),
    [
        (chat(500, 500), None), (chat(600, 500), None), (chat(500, 600), "contact_not_allowed"),
        (chat(500, None), None), (chat(None, 600), None),
        (chat(500, 400, level=600), "card_differs"), (chat(500, None, level=600), "card_differs"),
    ],
    ids=["an equal", "downwards", "upwards", "the other unknown", "oneself unknown", "a lower level", "a hidden level"],
)  # fmt: skip
def test_a_private_chat_across_agencies_is_judged_by_the_signed_level(room: RoomBuilder, reason: str | None) -> None:
    """F38 and Q4; who may begin one within the own agency (F39) opens nothing here."""
    assert followed(room) == reason


def releafed(room: RoomBuilder, **other: Any) -> RoomBuilder:
    """The room with another leaf around its last header."""
    entry = room.entries[-1]
    leaf = decode_leaf(entry.leaf)
    fields = {"hub_time": leaf.hub_time, "n": leaf.n, "registry": leaf.registry_version, "seal": leaf.seal} | other
    room.entries[-1] = ExportEntry(encode_leaf(leaf.header, **fields), entry.salt, entry.body)
    return room


def said(origin: str = "moi", ty: str = "message.text", **parts: Any) -> RoomBuilder:
    room = small()
    room.append(origin, ty, **({"text": "x"} if ty in {"message.text", "message.edit"} else {}) | parts)
    return room


def sealed_by_another() -> RoomBuilder:
    room = said()
    [seal] = seal_batch([decode_leaf(room.entries[-1].leaf).header], "gw-2026a", Ed25519PrivateKey.generate())
    return releafed(room, seal=seal)


def sealed_for_another_header() -> RoomBuilder:
    room = said()
    other = small()
    other.append("moi", "message.text", text="y")
    return releafed(room, seal=decode_leaf(other.entries[-1].leaf).seal)


def a_member_of_another_room() -> RoomBuilder:
    room = said()
    return releafed(_renamed(room, "r_" + "b" * 26))


def _renamed(room: RoomBuilder, name: str) -> RoomBuilder:
    leaf = decode_leaf(room.entries[-1].leaf)
    header = {**json.loads(leaf.header_text), "room": name}
    data = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    [seal] = seal_batch([data], "gw-2026a", GATEWAY.key)
    entry = room.entries[-1]
    again = encode_leaf(data, hub_time=leaf.hub_time, n=leaf.n, registry=leaf.registry_version, seal=seal)
    room.entries[-1] = ExportEntry(again, entry.salt, entry.body)
    return room


def dropped() -> RoomBuilder:
    """The hub leaves out an entry of the guest's agency and goes on with its next."""
    room = small()
    left = room.make("moi", "message.text", 4, text="x")
    room.append("moi", "message.text", text="y")
    assert left[0]
    return room


def added_by(sender: str, origin: str) -> RoomBuilder:
    room = small()
    member = card(NEW, "x")
    st = {"members": [{**member, "signed": room.card(member, 4)}]}
    room.append(origin, "member.add", st=st, sender=sender)
    return room


def redacting(target: int, origin: str = "moi", **parts: Any) -> Callable[[], RoomBuilder]:
    return lambda: said(origin, "message.redact", st={"target": target}, **parts)


def redacted_and_then(target: int) -> RoomBuilder:
    room = said("moi", "message.redact", st={"target": 3})
    room.append("moi", "message.redact", st={"target": target})
    return room


def old_card() -> RoomBuilder:
    """A guest is taken off because the account ended, and put back with the card of before, two hours later."""
    room = small()
    stated.removed()(room)
    member = card(FOREIGN, "สมชาย")
    later = START + 2 * 3_600_000
    room.append("moc", "member.add", st={"members": [{**member, "signed": room.card(member, 5)}]}, hub_time=later)
    return room


def taken_over_again() -> RoomBuilder:
    """The agency that had the room once takes it back with what the registry ordered then."""
    room = small()
    order = room.order(FOREIGN, 4)
    room.append("moi", "owner.reassign", st={"to": FOREIGN, "order": order}, sender="system")
    room.hub = "moi"
    room.append("moi", "owner.transfer", st={"to": f"{OWNER}@moc"})
    room.hub = "moc"
    room.append("moi", "owner.reassign", st={"to": FOREIGN, "order": order}, sender="system", sealed=True,
                seen=_seen(room))  # fmt: skip
    return room


def accepted_twice() -> RoomBuilder:
    """A hub hands the room to an agency that had accepted it before the room was another's."""
    room = passed_on()
    room.append("moi", "owner.transfer", st={"to": f"{OWNER}@moc"})
    room.hub = "moc"
    accepted = json.loads(json.loads(decode_leaf(room.entries[4].leaf).header_text)["st"]["accepted"]["payload"])
    assert accepted["size"] == 4
    again = json.loads(decode_leaf(room.entries[4].leaf).header_text)["st"]["accepted"]
    room.append("moc", "owner.transfer", st={"to": FOREIGN, "accepted": again})
    return room


def _seen(room: RoomBuilder) -> Any:
    return room._seen()  # noqa: SLF001 - the builder's own word for it


ATTACKS: Final[dict[str, tuple[Callable[[], RoomBuilder], Step, str]]] = {
    "1 an event of an agency under another's seal": (sealed_by_another, Step.SEAL, "seal_invalid"),
    "1 an event without the agency's seal": (lambda: releafed(said(), seal=None), Step.SEAL, "no_seal"),
    "2 an event that the hub invents, with an old seal": (sealed_for_another_header, Step.SEAL, "seal_invalid"),
    "3 a sender of another agency in a true seal": (
        lambda: said(alter={"sn": f"{OWNER}@moc"}), Step.SENDER, "origin_mismatch"),
    "10 a guest whose account ended, with the card of before": (old_card, Step.RULES, "card_expired"),
    "23 a member who leaves": (
        lambda: said("moi", "member.remove", st={"members": [FOREIGN], "self": True}), Step.RULES, "cannot_leave"),
    "23 a member who adds": (lambda: added_by(GUEST, "moi"), Step.RULES, "not_owner"),
    "23 an outsider who adds": (lambda: added_by("p_9", "moc"), Step.RULES, "not_a_member"),
    "23 a member who removes": (
        lambda: said("moi", "member.remove", st={"members": [f"{THIRD}@moc"]}), Step.RULES, "not_owner"),
    "23 a change of the room by no owner": (
        lambda: said("moi", "room.rename", st={"name": "x"}), Step.RULES, "not_owner"),
    "23 an order used twice": (taken_over_again, Step.RULES, "order_differs"),
    "23 an acceptance used twice": (accepted_twice, Step.RULES, "acceptance_differs"),
    "24 an event of one agency is left out": (dropped, Step.COUNTER, "counter"),
    "25 receipts are no entries": (lambda: said("moi", "rcpt", text=None), Step.RULES, "wrong_type"),
    "26 an entry of another room": (a_member_of_another_room, Step.SENDER, "other_room"),
    "a redaction by no server of the room": (
        lambda: said("evil", "message.redact", st={"target": 3}), Step.REGISTRY, "not_enrolled"),
    "a redaction of the owner's words by a guest": (redacting(2), Step.RULES, "not_author"),
    "a redaction of what this room does not have": (redacting(99), Step.RULES, "not_a_message"),
    "a redaction of itself": (redacting(4), Step.RULES, "not_a_message"),
    "a redaction of a redaction": (lambda: redacted_and_then(4), Step.RULES, "not_a_message"),
    "a redaction of what is retracted": (lambda: redacted_and_then(3), Step.RULES, "message_retracted"),
    "a redaction by an outsider": (redacting(3, sender="p_9"), Step.RULES, "not_a_member"),
    "a destruction by a guest's agency": (
        lambda: said("moi", "shred", st={"from": 2, "to": 2, "rule": "x", "at": START}, sender="system"),
        Step.RULES, "hub_only"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_at_its_step(name: str) -> None:
    make, step, reason = ATTACKS[name]
    room = make()
    replica = Replica(room.room, KNOWN)
    assert replica.follow(room.entries[:-1]) is None
    assert replica.judge(room.entries[-1]) == Refused(step, reason)
    assert replica.log.size == len(room.entries) - 1, "nothing is stored"


def test_what_was_refused_is_never_accepted_later() -> None:
    room = added_by(GUEST, "moi")
    replica = Replica(room.room, KNOWN)
    assert replica.follow(room.entries[:-1]) is None
    refused = room.entries.pop()
    assert replica.judge(refused) == Refused(Step.RULES, "not_owner")
    fresh = small()
    fresh.append("moc", "message.text", text="x")
    assert replica.take(fresh.entries[-1]) is None
    assert replica.judge(refused) == Refused(Step.POSITION, "position")


def test_a_room_opens_to_another_agency_by_the_owners_first_guest() -> None:
    """A local room has the same log from its first entry on: nothing before is written anew."""
    room = RoomBuilder()
    st = {"kind": "group", "name": "x", "owner": OWNER}
    room.append("moc", "room.create", st=st, sender=OWNER)
    room.append("moc", "message.text", text="ก่อน")
    alone = Registry(412, {"moc": Enrolled()})
    local = Replica(room.room, alone)
    assert local.follow(room.entries) is None
    room.append("moc", "member.add", st={"members": [card(FOREIGN, "สมชาย")]})
    room.append("moi", "message.text", text="หลัง")
    assert Replica(room.room, KNOWN).follow(room.entries) is None
    assert followed(RoomBuilder.of(replace(room.export(), entries=tuple(room.entries[:3]))), alone) == "not_enrolled"


@pytest.mark.parametrize(
    ("room", "sizes"),
    [(said("moc"), set()), (said(), {4}), (taken_over_again(), {4, 6}), (accepted_twice(), {4})],
    ids=["nothing", "seen", "seen and ordered", "accepted"],
)
def test_the_sizes_at_which_an_entry_asks_for_the_root(room: RoomBuilder, sizes: set[int]) -> None:
    assert sizes_named(decode_header(decode_leaf(room.entries[-1].leaf).header)) == sizes


def test_what_cannot_be_read_asks_for_no_root() -> None:
    torn = {**small().accepted("moi", 4), "payload": "{"}
    for st in ({"to": FOREIGN, "accepted": 7}, {"to": FOREIGN, "accepted": torn}):
        room = small()
        room.append("moc", "owner.transfer", st=st)
        assert sizes_named(decode_header(decode_leaf(room.entries[-1].leaf).header)) == set()
