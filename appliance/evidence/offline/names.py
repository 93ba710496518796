"""Which key may sign what: the names of keys and logs, and how they belong together (`docs/evidence.md` §6).

- log key `DOMAIN/a/AGENCY/log`, gateway key `DOMAIN/a/AGENCY/KEY`; the registry's key for orders `DOMAIN/registry/KEY`;
- room `DOMAIN/room/ROOM/eEPOCH`, signed by the log key of the agency that is the room's hub at that entry;
- any other log `DOMAIN/a/AGENCY/…`, signed by that agency's log key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from appliance.model import AGENCY, DOMAIN

_DOMAIN: Final = f"({DOMAIN})"
_AGENCY: Final = f"({AGENCY})"
_KEY: Final = re.compile(rf"{_DOMAIN}/a/{_AGENCY}/([^/+\s]{{1,32}})")
_ORDER_KEY: Final = re.compile(rf"{_DOMAIN}/registry/([^/+\s]{{1,32}})")
_KEY_PART: Final = re.compile(r"[^/+\s\x00-\x1f]{1,32}")
_ROOM: Final = re.compile(rf"{_DOMAIN}/room/(r_[a-z2-7]{{26}})/e([1-9][0-9]{{0,8}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyName:
    """The parts of a key's name."""

    domain: str
    agency: str
    key: str


@dataclass(frozen=True, slots=True)
class RoomOrigin:
    """The parts of the origin line of a room's checkpoints; `epoch` counts hubs from 1."""

    domain: str
    room: str
    epoch: int


def is_gateway_id(text: str) -> bool:
    """Return whether the name of a gateway's key can end in this text."""
    return text != "log" and _KEY_PART.fullmatch(text) is not None


def key_name(name: str) -> KeyName | None:
    """Return the parts of the name of an agency's key, or None if it has another form."""
    found = _KEY.fullmatch(name)
    return KeyName(*found.groups()) if found else None


def order_key_id(name: str) -> str | None:
    """Return the id of one of the registry's keys for orders, or None if its name has another form."""
    found = _ORDER_KEY.fullmatch(name)
    return found[2] if found else None


def log_key_name(name: str) -> KeyName | None:
    """Return the parts of the name of a log key, or None if it has another form."""
    parts = key_name(name)
    return parts if parts and parts.key == "log" else None


def room_origin(origin: str) -> RoomOrigin | None:
    """Return the parts of a room's origin line, or None for another log."""
    found = _ROOM.fullmatch(origin)
    return RoomOrigin(found[1], found[2], int(found[3])) if found else None


def may_sign(key: KeyName, origin: str) -> bool:
    """Return whether a log key may sign this origin; for a room the agency is compared with the entries besides."""
    if room := room_origin(origin):
        return room.domain == key.domain
    return origin.startswith(f"{key.domain}/a/{key.agency}/")
