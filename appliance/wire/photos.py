"""Photographs of people's cards on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from appliance.wire.common import Answer, Id, Request

PhotoMode = Literal["moderated", "shown", "off"]


class PhotoChoice(Request, kw_only=True):
    """`upload` is a picture that the caller has uploaded without a room."""

    upload: Id


class PhotoQuery(Request, kw_only=True):
    """`size` is how many pixels each side has to have; `of` is the photograph that a card names."""

    size: Annotated[int, Meta(ge=1, le=2048)] = 512
    of: Id | None = None
    waiting: bool = False


class OwnPhoto(Answer, kw_only=True):
    """The caller's photograph: the one that others are shown, one that waits for a moderator, why one was refused.

    `mode` is what the agency wants of photographs; with `off` nobody is shown any.
    """

    mode: PhotoMode
    shown: Id | None = None
    waiting: Id | None = None
    refused: str | None = None
