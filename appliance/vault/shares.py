"""The officers' shares of the master key: SLIP-39, any two of three.

Owns: splitting a key into three shares, reading a share as an officer types it, joining two shares.

A share is 33 English words of the SLIP-0039 list, in one group of 2-of-3 and without a passphrase, so that any other
tool for that standard gives the key back too. Arithmetic, word list and checksum are the library's
(`shamir_mnemonic`); docs/decisions/0019-kept-libraries.md says what it does not protect from.

Rules: an error never repeats what was typed, it names the number of the wrong word. Reading ignores case, numbering and
punctuation, and takes the first four letters of a word for the word: no two words of the list share them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import shamir_mnemonic as slip39
from shamir_mnemonic.wordlist import WORDLIST

from appliance.spelling.normalize import fold
from appliance.vault.refusals import Reason, wrong

COUNT: Final = 3
NEEDED: Final = 2
WORDS: Final = 33
"""Words of a share of 32 secret bytes."""
_ONE_GROUP: Final = 1
_ITERATIONS: Final = 0
"""Exponent of the key stretching, which protects a passphrase; shares have none."""
_PREFIX: Final = 4
_BY_PREFIX: Final[dict[str, str]] = {word[:_PREFIX]: word for word in WORDLIST}
_BETWEEN_WORDS: Final = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Share:
    """One officer's share: `number` is 1 to 3, `set_id` is common to the three."""

    number: int
    set_id: int
    words: str = field(repr=False)


def split(secret: bytes) -> tuple[Share, Share, Share]:
    """Return three shares of `secret` (32 bytes), new ones at every call."""
    groups = slip39.generate_mnemonics(_ONE_GROUP, [(NEEDED, COUNT)], secret, iteration_exponent=_ITERATIONS)
    one, two, three = (_share(words) for words in groups[0])
    return one, two, three


def join(one: Share, other: Share) -> bytes:
    """Return the secret of two shares of one set. Raises WrongKey: `shares_same`, `shares_of_two_sets`."""
    if one.set_id == other.set_id and one.number == other.number:
        raise wrong(Reason.SHARES_SAME)
    try:
        secret: bytes = slip39.combine_mnemonics([one.words, other.words])
    except slip39.MnemonicError:
        raise wrong(Reason.SHARES_OF_TWO_SETS) from None
    return secret


def read_share(text: str) -> Share:
    """Return the share that an officer typed.

    Raises WrongKey: `share_form` (not 33 words), `share_word` (a word that is not in the list, `word` its number),
    `share_checksum` (a word or the order is wrong), `share_foreign` (a share of another scheme than 2-of-3).
    """
    typed = [word for word in _BETWEEN_WORDS.split(fold(text)) if word]
    if len(typed) != WORDS:
        raise wrong(Reason.SHARE_FORM, words=len(typed), needed=WORDS)
    return _share(" ".join(_listed(word, number) for number, word in enumerate(typed, start=1)))


def _listed(typed: str, number: int) -> str:
    word = _BY_PREFIX.get(typed[:_PREFIX])
    if word is None or not word.startswith(typed):
        raise wrong(Reason.SHARE_WORD, word=number)
    return word


def _share(words: str) -> Share:
    try:
        read = slip39.Share.from_mnemonic(words)
    except slip39.MnemonicError:
        raise wrong(Reason.SHARE_CHECKSUM) from None
    scheme = (read.group_threshold, read.group_count, read.member_threshold, read.iteration_exponent)
    if scheme != (_ONE_GROUP, _ONE_GROUP, NEEDED, _ITERATIONS) or read.index >= COUNT:
        raise wrong(Reason.SHARE_FOREIGN)
    return Share(read.index + 1, read.identifier, words)
