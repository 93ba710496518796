"""What may stand as a room's name or a reaction: one clean line, one emoji in one spelling.

A name must read as it is stored, for every reader and in every export: characters that change the direction of text or
are invisible are removed, spaces are made one, and something visible must be left (F36).

A reaction is spelled as UTS #51 «fully-qualified»: U+FE0F stands behind each emoji that would otherwise be drawn as
text, and nowhere else. So one emoji is always the same reaction, whatever keyboard it comes from. Which characters are
emoji is read from Unicode's own data (`data/emoji_*.txt`): other signs, such as ∑ or ★, are none. The client's copy of
these rules is `core/emoji.ts`. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

from appliance.rules.log_texts import MAX_NAME_LENGTH
from appliance.rules.text import has_visible
from appliance.spelling.ignorable import is_ignorable
from appliance.spelling.stream_safe import stream_safe

MAX_EMOJI_LENGTH: Final = 16
_EMOJI_STYLE: Final = "\ufe0f"
_STYLES: Final = re.compile("[\ufe00-\ufe0f]")
_MODIFIERS: Final = "\U0001f3fb-\U0001f3ff"
_KEYCAP: Final = re.compile("([0-9#*])\u20e3")
_FLAG_TAGS: Final = "[\U000e0020-\U000e007e]+\U000e007f"
_DRAWN_AS_TEXT: Final = "emoji_drawn_as_text.txt"
_DRAWN_IN_COLOUR: Final = "emoji_drawn_in_colour.txt"


def room_name(name: str | None) -> str | None:
    """Return the name as it may be stored, or None when nothing readable is left or it is too long."""
    if name is None:
        return None
    kept = "".join(" " if char.isspace() else char for char in name if _is_readable(char) or char.isspace())
    clean = unicodedata.normalize("NFC", stream_safe(_stray_style().sub("", " ".join(kept.split()))))
    return clean if len(clean) <= MAX_NAME_LENGTH and has_visible(clean) else None


def emoji(text: str) -> str | None:
    """Return the reaction in its one spelling if it is a few emoji, flags or one keycap (UTS #51), else None."""
    bare = _STYLES.sub("", text)
    if not 0 < len(bare) <= MAX_EMOJI_LENGTH:
        return None
    if keycap := _KEYCAP.fullmatch(bare):
        return f"{keycap[1]}{_EMOJI_STYLE}\u20e3"
    return _drawn_as_text().sub(f"\\g<0>{_EMOJI_STYLE}", bare) if _emoji_side_by_side().fullmatch(bare) else None


def _is_readable(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn") and (
        char == _EMOJI_STYLE or not is_ignorable(char)
    )


@cache
def _emoji_side_by_side() -> re.Pattern[str]:
    """Return what matches emoji, perhaps with the tags of a flag, joined by ZERO WIDTH JOINER or side by side."""
    one = f"[{_points(_DRAWN_AS_TEXT)}{_points(_DRAWN_IN_COLOUR)}](?:{_FLAG_TAGS})?"
    return re.compile(f"{one}(?:\u200d?{one})*")


@cache
def _drawn_as_text() -> re.Pattern[str]:
    """Return what finds an emoji that is drawn as text by itself, where no modifier of skin colour follows."""
    return re.compile(f"[{_points(_DRAWN_AS_TEXT)}](?![{_MODIFIERS}])")


@cache
def _stray_style() -> re.Pattern[str]:
    """Return what finds a U+FE0F that changes nothing: it does not follow an emoji which is else drawn as text."""
    return re.compile(f"(?<![{_points(_DRAWN_AS_TEXT)}0-9#*]){_EMOJI_STYLE}")


def _points(name: str) -> str:
    source = resources.files("appliance.rules").joinpath("data", name).read_text(encoding="ascii")
    ranges = " ".join(line for line in source.splitlines() if not line.startswith("#")).split()
    return "".join("-".join(chr(int(point, 16)) for point in part.split("-")) for part in ranges)
