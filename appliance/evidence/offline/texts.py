"""What `gchat-verify` says, in Thai and in English, and how text from a file is made safe for a terminal."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_COLUMNS: Final = 72
# Letters, marks and symbols by their category that are drawn as nothing: fillers, joiners, the empty Braille pattern.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_THAI_ZONE: Final = timezone(timedelta(hours=7))
_MONTHS: Final = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip

TEXTS: Final = {
    "pass_room": (
        "ผ่าน: ห้อง {room} รายการ 0–{last} ตรงกับจุดตรวจสอบที่ลงนาม",
        "PASS: room {room}, entries 0–{last} match the signed checkpoint",
    ),
    "pass_checkpoint": (
        "ผ่าน: จุดตรวจสอบลงนามถูกต้องโดย {keys}",
        "PASS: the checkpoint is rightly signed by {keys}",
    ),
    "hub_not_shown": (
        "จุดตรวจสอบอย่างเดียวพิสูจน์ไม่ได้ว่า {keys} เป็นกุญแจของหน่วยงานเจ้าของห้อง ให้ตรวจกับบันทึกของห้องด้วย extends",
        "A checkpoint alone does not show that {keys} is a key of the room's hub: compare it with the log (extends)",
    ),
    "pass_proof": (
        "ผ่าน: รายการที่ {index} อยู่ในบันทึกที่ลงนาม ({size} รายการ)",
        "PASS: entry {index} is in the signed log of {size} entries",
    ),
    "pass_key_change": (
        "ผ่าน: คำแถลงเปลี่ยนกุญแจลงนามด้วยกุญแจทั้งสอง ผู้ที่เชื่อถือกุญแจเดิมเชื่อถือกุญแจนี้ได้",
        "PASS: both keys signed the change; whoever trusts the former key may trust this one",
    ),
    "new_key": ("กุญแจใหม่: {vkey}", "The new key: {vkey}"),
    "key_change": (
        "คำแถลงเปลี่ยนกุญแจผิดรูปแบบ ไม่ใช่ของกุญแจที่ให้ หรือไม่ได้ลงนามด้วยกุญแจทั้งสอง",
        "the statement of a key change is malformed, not of the key given, or not signed by both keys",
    ),
    "pass_extends": (
        "ผ่าน: บันทึกใหม่ ({new} รายการ) ต่อจากบันทึกเก่า ({old} รายการ) โดยไม่แก้ไขของเดิม",
        "PASS: the newer log of {new} entries continues the older one of {old}, and alters none of it",
    ),
    "speakers_not_proved": (
        "ยังไม่ได้พิสูจน์ผู้ส่ง: บันทึกครบถ้วนและลงนามโดย {keys} แต่รายการหรือคำแถลงของ {agencies} ไม่ได้ตรวจตรา และไม่ได้ลงนามเอง",
        "SPEAKERS NOT PROVED; whole, signed by {keys}: nothing of {agencies} was checked, nor did they sign this log",
    ),
    "speakers_not_proved_claimed": (
        "ยังไม่ได้พิสูจน์ผู้ส่ง: บันทึกครบถ้วนและอ้างว่าลงนามโดย {keys} แต่รายการหรือคำแถลงของ {agencies} ไม่ได้ตรวจตรา และไม่ได้ลงนามเอง",
        "SPEAKERS NOT PROVED; whole, claims to be signed by {keys}: nothing of {agencies} checked, nor did they sign",
    ),
    "speaker_not_proved": (
        "ยังไม่ได้พิสูจน์ผู้ส่ง: {keys} ลงนามบันทึกที่มีรายการที่ {index} แต่ไม่มีตราของ {agency} ที่ตรวจแล้ว",
        "SPEAKER NOT PROVED: {keys} signed a log with this entry {index}, but no seal of {agency} was checked",
    ),
    "unknown_signer": ("ครบถ้วน แต่ไม่รู้ว่าใครลงนาม", "whole, signer unknown"),
    "own_key": (
        "คำเตือน: ใช้กุญแจที่อยู่ในแฟ้มเอง ยังไม่ได้ตรวจกุญแจกับแหล่งภายนอก ผู้ใดก็ทำแฟ้มเช่นนี้ได้",
        "WARNING: key taken from the file itself, not checked against an outside source; anybody can make such a file",
    ),
    "head_key_differs": (
        "ข้อสังเกต: กุญแจในบรรทัดแรกของแฟ้ม ({found}) ไม่ใช่กุญแจที่ใช้ตรวจ ผลนี้ยืนยันด้วยกุญแจที่ท่านให้เท่านั้น",
        "NOTE: the first line of the file names another key ({found}); only the key that you gave was used",
    ),
    "failed": ("ไม่ผ่าน: {reason}", "FAILED: {reason}"),
    "failed_entry": ("ไม่ผ่าน: รายการที่ {n}: {reason}", "FAILED: entry {n}: {reason}"),
    "file": ("แฟ้มที่ตรวจ: {file} ค่า SHA-256 {digest}", "File: {file}, SHA-256 {digest}"),
    "not_a_file": (
        "ต้องเป็นแฟ้มที่อ่านซ้ำได้ ไม่ใช่ท่อข้อมูล (pipe) หรือไดเรกทอรี: {path}",
        "this must be a file that can be read again, no pipe or directory: {path}",
    ),
    "in_file": ("แฟ้มที่ไม่ผ่าน: {file}", "File that failed: {file}"),
    "log": ("บันทึก: {origin} จำนวน {size} รายการ", "Log: {origin}, {size} entries"),
    "root": ("ค่ารากของบันทึก: {root}", "Root of the log: {root}"),
    "extension": ("บรรทัดเพิ่มเติมในจุดตรวจสอบ: {line}", "Extension line of the checkpoint: {line}"),
    "exported": ("หน่วยงานลงนามว่าส่งออกเมื่อ: {at}", "Exported, as the agency signed: {iso}"),
    "exported_claimed": ("แฟ้มอ้างว่าส่งออกเมื่อ: {at}", "The file claims to be exported: {iso}"),
    "not_exported": (
        "เวลาที่ส่งออก: ไม่มีในแฟ้ม ให้ดูเวลาของรายการสุดท้าย",
        "Time of export: not in the file; see the time of the last entry",
    ),
    "times": (
        "รายการแรกเมื่อ {first} รายการสุดท้ายเมื่อ {last}",
        "First entry {first_iso}, last entry {last_iso}",
    ),
    "entry": (
        "รายการที่ {n}: {type} โดย {sender} เมื่อ {at}",
        "Entry {n}: {type} by {sender} at {iso}",
    ),
    "signed": ("ลงนามโดย: {name}", "Signed by: {name}"),
    "fingerprint": (
        "ลายนิ้วมือของกุญแจ {key}: {fingerprint}",
        "Fingerprint of the key {key}: {fingerprint}",
    ),
    "signed_claimed": ("แฟ้มอ้างว่าลงนามโดย: {name}", "The file claims to be signed by: {name}"),
    "cosigned": ("พยานลงนามรับรอง: {name} เมื่อ {at}", "Witnessed by: {name} at {iso}"),
    "not_cosigned": (
        "ไม่มีพยานที่เชื่อถือลงนาม: ตรวจได้เพียงว่าหน่วยงานลงนามเอง หน่วยงานอาจลงนามบันทึกอีกฉบับที่ต่างกันไว้",
        "No trusted witness signed: the agency's own key alone vouches; it may have signed another history besides",
    ),
    "no_trusted_key": (
        "ไม่มีกุญแจหรือพยานที่เชื่อถือรับรอง: ตรวจได้เพียงว่าแฟ้มตรงกับกุญแจที่อยู่ในแฟ้มเอง",
        "No trusted key or witness vouches for this log: it only agrees with the key inside the file itself",
    ),
    "bodies": ("เนื้อหาตรงกับที่ผูกมัดไว้: {count} รายการ", "Bodies that match their commitments: {count}"),
    "body_proved": ("เนื้อหาตรงกับที่ผูกมัดไว้:", "The body matches its commitment:"),
    "body_malformed": (
        "เนื้อหาตรงกับที่ผูกมัดไว้ แต่ไม่ใช่รูปแบบของข้อความ:",
        "The body matches its commitment, and does not have the form of a message:",
    ),
    "malformed": (
        "เนื้อหาที่ไม่ใช่รูปแบบของข้อความ {count} รายการ: {list}",
        "Bodies that do not have the form of a message: {count}: {list}",
    ),
    "body_line": ("ถ้อยคำ: {line}", "Words: {line}"),
    "body_absent": (
        "ไม่ได้พิสูจน์ถ้อยคำ: ไม่มีเนื้อหาและเกลือ (salt) ของรายการนี้",
        "No words were proved: body and salt of the entry are not given",
    ),
    "proof_limits": (
        "ตรวจเฉพาะรายการนี้: สมาชิกภาพ การแก้ไข และการเรียกคืนต้องตรวจจากบันทึกทั้งฉบับ",
        "Only this entry was checked: membership, edits and retractions need the whole log",
    ),
    "erased": (
        "เนื้อหาถูกลบตามรายการที่ {n} (กฎ {rule} เมื่อ {at}) {count} รายการ: {list}",
        "Bodies erased by entry {n} (rule {rule}, {iso}): {count}: {list}",
    ),
    "absent": (
        "ไม่มีเนื้อหา {count} รายการ: ถูกลบหรือถูกกันไว้ บันทึกบอกไม่ได้: {list}",
        "Bodies absent: {count}: erased or withheld, the log cannot tell: {list}",
    ),
    "statements_checked": (
        "คำแถลงของหน่วยงานที่ตรวจแล้ว {count} ฉบับ",
        "Statements of agencies that were checked: {count}",
    ),
    "seals_checked": (
        "ตราของหน่วยงานอื่นที่ตรวจแล้วถูกต้อง: {count} รายการ",
        "Seals of other agencies checked and good: {count}",
    ),
    "seals_unchecked": (
        "ตราของหน่วยงานอื่นที่ไม่ได้ตรวจ: {count} รายการ ({keys}) ต้องระบุกุญแจด้วย --gateway",
        "Seals of other agencies: {count}, not checked ({keys}): give their keys with --gateway",
    ),
    "not_proved": (
        "ไม่ได้พิสูจน์: ใครเป็นผู้ใช้บัญชีจริง ใครอ่านเมื่อใด และเวลาของนาฬิกาหน่วยงาน",
        "Not proved: who really used an account, who read what and when, and that the agency's clock was right",
    ),
    "not_canonical": ("{what}ไม่อยู่ในรูปแบบบัญญัติ", "{what} is not in canonical form"),
    "not_utf8": ("ข้อมูลไม่ใช่ข้อความ UTF-8", "the bytes are not UTF-8 text"),
    "converted": (
        "แฟ้มถูกแปลงโดยโปรแกรมอีเมลหรือโปรแกรมแก้ไขข้อความ (BOM หรือ CRLF) ต้องใช้แฟ้มต้นฉบับ",
        "the file was converted by a mail program or an editor (BOM or CRLF); the original file is needed",
    ),
    "no_newline": (
        "ไม่มีอักขระขึ้นบรรทัดใหม่ท้ายจุดตรวจสอบ แฟ้มไม่ใช่ต้นฉบับ",
        "the newline after the checkpoint is missing; the file is not the original",
    ),
    "long_line": ("บรรทัดยาวเกิน {most} ไบต์", "the line is longer than {most} bytes"),
    "big_header": ("ส่วนหัวยาวเกิน {most} ไบต์", "the header is longer than {most} bytes"),
    "bad_line": ("บรรทัดมีช่องข้อมูลไม่ถูกต้อง", "the line does not have the right fields"),
    "bad_leaf": ("ช่องข้อมูลของรายการในบันทึกไม่ถูกต้อง", "the leaf does not have the right fields"),
    "bad_header": ("ช่องข้อมูลส่วนหัวไม่ถูกต้อง: {what}", "the header has a wrong field: {what}"),
    "bad_head": ("บรรทัดแรกของแฟ้มไม่ถูกต้อง", "the first line of the file is wrong"),
    "head_key": ("กุญแจในบรรทัดแรกของแฟ้มไม่ถูกต้อง", "the key in the first line of the file is malformed"),
    "unknown_type": ("ไม่รู้จักรายการชนิด {type}", "entries of type {type} are unknown"),
    "bad_state": (
        "ช่อง {key} ของรายการชนิด {type} ไม่ถูกต้อง",
        "field {key} of an entry of type {type} is missing or wrong",
    ),
    "position": ("ลำดับ n เป็น {found} แต่ควรเป็น {n}", "position n is {found}, expected {n}"),
    "time_back": ("เวลา ht ย้อนหลังกว่ารายการก่อนหน้า", "hub time ht is earlier than the entry before"),
    "time_insane": (
        "เวลา {key} อยู่นอกช่วง ค.ศ. 2020 ถึง 2099",
        "time {key} lies outside the years 2020 to 2099",
    ),
    "double_id": ("รหัสรายการ {id} ซ้ำกับรายการก่อนหน้า", "entry id {id} was used before"),
    "rule": ("กฎของห้องไม่อนุญาต: {why}", "the rules of the room forbid it: {why}"),
    "room_id": ("รหัสห้องไม่ตรงกับค่าแฮชของส่วนหัวที่สร้างห้อง", "the room id is not the hash of the create header"),
    "other_room": ("ส่วนหัวเป็นของห้องอื่น", "the header names another room"),
    "sender": ("ผู้ส่ง {sender} ไม่ได้สังกัด {origin}", "sender {sender} does not belong to {origin}"),
    "counter": (
        "ลำดับ os ของ {origin} เป็น {found} แต่ควรเป็น {expected}",
        "counter os of {origin} is {found}, expected {expected}",
    ),
    "no_seal": (
        "รายการของ {origin} ไม่มีตราของหน่วยงานนั้น (ขณะนั้นหน่วยงานเจ้าของห้องคือ {hub})",
        "entry of {origin} carries no seal of that agency (the hub was {hub})",
    ),
    "seal": ("ตราของ {origin} ไม่ถูกต้อง", "the seal of {origin} is false"),
    "half_body": ("มีเพียงเนื้อหาหรือเกลือ (salt) อย่างเดียว", "only one of body and salt is present"),
    "body": ("เนื้อหาไม่ตรงกับที่ผูกมัดไว้ในส่วนหัว", "the body is not the one the header commits to"),
    "body_of_type": ("รายการชนิด {type} มีเนื้อหาไม่ได้", "an entry of type {type} has no body"),
    "no_seen": (
        "รายการของ {origin} ไม่บอกว่าหน่วยงานตรวจบันทึกถึงที่ใด",
        "an entry of {origin} does not say up to where the agency had verified the log",
    ),
    "no_body_of_type": ("รายการชนิด {type} ต้องมีเนื้อหา", "an entry of type {type} has a body"),
    "bad_create": (
        "รายการที่สร้างห้องต้องเป็นรายการแรก ไม่มีตรา และผู้ส่งเป็นเจ้าของห้อง",
        "the entry that creates a room is the first, has no seal, and is its owner's",
    ),
    "body_newline": (
        "แฟ้มเนื้อหามีอักขระขึ้นบรรทัดใหม่ต่อท้าย ซึ่งไม่ใช่ส่วนของเนื้อหา โปรดลบออก",
        "the body file ends in a newline that is no part of the body; remove it",
    ),
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
    "cut": ("แฟ้มถูกตัดก่อนถึงจุดตรวจสอบ", "the file was cut off before its checkpoint"),
    "tail": ("มีข้อมูลต่อท้ายจุดตรวจสอบ", "there is something after the checkpoint"),
    "origin": ("จุดตรวจสอบเป็นของบันทึกอื่น: {origin}", "the checkpoint belongs to another log: {origin}"),
    "epoch": (
        "จุดตรวจสอบเป็นของหน่วยงานเจ้าของห้องลำดับที่ {epoch} แต่บันทึกมีการส่งมอบถึงลำดับที่ {expected}",
        "the checkpoint is of hub number {epoch}, but by its transfer entries the log is at hub number {expected}",
    ),
    "other_agency": (
        "กุญแจ {keys} ไม่ใช่ของ {hub} ซึ่งเป็นหน่วยงานเจ้าของห้องตามบันทึก",
        "key {keys} is not a key of {hub}, the agency that is the room's hub by the log itself",
    ),
    "other_origin": ("กุญแจ {key} ลงนามบันทึก {origin} ไม่ได้", "key {key} may not sign the log {origin}"),
    "note": ("จุดตรวจสอบผิดรูปแบบ", "the checkpoint is malformed"),
    "not_signed": ("จุดตรวจสอบไม่มีลายมือชื่อ", "the checkpoint is not signed: it has no signature line"),
    "signature": ("ลายมือชื่อของ {name} ไม่ถูกต้อง", "the signature of {name} is false"),
    "unsigned": (
        "จุดตรวจสอบไม่ได้ลงนามด้วยกุญแจที่เชื่อถือ: ในแฟ้มเป็น {found} แต่กุญแจที่ให้คือ {given}",
        "the checkpoint is not signed by a trusted key: the file has {found}, the key given is {given}",
    ),
    "quorum": ("พยานลงนามไม่ครบตามนโยบาย", "too few witnesses signed for the policy"),
    "key": ("กุญแจ vkey ไม่ถูกต้อง: {key}", "malformed vkey: {key}"),
    "key_name": (
        "ชื่อกุญแจ {key} ไม่อยู่ในรูป โดเมน/a/หน่วยงาน/log",
        "the key name {key} does not have the form DOMAIN/a/AGENCY/log",
    ),
    "order_key": (
        "กุญแจคำสั่งของทะเบียนไม่ถูกต้อง: {key} (ต้องชื่อ DOMAIN/registry/KEY)",
        "not a key of the registry for orders: {key} (named DOMAIN/registry/KEY)",
    ),
    "gateway_key": (
        "กุญแจเกตเวย์ไม่ถูกต้อง (ชื่อต้องเป็น โดเมน/a/หน่วยงาน/รหัสกุญแจ): {key}",
        "malformed gateway key (its name must be DOMAIN/a/AGENCY/KEY): {key}",
    ),
    "gateway_twice": (
        "ให้กุญแจเกตเวย์สองดอกที่ต่างกันสำหรับหน่วยงานและรหัสเดียวกัน: {key}",
        "two different gateway keys were given for one agency and key id: {key}",
    ),
    "proof": ("หลักฐานผิดรูปแบบ", "the proof is malformed"),
    "not_included": ("ไม่พบข้อมูลนี้ในบันทึกที่ลงนาม", "the data is not in the signed log at this place"),
    "record_newline": (
        "ข้อมูลใน --record มีอักขระขึ้นบรรทัดใหม่ต่อท้าย ซึ่งไม่ใช่ส่วนของรายการ โปรดลบออก",
        "the record ends in a newline that is no part of it; remove that newline",
    ),
    "extra_and_record": (
        "หลักฐานมีข้อมูลในบรรทัด extra อยู่แล้ว จึงใช้ร่วมกับ --record ไม่ได้",
        "the proof carries data in its extra line, which may not stand beside this record",
    ),
    "policy": ("นโยบายบรรทัดที่ {line} ไม่ถูกต้อง", "policy line {line} is wrong"),
    "policy_text": ("นโยบายไม่ใช่ข้อความ UTF-8", "the policy is not UTF-8 text"),
    "no_record": (
        "หลักฐานนี้ไม่มีข้อมูลในตัว โปรดระบุ --record",
        "the proof does not carry its data; name it with --record",
    ),
    "body_and_salt": ("ต้องระบุ --body และ --salt คู่กัน", "--body and --salt go together"),
    "body_twice": ("หลักฐานมีเนื้อหาในตัวแล้ว", "the proof carries its body already"),
    "body_no_room": ("บันทึกนี้ไม่ใช่บันทึกของห้อง จึงไม่มีเนื้อหา", "this log is not a room's; its records have no body"),
    "no_entry": ("ไม่มีรายการที่ {n} ในแฟ้ม", "there is no entry {n} in the file"),
    "newer_rules": (
        "ใช้กฎรุ่น {version} ซึ่งโปรแกรมนี้ไม่รู้จัก ต้องใช้ gchat-verify รุ่นใหม่กว่า",
        "it follows version {version} of the rules, which this program does not know; use a newer gchat-verify",
    ),
    "two_histories": (
        "หน่วยงานลงนามบันทึกของห้องเดียวกันไว้สองฉบับที่ขัดกัน ต่างกันตั้งแต่รายการนี้ ผู้ลงนาม: {keys}",
        "the agency signed two histories of one room; they differ from this entry on; signed by {keys}",
    ),
    "two_histories_note": (
        "หน่วยงานลงนามบันทึกของห้องเดียวกันไว้สองฉบับที่ขัดกัน ต่างกันในรายการ 0–{last} (เมื่อมี {size} รายการ) ผู้ลงนาม: {keys}",
        "the agency signed two histories; they differ within entries 0–{last} (at size {size}); signed by {keys}",
    ),
    "two_histories_claimed": (
        "สองแฟ้มอ้างว่าลงนามโดย {keys} เป็นบันทึกของห้องเดียวกันแต่ขัดกันตั้งแต่รายการนี้",
        "two files that claim to be signed by {keys} are histories of one room, and differ from this entry on",
    ),
    "two_histories_note_claimed": (
        "สองแฟ้มอ้างว่าลงนามโดย {keys} เป็นบันทึกของห้องเดียวกันแต่ต่างกันในรายการ 0–{last} (เมื่อมี {size} รายการ)",
        "two histories that claim to be signed by {keys} differ within entries 0–{last} (at size {size})",
    ),
    "conflict": (
        "บันทึกของห้องเดียวกันสองฉบับขัดกันตั้งแต่รายการนี้ ฉบับเก่าลงนามโดย {old} ฉบับใหม่ลงนามโดย {new}",
        "two histories of one room conflict from this entry on: the older signed by {old}, the newer by {new}",
    ),
    "conflict_note": (
        "บันทึกของห้องเดียวกันสองฉบับขัดกันในรายการ 0–{last} (เมื่อมี {size} รายการ) ฉบับเก่าลงนามโดย {old} ฉบับใหม่ลงนามโดย {new}",
        "two histories conflict within entries 0–{last} (at size {size}): older signed by {old}, newer by {new}",
    ),
    "old_signer": (
        "จุดตรวจสอบเก่าใช้เทียบไม่ได้: ลงนามโดย {keys} แต่ตามบันทึกใหม่ เจ้าของห้องเมื่อมี {size} รายการคือ {hub}",
        "the older head does not count: {keys} signed it, but by the newer log the hub at size {size} was {hub}",
    ),
    "old_origin": (
        "จุดตรวจสอบเก่าใช้เทียบไม่ได้: {keys} ลงนามบันทึก {found} แต่เมื่อมี {size} รายการต้องเป็น {expected}",
        "the older checkpoint does not count: {keys} signed the log {found}, but at size {size} it was {expected}",
    ),
    "nothing_compared": (
        "แฟ้มเก่าลงนามโดย {keys} ไว้ที่ 0 รายการ จึงไม่มีสิ่งใดให้เทียบ",
        "the older file, signed by {keys}, is of 0 entries: there is nothing to compare",
    ),
    "shorter": (
        "บันทึกใหม่สั้นกว่าบันทึกเก่า ({new} ต่อ {old} รายการ): สลับแฟ้มกัน หรือหน่วยงานถอนรายการที่ลงนามแล้ว",
        "the newer log is shorter than the older ({new} against {old}): files swapped, or signed entries taken back",
    ),
    "other_log": ("สองแฟ้มเป็นของคนละห้อง: {old} กับ {new}", "the files are of different rooms: {old} and {new}"),
    "heads": (
        "แฟ้มค่ารากที่ลงนามบรรทัดที่ {line} ถูกแก้ไข ไม่ครบตั้งแต่บรรทัดแรก หรือไม่ได้ลงนามด้วยกุญแจที่เชื่อถือ",
        "line {line} of the file of heads was altered, lines before it are missing, or no trusted key signed it",
    ),
    "not_recorded": ("แฟ้มค่ารากไม่มีห้อง {room}", "the file of heads does not name room {room}"),
    "two_keys": (
        "สองแฟ้มระบุกุญแจต่างกัน โปรดระบุกุญแจที่เชื่อถือด้วย --vkey หรือ --policy",
        "the two files name different keys; give those that you trust with --vkey or --policy",
    ),
    "changed": ("แฟ้มเปลี่ยนไประหว่างตรวจ", "the file changed while it was read"),
    "unreadable": ("อ่านแฟ้มไม่ได้: {path}", "cannot read {path}"),
    "usage": ("คำสั่งไม่ถูกต้อง: {message}", "wrong command: {message}"),
}

WORDS: Final = {
    "line": ("บรรทัด", "the line"),
    "leaf": ("รายการในบันทึก", "the leaf"),
    "header": ("ส่วนหัว", "the header"),
    "body": ("เนื้อหา", "the body"),
}

DENIALS: Final = {
    "not_a_member": ("ผู้ส่งไม่ได้เป็นสมาชิกห้องในขณะนั้น", "the sender was no member of the room at that point"),
    "not_owner": ("ผู้ส่งไม่ใช่เจ้าของห้อง", "the sender was not the owner of the room"),
    "room_closed": ("ห้องปิดแล้ว", "the room was closed"),
    "direct_room_fixed": ("ห้องส่วนตัวเปลี่ยนสมาชิกหรือชื่อไม่ได้", "a private chat cannot be changed so"),
    "already_member": ("ผู้ที่เพิ่มเป็นสมาชิกอยู่แล้ว", "someone added was a member already"),
    "target_not_member": ("ผู้ที่ระบุไม่ได้เป็นสมาชิก", "the person named was no member"),
    "owner_must_transfer": ("เจ้าของห้องออกก่อนส่งมอบห้องไม่ได้", "an owner cannot go before the room is handed over"),
    "cannot_leave": ("สมาชิกเอาตนเองออกไม่ได้", "a member cannot take themselves off"),
    "not_author": ("ผู้ส่งไม่ใช่ผู้เขียนข้อความนั้น", "the sender is not the author of that message"),
    "not_a_message": ("รายการที่อ้างถึงไม่ใช่ข้อความ", "the entry pointed at is no message"),
    "message_retracted": ("ข้อความนั้นถูกเรียกคืนแล้ว", "that message was retracted before"),
    "edit_window_over": ("พ้นเวลาแก้ไข", "the time for edits was over"),
    "retract_window_over": ("พ้นเวลาเรียกคืน", "the time for retractions was over"),
    "mass_mention_limit": ("ห้องใหญ่เกินกว่าที่สมาชิกจะเรียกทุกคน", "the room was too large for a member to call everyone"),
    "files_not_allowed": ("ห้องนี้ไม่รับไฟล์จากผู้ส่ง", "the sender could not send files in this room"),
    "too_many_files": ("มีไฟล์เกินจำนวนที่กำหนด", "it carried more files than a message may"),
    "label_too_high": ("ชั้นความลับสูงกว่าที่ห้องรับได้", "its classification was above what the room allows"),
    "room_full": ("ห้องเต็ม", "the room was full"),
    "contact_not_allowed": ("เริ่มห้องส่วนตัวกับผู้มีตำแหน่งสูงกว่าไม่ได้", "a private chat with a higher position was not allowed"),
    "not_enrolled": (
        "มีผู้สังกัดหน่วยงานที่ไม่ได้อยู่ในทะเบียน",
        "somebody is of an agency that is not in the registry",
    ),
    "times_apart": (
        "เวลาที่เขียนห่างจากเวลาของฮับเกินกำหนด",
        "the time of writing is too far from the hub's time",
    ),
    "card_unsigned": (
        "บัตรของบุคคลต่างหน่วยงานไม่มีลายมือชื่อของหน่วยงานนั้น",
        "a card of another agency's person is not signed by that agency",
    ),
    "card_differs": ("บัตรไม่ตรงกับที่หน่วยงานของบุคคลลงนามไว้", "a card is not what the person's agency signed"),
    "card_expired": ("บัตรไม่อยู่ในช่วงเวลาที่ใช้ได้", "a card was not valid at that time"),
    "card_revoked": ("บัญชีบนบัตรปิดหรือระงับแล้ว", "the account on a card had ended or was suspended"),
    "not_accepted": ("หน่วยงานของบุคคลไม่รับห้องลักษณะนี้", "the person's agency does not accept such a room"),
    "acceptance_missing": (
        "หน่วยงานของเจ้าของห้องคนใหม่ไม่ได้ลงนามรับห้อง",
        "the new owner's agency did not sign that it takes the room",
    ),
    "acceptance_differs": (
        "คำรับห้องเป็นของห้องอื่น เวลาอื่น หรือหน่วยงานอื่น",
        "the acceptance is of another room, time or agency",
    ),
    "revocation_missing": (
        "หน่วยงานของผู้ถูกนำออกไม่ได้ลงนามว่าบัญชีปิดแล้ว",
        "the agency of who was removed did not sign that the account ended",
    ),
    "order_missing": (
        "ไม่มีคำสั่งของทะเบียนที่ลงนามครบ",
        "there is no order of the registry with enough signatures",
    ),
    "order_differs": (
        "คำสั่งของทะเบียนเป็นของห้องอื่น เจ้าของอื่น หรือประวัติอื่น",
        "the registry's order is of another room, owner or history",
    ),
    "hub_only": ("มีเพียงระบบของหน่วยงานเจ้าของห้องที่บันทึกรายการนี้ได้", "only the hub's own system may write this entry"),
    "origin_mismatch": ("ผู้ส่งไม่ใช่คนของหน่วยงานที่ส่งรายการนี้", "the sender is not of the agency that speaks"),
    "wrong_type": ("รายการชนิดนี้อยู่ตรงนี้ไม่ได้", "an entry of this type cannot stand here"),
    "wrong_shape": ("ข้อมูลของรายการไม่ตรงกับชนิดของรายการ", "the fields are not those of an entry of this type"),
}


class Word(str):
    """A word that has its own form in each language: a key of `WORDS`."""

    __slots__ = ()


class Denial(str):
    """A reason of the rules: a key of `DENIALS`."""

    __slots__ = ()


def say(code: str, values: dict[str, object]) -> tuple[str, str]:
    """Return the Thai and the English text, with anything from a file made safe for a terminal."""
    thai, english = TEXTS[code]
    first, second = ({key: _worded(value, at) for key, value in values.items()} for at in (0, 1))
    return thai.format(**first), english.format(**second)


def _worded(value: object, language: int) -> str:
    if isinstance(value, Word):
        return WORDS[value][language]
    if isinstance(value, Denial):
        return DENIALS[value][language]
    return visible(str(value))


def visible(text: str) -> str:
    """Return text with control, format (bidi) and unassigned characters shown as `⟨U+202E⟩`."""
    return "".join(char if _is_plain(char) else f"⟨U+{ord(char):04X}⟩" for char in text)


def folded(text: str) -> Iterator[str]:
    """Give a text made safe for a terminal, in lines that with their indent fit into 80 columns."""
    line, columns = "", 0
    for char in visible(text):
        width = _columns(char)
        if columns + width > _LINE_COLUMNS:
            yield line
            line, columns = "", 0
        line, columns = line + char, columns + width
    yield line


def _columns(char: str) -> int:
    """Columns that a terminal uses for a character (Unicode UAX #11); marks above and below, as in Thai, have none."""
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


def _is_plain(char: str) -> bool:
    return char not in _BLANK and _is_shown(char)


def _is_shown(char: str) -> bool:
    return char == " " or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def thai_time(ms: int) -> str:
    """Return a time (ms UTC) as it is written in Thai, in Thailand's zone, Buddhist year."""
    at = datetime.fromtimestamp(ms // 1000, UTC).astimezone(_THAI_ZONE)
    clock = f"{at:%H:%M:%S}.{ms % 1000:03d}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year + 543} เวลา {clock} น."


def iso_time(ms: int) -> str:
    """Return a time (ms UTC) in ISO 8601 with Thailand's offset."""
    at = datetime.fromtimestamp(ms // 1000, UTC).astimezone(_THAI_ZONE)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}+07:00"
