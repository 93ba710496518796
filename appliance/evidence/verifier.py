"""`gchat-verify`: checks a room log, a checkpoint or a proof offline, and says in Thai and English what it found.

A court runs it alone: this one file needs Python 3.11 or later and `cryptography`, no network and nothing else of
G-Chat (`python3 verifier.py room log.jsonl --vkey KEY`). It therefore shares no code with the rest of the package, and
is longer than other modules; the tests hold the two implementations against each other.

Checks of a room (`federation.md` §5.2): every line, leaf and header canonical; `n` contiguous from 0; hub time never
going back; room id = hash of the create header; each origin's `os` contiguous; `seen` = the root at that size; bodies =
their commitments (an absent body is reported as erased, which is no failure); root and size = the checkpoint; signature
and witness quorum. Exit: 0 good, 1 verification failed (naming the entry, or the entries among which one was altered),
2 usage. Memory: one line, and 32 bytes an entry.

Does not check gateway seals, which need the registry of agencies: it counts them and says so.
"""

from __future__ import annotations

import argparse
import binascii
import json
import re
import sys
from base64 import b32encode, b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_LINE, MAX_HEADER, MAX_BODY, MAX_INT = 1 << 20, 8192, 65536, 2**53 - 1
YEAR_10000 = 253402300800
ED25519, COSIGNATURE = 0x01, 0x04
NO_BODY = urlsafe_b64encode(sha256(b"").digest()).rstrip(b"=").decode()

TEXTS = {
    "pass_room": (
        "ผ่าน: ห้อง {room} รายการ 0–{last} ตรงกับจุดตรวจสอบที่ลงนาม",
        "PASS: room {room}, entries 0–{last} match the signed checkpoint",
    ),
    "pass_checkpoint": ("ผ่าน: จุดตรวจสอบลงนามถูกต้อง", "PASS: the checkpoint is rightly signed"),
    "pass_proof": (
        "ผ่าน: รายการที่ {index} อยู่ในบันทึกที่ลงนาม ({size} รายการ)",
        "PASS: entry {index} is in the signed log of {size} entries",
    ),
    "failed": ("ไม่ผ่าน: {reason}", "FAILED: {reason}"),
    "failed_entry": ("ไม่ผ่าน: รายการที่ {n}: {reason}", "FAILED: entry {n}: {reason}"),
    "log": ("บันทึก: {origin} จำนวน {size} รายการ", "Log: {origin}, {size} entries"),
    "root": ("ค่ารากของบันทึก: {root}", "Root of the log: {root}"),
    "signed": ("ลงนามโดย: {name}", "Signed by: {name}"),
    "cosigned": ("พยานลงนามรับรอง: {name} เมื่อ {at}", "Witnessed by: {name} at {at}"),
    "bodies": ("เนื้อหาตรงกับที่บันทึกไว้: {count} รายการ", "Bodies that match their commitments: {count}"),
    "erased": ("เนื้อหาที่ถูกลบแล้ว «erased»: {count} รายการ: {list}", "Bodies «erased»: {count}: {list}"),
    "sealed": (
        "ตราของหน่วยงานอื่น {count} รายการ: ไม่ได้ตรวจ (ต้องใช้ทะเบียนหน่วยงาน)",
        "Seals of other agencies: {count}, not checked (needs the registry of agencies)",
    ),
    "own_key": (
        "คำเตือน: ใช้กุญแจที่อยู่ในแฟ้มเอง ยังไม่ได้ตรวจกุญแจกับแหล่งภายนอก",
        "WARNING: key taken from the file itself; key not checked against an outside source",
    ),
    "not_canonical": ("ข้อมูลไม่อยู่ในรูปแบบบัญญัติ: {what}", "not in canonical form: {what}"),
    "bad_line": ("บรรทัดมีช่องข้อมูลไม่ถูกต้อง", "the line does not have the right fields"),
    "bad_leaf": ("ช่องข้อมูลของรายการในบันทึกไม่ถูกต้อง", "the leaf does not have the right fields"),
    "bad_header": ("ช่องข้อมูลส่วนหัวไม่ถูกต้อง: {what}", "the header has a wrong field: {what}"),
    "bad_head": ("บรรทัดแรกของแฟ้มไม่ถูกต้อง", "the first line of the file is wrong"),
    "position": ("ลำดับ n เป็น {found} แต่ควรเป็น {n}", "position n is {found}, expected {n}"),
    "time_back": ("เวลา ht ย้อนหลังกว่ารายการก่อนหน้า", "hub time ht is earlier than the entry before"),
    "room_id": ("รหัสห้องไม่ตรงกับค่าแฮชของส่วนหัวที่สร้างห้อง", "the room id is not the hash of the create header"),
    "other_room": ("ส่วนหัวเป็นของห้องอื่น", "the header names another room"),
    "sender": ("ผู้ส่ง {sender} ไม่ได้สังกัด {origin}", "sender {sender} does not belong to {origin}"),
    "counter": (
        "ลำดับ os ของ {origin} เป็น {found} แต่ควรเป็น {expected}",
        "counter os of {origin} is {found}, expected {expected}",
    ),
    "no_seal": ("รายการของ {origin} ไม่มีตราของหน่วยงานนั้น", "entry of {origin} carries no seal of that agency"),
    "half_body": ("มีเพียงเนื้อหาหรือเกลือ (salt) อย่างเดียว", "only one of body and salt is present"),
    "body": ("เนื้อหาไม่ตรงกับที่ผูกมัดไว้ในส่วนหัว", "the body is not the one the header commits to"),
    "seen": (
        "ค่าราก (seen) ที่ผู้ส่งเห็นเมื่อมี {size} รายการไม่ตรง: มีการแก้ไขในรายการ {first}–{n}",
        "the root its sender saw at size {size} differs: something in entries {first}–{n} was altered",
    ),
    "root_differs": (
        "ค่ารากไม่ตรงกับจุดตรวจสอบ: มีการแก้ไขในรายการ {first}–{last}",
        "the root differs from the checkpoint: something in entries {first}–{last} was altered",
    ),
    "size_differs": (
        "จุดตรวจสอบลงนามไว้ {size} รายการ แต่แฟ้มมี {count} รายการ",
        "the checkpoint covers {size} entries, the file has {count}",
    ),
    "cut": ("แฟ้มจบก่อนถึงจุดตรวจสอบ", "the file ends before its checkpoint"),
    "tail": ("มีข้อมูลต่อท้ายจุดตรวจสอบ", "there is something after the checkpoint"),
    "origin": ("จุดตรวจสอบเป็นของบันทึกอื่น: {origin}", "the checkpoint belongs to another log: {origin}"),
    "note": ("จุดตรวจสอบผิดรูปแบบ", "the checkpoint is malformed"),
    "signature": ("ลายมือชื่อของ {name} ไม่ถูกต้อง", "the signature of {name} is false"),
    "unsigned": ("จุดตรวจสอบไม่ได้ลงนามด้วยกุญแจที่เชื่อถือ", "the checkpoint is not signed by a trusted key"),
    "quorum": ("พยานลงนามไม่ครบตามนโยบาย", "too few witnesses signed for the policy"),
    "key": ("กุญแจ vkey ไม่ถูกต้อง", "malformed vkey"),
    "proof": ("หลักฐานผิดรูปแบบ", "the proof is malformed"),
    "not_included": ("ไม่พบข้อมูลนี้ในบันทึกที่ลงนาม", "the data is not in the signed log at this place"),
    "policy": ("นโยบายบรรทัดที่ {line} ไม่ถูกต้อง", "policy line {line} is wrong"),
    "no_record": (
        "หลักฐานนี้ไม่มีข้อมูลในตัว โปรดระบุ --record",
        "the proof does not carry its data; name it with --record",
    ),
    "unreadable": ("อ่านแฟ้มไม่ได้: {path}", "cannot read {path}"),
}


class Failed(Exception):
    """The evidence does not hold: a key of TEXTS and the entry it concerns, if one can be named."""

    def __init__(self, code: str, n: int | None = None, **values: object) -> None:
        super().__init__(code)
        self.code, self.n, self.values = code, n, values


class Usage(Exception):
    """What was asked cannot be tried: no such file, malformed key or policy."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


# --- canonical JSON (RFC 8785 profile: ASCII keys, integers below 2^53, depth 6) ------------------------------------


def parse_canonical(text: str, what: str, n: int | None = None) -> Any:
    """The value of canonical JSON text; floats, duplicate keys, white space and needless escapes all fail."""
    try:
        value = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
        _check_profile(value, 6)
        same = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text
    except (ValueError, RecursionError) as error:
        raise Failed("not_canonical", n, what=what) from error
    if not same:
        raise Failed("not_canonical", n, what=what)
    return value


def _refuse(_: str) -> None:
    raise ValueError("not an integer")


def _check_profile(value: object, depth: int) -> None:
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise ValueError("integer too large")
    if not isinstance(value, dict | list):
        return
    if depth == 0 or (isinstance(value, dict) and not all(map(str.isascii, value))):
        raise ValueError("too deep, or a key that is not ASCII")
    for item in value.values() if isinstance(value, dict) else value:
        _check_profile(item, depth - 1)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_one(value: object) -> bool:
    return type(value) is int and value == 1


def _decode64(text: str, *, url: bool = False) -> bytes | None:
    """Bytes of base64 text (base64url unpadded), or None unless it is the only text for them."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if url else b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    again = urlsafe_b64encode(data).rstrip(b"=") if url else b64encode(data)
    return data if again.decode() == text else None


# --- signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy) --------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A public Ed25519 key that signs notes (kind 0x01) or cosigns checkpoints (kind 0x04)."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Key | None:
        """Key from its `vkey` text, None if that is malformed or the id is not the key's own."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _decode64(encoded)
        if not name.isprintable() or not name or " " in name or data is None or len(data) != 33:
            return None
        own_id = sha256(name.encode() + b"\n" + data).digest()[:4]
        if own_id.hex() != key_id or data[0] not in (ED25519, COSIGNATURE):
            return None
        return cls(name, own_id, data[0], data[1:])


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose signatures count: log keys, named witnesses, and the witness or group that makes a quorum."""

    logs: list[Key]
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"
    from_file: bool = False

    def reached(self, name: str, cosigned: set[tuple[str, bytes]]) -> bool:
        """Whether the witness or group `name` has cosigned."""
        if name == "none":
            return True
        if name in self.witnesses:
            return (self.witnesses[name].name, self.witnesses[name].key_id) in cosigned
        needed, members = self.groups[name]
        return sum(self.reached(member, cosigned) for member in members) >= needed


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head, the trusted log keys that signed it, and the witnesses with their times (s UTC)."""

    origin: str
    size: int
    root: bytes
    signed: list[str]
    cosigned: list[tuple[str, int]]


@dataclass(slots=True)
class PolicyReader:
    """A tlog-policy file as read so far; each method says whether its line is right."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: str | None = None

    def line(self, words: list[str]) -> bool:
        """Take one line that is neither empty nor a comment."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                return self._log(Key.parse(vkey))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                return self._witness(name, Key.parse(vkey))
            case ["group", name, count, *members]:
                return self._group(name, count, members)
            case ["quorum", name] if self.quorum is None and (name == "none" or self._defined(name)):
                self.quorum = name
                return True
        return False

    def _defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _log(self, key: Key | None) -> bool:
        if key is None or key.kind != ED25519 or any(key.public == other.public for other in self.logs):
            return False
        self.logs.append(key)
        return True

    def _witness(self, name: str, key: Key | None) -> bool:
        if key is None or key.kind != COSIGNATURE or name == "none" or self._defined(name):
            return False
        if any(key.public == other.public for other in self.witnesses.values()):
            return False
        self.witnesses[name] = key
        return True

    def _group(self, name: str, count: str, members: list[str]) -> bool:
        needed = {"any": 1, "all": len(members)}.get(count) or (int(count) if re.fullmatch("[0-9]{1,4}", count) else 0)
        fresh = len(set(members)) == len(members) and not self.members & set(members)
        if name == "none" or self._defined(name) or not fresh or not all(map(self._defined, members)):
            return False
        self.groups[name] = (needed, members)
        self.members |= set(members)
        return 1 <= needed <= len(members)


def parse_policy(text: str) -> Trust:
    """A tlog-policy file; raises `Usage` naming the line."""
    reader, number = PolicyReader(), 0
    for number, line in enumerate(text.split("\n"), 1):
        words = re.findall("[^ \t]+", line)
        if words and not words[0].startswith("#") and not reader.line(words):
            raise Usage("policy", line=number)
    if reader.quorum is None:
        raise Usage("policy", line=number)
    return Trust(reader.logs, reader.witnesses, reader.groups, reader.quorum)


def check_checkpoint(note: str, trust: Trust) -> Checkpoint:
    """The checkpoint in a signed note, if `trust` accepts it; raises `Failed`."""
    body, blank, tail = note.rpartition("\n\n")
    text = body + "\n"
    lines = text.split("\n")[:-1]
    root = _decode64(lines[2]) if len(lines) >= 3 else None
    control = any(char < " " and char != "\n" for char in note)
    if control or not blank or not all(lines) or not tail.endswith("\n") or root is None or len(root) != 32:
        raise Failed("note")
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1], re.ASCII):
        raise Failed("note")
    signed: list[str] = []
    cosigned: dict[tuple[str, bytes], int] = {}
    known = {(key.name, key.key_id): key for key in (*trust.logs, *trust.witnesses.values())}
    for line in tail.split("\n")[:-1]:
        name, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        blob = _decode64(encoded)
        if not line.startswith("\u2014 ") or blob is None or len(blob) < 5:
            raise Failed("note")
        key = known.get((name, blob[:4]))
        if key is None:
            continue
        at = _check_signature(key, text, blob[4:])
        if at is None:
            signed += [name] * (name not in signed)
        else:
            cosigned[name, key.key_id] = at
    if not signed:
        raise Failed("unsigned")
    if not trust.reached(trust.quorum, set(cosigned)):
        raise Failed("quorum")
    return Checkpoint(lines[0], int(lines[1]), root, signed, [(name, at) for (name, _), at in cosigned.items()])


def _check_signature(key: Key, text: str, signature: bytes) -> int | None:
    at, message = None, text.encode()
    if key.kind == COSIGNATURE:
        at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        if at >= YEAR_10000:
            raise Failed("signature", name=key.name)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature as error:
        raise Failed("signature", name=key.name) from error
    return at


# --- the RFC 6962 tree ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tree:
    """A growing tree that remembers its root at every size, 32 bytes each, to compare with what senders saw."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)
    roots: bytearray = field(default_factory=lambda: bytearray(sha256(b"").digest()))

    def append(self, leaf: bytes) -> None:
        """Add a leaf's bytes."""
        node, rest = sha256(b"\x00" + leaf).digest(), self.size
        while rest & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            rest >>= 1
        self.peaks.append(node)
        self.size += 1
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01" + peak + root).digest()
        self.roots += root

    def root(self, size: int) -> bytes:
        """Root when the tree had `size` leaves."""
        return bytes(self.roots[32 * size : 32 * size + 32])


def root_from_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Root that an inclusion proof leads to (RFC 9162 §2.1.3.2), None if its length is wrong."""
    node, last = sha256(b"\x00" + leaf).digest(), size - 1
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = sha256(b"\x01" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


# --- a room log -----------------------------------------------------------------------------------------------------

LEAF_KEYS = {"h", "ht", "n", "rg", "sl"}
HEADER_TEXTS = {"bc": 43, "id": 64, "or": 63, "sn": 128, "ty": 64}  # longest allowed
CREATE = "room.create"
HEADER_COUNTS = {"bl", "os", "rv", "ts"}
HEADER_KEYS = {*HEADER_TEXTS, *HEADER_COUNTS, "v"}


@dataclass(slots=True)
class RoomCheck:
    """What has been verified so far of one room log, entry by entry."""

    room: str
    first_epoch: bool
    tree: Tree = field(default_factory=Tree)
    hub: str = ""
    hub_time: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    trusted_size: int = 0
    bodies: int = 0
    sealed: int = 0
    erased: list[list[int]] = field(default_factory=list)

    def entry(self, line: dict[str, Any]) -> None:
        """Check the next entry and add it to the tree; raises `Failed` naming it."""
        n = self.tree.size
        leaf_text, salt, body = line["l"], line["s"], line["b"]
        if not isinstance(leaf_text, str) or not all(item is None or isinstance(item, str) for item in (salt, body)):
            raise Failed("bad_line", n)
        leaf = parse_canonical(leaf_text, "leaf", n)
        header = self._leaf(leaf, n)
        self._belongs(header, leaf["h"], n)
        self._order(header, leaf, n)
        self._body(header, salt, body, n)
        self.tree.append(leaf_text.encode())

    def _leaf(self, leaf: Any, n: int) -> dict[str, Any]:
        if not isinstance(leaf, dict) or set(leaf) != LEAF_KEYS or not isinstance(leaf["h"], str):
            raise Failed("bad_leaf", n)
        if not all(_is_count(leaf[key]) for key in ("ht", "n", "rg")) or not _is_seal(leaf["sl"]):
            raise Failed("bad_leaf", n)
        if leaf["n"] != n:
            raise Failed("position", n, found=leaf["n"])
        if len(leaf["h"].encode()) > MAX_HEADER:
            raise Failed("bad_header", n, what="size")
        header = parse_canonical(leaf["h"], "header", n)
        check_header(header, n)
        return dict(header)

    def _belongs(self, header: dict[str, Any], text: str, n: int) -> None:
        if n == 0:
            if header["ty"] != CREATE or room_id(text.encode()) != self.room:
                raise Failed("room_id", n)
            self.hub = header["or"]
        elif header.get("room") != self.room:
            raise Failed("other_room", n)
        if not header["sn"].endswith("@" + header["or"]):
            raise Failed("sender", n, sender=header["sn"], origin=header["or"])

    def _order(self, header: dict[str, Any], leaf: dict[str, Any], n: int) -> None:
        origin = header["or"]
        if leaf["ht"] < self.hub_time:
            raise Failed("time_back", n)
        self.hub_time = leaf["ht"]
        expected = self.counters.get(origin, 0)
        if header["os"] != expected:
            raise Failed("counter", n, origin=origin, found=header["os"], expected=expected)
        self.counters[origin] = expected + 1
        # After a hub transfer the log alone does not say which agency was hub at this entry.
        if leaf["sl"] is None and self.first_epoch and origin != self.hub:
            raise Failed("no_seal", n, origin=origin)
        self.sealed += leaf["sl"] is not None
        if "seen" in header:
            size, root = header["seen"]
            if size > n or _decode64(root) != self.tree.root(size):
                raise Failed("seen", n, size=size, first=min(self.trusted_size, n))
            self.trusted_size = max(self.trusted_size, size)

    def _body(self, header: dict[str, Any], salt: str | None, body: str | None, n: int) -> None:
        if (salt is None) != (body is None):
            raise Failed("half_body", n)
        if salt is None or body is None:
            if header["bl"] or header["bc"] != NO_BODY:
                self._erased(n)
            return
        salt_bytes, data = _decode64(salt, url=True), body.encode()
        if salt_bytes is None or len(salt_bytes) != 16 or len(data) != header["bl"]:
            raise Failed("body", n)
        if urlsafe_b64encode(sha256(salt_bytes + data).digest()).rstrip(b"=").decode() != header["bc"]:
            raise Failed("body", n)
        self.bodies += 1

    def _erased(self, n: int) -> None:
        if self.erased and self.erased[-1][1] == n - 1:
            self.erased[-1][1] = n
        else:
            self.erased.append([n, n])


def check_header(header: Any, n: int) -> None:
    """Exactly the header fields of `federation.md` §5.1, each of its type and size; raises `Failed`."""
    if not isinstance(header, dict):
        raise Failed("bad_header", n, what="{}")
    for key in sorted(HEADER_KEYS.symmetric_difference(header) - {"room", "seen", "st"}):
        raise Failed("bad_header", n, what=key)
    right = {key: isinstance(header[key], str) and 0 < len(header[key]) <= most for key, most in HEADER_TEXTS.items()}
    right |= {key: _is_count(header[key]) for key in HEADER_COUNTS}
    right["v"] = _is_one(header["v"])
    right["rv"] = right["rv"] and header["rv"] > 0
    right["bc"] = right["bc"] and len(header["bc"]) == 43
    # The create header names no room, since the room id is its hash.
    right["room"] = ("room" in header) == (header["ty"] != CREATE) and isinstance(header.get("room", ""), str)
    right["bl"] = right["bl"] and header["bl"] <= MAX_BODY
    right["st"] = isinstance(header.get("st", {}), dict)
    seen = header.get("seen", [0, ""])
    right["seen"] = isinstance(seen, list) and len(seen) == 2 and _is_count(seen[0]) and isinstance(seen[1], str)
    for key in sorted(key for key, good in right.items() if not good):
        raise Failed("bad_header", n, what=key)


def _is_seal(seal: object) -> bool:
    if seal is None:
        return True
    if not isinstance(seal, dict) or set(seal) != {"i", "k", "n", "p", "s"} or not isinstance(seal["p"], list):
        return False
    texts = all(isinstance(text, str) for text in (seal["k"], seal["s"], *seal["p"]))
    return texts and _is_count(seal["i"]) and _is_count(seal["n"]) and seal["i"] < seal["n"]


def room_id(create_header: bytes) -> str:
    """Id of the room that this create header makes."""
    return "r_" + b32encode(sha256(create_header).digest())[:26].decode().lower()


def check_room(file: BinaryIO, trust: Trust | None) -> list[tuple[str, dict[str, object]]]:
    """Verify an exported room log; gives the report. Raises `Failed`."""
    lines = _lines(file)
    head = next(lines, None)
    if not isinstance(head, dict) or set(head) != {"origin", "room", "t", "v", "vkey"}:
        raise Failed("bad_head")
    texts = all(isinstance(head[key], str) for key in ("origin", "room", "vkey"))
    if not texts or head["t"] != "gchat-room-export" or not _is_one(head["v"]):
        raise Failed("bad_head")
    epoch = re.fullmatch(rf".*/room/{re.escape(head['room'])}/e([1-9][0-9]*)", head["origin"], re.ASCII)
    if epoch is None:
        raise Failed("bad_head")
    own = Key.parse(head["vkey"])
    if own is None or own.kind != ED25519:
        raise Failed("key")
    trust = trust or Trust([own], from_file=True)
    check = RoomCheck(head["room"], first_epoch=epoch[1] == "1")
    checkpoint = _check_entries(lines, check, head["origin"], trust)
    report: list[tuple[str, dict[str, object]]] = [("pass_room", {"room": check.room, "last": check.tree.size - 1})]
    report += _checkpoint_report(checkpoint)
    report.append(("bodies", {"count": check.bodies}))
    if check.erased:
        spans = [f"{a}" if a == b else f"{a}–{b}" for a, b in check.erased[:50]] + ["…"] * (len(check.erased) > 50)
        report.append(("erased", {"count": sum(b - a + 1 for a, b in check.erased), "list": ", ".join(spans)}))
    if check.sealed:
        report.append(("sealed", {"count": check.sealed}))
    return report + [("own_key", {})] * trust.from_file


def _check_entries(lines: Iterator[Any], check: RoomCheck, origin: str, trust: Trust) -> Checkpoint:
    tree = check.tree
    for line in lines:
        if isinstance(line, dict) and set(line) == {"b", "l", "s"}:
            check.entry(line)
            continue
        if not isinstance(line, dict) or set(line) != {"cp", "t"} or line["t"] != "checkpoint":
            raise Failed("bad_line", tree.size)
        if not isinstance(line["cp"], str):
            raise Failed("bad_line", tree.size)
        checkpoint = check_checkpoint(line["cp"], trust)
        if checkpoint.origin != origin:
            raise Failed("origin", origin=checkpoint.origin)
        if checkpoint.size != tree.size or not tree.size:
            raise Failed("size_differs", min(checkpoint.size, tree.size), size=checkpoint.size, count=tree.size)
        if checkpoint.root != tree.root(tree.size):
            raise Failed("root_differs", first=min(check.trusted_size, tree.size - 1), last=tree.size - 1)
        for _ in lines:
            raise Failed("tail")
        return checkpoint
    raise Failed("cut", tree.size)


def _lines(file: BinaryIO) -> Iterator[Any]:
    """Values of canonical lines, one in memory at a time; the first is the head, the next entry 0."""
    number = -1
    while line := file.readline(MAX_LINE + 1):
        n = number if number >= 0 else None
        if len(line) > MAX_LINE or not line.endswith(b"\n"):
            raise Failed("cut" if len(line) <= MAX_LINE else "bad_line", n)
        try:
            text = line[:-1].decode()
        except UnicodeDecodeError as error:
            raise Failed("not_canonical", n, what="line") from error
        yield parse_canonical(text, "line", n)
        number += 1


# --- proofs ---------------------------------------------------------------------------------------------------------


def check_proof(text: str, record: bytes | None, trust: Trust) -> list[tuple[str, dict[str, object]]]:
    """Verify a C2SP tlog-proof. What is proved is `extra` (a salt, or the entry itself) followed by the record."""
    first, _, rest = text.partition("\n")
    top, blank, note = rest.partition("\n\n")
    lines = top.split("\n")
    extra = _decode64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else b""
    index_line = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[0], re.ASCII) if lines else None
    path = [node for line in lines[1:] if (node := _decode64(line)) is not None and len(node) == 32]
    if first != "c2sp.org/tlog-proof@v1" or not blank or index_line is None or extra is None:
        raise Failed("proof")
    if len(path) != len(lines) - 1 or (record is not None and len(extra) not in (0, 16)):
        raise Failed("proof")
    if record is None and not extra:
        raise Usage("no_record")
    checkpoint, index, leaf = check_checkpoint(note, trust), int(index_line[1]), extra + (record or b"")
    if index >= checkpoint.size or root_from_path(leaf, index, checkpoint.size, path) != checkpoint.root:
        raise Failed("not_included", index)
    if room := re.fullmatch(r".*/room/(r_[a-z2-7]{26})/e[1-9][0-9]*", checkpoint.origin, re.ASCII):
        _check_room_leaf(leaf, index, room[1])
    return [("pass_proof", {"index": index, "size": checkpoint.size}), *_checkpoint_report(checkpoint)]


def _check_room_leaf(leaf: bytes, index: int, room: str) -> None:
    """A proved leaf of a room log must say what its place says."""
    try:
        text = leaf.decode()
    except UnicodeDecodeError as error:
        raise Failed("not_canonical", index, what="leaf") from error
    value = parse_canonical(text, "leaf", index)
    if not isinstance(value, dict) or set(value) != LEAF_KEYS or not isinstance(value["h"], str):
        raise Failed("bad_leaf", index)
    if value["n"] != index:
        raise Failed("position", index, found=value["n"])
    header = parse_canonical(value["h"], "header", index)
    check_header(header, index)
    if (room_id(value["h"].encode()) if index == 0 else header.get("room")) != room:
        raise Failed("other_room", index)


# --- the command ----------------------------------------------------------------------------------------------------


def _checkpoint_report(checkpoint: Checkpoint) -> list[tuple[str, dict[str, object]]]:
    report: list[tuple[str, dict[str, object]]] = [
        ("log", {"origin": checkpoint.origin, "size": checkpoint.size}),
        ("root", {"root": b64encode(checkpoint.root).decode()}),
    ]
    report += [("signed", {"name": name}) for name in checkpoint.signed]
    for name, at in checkpoint.cosigned:
        report.append(("cosigned", {"name": name, "at": datetime.fromtimestamp(at, UTC).isoformat()}))
    return report


def _say(code: str, values: dict[str, object]) -> tuple[str, str]:
    """Thai and English text, with anything from the file made safe for a terminal."""
    safe = {
        key: "".join(char if char.isprintable() else "\ufffd" for char in str(value)) for key, value in values.items()
    }
    thai, english = TEXTS[code]
    return thai.format(**safe), english.format(**safe)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gchat-verify",
        description="ตรวจหลักฐานของ G-Chat แบบออฟไลน์ / Check G-Chat evidence offline",
        epilog="ผลลัพธ์ / exit: 0 ผ่าน good, 1 ไม่ผ่าน failed, 2 คำสั่งไม่ถูกต้อง usage",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "room": "บันทึกของห้อง (JSON Lines) / an exported room log",
        "checkpoint": "จุดตรวจสอบที่ลงนาม / a signed checkpoint",
        "proof": "หลักฐานว่ารายการอยู่ในบันทึก (c2sp.org/tlog-proof@v1) / a proof of inclusion",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", type=Path, metavar="FILE")
        keys = command.add_mutually_exclusive_group(required=name != "room")
        keys.add_argument("--vkey", help="กุญแจของบันทึกจากแหล่งที่เชื่อถือ / the log's key from a trusted source")
        keys.add_argument("--policy", type=Path, metavar="FILE", help="นโยบาย (c2sp.org/tlog-policy) / a policy file")
        if name == "proof":
            command.add_argument("--record", type=Path, metavar="FILE", help="ข้อมูลที่พิสูจน์ / the bytes that are proved")
    return parser


def _trust(arguments: argparse.Namespace) -> Trust | None:
    if arguments.policy is not None:
        return parse_policy(arguments.policy.read_bytes().decode(errors="replace"))
    if arguments.vkey is None:
        return None
    key = Key.parse(arguments.vkey)
    if key is None or key.kind != ED25519:
        raise Usage("key")
    return Trust([key])


def _run(arguments: argparse.Namespace) -> list[tuple[str, dict[str, object]]]:
    trust = _trust(arguments)
    if arguments.command == "room":
        with arguments.file.open("rb") as file:
            return check_room(file, trust)
    if trust is None:
        raise Usage("key")
    try:
        text = arguments.file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Failed("note" if arguments.command == "checkpoint" else "proof") from error
    if arguments.command == "checkpoint":
        return [("pass_checkpoint", {}), *_checkpoint_report(check_checkpoint(text, trust))]
    return check_proof(text, arguments.record.read_bytes() if arguments.record else None, trust)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code of the module docstring."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    arguments = _arguments().parse_args(argv)
    try:
        report = _run(arguments)
    except Failed as failure:
        verdict = TEXTS["failed" if failure.n is None else "failed_entry"]
        reasons = _say(failure.code, {"n": failure.n, **failure.values})
        for text, reason in zip(verdict, reasons, strict=True):
            print(text.format(reason=reason, n=failure.n))
        return 1
    except Usage as usage:
        print(*_say(usage.code, usage.values), sep="\n", file=sys.stderr)
        return 2
    except OSError as error:
        print(*_say("unreadable", {"path": error.filename}), sep="\n", file=sys.stderr)
        return 2
    for code, values in report:
        print(*_say(code, values), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
