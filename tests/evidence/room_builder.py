"""Rooms as a hub would export them, for tests and for the vectors in `vectors/`: the same bytes at every run.

The builder signs whatever it is told, so it also makes the logs of a hub that breaks the rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from appliance.evidence import base64url, commitment, room_id
from appliance.evidence.canonical import CREATE, Header, encode, encode_header
from appliance.evidence.export import ExportEntry, ExportHead, checkpoint_line, entry_line, head_line
from appliance.evidence.leaf import encode_leaf, leaf_hash
from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint
from appliance.evidence.seal import seal_batch
from appliance.evidence.statements import pae
from appliance.evidence.tree import Frontier
from appliance.model import Principal, agency_of, is_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evidence.seal import Seal

START = 1_763_800_000_000
TEXTS = ("ขอเอกสารประกอบการประชุมด้วยครับ", "รับทราบค่ะ 😀", 'อ้างถึง "หนังสือ" ที่ มท 0201/ว 1234', "tab\tand\rcontrol")
OWNER, GUEST = "p_01j00000000000000000000001", "p_01j00000000000000000000003"
THIRD = "p_01j00000000000000000000002"


def _agency(person: str) -> str:
    return agency_of(Principal(person))


def card(person: str, name: str) -> dict[str, str]:
    return {"p": person, "name": name, "unit": "กองกลาง", "post": "นักวิชาการ"}


def qualified(st: dict[str, Any], origin: str) -> dict[str, Any]:
    """`st` with every person of the entry's own agency by the full name, as entries name people."""

    def full(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("p"), str):
            return {**value, "p": full(value["p"])}
        if isinstance(value, list):
            return list(map(full, value))
        return value if not isinstance(value, str) or "@" in value else f"{value}@{origin}"

    return {key: full(value) if key in {"owner", "to", "members", "card", "by"} else value for key, value in st.items()}


def canonical(value: object) -> bytes:
    """Canonical JSON, also of what the encoder of the product refuses."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


LOG = Signer.from_seed("gchat.test/a/moc/log", KeyType.ED25519, bytes(range(32)))
WITNESS = Signer.from_seed("gchat.test/a/moi/wit", KeyType.COSIGNATURE, bytes(range(1, 33)))
GATEWAY = Signer.from_seed("gchat.test/a/moi/gw-2026a", KeyType.ED25519, bytes(range(2, 34)))
OTHER_LOG = Signer.from_seed("gchat.test/a/moi/log", KeyType.ED25519, bytes(range(3, 35)))


ORDERS = {
    name: Signer.from_seed(f"gchat.test/registry/{name}", KeyType.ED25519, bytes(range(at, at + 32)))
    for at, name in enumerate(("order-1", "order-2", "order-3"), 40)
}
DOMAIN_NAMES = dict(zip(Header.__struct_encode_fields__, Header.__struct_fields__, strict=True))


def header_of(wire: dict[str, Any]) -> Header:
    """The header with these fields, by their names on the wire, unchecked."""
    return Header(**{DOMAIN_NAMES[name]: value for name, value in wire.items()})


@dataclass(frozen=True)
class ExportedRoom:
    """An export and everything it was made from."""

    log: Signer
    witness: Signer
    head: ExportHead
    entries: tuple[ExportEntry, ...]
    hashes: tuple[bytes, ...]
    note: str

    @property
    def lines(self) -> list[bytes]:
        return [head_line(self.head), *map(entry_line, self.entries), checkpoint_line(self.note)]

    @property
    def data(self) -> bytes:
        return b"".join(self.lines)

    @property
    def vkey(self) -> str:
        return self.log.verifier.vkey

    def without_bodies(self, *positions: int) -> ExportedRoom:
        entries = [
            ExportEntry(entry.leaf, None, None) if n in positions else entry for n, entry in enumerate(self.entries)
        ]
        return replace(self, entries=tuple(entries))

    def with_note(self, note: str) -> ExportedRoom:
        return replace(self, note=note)


class RoomBuilder:
    """Appends entries as a hub would: state entries without a body, messages, and sealed entries of another agency."""

    def __init__(self, log: Signer = LOG, *, hub: str = "moc") -> None:
        self.log, self.witness, self.gateway, self.hub = log, WITNESS, GATEWAY, hub
        self.frontier = Frontier()
        self.entries: list[ExportEntry] = []
        self.hashes: list[bytes] = []
        self.room = ""
        self.counters: dict[str, int] = {}

    @classmethod
    def of(cls, exported: ExportedRoom) -> RoomBuilder:
        """A builder that holds the entries of an export already."""
        builder = cls(exported.log)
        builder.room = exported.head.room
        for entry in exported.entries:
            builder.put(entry)
        return builder

    def append(
        self,
        origin: str,
        ty: str,
        *,
        sealed: bool | None = None,
        hub_time: int | None = None,
        **parts: Any,
    ) -> int:
        """Append one entry and return its position; `parts` as `make` takes them."""
        n = len(self.entries)
        header, salt, body = self.make(origin, ty, n, **parts)
        self.room = self.room or room_id.room_id(header)
        seal: Seal | None = None
        if origin != self.hub if sealed is None else sealed:
            seal = seal_batch([header], "gw-2026a", self.gateway.key)[0]
        time = START + 1000 * n + 5 if hub_time is None else hub_time
        self.put(ExportEntry(encode_leaf(header, hub_time=time, n=n, registry=412, seal=seal), salt, body))
        return n

    def append_batch(self, origin: str, texts: Sequence[str]) -> None:
        """Append messages of another agency that its gateway sealed together."""
        first = len(self.entries)
        made = [self.make(origin, "message.text", first + at, text=text) for at, text in enumerate(texts)]
        seals = seal_batch([header for header, _, _ in made], "gw-2026a", self.gateway.key)
        for n, ((header, salt, body), seal) in enumerate(zip(made, seals, strict=True), first):
            leaf = encode_leaf(header, hub_time=START + 1000 * n + 5, n=n, registry=412, seal=seal)
            self.put(ExportEntry(leaf, salt, body))

    def make(  # noqa: PLR0913  (each is a part of the entry)
        self,
        origin: str,
        ty: str,
        n: int,
        *,
        text: str | None = None,
        body: bytes | None = None,
        salt: bytes | None = None,
        st: dict[str, Any] | None = None,
        sender: str | None = None,
        alter: dict[str, Any] | None = None,
        **header: Any,
    ) -> tuple[bytes, bytes | None, bytes | None]:
        """Return header, salt and body of entry `n`. `header` replaces fields; so does `alter`, which nobody checks."""
        body = encode({"text": text}) if text is not None else body
        st = None if st is None else self.stated(qualified(st, origin), n)
        if body is not None and salt is None:
            salt = sha256(b"salt %d" % n).digest()[: commitment.SALT_BYTES]
        fields: dict[str, Any] = {
            "bc": commitment.NO_BODY if body is None else base64url.encode(sha256((salt or b"") + body).digest()),
            "bl": 0 if body is None else len(body),
            "id": f"e_01jd8z{n:020d}",
            "or": origin,
            "os": self.counters.get(origin, 0),
            "room": self.room or None,
            "rv": 1,
            "seen": self._seen() if origin != self.hub else None,
            "sn": f"{sender or {'moi': GUEST}.get(origin, OWNER)}@{origin}",
            "st": st,
            "ts": START + 1000 * n,
            "ty": ty,
            "v": 1,
        }
        encoded = encode_header(header_of({**fields, **header}))
        if alter is not None:
            encoded = canonical({**json.loads(encoded), **alter})
        self.counters[origin] = self.counters.get(origin, 0) + 1
        return encoded, salt, body

    def stated(self, st: dict[str, Any], n: int) -> dict[str, Any]:
        """Return `st` with the statements that other agencies sign, but for what it says itself, also None."""
        if isinstance(members := st.get("members"), list):
            st = {**st, "members": [self._with_card(one, n) for one in members]}
        to: Any = st.get("to")
        given = {"accepted", "card", "order"} & set(st)
        if not given and isinstance(to, str) and is_person(to) and _agency(to) != self.hub:
            st = {**st, "accepted": self.accepted(_agency(to), n)}
        return {key: value for key, value in st.items() if value is not None}

    def _with_card(self, member: Any, n: int) -> Any:
        foreign = isinstance(member, dict) and is_person(member.get("p") or "") and _agency(member["p"]) != self.hub
        if not foreign or "signed" in member:
            return member if not foreign else {key: value for key, value in member.items() if value is not None}
        return {**member, "signed": self.card(member, n)}

    def card(self, member: dict[str, Any], n: int, **other: Any) -> dict[str, str]:
        """The card of a person as their gateway signs it; `other` replaces what it says."""
        at = START // 1000 + n
        who = {"ag": _agency(member["p"]), "name_th": member["name"], "pos": member["post"], "unit": member["unit"]}
        said = {**who, "exp": at + 3_600, "iat": at, "st": "active", "u": member["p"]}
        said |= {"level": member["rank"]} if "rank" in member else {}
        return self.signed("gchat-user-card-v1", {**said, **other})

    def accepted(self, agency: str, n: int, **other: Any) -> dict[str, str]:
        """That an agency takes the room over as it is."""
        size, root = self._seen()
        said = {"ag": agency, "at": START + 1000 * n, "room": self.room, "root": root, "size": size}
        return self.signed("gchat-hub-acceptance-v1", {**said, **other})

    def revoked(self, person: str, n: int, **other: Any) -> dict[str, str]:
        """That a person's account has ended."""
        said = {"ag": _agency(person), "at": START + 1000 * n, "seq": 57, "u": person, "why": "left-service"}
        return self.signed("gchat-user-revoked-v1", {**said, **other})

    def signed(self, kind: str, said: dict[str, Any]) -> dict[str, str]:
        """A statement of an agency, in right form or not."""
        payload = canonical(said)
        signature = base64url.encode(self.gateway.key.sign(pae(kind, payload)))
        return {"type": kind, "payload": payload.decode(), "k": "gw-2026a", "s": signature}

    def order(self, to: str, n: int, keys: Sequence[str] = ("order-1", "order-2"), **other: Any) -> dict[str, Any]:
        """An order of the registry that gives the room to a member."""
        size, root = self._seen()
        said = {"at": START + 1000 * n, "hub": _agency(to), "id": "order-2026-1", "owner": to, "reg": 412,
                "room": self.room, "root": root, "size": size}  # fmt: skip
        kind, payload = "gchat-registry-order-v1", canonical({**said, **other})
        sigs = [{"k": name, "s": base64url.encode(ORDERS[name].key.sign(pae(kind, payload)))} for name in keys]
        return {"type": kind, "payload": payload.decode(), "sigs": sigs}

    def put(self, entry: ExportEntry) -> None:
        """Append an entry that is made already."""
        self.entries.append(entry)
        self.hashes.append(leaf_hash(entry.leaf))
        self.frontier = self.frontier.append(leaf_hash(entry.leaf))

    def _seen(self) -> tuple[int, str]:
        text = Checkpoint("-", self.frontier.size, self.frontier.root()).text
        return self.frontier.size, text.split("\n")[2]

    def export(
        self,
        epoch: int = 1,
        *,
        domain: str = "gchat.test",
        extensions: tuple[str, ...] = (),
        log: Signer | None = None,
    ) -> ExportedRoom:
        """Sign and export what there is."""
        log = log or self.log
        origin = room_id.checkpoint_origin(domain, self.room, epoch)
        checkpoint = Checkpoint(origin, self.frontier.size, self.frontier.root(), extensions)
        note = sign_checkpoint(checkpoint, log) + self.witness.cosign(checkpoint.text, START // 1000 + 60)
        head = ExportHead(origin=origin, room=self.room, vkey=log.verifier.vkey)
        return ExportedRoom(log, self.witness, head, tuple(self.entries), tuple(self.hashes), note)


def created(log: Signer = LOG, *, hub: str = "moc") -> RoomBuilder:
    """A room of one entry."""
    room = RoomBuilder(log, hub=hub)
    st = {"kind": "group", "name": "ประชุมเตรียมงาน", "owner": OWNER, "card": card(OWNER, "มาลี ใจดี")}
    room.append(hub, CREATE, st=st, sender=OWNER)
    return room


def meeting(room: RoomBuilder) -> RoomBuilder:
    """Twelve more entries of two agencies: state without bodies, Thai messages, seals and `seen`."""
    room.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "สมชาย รักงาน")]})
    for text in TEXTS:
        room.append("moc", "message.text", text=text)
        room.append("moi", "message.text", text=text[::-1])
    room.append("moc", "message.text", text="ปิดประชุม")
    room.append("moi", "message.text", text="")
    room.append("moc", "room.rename", st={"name": "ประชุมเสร็จแล้ว", "old": "ประชุมเตรียมงาน"})
    return room


def eventful() -> RoomBuilder:
    """A room in which every type of entry occurs, but for those of a room that changes hands."""
    room = created()
    room.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "สมชาย รักงาน"), card(THIRD, "นรินทร์ ตั้งใจ")]})
    first = room.append("moc", "message.text", text="พรุ่งนี้ประชุม 9 โมง")
    room.append("moc", "message.edit", text="พรุ่งนี้ประชุม 10 โมง", st={"target": first})
    reply = room.append("moi", "message.text", text="รับทราบครับ", st={"reply_to": first})
    room.append("moc", "message.reaction", st={"target": reply, "emoji": "👍", "on": True}, sender=THIRD)
    wrong = room.append("moc", "message.text", text="ส่งผิดห้อง", sender=THIRD)
    room.append("moc", "message.redact", st={"target": wrong, "reason": "ผิดห้อง"}, sender=THIRD)
    room.append("moc", "message.reaction", st={"target": reply, "emoji": "👍", "on": False}, sender=THIRD)
    room.append("moc", "sys.remove", st={"members": [THIRD], "why": "left-service"}, sender="system")
    destroyed = {"from": 0, "to": reply, "rule": "retention-1y", "at": START + 9_000}
    room.append("moc", "shred", st=destroyed, sender="system")
    room.append("moc", "member.remove", st={"members": [f"{GUEST}@moi"]})
    room.append("moc", "room.rename", st={"name": "ประชุมประจำสัปดาห์", "old": "ประชุมเตรียมงาน"})
    room.append("moc", "room.close")
    return room


def handed_over() -> RoomBuilder:
    """A room whose owner hands it to the other agency, which goes on as its hub."""
    room = meeting(created())
    room.append("moc", "owner.transfer", st={"to": f"{GUEST}@moi"})
    room.hub = "moi"
    room.append("moi", "message.text", text="รับช่วงต่อแล้ว")
    return room
