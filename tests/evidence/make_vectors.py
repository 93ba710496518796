"""The test vectors of `docs/evidence.md`: files for any verifier, with the exit code each must give (`make vectors`).

`vectors/vectors.json` lists keys, the root of `meeting.jsonl` and the cases: the arguments of the command, its exit
code and, where it writes a proof, the file that holds the same bytes. `vector_rooms` adds the limits of each rule, and
`vector_files` those of proofs, policies, heads and keys. The files are the same at every run; `test_vectors.py` holds
them equal to what this module makes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint, split_note
from appliance.evidence.tree import leaf_hash, root_of
from appliance.log.recorded_heads import file_line
from appliance.model import RoomId
from tests.evidence.room_builder import (
    GATEWAY,
    GUEST,
    LOG,
    ORDERS,
    OTHER_LOG,
    START,
    THIRD,
    WITNESS,
    ExportedRoom,
    RoomBuilder,
    created,
    eventful,
    handed_over,
    meeting,
)
from tests.evidence.vector_cases import DAY, GATEWAY_KEY, KEY, OTHER_KEY, Vectors, proof
from tests.evidence.vector_files import add_files
from tests.evidence.vector_rooms import add_rooms
from tests.evidence.vector_statements import add_statements

FOLDER = Path(__file__).parent / "vectors"


def make() -> dict[str, bytes]:
    """Return every file of the vectors by its name."""
    vectors = Vectors()
    good = meeting(created()).export()
    _good(vectors, good)
    _forged_files(vectors, good)
    _forged_notes(vectors, good)
    _forged_rooms(vectors)
    _proofs(vectors, good)
    _histories(vectors, good)
    add_rooms(vectors)
    add_files(vectors, good)
    add_statements(vectors)
    index = {
        "keys": {
            "log": LOG.verifier.vkey,
            "other_log": OTHER_LOG.verifier.vkey,
            "witness": WITNESS.verifier.vkey,
            "gateway": GATEWAY.verifier.vkey,
            "orders": [key.verifier.vkey for key in ORDERS.values()],
        },
        "root_of_meeting": good.note.split("\n")[2],
        "cases": vectors.cases,
    }
    vectors.file("vectors.json", json.dumps(index, ensure_ascii=False, indent=1) + "\n")
    return vectors.files


def _good(vectors: Vectors, good: ExportedRoom) -> None:
    vectors.room("meeting", 0, good.data)
    vectors.case("no trusted key", 3, "room", "meeting.jsonl")
    vectors.case("the key of the file is trusted", 0, "room", "meeting.jsonl", "--trust-file-key", *GATEWAY_KEY)
    vectors.case("no key and unchecked seals", 3, "room", "meeting.jsonl", *GATEWAY_KEY)
    vectors.case("seals are not checked", 3, "room", "meeting.jsonl", *KEY)
    vectors.case("seals are not checked under the key of the file", 3, "room", "meeting.jsonl", "--trust-file-key")
    rival = Signer.from_seed("rival.test/a/moi/gw-2026a", KeyType.ED25519, b"\x06" * 32).verifier.vkey
    vectors.case("two gateway keys for one id", 2, "room", "meeting.jsonl", *KEY, *GATEWAY_KEY, "--gateway", rival)
    vectors.case("the key of another agency", 1, "room", "meeting.jsonl", *OTHER_KEY)
    vectors.case("a witness key is no log key", 2, "room", "meeting.jsonl", "--vkey", WITNESS.verifier.vkey)
    policy = f"log {LOG.verifier.vkey}\nwitness moi {WITNESS.verifier.vkey}\nquorum moi\n"
    witness = ("--policy", vectors.file("witness.policy", policy))
    vectors.case("a witness is asked for", 0, "room", "meeting.jsonl", *witness, *GATEWAY_KEY)
    bare = good.with_note(good.note[: good.note.rindex("\u2014 ")])
    vectors.room("the witness is missing", 1, bare.data, "--policy", "witness.policy")
    vectors.room("eventful", 0, eventful().export().without_bodies(2, 3, 4, 6).data)
    handed = handed_over().export(epoch=2, log=OTHER_LOG)
    vectors.room("handed over", 3, handed.data, *OTHER_KEY, *GATEWAY_KEY)
    policy = f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n"
    both = ("--policy", vectors.file("both.policy", policy), *GATEWAY_KEY)
    signed = handed.with_note(handed.note + LOG.sign(split_note(handed.note)[0]))
    vectors.room("handed over and signed by both", 0, signed.data, *both)
    vectors.case("handed over under a policy of both", 3, "room", "handed-over.jsonl", *both)
    extended = meeting(created()).export(extensions=(f"exported {START + 60_000}",))
    vectors.room("exported at a signed time", 0, extended.data)
    further = meeting(created())
    odd = {"members": 5, "card": "x", "to": 7, "owner": [], "target": "x", "note": {"a": [None]}}
    further.append("moc", "message.text", text="x", st=odd)
    further.append("moc", "message.text", text="x", alter={"more": {"a": [None, "x"]}, "rw": 2, "sns": "p_1@moi"})
    further.append("moc", "room.close", st={**odd, "reply_to": "x"})
    vectors.room("further fields decide nothing", 0, further.export().data)
    vectors.case("a checkpoint alone", 0, "checkpoint", vectors.file("meeting.note", good.note), *KEY)
    vectors.case("a missing file", 2, "room", "missing.jsonl", *KEY)

    closed = meeting(created())
    closed.append("moc", "message.redact", st={"target": 2})
    closed.append("moc", "message.text", text="x", st={"reply_to": 2, "everyone": True})
    closed.append("moc", "sys.close", st={"why": "too_few"}, sender="system")
    guest = f"{GUEST}@moi"
    ended = [closed.revoked(guest, len(closed.entries))]
    closed.append("moc", "sys.remove", st={"members": [guest], "revoked": ended}, sender="system")
    vectors.room("closed by the system", 0, closed.export().data)


def _forged_files(vectors: Vectors, good: ExportedRoom) -> None:
    lines, data = good.lines, good.data
    vectors.room("altered words", 1, data.replace("ปิดประชุม".encode(), "เปิดประชุม".encode()))
    vectors.room("altered time", 1, data.replace(b":1763800004000", b":1763800004001"))
    vectors.room("entry dropped", 1, b"".join([*lines[:4], *lines[5:]]))
    vectors.room("entries swapped", 1, b"".join([*lines[:3], lines[4], lines[3], *lines[5:]]))
    vectors.room("cut", 1, b"".join(lines[:-1]))
    vectors.room("tail", 1, data + b"\n")
    vectors.room("last newline missing", 1, data[:-1])
    vectors.room("CRLF", 1, data.replace(b"\n", b"\r\n"))
    vectors.room("needless escape", 1, data.replace(b'"room":"r_', b'"room":"\\u0072_', 1))
    vectors.room("salt of another entry", 1, data.replace(_salt(lines[3]), _salt(lines[5])))
    vectors.room("body without its salt", 1, data.replace(b'"s":"' + _salt(lines[3]) + b'"', b'"s":null'))
    spare = data.replace(_salt(lines[3]), _salt(lines[3])[:-1] + _next(_salt(lines[3])[-1:]))
    vectors.room("spare bits in a salt", 1, spare)


def _salt(line: bytes) -> bytes:
    salt: str = json.loads(line)["s"]
    return salt.encode()


def _next(letter: bytes) -> bytes:
    """The base64url letter that differs in the last bit, which a 16-byte value does not use."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at = alphabet.index(letter) ^ 1
    return alphabet[at : at + 1]


def _forged_notes(vectors: Vectors, good: ExportedRoom) -> None:
    text, _, signatures = good.note.partition("\n\n")
    vectors.room("not signed", 1, good.with_note(text + "\n").data)
    vectors.room("another size", 1, good.with_note(good.note.replace("\n13\n", "\n12\n")).data)
    stranger = Signer.from_seed("x.test/a/x/log", KeyType.ED25519, b"\x05" * 32)
    checkpoint = Checkpoint(good.head.origin, 13, b"\x00" * 32)
    line = stranger.sign(checkpoint.text)
    vectors.room("a strangers signature besides", 0, good.with_note(good.note + line).data)
    malformed = line.replace("x.test/a/x/log", "x+test")
    vectors.room("a malformed strangers signature", 1, good.with_note(good.note + malformed).data)
    vectors.room("the last signature false", 1, good.with_note(good.note + LOG.sign(checkpoint.text)).data)
    vectors.room("another root", 1, good.with_note(sign_checkpoint(checkpoint, LOG)).data)
    assert signatures


def _forged_rooms(vectors: Vectors) -> None:
    forged = created(OTHER_LOG)
    forged.append("moc", "message.text", text="ข้าพเจ้ายอมรับ")
    vectors.room("words of another agency", 1, forged.export().data, *OTHER_KEY)
    vectors.room("another domain", 1, created().export(domain="other.test").data)
    vectors.room("second hub without a transfer", 1, meeting(created()).export(epoch=2).data)
    unsealed = handed_over()
    unsealed.append("moc", "message.text", text="ไม่มีตรา", sealed=False)
    vectors.room("former hub without a seal", 1, unsealed.export(epoch=2, log=OTHER_LOG).data, *OTHER_KEY)
    invented = meeting(created())
    leaf = json.loads(invented.entries[-2].leaf)
    leaf["sl"]["s"] = "A" * 86
    text = json.dumps(leaf, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    entries = [*invented.entries[:-2], replace_leaf(invented, text)]
    data = RoomBuilder.of(replace(invented.export(), entries=tuple(entries))).export().data
    vectors.room("invented seal", 1, data, *KEY, *GATEWAY_KEY)
    vectors.case("invented seal not checked", 3, "room", "invented-seal.jsonl", *KEY)
    for name, arguments in _BROKEN.items():
        room = meeting(created())
        room.append(*arguments[:2], **arguments[2])
        vectors.room(name, 1, room.export().data)
    edits = meeting(created())
    edits.append("moc", "message.redact", st={"target": 2})
    edits.append("moc", "message.edit", text="x", st={"target": 2})
    vectors.room("edit after a retraction", 1, edits.export().data)
    closed = eventful()
    closed.append("moc", "message.text", text="หลังปิดห้อง")
    vectors.room("words in a closed room", 1, closed.export().data)


def replace_leaf(room: RoomBuilder, leaf: bytes) -> Any:
    """The last but one entry with another leaf."""
    entry = room.entries[-2]
    return type(entry)(leaf, entry.salt, entry.body)


_BROKEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "words of no member": ("moc", "message.text", {"text": "x", "sender": THIRD}),
    "edit by another": ("moi", "message.edit", {"text": "x", "st": {"target": 2}}),
    "retraction by another": ("moi", "message.redact", {"st": {"target": 2}}),
    "edit too late": ("moc", "message.edit", {"text": "x", "st": {"target": 2}, "ts": START + 2 * DAY}),
    "reaction to no message": ("moc", "message.reaction", {"st": {"target": 1, "emoji": "👍", "on": True}}),
    "rename by a guest": ("moi", "room.rename", {"st": {"name": "x"}}),
    "removal of the owner": ("moc", "member.remove", {"st": {"members": ["p_01j00000000000000000000001"]}}),
    "added twice": (
        "moc",
        "member.add",
        {"st": {"members": [{"p": f"{GUEST}@moi", "name": "x", "unit": "", "post": ""}]}},
    ),
    "system of a guest": ("moi", "sys.remove", {"st": {"members": [GUEST]}, "sender": "system"}),
    "destruction of what comes later": (
        "moc",
        "shred",
        {"st": {"from": 0, "to": 13, "rule": "x", "at": START}, "sender": "system"},
    ),
    "destruction without a rule": (
        "moc",
        "shred",
        {"st": {"from": 0, "to": 3, "rule": "", "at": START}, "sender": "system"},
    ),
    "destruction by a person": ("moc", "shred", {"st": {"from": 0, "to": 3, "rule": "x", "at": START}}),
    "id twice": ("moc", "message.text", {"text": "x", "id": f"e_01jd8z{2:020d}"}),
    "id of another form": ("moc", "message.text", {"text": "x", "alter": {"id": "../../etc"}}),
    "id with a newline": ("moc", "message.text", {"text": "x", "alter": {"id": "e_1\n"}}),
    "rename from a name it never had": ("moc", "room.rename", {"st": {"name": "x", "old": "y"}}),
    "rename to the name it has": ("moc", "room.rename", {"st": {"name": "ประชุมเสร็จแล้ว"}}),
    "reason too long": ("moc", "message.redact", {"st": {"target": 2, "reason": "x" * 1_001}}),
    "removed twice": ("moc", "member.remove", {"st": {"members": [f"{GUEST}@moi"] * 2}}),
    "too many people": (
        "moc",
        "sys.close",
        {"st": {"by": [f"p{i}@moc" for i in range(101)]}, "sender": "system"},
    ),
    "post of another form": ("moc", "owner.transfer", {"st": {"to": f"{GUEST}@moi", "post": "../x"}}),
    "year 287396": ("moc", "message.text", {"text": "x", "hub_time": 9_007_199_254_740_991}),
    "unknown type": ("moc", "message.shout", {"text": "x"}),
    "unknown rules": ("moc", "message.text", {"text": "x", "rv": 2}),
    "field missing": ("moc", "room.rename", {"st": {"old": "x"}}),
    "reply to no message": ("moc", "message.text", {"text": "x", "st": {"reply_to": 1}}),
    "reply to what comes later": ("moc", "message.text", {"text": "x", "st": {"reply_to": 13}}),
}


def _proofs(vectors: Vectors, good: ExportedRoom) -> None:
    line, leaf = good.lines[3].rstrip(b"\n"), good.entries[2].leaf
    record = vectors.file("2.leaf", leaf)
    longer = vectors.file("2-newline.leaf", leaf + b"\n")
    rest = vectors.file("2-rest.leaf", leaf[16:])
    for name, code, extra, options in (
        ("proof with words", 0, line, ()),
        ("proof of a leaf", 0, leaf, ()),
        ("proof of a record", 0, None, ("--record", record)),
        ("proof of a record with a newline", 1, None, ("--record", longer)),
        ("proof with bytes moved", 1, leaf[:16], ("--record", rest)),
        ("proof without its data", 2, None, ()),
        ("proof of altered words", 1, line.replace("ครับ".encode(), "ค่ะ".encode(), 1), ()),
        ("proof of another entry", 1, good.entries[3].leaf, ()),
    ):
        file = vectors.file(f"{name.replace(' ', '-')}.tlog-proof", proof(good, 2, extra))
        vectors.case(name, code, "proof", file, *KEY, *options)
    forged = created(OTHER_LOG)
    forged.append("moc", "message.text", text="ข้าพเจ้ายอมรับ")
    stolen = proof(forged.export(), 1, forged.entries[1].leaf)
    file = vectors.file("proof-of-words-of-another-agency.tlog-proof", stolen)
    vectors.case("proof of words of another agency", 1, "proof", file, *OTHER_KEY)
    salt, record_bytes = b"\x05" * 16, "บันทึกการเข้าใช้".encode()
    head = Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(salt + record_bytes))
    text = f"c2sp.org/tlog-proof@v1\nextra {b64encode(salt).decode()}\nindex 0\n\n{sign_checkpoint(head, LOG)}"
    audit = (vectors.file("audit.tlog-proof", text), *KEY, "--record", vectors.file("audit.record", record_bytes))
    vectors.case("proof of an audit record", 0, "proof", *audit)


def _histories(vectors: Vectors, good: ExportedRoom) -> None:
    longer = meeting(created())
    longer.append("moc", "message.text", text="ต่อ")
    vectors.file("longer.jsonl", longer.export().data)
    rewritten = created()
    for n in range(14):
        rewritten.append("moc", "message.text", text=f"คำอื่น {n}")
    vectors.file("rewritten.jsonl", rewritten.export().data)
    assert good.head.room == rewritten.room
    vectors.case("a later export", 0, "extends", "meeting.jsonl", "longer.jsonl", *KEY)
    vectors.case("a later export than a checkpoint", 0, "extends", "meeting.note", "longer.jsonl", *KEY)
    vectors.case("two histories", 1, "extends", "meeting.jsonl", "rewritten.jsonl", *KEY)
    vectors.case("two histories by a checkpoint", 1, "extends", "meeting.note", "rewritten.jsonl", *KEY)
    vectors.case("entries taken back", 1, "extends", "longer.jsonl", "meeting.jsonl", *KEY)
    _heads(vectors, good)
    vectors.file("another-room.jsonl", created(OTHER_LOG, hub="moi").export().data)
    policy = f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n"
    both = ("--policy", vectors.file("both.policy", policy))
    vectors.case("two rooms", 2, "extends", "another-room.jsonl", "meeting.jsonl", *both)
    _accusers(vectors, good, both)


def _accusers(vectors: Vectors, good: ExportedRoom, both: tuple[str, ...]) -> None:
    """Older heads of an agency that was never the hub of the room, which accuse nobody and vouch for nothing."""
    origin, room, false = good.head.origin, RoomId(good.head.room), bytes(32)
    true = root_of(good.hashes[:5])
    elsewhere = Signer.from_seed("rival.test/a/mof/log", KeyType.ED25519, b"\x0b" * 32)
    three = vectors.file(
        "three.policy",
        f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nlog {elsewhere.verifier.vkey}\nquorum none\n",
    )
    for name, code, head, signer in (
        ("an old head by another agency with a false root", 1, Checkpoint(origin, 5, false), OTHER_LOG),
        ("an old head by another agency with the true root", 1, Checkpoint(origin, 5, true), OTHER_LOG),
        ("an old head by another agency beyond the log", 1, Checkpoint(origin, 99, false), OTHER_LOG),
        ("an old head by the hub", 0, Checkpoint(origin, 5, true), LOG),
        ("an old head by the hub with a false root", 1, Checkpoint(origin, 5, false), LOG),
        ("an old head by the hub of another epoch", 1, Checkpoint(f"{origin[:-1]}2", 5, true), LOG),
        ("an old head by the hub of nothing", 2, Checkpoint(origin, 0, true), LOG),
        (
            "an old head of another domain",
            1,
            Checkpoint(origin.replace("gchat.test", "rival.test"), 5, false),
            elsewhere,
        ),
    ):
        file = vectors.file(f"{name.replace(' ', '-')}.note", sign_checkpoint(head, signer))
        vectors.case(name, code, "extends", file, "longer.jsonl", "--policy", three)
    two = sign_checkpoint(Checkpoint(origin, 5, true), LOG)
    two += OTHER_LOG.sign(split_note(two)[0])
    file = vectors.file("an-old-head-by-the-hub-and-another.note", two)
    vectors.case("an old head by the hub and another", 0, "extends", file, "longer.jsonl", *both)
    for name, code, size, root, signer, audit in (
        ("heads by another agency with a false root", 1, 5, false, OTHER_LOG, OTHER_LOG),
        ("heads by another agency with the true root", 1, 5, true, OTHER_LOG, OTHER_LOG),
        ("heads by an agency of another domain", 1, 5, false, elsewhere, elsewhere),
        ("heads beside the audit log of another agency", 1, 5, true, LOG, OTHER_LOG),
        ("heads of nothing", 2, 0, true, LOG, LOG),
    ):
        kept = sign_checkpoint(Checkpoint(audit.name.replace("/log", "/audit"), 1, leaf_hash(b"x")), audit)
        line = file_line(signer, START, kept, {room: (size, root)}, {room: (size, root)})
        file = vectors.file(f"{name.replace(' ', '-')}.log", line)
        vectors.case(name, code, "extends", file, "longer.jsonl", "--policy", three)
    after = ("handed-over-and-signed-by-both.jsonl", *both)
    former = handed_over().export(epoch=2, log=OTHER_LOG)
    for name, code, epoch, size, signer in (
        ("an old head of the former hub", 0, 1, 14, LOG),
        ("an old head of the new hub before its time", 1, 2, 14, OTHER_LOG),
        ("an old head of the new hub", 0, 2, len(former.hashes), OTHER_LOG),
        ("an old head of the former hub after its time", 1, 1, len(former.hashes), LOG),
    ):
        head = Checkpoint(f"{former.head.origin[:-1]}{epoch}", size, root_of(former.hashes[:size]))
        file = vectors.file(f"{name.replace(' ', '-')}.note", sign_checkpoint(head, signer))
        vectors.case(name, code, "extends", file, *after)


def _heads(vectors: Vectors, good: ExportedRoom) -> None:
    """A file of heads: another room, then this one at two sizes."""
    note = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(b"x")), LOG)
    other, room = RoomId("r_" + "a" * 26), RoomId(good.head.room)
    days = [{other: (3, leaf_hash(b"y"))}, {room: (5, root_of(good.hashes[:5]))}, {room: (13, root_of(good.hashes))}]
    everything: dict[RoomId, tuple[int, bytes]] = {}
    lines = []
    for number, day in enumerate(days):
        everything |= day
        lines.append(file_line(LOG, START + DAY * number, note, day, everything))
    whole = b"".join(lines)
    altered = whole.replace(b",13,", b",12,")
    for name, code, data, new in (
        ("the file of heads", 0, whole, "longer.jsonl"),
        ("the file of heads against two histories", 1, whole, "rewritten.jsonl"),
        ("the file of heads altered", 1, altered, "longer.jsonl"),
        ("the file of heads without its beginning", 1, b"".join(lines[1:]), "longer.jsonl"),
        ("the file of heads cut", 1, whole[:-1], "longer.jsonl"),
        ("the file of heads without the room", 2, lines[0], "longer.jsonl"),
    ):
        vectors.case(name, code, "extends", vectors.file(f"{name.replace(' ', '-')}.log", data), new, *KEY)
    vectors.file("short.jsonl", created().export().data)
    vectors.case("a room shorter than its heads", 1, "extends", "the-file-of-heads.log", "short.jsonl", *KEY)


def main() -> None:
    """Write the vectors."""
    FOLDER.mkdir(exist_ok=True)
    made = make()
    for old in FOLDER.iterdir():
        old.unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
