"""What a verifier knows of each type of entry (`docs/evidence.md` §5): the fields of its `st`, and what it is called.

Fields beyond these are allowed: they say more and decide nothing. Types beyond these are not (rules version 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.values import is_count
from appliance.model import RULES_VERSION, ContactMode, EntryType, RoomKind, is_person
from appliance.rules.entry_types import find
from appliance.rules.shapes import WrongShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evidence.offline.entries import ParsedEntry


def check_state(entry: ParsedEntry) -> dict[str, Any]:
    """Check the `st` of an entry against its type; return the fields that its type knows. Raises `Failed`."""
    version = entry.header["rv"]
    shapes = VERSIONS.get(version)
    if shapes is None:
        raise Failed("newer_rules", entry.n, version=version)
    shape, row = shapes.get(entry.kind), find(entry.kind, version)
    if shape is None or row is None:
        raise Failed("unknown_type", entry.n, type=entry.kind)
    fields = {key: value for key, value in entry.header.get("st", {}).items() if key in shape}
    for key, (required, right) in shape.items():
        if (required or key in fields) and not (key in fields and right(fields[key])):
            raise Failed("bad_state", entry.n, type=entry.kind, key=key)
    try:
        row.shape.read(fields)
    except WrongShapeError as error:
        raise Failed("bad_state", entry.n, type=entry.kind, key=error.key) from error
    takes_body = row.body is not None
    if takes_body != bool(entry.header["bl"]):
        raise Failed("no_body_of_type" if takes_body else "body_of_type", entry.n, type=entry.kind)
    if "card" in fields and fields["card"]["p"] != fields.get("owner", fields.get("to")):
        raise Failed("bad_state", entry.n, type=entry.kind, key="card")
    if entry.kind == EntryType.SHRED and not fields["from"] <= fields["to"] < entry.n:
        raise Failed("bad_state", entry.n, type=entry.kind, key="to")
    if entry.kind == EntryType.ROOM_CREATE:
        _check_create(entry, fields["owner"])
    return fields


def _check_create(entry: ParsedEntry, owner: str) -> None:
    if entry.n or entry.seal is not None or owner != entry.header["sn"]:
        raise Failed("bad_create", entry.n)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _kind(value: object) -> bool:
    return isinstance(value, str) and value in set(RoomKind)


def _contact(value: object) -> bool:
    return isinstance(value, str) and value in set(ContactMode)


def _person(value: object) -> bool:
    return isinstance(value, str) and is_person(value)


def _people(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_person, value))


def _card(value: Any) -> bool:
    texts = isinstance(value, dict) and all(_text(value.get(key)) for key in ("p", "name", "unit", "post"))
    right = texts and _person(value["p"]) and ("rank" not in value or is_count(value["rank"]))
    return right and ("signed" not in value or _statement(value["signed"]))


def _statement(value: object) -> bool:
    return isinstance(value, dict) and all(_text(value.get(key)) for key in ("type", "payload", "k", "s"))


def _statements(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_statement, value))


def _order(value: object) -> bool:
    return isinstance(value, dict) and _text(value.get("payload")) and isinstance(value.get("sigs"), list)


def _cards(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_card, value))


_Shape = dict[str, tuple[bool, "Callable[[Any], bool]"]]


def _shape(required: Mapping[str, Callable[[Any], bool]], optional: Mapping[str, Callable[[Any], bool]]) -> _Shape:
    return {key: (True, right) for key, right in required.items()} | {
        key: (False, right) for key, right in optional.items()
    }


SHAPES: Final[dict[str, _Shape]] = {
    "room.create": _shape({"kind": _kind, "owner": _person}, {"name": _text, "owner_post": _text, "card": _card}),
    "room.rename": _shape({"name": _text}, {"old": _text}),
    "room.close": {},
    "member.add": _shape({"members": _cards}, {"rank": is_count, "contact": _contact}),
    "member.remove": _shape({"members": _people}, {"self": _flag}),
    "sys.remove": _shape({"members": _people}, {"why": _text, "by": _people, "revoked": _statements}),
    "sys.close": _shape({}, {"why": _text, "by": _people}),
    "owner.transfer": _shape({"to": _person}, {"post": _text, "accepted": _statement}),
    "owner.reassign": _shape(
        {"to": _person}, {"post": _text, "why": _text, "by": _people, "card": _card, "order": _order}
    ),
    "message.text": _shape({}, {"reply_to": is_count, "everyone": _flag, "files": is_count, "label": is_count}),
    "message.edit": _shape({"target": is_count}, {"everyone": _flag}),
    "message.redact": _shape({"target": is_count}, {"reason": _text}),
    "message.reaction": _shape({"target": is_count, "emoji": _text, "on": _flag}, {}),
    "shred": _shape({"from": is_count, "to": is_count, "rule": _text, "at": is_count}, {}),
}
VERSIONS: Final[dict[int, Mapping[str, _Shape]]] = {RULES_VERSION: SHAPES}
"""The same by the version of the rules that an entry names."""
KINDS: Final = {
    "room.create": "สร้างห้อง / room created",
    "room.rename": "เปลี่ยนชื่อห้อง / room renamed",
    "room.close": "ปิดห้อง / room closed",
    "member.add": "เพิ่มสมาชิก / members added",
    "member.remove": "นำสมาชิกออก / members removed",
    "sys.remove": "ระบบนำสมาชิกออก / members removed by the system",
    "sys.close": "ระบบปิดห้อง / room closed by the system",
    "owner.transfer": "โอนห้อง / room handed over",
    "owner.reassign": "ระบบมอบห้องให้ผู้อื่น / room reassigned by the system",
    "message.text": "ข้อความ / message",
    "message.edit": "แก้ไขข้อความรายการที่ {target} / new words for entry {target}",
    "message.redact": "เรียกคืนข้อความรายการที่ {target} / retracts entry {target}",
    "message.reaction": "แสดงความรู้สึกต่อรายการที่ {target} / reacts to entry {target}",
    "shred": "ลบเนื้อหารายการ {from}–{to} ตามกฎ {rule} / bodies of entries {from}–{to} destroyed, rule {rule}",
}
"""What the timeline calls each type of entry, in Thai and English."""
