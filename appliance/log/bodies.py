"""Sealing and opening what people wrote, under the epoch key of (room, ISO week, kind).

Owns the epoch keys in memory, the canonical bytes of a body and the place a sealed body is bound to. A destroyed key
opens nothing: `open` then raises KeyDestroyed and the entry is shown as erased. It keeps no plaintext.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.errors import TooLarge
from appliance.evidence.canonical import MAX_BODY
from appliance.evidence.commitment import commit
from appliance.model import PersonId, RoomId, TextBody
from appliance.store.queries import Queries
from appliance.vault.epochs import EpochCipher, EpochId, EpochKind, iso_week, new_epoch_key, unwrap, wrap

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

    from appliance.model import Millis
    from appliance.vault.keyring import Keyring

SQL = Queries("entries")
TEXT: Final[EpochKind] = "text"
CACHED_KEYS: Final = 20_000


class _Body(msgspec.Struct, omit_defaults=True):
    """Canonical body of a message; fields in canonical order."""

    everyone: bool = False
    mentions: list[str] = []
    text: str = ""

    def __repr__(self) -> str:
        """Name the type alone: the words must not show in a log."""
        return "_Body(…)"


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class EpochKey:
    """An epoch key in use. `row` is what must be written with the first body it seals, None once it is stored."""

    key: int
    cipher: EpochCipher
    row: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A body ready to be stored: the key that sealed it, the bytes, and the commitment the header carries."""

    key: EpochKey
    sealed: bytes
    commitment: str
    length: int


class Bodies:
    """Epoch keys by room and week. `last_key` is the highest number of a stored key."""

    def __init__(self, keys: Keyring, last_key: int) -> None:
        self._agency_key = keys.agency_key
        self._last_key = last_key
        self._writing: OrderedDict[tuple[int, str], EpochKey] = OrderedDict()
        self._reading: OrderedDict[int, EpochCipher] = OrderedDict()

    def writing_key(self, room: int, at: Millis) -> EpochKey | None:
        """Return the key for a body written now, if it is in memory."""
        return self._writing.get((room, iso_week(at)))

    def make_writing_key(self, raw: sqlcipher.Connection | None, room: int, room_id: RoomId, at: Millis) -> EpochKey:
        """Find the week's key in the database, or make one; `raw` is None for a room that is not stored yet."""
        week = iso_week(at)
        epoch = EpochId(room_id, week, TEXT)
        row = raw.execute(SQL.find_epoch_key, (room, week, TEXT)).fetchone() if raw else None
        if row is not None:
            made = EpochKey(row[0], EpochCipher(unwrap(self._agency_key, epoch, row[1])))
        else:
            fresh = new_epoch_key()
            self._last_key += 1
            wrapped = wrap(self._agency_key, epoch, fresh)
            made = EpochKey(self._last_key, EpochCipher(fresh), (self._last_key, room, week, TEXT, wrapped))
        self._keep(self._writing, (room, week), made)
        return made

    def stored(self, rows: list[tuple[Any, ...]]) -> None:
        """Note that new keys are durable now."""
        for key, room, week, _kind, _wrapped in rows:
            if made := self._writing.get((room, week)):
                self._writing[room, week] = EpochKey(key, made.cipher)

    def forget_unstored(self, rows: list[tuple[Any, ...]]) -> None:
        """Drop new keys whose transaction failed."""
        for _key, room, week, _kind, _wrapped in rows:
            self._writing.pop((room, week), None)

    def seal(self, key: EpochKey, room: RoomId, n: int, body: TextBody) -> Sealed:
        """Seal a body to its place in the log."""
        plain = encode(body)
        salt, commitment = commit(plain)
        return Sealed(key, key.cipher.seal_body(_place(room, n), salt, plain), commitment, len(plain))

    def open(self, raw: sqlcipher.Connection, room: RoomId, n: int, epoch: int, sealed: bytes) -> TextBody:
        """Open a body. Raises KeyDestroyed when its key is gone for good, WrongKey when the bytes were altered."""
        return decode(self.open_bytes(raw, room, n, epoch, sealed)[1])

    def open_bytes(
        self, raw: sqlcipher.Connection, room: RoomId, n: int, epoch: int, sealed: bytes
    ) -> tuple[bytes, bytes]:
        """Return (salt, body bytes) as they were committed to: what an export hands out."""
        cipher = self._reading.get(epoch)
        if cipher is None:
            room_id, week, kind, wrapped = raw.execute(SQL.epoch_key_by_key, (epoch,)).fetchone()
            cipher = EpochCipher(unwrap(self._agency_key, EpochId(room_id, week, kind), wrapped))
            self._keep(self._reading, epoch, cipher)
        return cipher.open_body(_place(room, n), sealed)

    @staticmethod
    def _keep(cache: OrderedDict[Any, Any], key: object, value: object) -> None:
        cache[key] = value
        if len(cache) > CACHED_KEYS:
            cache.popitem(last=False)


def encode(body: TextBody) -> bytes:
    """Return the canonical bytes of a body. Raises TooLarge when they exceed what an entry may hold."""
    plain = _ENCODER.encode(_Body(everyone=body.everyone, mentions=list(body.mentions), text=body.text))
    if len(plain) > MAX_BODY:
        raise TooLarge(field="body.text")
    return plain


def decode(plain: bytes) -> TextBody:
    """Return the body that canonical bytes hold."""
    body = _DECODER.decode(plain)
    return TextBody(body.text, tuple(PersonId(person) for person in body.mentions), body.everyone)


def _place(room: RoomId, n: int) -> bytes:
    return b"%b/%d" % (room.encode(), n)
