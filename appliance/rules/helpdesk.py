"""The three lines that say where staff get help; an administrator sets them and the sign-in page shows them.

Pure: takes what was typed in, returns the value or the name of the field that is wrong. Everybody can read these lines
before signing in, so each is one short line, and a telephone number or mail address that people can click is nothing
else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from appliance.rules.text import one_line, unprintable

LONGEST: Final = 120
_PHONE: Final = re.compile(r"[0-9+(][0-9+(), -]*( ?(ต่อ|ext\.?) ?[0-9 ,-]+)?")
# What a `mailto:` link takes as it is (RFC 6068 section 2): no character that begins a further field of it.
_EMAIL: Final = re.compile(r"[a-zA-Z0-9._+'-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")

Field = Literal["phone", "email", "place"]


@dataclass(frozen=True, slots=True)
class Helpdesk:
    """Telephone, mail address and place; empty where there is none."""

    phone: str = ""
    email: str = ""
    place: str = ""


def read_helpdesk(phone: str, email: str, place: str) -> Helpdesk | Field:
    """Return the helpdesk as it is kept, or the first field that cannot be used."""
    found = Helpdesk(*(one_line(unicodedata.normalize("NFC", text)).strip() for text in (phone, email, place)))
    if found.phone and (len(found.phone) > LONGEST or not _PHONE.fullmatch(found.phone)):
        return "phone"
    if found.email and (len(found.email) > LONGEST or not _EMAIL.fullmatch(found.email)):
        return "email"
    if len(found.place) > LONGEST or unprintable(found.place):
        return "place"
    return found
