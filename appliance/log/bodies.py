"""Sealing and opening the bodies of entries, under the epoch key of (room, ISO week, kind).

Owns the epoch keys in memory, and the context that a sealed body is bound to: it opens at its own entry only. The bytes
that are sealed are those of `evidence/bodies.py`. No plaintext is kept.

Rules:
- a key is made only where the database was looked up and has none (`find_or_make_key`), or for a room that the same
  batch creates (`new_key`);
- a new key is kept in memory once it is durable (`stored`), not before;
- a key is destroyed by `RiderTx.destroy_keys`, so that it leaves the caches too (`destroyed`). It then opens and seals
  nothing: `open` raises KeyDestroyed and the entry is shown as erased. What is written in the same week afterwards has
  a key of the next generation.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from cachetools import LRUCache

from appliance.errors import TooLarge
from appliance.evidence.bodies import decode_body, encode_body
from appliance.evidence.commitment import commit
from appliance.evidence.errors import NotCanonicalError
from appliance.model import Body, Home, RoomId
from appliance.store import epoch_keys
from appliance.store.batch import NewEpochKey
from appliance.vault.epochs import EpochCipher, EpochId, EpochKind, new_epoch_key, unwrap_any, wrap
from appliance.vault.refusals import Reason, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from appliance.evidence.canonical import Header
    from appliance.log.sources import Numbers, Random
    from appliance.rules.entry_types import EntryKind
    from appliance.store.db import Rows
    from appliance.store.entries import EntryRow
    from appliance.vault.keyring import Keyring

logger = logging.getLogger(__name__)
K = TypeVar("K")
V = TypeVar("V")
CACHED_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True)
class EpochKey:
    """An epoch key in use. `row` is what must be written with the first body it seals, None once it is stored."""

    key: int
    room: int
    week: str
    kind: EpochKind
    cipher: EpochCipher
    row: NewEpochKey | None = None


class Sealed(NamedTuple):
    """A body ready to be stored: the key that sealed it, the bytes, and the commitment the header carries."""

    key: EpochKey
    sealed: bytes
    commitment: str
    length: int


class _Cache(Generic[K, V]):
    """The values used most recently, at most `CACHED_KEYS`; safe to use from several threads."""

    def __init__(self) -> None:
        self._values: LRUCache[K, V] = LRUCache(CACHED_KEYS)
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return a value that is kept, and count it as used now."""
        with self._lock:
            try:
                return self._values[key]
            except KeyError:
                return None

    def put(self, key: K, value: V) -> None:
        """Keep a value; the one not used for longest makes way."""
        with self._lock:
            self._values[key] = value

    def drop(self, keys: Iterable[K]) -> None:
        """Keep these no more."""
        with self._lock:
            for key in keys:
                self._values.pop(key, None)

    def items(self) -> list[tuple[K, V]]:
        """Return everything that is kept."""
        with self._lock:
            return list(self._values.items())


class Bodies:
    """Epoch keys by room, week and kind."""

    def __init__(self, keys: Keyring) -> None:
        self.home = Home(keys.agency)
        self._agency_keys = keys.agency_keys
        self._writing: _Cache[tuple[int, str, EpochKind], EpochKey] = _Cache()
        self._reading: _Cache[int, EpochCipher] = _Cache()
        # A reader whose transaction began before a key was destroyed still sees it, and must not keep it.
        self._destroyed: set[int] = set()
        self._damaged: _Cache[tuple[RoomId, int], int] = _Cache()
        self.on_destroyed: list[Callable[[], object]] = []
        """Called when keys or bodies were destroyed: whoever keeps words in memory forgets them."""

    def writing_key(self, room: int, week: str, kind: EpochKind) -> EpochKey | None:
        """Return the key for a body of an ISO week, if it is in memory."""
        return self._writing.get((room, week, kind))

    @property
    def agency_key(self) -> bytes:
        """The key that wraps new epoch keys."""
        return self._agency_keys[0]

    def find_or_make_key(self, rows: Rows, room: int, epoch: EpochId, numbers: Numbers, random: Random) -> EpochKey:
        """Return the week's newest key from the database, or a new one where it has none or that one was destroyed.

        Raises WrongKey, Unavailable.
        """
        row = epoch_keys.newest(rows, room, epoch.week, epoch.kind)
        if row is None:
            return new_key(self.agency_key, room, epoch, numbers.next_epoch_key(), random)
        key, generation, wrapped = row
        if wrapped is None or key in self._destroyed:
            return new_key(self.agency_key, room, epoch, numbers.next_epoch_key(), random, generation + 1)
        cipher = EpochCipher(unwrap_any(self._agency_keys, epoch, wrapped))
        found = EpochKey(key, room, epoch.week, epoch.kind, cipher)
        self._writing.put((room, epoch.week, epoch.kind), found)
        return found

    def stored(self, keys: Iterable[EpochKey]) -> None:
        """Note that new keys are durable now."""
        for made in keys:
            self._writing.put((made.room, made.week, made.kind), replace(made, row=None))

    def destroyed(self, keys: Iterable[int] = ()) -> None:
        """Note that these keys, or bodies alone, were destroyed in a transaction that has committed."""
        self._destroyed.update(keys)
        self._reading.drop(keys)
        self._writing.drop([place for place, made in self._writing.items() if made.key in self._destroyed])
        for forget in self.on_destroyed:
            forget()

    def note_damaged(self, room: RoomId, n: int, what: str) -> None:
        """Name an entry whose body cannot be read in the log, once, and what is wrong with it."""
        if self._damaged.get((room, n)) is None:
            self._damaged.put((room, n), n)
            logger.error("room %s n=%d: the body %s", room, n, what)

    def open(self, rows: Rows, room: RoomId, row: EntryRow, kind: EntryKind) -> Body:
        """Open the body of an entry of this type that has one.

        Raises KeyDestroyed when its key was destroyed, WrongKey when the bytes were altered, BodyError when they are
        no body of its type.
        """
        if row.epoch is None or row.sealed is None:
            raise wrong(Reason.SEAL_BROKEN)
        return decode_body(kind, self.open_bytes(rows, room, row.n, row.epoch, row.sealed)[1])

    def open_bytes(self, rows: Rows, room: RoomId, n: int | str, epoch: int, sealed: bytes) -> tuple[bytes, bytes]:
        """Return (salt, body bytes) as they were committed to: what an export hands out.

        `n`: the position of the entry, or the id that it will have where it waits for its hub.
        """
        return self.cipher(rows, room, epoch).open_body(_place(room, n), sealed)

    def cipher(self, rows: Rows, room: RoomId, epoch: int) -> EpochCipher:
        """Return what opens and seals under an epoch key, by its number. Raises KeyDestroyed, WrongKey."""
        cipher = self._reading.get(epoch)
        if cipher is None:
            row = epoch_keys.get(rows, epoch)
            if row is None:
                # A key is destroyed by emptying its row; one without a row was thrown away behind our back.
                raise wrong(Reason.SEAL_BROKEN)
            week, kind, wrapped = row
            wrapped = None if epoch in self._destroyed else wrapped
            cipher = EpochCipher(unwrap_any(self._agency_keys, EpochId.stored(room, week, kind), wrapped))
            self._reading.put(epoch, cipher)
            if epoch in self._destroyed:
                # Destroyed while this was reading it.
                self._reading.drop((epoch,))
        return cipher


def new_key(agency_key: bytes, room: int, epoch: EpochId, number: int, random: Random, generation: int = 0) -> EpochKey:
    """Make the week's key of a room where the database has none of that generation or a later one."""
    fresh = new_epoch_key(random.new_bytes)
    wrapped = wrap(agency_key, epoch, fresh, random.new_bytes)
    row = NewEpochKey(number, room, epoch.week, epoch.kind, generation, wrapped)
    return EpochKey(number, room, epoch.week, epoch.kind, EpochCipher(fresh), row)


def seal(key: EpochKey, room: RoomId, n: int | str, row: EntryKind, body: Body, random: Random) -> Sealed:
    """Seal the body of an entry of this type to its place in the log, or to the id it will have. Raises TooLarge."""
    try:
        plain = encode_body(row, body)
    except NotCanonicalError as error:
        raise TooLarge(field="body") from error
    salt, commitment = commit(plain, random.new_bytes)
    return Sealed(key, key.cipher.seal_body(_place(room, n), salt, plain, random.new_bytes), commitment, len(plain))


def seal_given(  # noqa: PLR0917 - what a body is bound to
    key: EpochKey, room: RoomId, n: int, header: Header, salt: bytes, plain: bytes, random: Random
) -> Sealed:
    """Seal the bytes of a body that another agency committed to, whatever they say, to their place in the log."""
    sealed = key.cipher.seal_body(_place(room, n), salt, plain, random.new_bytes)
    return Sealed(key, sealed, header.commitment, header.body_length)


def _place(room: RoomId, n: int | str) -> bytes:
    return f"{room}/{n}".encode()
