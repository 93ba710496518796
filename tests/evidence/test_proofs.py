"""Proofs of one entry: made from an export, checked alone, with the words or without."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from appliance.evidence import base64url
from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint
from appliance.evidence.tree import leaf_hash
from tests.evidence.room_builder import GATEWAY, LOG, OTHER_LOG, TEXTS, created, handed_over
from tests.evidence.test_verifier import tlog_proof
from tests.evidence.vector_rooms import with_seal

if TYPE_CHECKING:
    from tests.evidence.court import Court
    from tests.evidence.room_builder import ExportedRoom


def made(exported: ExportedRoom, court: Court, n: int) -> str:
    """The proof file that `gchat-verify prove` makes of entry `n`."""
    path = court.folder / f"{n}.tlog-proof"
    options = ("--entry", str(n), "--output", str(path), "--vkey", exported.vkey)
    assert court.run("prove", exported.data, *options) == 0
    return path.read_text(encoding="utf-8")


def test_a_proof_of_every_entry_is_made_and_proves_its_words(exported: ExportedRoom, court: Court) -> None:
    for n in range(len(exported.entries)):
        proof = made(exported, court, n)
        assert court.run("proof", proof, "--vkey", exported.vkey) == 0
        assert f"PASS: entry {n} is in the signed log of 13 entries" in court.said
    assert court.run("proof", made(exported, court, 2), "--vkey", exported.vkey) == 0
    assert f"The body matches its commitment:\nถ้อยคำ: {TEXTS[0]}\nWords: {TEXTS[0]}\n" in court.said
    assert "message.text by p_01j00000000000000000000001@moc at 2025-11-22T" in court.said


def test_a_proof_goes_to_standard_output_and_what_was_checked_to_the_other(
    exported: ExportedRoom, court: Court
) -> None:
    assert court.run("prove", exported.data, "--entry", "2") == 3
    assert court.said.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "whole, signer unknown" in court.complained
    assert court.run("prove", exported.data, "--entry", "13") == 2
    assert "there is no entry 13 in the file" in court.complained
    assert court.run("prove", exported.data.replace("ปิด".encode(), "เปิด".encode()), "--entry", "2") == 1


def test_a_proof_says_what_it_does_not_prove(exported: ExportedRoom, court: Court) -> None:
    assert court.run("proof", made(exported, court, 2), "--vkey", exported.vkey) == 0
    assert "Only this entry was checked" in court.said
    assert "ไม่ได้พิสูจน์: ใครเป็นผู้ใช้บัญชีจริง" in court.said
    assert "Not proved: who really used an account, who read what and when, and that the agency's clock" in court.said


def test_altered_words_in_a_proof_fail(exported: ExportedRoom, court: Court) -> None:
    line = exported.lines[3].rstrip(b"\n")
    proof = tlog_proof(exported, 2, line)
    assert court.run("proof", proof, "--vkey", exported.vkey) == 0
    altered = tlog_proof(exported, 2, line.replace("ครับ".encode(), "ค่ะ".encode(), 1))
    assert court.run("proof", altered, "--vkey", exported.vkey) == 1
    assert "not the one the header commits to" in court.said
    spaced = tlog_proof(exported, 2, line + b" ")
    assert court.run("proof", spaced, "--vkey", exported.vkey) == 1


def test_words_beside_a_proof(exported: ExportedRoom, court: Court) -> None:
    entry = exported.entries[2]
    assert entry.salt is not None
    assert entry.body is not None
    proof, salt = tlog_proof(exported, 2, entry.leaf), base64url.encode(entry.salt)
    body = court.file("body", entry.body)
    assert court.run("proof", proof, "--vkey", exported.vkey, "--body", body, "--salt", salt) == 0
    assert f"Words: {TEXTS[0]}" in court.said
    assert court.run("proof", proof, "--vkey", exported.vkey) == 0
    assert "No words were proved" in court.said
    assert court.run("proof", proof, "--vkey", exported.vkey, "--body", body, "--salt", "A" * 22) == 1
    with_newline = court.file("newline", entry.body + b"\n")
    assert court.run("proof", proof, "--vkey", exported.vkey, "--body", with_newline, "--salt", salt) == 1
    assert "the body file ends in a newline" in court.said
    assert court.run("proof", proof, "--vkey", exported.vkey, "--body", body) == 2
    twice = tlog_proof(exported, 2, exported.lines[3].rstrip(b"\n"))
    assert court.run("proof", twice, "--vkey", exported.vkey, "--body", body, "--salt", salt) == 2


def test_a_newline_after_the_record_has_its_own_words(exported: ExportedRoom, court: Court) -> None:
    leaf = exported.entries[5].leaf
    record = court.file("record", leaf + b"\n")
    assert court.run("proof", tlog_proof(exported, 5, None), "--vkey", exported.vkey, "--record", record) == 1
    assert "the record ends in a newline that is no part of it" in court.said
    note = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(b"x")), LOG)
    proof = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"
    for data, words in ((b"x\n", "ends in a newline"), (b"y\n", "not in the signed log"), (b"x", "PASS")):
        court.run("proof", proof, "--vkey", LOG.verifier.vkey, "--record", court.file("record", data))
        assert words in court.said


def test_no_byte_of_a_rooms_leaf_moves_into_extra(exported: ExportedRoom, court: Court) -> None:
    leaf = exported.entries[5].leaf
    record = court.file("record", leaf[16:])
    proof = tlog_proof(exported, 5, leaf[:16])
    assert court.run("proof", proof, "--vkey", exported.vkey, "--record", record) == 1
    assert "may not stand beside this record" in court.said


def test_a_salt_of_another_log_still_stands_beside_its_record(court: Court) -> None:
    salt, record = b"\x05" * 16, b"record"
    note = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 1, leaf_hash(salt + record)), LOG)
    proof = f"c2sp.org/tlog-proof@v1\nextra {b64encode(salt).decode()}\nindex 0\n\n{note}"
    path = court.file("record", record)
    assert court.run("proof", proof, "--vkey", LOG.verifier.vkey, "--record", path) == 0
    assert court.run("proof", proof, "--vkey", LOG.verifier.vkey, "--record", path, "--body", path, "--salt", "x") == 2


@pytest.mark.parametrize("n", [0, 1])
def test_a_proof_is_bound_to_the_rooms_own_agency(court: Court, n: int) -> None:
    """An entry without a seal speaks for the hub; the key of another agency does not prove it."""
    forged = created(OTHER_LOG)
    forged.append("moc", "message.text", text="x")
    proof = tlog_proof(forged.export(), n, forged.entries[n].leaf)
    assert court.run("proof", proof, "--vkey", OTHER_LOG.verifier.vkey) == 1
    assert "key gchat.test/a/moi/log is not a key of moc" in court.said


def test_a_proof_after_a_transfer_says_what_it_cannot_tell(court: Court) -> None:
    exported = handed_over().export(epoch=2, log=OTHER_LOG)
    assert court.run("proof", tlog_proof(exported, 2, exported.entries[2].leaf), "--vkey", exported.vkey) == 3
    assert "SPEAKER NOT PROVED: gchat.test/a/moi/log signed a log with this entry 2" in court.said
    assert court.run("proof", tlog_proof(exported, 14, exported.entries[14].leaf), "--vkey", exported.vkey) == 0
    assert "SPEAKER" not in court.said


def test_the_seal_in_a_proof_is_checked_with_the_gateways_key(exported: ExportedRoom, court: Court) -> None:
    proof = tlog_proof(exported, 3, exported.entries[3].leaf)
    court.gateways = ()
    assert court.run("proof", proof, "--vkey", exported.vkey) == 3
    assert "PASS" not in court.said
    assert "Seals of other agencies: 1, not checked (moi/gw-2026a)" in court.said
    assert court.run("proof", proof, "--vkey", exported.vkey, "--gateway", GATEWAY.verifier.vkey) == 0
    assert "Seals of other agencies checked and good: 1\n" in court.said
    stranger = Signer.generate(GATEWAY.name, KeyType.ED25519).verifier.vkey
    assert court.run("proof", proof, "--vkey", exported.vkey, "--gateway", stranger) == 1
    assert "the seal of moi is false" in court.said


def test_an_agency_alone_does_not_prove_what_another_said(court: Court) -> None:
    """A seal that nobody checked is none: whoever holds a log key of the domain could invent it."""
    room = created(OTHER_LOG, hub="moi")
    room.append("moc", "message.text", text="ข้าพเจ้ายอมรับ", sealed=True)
    exported = with_seal(room, 1, lambda _seal: {"s": "A" * 86})
    proof = tlog_proof(exported, 1, exported.entries[1].leaf)
    assert court.run("proof", proof, "--vkey", OTHER_LOG.verifier.vkey) == 3
    assert court.said.startswith("ยังไม่ได้พิสูจน์ผู้ส่ง: gchat.test/a/moi/log ")
    assert "no seal of moc was checked" in court.said
    assert "PASS" not in court.said
    key = Signer.generate("gchat.test/a/moc/gw-2026a", KeyType.ED25519).verifier.vkey
    assert court.run("proof", proof, "--vkey", OTHER_LOG.verifier.vkey, "--gateway", key) == 1
