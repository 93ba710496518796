"""The vault's questions, asked at the terminal: passphrases and shares of the master key."""

from __future__ import annotations

import getpass
import sys

from appliance.cli.terminal import typed
from appliance.errors import Invalid
from appliance.locale import both
from appliance.vault.master import MIN_PASSPHRASE_LENGTH, Question, Secret


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
        return both("ask.passphrase_again")
    prompt = both(f"ask.{question.secret}", shortest=MIN_PASSPHRASE_LENGTH)
    return f"{prompt} {question.number}" if question.number > 1 else prompt
