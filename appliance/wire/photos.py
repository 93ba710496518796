"""Photographs of people's cards on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from appliance.wire.common import Answer, Id, Millis, Person, Request

PhotoMode = Literal["moderated", "shown", "off"]


class PhotoChoice(Request, kw_only=True):
    """`upload` is a picture that the caller has uploaded without a room."""

    upload: Id


class PhotoQuery(Request, kw_only=True):
    """`size` is how many pixels each side has to have; `of` is the photograph that a card names."""

    size: Annotated[int, Meta(ge=1, le=2048)] = 512
    of: Id | None = None
    waiting: bool = False


class PhotoToJudge(Answer, kw_only=True):
    """A photograph that waits for a moderator: whose, which, since when; `shown` is the one before it."""

    person: Person
    name: str
    name_en: str | None = None
    unit: str | None = None
    unit_en: str | None = None
    post: str | None = None
    post_en: str | None = None
    photo: Id
    at: Millis
    shown: Id | None = None


class PhotosToJudge(Answer, kw_only=True):
    """Photographs that the caller may judge, the longest waiting first; `waiting` counts them all."""

    photos: list[PhotoToJudge]
    waiting: int


class PhotoJudgement(Request, kw_only=True):
    """What a moderator has decided about the photograph that they looked at. A refusal needs a `reason`."""

    photo: Id
    outcome: Literal["granted", "refused"]
    reason: Annotated[str, Meta(max_length=500)] = ""


class OwnPhoto(Answer, kw_only=True):
    """The caller's photograph: the one that others are shown, one that waits for a moderator, why one was refused.

    `mode` is what the agency wants of photographs; with `off` nobody is shown any.
    """

    mode: PhotoMode
    shown: Id | None = None
    waiting: Id | None = None
    refused: str | None = None
