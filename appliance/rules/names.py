"""What may stand as a room's name or a reaction: one clean line, one emoji.

A name must read as it is stored, for every reader and in every export: characters that turn the direction of text or
take no room (bidi controls, zero width) are taken out, spaces are made one (F36). Pure.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_NAME: Final = 120
LONGEST_EMOJI: Final = 16
_KEPT_FORMATS: Final = "\u200d\ufe0f"
# Punctuation that is an emoji by itself: ‼ and ⁉.
_MARKS: Final = "\u203c\u2049"
_KEYCAPS: Final = "0123456789#*"
_KEYCAP: Final = "\u20e3"


def room_name(name: str | None) -> str | None:
    """Return the name as it may stand, or None when nothing readable is left or it is too long."""
    if name is None:
        return None
    kept = "".join(" " if char.isspace() else char for char in name if _is_readable(char) or char.isspace())
    clean = unicodedata.normalize("NFC", " ".join(kept.split()))
    return clean if 0 < len(clean) <= LONGEST_NAME else None


def emoji(text: str) -> str | None:
    """Return the reaction if it is a few emoji with their modifiers, flags, or one keycap (UTS 51), else None."""
    if not 0 < len(text) <= LONGEST_EMOJI:
        return None
    keycap = text[:1] in _KEYCAPS and text.endswith(_KEYCAP)
    symbols = text[1:] if keycap else text
    known = all(_is_symbol(char) or _joins(char) for char in symbols)
    return text if known and (keycap or any(_is_symbol(char) for char in symbols)) else None


def _is_readable(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _is_symbol(char: str) -> bool:
    return char in _MARKS or (unicodedata.category(char) in ("So", "Sk", "Sm") and not char.isascii())


def _joins(char: str) -> bool:
    # The last are the tag characters of flags.
    return char in _KEPT_FORMATS or unicodedata.category(char) in ("Me", "Mn") or 0xE0020 <= ord(char) <= 0xE007F
