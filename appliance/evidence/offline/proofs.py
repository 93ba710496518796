"""Proof of one entry without the rest of its log (C2SP tlog-proof; `docs/evidence.md` §10).

For a room's log the leaf is proved: the record, or `extra` alone, which is the leaf's text or the export's line of that
entry, whose `l` is the leaf's text; `make_proof` writes the line. Any other log proves `extra` followed by the record,
and beside a record `extra` is only the record's 16-byte salt, so no byte can be moved from one to the other.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.evidence.errors import ProofError
from appliance.evidence.offline.bodies import check_body, has_body
from appliance.evidence.offline.entries import read_entry
from appliance.evidence.offline.export_file import EntryLine, entry_line
from appliance.evidence.offline.names import room_origin
from appliance.evidence.offline.outcome import Failed, Usage
from appliance.evidence.offline.state import check_state
from appliance.evidence.offline.trust import SignedHead, Trust, check_checkpoint
from appliance.evidence.offline.values import decode64, encode_canonical, parse_canonical
from appliance.evidence.tree import inclusion_proof, leaf_hash, root_from_inclusion

if TYPE_CHECKING:
    from appliance.evidence.offline.entries import ParsedEntry
    from appliance.evidence.offline.room import RoomCheck
    from appliance.evidence.offline.seals import Seals

FORMAT: Final = "c2sp.org/tlog-proof@v1"
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Given:
    """What stands beside a proof file: the record's bytes, and body and salt (base64url) of its entry."""

    record: bytes | None = None
    body: bytes | None = None
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof proved. `entry` for a room's log; `body` its words if the body was proved too.

    `speaker_proved` is False for an entry whose agency neither signed the log nor sealed it by a key that was given.
    """

    index: int
    signed: SignedHead
    entry: ParsedEntry | None = None
    body: str | None = None
    speaker_proved: bool = True


@dataclass(frozen=True, slots=True)
class _Proof:
    extra: bytes
    index: int
    path: list[bytes]
    note: str


def make_proof(check: RoomCheck, line: EntryLine, n: int) -> str:
    """Return a proof file of entry `n` of a verified room, with the leaf, salt and body of its `line`."""
    leaves = [check.history.leaf(at) for at in range(check.history.size)]
    path = [b64encode(node).decode() for node in inclusion_proof(leaves, n)]
    extra = encode_canonical({"b": line.body, "l": line.leaf, "s": line.salt}).encode()
    return "\n".join([FORMAT, f"extra {b64encode(extra).decode()}", f"index {n}", *path, "", check.note])


def check_proof(text: str, given: Given, trust: Trust, seals: Seals) -> Proved:
    """Verify a proof file. Raises `Failed`, `Usage` when the data it speaks of is missing."""
    proof = _parse(text)
    signed = check_checkpoint(proof.note, trust)
    if room := room_origin(signed.head.origin):
        line = _room_line(proof, given)
        entry = read_entry(line.leaf, proof.index)
        _check_path(line.leaf.encode(), proof, signed)
        if entry.room != room.room:
            raise Failed("other_room", proof.index)
        check_state(entry)
        own = signed.signed_for(entry.origin)
        if not own and entry.seal is None and room.epoch == 1:
            raise Failed("other_agency", keys=signed.names, hub=entry.origin)
        sealed = seals.check(entry)
        return Proved(proof.index, signed, entry, _body(entry, line), speaker_proved=own or sealed)
    _check_path(_record(proof, given), proof, signed)
    return Proved(proof.index, signed)


def _parse(text: str) -> _Proof:
    first, _, rest = text.partition("\n")
    top, blank, note = rest.partition("\n\n")
    lines = top.split("\n")
    carried = lines.pop(0).removeprefix("extra ") if lines[0].startswith("extra ") else None
    extra = b"" if carried is None else decode64(carried)
    index = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[0], re.ASCII) if lines else None
    path = [node for line in lines[1:] if (node := decode64(line)) is not None and len(node) == 32]
    if first != FORMAT or not blank or index is None or extra is None or carried == "" or len(path) != len(lines) - 1:
        raise Failed("proof")
    return _Proof(extra, int(index[1]), path, note)


def _room_line(proof: _Proof, given: Given) -> EntryLine:
    if given.record is not None and proof.extra:
        raise Failed("extra_and_record", proof.index)
    data = proof.extra if given.record is None else given.record
    if not data:
        raise Usage("no_record")
    if data.endswith(b"\n"):
        raise Failed("record_newline", proof.index)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Failed("not_utf8", proof.index) from error
    value = parse_canonical(text, "leaf", proof.index)
    if isinstance(value, dict) and set(value) == {"b", "l", "s"}:
        line = entry_line(value, proof.index)
    else:
        line = EntryLine(text, None, None)
    if given.body is None and given.salt is None:
        return line
    if given.body is None or given.salt is None:
        raise Usage("body_and_salt")
    if line.body is not None:
        raise Usage("body_twice")
    try:
        return EntryLine(line.leaf, given.salt.strip(), given.body.decode())
    except UnicodeDecodeError as error:
        raise Failed("body", proof.index) from error


def _body(entry: ParsedEntry, line: EntryLine) -> str | None:
    if line.salt is None or line.body is None:
        return None
    if line.body.endswith("\n") and len(line.body.encode()) == entry.header["bl"] + 1 and has_body(entry):
        raise Failed("body_newline", entry.n)
    check_body(entry, line.salt, line.body)
    return line.body


def _record(proof: _Proof, given: Given) -> bytes:
    if given.body is not None or given.salt is not None:
        raise Usage("body_no_room")
    if given.record is None and not proof.extra:
        raise Usage("no_record")
    if given.record is not None and len(proof.extra) not in (0, SALT_BYTES):
        raise Failed("extra_and_record", proof.index)
    return proof.extra + (given.record or b"")


def _check_path(leaf: bytes, proof: _Proof, signed: SignedHead) -> None:
    if not _leads(leaf, proof, signed):
        newline = leaf.endswith(b"\n") and _leads(leaf[:-1], proof, signed)
        raise Failed("record_newline" if newline else "not_included", proof.index)


def _leads(leaf: bytes, proof: _Proof, signed: SignedHead) -> bool:
    try:
        root = root_from_inclusion(leaf_hash(leaf), proof.index, signed.head.size, proof.path)
    except ProofError:
        return False
    return root == signed.head.root
