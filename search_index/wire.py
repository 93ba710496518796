"""What travels between the appliance and the search process: MessagePack frames over a Unix socket.

Frames are `appliance.ipc`'s: one of `Request` towards the process, one of `Answer` back, in the order of the requests.
Strict and bounded; unknown fields are refused. Times are milliseconds since the
epoch (UTC); rooms, senders and types are opaque strings; `n` is a position in the room's log; cursors are positions of
the appliance's feed.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from appliance.ipc.frames import Protocol

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
MAX_ENTRIES: Final = 2_000
MAX_HITS: Final = 500
MAX_TEXTS: Final = 500

Name = Annotated[str, Meta(max_length=200)]
Position = Annotated[int, Meta(ge=0, lt=1 << 32)]
Time = Annotated[int, Meta(ge=0, lt=253_402_300_800_000)]  # up to the year 9999
Cursor = Annotated[int, Meta(ge=0, lt=1 << 62)]
Needle = Annotated[str, Meta(min_length=1, max_length=400)]


class _Private(Struct, frozen=True):
    """What people wrote or look for: it must not show in a log."""

    def __repr__(self) -> str:
        """Name the type alone."""
        return f"{type(self).__name__}(…)"


class IndexEntry(_Private, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A message to be found. `text` is as stored; `replaces` says that (room, n) was sent before with another text."""

    room: Name
    n: Position
    sender: Name
    at: Time
    text: Annotated[str, Meta(max_length=100_000)]
    type: Name
    has_link: bool = False
    replaces: bool = False


class Range(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The entries of a room from `first` to `last`, both included."""

    room: Name
    first: Position = 0
    last: Position = (1 << 32) - 1


class Add(_Private, frozen=True, tag=True, forbid_unknown_fields=True):
    """What the feed has after the cursor `after` up to `upto`: first the entries, then what is deleted.

    Answer: Received. It is idempotent: a batch that the process already has changes nothing. One that does not begin
    where the last ended is refused (Refused `gap`): ask Status and continue from its `received`. `history_id` names the
    feed's history up to `upto`, in words of the caller's own, and comes back in State. From the answer on no search
    finds what is deleted; it is deleted durably once `upto` is durable (State). After a kill before that the batch is
    sent again.
    """

    after: Cursor
    upto: Cursor
    entries: Annotated[list[IndexEntry], Meta(max_length=MAX_ENTRIES)]
    gone: Annotated[list[Range], Meta(max_length=MAX_ENTRIES)] = []
    history_id: Name = ""


class Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended: hits strictly older than this one follow."""

    at: Time
    room: Name
    n: Position


class Search(_Private, frozen=True, tag=True, forbid_unknown_fields=True, kw_only=True):
    """Candidates that may hold all `needles` (of `query.parse`), in these rooms, newest first. Answer: Found.

    `senders` and `types`: one of them; None for any. `since` and `until`: `since <= at < until`. Without needles,
    everything that the filters leave.
    """

    needles: Annotated[list[Needle], Meta(max_length=16)]
    rooms: Annotated[list[Name], Meta(max_length=100_000)]
    senders: Annotated[list[Name], Meta(max_length=100_000)] | None = None
    types: Annotated[list[Name], Meta(max_length=100)] | None = None
    since: Time = 0
    until: Time = 253_402_300_799_999
    has_link: bool | None = None
    before: Before | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS)] = 50


class Text(_Private, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A text as stored, which ends with the names of files, each on a line of its own."""

    text: Annotated[str, Meta(max_length=100_000)]
    names: Annotated[list[Annotated[str, Meta(max_length=1_000)]], Meta(max_length=100)] = []

    @property
    def words(self) -> str:
        """What stands before the names."""
        return self.text.removesuffix("\n".join(self.names)).removesuffix("\n") if self.names else self.text


class Look(_Private, frozen=True, tag=True, forbid_unknown_fields=True):
    """Texts as stored; of each that has all `needles` (of `query.parse`), what to show. Answer: Looked.

    Ends early, but after one text at least, when `enough` have them or the process has used `budget_s` seconds of CPU.
    """

    needles: Annotated[list[Needle], Meta(max_length=16)]
    texts: Annotated[list[Text | None], Meta(max_length=MAX_TEXTS)]
    enough: Annotated[int, Meta(ge=1)]
    budget_s: Annotated[float, Meta(le=10)]


class Status(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """How far the index is. Answer: State."""


class Rebuild(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Forget everything; the feed is to be sent again from its beginning. Answer: Done."""


Request = Add | Search | Look | Status | Rebuild


class Received(Struct, frozen=True, tag=True):
    """Up to where the feed is received: findable, though not yet durable."""

    received: int


class Hit(Struct, frozen=True, array_like=True):
    """A candidate."""

    room: str
    n: int
    at: int
    sender: str


class Found(Struct, frozen=True, tag=True):
    """Candidates, newest first (by at, room, n). `more`: there are older ones; ask again with `before` the last."""

    hits: list[Hit]
    more: bool


class Cut(_Private, frozen=True, array_like=True):
    """What to show of a text's words, as `snippet.Snippet`; and what to mark in each of its names, in their order."""

    text: str
    highlights: list[tuple[int, int]]
    names: list[list[tuple[int, int]]] = []


class Looked(_Private, frozen=True, tag=True):
    """For each text that was looked at, in order, what to show, or None; and the seconds of CPU that it took."""

    cuts: list[Cut | None]
    used_s: float


class State(Struct, frozen=True, tag=True):
    """How far the index is. After a crash it continues from `durable`; `received` is what searches see now.

    `history_id`: that of the last batch received. Where the feed has another one at `received`, it is another feed.
    """

    received: int
    history_id: str
    durable: int
    entries: int
    segments: int
    bytes_on_disk: int


class Done(Struct, frozen=True, tag=True):
    """It is done."""


class Refused(Struct, frozen=True, tag=True):
    """It is not done: `gap`, `malformed`, `too_large` (a frame over MAX_FRAME_BYTES), `storage` (the disk refused: ask
    again later), `failed` (a fault of the process, which it has logged), or `damaged` (the index was damaged and is
    empty now: send the feed again).
    """

    code: str


Answer = Received | Found | Looked | State | Done | Refused

PROTOCOL: Final[Protocol[Request, Answer]] = Protocol(
    requests=msgspec.msgpack.Decoder(Request),
    answers=msgspec.msgpack.Decoder(Answer),
    refused=Refused,
    max_frame_bytes=MAX_FRAME_BYTES,
)
