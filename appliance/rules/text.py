"""What may stand in any text that a person, a file or another appliance sends.

Owns the one rule for every edge (requests, queries, paths, stream frames, import files, command line):
- no control characters but tab, line feed and carriage return, no noncharacters, no lone surrogates: XML cannot carry
  them, terminals obey them, nobody sees them;
- at most 30 combining marks or format characters in a row (UAX #15 D4), so that every form of it costs its length;
- embeddings and isolates of writing direction at most 125 deep (UAX #9 BD2). What is left open is closed by
  `closed_directions`, so that a text turns nothing but itself wherever it is shown.

Also owns what can be seen (`has_visible`), a reason or note as it is kept (`written`), and a single line as directories
write it (`one_line`). Otherwise a text is kept as it was typed. Pure; each function takes time in proportion to the
text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.model import MAX_MESSAGE_LENGTH
from appliance.rules.log_texts import FORBIDDEN
from appliance.spelling.ignorable import EMPTY_LETTERS, is_ignorable
from appliance.spelling.stream_safe import is_stream_safe

DEEPEST_DIRECTION: Final = 125

_DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]|[\n\r\x1c-\x1e\x85\u2029]")
_ANY_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_HAS_DIRECTION: Final = re.compile("[\u202a\u202b\u202d\u202e\u2066-\u2068]")
_EMBEDDINGS: Final = "\u202a\u202b\u202d\u202e"
_ISOLATES: Final = "\u2066\u2067\u2068"
_POP_EMBEDDING: Final = "\u202c"
_POP_ISOLATE: Final = "\u2069"


class TextFault(StrEnum):
    """Why a text cannot be taken; the texts are in the locale under these codes."""

    CHARACTER = "text_character"
    MARKS = "text_marks"
    DIRECTIONS = "text_directions"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text. `character` is the code point as `U+0007`, `place` counts characters from 1.

    Both say nothing (empty, 0) where no single character is at fault.
    """

    code: TextFault
    character: str = ""
    place: int = 0


def fault_of(text: str) -> Fault | None:
    """Return why a text may not be taken from anywhere, or None."""
    # What is printable is nothing of what is looked for below but marks, and nearly all that people send is printable.
    if text.replace("\n", " ").isprintable():
        return None if is_stream_safe(text) else Fault(TextFault.MARKS)
    if found := FORBIDDEN.search(text):
        return Fault(TextFault.CHARACTER, code_point(found.group()), found.start() + 1)
    if not is_stream_safe(text):
        return Fault(TextFault.MARKS)
    if _HAS_DIRECTION.search(text) and _paragraphs(text) is None:
        return Fault(TextFault.DIRECTIONS)
    return None


def code_point(character: str) -> str:
    """Return how Unicode names a character by number: `U+00A0`."""
    return f"U+{ord(character):04X}"


def closed_directions(text: str) -> str:
    """Return `text` with every embedding and isolate closed at the end of its paragraph, where UAX #9 ends it.

    A text nested deeper than allowed, which no edge lets in, loses what turns its direction.
    """
    if _HAS_DIRECTION.search(text) is None:
        return text
    paragraphs = _paragraphs(text)
    if paragraphs is None:
        return _ANY_DIRECTION.sub("", text)
    written: list[str] = []
    done = 0
    for end, is_open in paragraphs:
        written += (text[done:end], *(_closing(mark) for mark in reversed(is_open)))
        done = end
    return "".join(written)


def written(text: str) -> str:
    """Return what a person wrote to others beside messages (a reason, a note), as it is kept.

    Without what surrounds it, its directions closed; "" where nothing of it can be seen.
    """
    return closed_directions(text.strip()) if has_visible(text) else ""


def is_message(text: str) -> bool:
    """Return whether a message may have this text as it is kept: something to read in it, and not too long.

    What closes a direction is not counted, since `closed_directions` adds it to what was typed.
    """
    if len(text) > MAX_MESSAGE_LENGTH:
        closing = text.count(_POP_EMBEDDING) + text.count(_POP_ISOLATE)
        if len(text) - closing > MAX_MESSAGE_LENGTH:
            return False
    return has_visible(text)


def has_visible(text: str) -> bool:
    """Return whether a text has at least one character that can be seen standing alone: a letter, number or sign."""
    return any(map(is_visible, text))


def is_visible(character: str) -> bool:
    """Return whether a character can be seen standing alone; combining marks, spaces and format characters cannot."""
    return unicodedata.category(character)[0] in "LNPS" and character not in EMPTY_LETTERS


def one_line(text: str) -> str:
    """Return a value of a directory as it is kept: each kind of space a space, what draws nothing left out."""
    return "".join(
        " " if character.isspace() else character for character in text if not is_ignorable(character)
    ).strip()


def unprintable(text: str) -> Fault | None:
    """Return the first character of a line that cannot be shown, or None."""
    for place, character in enumerate(text, 1):
        if not character.isprintable():
            return Fault(TextFault.CHARACTER, code_point(character), place)
    return None


def _paragraphs(text: str) -> list[tuple[int, list[str]]] | None:
    """Return where each paragraph ends and what it leaves open (UAX #9 X1 to X8); None for one nested too deep."""
    found: list[tuple[int, list[str]]] = []
    is_open: list[str] = []
    isolates = 0
    for mark in _DIRECTIONS.finditer(text):
        character = mark.group()
        if character in _EMBEDDINGS or character in _ISOLATES:
            is_open.append(character)
            isolates += character in _ISOLATES
            if len(is_open) > DEEPEST_DIRECTION:
                return None
        elif character == _POP_EMBEDDING:
            if is_open and is_open[-1] in _EMBEDDINGS:
                is_open.pop()
        elif character == _POP_ISOLATE:
            # The isolates are counted, so that a closer which closes nothing looks at nothing.
            if isolates:
                isolates -= 1
                while is_open.pop() not in _ISOLATES:
                    pass
        else:
            found.append((mark.start(), is_open))
            is_open, isolates = [], 0
    return [*found, (len(text), is_open)]


def _closing(opening: str) -> str:
    return _POP_ISOLATE if opening in _ISOLATES else _POP_EMBEDDING
