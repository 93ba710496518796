"""One spelling for what reads the same: the text that is searched, and the text that is searched for.

Owns the rules of the specification, search.md «Text» 1, in this order:
1. letter case folded; Thai digits as Arabic ones; full-width forms as plain ones; zero-width characters, variation
   selectors and other invisible ones dropped; every white space a space;
2. NFC; of more than 30 marks in a row the first 30, before and after (`stream_safe`), so that it costs its length;
3. Thai marks as one reads them: SARA AM typed as two marks is one, a tone mark follows the vowel it stands on and
   precedes SARA AM (ก้ำ = กำ้), a mark typed twice counts once;
4. เเ is แ; runs of spaces are one space.

Example: `normalize("เเม่น้ํา ๒๕๖๗")` is `"แม่น้ำ 2567"`.

Dates: `other_era` gives a second reading of a text in which every year that stands in a date is told in the other
calendar, so that 12/3/2567 is found by 12/3/2024 and the other way round. It is as long as the first, so offsets hold.

Pure. The stored text is never changed; `normalize_with_origins` tells where each character came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from search_index.stream_safe import is_stream_safe, places_kept, stream_safe

VERSION: Final = 2
"""Changes with the rules: an index made under others is rebuilt."""

_SARA_AM: Final = "\u0e33"
_SARA_AA: Final = "\u0e32"
_NIKHAHIT: Final = "\u0e4d"
# The order in which the marks on one consonant are written: vowel, then shortener, tone, silencer.
_MARK_ORDER: Final = {
    **dict.fromkeys("\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a", 0),
    "\u0e47": 1,
    _NIKHAHIT: 1,
    **dict.fromkeys("\u0e48\u0e49\u0e4a\u0e4b", 2),
    "\u0e4c": 3,
    "\u0e4e": 3,
}
_MARKS: Final = "".join(_MARK_ORDER)
_MARK_RUN: Final = re.compile(f"[{_MARKS}{_SARA_AM}]{{2,}}{_SARA_AA}?|{_NIKHAHIT}{_SARA_AA}")
_DOUBLE_E: Final = re.compile("เเ")
_SPACES: Final = re.compile(" {2,}")
Piece = tuple[str, int, int]  # a character, and where in the original it begins and ends


def _plain_characters() -> dict[str, str]:
    """Return what rule 1 makes of single characters, letter case apart."""
    plain = {chr(0x0E50 + digit): str(digit) for digit in range(10)}
    for code in [*range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7)]:
        plain[chr(code)] = unicodedata.normalize("NFKC", chr(code)).strip() or " "
    spaces = [*range(0x09, 0x0E), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
    plain |= {chr(code): " " for code in spaces}
    invisible = [
        *range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x34F, 0x61C, 0x180E,
        *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF,
    ]  # fmt: skip
    return plain | {chr(code): "" for code in invisible}


_PLAIN: Final = _plain_characters()
_NOT_PLAIN: Final = re.compile("[" + "".join(re.escape(character) for character in sorted(_PLAIN)) + "]")


def normalize(text: str) -> str:
    """Return `text` in the one spelling."""
    text = _NOT_PLAIN.sub(lambda found: _PLAIN[found.group()], text.casefold())
    text = stream_safe(unicodedata.normalize("NFC", stream_safe(text)))
    text = _MARK_RUN.sub(lambda found: _ordered(found.group()), text)
    return _SPACES.sub(" ", text.replace("เเ", "แ"))


def _ordered(marks: str) -> str:
    """Return a run of marks in reading order, each once, with SARA AM last."""
    known = _ordered_runs.get(marks)
    if known is None:
        tail = _SARA_AA if marks.endswith(_SARA_AA) else ""
        single = dict.fromkeys(marks.removesuffix(tail))
        if _SARA_AM in single:
            ending = _SARA_AM + tail
        elif tail and _NIKHAHIT in single:
            ending = _SARA_AM
            del single[_NIKHAHIT]
        else:
            ending = tail
        single.pop(_SARA_AM, None)
        known = "".join(sorted(single, key=_MARK_ORDER.__getitem__)) + ending
        if len(marks) <= _LONGEST_KNOWN:
            _ordered_runs[marks] = known
    return known


# Of runs this short there are some hundred thousand, and a few dozen occur; what nobody writes is not kept.
_LONGEST_KNOWN: Final = 3
_ordered_runs: Final[dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Origins:
    """A normalised text; its character i stands for the characters from `starts[i]` up to `ends[i]` of the original."""

    text: str = field(repr=False)
    starts: Sequence[int]
    ends: Sequence[int]


def normalize_with_origins(text: str) -> Origins:
    """Return `normalize(text)` and where each of its characters came from, in characters (code points)."""
    pieces = [
        (character, place, place + 1)
        for place, original in enumerate(text)
        for folded in original.casefold()
        for character in _PLAIN.get(folded, folded)
    ]
    pieces = _bounded(_composed(_bounded(pieces)))
    pieces = _replaced(pieces, _MARK_RUN, _ordered)
    pieces = _replaced(pieces, _DOUBLE_E, lambda _: "แ")
    pieces = _replaced(pieces, _SPACES, lambda _: " ")
    return Origins("".join(p[0] for p in pieces), [p[1] for p in pieces], [p[2] for p in pieces])


def _bounded(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces that `stream_safe` keeps."""
    text = "".join(piece[0] for piece in pieces)
    return pieces if is_stream_safe(text) else [pieces[place] for place in places_kept(text)]


def _replaced(pieces: list[Piece], pattern: re.Pattern[str], by: Callable[[str], str]) -> list[Piece]:
    """Return the pieces with every match of the pattern replaced; what replaces it comes from the whole match."""
    text = "".join(piece[0] for piece in pieces)
    result: list[Piece] = []
    done = 0
    for found in pattern.finditer(text):
        result += pieces[done : found.start()]
        start, end = pieces[found.start()][1], pieces[found.end() - 1][2]
        result += [(character, start, end) for character in by(found.group())]
        done = found.end()
    return result + pieces[done:]


def _composed(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces in NFC: a base and what combines with it come from the same place."""
    text = "".join(piece[0] for piece in pieces)
    whole = unicodedata.normalize("NFC", text)
    if whole == text:
        return pieces
    for starts_run in (_at_base, _beside_space):
        result: list[Piece] = []
        run = 0
        for place in range(1, len(text) + 1):
            if place == len(text) or starts_run(text, place):
                start, end = pieces[run][1], pieces[place - 1][2]
                result += [(c, start, end) for c in unicodedata.normalize("NFC", text[run:place])]
                run = place
        if "".join(piece[0] for piece in result) == whole:
            return result
    return [(character, pieces[0][1], pieces[-1][2]) for character in whole]


def _at_base(text: str, place: int) -> bool:
    return not unicodedata.combining(text[place])


def _beside_space(text: str, place: int) -> bool:
    # Jamo and a few vowel signs combine although they are bases; a space never does, so words and spaces stay apart.
    return " " in text[place - 1 : place + 1]


_MONTHS: Final = (
    "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม"
    r"|มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา"
    r"|ม\.?ค\.?|ก\.?พ\.?|มี\.?ค\.?|เม\.?ย\.?|พ\.?ค\.?|มิ\.?ย\.?|ก\.?ค\.?|ส\.?ค\.?|ก\.?ย\.?|ต\.?ค\.?|พ\.?ย\.?|ธ\.?ค\.?"
    r"|jan(?:uary)?\.?|feb(?:ruary)?\.?|mar(?:ch)?\.?|apr(?:il)?\.?|may|june?\.?|july?\.?|aug(?:ust)?\.?"
    r"|sep(?:t|tember)?\.?|oct(?:ober)?\.?|nov(?:ember)?\.?|dec(?:ember)?\.?"
)
_ERA: Final = r"(?P<{}>[พค])(?=\.?ศ)\.?ศ\.?"
_YEAR: Final = "(?P<{}>1[89][0-9]{{2}}|20[0-5][0-9]|2[45][0-9]{{2}})(?![0-9])"
_DATE: Final = re.compile(
    rf"(?<![0-9])[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-]{_YEAR.format('y1')}"
    rf"|(?<![0-9]){_YEAR.format('y2')}[/.-][0-9]{{1,2}}[/.-][0-9]{{1,2}}(?![0-9])"
    rf"|(?:{_MONTHS})(?: ?[0-9]{{1,2}},)? ?(?:{_ERA.format('e3')})? ?{_YEAR.format('y3')}"
    rf"|{_ERA.format('e4')} ?{_YEAR.format('y4')}"
    rf"|(?:ปี|ปีงบประมาณ|ปีงบ|งบประมาณ|ปีการศึกษา) ?{_YEAR.format('y5')}"
)
_MAY_HOLD_A_YEAR: Final = re.compile("(?:1[89]|20[0-5]|2[45][0-9])[0-9]")
_ERAS_APART: Final = 543
_FIRST_BUDDHIST: Final = 2400
_LAST_CHRISTIAN: Final = 2599 - _ERAS_APART


def other_era(normalized: str) -> str | None:
    """Return a normalised text with the years of its dates in the other calendar; None where it holds no date.

    A year is one of 2400 to 2599 (Buddhist) or 1857 to 2056 (Christian) beside a day and month, the name of a month,
    «พ.ศ.», «ค.ศ.» or «ปี»: a bare number is a number.
    """
    if not _MAY_HOLD_A_YEAR.search(normalized):
        return None
    changed = _DATE.sub(_in_the_other_era, normalized)
    return None if changed == normalized else changed


def _in_the_other_era(found: re.Match[str]) -> str:
    name, digits = next((name, value) for name, value in found.groupdict().items() if value and name.startswith("y"))
    year = int(digits)
    if year >= _FIRST_BUDDHIST:
        other = year - _ERAS_APART
    elif _FIRST_BUDDHIST - _ERAS_APART <= year <= _LAST_CHRISTIAN:
        other = year + _ERAS_APART
    else:
        return found.group()
    whole = list(found.group())
    at = found.start(name) - found.start()
    whole[at : at + 4] = str(other)
    era = f"e{name[1:]}"
    if found.groupdict().get(era):
        whole[found.start(era) - found.start()] = "ค" if year >= _FIRST_BUDDHIST else "พ"
    return "".join(whole)
