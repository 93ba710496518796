"""`gchat-verify` as a court uses it: true exports pass, and whatever is altered is named."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from appliance.evidence import verifier
from appliance.evidence.canonical import CREATE
from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint
from appliance.evidence.offline import texts
from appliance.evidence.offline.room import check_room
from appliance.evidence.tree import inclusion_proof, leaf_hash, root_of
from tests.evidence.court import THAI
from tests.evidence.room_builder import GATEWAY, GUEST, START, ExportedRoom, RoomBuilder, card, meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.evidence.offline.room import RoomCheck
    from tests.evidence.court import Court


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case None:
            return "x"
        case int():
            return value + 1
        case str():
            return ("B" if value[:1] != "B" else "C") + value[1:]
        case list():
            return [changed(value[0]), *value[1:]] if value else ["x"]
        case dict():
            key = min(value)
            return {**value, key: changed(value[key])}
    raise TypeError(value)


def alterations(line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of an entry line altered, dropped or joined by another, down to the header and the seal."""
    for key, item in line.items():
        yield key, {**line, key: changed(item)}
    leaf = json.loads(line["l"])
    for name, altered in fields(leaf):
        yield f"l.{name}", {**line, "l": canonical(altered)}
    for name, altered in fields(json.loads(leaf["h"])):
        yield f"l.h.{name}", {**line, "l": canonical({**leaf, "h": canonical(altered)})}
    for name, altered in fields(leaf["sl"] or {}):
        yield f"l.sl.{name}", {**line, "l": canonical({**leaf, "sl": altered})}


def fields(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, item in value.items():
        yield key, {**value, key: changed(item)}
        yield f"-{key}", {name: other for name, other in value.items() if name != key}
    yield "+zz", {**value, "zz": 1}


def test_a_true_export_passes(exported: ExportedRoom, court: Court) -> None:
    assert court.run("room", exported.data, "--vkey", exported.log.verifier.vkey) == 0
    assert f"PASS: room {exported.head.room}, entries 0–12 match" in court.said
    assert f"ผ่าน: ห้อง {exported.head.room} รายการ 0–12" in court.said
    assert "Seals of other agencies checked and good: 5" in court.said
    assert "not checked against an outside source" not in court.said
    assert "erased" not in court.said


def test_a_key_from_the_file_is_said_to_be_unchecked(exported: ExportedRoom, court: Court) -> None:
    assert court.run("room", exported.data) == 3
    assert court.said.startswith("ครบถ้วน แต่ไม่รู้ว่าใครลงนาม\nwhole, signer unknown\n")
    assert "not checked against an outside source" in court.said
    assert "ยังไม่ได้ตรวจกุญแจกับแหล่งภายนอก" in court.said
    assert "PASS" not in court.said
    assert "ผ่าน:" not in court.said
    assert court.run("room", exported.data, "--trust-file-key") == 0
    assert court.said.startswith("ผ่าน: ")
    assert "not checked against an outside source" in court.said


def test_every_verdict_names_the_fingerprints_of_the_keys_it_used(exported: ExportedRoom, court: Court) -> None:
    """In the form that `gchat keys show --log` prints, for a court that has it on paper."""
    log = exported.log.verifier
    paper = " ".join(re.findall("....", sha256(log.vkey.encode()).hexdigest()[:40].upper()))
    line = f"Fingerprint of the key {log.name}+{log.key_id.hex()}: {paper}\n"
    assert court.run("room", exported.data, "--vkey", log.vkey) == 0
    assert line in court.said
    assert f"ลายนิ้วมือของกุญแจ {log.name}+{log.key_id.hex()}: {paper}\n" in court.said
    assert GATEWAY.verifier.fingerprint in court.said
    assert court.run("room", exported.data) == 3
    assert line in court.said
    assert court.run("room", exported.data, "--policy", court.file("policy", policy(exported, "moi"))) == 0
    assert line in court.said
    assert exported.witness.verifier.fingerprint in court.said
    assert court.run("checkpoint", exported.note, "--vkey", log.vkey) == 0
    assert line in court.said
    assert court.run("proof", tlog_proof(exported, 5, exported.entries[5].leaf), "--vkey", log.vkey) == 0
    assert line in court.said
    assert court.run("prove", exported.data, "--entry", "2", "--vkey", log.vkey) == 0
    assert line in court.complained
    stranger = Signer.generate(log.name, KeyType.ED25519).verifier
    assert court.run("room", exported.data, "--vkey", stranger.vkey) == 1
    assert stranger.fingerprint in court.said
    assert paper not in court.said


def test_every_report_names_the_files_and_their_digests(exported: ExportedRoom, court: Court) -> None:
    def line(data: bytes, name: str = "evidence") -> str:
        return f"File: {name}, SHA-256 {sha256(data).hexdigest()}\n"

    key, leaf = ("--vkey", exported.vkey), exported.entries[5].leaf
    altered = exported.data.replace("ปิดประชุม".encode(), "เปิดประชุม".encode())
    newer = court.file("newer", exported.data)
    proof = tlog_proof(exported, 5, None).encode()
    for command, data, options, code in (
        ("room", exported.data, key, 0),
        ("room", exported.data, (), 3),
        ("room", altered, key, 1),
        ("checkpoint", exported.note.encode(), key, 0),
        ("proof", proof, (*key, "--record", court.file("record", leaf)), 0),
        ("extends", exported.note.encode(), (newer, *key), 0),
        ("key-change", b"no statement", key, 1),
    ):
        assert court.run(command, data, *options) == code, command
        assert line(data) in court.said
        assert f"แฟ้มที่ตรวจ: evidence ค่า SHA-256 {sha256(data).hexdigest()}\n" in court.said
        assert (line(leaf, "record") in court.said) == (command == "proof")
        assert (line(exported.data, "newer") in court.said) == (command == "extends")
    assert court.run("prove", exported.data, "--entry", "2", *key) == 0
    assert line(exported.data) in court.complained


def test_a_file_that_changed_before_its_digest_was_taken_fails(
    exported: ExportedRoom, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_altered(*arguments: Any) -> RoomCheck:
        check = check_room(*arguments)
        court.file("evidence", exported.data + b"x")
        return check

    monkeypatch.setattr(verifier, "check_room", then_altered)
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert "FAILED: the file changed while it was read" in court.said
    assert "PASS" not in court.said


def test_what_cannot_be_read_again_is_refused(exported: ExportedRoom, court: Court) -> None:
    os.mkfifo(court.folder / "pipe")
    for path in (court.folder / "pipe", court.folder):
        assert verifier.main(["checkpoint", str(path), "--vkey", exported.vkey]) == 2
        assert "no pipe or directory" in court.capsys.readouterr().err


@pytest.mark.parametrize("option", [(), ("--trust-file-key",)])
def test_without_a_trusted_key_who_signed_is_only_a_claim(
    builder: RoomBuilder, court: Court, option: tuple[str, ...]
) -> None:
    exported = meeting(builder).export(extensions=(f"exported {START}",))
    signed = ("Signed by:", "as the agency signed", "the agency's own key alone vouches", "\nลงนามโดย", "หน่วยงานลงนาม")
    court.run("room", exported.data, *option)
    assert f"แฟ้มอ้างว่าลงนามโดย: {exported.log.name}\n" in court.said
    assert f"The file claims to be signed by: {exported.log.name}\n" in court.said
    assert "แฟ้มอ้างว่าส่งออกเมื่อ: 22 พฤศจิกายน 2568" in court.said
    assert "The file claims to be exported: 2025-11-22T" in court.said
    assert not any(words in court.said for words in signed)
    court.gateways = ()
    assert court.run("room", exported.data, "--trust-file-key") == 3
    assert "claims to be signed by" in court.said.split("\n")[1]
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 3
    assert all(words in court.said for words in signed)


def test_absent_bodies_are_reported_and_do_not_fail(exported: ExportedRoom, court: Court) -> None:
    assert court.run("room", exported.without_bodies(2, 3, 4, 8).data, "--vkey", exported.vkey) == 0
    assert "Bodies absent: 4: erased or withheld, the log cannot tell: 2–4, 8\n" in court.said
    assert "Bodies that match their commitments: 6\n" in court.said
    assert "ไม่มีเนื้อหา 4 รายการ: ถูกลบหรือถูกกันไว้ บันทึกบอกไม่ได้" in court.said


@pytest.mark.slow
def test_every_altered_field_of_every_entry_is_named(exported: ExportedRoom, court: Court) -> None:
    lines = exported.lines
    tried = 0
    for n in range(len(exported.entries)):
        line = json.loads(lines[n + 1])
        for name, altered in alterations(line):
            data = [*lines[: n + 1], canonical(altered).encode() + b"\n", *lines[n + 2 :]]
            assert court.run("room", b"".join(data), "--vkey", exported.log.verifier.vkey) == 1, (n, name)
            assert n in court.named(), (n, name, court.said)
            assert THAI.search(court.said), (n, name)
            tried += 1
    assert tried > 500


def test_what_no_rule_but_the_tree_notices_is_narrowed_by_what_senders_saw(
    exported: ExportedRoom, court: Court
) -> None:
    """Entry 5 claims another writing time: entry 7 of the other agency had seen the true root at size 7."""
    lines = exported.lines
    lines[5] = lines[5].replace(b'\\\\\\"ts\\\\\\":1763800004000', b'\\\\\\"ts\\\\\\":1763800004001')
    assert lines != exported.lines
    assert court.run("room", b"".join(lines)) == 1
    assert list(court.named()) == [3, 4, 5]


@pytest.mark.parametrize("key", ["origin", "room", "t", "v", "vkey"])
def test_every_altered_field_of_the_first_line_fails(exported: ExportedRoom, court: Court, key: str) -> None:
    head = json.loads(exported.lines[0])
    without = {name: value for name, value in head.items() if name != key}
    for altered in ({**head, key: changed(head[key])}, {**head, key: True}, without):
        assert court.run("room", canonical(altered).encode() + b"\n" + b"".join(exported.lines[1:])) == 1
        assert "FAILED" in court.said


@pytest.mark.slow
def test_every_altered_byte_of_the_checkpoint_fails(exported: ExportedRoom, court: Court) -> None:
    signed = exported.note[: exported.note.rindex("\u2014 ")]  # without the witness, whom no policy asks for here
    for at, char in enumerate(signed):
        note = signed[:at] + ("B" if char != "B" else "C") + signed[at + 1 :]
        data = [*exported.lines[:-1], canonical({"cp": note, "t": "checkpoint"}).encode() + b"\n"]
        assert court.run("room", b"".join(data), "--vkey", exported.log.verifier.vkey) == 1, at


Lines = list[bytes]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("spoil", "n"),
    [
        (lambda lines: [*lines[:4], *lines[5:]], 3),
        (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], 3),
        (lambda lines: [*lines[:4], lines[4], *lines[4:]], 4),
        (lambda lines: [lines[0], *lines[2:]], 0),
        (lambda lines: [*lines[:-2], lines[-1]], 12),
        (lambda lines: lines[:-1], 13),
        (lambda lines: [*lines[:5], lines[5][:-9]], 4),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], 13),
        (lambda lines: [lines[0], lines[-1]], 0),
        (lambda lines: [*lines[:3], b"\xff\n", *lines[4:]], 2),
        (lambda lines: [*lines[:3], b"[1,2]\n", *lines[4:]], 2),
        (lambda lines: [*lines[:3], b'{"b":null,"b":null,"l":"","s":null}\n', *lines[4:]], 2),
        (lambda lines: [*lines[:3], b" " + lines[3], *lines[4:]], 2),
        (lambda lines: [*lines[:3], b'"' + b"x" * (1 << 21) + b'"\n', *lines[4:]], 2),
        (lambda lines: [*lines[:3], b"[" * 100_000 + b"\n", *lines[4:]], 2),
    ],
)
def test_missing_moved_and_broken_lines_are_named(
    exported: ExportedRoom, court: Court, spoil: Callable[[Lines], Lines], n: int
) -> None:
    assert court.run("room", b"".join(spoil(exported.lines))) == 1
    assert list(court.named()) == [n], court.said


@pytest.mark.parametrize("tail", [b"null\n", b"\n", b"{}\n", b" ", b"x"])
def test_nothing_may_follow_the_checkpoint(exported: ExportedRoom, court: Court, tail: bytes) -> None:
    assert court.run("room", exported.data + tail) == 1
    assert court.run("room", exported.data + exported.lines[-1]) == 1


WORDS: dict[str, tuple[Callable[[Lines], Lines], str, str]] = {
    "the signature is gone": (
        lambda lines: [*lines[:-1], without_signatures(lines[-1])],
        "the checkpoint is not signed: it has no signature line",
        "จุดตรวจสอบไม่มีลายมือชื่อ",
    ),
    "the last newline is gone": (
        lambda lines: [*lines[:-1], lines[-1][:-1]],
        "the newline after the checkpoint is missing; the file is not the original",
        "ไม่มีอักขระขึ้นบรรทัดใหม่ท้ายจุดตรวจสอบ",
    ),
    "something follows": (
        lambda lines: [*lines, b"x"],
        "FAILED: there is something after the checkpoint",
        "ไม่ผ่าน: มีข้อมูลต่อท้ายจุดตรวจสอบ",
    ),
    "a mail program changed the line ends": (
        lambda lines: [line[:-1] + b"\r\n" for line in lines],
        "converted by a mail program or an editor",
        "แฟ้มถูกแปลงโดยโปรแกรมอีเมล",
    ),
    "an editor put a mark in front": (
        lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
        "the original file is needed",
        "ต้องใช้แฟ้มต้นฉบับ",
    ),
    "a line is too long": (
        lambda lines: [lines[0], b'"' + b"x" * (1 << 20) + b'"\n', *lines[1:]],
        "the line is longer than 1048576 bytes",
        "บรรทัดยาวเกิน 1048576 ไบต์",
    ),
    "a space is in a line": (
        lambda lines: [lines[0], b" " + lines[1], *lines[2:]],
        "FAILED: entry 0: the line is not in canonical form",
        "ไม่ผ่าน: รายการที่ 0: บรรทัดไม่อยู่ในรูปแบบบัญญัติ",
    ),
    "a space is in a leaf": (
        lambda lines: [lines[0], lines[1].replace(b'"l":"{', b'"l":"{ '), *lines[2:]],
        "FAILED: entry 0: the leaf is not in canonical form",
        "ไม่ผ่าน: รายการที่ 0: รายการในบันทึกไม่อยู่ในรูปแบบบัญญัติ",
    ),
}


def without_signatures(line: bytes) -> bytes:
    """The checkpoint's line with a note whose signatures were stripped."""
    note: str = json.loads(line)["cp"]
    return canonical({"cp": note.split("\n\n", maxsplit=1)[0] + "\n", "t": "checkpoint"}).encode() + b"\n"


@pytest.mark.parametrize("name", WORDS)
def test_what_is_wrong_with_a_file_is_said_in_its_own_words(exported: ExportedRoom, court: Court, name: str) -> None:
    spoil, english, thai = WORDS[name]
    assert court.run("room", b"".join(spoil(exported.lines)), "--vkey", exported.vkey) == 1
    assert english in court.said
    assert thai in court.said


def test_an_empty_file_fails(court: Court) -> None:
    assert court.run("room", b"") == 1
    assert court.run("room", b"null\n") == 1


def test_a_checkpoint_of_another_room_or_key_fails(exported: ExportedRoom, court: Court) -> None:
    def with_note(note: str) -> bytes:
        return b"".join([*exported.lines[:-1], canonical({"cp": note, "t": "checkpoint"}).encode() + b"\n"])

    checkpoint = Checkpoint("gchat.test/room/r_" + "a" * 26 + "/e1", 13, b"\x00" * 32)
    assert court.run("room", with_note(sign_checkpoint(checkpoint, exported.log))) == 1
    assert "another log" in court.said
    stranger = Signer.generate(exported.log.name, KeyType.ED25519)
    assert court.run("room", exported.data, "--vkey", stranger.verifier.vkey) == 1
    assert "not signed by a trusted key" in court.said
    for key in (exported.log, stranger):
        assert f"{key.name}+{key.verifier.key_id.hex()}" in court.said


def test_a_hub_that_breaks_the_rules_is_named_although_it_signed(builder: RoomBuilder, court: Court) -> None:
    """The checkpoint is true for these logs: only the rules of the log give the hub away."""
    builder.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "สมชาย รักงาน")]})
    builder.append("moi", "message.text", text="ข")
    last = builder.entries[-1]

    def resigned(old: str, new: str) -> bytes:
        altered = last.leaf.decode().replace(old, new)
        assert altered != last.leaf.decode()
        forged = (*builder.entries[:-1], type(last)(altered.encode(), last.salt, last.body))
        return RoomBuilder.of(dataclasses.replace(builder.export(), entries=forged)).export().data

    seal = last.leaf[last.leaf.index(b',"sl":') :].decode()
    for old, new, reason in (
        (seal, ',"sl":null}', "carries no seal"),
        ('"ht":1763800002005', '"ht":1763800001004', "earlier than the entry before"),
        ("@moi", "@moc", "does not belong to moi"),
        ('\\"os\\":0', '\\"os\\":1', "counter os of moi is 1, expected 0"),
        ('room\\":\\"r_', 'room\\":\\"x_', "another room"),
        ('seen\\":[2,', 'seen\\":[1,', "the root its sender saw at size 1"),
        ('seen\\":[2,', 'seen\\":[3,', "the root its sender saw at size 3"),
        ("message.text", CREATE, "wrong field: room"),
        ('bl\\":14', 'bl\\":15', "not the one the header commits to"),
    ):
        court.gateways = ()
        assert court.run("room", resigned(old, new)) == 1, reason
        assert court.said.count("FAILED: entry 2: ") == 1, court.said
        assert reason in court.said


def test_what_a_file_says_cannot_write_on_the_terminal(exported: ExportedRoom, court: Court) -> None:
    lines = exported.lines
    lines[1] = lines[1].replace(b"@moc", b"\\\\\\\\u001b[2J@mox", 1)
    assert court.run("room", b"".join(lines)) == 1
    assert "\x1b" not in court.said


# --- policy ---------------------------------------------------------------------------------------------------------


def policy(exported: ExportedRoom, quorum: str, *more: str) -> str:
    return "\n".join(
        [
            "# หน่วยงานที่เชื่อถือ",
            f"log {exported.log.verifier.vkey} https://gchat.test/",
            f"  witness moi\t{exported.witness.verifier.vkey}  ",
            *more,
            f"quorum {quorum}",
            "",
        ]
    )


@pytest.fixture
def other_witness() -> Signer:
    return Signer.from_seed("gchat.test/a/mot/wit", KeyType.COSIGNATURE, b"\x09" * 32)


@pytest.mark.parametrize(
    ("quorum", "code"),
    [("none", 0), ("moi", 0), ("mot", 1), ("one", 0), ("both", 1), ("two", 1), ("nested", 0)],
)
def test_the_quorum_of_a_policy(
    exported: ExportedRoom, court: Court, other_witness: Signer, quorum: str, code: int
) -> None:
    group = {"one": "group one any moi mot", "both": "group both all moi mot", "two": "group two 2 moi mot"}
    more = [f"witness mot {other_witness.verifier.vkey}", *([group[quorum]] if quorum in group else [])]
    if quorum == "nested":
        more += ["group inner 1 moi", "group nested any inner mot"]
    path = court.file("policy", policy(exported, quorum, *more))
    assert court.run("room", exported.data, "--policy", path) == code
    assert ("too few witnesses" in court.said) == (code == 1)
    if code == 0:
        assert f"Witnessed by: {exported.witness.name} at 2025-11-22T" in court.said


def test_a_false_cosignature_of_a_known_witness_fails(exported: ExportedRoom, court: Court) -> None:
    path = court.file("policy", policy(exported, "none"))
    text = Checkpoint("x", 1, b"\x00" * 32).text
    note = exported.note[: exported.note.rindex("\u2014 ")] + exported.witness.cosign(text, 5)
    data = b"".join([*exported.lines[:-1], canonical({"cp": note, "t": "checkpoint"}).encode() + b"\n"])
    assert court.run("room", data, "--policy", path) == 1
    assert f"signature of {exported.witness.name} is false" in court.said


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "log",
        "log x+00000000+AA==",
        "witness moi2",
        "witness none {mot}",
        "witness moi {mot}",
        "witness again {moi}",
        "witness log {log}",
        "log {log}",
        "log {moi}",
        "group g 0 moi",
        "group g 2 moi",
        "group g x moi",
        "group g any",
        "group g any unknown",
        "group g any none",
        "group moi any moi",
        "group g any moi\ngroup h any moi",
        "quorum unknown",
        "quorum moi\nquorum moi",
    ],
)
def test_a_wrong_policy_is_a_usage_error(
    exported: ExportedRoom, court: Court, other_witness: Signer, line: str
) -> None:
    keys = {
        "moi": exported.witness.verifier.vkey,
        "log": exported.log.verifier.vkey,
        "mot": other_witness.verifier.vkey,
    }
    path = court.file("policy", policy(exported, "moi", line.format(**keys)))
    assert court.run("room", exported.data, "--policy", path) == 2
    assert re.search(r"policy line [4-6] is wrong", court.complained)


def test_a_policy_needs_a_quorum(exported: ExportedRoom, court: Court) -> None:
    path = court.file("policy", f"log {exported.log.verifier.vkey}\n")
    assert court.run("room", exported.data, "--policy", path) == 2


# --- checkpoints and proofs -----------------------------------------------------------------------------------------


def test_a_checkpoint_alone(exported: ExportedRoom, court: Court) -> None:
    vkey = exported.log.verifier.vkey
    assert court.run("checkpoint", exported.note, "--vkey", vkey) == 0
    assert f"Log: {exported.head.origin}, 13 entries" in court.said
    assert court.run("checkpoint", exported.note.replace("\n13\n", "\n14\n"), "--vkey", vkey) == 1
    for broken in (b"", b"\xff", exported.note.encode()[:-1], b"a\nb\nc\n\n\xe2\x80\x94 x y\n"):
        assert court.run("checkpoint", broken, "--vkey", vkey) == 1


def tlog_proof(exported: ExportedRoom, n: int, extra: bytes | None, note: str | None = None) -> str:
    path = inclusion_proof(exported.hashes, n)
    lines = ["c2sp.org/tlog-proof@v1", f"index {n}", *(b64encode(node).decode() for node in path)]
    if extra is not None:
        lines.insert(1, f"extra {b64encode(extra).decode()}")
    return "\n".join(lines) + "\n\n" + (note or exported.note)


def test_a_proof_of_every_entry(exported: ExportedRoom, court: Court) -> None:
    vkey = exported.log.verifier.vkey
    for n, entry in enumerate(exported.entries):
        record = court.file("record", entry.leaf)
        assert court.run("proof", tlog_proof(exported, n, None), "--vkey", vkey, "--record", record) == 0
        assert court.run("proof", tlog_proof(exported, n, entry.leaf), "--vkey", vkey) == 0
        assert f"PASS: entry {n} is in the signed log of 13 entries" in court.said


def test_a_salted_record_of_another_log(court: Court) -> None:
    """An audit log's leaf is SHA-256(0x00 || salt || record) (docs/evidence.md)."""
    log = Signer.generate("gchat.test/a/moc/log", KeyType.ED25519)
    salt, record = b"\x05" * 16, "บันทึกการเข้าใช้".encode()
    root = leaf_hash(salt + record)
    note = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 1, root), log)
    proof = f"c2sp.org/tlog-proof@v1\nextra {b64encode(salt).decode()}\nindex 0\n\n{note}"
    vkey = log.verifier.vkey
    assert court.run("proof", proof, "--vkey", vkey, "--record", court.file("record", record)) == 0
    assert court.run("proof", proof, "--vkey", vkey, "--record", court.file("record", record[:-1])) == 1
    assert court.run("proof", proof, "--vkey", vkey) == 1
    split = proof.replace(b64encode(salt).decode(), b64encode(salt + record[:3]).decode())
    assert court.run("proof", split, "--vkey", vkey, "--record", court.file("record", record[3:])) == 1


def test_altered_proofs_fail(exported: ExportedRoom, court: Court) -> None:
    vkey, leaf = exported.log.verifier.vkey, exported.entries[5].leaf
    good = tlog_proof(exported, 5, leaf)
    lines = good.split("\n")
    for spoiled in (
        good.replace("index 5", "index 4"),
        good.replace("index 5", "index 05"),
        good.replace("index 5", "index 99"),
        good.replace("index 5\n", ""),
        good.replace("@v1", "@v2"),
        "\n".join([*lines[:3], *lines[4:]]),
        "\n".join([*lines[:3], "A" * 43 + "=", *lines[4:]]),
        "\n".join([*lines[:3], "x", *lines[4:]]),
        good.replace("extra ", "extra *"),
        good.replace("\n13\n", "\n12\n"),
        tlog_proof(exported, 5, exported.entries[6].leaf),
        good.split("\n\n")[0],
        "",
    ):
        assert court.run("proof", spoiled, "--vkey", vkey) == 1, spoiled
    assert court.run("proof", b"\xff", "--vkey", vkey) == 1


def test_a_proved_leaf_must_say_what_its_place_says(exported: ExportedRoom, court: Court) -> None:
    """A hub may sign a tree that holds a leaf of another room or position; the proof of it still fails."""
    leaf, vkey = exported.entries[5].leaf, exported.log.verifier.vkey
    root = leaf_hash(leaf)
    for origin, reason in (
        (exported.head.origin, "position n is 5, expected 0"),
        ("gchat.test/room/r_" + "a" * 26 + "/e1", "position n is 5, expected 0"),
    ):
        note = sign_checkpoint(Checkpoint(origin, 1, root), exported.log)
        proof = f"c2sp.org/tlog-proof@v1\nextra {b64encode(leaf).decode()}\nindex 0\n\n{note}"
        assert court.run("proof", proof, "--vkey", vkey) == 1
        assert reason in court.said
    checkpoint = Checkpoint("gchat.test/room/r_" + "a" * 26 + "/e1", 13, root_of(exported.hashes))
    proof = tlog_proof(exported, 5, leaf, sign_checkpoint(checkpoint, exported.log))
    assert court.run("proof", proof, "--vkey", vkey) == 1
    assert "the header names another room" in court.said


# --- the command ----------------------------------------------------------------------------------------------------


def test_usage_errors(exported: ExportedRoom, court: Court) -> None:
    vkey = exported.log.verifier.vkey
    assert court.run("room", exported.data, "--vkey", "nonsense") == 2
    assert court.run("room", exported.data, "--vkey", exported.witness.verifier.vkey) == 2
    assert court.run("room", exported.data, "--vkey", vkey, "--policy", "x") == 2
    assert court.run("room", exported.data, "--policy", str(court.folder / "none")) == 2
    assert court.run("checkpoint", exported.note) == 2
    assert court.run("proof", tlog_proof(exported, 5, None), "--vkey", vkey) == 2
    assert court.run("nonsense", b"") == 2
    assert verifier.main(["room", str(court.folder / "missing")]) == 2


def names(text: str) -> set[str]:
    """Names in a text, times by one name whatever their form."""
    return {name.removesuffix("_iso").replace("iso", "at") for name in re.findall(r"{(\w+)}", text)}


def test_every_text_is_in_thai_and_english() -> None:
    tables = {**texts.TEXTS, **texts.WORDS, **texts.DENIALS}
    for code, (thai, english) in tables.items():
        assert THAI.search(thai), code
        assert not THAI.search(english), code
        assert names(thai) == names(english), code


@pytest.mark.slow
def test_the_packed_file_runs_alone(exported: ExportedRoom, tmp_path: Path) -> None:
    """As `make verifier` packs it, away from the package, in an isolated Python without msgspec."""
    alone = tmp_path / "court"
    alone.mkdir()
    packed = alone / "gchat-verify.pyz"
    subprocess.run([sys.executable, ROOT / "packaging/verifier.py", packed], check=True)  # noqa: S603  (our own file)
    (alone / "room.jsonl").write_bytes(exported.data)
    (alone / "bad.jsonl").write_bytes(exported.data.replace("ปิดประชุม".encode(), "เปิดประชุม".encode()))
    launcher = (
        "import runpy, sys\n"
        "sys.modules['msgspec'] = None\n"
        "path = sys.argv.pop(1)\n"
        "sys.path.insert(0, path)\n"
        "import appliance\n"
        "assert appliance.__file__.startswith(path), appliance.__file__\n"
        "runpy.run_path(path, run_name='__main__')\n"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-c", launcher, "gchat-verify.pyz", *arguments]
        return subprocess.run(  # noqa: S603  (our own interpreter and file)
            command, cwd=alone, capture_output=True, text=True, encoding="utf-8", env={"LC_ALL": "C"}, check=False
        )

    good = run("room", "room.jsonl", "--vkey", exported.vkey, "--gateway", GATEWAY.verifier.vkey, "--show")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("ผ่าน: ")
    bad = run("room", "bad.jsonl")
    assert bad.returncode == 1
    assert "FAILED: entry 10: the body is not the one the header commits to" in bad.stdout
    assert run("room", "missing.jsonl").returncode == 2
    assert run().returncode == 2


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        command = [sys.executable, str(ROOT / "packaging/verifier.py"), str(tmp_path / name)]
        subprocess.run(command, check=True)  # noqa: S603  (our own file)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_reader_who_leaves_early_ends_it_quietly(exported: ExportedRoom, tmp_path: Path) -> None:
    (tmp_path / "room.jsonl").write_bytes(exported.data)
    command = [sys.executable, "-m", "appliance.evidence.verifier", "room", str(tmp_path / "room.jsonl"), "--show"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        complaint = running.stderr.read()
        assert (running.wait(60), complaint) == (3, b"")
