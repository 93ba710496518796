"""What an agency takes from others, how much it may send, and whom to ask there: parts of its entry in the registry.

Does not hold anybody to them (`federation.gateway`, rules).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from appliance.evidence.canonical import MAX_INT

MAX_AGENCIES: Final = 10_000
EVERYBODY: Final = "*"
CLASSES: Final = ("official", "confidential", "secret", "top-secret")
"""What a room may carry at most, in rising order: each stands for the label of its place."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the document; keys that are not declared are of a later release."""


class Policy(Part, frozen=True, kw_only=True):
    """What an agency takes from others: from whom (`*` is everybody), rooms up to which class, bytes of a file."""

    accept_from: Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(max_length=MAX_AGENCIES)] = msgspec.field(
        default_factory=lambda: [EVERYBODY]
    )
    max_class: Annotated[str, Meta(max_length=32)] = "official"
    media_max: Annotated[int, Meta(ge=0, le=MAX_INT)] = 100 * 1024 * 1024
    dir: Annotated[str, Meta(max_length=16)] = "ask"

    @property
    def highest(self) -> int:
        """The highest label of a room that it takes; a class that this release does not know is the lowest."""
        return CLASSES.index(self.max_class) if self.max_class in CLASSES else 0


class Quota(Part, frozen=True, kw_only=True):
    """How much an agency may send to each other one: entries a second, at once, and rooms."""

    ev_s: Annotated[int, Meta(ge=1, le=1_000_000)] = 500
    burst: Annotated[int, Meta(ge=1, le=10_000_000)] = 5_000
    rooms: Annotated[int, Meta(ge=1, le=10_000_000)] = 20_000


class Legal(Part, frozen=True, kw_only=True):
    """Whom to ask at the agency: its data protection officer, and who answers requests for disclosure."""

    dpo: Annotated[str, Meta(max_length=200)] = ""
    disclosure: Annotated[str, Meta(max_length=200)] = ""
