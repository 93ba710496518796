"""Names in evidence: a room's id, the origin line of its checkpoints, the name of an agency's log key.

Source: docs/evidence.md. The id is a hash of the create header, so it cannot be squatted
and proves which entry began the room. A log key is `DOMAIN/a/SLUG/log`: its name says for which agency it may sign. It
signs origins of its own DOMAIN, and entry 0 of a room it signs must name the agency SLUG (`or`); `verifier` refuses
anything else.
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


def replica_origin(domain: str, agency: str, room: str) -> str:
    """Origin line of an agency's own checkpoints of a room that another one orders: its replica, for itself alone."""
    return f"{domain}/a/{agency}/replica/{room}"


def log_key_name(domain: str, agency: str) -> str:
    """Name of the key that signs an agency's logs, e.g. `gchat.test/a/moc/log`; `agency` is the slug."""
    return f"{domain}/a/{agency}/log"


def audit_origin(domain: str, agency: str) -> str:
    """Origin line of the checkpoints of an agency's audit log, e.g. `gchat.test/a/moc/audit`."""
    return f"{domain}/a/{agency}/audit"


def agency_of(key_name: str) -> str:
    """Slug of the agency for which a log key signs; empty where the name is not `DOMAIN/a/SLUG/log`."""
    parts = key_name.split("/")
    return parts[2] if len(parts) == 4 and parts[1] == "a" and parts[3] == "log" else ""


def domain_of(key_name: str) -> str:
    """Domain under which a log key signs: what stands before the first slash of its name."""
    return key_name.partition("/")[0]
