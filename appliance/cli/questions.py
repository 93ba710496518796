"""The vault's questions, asked at the terminal: passphrases and shares of the master key."""

from __future__ import annotations

import getpass
import sys
from typing import Final

from appliance.cli.terminal import typed
from appliance.errors import Invalid
from appliance.vault.master import SHORTEST_PASSPHRASE, Question, Secret

_PROMPTS: Final = {
    Secret.PASSPHRASE: "วลีผ่าน — passphrase",
    Secret.NEW_PASSPHRASE: "วลีผ่านใหม่ อย่างน้อย {shortest} อักขระ — new passphrase, at least {shortest} characters",
    Secret.SHARE: "ส่วนกุญแจ 33 คำ คำละสี่ตัวแรกก็พอ — key share, 33 words, the first four letters of each will do",
    Secret.NEW_SHARE: "พิมพ์ส่วนกุญแจกลับ คำละสี่ตัวแรกก็พอ — type a share back, the first four letters of each word will do",
}


def ask(question: Question) -> str:
    """Ask the person at the terminal; from a pipe, take the next line. Raises Invalid (`no_answer`), Cancelled."""
    prompt = _prompt(question)
    if sys.stdin.isatty():
        return typed(getpass.getpass, f"{prompt}: ")
    line = sys.stdin.readline()
    if not line:
        raise Invalid(code="no_answer", value=prompt)
    return line.rstrip("\n")


def _prompt(question: Question) -> str:
    if question.secret is Secret.NEW_PASSPHRASE and question.number > 1:
        return "พิมพ์วลีผ่านอีกครั้ง — type the passphrase again"
    prompt = _PROMPTS[question.secret].format(shortest=SHORTEST_PASSPHRASE)
    return f"{prompt} {question.number}" if question.number > 1 else prompt
