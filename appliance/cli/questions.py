"""The vault's questions, asked at the terminal: passphrases and shares of the master key."""

from __future__ import annotations

from appliance.cli.terminal import ask_secret
from appliance.locale import both
from appliance.vault.master import MIN_PASSPHRASE_LENGTH, Question, Secret


def ask(question: Question) -> str:
    """Ask the person at the terminal; from a pipe, take the next line. Raises Invalid (`no_answer`), Cancelled."""
    return ask_secret(f"{_prompt(question)}: ")


def _prompt(question: Question) -> str:
    if question.secret is Secret.NEW_PASSPHRASE and question.number > 1:
        return both("ask.passphrase_again")
    prompt = both(f"ask.{question.secret}", shortest=MIN_PASSPHRASE_LENGTH)
    return f"{prompt} {question.number}" if question.number > 1 else prompt
