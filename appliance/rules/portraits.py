"""What becomes of the photograph of somebody's card (F17).

Pure. A photograph is shown to everybody or waits for a moderator; while a new one waits, the one before it stays. A
moderator decides about the one they looked at: where the person has put another in its place, they look again.

Does not: say who may moderate (`roles.py: Duty.MODERATE_PHOTO`), nor what the scan lets be opened (`scanning.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from appliance.model import Millis, PersonId

LARGEST_PHOTO: Final = 10_000_000
"""Bytes of a picture that somebody uploads for their card."""
MOST_REASON: Final = 500
"""Characters of the reason that the person is told."""


class PhotoMode(StrEnum):
    """What an agency wants of photographs (setting `files.photos`): with a moderator, without one, or none at all."""

    MODERATED = "moderated"
    SHOWN = "shown"
    OFF = "off"


class Portrait(NamedTuple):
    """What there is of a person's photograph. `shown` and `waiting` are ids of files; `at` is when it last changed."""

    person: PersonId
    shown: str | None = None
    waiting: str | None = None
    refused: str | None = None
    at: Millis = 0

    @property
    def files(self) -> set[str]:
        """The files that this refers to."""
        return {file for file in (self.shown, self.waiting) if file is not None}


def with_new(before: Portrait, file: str, mode: PhotoMode, at: Millis) -> Portrait:
    """Return what there is once a person has chosen another picture."""
    if mode is PhotoMode.SHOWN:
        return Portrait(before.person, file, None, None, at)
    return Portrait(before.person, before.shown, file, None, at)


def approved(before: Portrait, file: str, at: Millis) -> Portrait | None:
    """Return what there is once a moderator approves, None where this picture does not wait (any more)."""
    return before._replace(shown=file, waiting=None, at=at) if before.waiting == file else None


def refused(before: Portrait, file: str, reason: str, at: Millis) -> Portrait | None:
    """Return what there is once a moderator refuses, None where this picture does not wait (any more)."""
    return before._replace(waiting=None, refused=reason, at=at) if before.waiting == file else None


def removed(before: Portrait, reason: str | None, at: Millis) -> Portrait | None:
    """Return what there is once all pictures are taken away, None where there are none.

    `reason` is a moderator's; the person themselves gives none, and leaves nothing.
    """
    if not before.files and (reason is not None or before.refused is None):
        return None
    return Portrait(before.person, None, None, reason, at)
