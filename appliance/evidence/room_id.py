"""Names a room gives itself: its id and the origin line of its checkpoints (`federation.md` §5.1).

The id is a hash of the create header, so it cannot be squatted and proves which entry began the room.
"""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256


def room_id(create_header: bytes) -> str:
    """Id of the room that `create_header` (exact canonical bytes) creates: `r_` and 26 lower-case base32 letters."""
    return "r_" + b32encode(sha256(create_header).digest())[:26].decode("ascii").lower()


def checkpoint_origin(prefix: str, room: str, epoch: int) -> str:
    """Origin line of the room's checkpoints, e.g. `gchat.test/room/r_…/e1`; `epoch` counts hub transfers from 1."""
    return f"{prefix}/room/{room}/e{epoch}"
