"""Epoch keys: one per room, ISO week in UTC, kind and generation; and the bodies sealed under them.

Destroying an epoch key destroys its bodies wherever they were written. The agency key wraps each epoch key, bound to
its epoch, so a wrapped key moved to another room, week or kind does not open. The store keeps the wrapped keys and
forgets one to destroy it.

A sealed body is: format byte (1), 12 random bytes of nonce, then under AES-256-GCM a length byte, the salt of the
body's commitment and the body. The associated data is the caller's (the entry's place), so a body moved between rows
does not open. With random nonces one key may seal 2^32 bodies (NIST SP 800-38D §8.3); a room has a new key every week.

Does not: keep keys, choose what is destroyed, read the clock.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.errors import KeyDestroyed, WrongKey
from appliance.vault.refusals import Reason, wrong
from appliance.vault.wrapping import RandomBytes, new_key, unwrap_key, wrap_key

EpochKind = Literal["text", "file", "location", "secret"]
KINDS: frozenset[str] = frozenset(("text", "file", "location", "secret"))

_MS_PER_DAY = 86_400_000
_UNIX_EPOCH_DAY = date(1970, 1, 1).toordinal()
_WEEK = re.compile(r"\d{4}-W(?:0[1-9]|[1-4]\d|5[0-3])", re.ASCII)
_FORMAT = b"\x01"
_NONCE_END = 13
_MAX_SALT_LENGTH = 255


@dataclass(frozen=True, slots=True)
class EpochId:
    """What one epoch key covers. `week` is the ISO 8601 week in UTC, such as `2026-W48`. Raises ValueError."""

    room: str
    week: str
    kind: EpochKind

    def __post_init__(self) -> None:
        if not self.room or "\0" in self.room or not _WEEK.fullmatch(self.week) or self.kind not in KINDS:
            raise ValueError(f"no epoch: {self.room!r} {self.week!r} {self.kind!r}")

    @classmethod
    def stored(cls, room: str, week: str, kind: str) -> EpochId:
        """The epoch that a stored row names. Raises WrongKey (`seal_broken`) where there is no such epoch."""
        try:
            return cls(room, week, cast("EpochKind", kind))
        except ValueError:
            raise wrong(Reason.SEAL_BROKEN) from None

    @property
    def bound(self) -> bytes:
        """The associated data of the wrapped key; no two epochs share one."""
        return f"gchat-epoch/1\0{self.room}\0{self.week}\0{self.kind}".encode()


def iso_week(ms: int) -> str:
    """The ISO 8601 week, in UTC, of a time in milliseconds since the Unix epoch: `2027-01-01` is in `2026-W53`."""
    return _week_of_day(ms // _MS_PER_DAY)


@lru_cache(maxsize=64)
def _week_of_day(day: int) -> str:
    # Asked several times for every message, nearly always about today.
    year, week, _ = date.fromordinal(_UNIX_EPOCH_DAY + day).isocalendar()
    return f"{year:04d}-W{week:02d}"


def new_epoch_key(random: RandomBytes = os.urandom) -> bytes:
    """32 random bytes."""
    return new_key(random)


def wrap(agency_key: bytes, epoch: EpochId, key: bytes, random: RandomBytes = os.urandom) -> bytes:
    """`key` as the store keeps it (61 bytes)."""
    return wrap_key(agency_key, epoch.bound, key, random)


def unwrap(agency_key: bytes, epoch: EpochId, wrapped: bytes | None) -> bytes:
    """The epoch key. Raises KeyDestroyed for None, what the store has once the key is destroyed; WrongKey."""
    if wrapped is None:
        raise KeyDestroyed(room=epoch.room, week=epoch.week, kind=epoch.kind)
    return unwrap_key(agency_key, epoch.bound, wrapped)


def unwrap_any(agency_keys: Sequence[bytes], epoch: EpochId, wrapped: bytes | None) -> bytes:
    """The epoch key, wrapped under one of the keys that are valid now. Raises as `unwrap` for the last of them."""
    *others, last = agency_keys
    for key in others:
        with suppress(WrongKey):
            return unwrap(key, epoch, wrapped)
    return unwrap(last, epoch, wrapped)


class EpochCipher:
    """An epoch key made ready once, for the many bodies of its week. Safe to share between threads."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal_body(self, aad: bytes, salt: bytes, body: bytes, random: RandomBytes = os.urandom) -> bytes:
        """`body` and the salt of its commitment (at most 255 bytes), sealed to the place `aad` names."""
        if len(salt) > _MAX_SALT_LENGTH:
            raise ValueError("the salt of a body is at most 255 bytes")
        nonce = random(12)
        return b"%b%b%b" % (_FORMAT, nonce, self._aead.encrypt(nonce, b"%c%b%b" % (len(salt), salt, body), aad))

    def open_body(self, aad: bytes, sealed: bytes) -> tuple[bytes, bytes]:
        """The salt and the body. Raises WrongKey (`seal_broken`) for another key or place, or altered bytes."""
        if sealed[:1] != _FORMAT:
            raise wrong(Reason.SEAL_BROKEN)
        try:
            plain = self._aead.decrypt(sealed[1:_NONCE_END], sealed[_NONCE_END:], aad)
        except (InvalidTag, ValueError):  # ValueError: a nonce cut short
            raise wrong(Reason.SEAL_BROKEN) from None
        body_at = 1 + plain[0]
        return plain[1:body_at], plain[body_at:]
