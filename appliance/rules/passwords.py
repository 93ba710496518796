"""What a password must be (F74): long enough and hard to guess. Every character is allowed, Thai and spaces too.

There are no rules of composition, such as «one digit and one sign». Length is counted in code points of the canonical
spelling, so that SARA AM typed in two ways is one password. A password is refused as too easy to guess when it
- is on a list of common passwords (`data/common_passwords.txt`, from leaks, and `data/common_passwords_th.txt`, Thai
  ones), also with digits or signs around it, repeated, or typed with the keyboard in the other language;
- has very few different characters;
- is little more than the user name or the name of the agency.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Final

from appliance.spelling.normalize import fold
from appliance.spelling.thai import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MIN_DIFFERENT: Final = 4
_MIN_WORD_LENGTH: Final = 3
_MIN_REST_LENGTH: Final = 5
# The keys of an English keyboard and what they write when it is switched to Thai (Kedmanee, TIS 820-2538).
_ENGLISH_KEYS: Final = (
    "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?"
)
_THAI_KEYS: Final = '_ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ%+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'
_SWITCHED_TO_THAI: Final = str.maketrans(_ENGLISH_KEYS, _THAI_KEYS)
_SWITCHED_TO_ENGLISH: Final = str.maketrans(_THAI_KEYS, _ENGLISH_KEYS)
_CODE: Final = re.compile("[A-Z2-7]{16}")
_BETWEEN_GROUPS: Final = re.compile(r"[\s\u002d\u00ad\u200b-\u200d\u2010-\u2015\u2212\ufeff]+")
_AROUND: Final = "0123456789 !@#$%^&*()-_=+[]{};:'\",.<>/?\\|`~฿"


class PasswordFault(StrEnum):
    """Why a password cannot be taken; the texts are in the locale under these codes."""

    TOO_SHORT = "password_too_short"
    TOO_LONG = "password_too_long"
    TOO_COMMON = "password_too_common"
    IS_NAME = "password_is_name"
    UNCHANGED = "password_unchanged"


def check_length(password: str, shortest: int, longest: int) -> PasswordFault | None:
    """Judge the length alone: what the client can say while the password is being typed."""
    length = len(canonical(password))
    if length < shortest:
        return PasswordFault.TOO_SHORT
    return PasswordFault.TOO_LONG if length > longest else None


def check_password(password: str, names: Iterable[str], shortest: int, longest: int) -> PasswordFault | None:
    """Judge a new password; `names` are words it must not consist of: user name, person's and agency's names."""
    if fault := check_length(password, shortest, longest):
        return fault
    folded = fold(password)
    if len(set(folded)) < _MIN_DIFFERENT or any(map(_is_common, _as_typed(password))):
        return PasswordFault.TOO_COMMON
    rest = folded
    for name in sorted({fold(name) for name in names}, key=len, reverse=True):
        if len(name) >= _MIN_WORD_LENGTH:
            rest = rest.replace(name, "")
    if rest != folded and len(rest.strip(_AROUND)) < _MIN_REST_LENGTH:
        return PasswordFault.IS_NAME
    return None


def _is_common(folded: str) -> bool:
    known = common_passwords()
    core = folded.strip(_AROUND)
    return any(part in known for part in (folded, core, _unit_of(folded), _unit_of(core)) if part)


def _as_typed(password: str) -> Iterator[str]:
    """Give the folded password as it is, and as the same keys write it in the other language."""
    yield fold(password)
    for keys in (_SWITCHED_TO_THAI, _SWITCHED_TO_ENGLISH):
        yield fold(password.translate(keys))
        yield fold(password.strip(_AROUND).translate(keys))


def _unit_of(text: str) -> str:
    """Return the shortest text that `text` repeats: `abcabc` gives `abc`."""
    return text[: (text + text).find(text, 1)] if text else text


def one_time_code(random: str) -> str:
    """Return a code a person can type, 80 bits of the random text: four groups of four letters and digits (F77)."""
    return _in_groups(b32encode(sha256(random.encode()).digest()[:10]).decode())


def as_one_time_code(typed: str) -> str:
    """Return the code that was typed as it was given out; what has not the form of a code is returned as it is.

    People type it in lower case, with spaces around it, with another hyphen or with none. For codes alone: a password
    is compared as its owner typed it.
    """
    letters = _BETWEEN_GROUPS.sub("", unicodedata.normalize("NFKC", typed)).upper()
    return _in_groups(letters) if _CODE.fullmatch(letters) else typed


def _in_groups(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


@cache
def common_passwords() -> frozenset[str]:
    """Return the folded common passwords."""
    folder = resources.files("appliance.rules").joinpath("data")
    lines = [
        line
        for name in ("common_passwords.txt", "common_passwords_th.txt")
        for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines()
    ]
    return frozenset(fold(line) for line in lines if line and not line.startswith("#"))
