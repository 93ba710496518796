"""The texts people read, in Thai and English: one JSON file a language, keyed by the stable code.

One catalogue for everything the product says on its own: answers to errors, refusals of keys, faults that a
verification finds, the command line and the configuration. The offline verifier alone has its own: it stands without
this package.

Owns lookup and the choice of a language from `Accept-Language`; Thai is the default. `{name}` in a text is filled from
the error's details. A test holds that every code has both languages with the same blanks.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final, Literal

Language = Literal["th", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("th", "en")


@cache
def texts(language: Language) -> dict[str, str]:
    """Return all texts of a language by code."""
    source = resources.files("appliance.locale").joinpath(f"{language}.json")
    loaded: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return loaded


def text(code: str, language: Language, **detail: str | int) -> str:
    """Return the text of `code`; an unknown code reads as the general fault rather than failing again."""
    known = texts(language)
    return known.get(code, known["internal"]).format(**detail)


def both(code: str, /, **detail: object) -> str:
    """Return the text of `code` in Thai and English on one line, for the terminal and the log. Raises KeyError."""
    return " — ".join(texts(language)[code].format(**detail) for language in LANGUAGES)


def language_of(accept_language: str | None) -> Language:
    """Pick Thai or English from an `Accept-Language` header (RFC 9110 §12.5.4); Thai unless English is preferred."""
    best: tuple[float, Language] = (0.0, "th")
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        primary = tag.lower().split("-")[0]
        if primary not in ("th", "en"):
            continue
        quality = parameters.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if weight > best[0]:
            best = (weight, "th" if primary == "th" else "en")
    return best[1]
