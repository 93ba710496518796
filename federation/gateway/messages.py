"""What gateway and appliance say to each other over the appliance's Unix socket.

The gateway asks, the appliance answers, over two connections of `appliance/ipc`: one carries what peers bring and ask,
the other is a long poll (`Next`) by which the appliance gives work. Both are decoded strictly.

| the gateway says | the appliance answers |
|---|---|
| `RegistryBundle`: files of a newer registry, to be verified there too | `Version`: what it has now |
| `Greet`: a link to a peer is about to be opened | `Cursors`: what to put into the greeting |
| `Opened`, `Closed`: a link to a peer is up, is gone | `Ok` |
| `Brought`: frames of a peer, parsed strictly and not judged | `Frames`: what to answer |
| `Asked`: a signed request of a peer for one of `Kind` | `Answered` |
| `Ready`: so many more frames for a peer find room | `Ok` |
| `Next`: results, and whether there is work | `Work`, at the latest after `POLL_S` |
| `Done`: results that took their time | `Ok` |

A frame is the bytes of one JSON text, as they came or are to go. The appliance gives frames for a peer only while it
has room for them: `Opened` says how many find room at first, `Ready` how many more. So what waits for a slow peer waits
in the database.

Does not: say what frames mean (`federation/protocol`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from appliance.ipc.frames import Protocol

MAX_FRAME_BYTES: Final = 8 * 1024**2
POLL_S: Final = 25.0
SOCKET: Final = "gateway.sock"
Slug = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Frame = Annotated[bytes, msgspec.Meta(max_length=1024**2)]


class Kind(StrEnum):
    """What a peer may ask for by a signed request."""

    DIRECTORY = "directory"
    CARD = "card"
    HEAD = "head"
    LOG = "log"
    BLOB = "blob"
    WITNESS = "witness"


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, tag_field="m"):
    """One message; `m` on the wire says which."""


class RegistryBundle(_Message, frozen=True):
    """What another verifier needs to reach the newest registry: files by name."""

    files: dict[str, bytes]


class Greet(_Message, frozen=True):
    """A link to a peer is about to be greeted."""

    peer: Slug


class Opened(_Message, frozen=True):
    """A peer has greeted: what it has of us, how far its clock is from ours, how many frames find room."""

    peer: Slug
    version: int
    skew_ms: int
    registry: int
    has: int
    statements: int
    room: int


class Closed(_Message, frozen=True):
    """The link to a peer is gone."""

    peer: Slug
    why: str


class Brought(_Message, frozen=True):
    """Frames of a peer, in order."""

    peer: Slug
    frames: tuple[Frame, ...]


class Asked(_Message, frozen=True):
    """A request of a peer whose signature was checked; `target` holds what path and query say."""

    peer: Slug
    kind: Kind
    target: dict[str, str]
    body: bytes


class Ready(_Message, frozen=True):
    """So many more frames for a peer find room."""

    peer: Slug
    frames: int


class Sealed(_Message, frozen=True):
    """The seals of a job's headers, each the canonical bytes of one."""

    job: int
    seals: tuple[bytes, ...]


class Signed(_Message, frozen=True):
    """A statement (JSON)."""

    job: int
    statement: bytes


class Cosigned(_Message, frozen=True):
    """A cosignature's line."""

    job: int
    line: str


class Fetched(_Message, frozen=True):
    """What a peer answered."""

    job: int
    status: int
    body: bytes


class Failed(_Message, frozen=True):
    """A job that was not done: `no_key`, `no_peer`, `unreachable`, `refused`."""

    job: int
    why: str


Result = Sealed | Signed | Cosigned | Fetched | Failed


class Next(_Message, frozen=True):
    """Is there work? With results of work given before."""

    done: tuple[Result, ...] = ()


class Done(_Message, frozen=True):
    """Results of work given before."""

    done: tuple[Result, ...]


class Outgoing(_Message, frozen=True):
    """A frame for a peer."""

    peer: Slug
    frame: Frame


class Seal(_Message, frozen=True):
    """Headers of one room to seal as one batch."""

    job: int
    headers: tuple[bytes, ...]


class SignStatement(_Message, frozen=True):
    """A statement to sign with the gateway key, by its type and its payload (canonical JSON)."""

    job: int
    type: str
    payload: str


class Cosign(_Message, frozen=True):
    """The text of a checkpoint to cosign with the witness key: the appliance has verified what it says."""

    job: int
    text: str


class Fetch(_Message, frozen=True):
    """A signed request to a peer."""

    job: int
    peer: Slug
    kind: Kind
    target: dict[str, str]
    body: bytes


Job = Outgoing | Seal | SignStatement | Cosign | Fetch


class Version(_Message, frozen=True):
    """The version of the registry that the appliance has verified."""

    version: int


class Cursors(_Message, frozen=True):
    """What a greeting says of the appliance: the position it has of the peer, the last statement it has of it."""

    has: int
    statements: int


class Frames(_Message, frozen=True):
    """Frames to answer with."""

    frames: tuple[Frame, ...] = ()


class Answered(_Message, frozen=True):
    """An answer to a peer's request."""

    status: int
    body: bytes
    media_type: str = "application/json"


class Work(_Message, frozen=True):
    """What there is to do, in order."""

    jobs: tuple[Job, ...] = ()


class Ok(_Message, frozen=True):
    """Noted."""


class Refused(_Message, frozen=True):
    """A request that was not carried out, by its code."""

    code: str


Request = RegistryBundle | Greet | Opened | Closed | Brought | Asked | Ready | Next | Done
Answer = Version | Cursors | Frames | Answered | Work | Ok | Refused

PROTOCOL: Final[Protocol[Request, Answer]] = Protocol(
    msgspec.msgpack.Decoder(Request), msgspec.msgpack.Decoder(Answer), Refused, MAX_FRAME_BYTES
)
