"""Why the vault refuses, as a closed set, with the sentence for the administrator (Thai, then English).

The error classes are `appliance.errors.VaultLocked` (the key is not there) and `WrongKey` (it is there and does not
open); `detail["reason"]` carries the `Reason`, so the command line and the status page can say what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from appliance.errors import AppError, VaultLocked, WrongKey

E = TypeVar("E", bound=AppError)


class Reason(StrEnum):
    """One cause of a refusal. The values are stable."""

    KEYRING_MISSING = "keyring_missing"
    KEYRING_LOST = "keyring_lost"
    KEYRING_EXISTS = "keyring_exists"
    KEYRING_DAMAGED = "keyring_damaged"
    KEYRING_TOO_NEW = "keyring_too_new"
    KEY_FILE_MISSING = "key_file_missing"
    KEY_FILE_DAMAGED = "key_file_damaged"
    CREDENTIAL_MISSING = "credential_missing"
    OPEN_TO_OTHERS = "open_to_others"
    NO_PASSPHRASE_SET = "no_passphrase_set"
    PASSPHRASE_SHORT = "passphrase_short"
    PASSPHRASE_DIFFERS = "passphrase_differs"
    DERIVATION_FAILED = "derivation_failed"
    ANOTHER_KEY = "another_key"
    SAME_KEY = "same_key"
    SHARE_FORM = "share_form"
    SHARE_WORD = "share_word"
    SHARE_CHECKSUM = "share_checksum"
    SHARE_FOREIGN = "share_foreign"
    SHARES_SAME = "shares_same"
    SHARES_OF_TWO_SETS = "shares_of_two_sets"
    SEAL_BROKEN = "seal_broken"


TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.KEYRING_MISSING: (
        "ยังไม่มี keyring.json ในโฟลเดอร์ข้อมูล: ต้องตั้งค่าเครื่องก่อน",
        "There is no keyring.json in the data folder: set the appliance up first.",
    ),
    Reason.KEYRING_LOST: (
        "มีฐานข้อมูลแต่ไม่พบ keyring.json: กู้ไฟล์นี้จากสำเนากุญแจ ไม่มีการแก้ไขข้อมูลใด ๆ",
        "There is a database but no keyring.json: restore that file from the key backup. Nothing was touched.",
    ),
    Reason.KEYRING_EXISTS: (
        "มี keyring.json อยู่แล้ว จึงไม่สร้างทับ",
        "A keyring.json exists already and is not overwritten.",
    ),
    Reason.KEYRING_DAMAGED: (
        "keyring.json เสียหายหรือถูกแก้ไข: กู้จากสำเนากุญแจ",
        "keyring.json is damaged or was altered: restore it from the key backup.",
    ),
    Reason.KEYRING_TOO_NEW: (
        "keyring.json เขียนโดยรุ่นที่ใหม่กว่า: ใช้โปรแกรมรุ่นนั้น",
        "keyring.json was written by a newer release: run that release.",
    ),
    Reason.KEY_FILE_MISSING: (
        "ไม่พบไฟล์กุญแจหลัก master.key ในโฟลเดอร์ข้อมูล",
        "The master key file master.key is not in the data folder.",
    ),
    Reason.KEY_FILE_DAMAGED: (
        "ไฟล์กุญแจหลักอ่านไม่ได้: แต่ละบรรทัดต้องเป็นเลขฐานสิบหก 64 ตัว",
        "The master key cannot be read: each line must be 64 hexadecimal digits.",
    ),
    Reason.CREDENTIAL_MISSING: (
        "systemd ไม่ได้ส่ง gchat-master-key มาให้: ตรวจ LoadCredentialEncrypted= ของหน่วยบริการ",
        "systemd passed no gchat-master-key: check LoadCredentialEncrypted= of the unit.",
    ),
    Reason.OPEN_TO_OTHERS: (
        "ผู้อื่นเข้าถึงไฟล์กุญแจได้ จึงไม่ใช้: ตั้งเจ้าของเป็นผู้ใช้ของบริการ แล้วสั่ง chmod 600",
        "Others can reach the key file, so it is not used: give it to the service's user and run chmod 600.",
    ),
    Reason.NO_PASSPHRASE_SET: (
        "กุญแจหลักนี้ไม่ได้มาจากวลีผ่าน: ตรวจแหล่งกุญแจในการตั้งค่า",
        "This master key does not come from a passphrase: check the key source in the configuration.",
    ),
    Reason.PASSPHRASE_SHORT: ("วลีผ่านสั้นเกินไป", "The passphrase is too short."),
    Reason.PASSPHRASE_DIFFERS: ("วลีผ่านสองครั้งไม่ตรงกัน", "The two passphrases differ."),
    Reason.DERIVATION_FAILED: (
        "หน่วยความจำไม่พอสำหรับคำนวณกุญแจจากวลีผ่าน",
        "There is not enough memory to derive the key from the passphrase.",
    ),
    Reason.ANOTHER_KEY: (
        "กุญแจหลักไม่ถูกต้อง ข้อมูลนี้ใช้กุญแจอื่น ไม่มีการแก้ไขข้อมูลใด ๆ",
        "Wrong master key: this data belongs to another one. Nothing was touched.",
    ),
    Reason.SAME_KEY: (
        "กุญแจใหม่เป็นกุญแจเดิม: เพิ่มกุญแจใหม่ในแหล่งกุญแจก่อน",
        "The new key is the present one: add a new key to the source first.",
    ),
    Reason.SHARE_FORM: (
        "ส่วนกุญแจมีจำนวนคำไม่ครบหรือเกิน: โปรดพิมพ์คำภาษาอังกฤษทั้ง 33 คำตามลำดับ",
        "The share has too few or too many words: type all 33 words in their order.",
    ),
    Reason.SHARE_WORD: (
        "ส่วนกุญแจมีคำที่ไม่อยู่ในบัญชีคำ (ดูลำดับคำด้านล่าง): เทียบกับกระดาษอีกครั้ง",
        "The share has a word that is not in the list (its number is below): compare it with the paper.",
    ),
    Reason.SHARE_CHECKSUM: (
        "ส่วนกุญแจพิมพ์ผิดหรือสลับลำดับคำ (ผลรวมตรวจสอบไม่ตรง): เทียบกับกระดาษอีกครั้ง",
        "The share is mistyped or its words changed places (the checksum does not fit): compare it with the paper.",
    ),
    Reason.SHARE_FOREIGN: (
        "ส่วนกุญแจนี้แบ่งด้วยวิธีอื่น ไม่ใช่ส่วนกุญแจของระบบนี้",
        "This share was split in another way: it is not one of this system's shares.",
    ),
    Reason.SHARES_SAME: (
        "ป้อนส่วนกุญแจเดียวกันสองครั้ง: ต้องเป็นของเจ้าหน้าที่คนละคน",
        "The same share was entered twice: they must be of two officers.",
    ),
    Reason.SHARES_OF_TWO_SETS: (
        "ส่วนกุญแจมาจากคนละชุด: ใช้ส่วนที่พิมพ์ในคราวเดียวกัน",
        "The shares are of different sets: use shares printed together.",
    ),
    Reason.SEAL_BROKEN: (
        "ข้อมูลที่ผนึกไว้เปิดไม่ได้: กุญแจผิด หรือข้อมูลถูกแก้ไข",
        "Sealed data does not open: wrong key, or the data was altered.",
    ),
}


def locked(reason: Reason, **detail: str | int) -> VaultLocked:
    """The error for a key that is not there; `detail` must hold no secret."""
    return _with_detail(VaultLocked(_sentence(reason), reason=reason.value), detail)


def wrong(reason: Reason, **detail: str | int) -> WrongKey:
    """The error for a key that is there and does not fit; `detail` must hold no secret."""
    return _with_detail(WrongKey(_sentence(reason), reason=reason.value), detail)


def _with_detail(error: E, detail: dict[str, str | int]) -> E:
    error.detail.update(detail)
    return error


def _sentence(reason: Reason) -> str:
    thai, english = TEXTS[reason]
    return f"{thai} — {english}"
