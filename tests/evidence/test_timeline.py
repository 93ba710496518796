"""The report of a room and the timeline of `--show`: what a reader compares, safe for a terminal."""

from __future__ import annotations

import random
import time
import unicodedata
from typing import TYPE_CHECKING

import pytest

from appliance.evidence.offline.bodies import Causes, Spans, sort_absent
from appliance.evidence.offline.conduct import Shred
from appliance.evidence.offline.texts import iso_time, thai_time, visible
from tests.evidence.room_builder import START, created, eventful, meeting

if TYPE_CHECKING:
    from tests.evidence.court import Court
    from tests.evidence.room_builder import ExportedRoom


def test_the_report_says_when(court: Court, exported: ExportedRoom) -> None:
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0
    assert "First entry 2025-11-22T15:26:40.005+07:00, last entry 2025-11-22T15:26:52.005+07:00\n" in court.said
    assert "รายการแรกเมื่อ 22 พฤศจิกายน 2568 เวลา 15:26:40.005 น. รายการสุดท้ายเมื่อ 22 พฤศจิกายน 2568" in court.said
    assert "Time of export: not in the file" in court.said
    assert "Not proved: who really used an account" in court.said


def test_extension_lines_and_the_time_of_export_are_shown(court: Court) -> None:
    exported = meeting(created()).export(extensions=(f"exported {START + 60_000}", "another \u202eline"))
    assert court.run("room", exported.data, "--vkey", exported.vkey) == 0
    assert "Exported, as the agency signed: 2025-11-22T15:27:40.000+07:00\n" in court.said
    assert "หน่วยงานลงนามว่าส่งออกเมื่อ: 22 พฤศจิกายน 2568 เวลา 15:27:40.000 น.\n" in court.said
    assert "Extension line of the checkpoint: another ⟨U+202E⟩line\n" in court.said
    assert "Time of export" not in court.said


def test_the_timeline_shows_what_was_said_and_what_became_of_it(court: Court) -> None:
    exported = eventful().export().without_bodies(4)
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0
    shown = {int(part.split("]")[0]): part for part in court.said.split("\n[")[1:] if part[0].isdigit()}
    assert list(shown) == list(range(14))
    assert shown[2].startswith("2] 22 พฤศจิกายน 2568 เวลา 15:26:42.005 น. (2025-11-22T15:26:42.005+07:00)\n")
    assert "มาลี ใจดี (นักวิชาการ, กองกลาง) · p_01j00000000000000000000001@moc" in shown[2]
    assert "    │ พรุ่งนี้ประชุม 9 โมง\n" in shown[2]
    assert "edited, newest words in entry 3]" in shown[2]
    assert "new words for entry 2" in shown[3]
    assert "erased by entry 10]" in shown[4]
    assert "in reply to entry 2" in shown[4]
    assert "emoji: 👍" in shown[5]
    assert "retracted by entry 7]" in shown[6]
    assert "reason: ผิดห้อง" in shown[7]
    assert "taken back" in shown[8]
    assert "ระบบ / system · system@moc" in shown[9]
    assert "- นรินทร์ ตั้งใจ (นักวิชาการ, กองกลาง) · p_01j00000000000000000000002@moc" in shown[9]
    assert "bodies of entries 0–4 destroyed, rule retention-1y" in shown[10].replace("\n    ", "")


def test_an_absent_body_without_a_reason_says_so(court: Court) -> None:
    exported = eventful().export().without_bodies(6)
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0
    assert "erased or withheld, the log cannot tell]" in court.said


def test_no_message_can_look_like_an_entry_or_move_the_cursor(court: Court) -> None:
    room = created()
    room.append("moc", "message.text", text="บรรทัดแรก\n[9] 1 มกราคม 2569\x1b[2J\r\u202eกลับ\u200b\u2028\u0085x")
    exported = room.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0
    assert (
        "    │ บรรทัดแรก\n    │ [9] 1 มกราคม 2569⟨U+001B⟩[2J⟨U+000D⟩⟨U+202E⟩กลับ⟨U+200B⟩⟨U+2028⟩⟨U+0085⟩x\n" in court.said
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ไทย 😀 a\u0301", "ไทย 😀 a\u0301"),
        ("\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩"),
        ("\ue000\U0010ffff", "⟨U+E000⟩⟨U+10FFFF⟩"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_times_are_written_in_thai_and_iso() -> None:
    assert thai_time(1_767_200_399_999) == "31 ธันวาคม 2568 เวลา 23:59:59.999 น."
    assert thai_time(1_767_200_400_000) == "1 มกราคม 2569 เวลา 00:00:00.000 น."
    assert iso_time(1_767_200_400_000) == "2026-01-01T00:00:00.000+07:00"


def test_further_fields_of_any_kind_are_left_alone(court: Court) -> None:
    room = created()
    room.append("moc", "message.text", text="x", st={"members": 5, "card": "x", "to": 7, "target": [], "owner": None})
    exported = room.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0


def test_nothing_is_shown_of_a_false_file(court: Court) -> None:
    exported = eventful().export()
    forged = exported.data.replace("ส่งผิดห้อง".encode(), "ส่งถูกห้อง".encode())
    assert court.run("room", forged, "--vkey", exported.vkey, "--show") == 1
    assert "│" not in court.said


def test_no_message_looks_like_another_entry_where_a_terminal_wraps(court: Court) -> None:
    room = created()
    forged = "[99] 30 พฤศจิกายน 2569 เวลา 09:00:00.000 น."
    room.append("moc", "message.text", text="ok" + " " * 72 + forged + " " + "ที่นี่" * 40 + "漢" * 50)
    room.append("moc", "room.rename", st={"name": "x" + " " * 72 + forged})
    room.append("moc", "message.text", text="\u3164\u2800\u115fว่าง")
    exported = room.export()
    assert court.run("room", exported.data, "--vkey", exported.vkey, "--show") == 0
    shown = court.said[court.said.index("\n[0] ") :].split("\n")
    assert all(line.startswith(("    ", "[")) or not line for line in shown)
    assert not any(line.startswith("[99]") for line in shown)
    for line in shown:
        wide = sum(1 for char in line if unicodedata.east_asian_width(char) in "WF")
        marks = sum(1 for char in line if unicodedata.category(char) == "Mn")
        assert len(line) - marks + wide <= 80, line
    text = "".join(line.removeprefix("    │ ") for line in shown if line.startswith("    │ "))
    assert "ok" + " " * 72 + forged in text
    assert "⟨U+3164⟩⟨U+2800⟩⟨U+115F⟩ว่าง" in text


def test_causes_are_those_of_a_search_through_all_and_cost_no_more_with_many() -> None:
    chance = random.Random(7)  # noqa: S311 - the same layout at every run
    shreds = []
    for n in range(300):
        first = chance.randrange(1000)
        shreds.append(Shred(1000 + n, first, first + chance.randrange(40), "x", 0))
    causes = Causes(shreds)
    for n in range(1100):
        assert causes.of(n) == next((shred for shred in shreds if shred.first <= n <= shred.last), None)


def _cpu_of_sorting(count: int) -> float:
    absent = Spans()
    for n in range(count):
        absent.add(n)
    shreds = [Shred(count + n, n, n, "x", 0) for n in range(count)]
    begun = time.thread_time()
    erased, unexplained = sort_absent(absent, shreds)
    assert len(erased) == count
    assert not unexplained.count
    return time.thread_time() - begun


def test_sorting_absent_bodies_costs_one_pass() -> None:
    """A twentieth of a second; a search through all entries for each body takes some twenty seconds."""
    assert _cpu_of_sorting(30_000) < 3
