"""The same keys under the other layout: «l;ylfu» typed with the keyboard left in English is «สวัสดี».

Owns the Kedmanee layout (TIS 820) beside the US one, both ways, and when a reading is worth offering: it must read as
Thai (no mark without its consonant, no leading vowel without one) or, the other way, as Latin letters. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_US: Final = (
    "1234567890-="
    "qwertyuiop[]\\"
    "asdfghjkl;'"
    "zxcvbnm,./"
    "!@#$%^&*()_+"
    "QWERTYUIOP{}|"
    'ASDFGHJKL:"'
    "ZXCVBNM<>?"
)  # fmt: skip
_KEDMANEE: Final = (
    "ๅ/-ภถุึคตจขช"
    "ๆไำพะัีรนยบลฃ"
    "ฟหกดเ้่าสวง"
    "ผปแอิืทมใฝ"
    "+๑๒๓๔ู฿๕๖๗๘๙"
    '๐"ฎฑธํ๊ณฯญฐ,ฅ'
    "ฤฆฏโฌ็๋ษศซ."
    "()ฉฮฺ์?ฒฬฦ"
)  # fmt: skip
_TO_THAI: Final = str.maketrans(_US, _KEDMANEE)
_TO_LATIN: Final = str.maketrans(_KEDMANEE, _US)
_IS_THAI: Final = re.compile("[\u0e01-\u0e5b]")
_IS_LATIN: Final = re.compile("[A-Za-z]")
_CONSONANT: Final = "[ก-ฮ]"
_MARK: Final = "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"
# What no Thai word has: a mark or a following vowel with nothing to stand on, a leading vowel before none, the sign of
# repetition at the front, signs among letters.
_NOT_THAI: Final = re.compile(
    f"(?:^|[^ก-ฮ\u0e31-\u0e3a\u0e47-\u0e4e]){_MARK}"
    f"|{_MARK}{{3,}}"
    f"|(?:^|[^ก-ฮ\u0e47-\u0e4e])[ะาำ]"
    f"|[เแโใไ](?!{_CONSONANT})"
    "|(?:^| )ๆ|[ฃฅ฿ๅฯ/+()\"'?.,_-]"
)
_LATIN_WORDS: Final = re.compile(r"[A-Za-z0-9]+(?:[ .,'@_-]+[A-Za-z0-9]+)*[.,?]?")


def suggest(text: str) -> str | None:
    """Return how `text` reads with the keyboard in the other layout, if that reads as a language; None if not."""
    thai, latin = bool(_IS_THAI.search(text)), bool(_IS_LATIN.search(text))
    if latin and not thai:
        other = text.translate(_TO_THAI)
        words = other.split()
        readable = bool(words) and _IS_THAI.search(other) and not any(_NOT_THAI.search(word) for word in words)
    elif thai and not latin:
        other = text.translate(_TO_LATIN)
        readable = bool(_LATIN_WORDS.fullmatch(other.strip())) and any(_NOT_THAI.search(word) for word in text.split())
    else:
        return None
    return other if readable else None
