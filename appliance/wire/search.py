"""Searching: what is asked and what is found."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.wire.common import Answer, Id, Millis, Person, Position, Request
from appliance.wire.cursors import Cursor
from appliance.wire.files import Form


class SearchQuery(Request, kw_only=True):
    """All filters must hold. `from` and `to` bound the time: from <= at < to. `unit` includes the units below it.

    A message is found by its words and the names of its files. `type` asks for messages with a file of this form, and
    `text` for those without files; `has_file` for messages with files, or without.
    """

    q: Annotated[str, Meta(max_length=400)] = ""
    room: Id | None = None
    sender: Person | None = None
    unit: Id | None = None
    from_: Millis | None = msgspec.field(default=None, name="from")
    to: Millis | None = None
    type: Literal["text", "picture", "video", "sound", "voice", "document"] | None = None
    has_link: bool | None = None
    has_file: bool | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 30


class HitFile(Answer, kw_only=True):
    """A file of a message that was found, `highlights` in its `name`."""

    name: str
    form: Form
    highlights: list[tuple[int, int]]


class Hit(Answer, kw_only=True):
    """A message found, with its files. `snippet` is cut from its words, and empty where it has none.

    `highlights` are (start, end) in UTF-16 code units as JavaScript counts them.
    """

    room: Id
    n: Position
    at: Millis
    sender: Person
    snippet: str
    highlights: list[tuple[int, int]]
    files: list[HitFile] = []


class Found(Answer, kw_only=True):
    """Newest first. `cursor` asks for what is older. `suggestion` is the query in the other keyboard layout."""

    hits: list[Hit]
    cursor: Cursor | None = None
    suggestion: str | None = None
