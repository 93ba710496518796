"""A cross-agency room of two ministries, as one exported log, for the tests of exports and of the verifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from appliance.evidence import commitment, room_id
from appliance.evidence.canonical import CREATE, Header, encode, encode_header
from appliance.evidence.export import ExportEntry, ExportHead, write_export
from appliance.evidence.leaf import encode_leaf, leaf_hash
from appliance.evidence.note import Checkpoint, KeyType, Signer, sign_checkpoint
from appliance.evidence.seal import seal_batch
from appliance.evidence.tree import Frontier

if TYPE_CHECKING:
    from appliance.evidence.seal import Seal

START = 1_763_800_000_000
TEXTS = ("ขอเอกสารประกอบการประชุมด้วยครับ", "รับทราบค่ะ 😀", 'อ้างถึง "หนังสือ" ที่ มท 0201/ว 1234', "tab\tand\u0001control")


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
        return list(write_export(self.head, self.entries, self.note))

    @property
    def data(self) -> bytes:
        return b"".join(self.lines)

    def erased(self, *positions: int) -> ExportedRoom:
        entries = [replace_body(entry) if n in positions else entry for n, entry in enumerate(self.entries)]
        return replace(self, entries=tuple(entries))


def replace_body(entry: ExportEntry) -> ExportEntry:
    return ExportEntry(entry.leaf, None, None)


class RoomBuilder:
    """Appends entries as a hub would: state entries without a body, messages, and sealed entries of another agency."""

    def __init__(self) -> None:
        self.log = Signer.from_seed("gchat.test/a/moc/log", KeyType.ED25519, bytes(range(32)))
        self.witness = Signer.from_seed("gchat.test/a/moi/wit", KeyType.COSIGNATURE, bytes(range(1, 33)))
        self.gateway = Signer.from_seed("moi/gw-2026a", KeyType.ED25519, bytes(range(2, 34)))
        self.frontier = Frontier()
        self.entries: list[ExportEntry] = []
        self.hashes: list[bytes] = []
        self.room = ""
        self.counters = {"moc": 0, "moi": 0}

    def append(self, origin: str, ty: str, *, text: str | None = None, st: dict[str, object] | None = None) -> None:
        n = len(self.entries)
        body = None if text is None else encode({"text": text})
        salt, bc = (None, commitment.NO_BODY) if body is None else commitment.commit(body)
        foreign = origin != "moc"
        header = encode_header(
            Header(
                bc=bc,
                bl=0 if body is None else len(body),
                id=f"01JD8Z{n:020d}",
                or_=origin,
                os=self.counters[origin],
                room=self.room or None,
                rv=1,
                seen=self._seen() if foreign else None,
                sn=f"u_01J0000000000000000000000{len(origin)}@{origin}",
                st=st,
                ts=START + 1000 * n,
                ty=ty,
                v=1,
            )
        )
        self.counters[origin] += 1
        self.room = self.room or room_id.room_id(header)
        seal: Seal | None = seal_batch([header], "gw-2026a", self.gateway.key)[0] if foreign else None
        leaf = encode_leaf(header, hub_time=START + 1000 * n + 5, n=n, registry=412, seal=seal)
        self.entries.append(ExportEntry(leaf, salt, body))
        self.hashes.append(leaf_hash(leaf))
        self.frontier = self.frontier.append(leaf_hash(leaf))

    def _seen(self) -> tuple[int, str]:
        text = Checkpoint("-", self.frontier.size, self.frontier.root()).text
        return self.frontier.size, text.split("\n")[2]

    def export(self, epoch: int = 1) -> ExportedRoom:
        origin = room_id.checkpoint_origin("gchat.test", self.room, epoch)
        checkpoint = Checkpoint(origin, self.frontier.size, self.frontier.root())
        note = sign_checkpoint(checkpoint, self.log) + self.witness.cosign(checkpoint.text, START // 1000 + 60)
        head = ExportHead(origin=origin, room=self.room, vkey=self.log.verifier.vkey)
        return ExportedRoom(self.log, self.witness, head, tuple(self.entries), tuple(self.hashes), note)


@pytest.fixture
def builder() -> RoomBuilder:
    """A room of one create entry, to be extended."""
    room = RoomBuilder()
    room.append("moc", CREATE, st={"kind": "group", "name": "ประชุมเตรียมงาน"})
    return room


@pytest.fixture
def exported(builder: RoomBuilder) -> ExportedRoom:
    """Thirteen entries of two agencies: state without bodies, Thai messages, seals and `seen`."""
    builder.append("moc", "member.add", st={"person": "u_01J00000000000000000000003@moi"})
    for text in TEXTS:
        builder.append("moc", "message.text", text=text)
        builder.append("moi", "message.text", text=text[::-1])
    builder.append("moc", "message.text", text="ปิดประชุม")
    builder.append("moi", "message.text", text="")
    builder.append("moc", "room.rename", st={"name": "ประชุมเสร็จแล้ว"})
    return builder.export()
