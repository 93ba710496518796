"""`gchat-verify extends`: an agency that signed two histories of one room is caught by its own signatures."""

from __future__ import annotations

import random
import time
from base64 import b64encode
from typing import TYPE_CHECKING

from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint
from appliance.evidence.offline.heads_file import _Newest
from appliance.evidence.tree import EMPTY_ROOT, leaf_hash, root_of
from tests.evidence.room_builder import GUEST, LOG, OTHER_LOG, card, created, meeting

if TYPE_CHECKING:
    from tests.evidence.court import Court
    from tests.evidence.room_builder import ExportedRoom

VKEY = LOG.verifier.vkey


def extends(court: Court, old: ExportedRoom | str, new: ExportedRoom, *options: str) -> int:
    """Run `extends OLD NEW`."""
    path = court.file("new", new.data)
    data = old if isinstance(old, str) else old.data
    return court.run("extends", data, path, *options)


def test_a_later_export_continues_the_earlier_one(court: Court) -> None:
    room = meeting(created())
    old = room.export()
    room.append("moc", "message.text", text="ต่อ")
    assert extends(court, old, room.export(), "--vkey", VKEY) == 0
    assert "PASS: the newer log of 14 entries continues the older one of 13" in court.said
    assert extends(court, old, old, "--vkey", VKEY) == 0
    assert extends(court, old, room.export()) == 3
    assert court.said.startswith("ครบถ้วน แต่ไม่รู้ว่าใครลงนาม\n")
    assert extends(court, old.note, room.export(), "--vkey", VKEY) == 0
    assert extends(court, old.without_bodies(2), room.export(), "--vkey", VKEY) == 0


def rewritten() -> ExportedRoom:
    """The same room, in which entry 3 was another from the beginning."""
    room = created()
    meeting(room)
    forged = created()
    for entry in room.entries[1:3]:
        forged.put(entry)
        forged.counters["moc"] = forged.counters.get("moc", 0) + 1
    forged.append("moc", "message.text", text="คำอื่น")
    for _ in range(12):
        forged.append("moc", "message.text", text="x")
    return forged.export()


def test_two_histories_are_said_plainly(court: Court) -> None:
    old = meeting(created()).export()
    new = rewritten()
    assert court.run("room", new.data, "--vkey", VKEY) == 0
    assert extends(court, old, new, "--vkey", VKEY) == 1
    assert "FAILED: entry 3: the agency signed two histories of one room; they differ from this entry on" in court.said
    assert LOG.verifier.fingerprint in court.said
    assert "หน่วยงานลงนามบันทึกของห้องเดียวกันไว้สองฉบับที่ขัดกัน" in court.said
    assert extends(court, new, old, "--vkey", VKEY) == 1
    assert extends(court, old.note, new, "--vkey", VKEY) == 1
    assert "they differ within entries 0–12 (at size 13)" in court.said


def test_a_key_that_only_the_files_name_accuses_nobody(court: Court) -> None:
    """Anybody can make two such files in an agency's name."""
    old = meeting(created()).export()
    for older in (old, old.note):
        assert extends(court, older, rewritten()) == 1
        assert "claim to be signed by gchat.test/a/moc/log" in court.said
        assert "อ้างว่าลงนามโดย gchat.test/a/moc/log" in court.said
        assert "not checked against an outside source" in court.said
        assert LOG.verifier.fingerprint in court.said
        assert "the agency signed" not in court.said


def test_entries_that_were_taken_back_fail(court: Court) -> None:
    room = meeting(created())
    short = room.export()
    room.append("moc", "message.text", text="ต่อ")
    long = room.export()
    for old in (long, long.note):
        assert extends(court, old, short, "--vkey", VKEY) == 1
        assert "files swapped, or signed entries taken back" in court.said


def test_the_file_that_is_false_is_named(court: Court) -> None:
    good = meeting(created()).export()
    bad = good.with_note(sign_checkpoint_of_another())
    assert extends(court, bad, good, "--vkey", VKEY) == 1
    assert "File that failed: evidence" in court.said
    assert extends(court, good, bad, "--vkey", VKEY) == 1
    assert "File that failed: new" in court.said


def sign_checkpoint_of_another() -> str:
    return sign_checkpoint(Checkpoint("gchat.test/room/r_" + "a" * 26 + "/e1", 13, b"\x00" * 32), LOG)


def test_other_rooms_and_unknown_keys_cannot_be_compared(court: Court) -> None:
    good = meeting(created()).export()
    stranger = Signer.generate("gchat.test/a/moc/log", KeyType.ED25519)
    again = meeting(created(stranger)).export()
    assert extends(court, good, again) == 2
    assert "name different keys" in court.complained
    assert extends(court, "x", good, "--vkey", VKEY) == 1
    other = created(OTHER_LOG, hub="moi").export()
    policy = court.file("policy", f"log {VKEY}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    for old in (other, other.note):
        assert extends(court, old, good, "--policy", policy) == 2
        assert "the files are of different rooms" in court.complained


def test_another_agency_cannot_frame_the_hub(court: Court) -> None:
    """Whose signature an older head carries decides: only the hub can be caught by its own (evidence, extends)."""
    good = meeting(created()).export()
    policy = court.file("policy", f"log {VKEY}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    true = root_of(good.hashes[:5])
    for root in (bytes(32), true):
        note = sign_checkpoint(Checkpoint(good.head.origin, 5, root), OTHER_LOG)
        assert extends(court, note, good, "--policy", policy) == 1
        assert "FAILED: the older head does not count: gchat.test/a/moi/log signed it" in court.said
        assert "hub at size 5 was moc" in court.said
        assert "two histories" not in court.said
    note = sign_checkpoint(Checkpoint(good.head.origin, 5, bytes(32)), LOG)
    assert extends(court, note, good, "--policy", policy) == 1
    assert "the agency signed two histories" in court.said
    assert "signed by gchat.test/a/moc/log" in court.said
    empty = sign_checkpoint(Checkpoint(good.head.origin, 0, EMPTY_ROOT), LOG)
    assert extends(court, empty, good, "--policy", policy) == 2
    assert "signed by gchat.test/a/moc/log, is of 0 entries" in court.complained


def test_two_agencies_that_signed_two_histories_are_both_named(court: Court) -> None:
    """After a transfer the newer log is the new hub's alone: it accuses the former hub of nothing."""
    old = meeting(created()).export()
    forged = created()
    forged.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "สมชาย")]})
    forged.append("moc", "owner.transfer", st={"to": f"{GUEST}@moi"})
    forged.hub = "moi"
    for _ in range(12):
        forged.append("moi", "message.text", text="x")
    new = forged.export(2, log=OTHER_LOG)
    policy = court.file("policy", f"log {VKEY}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    assert extends(court, old, new, "--policy", policy) == 1
    assert "the older signed by gchat.test/a/moc/log, the newer by gchat.test/a/moi/log" in court.said
    assert "the agency signed" not in court.said


def test_a_checkpoint_says_whose_key_signed_and_what_it_does_not_show(court: Court) -> None:
    good = meeting(created()).export()
    policy = court.file("policy", f"log {VKEY}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    note = sign_checkpoint(Checkpoint(good.head.origin, 5, bytes(32)), OTHER_LOG)
    assert court.run("checkpoint", note, "--policy", policy) == 0
    assert "PASS: the checkpoint is rightly signed by gchat.test/a/moi/log\n" in court.said
    assert "does not show that gchat.test/a/moi/log is a key of the room's hub" in court.said
    audit = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 1, bytes(32)), OTHER_LOG)
    assert court.run("checkpoint", audit, "--policy", policy) == 1
    assert "key gchat.test/a/moi/log may not sign the log gchat.test/a/moc/audit" in court.said


def test_the_tree_over_the_heads_is_that_of_the_sorted_lines_after_every_change() -> None:
    chance = random.Random(3)  # noqa: S311 - the same layout at every run
    newest, kept = _Newest(), dict[str, tuple[int, bytes]]()
    assert newest.root() == EMPTY_ROOT
    for step in range(400):
        heads = {f"r{chance.randrange(1 + step)}": (chance.randrange(2000), bytes([step % 256]) * 32) for _ in range(3)}
        newest.update(heads)
        kept |= heads
        lines = sorted(f"{room}/{size}/{b64encode(root).decode()}".encode() for room, (size, root) in kept.items())
        assert newest.root() == root_of(map(leaf_hash, lines))
        assert newest.count == len(kept)


def test_a_head_that_advances_costs_one_path_of_the_tree() -> None:
    """Some tenths of a second; hashing all rooms anew for every line takes a minute."""
    newest = _Newest()
    for room in range(3_000):
        newest.update({f"r{room:05}": (1, bytes(32))})
    begun = time.thread_time()
    for size in range(10_000):
        newest.update({f"r{size % 3_000:05}": (size, bytes(32))})
    assert time.thread_time() - begun < 8
