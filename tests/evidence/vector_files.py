"""Vectors of all that is no whole room: proofs, policies, the file of heads, changes of keys, and the command."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from appliance.evidence import base64url
from appliance.evidence.key_change import sign_change
from appliance.evidence.note import Checkpoint, KeyType, Signer, join_note, sign_checkpoint, split_note
from appliance.evidence.tree import inclusion_proof, leaf_hash, root_of
from appliance.log.recorded_heads import file_line
from appliance.model import RoomId
from tests.evidence.room_builder import (
    GATEWAY,
    GUEST,
    LOG,
    OTHER_LOG,
    START,
    WITNESS,
    RoomBuilder,
    canonical,
    created,
    meeting,
)
from tests.evidence.vector_cases import DAY, GATEWAY_KEY, KEY, OTHER_KEY, proof
from tests.evidence.vector_rooms import passed_on, small, spare_bits, with_seal

if TYPE_CHECKING:
    from tests.evidence.room_builder import ExportedRoom
    from tests.evidence.vector_cases import Vectors

NEW_LOG = Signer.from_seed("gchat.test/a/moc/log", KeyType.ED25519, b"\x07" * 32)
NEWEST_LOG = Signer.from_seed("gchat.test/a/moc/log", KeyType.ED25519, b"\x08" * 32)
SECOND_WITNESS = Signer.from_seed("gchat.test/a/mof/wit", KeyType.COSIGNATURE, b"\x09" * 32)


def add_files(vectors: Vectors, good: ExportedRoom) -> None:
    """Add every case; `good` is the export `meeting.jsonl`."""
    _proofs(vectors)
    _other_leaves(vectors)
    _bodies_beside(vectors)
    _audit_proofs(vectors)
    _prove(vectors, good)
    _notes(vectors, good)
    _policies(vectors)
    _heads(vectors, good)
    _key_changes(vectors, good)
    _commands(vectors)


def _proof(vectors: Vectors, name: str, code: int, text: str, *options: str) -> str:
    file = vectors.file(f"{name.replace(' ', '-')}.tlog-proof", text)
    vectors.case(name, code, "proof", file, *(options or KEY))
    return file


def _proofs(vectors: Vectors) -> None:
    exported = small().export()
    leaf, path = exported.entries[2].leaf, inclusion_proof(exported.hashes, 2)
    _proof(vectors, "proof with a path too short", 1, proof(exported, 2, leaf, path[:-1]))
    _proof(vectors, "proof with a path too long", 1, proof(exported, 2, leaf, [*path, path[0]]))
    good = proof(exported, 2, leaf)
    file = _proof(
        vectors, "proof of a sealed entry", 0, proof(exported, 3, exported.entries[3].leaf), *KEY, *GATEWAY_KEY
    )
    vectors.case("proof of a sealed entry without the key", 3, "proof", file, *KEY)
    invented = with_seal(small(), 3, lambda _seal: {"s": "A" * 86})
    _proof(vectors, "proof of an invented seal", 1, proof(invented, 3, invented.entries[3].leaf), *KEY, *GATEWAY_KEY)
    _invented(vectors)
    _proof(vectors, "proof with an index of leading zero", 1, good.replace("\nindex 2\n", "\nindex 02\n"))
    _proof(vectors, "proof with an index of sign", 1, good.replace("\nindex 2\n", "\nindex +2\n"))
    bare = proof(exported, 2, None)
    empty = bare.replace("\nindex", "\nextra \nindex")
    _proof(vectors, "proof with an empty extra", 1, empty, *KEY, "--record", vectors.file("small-2.leaf", leaf))
    hub = passed_on()
    hub.append("moi", "message.text", text="รับช่วงต่อ")
    later = hub.export(2, log=OTHER_LOG)
    _proof(vectors, "proof after a transfer", 3, proof(later, 2, later.entries[2].leaf), *OTHER_KEY)


def _invented(vectors: Vectors) -> None:
    """What an agency signs alone about the words of another: with an invented seal, and in a later epoch with none."""
    room = created(OTHER_LOG, hub="moi")
    room.append("moc", "message.text", text="ข้าพเจ้ายอมรับ", sealed=True)
    exported = with_seal(room, 1, lambda _seal: {"s": "A" * 86})
    text = proof(exported, 1, exported.entries[1].leaf)
    file = _proof(vectors, "proof by another agency with an invented seal", 3, text, *OTHER_KEY)
    gateway = Signer.from_seed("gchat.test/a/moc/gw-2026a", KeyType.ED25519, b"\x0c" * 32).verifier.vkey
    name = "proof by another agency with an invented seal and the key"
    vectors.case(name, 1, "proof", file, *OTHER_KEY, "--gateway", gateway)
    later = created(OTHER_LOG)
    later.append("moc", "message.text", text="ข้าพเจ้ายอมรับ")
    made = later.export(2, log=OTHER_LOG)
    _proof(vectors, "proof by a later hub without a seal", 3, proof(made, 1, made.entries[1].leaf), *OTHER_KEY)


def _other_leaves(vectors: Vectors) -> None:
    """Leaves that a hub signed and that have no place in its log."""
    twice = small()
    twice.put(twice.entries[2])
    _leaf(vectors, "proof of another position", twice, 4)
    foreign = created()
    other = RoomBuilder()
    other.append("moc", "room.create", st={"kind": "group", "owner": "p_1"}, sender="p_1")
    other.append("moc", "message.text", text="x", sender="p_1")
    foreign.put(other.entries[1])
    _leaf(vectors, "proof of another room", foreign, 1)
    moved = created()
    create = {**json.loads(moved.entries[0].leaf), "n": 1}
    moved.put(structs.replace(moved.entries[0], leaf=canonical(create)))
    _leaf(vectors, "proof of a create elsewhere", moved, 1)
    for name, alter in (
        ("proof of a malformed agency", {"or": "m_i", "sn": f"{GUEST}@m_i"}),
        ("proof of a sender of another agency", {"sn": f"{GUEST}@mof"}),
        ("proof of an unknown type", {"ty": "message.shout"}),
        ("proof of unknown rules", {"rv": 2}),
        ("proof of a reaction without its field", {"ty": "message.reaction", "bl": 0, "bc": _no_body()}),
    ):
        room = small()
        room.append("moi", "message.text", text="x", alter=alter)
        _leaf(vectors, name, room, 4)


def _no_body() -> str:
    header: dict[str, str] = json.loads(json.loads(created().entries[0].leaf)["h"])
    return header["bc"]


def _leaf(vectors: Vectors, name: str, room: RoomBuilder, n: int) -> None:
    exported = room.export()
    _proof(vectors, name, 1, proof(exported, n, exported.entries[n].leaf))


def _bodies_beside(vectors: Vectors) -> None:
    room = small()
    room.append("moc", "message.text", text="เกลือขึ้นต้นด้วยขีด", salt=b"\xf8" + bytes(15))
    exported = room.export()
    entry = exported.entries[4]
    assert entry.salt is not None
    assert entry.body is not None
    salt = base64url.encode(entry.salt)
    assert salt.startswith("-")
    carried = vectors.file("leaf-4.tlog-proof", proof(exported, 4, entry.leaf))
    bare = vectors.file("bare-4.tlog-proof", proof(exported, 4, None))
    whole = vectors.file("line-4.tlog-proof", proof(exported, 4, exported.lines[5].rstrip(b"\n")))
    body = ("--body", vectors.file("4.body", entry.body))
    record = ("--record", vectors.file("4.leaf", entry.leaf))
    other = ("--body", vectors.file("4-other.body", entry.body.replace("ขีด".encode(), "ขาด".encode())))
    for name, code, file, options in (
        ("body and salt beside a proof", 0, carried, (*body, "--salt", salt)),
        ("body and salt in one word beside a proof", 0, carried, (*body, f"--salt={salt}")),
        ("record body and salt beside a proof", 0, bare, (*record, *body, "--salt", salt)),
        ("another body beside a proof", 1, carried, (*other, "--salt", salt)),
        ("another salt beside a proof", 1, carried, (*body, "--salt", "A" * 22)),
        ("spare bits in a salt beside a proof", 1, carried, (*body, "--salt", spare_bits(salt))),
        ("body without salt beside a proof", 2, carried, body),
        ("salt without body beside a proof", 2, carried, ("--salt", salt)),
        ("a body twice", 2, whole, (*body, "--salt", salt)),
        ("a record twice", 1, carried, record),
    ):
        vectors.case(name, code, "proof", file, *KEY, *options)


def _audit_proofs(vectors: Vectors) -> None:
    salt, record = b"\x05" * 16, b"a record"
    file = vectors.file("short.record", record)
    for name, code, extra, options in (
        ("audit proof with a salt too short", 1, salt[:15], ("--record", file)),
        ("audit proof without a salt", 0, None, ("--record", file)),
        ("audit proof that is whole", 0, salt + record, ()),
        ("audit proof of another record", 1, salt + b"x", ()),
        ("audit proof without its data", 2, None, ()),
    ):
        proved = (extra or b"") + record if options else salt + record
        head = Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(proved))
        carried = "" if extra is None else f"extra {b64encode(extra).decode()}\n"
        text = f"c2sp.org/tlog-proof@v1\n{carried}index 0\n\n{sign_checkpoint(head, LOG)}"
        _proof(vectors, name, code, text, *KEY, *options)
    whole = ("audit-proof-that-is-whole.tlog-proof", *KEY)
    vectors.case("a body beside an audit proof", 2, "proof", *whole, "--body", file, "--salt", "A" * 22)


def _prove(vectors: Vectors, good: ExportedRoom) -> None:
    for n in (0, 2, 12):
        file = vectors.file(f"meeting-{n}.tlog-proof", proof(good, n, good.lines[n + 1].rstrip(b"\n")))
        arguments = ("prove", "meeting.jsonl", "--entry", str(n))
        vectors.case(f"prove entry {n}", 0, *arguments, *KEY, output=file)
        vectors.case(f"proved entry {n}", 0, "proof", file, *KEY)
    vectors.case("prove without a key", 3, "prove", "meeting.jsonl", "--entry", "2", output="meeting-2.tlog-proof")
    vectors.case("prove what is not there", 2, "prove", "meeting.jsonl", "--entry", "13", *KEY)
    vectors.case("prove of an altered file", 1, "prove", "altered-words.jsonl", "--entry", "2", *KEY)


def _notes(vectors: Vectors, good: ExportedRoom) -> None:
    text = split_note(good.note)[0]
    room = Checkpoint("gchat.test/room/r_" + "a" * 26 + "/e1", 3, leaf_hash(b"x"))
    bits = text.replace(text.split("\n")[2], spare_bits(text.split("\n")[2]))
    for name, code, note in (
        ("a checkpoint of spare bits", 1, join_note(bits, [LOG.sign(bits)])),
        ("a checkpoint of another hub", 0, sign_checkpoint(replace(room, origin=f"{room.origin[:-1]}7"), LOG)),
        ("a checkpoint of epoch 0", 1, sign_checkpoint(replace(room, origin=f"{room.origin[:-1]}0"), LOG)),
        (
            "a checkpoint of another agencys audit log",
            1,
            sign_checkpoint(replace(room, origin="gchat.test/a/moi/audit"), LOG),
        ),
        ("a checkpoint of its own audit log", 0, sign_checkpoint(replace(room, origin="gchat.test/a/moc/audit"), LOG)),
        ("a checkpoint with a size of leading zero", 1, _signed(room.text.replace("\n3\n", "\n03\n"))),
        ("a checkpoint with an empty line", 1, _signed(f"{room.text}\nx\n")),
        ("a checkpoint with further lines", 0, _signed(f"{room.text}exported soon\nx\n")),
        ("a checkpoint cosigned alone", 1, join_note(room.text, [WITNESS.cosign(room.text, 1)])),
    ):
        vectors.case(name, code, "checkpoint", vectors.file(f"{name.replace(' ', '-')}.note", note), *KEY)


def _signed(text: str) -> str:
    return join_note(text, [LOG.sign(text)])


def _policies(vectors: Vectors) -> None:
    log, other = f"log {LOG.verifier.vkey}", f"log {OTHER_LOG.verifier.vkey}"
    moi, mof = f"witness moi {WITNESS.verifier.vkey}", f"witness mof {SECOND_WITNESS.verifier.vkey}"
    both = (log, moi, mof)
    rival = Signer.from_seed("rival.test/a/moc/log", KeyType.ED25519, b"\x0a" * 32).verifier.vkey
    for name, code, lines in (
        ("any of a group", 0, (*both, "group g any moi mof", "quorum g")),
        ("one of a group", 0, (*both, "group g 1 moi mof", "quorum g")),
        ("all of a group", 1, (*both, "group g all moi mof", "quorum g")),
        ("two of a group", 1, (*both, "group g 2 moi mof", "quorum g")),
        ("a group in a group", 0, (*both, "group g 1 mof", "group h any g moi", "quorum h")),
        ("a group that is not the quorum", 0, (*both, "group g all moi mof", "quorum none")),
        ("three of two", 2, (*both, "group g 3 moi mof", "quorum g")),
        ("none of two", 2, (*both, "group g 0 moi mof", "quorum g")),
        ("a number with a leading zero", 2, (*both, "group g 01 moi mof", "quorum g")),
        ("a group of nobody", 2, (*both, "group g any", "quorum g")),
        ("a group before its members", 2, (log, "group g any moi", moi, "quorum g")),
        ("a witness in two groups", 2, (*both, "group g any moi", "group h any moi mof", "quorum h")),
        ("a name twice", 2, (*both, "group moi any mof", "quorum moi")),
        ("a witness with a log key", 2, (log, f"witness moi {OTHER_LOG.verifier.vkey}", "quorum moi")),
        ("a witness called none", 2, (log, f"witness none {WITNESS.verifier.vkey}", "quorum none")),
        ("a key twice", 2, (log, log, "quorum none")),
        ("two domains of one agency", 2, (log, f"log {rival}", "quorum none")),
        ("a policy without a log", 2, (moi, "quorum moi")),
        ("a policy without a quorum", 2, (log, moi)),
        ("a policy with two quorums", 2, (log, "quorum none", "quorum none")),
        ("a policy with a comment behind words", 2, (log, "quorum none # here")),
        ("a policy with tabs and comments", 0, ("\t# keys", "", log.replace(" ", "\t \t"), other, "  quorum \t none ")),
        ("a policy with addresses", 0, (f"{log} https://moc.test/", f"{moi} https://moi.test/", "quorum moi")),
        ("a policy with carriage returns", 2, (log, "quorum none\r")),
    ):
        file = vectors.file(f"{name.replace(' ', '-')}.policy", "\n".join(lines) + "\n")
        vectors.case(name, code, "room", "meeting.jsonl", "--policy", file, *GATEWAY_KEY)


def _heads(vectors: Vectors, good: ExportedRoom) -> None:
    room = RoomId(good.head.room)
    audit = Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(b"x"))
    note, old, new = sign_checkpoint(audit, LOG), (5, root_of(good.hashes[:5])), (13, root_of(good.hashes))

    def line(at: int, head: tuple[int, bytes], kept: str = note) -> bytes:
        return file_line(LOG, START + at, kept, {room: head}, {room: head})

    text = split_note(note)[0]
    first = json.loads(line(0, new))
    elsewhere = Checkpoint("gchat.test/a/moc/other", 1, audit.root)
    for name, code, data in (
        ("heads with a false audit signature", 1, line(0, new, note.replace(text, replace(audit, size=2).text))),
        ("heads with an audit signature of a stranger", 1, line(0, new, sign_checkpoint(audit, NEW_LOG))),
        (
            "heads with a checkpoint of the room",
            1,
            line(0, new, sign_checkpoint(replace(audit, origin=good.head.origin), LOG)),
        ),
        ("heads with a checkpoint of another log", 1, line(0, new, sign_checkpoint(elsewhere, LOG))),
        ("heads without an audit checkpoint", 1, canonical({**first, "audit": None}) + b"\n"),
        ("heads that name a room twice", 1, canonical({**first, "rooms": first["rooms"] * 2}) + b"\n"),
        ("heads with a part of a line", 1, line(0, new) + line(DAY, new)[:40]),
        ("heads that go back and hold", 0, line(DAY, new) + line(0, old)),
        ("heads with an old root that differs", 1, line(0, (5, bytes(32))) + line(DAY, new)),
    ):
        file = vectors.file(f"{name.replace(' ', '-')}.log", data)
        vectors.case(name, code, "extends", file, "longer.jsonl", *KEY)
    vectors.case(
        "heads need no witness",
        1,
        "extends",
        "the-file-of-heads.log",
        "longer.jsonl",
        "--policy",
        "all-of-a-group.policy",
    )
    vectors.case(
        "heads under a policy", 0, "extends", "the-file-of-heads.log", "longer.jsonl", "--policy", "witness.policy"
    )


def _key_changes(vectors: Vectors, good: ExportedRoom) -> None:
    statement, second = sign_change(LOG, NEW_LOG, START), sign_change(NEW_LOG, NEWEST_LOG, START + DAY)
    text, lines = split_note(statement)
    both = [line for _, _, line in lines]
    files: dict[str, Any] = {
        "change": statement,
        "second-change": second,
        "change-signed-by-one": join_note(text, both[:1]),
        "change-signed-by-the-new-key": join_note(text, both[1:]),
        "change-with-another-time": join_note(text.replace(str(START), str(START + 1)), both),
        "change-without-a-time": _by_both(text.replace(str(START), "soon")),
        "change-to-itself": join_note(text.replace(NEW_LOG.verifier.vkey, LOG.verifier.vkey), both),
        "change-to-another-agency": _by_both(text.replace(NEW_LOG.verifier.vkey, OTHER_LOG.verifier.vkey), OTHER_LOG),
    }
    for name, content in files.items():
        vectors.file(f"{name}.note", content)
    for name, code, names, vkey in (
        ("a change of the log key", 0, ["change"], LOG),
        ("two changes of the log key", 0, ["change", "second-change"], LOG),
        ("two changes in the wrong order", 1, ["second-change", "change"], LOG),
        ("a change of a key that is not trusted", 1, ["change"], OTHER_LOG),
        ("a change signed by the former key alone", 1, ["change-signed-by-one"], LOG),
        ("a change signed by the new key alone", 1, ["change-signed-by-the-new-key"], LOG),
        ("a change with another time", 1, ["change-with-another-time"], LOG),
        ("a change without a time", 1, ["change-without-a-time"], LOG),
        ("a change to the same key", 1, ["change-to-itself"], LOG),
        ("a change to a key of another agency", 1, ["change-to-another-agency"], LOG),
        ("a checkpoint is no change", 1, ["meeting"], LOG),
    ):
        arguments = [f"{file}.note" for file in names]
        vectors.case(name, code, "key-change", *arguments, "--vkey", vkey.verifier.vkey)
    vectors.case("a change without a key", 2, "key-change", "change.note")
    during = good.with_note(good.note + NEW_LOG.sign(split_note(good.note)[0]))
    vectors.room("signed by both keys", 0, during.data)
    new = ("--vkey", NEW_LOG.verifier.vkey)
    vectors.case("signed by both keys and read by the new", 0, "room", "signed-by-both-keys.jsonl", *new, *GATEWAY_KEY)
    vectors.case("signed before the change", 1, "room", "meeting.jsonl", *new)


def _by_both(text: str, new: Signer = NEW_LOG) -> str:
    return join_note(text, [LOG.sign(text), new.sign(text)])


def _commands(vectors: Vectors) -> None:
    after = meeting(created(NEW_LOG))
    vectors.file("after-a-change.jsonl", after.export().data)
    vectors.case("two exports without a key", 3, "extends", "meeting.jsonl", "longer.jsonl")
    vectors.case("two exports by the key in them", 0, "extends", "meeting.jsonl", "longer.jsonl", "--trust-file-key")
    vectors.case("two exports of two keys", 2, "extends", "meeting.jsonl", "after-a-change.jsonl")
    vectors.case("a checkpoint without a key", 2, "checkpoint", "meeting.note")
    vectors.case("a proof without a key", 2, "proof", "meeting-2.tlog-proof")
    vectors.case("a proof by the key of a file", 2, "proof", "meeting-2.tlog-proof", "--trust-file-key")
    vectors.case("a key and a policy", 2, "room", "meeting.jsonl", *KEY, "--policy", "witness.policy")
    vectors.case("a malformed key before a false file", 2, "room", "cut.jsonl", "--vkey", "x")
    vectors.case("a gateway key as log key", 2, "room", "meeting.jsonl", "--vkey", GATEWAY.verifier.vkey)
    vectors.case("a false file before two rooms", 1, "extends", "another-room.jsonl", "cut.jsonl", *KEY)
