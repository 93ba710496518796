"""What a hub cannot get past the verifier although it signed it: other agencies' names, broken rules, false seals."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint, split_note
from appliance.evidence.offline.state import KINDS, SHAPES
from appliance.evidence.offline.texts import DENIALS
from appliance.model import Deny, EntryType
from tests.evidence.room_builder import (
    GATEWAY,
    GUEST,
    LOG,
    OTHER_LOG,
    OWNER,
    START,
    THIRD,
    RoomBuilder,
    card,
    created,
    eventful,
    handed_over,
    meeting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.evidence.court import Court
    from tests.evidence.room_builder import ExportedRoom

DAY = 24 * 3_600_000


# --- the key and the agency


def test_a_key_signs_for_its_own_agency_only(court: Court) -> None:
    """The key of `moi` signs a room in which everybody speaks for `moc`: its own key text does not help it."""
    forged = created(OTHER_LOG)
    forged.append("moc", "message.text", text="ข้าพเจ้ายอมรับ")
    exported = forged.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert "key gchat.test/a/moi/log is not a key of moc" in court.said
    policy = f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n"
    assert court.run("room", exported.data, "--policy", court.file("policy", policy)) == 1
    assert court.run("room", exported.data) == 1
    own = created(OTHER_LOG, hub="moi").export()
    assert court.run("room", own.data, "--policy", court.file("policy", policy)) == 0


def test_a_key_signs_under_its_own_domain_only(builder: RoomBuilder, court: Court) -> None:
    exported = builder.export(domain="other.test")
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert "key gchat.test/a/moc/log may not sign the log other.test/room/" in court.said


def test_the_audit_log_of_an_agency_is_signed_by_its_own_key(court: Court) -> None:
    note = sign_checkpoint(Checkpoint("gchat.test/a/moc/audit", 3, b"\x01" * 32), LOG)
    assert court.run("checkpoint", note, "--vkey", LOG.verifier.vkey) == 0
    for origin in ("gchat.test/a/moi/audit", "gchat.test/a/moc-audit", "gchat.test/audit", "x.test/a/moc/audit"):
        note = sign_checkpoint(Checkpoint(origin, 3, b"\x01" * 32), LOG)
        assert court.run("checkpoint", note, "--vkey", LOG.verifier.vkey) == 1, origin
        assert "may not sign the log" in court.said


@pytest.mark.parametrize("name", ["moc.test/log", "gchat.test/a/moc/wit", "gchat.test/a//log", "a/moc/log", "x"])
def test_a_key_that_is_named_for_no_agency_is_refused(exported: ExportedRoom, court: Court, name: str) -> None:
    key = Signer.generate(name, KeyType.ED25519).verifier.vkey
    assert court.run("room", exported.data, "--vkey", key) == 2
    assert "DOMAIN/a/AGENCY/log" in court.complained
    assert court.run("room", exported.data, "--policy", court.file("p", f"log {key}\nquorum none\n")) == 2


def test_a_policy_binds_an_agency_to_one_domain(exported: ExportedRoom, court: Court) -> None:
    rival = Signer.generate("rival.test/a/moc/log", KeyType.ED25519).verifier.vkey
    policy = f"log {exported.vkey}\nlog {rival}\nquorum none\n"
    assert court.run("room", exported.data, "--policy", court.file("policy", policy)) == 2
    assert "policy line 2 is wrong" in court.complained
    rotated = Signer.generate("gchat.test/a/moc/log", KeyType.ED25519).verifier.vkey
    policy = f"log {exported.vkey}\nlog {rotated}\nquorum none\n"
    assert court.run("room", exported.data, "--policy", court.file("policy", policy)) == 0


def test_another_key_in_the_first_line_is_said(exported: ExportedRoom, court: Court) -> None:
    claimed = replace(exported, head=replaced_key(exported, OTHER_LOG))
    assert court.run("room", claimed.data, "--vkey", exported.vkey) == 0
    assert f"names another key ({OTHER_LOG.name}+" in court.said
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0
    assert "names another key" not in court.said


def replaced_key(exported: ExportedRoom, key: Signer) -> Any:
    head = exported.head
    return type(head)(origin=head.origin, room=head.room, vkey=key.verifier.vkey)


# --- hubs and seals


def test_a_second_hub_needs_its_transfer_in_the_log(court: Court) -> None:
    without = meeting(created()).export(epoch=2)
    assert court.run("room", without.data, "--vkey", without.vkey) == 1
    assert "is of hub number 2, but by its transfer entries the log is at hub number 1" in court.said


def test_a_room_that_was_handed_over_is_signed_by_its_new_hub(court: Court) -> None:
    exported = handed_over().export(epoch=2, log=OTHER_LOG)
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 3
    assert "\nSPEAKERS NOT PROVED; whole, signed by gchat.test/a/moi/log: nothing of moc (9) was checked" in court.said
    policy = court.file("policy", f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    both = exported.with_note(exported.note + LOG.sign(split_note(exported.note)[0]))
    assert court.run("room", both.data, "--policy", policy) == 0
    by_the_old = handed_over().export(epoch=2, log=LOG)
    assert court.run("room", by_the_old.data, "--vkey", LOG.verifier.vkey) == 1
    assert "is not a key of moi" in court.said
    first = handed_over().export(epoch=1, log=OTHER_LOG)
    assert court.run("room", first.data, "--vkey", first.vkey) == 1


def test_the_transfer_itself_is_still_signed_by_the_old_hub(court: Court) -> None:
    room = meeting(created())
    room.append("moc", "owner.transfer", st={"to": f"{GUEST}@moi"})
    exported = room.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0


def test_after_a_transfer_the_former_hub_needs_a_seal_too(court: Court) -> None:
    room = handed_over()
    room.append("moc", "message.text", text="ไม่มีตรา", sealed=False)
    exported = room.export(epoch=2, log=OTHER_LOG)
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert f"FAILED: entry {len(room.entries) - 1}: entry of moc carries no seal" in court.said


def test_seals_are_checked_with_the_gateways_key(exported: ExportedRoom, court: Court) -> None:
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--gateway", GATEWAY.verifier.vkey) == 0
    assert "Seals of other agencies checked and good: 5\n" in court.said
    assert "not checked (" not in court.said
    stranger = Signer.generate("gchat.test/a/mot/gw-2026a", KeyType.ED25519).verifier.vkey
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--gateway", stranger) == 3
    assert court.said.startswith("ยังไม่ได้พิสูจน์ผู้ส่ง: ")
    assert "\nSPEAKERS NOT PROVED; whole, signed by gchat.test/a/moc/log: nothing of moi (6) was checked" in court.said
    assert "PASS" not in court.said
    assert "Seals of other agencies: 5, not checked (moi/gw-2026a)" in court.said


@pytest.mark.parametrize("field", ["s", "p", "i"])
def test_an_invented_seal_is_found_with_the_gateways_key(builder: RoomBuilder, court: Court, field: str) -> None:
    meeting(builder)
    last = json.loads(builder.entries[-2].leaf)
    last["sl"] |= {"s": {"s": "A" * 86}, "p": {"p": ["A" * 43], "n": 2}, "i": {"i": 1, "n": 2, "p": ["A" * 43]}}[field]
    leaf = json.dumps(last, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    forged = [*builder.entries[:-2], type(builder.entries[0])(leaf, builder.entries[-2].salt, builder.entries[-2].body)]
    exported = RoomBuilder.of(replace(builder.export(), entries=tuple(forged))).export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    court.gateways = ()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 3
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--gateway", GATEWAY.verifier.vkey) == 1
    assert "FAILED: entry 11: the seal of moi is false" in court.said


@pytest.mark.parametrize(
    "key",
    ["x", LOG.verifier.vkey, Signer.from_seed("moi/gw", KeyType.ED25519, bytes(32)).verifier.vkey],
    ids=["no key", "a log's key", "a key that is no agency's"],
)
def test_a_wrong_gateway_key_is_a_usage_error(exported: ExportedRoom, court: Court, key: str) -> None:
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--gateway", key) == 2
    assert "malformed gateway key" in court.complained


# --- the rules of the room


def test_a_room_in_which_everything_happens_passes(court: Court) -> None:
    exported = eventful().export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0


BROKEN: dict[str, tuple[Callable[[RoomBuilder], object], str]] = {
    "a stranger speaks": (lambda r: r.append("moc", "message.text", text="x", sender=THIRD), "no member"),
    "a stranger of another agency": (
        lambda r: r.append("moi", "message.text", text="x", sender=OWNER),
        "no member of the room at that point",
    ),
    "someone else's edit": (
        lambda r: r.append("moi", "message.edit", text="x", st={"target": 2}),
        "not the author",
    ),
    "someone else's retraction": (lambda r: r.append("moi", "message.redact", st={"target": 2}), "not the author"),
    "an edit of what is no message": (
        lambda r: r.append("moc", "message.edit", text="x", st={"target": 1}),
        "is no message",
    ),
    "an edit of what comes later": (
        lambda r: r.append("moc", "message.edit", text="x", st={"target": 99}),
        "is no message",
    ),
    "an edit after a day": (
        lambda r: r.append("moc", "message.edit", text="x", st={"target": 2}, ts=START + 2 * DAY),
        "time for edits was over",
    ),
    "a rename by a guest": (lambda r: r.append("moi", "room.rename", st={"name": "x"}), "not the owner"),
    "a guest adds": (
        lambda r: r.append("moi", "member.add", st={"members": [card(THIRD, "น")]}),
        "not the owner",
    ),
    "someone is added twice": (
        lambda r: r.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "ส")]}),
        "a member already",
    ),
    "the system of a guest": (
        lambda r: r.append("moi", "sys.remove", st={"members": [GUEST]}, sender="system"),
        "only the hub's own system",
    ),
    "a destruction by a person": (
        lambda r: r.append("moc", "shred", st={"from": 0, "to": 3, "rule": "x", "at": START}),
        "only the hub's own system",
    ),
    "a reply to what comes later": (
        lambda r: r.append("moc", "message.text", text="x", st={"reply_to": 99}),
        "is no message",
    ),
    "a reply to what is no message": (
        lambda r: r.append("moc", "message.text", text="x", st={"reply_to": 1}),
        "is no message",
    ),
    "a closing by the system of a guest": (
        lambda r: r.append("moi", "sys.close", st={"why": "x"}, sender="system"),
        "only the hub's own system",
    ),
    "an id twice": (lambda r: r.append("moc", "message.text", text="x", id=f"e_01jd8z{2:020d}"), "was used before"),
    "a hub time beyond reason": (
        lambda r: r.append("moc", "message.text", text="x", hub_time=9_007_199_254_740_991),
        "time ht lies outside the years",
    ),
    "a writing time beyond reason": (
        lambda r: r.append("moc", "message.text", text="x", alter={"ts": 1}),
        "time ts lies outside the years",
    ),
    "a type nobody knows": (lambda r: r.append("moc", "message.shout", text="x"), "type message.shout are unknown"),
    "newer rules": (lambda r: r.append("moc", "message.text", text="x", rv=2), "version 2 of the rules"),
    "a missing field": (lambda r: r.append("moc", "room.rename", st={}), "field name of an entry of type room.rename"),
    "a field of another kind": (
        lambda r: r.append("moc", "member.remove", st={"members": "p_1"}),
        "field members of an entry of type member.remove",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_rules_forbid_fails_although_it_is_signed(builder: RoomBuilder, court: Court, name: str) -> None:
    break_it, reason = BROKEN[name]
    meeting(builder)
    break_it(builder)
    exported = builder.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert list(court.named()) == [13], court.said
    assert reason in court.said


def test_who_was_removed_speaks_no_more(builder: RoomBuilder, court: Court) -> None:
    meeting(builder)
    builder.append("moc", "member.remove", st={"members": [f"{GUEST}@moi"]})
    builder.append("moi", "message.text", text="ยังอยู่")
    exported = builder.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert "FAILED: entry 14: the rules of the room forbid it: the sender was no member" in court.said


def test_every_reason_of_the_rules_has_its_words() -> None:
    rules = Path(__file__).parents[2] / "appliance/rules"
    source = "".join((rules / f"{name}.py").read_text() for name in ("rooms", "messages", "files"))
    used = {Deny[name].value for name in re.findall(r"Deny\.([A-Z_]+)", source)}
    assert used - set(DENIALS) == {Deny.OWNER_ADDS_DIRECTLY}  # no entry, only a suggestion to the owner
    assert set(DENIALS) <= set(Deny)


def test_every_type_of_entry_has_its_fields_and_its_words() -> None:
    assert set(EntryType) == set(SHAPES) == set(KINDS)


# --- bodies that are not there


def test_a_destroyed_body_is_told_from_one_that_is_merely_absent(court: Court) -> None:
    """Entry 10 says that bodies 0 to 4 were destroyed; that of entry 6 is missing for no stated reason."""
    room = eventful()
    exported = room.export().without_bodies(2, 3, 4, 6)
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0
    assert re.search(r"Bodies erased by entry 10 \(rule retention-1y, 2025-11-22T\S+\): 3: 2–4\n", court.said)
    assert "เนื้อหาถูกลบตามรายการที่ 10 (กฎ retention-1y เมื่อ 22 พฤศจิกายน 2568 เวลา " in court.said
    assert "Bodies absent: 1: erased or withheld, the log cannot tell: 6\n" in court.said


def test_a_destruction_covers_only_what_was_before_it(builder: RoomBuilder, court: Court) -> None:
    meeting(builder)
    builder.append("moc", "shred", st={"from": 0, "to": 13, "rule": "x", "at": START}, sender="system")
    exported = builder.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 1
    assert "field to of an entry of type shred" in court.said
