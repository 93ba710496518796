"""Files on the wire: as a message carries them, as uploads on their way, and the events that tell of both."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from appliance.attachments import MAX_FILE_NAME
from appliance.wire.common import Answer, Id, Limit, Millis, Person, Position, Request
from appliance.wire.cursors import Cursor

FileState = Literal[
    "pending",
    "clean",
    "infected",
    "released",
    "unscannable",
    "too_big",
    "damaged",
    "remote",
    "fetching",
    "unavailable",
    "removed",
    "gone",
]
"""What the scan says of a file, or why its bytes are not to be had.

`released`: a virus was found, and two people who answer for it let the file be opened. `damaged`: the bytes do not
open, until they are restored. `gone`: the key or the bytes were destroyed.
"""
Form = Literal["picture", "video", "sound", "voice", "document"]
Bytes = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Pixels = Annotated[int, Meta(ge=1, le=1_000_000)]


class Variant(Answer, kw_only=True):
    """What was made of a file to be shown in its place, read like a file by its own `id`. `page` counts from 1."""

    kind: Literal["thumb", "view", "poster", "audio", "page"]
    id: Id
    type: str
    size: Bytes
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    page: int | None = None


class FileFacts(Answer, kw_only=True):
    """What this appliance has found out about a file, which may change after the message was sent.

    `held`: only its sender may open it, until the scan has ended. `opens`: a file that is held opens after a while even
    if nobody has scanned it by then (`files.scan_wait_s`). `scanner`: why a file that is `pending` is not being
    scanned: the scanner cannot be asked at present, or the agency scans no files. `preparing`: variants are still being
    made. `width` and `height` are of the upright picture in pixels; before it was looked at, what the sender's device
    said. `waveform` has 100 values from 0 to 100.
    """

    state: FileState
    held: bool = False
    opens: bool = False
    scanner: Literal["away", "off"] | None = None
    preparing: bool = False
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    pages: int | None = None
    waveform: list[int] | None = None
    variants: list[Variant]


class FileView(FileFacts, kw_only=True):
    """A file of a message: what the message says of it, and beside it what is known of it now.

    `original`: sent as the device wrote it, which may say where and with what it was made.
    """

    id: Id
    name: str
    type: str
    size: Bytes
    form: Form
    original: bool = False
    label: int = 0


class FileChanged(Answer, kw_only=True):
    """The file `id` of message `n` has new facts, which replace all those that were known before."""

    n: Position
    id: Id
    facts: FileFacts


class RoomFile(Answer, kw_only=True):
    """A file of a room, with the message that carries it."""

    n: Position
    at: Millis
    sender: Person
    file: FileView


class RoomFiles(Answer, kw_only=True):
    """Files of a room, the newest first. `cursor` asks for what follows."""

    files: list[RoomFile]
    cursor: Cursor | None = None


class RoomFilesQuery(Request, kw_only=True):
    """`form` leaves out those of other forms."""

    form: Form | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class Space(Answer, kw_only=True):
    """Bytes of files that are used, uploads on their way included, and may be; `limit` is null where there is none."""

    used: Bytes
    limit: Bytes | None


class OwnSpace(Answer, kw_only=True):
    """How much room the caller's files take: their own of this `year` (of the common era), and those of their unit.

    `left`: the bytes that the next file may have, by whichever limit leaves least, the agency's and the disk's too.
    """

    year: int
    own: Space
    unit: Space | None
    left: Bytes


class UploadChanged(Answer, kw_only=True):
    """An upload of the caller is ready, or was refused after its last byte; `refused` is the reason's code."""

    id: Id
    state: Literal["preparing", "ready", "refused"]
    refused: str | None = None


class UploadMetadata(Request, kw_only=True):
    """What the header `Upload-Metadata` says of a file, each value in base64. Without `room` it is for one's own card.

    `original`: the bytes are to stay as they are, with whatever they say of place and device. `width` and `height`
    (pixels) and `seconds` are what the sender's device found.
    """

    name: Annotated[str, Meta(min_length=1, max_length=MAX_FILE_NAME)]
    type: str = "application/octet-stream"
    room: Id | None = None
    label: Annotated[int, Meta(ge=0, le=9)] = 0
    form: Form = "document"
    original: bool = False
    width: Pixels | None = None
    height: Pixels | None = None
    seconds: Annotated[float, Meta(ge=0, le=1e6)] | None = None


class UploadView(Answer, kw_only=True):
    """An upload as it stands: `offset` bytes are kept, sealed and on disk. `file` is what a message would carry."""

    id: Id
    state: Literal["receiving", "preparing", "ready", "refused"]
    name: str
    type: str
    size: Bytes
    offset: Bytes
    expires_at: Millis
    refused: str | None = None
    file: FileView | None = None
