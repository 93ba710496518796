"""Vectors at the limits of each rule of a room: the last value that is allowed and the first that is not.

Each table gives the exit code of a case and the entries that a small room goes on with. A reading of `docs/evidence.md`
that differs from it in one rule gives another code in one of these cases.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import structs

from appliance.evidence import commitment
from appliance.evidence.note import KeyType, Signer
from tests.evidence.room_builder import (
    GATEWAY,
    GUEST,
    LOG,
    OTHER_LOG,
    OWNER,
    START,
    THIRD,
    WITNESS,
    RoomBuilder,
    canonical,
    card,
    created,
)
from tests.evidence.vector_cases import DAY, GATEWAY_KEY, KEY, OTHER_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.evidence.room_builder import ExportedRoom
    from tests.evidence.vector_cases import Vectors

    Step = tuple[str, str, dict[str, Any]]
    Table = Mapping[str, tuple[int, Sequence[Step]]]

FOREIGN = f"{GUEST}@moi"
NEWCOMER = "p_01j00000000000000000000009"
MINE, THEIRS = START + 2_000, START + 3_000  # when messages 2 and 3 of a small room were written


def small() -> RoomBuilder:
    """A group of the owner (moc), one more of moc and one of moi, with a message of the owner and one of the guest."""
    room = created()
    room.append("moc", "member.add", st={"members": [card(FOREIGN, "สมชาย"), card(THIRD, "นรินทร์")]})
    room.append("moc", "message.text", text="เรียนทุกท่าน")
    room.append("moi", "message.text", text="รับทราบ")
    return room


def direct() -> RoomBuilder:
    """A direct room of the owner alone."""
    room = RoomBuilder()
    room.append("moc", "room.create", st={"kind": "direct", "owner": OWNER}, sender=OWNER)
    return room


def pair() -> RoomBuilder:
    """A direct room of the owner and the guest, with a message of the guest."""
    room = direct()
    room.append("moc", "member.add", st={"members": [card(FOREIGN, "สมชาย")]})
    room.append("moi", "message.text", text="สวัสดี")
    return room


def crowd(members: int) -> RoomBuilder:
    """A group of so many people."""
    room = created()
    added = [{"name": "x", "p": person, "post": "", "unit": ""} for person in (THIRD, *map(str, range(members - 2)))]
    room.append("moc", "member.add", st={"members": added})
    return room


def passed_on() -> RoomBuilder:
    """A small room whose owner handed it to the guest's agency."""
    room = small()
    room.append("moc", "owner.transfer", st={"to": FOREIGN})
    room.hub = "moi"
    return room


def say(origin: str = "moc", **parts: Any) -> Step:
    return origin, "message.text", {"text": "x", **parts}


def do(ty: str, *, origin: str = "moc", parts: dict[str, Any] | None = None, **st: Any) -> Step:
    return origin, ty, {"st": st, **(parts or {})}


def edit(ts: int, hub_time: int | None = None) -> Step:
    return "moc", "message.edit", {"text": "y", "st": {"target": 2}, "ts": ts, "hub_time": hub_time or ts + 5}


def retract(ts: int, hub_time: int | None = None) -> Step:
    return "moi", "message.redact", {"st": {"target": 3}, "ts": ts, "hub_time": hub_time or ts + 5}


def system(ty: str, **st: Any) -> Step:
    return do(ty, parts={"sender": "system"}, **st)


def shredding(first: int, last: int, at: int) -> Step:
    return system("shred", **{"from": first, "to": last, "rule": "x", "at": at})


def body(value: bytes) -> Step:
    return "moc", "message.text", {"body": value}


def foreign(hub_time: int, ts: int) -> Step:
    return "moi", "message.text", {"text": "x", "ts": ts, "hub_time": hub_time}


NOW = START + 4_005
_TIMES: Table = {
    "edit at the last moment": (0, [edit(MINE + DAY)]),
    "edit a millisecond too late": (1, [edit(MINE + DAY + 1)]),
    "edit written in time and recorded later": (0, [edit(MINE + DAY, MINE + DAY + 60_000)]),
    "edit written too late and recorded at once": (1, [edit(MINE + DAY + 60_000, NOW)]),
    "edit by a clock a day behind": (0, [edit(MINE - DAY, NOW)]),
    "edit by a clock more than a day behind": (1, [edit(MINE - DAY - 1, NOW)]),
    "retraction at the last moment": (0, [retract(THEIRS + DAY)]),
    "retraction a millisecond too late": (1, [retract(THEIRS + DAY + 1)]),
    "retraction by a clock more than a day behind": (1, [retract(THEIRS - DAY - 1, NOW)]),
    "retraction by the owner at any time": (
        0,
        [do("message.redact", target=3, parts={"ts": THEIRS + 2 * DAY, "hub_time": THEIRS + 2 * DAY})],
    ),
    "written a week before it is recorded": (0, [foreign(NOW + 7 * DAY, NOW)]),
    "written more than a week before it is recorded": (1, [foreign(NOW + 7 * DAY + 1, NOW)]),
    "written a week after it is recorded": (0, [foreign(NOW, NOW + 7 * DAY)]),
    "written more than a week after it is recorded": (1, [foreign(NOW, NOW + 7 * DAY + 1)]),
    "written by the hub itself long before": (0, [say(ts=START - 300 * DAY)]),
    "hub time stands still": (0, [say(hub_time=START + 3_005)]),
    "hub time goes back": (1, [say(hub_time=START + 3_004)]),
    "a clock of 2019": (1, [say(alter={"ts": 1_577_836_799_999})]),
}
_FORMS: Table = {
    "a gap in a counter": (1, [say(os=4)]),
    "a counter twice": (1, [say(os=2)]),
    "seen nothing yet": (0, [say("moi", seen=(0, b64encode(sha256().digest()).decode()))]),
    "seen another root": (1, [say("moi", seen=(2, b64encode(bytes(32)).decode()))]),
    "seen more than there is": (1, [say("moi", seen=(5, b64encode(bytes(32)).decode()))]),
    "an absent header object and an empty one": (0, [("moc", "message.text", {"text": "x"}), say(st={})]),
    "nested as deep as allowed": (0, [say(alter={"st": {"note": [[[[]]]]}})]),
    "nested too deep": (1, [say(alter={"st": {"note": [[[[[]]]]]}})]),
    "a length without a body": (1, [("moc", "message.text", {"alter": {"bl": 5}})]),
    "a commitment without a length": (1, [("moc", "message.text", {"alter": {"bc": "A" * 43}})]),
    "a message without a body": (1, [("moc", "message.text", {})]),
    "a reaction with a body": (1, [do("message.reaction", target=2, emoji="👍", on=True, parts={"text": "x"})]),
    "words of another agency without its seal": (1, [say(alter={"sn": FOREIGN})]),
    "an id with other letters": (1, [do("member.add", members=[card("p:1", "x")])]),
    "an id with two agencies": (1, [do("member.add", members=[card("p@moi@moc", "x")])]),
    "a person without an agency": (1, [("moc", "owner.transfer", {"alter": {"st": {"to": THIRD}}})]),
    "a card without an agency": (1, [("moc", "member.add", {"alter": {"st": {"members": [card(NEWCOMER, "x")]}}})]),
    "a card with further keys": (0, [do("member.add", members=[card(NEWCOMER, "x") | {"rank": 1}])]),
    "a card without a unit": (1, [do("member.add", members=[{"name": "x", "p": NEWCOMER, "post": ""}])]),
    "a body with further keys": (0, [body(b'{"mentions":[],"more":1,"text":"x"}')]),
    "a body without text": (0, [body(b"{}")]),
    "a body that calls everyone and a header that does not": (0, [body(b'{"everyone":true,"text":"x"}')]),
    "a body that is not canonical": (0, [body(b'{"text": "x"}')]),
    "a body that is no object": (0, [body(b'["x"]')]),
    "a body whose text is a number": (0, [body(b'{"text":1}')]),
    "a body whose mentions are numbers": (0, [body(b'{"mentions":[1]}')]),
    "a body that mentions a program": (0, [body(b'{"mentions":["system@moc"],"text":"x"}')]),
    "a program on a card": (1, [do("member.add", members=[card("system@moc", "x")])]),
    "a room without a name to see": (1, [do("room.rename", name=" \u200b")]),
    "a name of two lines": (1, [do("room.rename", name="x\ny")]),
    "a name with a control character": (1, [do("room.rename", name="x\u0007")]),
    "the longest name": (0, [do("room.rename", name="ก" * 120)]),
    "a name too long": (1, [do("room.rename", name="ก" * 121)]),
    "an old name with a control character": (1, [do("room.rename", name="x", old="\u001b[2J")]),
    "a card without a name": (1, [do("member.add", members=[card(NEWCOMER, "")])]),
    "the longest name on a card": (0, [do("member.add", members=[card(NEWCOMER, "x" * 640)])]),
    "a name too long on a card": (1, [do("member.add", members=[card(NEWCOMER, "x" * 641)])]),
    "a post with a control character": (1, [do("member.add", members=[card(NEWCOMER, "x") | {"post": "\u0000"}])]),
    "a reaction of a word": (1, [do("message.reaction", target=2, emoji="ok", on=True)]),
    "a reaction of nothing": (1, [do("message.reaction", target=2, emoji="", on=True)]),
    "a reaction of one joined emoji": (0, [do("message.reaction", target=2, emoji="👩‍💻", on=True)]),
    "a reaction of a keycap": (0, [do("message.reaction", target=2, emoji="1️⃣", on=True)]),
    "a reaction too long": (1, [do("message.reaction", target=2, emoji="👍" * 33, on=True)]),
    "a reason with a control character": (1, [do("message.redact", target=2, reason="\u009b")]),
    "a body with a control character": (0, [body(b'{"text":"\\u0001"}')]),
    "a room for a program": (1, [do("owner.transfer", to="system@moc")]),
    "a sealed entry of the hub": (0, [say(sealed=True)]),
    "a second create": (
        1,
        [do("room.create", kind="group", owner=OWNER, parts={"room": None})],
    ),
}
_MEMBERS: Table = {
    "removal of one who is no member": (1, [do("member.remove", members=[NEWCOMER])]),
    "removal of one who is named twice": (1, [do("member.remove", members=[THIRD, f"{THIRD}@moc"])]),
    "removal by the owner that says self": (0, [do("member.remove", members=[THIRD], self=True)]),
    "removal of oneself": (1, [do("member.remove", members=[THIRD], self=True, parts={"sender": THIRD})]),
    "removal of no member by the system": (1, [system("sys.remove", members=[NEWCOMER])]),
    "removal of the owner by the system": (1, [system("sys.remove", members=[OWNER])]),
    "words after a removal": (1, [do("member.remove", members=[THIRD]), say(sender=THIRD)]),
    "added twice at once": (1, [do("member.add", members=[card(NEWCOMER, "x"), card(f"{NEWCOMER}@moc", "x")])]),
    "transfer to the owner": (1, [do("owner.transfer", to=OWNER)]),
    "transfer to no member": (1, [do("owner.transfer", to=NEWCOMER)]),
    "transfer within the agency": (0, [do("owner.transfer", to=THIRD), say()]),
    "rename by the former owner": (1, [do("owner.transfer", to=THIRD), do("room.rename", name="x")]),
    "transfer as the last entry": (0, [do("owner.transfer", to=FOREIGN)]),
    "reassigned to a member": (0, [system("owner.reassign", to=THIRD), say()]),
    "reassigned to no member": (1, [system("owner.reassign", to=NEWCOMER)]),
    "reassigned with a card": (
        0,
        [system("owner.reassign", to=f"{NEWCOMER}@moc", card=card(NEWCOMER, "x")), say(sender=NEWCOMER)],
    ),
    "reassigned with the card of another": (1, [system("owner.reassign", to=THIRD, card=card(NEWCOMER, "x"))]),
    "reassigned in a closed room": (0, [do("room.close"), system("owner.reassign", to=THIRD)]),
    "closed twice by the system": (1, [system("sys.close"), system("sys.close")]),
    "closed by the system after the owner": (1, [do("room.close"), system("sys.close")]),
}
_MESSAGES: Table = {
    "reaction to a retracted message": (
        1,
        [do("message.redact", target=2), do("message.reaction", target=2, emoji="👍", on=True)],
    ),
    "reply to a retracted message": (0, [do("message.redact", target=2), say(st={"reply_to": 2})]),
    "a message of twenty files": (0, [say(st={"files": 20})]),
    "a message of twenty one files": (1, [say(st={"files": 21})]),
    "a message of files in words": (1, [say(st={"files": "20"})]),
    "a message with a label": (1, [say(st={"label": 1})]),
    "a message without a label that says so": (0, [say(st={"label": 0})]),
    "retracted twice": (1, [do("message.redact", target=2), do("message.redact", target=2)]),
    "edit of an edit": (1, [edit(START + 4_000), ("moc", "message.edit", {"text": "z", "st": {"target": 4}})]),
    "destruction of one body": (0, [shredding(2, 2, START)]),
    "destruction backwards": (1, [shredding(3, 2, START)]),
    "destruction of itself": (1, [shredding(0, 4, START)]),
    "destruction of all there will be": (1, [shredding(0, 2**53 - 1, START)]),
    "destruction in the moment it is recorded": (0, [shredding(0, 3, START + 4_005)]),
    "destruction in the future": (1, [shredding(0, 3, START + 4_006)]),
    "a body that a destruction covers": (
        0,
        [system("shred", **{"from": 2, "to": 3, "rule": "x", "at": START}) for _ in range(2)],
    ),
}
_DIRECT: Table = {
    "a direct room": (0, [say(st={"everyone": True})]),
    "a third in a direct room": (1, [do("member.add", members=[card(NEWCOMER, "x")])]),
    "rename of a direct room": (1, [do("room.rename", name="x")]),
    "close of a direct room": (1, [do("room.close")]),
    "removal from a direct room": (1, [do("member.remove", members=[FOREIGN])]),
    "transfer of a direct room": (1, [do("owner.transfer", to=FOREIGN)]),
    "retraction of the others words in a direct room": (1, [do("message.redact", target=2)]),
    "the other taken off a direct room by the system": (1, [system("sys.remove", members=[FOREIGN])]),
    "a direct room closed by the system": (1, [system("sys.close")]),
    "a direct room given to the other": (1, [system("owner.reassign", to=FOREIGN)]),
    "a direct room given to a newcomer": (
        1,
        [system("owner.reassign", to=f"{NEWCOMER}@moc", card=card(NEWCOMER, "x"))],
    ),
}
_ALONE: Table = {
    "two at once in a direct room": (1, [do("member.add", members=[card(FOREIGN, "x"), card(NEWCOMER, "x")])]),
    "oneself in a direct room": (1, [do("member.add", members=[card(OWNER, "x")])]),
}
LOW, HIGH = 700, 800
_BEGINS: Table = {
    name: (code, [do("member.add", members=[card(person, "x") | ranked], **said)])
    for name, code, person, ranked, said in (
        ("a chat with an equal", 0, THIRD, {"rank": LOW}, {"rank": LOW}),
        ("a chat downwards", 0, THIRD, {"rank": LOW}, {"rank": HIGH}),
        ("a chat upwards", 1, THIRD, {"rank": HIGH}, {"rank": LOW}),
        ("a chat upwards to another agency", 1, FOREIGN, {"rank": HIGH}, {"rank": LOW}),
        ("a chat with somebody of no known rank", 0, THIRD, {}, {"rank": LOW}),
        ("a chat by somebody of no known rank", 0, THIRD, {"rank": HIGH}, {}),
        ("a chat upwards where all may", 0, THIRD, {"rank": HIGH}, {"rank": LOW, "contact": "public"}),
        ("a chat upwards to another agency where all may", 1, FOREIGN, {"rank": HIGH},
         {"rank": LOW, "contact": "public"}),
        ("a chat in no known mode", 1, THIRD, {"rank": LOW}, {"rank": LOW, "contact": "x"}),
        ("a rank that is no number", 1, THIRD, {"rank": "x"}, {"rank": LOW}),
        ("a rank below all", 1, THIRD, {"rank": LOW}, {"rank": -1}),
    )
}  # fmt: skip
_CROWDS: Mapping[str, tuple[int, int, Step]] = {
    "everyone called among fifty": (0, 50, say(sender=THIRD, st={"everyone": True})),
    "everyone called among fifty one": (1, 51, say(sender=THIRD, st={"everyone": True})),
    "everyone called by the owner": (0, 51, say(st={"everyone": True})),
}
_PASSED_ON: Table = {
    "an id without agency is of the senders": (
        3,
        [do("member.add", origin="moi", members=[card(NEWCOMER, "x")]), say("moi", sender=NEWCOMER)],
    ),
    "an id without agency is not of the first hub": (
        1,
        [do("member.add", origin="moi", members=[card(NEWCOMER, "x")]), say("moc", sender=NEWCOMER)],
    ),
    "destruction by the system of a former hub": (1, [system("shred", **{"from": 0, "to": 3, "rule": "x", "at": 1})]),
    "destruction by the system of the new hub": (
        3,
        [do("shred", origin="moi", parts={"sender": "system"}, **{"from": 0, "to": 3, "rule": "x", "at": 1})],
    ),
}


ROOMS: Sequence[tuple[Callable[[], RoomBuilder], Table]] = (
    *((small, table) for table in (_TIMES, _FORMS, _MEMBERS, _MESSAGES)),
    (pair, _DIRECT),
    (direct, _ALONE),
    (direct, _BEGINS),
)
"""How a room begins, and the cases in which it goes on."""


def add_rooms(vectors: Vectors) -> None:
    """Add every case of a whole room."""
    for make, table in ROOMS:
        _add(vectors, make, table)
    for name, (code, members, (origin, ty, parts)) in _CROWDS.items():
        room = crowd(members)
        room.append(origin, ty, **parts)
        vectors.room(name, code, room.export().data)
    room = crowd(51)
    room.append("moc", "message.text", text="x", sender=THIRD)
    room.append("moc", "message.edit", text="y", sender=THIRD, st={"target": 2, "everyone": True})
    vectors.room("everyone called by an edit", 0, room.export().data)
    for name, (code, steps) in _PASSED_ON.items():
        vectors.room(name, code, _went_on(passed_on(), steps).export(2, log=OTHER_LOG).data, *OTHER_KEY)
    _handed_back(vectors)
    _limits(vectors)
    _seals(vectors)
    _first_line(vectors)


def _add(vectors: Vectors, make: Callable[[], RoomBuilder], table: Table) -> None:
    for name, (code, steps) in table.items():
        vectors.room(name, code, _went_on(make(), steps).export().data)


def _went_on(room: RoomBuilder, steps: Sequence[Step]) -> RoomBuilder:
    for origin, ty, parts in steps:
        room.append(origin, ty, **parts)
    return room


def _handed_back(vectors: Vectors) -> None:
    room = passed_on()
    vectors.room("signed by the former hub", 1, _went_on(passed_on(), [say("moi")]).export(2).data)
    room.append("moi", "owner.transfer", st={"to": f"{OWNER}@moc"})
    room.hub = "moc"
    room.append("moc", "message.text", text="x")
    vectors.room("handed back", 3, room.export(3).data)
    vectors.room("handed back under an older epoch", 1, room.export(1).data)


def _limits(vectors: Vectors) -> None:
    def renamed(letters: int) -> tuple[RoomBuilder, int]:
        room = small()
        alter = {"st": {"more": "y" * letters, "name": "x"}}
        room.append("moc", "room.rename", st={"name": "x"}, alter=alter)
        return room, len(json.loads(room.entries[-1].leaf)["h"])

    empty = renamed(0)[1]
    for name, code, size in (("the longest header", 0, 8_192), ("a header too long", 1, 8_193)):
        room, length = renamed(size - empty)
        assert length == size
        vectors.room(name, code, room.export().data)
    withheld = small()
    withheld.append("moc", "message.text", text="x")
    commitment_text = json.loads(json.loads(withheld.entries[-1].leaf)["h"])["bc"]
    spare = small()
    spare.append("moc", "message.text", text="x", alter={"bc": spare_bits(commitment_text)})
    vectors.room("spare bits in a commitment", 1, spare.export().without_bodies(4).data)
    seen = small()
    head = b64encode(seen.frontier.root()).decode()
    seen.append("moi", "message.text", text="x", alter={"seen": [4, spare_bits(head)]})
    vectors.room("spare bits in a seen root", 1, seen.export().data)
    assert commitment_text != commitment.NO_BODY


def spare_bits(text: str) -> str:
    """The base64 or base64url text with a bit set that its bytes do not use."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + ("+/" if text.endswith("=") else "-_")
    bare = text.rstrip("=")
    return bare[:-1] + alphabet[alphabet.index(bare[-1]) | 1] + "=" * (len(text) - len(bare))


def _seals(vectors: Vectors) -> None:
    def batch() -> RoomBuilder:
        room = created()
        room.append("moc", "member.add", st={"members": [card(FOREIGN, "สมชาย")]})
        room.append_batch("moi", [f"ข้อ {number}" for number in range(5)])
        return room

    vectors.room("seals of one batch", 0, batch().export().data, *KEY, *GATEWAY_KEY)
    for name, codes, n, change in (
        ("a seal with the index of another", (1, 3), 2, lambda seal: {"i": seal["i"] ^ 1}),
        ("a seal with a path too long", (1, 1), 2, lambda seal: {"p": [*seal["p"], seal["p"][0]]}),
        ("a seal with a path too short", (1, 1), 2, lambda seal: {"p": seal["p"][:-1]}),
        ("a seal with its path in another order", (1, 3), 2, lambda seal: {"p": seal["p"][::-1]}),
        ("a seal of an impossible key", (1, 1), 2, lambda _seal: {"k": "gw/1"}),
        ("a seal of the log key", (1, 1), 2, lambda _seal: {"k": "log"}),
        ("a seal of no batch", (1, 1), 2, lambda _seal: {"i": 5}),
        ("a seal of another key", (3, 3), 2, lambda _seal: {"k": "gw-2026b"}),
    ):
        altered = with_seal(batch(), n, change)
        vectors.room(name, codes[0], altered.data, *KEY, *GATEWAY_KEY)
        vectors.case(f"{name} without the key", codes[1], "room", f"{name.replace(' ', '-')}.jsonl", *KEY)
    first = with_seal(small(), 0, lambda _seal: json.loads(batch().entries[2].leaf)["sl"])
    vectors.room("a sealed create", 1, first.data)
    elsewhere = Signer.from_seed("elsewhere.test/a/moi/gw-2026a", KeyType.ED25519, bytes(range(2, 34))).verifier.vkey
    one = "seals-of-one-batch.jsonl"
    vectors.case("a gateway key of another domain", 0, "room", one, *KEY, "--gateway", elsewhere)
    vectors.case("a log key is no gateway key", 2, "room", one, *KEY, "--gateway", OTHER_LOG.verifier.vkey)
    vectors.case("a witness key is no gateway key", 2, "room", one, *KEY, "--gateway", WITNESS.verifier.vkey)
    assert GATEWAY.verifier.vkey != elsewhere


def with_seal(room: RoomBuilder, n: int, change: Callable[[Any], dict[str, Any]]) -> ExportedRoom:
    """The room's export with another seal at entry `n`, under a signature of what it is then."""
    leaf = json.loads(room.entries[n].leaf)
    entries = list(room.entries)
    entries[n] = structs.replace(
        entries[n], leaf=canonical({**leaf, "sl": {**(leaf["sl"] or {}), **change(leaf["sl"])}})
    )
    return RoomBuilder.of(replace(room.export(), entries=tuple(entries))).export()


def _first_line(vectors: Vectors) -> None:
    exported = small().export()
    for name, code, vkey in (
        ("a first line with another key", 0, OTHER_LOG.verifier.vkey),
        ("a first line with a witness key", 1, WITNESS.verifier.vkey),
        ("a first line with a key of another id", 1, LOG.verifier.vkey.replace("+e68807ec+", "+e68807ed+")),
    ):
        vectors.room(name, code, replace(exported, head=structs.replace(exported.head, vkey=vkey)).data)
    vectors.case(
        "the other key of the file is trusted", 1, "room", "a-first-line-with-another-key.jsonl", "--trust-file-key"
    )
