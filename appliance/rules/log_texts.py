"""What the texts of an entry may hold: the rules that every replica and every verifier applies alike.

A rule set never changes (decision 24), so nothing here depends on the version of Unicode that a Python has: plain sets
of code points, the same as in `docs/evidence.md`. What people may type is narrower (`text.py`, `names.py`); all that
those allow is allowed here. Pure; the standard library alone, since the offline verifier uses it too.
"""

from __future__ import annotations

import re
from typing import Final

MAX_NAME_LENGTH: Final = 120
MAX_CARD_LENGTH: Final = 640
"""Characters of a name, unit or post on a card: three columns of an import file (`import_files.py`), joined."""
MAX_RULE_LENGTH: Final = 200
MAX_REACTION_LENGTH: Final = 32
MAX_NOTE_LENGTH: Final = 1_000
"""Characters of a reason: 500 that people may type, each of which may open a direction that is closed at its end."""

FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Control characters but tab, line feed, carriage return and U+0085, lone surrogates, noncharacters."""
_ID: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_ENDS_LINE: Final = re.compile("[\t\n\r\x85\u2028\u2029]")
_SEEN: Final = re.compile(
    "[^\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EMOJI: Final = "\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001ffff"
_REACTION: Final = re.compile(f"[0-9#*]\ufe0f?\u20e3|[{_EMOJI}][{_EMOJI}\u200d\ufe0f\U000e0020-\U000e007f]*")


def is_text(text: str) -> bool:
    """Return whether a text holds no character that nobody may send."""
    return text.isprintable() or FORBIDDEN.search(text) is None


def is_line(text: str, longest: int) -> bool:
    """Return whether a text is one line of at most so many characters; it may be empty."""
    return len(text) <= longest and is_text(text) and _ENDS_LINE.search(text) is None


def is_id(text: str) -> bool:
    """Return whether this has the shape of an id: of an entry, or of a post."""
    return _ID.fullmatch(text) is not None


def is_note(text: str) -> bool:
    """Return whether this may be a reason; it may be empty, and have several lines."""
    return len(text) <= MAX_NOTE_LENGTH and is_text(text)


def is_name(text: str, longest: int = MAX_NAME_LENGTH) -> bool:
    """Return whether a text is a line with something in it that can be seen (F36)."""
    return is_line(text, longest) and _SEEN.search(text) is not None


def is_card_name(text: str) -> bool:
    """Return whether this may be the name on a card."""
    return is_name(text, MAX_CARD_LENGTH)


def is_card_line(text: str) -> bool:
    """Return whether this may be the unit or post on a card."""
    return is_line(text, MAX_CARD_LENGTH)


def is_old_name(text: str) -> bool:
    """Return whether this may be the name that a room had; it may be empty."""
    return not text or is_name(text)


def is_rule(text: str) -> bool:
    """Return whether this may name a rule of retention."""
    return is_name(text, MAX_RULE_LENGTH)


def is_reaction(text: str) -> bool:
    """Return whether this has the shape of a reaction: emoji and what joins and styles them, or one keycap (C10)."""
    return len(text) <= MAX_REACTION_LENGTH and _REACTION.fullmatch(text) is not None
