"""An entry is refused at each step of `verification.Step`, by its number; vectors are judged as by all verifiers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace as changed

from appliance.evidence.export import ExportEntry
from appliance.evidence.leaf import decode_leaf, encode_leaf, leaf_hash
from appliance.evidence.registry import Enrolled, GatewayKey, Registry, Status, StatusSince
from appliance.evidence.seal import seal_batch
from appliance.evidence.tree import EMPTY_ROOT, Frontier
from appliance.evidence.verification import Accepted, Body, Log, Refused, Step, verify_entry
from appliance.model import Deny, EntryType, Principal, Proposed, RoomId, RoomKind, RoomState, Target
from appliance.rules.entry_states import BodiesDestroyed
from appliance.rules.rooms import authorize
from tests.evidence import vector_rooms
from tests.evidence.room_builder import (
    GATEWAY,
    GUEST,
    OWNER,
    START,
    THIRD,
    RoomBuilder,
    canonical,
    card,
    created,
    eventful,
    handed_over,
    meeting,
)

WEEK: Final = 7 * 24 * 3_600_000
YEAR: Final = 366 * 24 * 3_600_000
KEY: Final = GatewayKey(GATEWAY.key.public_key(), START - YEAR, START + YEAR)
MOI: Final = Enrolled((StatusSince(100, Status.ACTIVE),), {"gw-2026a": KEY})
REGISTRY: Final = Registry(412, {"moc": Enrolled((StatusSince(1, Status.ACTIVE),), {"gw-2026a": KEY}), "moi": MOI})


class Replica:
    """A room as one who follows it has it, entry after entry."""

    def __init__(self, room: str, registry: Registry = REGISTRY) -> None:
        self.registry, self.frontier, self.roots = registry, Frontier(), [EMPTY_ROOT]
        self.log = Log(RoomId(room))
        self.targets: dict[int, Target] = {}
        self.ids: set[str] = set()

    def judge(self, entry: ExportEntry) -> Accepted | Refused:
        body = None if entry.salt is None or entry.body is None else Body(entry.salt, entry.body)
        return verify_entry(self.log, entry.leaf, self.registry, body)

    def take(self, entry: ExportEntry) -> Refused | None:
        """Judge the next entry and append it, unless it is refused."""
        verdict = self.judge(entry)
        if isinstance(verdict, Refused):
            return verdict
        header, state, n = verdict.candidate.header, verdict.entry.state, verdict.candidate.n
        self.frontier = self.frontier.append(leaf_hash(entry.leaf))
        self.roots.append(self.frontier.root())
        self.ids.add(header.id)
        if verdict.entry.type is EntryType.MESSAGE_REDACT and state.points_at is not None:
            aimed = self.targets[state.points_at]
            self.targets[aimed.n] = replace(aimed, redacted=True)
        told = verdict.entry
        self.targets[n] = Target(n, told.type, told.sender, told.at, told.state, redacted=False)
        self.log = Log(
            self.log.room, verdict.state, n + 1, verdict.candidate.hub_time, verdict.candidate.registry_version,
            {**self.log.counters, header.origin: header.counter + 1}, self.ids, self.targets.get,
            lambda size: self.roots[size] if size < len(self.roots) else None,
        )  # fmt: skip
        return None

    def follow(self, entries: Sequence[ExportEntry]) -> Refused | None:
        """Take entries until one is refused."""
        return next((refused for entry in entries if (refused := self.take(entry))), None)


def small() -> RoomBuilder:
    """A group of two agencies with two messages; the next entry is number 4."""
    return vector_rooms.small()


def judged(room: RoomBuilder, last: ExportEntry | None = None) -> Accepted | Refused:
    """The verdict on the last entry of a room, or on another in its place; all before it are accepted."""
    replica = Replica(room.room)
    assert replica.follow(room.entries[:-1]) is None
    return replica.judge(last or room.entries[-1])


def refused(room: RoomBuilder, last: ExportEntry | None = None) -> tuple[int, str] | None:
    verdict = judged(room, last)
    return (verdict.step.value, verdict.reason) if isinstance(verdict, Refused) else None


def said(origin: str = "moc", **parts: Any) -> RoomBuilder:
    """The small room with one more message."""
    room = small()
    room.append(origin, "message.text", **{"text": "x", **parts})
    return room


def releafed(room: RoomBuilder, **other: Any) -> ExportEntry:
    """The last entry with other fields in its leaf."""
    entry, leaf = room.entries[-1], decode_leaf(room.entries[-1].leaf)
    fields = {"hub_time": leaf.hub_time, "n": leaf.n, "registry": leaf.registry_version, "seal": leaf.seal} | other
    return ExportEntry(encode_leaf(leaf.header, **fields), entry.salt, entry.body)


@pytest.mark.parametrize("make", [lambda: meeting(created()), small, eventful, handed_over])
def test_what_agencies_write_is_accepted(make: Callable[[], RoomBuilder]) -> None:
    room = make()
    replica = Replica(room.room)
    assert replica.follow(room.entries) is None
    assert replica.frontier.root() == room.frontier.root()


HEADER_SHAPES: Final[dict[str, list[object]]] = {
    "bc": [1, "", "A" * 42, "A" * 44, "B" * 43, None],
    "bl": ["1", -1, 65_537, True, 1.0, None],
    "id": [1, "", "x" * 65, None, "../../etc", "e_1\n", "\n", "e 1", "ก", "e_\u0660"],
    "or": [1, "", "x" * 64, None],
    "os": ["1", -1, True, 0.5, 2**53, None],
    "room": [1, "", "r_short", None],
    "rv": ["1", 0, -1, True, None],
    "seen": [1, [], [1], ["1", "x"], [1, "short"], [-1, "A" * 44], None],
    "sn": [1, "", "x" * 129, None],
    "st": [1, "x", [], None, {"a": 0.5}, {"a": [[[[[]]]]]}, {"ก": 1}],
    "ts": ["1", 0, START * 1_000, True, None],
    "ty": [1, "", "x" * 65, None],
    "v": [0, 2, "1", True, None],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in HEADER_SHAPES.items() for value in values])
def test_step_1_a_header_field_of_another_shape(key: str, value: object) -> None:
    assert refused(said(alter={key: value})) == (1, "not_canonical")


@pytest.mark.parametrize("key", sorted(set(HEADER_SHAPES) - {"seen", "st"}))
def test_step_1_a_header_field_that_is_missing(key: str) -> None:
    room = said()
    header = {
        name: value for name, value in json.loads(decode_leaf(room.entries[-1].leaf).header_text).items() if name != key
    }
    leaf = encode_leaf(canonical(header), hub_time=START + 5_000, n=4, registry=412)
    assert refused(room, ExportEntry(leaf, None, None)) == (1, "not_canonical")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"n":4', b'"n":4.0'), (b'"n":4', b'"n":-4'), (b'"n":4', b'"n":"4"'), (b'"n":4', b'"n":4,"x":1'),
        (b'"ht":17', b'"ht":0'), (b'"rg":412', b'"rg":true'), (b'"sl":null', b'"sl":{}'), (b'"sl":null', b'"sl":1'),
        (b',"sl":null', b""), (b'"n":4', b'"n": 4'), (b"}", b"}\n"),
    ],
)  # fmt: skip
def test_step_1_a_leaf_of_another_shape(old: bytes, new: bytes) -> None:
    entry = said().entries[-1]
    head, found, tail = entry.leaf.rpartition(old)
    assert found
    assert refused(said(), ExportEntry(head + new + tail, entry.salt, entry.body)) == (1, "not_canonical")


def test_step_1_more_than_fits() -> None:
    assert refused(said(alter={"st": {"more": "x" * 8_192}})) == (1, "not_canonical")


def test_step_2_the_registry() -> None:
    room = said("moi")
    assert refused(room, releafed(room, registry=411)) == (2, "registry_back")
    assert refused(room, releafed(room, registry=413)) == (2, "registry_unknown")
    suspended = (StatusSince(100, Status.ACTIVE), StatusSince(412, Status.SUSPENDED))
    for other in (Enrolled(suspended), Enrolled((StatusSince(500, Status.ACTIVE),))):
        replica = Replica(room.room)
        assert replica.follow(room.entries[:-1]) is None
        replica.registry = Registry(412, {**REGISTRY.agencies, "moi": other})
        assert replica.judge(room.entries[-1]) == Refused(Step.REGISTRY, "not_enrolled")
    stranger = small()
    stranger.append("evil", "message.text", text="x")
    assert refused(stranger) == (2, "not_enrolled")


def test_step_3_the_seal() -> None:
    room = said("moi")
    leaf = decode_leaf(room.entries[-1].leaf)
    seal = leaf.seal
    assert seal is not None
    assert refused(room) is None
    assert refused(room, releafed(room, seal=None)) == (3, "no_seal")
    assert refused(room, releafed(room, seal=changed(seal, k="gw-2026b"))) == (3, "seal_key")
    [forged] = seal_batch([leaf.header], "gw-2026a", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
    assert refused(room, releafed(room, seal=forged)) == (3, "seal_invalid")
    other = decode_leaf(small().entries[-1].leaf).seal
    assert refused(room, releafed(room, seal=other)) == (3, "seal_invalid")
    for key in (GatewayKey(KEY.key, START - YEAR, leaf.hub_time), GatewayKey(KEY.key, leaf.hub_time + 1, START + YEAR)):
        replica = Replica(room.room)
        assert replica.follow(room.entries[:-1]) is None
        replica.registry = Registry(412, {**REGISTRY.agencies, "moi": Enrolled(MOI.history, {"gw-2026a": key})})
        assert replica.judge(room.entries[-1]) == Refused(Step.SEAL, "seal_key")
    first = created()
    assert refused(first, releafed(first, seal=seal)) == (3, "sealed_create")


@pytest.mark.parametrize(
    "sender",
    [f"{OWNER}@evil", f"{GUEST}@moi", OWNER, f"{OWNER}@moc@moc", "@moc", "system@moi", "p a@moc", f"{OWNER}@MOC"],
)
def test_step_4_a_sender_of_another_agency(sender: str) -> None:
    assert refused(said(alter={"sn": sender})) == (4, "origin_mismatch")


def test_step_4_another_room() -> None:
    assert refused(said(alter={"room": "r_" + "a" * 26})) == (4, "other_room")
    other = created()
    assert Replica("r_" + "a" * 26).judge(other.entries[0]) == Refused(Step.SENDER, "other_room")


def test_step_5_the_body() -> None:
    room = said()
    entry = room.entries[-1]
    assert refused(room, ExportEntry(entry.leaf, entry.salt, b'{"text":"y"}')) == (5, "body_differs")
    assert refused(room, ExportEntry(entry.leaf, b"\x00" * 16, entry.body)) == (5, "body_differs")
    assert refused(room, ExportEntry(entry.leaf, None, None)) is None
    assert refused(said(alter={"bl": 999})) == (5, "body_differs")
    silent = small()
    silent.append("moc", "message.reaction", st={"target": 2, "emoji": "👍", "on": True})
    assert refused(silent) is None
    assert refused(silent, ExportEntry(silent.entries[-1].leaf, b"\0" * 16, b"")) == (5, "body_differs")


def test_step_6_position_and_time() -> None:
    room = said()
    assert refused(room, releafed(room, n=3)) == (6, "position")
    assert refused(room, releafed(room, n=5)) == (6, "position")
    assert refused(room, releafed(room, hub_time=START)) == (6, "time_back")
    assert refused(said(hub_time=START + 3_005)) is None


def test_step_7_counter_and_id() -> None:
    assert refused(said(os=2)) == (7, "counter")
    assert refused(said(os=4)) == (7, "counter")
    assert refused(said("moi", os=0)) == (7, "counter")
    assert refused(said(id=f"e_01jd8z{2:020d}")) == (7, "double_id")


def _shred(first: int, last: int, *, at: int = START, rule: str = "x") -> dict[str, Any]:
    return {"sender": "system", "st": {"from": first, "to": last, "rule": rule, "at": at}}


RULES: Final[dict[str, tuple[str, str, dict[str, Any], str]]] = {
    "rules of a later release": ("moc", "message.text", {"rv": 2}, "newer_rules"),
    "a type of a later release": ("moc", "poll.create", {}, "wrong_type"),
    "the system of another agency": ("moi", "sys.remove", {"sender": "system", "st": {"members": [GUEST]}}, "hub_only"),
    "a close by the system of another agency": ("moi", "sys.close", {"sender": "system"}, "hub_only"),
    "an owner by another agency's system": (
        "moi", "owner.reassign", {"sender": "system", "st": {"to": GUEST}}, "hub_only"),
    "bodies destroyed by another agency": (
        "moi", "shred", {"sender": "system", "st": {"from": 1, "to": 2, "rule": "x", "at": START}}, "hub_only"),
    "a member who acts as the system": ("moc", "sys.close", {}, "hub_only"),
    "the system as a member": ("moc", "message.text", {"text": "x", "sender": "system"}, "not_a_member"),
    "the owner's id at another agency": ("moi", "room.rename", {"sender": OWNER, "st": {"name": "x"}}, "not_a_member"),
    "a rename by a guest": ("moi", "room.rename", {"st": {"name": "x"}}, "not_owner"),
    "an outsider": ("moi", "message.text", {"text": "x", "sender": "p_9"}, "not_a_member"),
    "a reply to nothing": ("moi", "message.text", {"text": "x", "st": {"reply_to": 99}}, "not_a_message"),
    "a reply to no message": ("moi", "message.text", {"text": "x", "st": {"reply_to": 1}}, "not_a_message"),
    "words put into a mouth": ("moi", "message.edit", {"st": {"target": 2}, "text": "x"}, "not_author"),
    "a program on a card": ("moc", "member.add", {"st": {"members": [card("system@moc", "x")]}}, "wrong_shape"),
    "a program of another agency on a card": (
        "moc", "member.add", {"st": {"members": [card("system@moi", "x")]}}, "wrong_shape"),
    "a room for a program": ("moc", "owner.transfer", {"st": {"to": "system@moc"}}, "wrong_shape"),
    "a room that is given to a program": (
        "moc", "owner.reassign", {"sender": "system", "st": {"to": "system", "card": card("system", "x")}},
        "wrong_shape"),
    "a program among those who decided": (
        "moc", "sys.close", {"sender": "system", "st": {"by": ["system"]}}, "wrong_shape"),
    "a member of no enrolled agency": (
        "moc", "member.add", {"st": {"members": [card("p_1@evil", "x")]}}, "not_enrolled"),
    "an owner of no enrolled agency": ("moc", "owner.transfer", {"st": {"to": "p_1@evil"}}, "not_enrolled"),
    "a room that is given to no enrolled agency": (
        "moc", "owner.reassign", {"sender": "system", "st": {"to": "p_1@evil", "card": card("p_1@evil", "x")}},
        "not_enrolled"),
    "a name of nothing": ("moc", "room.rename", {"st": {"name": ""}}, "wrong_shape"),
    "a name that nobody sees": ("moc", "room.rename", {"st": {"name": "\u200b "}}, "wrong_shape"),
    "a name that is too long": ("moc", "room.rename", {"st": {"name": "x" * 121}}, "wrong_shape"),
    "a name that moves the cursor": ("moc", "room.rename", {"st": {"name": "x\x1b[2J"}}, "wrong_shape"),
    "a name of two lines": ("moc", "room.rename", {"st": {"name": "x\ny"}}, "wrong_shape"),
    "an old name with a control character": ("moc", "room.rename", {"st": {"name": "x", "old": "\x00"}}, "wrong_shape"),
    "an old name of two lines": ("moc", "room.rename", {"st": {"name": "x", "old": "x\ny"}}, "wrong_shape"),
    "an old name that is too long": ("moc", "room.rename", {"st": {"name": "x", "old": "x" * 121}}, "wrong_shape"),
    "an old name that the room never had": ("moc", "room.rename", {"st": {"name": "x", "old": "y"}}, "wrong_shape"),
    "a card without a name": ("moc", "member.add", {"st": {"members": [card("p_1@moi", "")]}}, "wrong_shape"),
    "a card with a name too long": (
        "moc", "member.add", {"st": {"members": [card("p_1@moi", "x" * 641)]}}, "wrong_shape"),
    "a card with a post of two lines": (
        "moc", "member.add", {"st": {"members": [card("p_1@moi", "x") | {"post": "a\nb"}]}}, "wrong_shape"),
    "a reaction of a word": ("moi", "message.reaction", {"st": {"target": 2, "emoji": "a", "on": True}}, "wrong_shape"),
    "a reaction of nothing": ("moi", "message.reaction", {"st": {"target": 2, "emoji": "", "on": True}}, "wrong_shape"),
    "a reaction that is too long": (
        "moi", "message.reaction", {"st": {"target": 2, "emoji": "👍" * 33, "on": True}}, "wrong_shape"),
    "a reason with a control character": (
        "moi", "message.redact", {"st": {"target": 3, "reason": "\x07"}}, "wrong_shape"),
    "a reason that is too long": (
        "moi", "message.redact", {"st": {"target": 3, "reason": "x" * 1_001}}, "wrong_shape"),
    "a cause that is too long": ("moc", "sys.close", {"sender": "system", "st": {"why": "x" * 1_001}}, "wrong_shape"),
    "a post that is no id": (
        "moc", "owner.transfer", {"st": {"to": f"{GUEST}@moi", "post": "../x"}}, "wrong_shape"),
    "a member taken off twice": (
        "moc", "member.remove", {"st": {"members": [f"{GUEST}@moi"] * 2}}, "wrong_shape"),
    "one who decided twice": (
        "moc", "sys.close", {"sender": "system", "st": {"by": [f"{OWNER}@moc"] * 2}}, "wrong_shape"),
    "more people than an entry lists": (
        "moc", "sys.close", {"sender": "system", "st": {"by": [f"p{i}@moc" for i in range(101)]}}, "wrong_shape"),
    "a member added twice": (
        "moc", "member.add", {"st": {"members": [card("p_9@moc", "x")] * 2}}, "already_member"),
    "bodies destroyed backwards": ("moc", "shred", _shred(3, 2), "wrong_shape"),
    "the destruction of itself": ("moc", "shred", _shred(0, 4), "wrong_shape"),
    "the destruction of what comes later": ("moc", "shred", _shred(0, 2**53 - 1), "wrong_shape"),
    "a destruction in the future": ("moc", "shred", _shred(0, 3, at=START + 4_006), "wrong_shape"),
    "a destruction without a rule": ("moc", "shred", _shred(0, 3, rule=""), "wrong_shape"),
    "a clock that is far ahead": (
        "moi", "message.text", {"text": "x", "ts": START + 4_005 + WEEK + 1}, "times_apart"),
    "a clock that is far behind": (
        "moi", "message.text", {"text": "x", "ts": START + 4_005 - WEEK - 1}, "times_apart"),
    "an edit written in time, so it says": (
        "moi", "message.edit",
        {"text": "x", "st": {"target": 3}, "ts": START + 4_000, "hub_time": START + 30 * WEEK}, "times_apart"),
    "a second create": ("moc", "room.create", {"st": {"kind": "group", "owner": OWNER}, "room": None}, "other_room"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_step_8_the_rules(name: str) -> None:
    origin, ty, parts, reason = RULES[name]
    room = small()
    room.append(origin, ty, **parts)
    assert refused(room) == (4 if reason == "other_room" else 8, reason)


STATE_SHAPES: Final[dict[str, dict[str, list[object]]]] = {
    "room.rename": {"name": [None, 1, ["x"]], "old": [1]},
    "member.add": {"members": [None, [], "p", [OWNER], [{}], [card(THIRD, "x")], [card("p@moc", "x") | {"unit": 1}]]},
    "member.remove": {"members": [None, [], OWNER, [1], [THIRD]], "self": [1, "x"]},
    "owner.transfer": {"to": [None, 1, THIRD, "@moc"], "post": [1]},
    "message.text": {"reply_to": [None, "1", -1, 1.5, True], "everyone": [1]},
    "message.edit": {"target": [None, "1", -1, True]},
    "message.redact": {"target": [None, [1]], "reason": [1]},
    "message.reaction": {"emoji": [None, 1], "on": [None, 1], "target": [None]},
    "sys.remove": {"members": [None, [1]], "why": [1], "by": ["x", ["x"]]},
    "sys.close": {"why": [1]},
    "owner.reassign": {"to": [None], "card": [1, {}], "why": [1]},
    "shred": {"from": [None, -1], "to": ["x"], "rule": [None, 1], "at": [None, "x"]},
}
GOOD: Final[dict[str, dict[str, Any]]] = {
    "room.rename": {"name": "x"},
    "member.add": {"members": [card("p_9@moc", "x")]},
    "member.remove": {"members": [f"{THIRD}@moc"]},
    "owner.transfer": {"to": f"{THIRD}@moc"},
    "message.text": {},
    "message.edit": {"target": 2},
    "message.redact": {"target": 2},
    "message.reaction": {"emoji": "👍", "on": True, "target": 2},
    "sys.remove": {"members": [f"{THIRD}@moc"]},
    "sys.close": {},
    "owner.reassign": {"to": f"{THIRD}@moc"},
    "shred": {"from": 1, "to": 2, "rule": "x", "at": START},
}


def _stated(ty: str, st: dict[str, Any]) -> tuple[int, str] | None:
    room = small()
    room.append("moc", ty, sender="system" if ty in {"sys.remove", "sys.close", "owner.reassign", "shred"} else OWNER,
                text="x" if ty in {"message.text", "message.edit"} else None, alter={"st": st})  # fmt: skip
    return refused(room)


@pytest.mark.parametrize("ty", GOOD)
def test_step_8_fields_of_another_shape(ty: str) -> None:
    assert _stated(ty, GOOD[ty]) is None
    for key, values in STATE_SHAPES[ty].items():
        for value in values:
            # An integer stands in for what is no number, since canonical JSON has no fraction.
            found = _stated(ty, {**GOOD[ty], key: value})
            assert found == ((1, "not_canonical") if isinstance(value, float) else (8, "wrong_shape")), (key, value)
        if key in GOOD[ty]:
            left = {name: value for name, value in GOOD[ty].items() if name != key}
            assert _stated(ty, left) == (8, "wrong_shape"), key


@pytest.mark.parametrize(("ty", "st"), [
    ("sys.remove", {"members": [f"{GUEST}@moi"]}), ("sys.close", {}), ("owner.reassign", {"to": f"{GUEST}@moi"}),
    ("owner.reassign", {"to": f"{THIRD}@moc", "card": card(f"{THIRD}@moc", "x")}),
])  # fmt: skip
def test_step_8_a_private_chat_is_not_changed_by_the_system(ty: str, st: dict[str, Any]) -> None:
    room = vector_rooms.pair()
    room.append("moc", ty, st=st, sender="system")
    assert refused(room) == (8, "direct_room_fixed")


def test_step_8_a_room_is_given_another_name_and_says_truly_which_it_had() -> None:
    room = small()
    room.append("moc", "room.rename", st={"name": "ใหม่"})
    room.append("moc", "room.rename", st={"name": "ใหม่กว่า", "old": "ใหม่"})
    assert refused(room) is None
    room.append("moc", "room.rename", st={"name": "ใหม่กว่า"})
    assert refused(room) == (8, "wrong_shape")


@pytest.mark.parametrize("last", [5_000, 4_999])
def test_step_8_one_entry_destroys_a_bounded_number_of_bodies(last: int) -> None:
    state = BodiesDestroyed(first=0, last=last, rule="x", at=START)
    entry = Proposed(EntryType.SHRED, "moc", Principal("system@moc"), START, state, n=6_000, hub_time=START)
    room = RoomState(RoomId("r_1"), RoomKind.GROUP, None, Principal("p@moc"), {}, "moc")
    assert authorize(room, entry) == (Deny.WRONG_SHAPE if last == 5_000 else None)


def test_step_8_the_hubs_own_clock_may_have_been_wrong() -> None:
    for ts in (START - YEAR, START + YEAR):
        assert refused(said(ts=ts)) is None


def test_step_9_another_agency_says_what_it_has_seen() -> None:
    room = small()
    room.append("moi", "message.text", text="x", seen=None)
    assert refused(room) == (9, "no_seen")


def test_step_9_what_was_seen() -> None:
    room = small()
    seen = json.loads(decode_leaf(said("moi").entries[-1].leaf).header_text)["seen"]
    assert refused(said("moi", seen=tuple(seen))) is None
    assert refused(said("moi", seen=(3, seen[1]))) == (9, "seen")
    assert refused(said("moi", seen=(5, seen[1]))) == (9, "seen")
    assert room.frontier.size == 4


VECTORS: Final = {
    name: (make, code, steps) for make, table in vector_rooms.ROOMS for name, (code, steps) in table.items()
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_are_judged_as_the_verifiers_judge_them(name: str) -> None:
    """With all bodies, and with none of them: they may be gone, and no verdict depends on what they hold."""
    make, code, steps = VECTORS[name]
    room = make()
    for origin, ty, parts in steps:
        room.append(origin, ty, **parts)
    verdict = Replica(room.room).follow(room.entries)
    assert (verdict is None) == (code in {0, 3}), verdict
    assert Replica(room.room).follow([ExportEntry(entry.leaf, None, None) for entry in room.entries]) == verdict
