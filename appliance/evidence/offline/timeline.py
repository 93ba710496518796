"""The conversation that was proved, in the log's order, for a person to read: when, who, what, and what became of it.

Every line of a message begins with a bar, also where a terminal of 80 columns would wrap it, and characters that could
move or hide text are shown by their number, so no message can look like another entry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from appliance.evidence.offline.bodies import Causes, is_formed
from appliance.evidence.offline.state import KINDS, check_state
from appliance.evidence.offline.texts import folded, iso_time, thai_time
from appliance.model import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.evidence.offline.entries import ParsedEntry
    from appliance.evidence.offline.export_file import EntryLine
    from appliance.evidence.offline.room import RoomCheck

_LABELS = {
    "name": "ชื่อ / name",
    "old": "ชื่อเดิม / old name",
    "why": "เหตุ / why",
    "reason": "เหตุผล / reason",
    "emoji": "อีโมจิ / emoji",
}


class Timeline:
    """Gives the lines of each entry; `done` is the finished check of the same file, which knows what became of each."""

    def __init__(self, done: RoomCheck) -> None:
        self._done = done
        self._names: dict[str, str] = {}
        self._causes = Causes(done.conduct.shreds)

    def lines(self, entry: ParsedEntry, line: EntryLine) -> Iterator[str]:
        """Give the lines of one entry, safe for a terminal."""
        fields = check_state(entry)
        self._learn(fields)
        yield ""
        yield f"[{entry.n}] {thai_time(entry.hub_time)} ({iso_time(entry.hub_time)})"
        yield from (f"    {text}" for text in folded(self._person(entry.header["sn"])))
        if abs(entry.hub_time - entry.header["ts"]) >= 1000:
            written = entry.header["ts"]
            yield f"    เขียนเมื่อ {thai_time(written)} / written at {iso_time(written)}"
        yield from (f"    {text}" for text in folded(KINDS[entry.kind].format(**fields)))
        yield from (f"    {text}" for fact in self._facts(fields) for text in folded(fact))
        yield from (f"    {mark}" for mark in self._marks(entry, line))
        if line.body is not None:
            if not is_formed(entry, line.body):
                yield "    [เนื้อหาไม่ใช่รูปแบบของข้อความ / the body does not have the form of a message]"
            yield from (f"    │ {text}" for part in words(line.body).split("\n") for text in folded(part))
            if is_formed(entry, line.body):
                yield from (f"    │ {text}" for fact in files(line.body) for text in folded(fact))

    def _learn(self, fields: dict[str, Any]) -> None:
        """Keep the name of everybody whom this entry introduces."""
        cards = [card for card in fields.get("members", []) if isinstance(card, dict)]
        for card in [*cards, *([fields["card"]] if "card" in fields else [])]:
            about = ", ".join(filter(None, (card["post"], card["unit"])))
            name = f"{card['name']} ({about})" if about else card["name"]
            self._names[card["p"]] = name

    def _person(self, person: str) -> str:
        if person.partition("@")[0] == SYSTEM:
            return f"ระบบ / system · {person}"
        return f"{self._names.get(person, 'ไม่มีชื่อในบันทึก / not named in the log')} · {person}"

    def _facts(self, fields: dict[str, Any]) -> Iterator[str]:
        for member in fields.get("members", []):
            yield f"- {self._person(member if isinstance(member, str) else member['p'])}"
        for key in ("owner", "to"):
            if isinstance(fields.get(key), str):
                yield f"→ {self._person(fields[key])}"
        for key, label in _LABELS.items():
            if fields.get(key):
                yield f"{label}: {fields[key]}"
        if fields.get("by"):
            yield "โดยคำสั่งของ / by: " + ", ".join(fields["by"])
        if fields.get("on") is False:
            yield "ยกเลิก / taken back"
        if "reply_to" in fields:
            yield f"ตอบรายการที่ {fields['reply_to']} / in reply to entry {fields['reply_to']}"

    def _marks(self, entry: ParsedEntry, line: EntryLine) -> Iterator[str]:
        conduct, n = self._done.conduct, entry.n
        if (edit := conduct.edited.get(n)) is not None:
            yield f"[แก้ไขแล้ว ถ้อยคำล่าสุดอยู่ในรายการที่ {edit} / edited, newest words in entry {edit}]"
        if (retraction := conduct.retracted.get(n)) is not None:
            yield f"[เรียกคืนแล้วโดยรายการที่ {retraction} / retracted by entry {retraction}]"
        if line.body is None and entry.header["bl"]:
            cause = self._causes.of(n)
            if cause is None:
                yield "[ไม่มีเนื้อหา: ถูกลบหรือถูกกันไว้ บันทึกบอกไม่ได้ / absent: erased or withheld, the log cannot tell]"
            else:
                yield f"[เนื้อหาถูกลบตามรายการที่ {cause.n} / erased by entry {cause.n}]"


def words(body: str) -> str:
    """Return the words of a message's body; the body itself where it has another form."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body
    text = value.get("text") if isinstance(value, dict) else None
    return text if isinstance(text, str) else body


def files(body: str) -> Iterator[str]:
    """Give a line for each file of a well-formed body: its name, type, size in bytes, and the root of its bytes."""
    for file in json.loads(body).get("files", ()):
        label = f", label {file['label']}" if file.get("label") else ""
        yield f"ไฟล์ / file: {file['name']} ({file['type']}, {file['size']} bytes{label}), root {file['root']}"
