"""How administrators write times and files, and how tables and times are printed.

Times are Thai time; Buddhist years are understood.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from io import StringIO
from typing import Final

from appliance.administration.terminal import File
from appliance.errors import Invalid
from appliance.model import Millis
from appliance.rules.accounts import FORMULA_SIGNS
from appliance.rules.import_files import decode
from appliance.rules.thai_days import DAY_MS, midnight, parse_date

BANGKOK: Final = timezone(timedelta(hours=7))
_BUDDHIST_OFFSET: Final = 543


def read_text(file: File) -> str:
    """Return the text of a file that an administrator wrote, in any encoding that directory files may have.

    Raises Invalid (`file_encoding`).
    """
    text = decode(file.content)
    if text is None:
        raise Invalid(code="file_encoding", file=file.name)
    return text


def csv_line(cells: Iterable[object]) -> str:
    """Return a line of CSV, no cell of which a spreadsheet takes for a formula: an apostrophe is put before such."""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow([_harmless(str(cell)) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*FORMULA_SIGNS, "\t", "\r")) else cell


def parse_time(text: str, *, last: bool = False) -> Millis:
    """Return the time that `YYYY-MM-DD`, `D/M/YYYY` or either with `THH:MM` means in Thailand.

    Buddhist years are understood. A day alone is its beginning, or, where it is the `last` day, its end, as `to` is in
    directory files. Raises Invalid (`import_date`).
    """
    day, _, clock = text.partition("T")
    date = parse_date(day)
    try:
        at = datetime.strptime(clock or "00:00", "%H:%M").replace(tzinfo=BANGKOK).time()
    except ValueError:
        at = None
    if date is None or at is None:
        raise Invalid(text, code="import_date", value=text)
    if last and not clock:
        return midnight(date) + DAY_MS
    return midnight(date) + (at.hour * 60 + at.minute) * 60_000


def shown_end(at: Millis | None) -> str:
    """Return when something ends; midnight is the end of the day before (24:00, ISO 8601-1 §5.3.2.3)."""
    if at is None or datetime.fromtimestamp(at / 1000, BANGKOK).strftime("%H:%M") != "00:00":
        return shown(at)
    return f"{shown(at - 1).partition(' ')[0]} 24:00"


def shown(at: Millis | None) -> str:
    """Return a time as Thai people write it."""
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at / 1000, BANGKOK)
    return f"{local.day:02}/{local.month:02}/{local.year + _BUDDHIST_OFFSET} {local:%H:%M}"
