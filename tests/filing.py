"""Files as rows and objects, made straight through the store: for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from appliance.files import keys
from appliance.files.content import write_sealed
from appliance.files.said import Said
from appliance.model import PersonId, RoomId
from appliance.store import entries, epoch_keys, uploads
from appliance.store.db import Rows
from appliance.vault.epochs import EpochCipher, EpochId, iso_week, new_epoch_key, unwrap_any, wrap
from tests.bureau import MALEE, Bureau
from tests.made_files import Uploaded, an_upload, put_upload

T = TypeVar("T")
FREE = 1_000_000
"""Numbers of keys above this one are not given by the log."""
CONTENT = b"\x89PNG" + bytes(range(256)) * 300


@dataclass(slots=True)
class Filing:
    """Makes uploads, blobs, variants and references in a bureau, with real keys and real objects."""

    b: Bureau
    names: count[int] = field(default_factory=lambda: count(1))

    async def upload(
        self, person: PersonId = MALEE, room: RoomId | None = None, content: bytes = CONTENT, *, blob: str | None = None
    ) -> str:
        """Make an upload whose bytes are all there; `blob` is what was made of it."""
        name, key = f"up_{next(self.names):04d}", keys.new_file_key()
        await self._write(name, key, content)
        about = Said(name="ภาพ.png", type="image/png")

        def put(rows: Rows) -> None:
            new = Uploaded(name, key, about, len(content), room)
            put_upload(rows, self.b.s, person, new, whole=blob is not None)
            if blob is not None:
                uploads.set_ready(rows, name, blob)

        await self.run(put)
        return name

    async def blob(
        self, person: PersonId = MALEE, content: bytes = CONTENT, *, kind: str = "file", variants: int = 0
    ) -> str:
        """Make a blob that no message refers to yet, with so many variants."""
        name, key = f"fi_{next(self.names):04d}", keys.new_file_key()
        wrapped = keys.wrap(self.b.s.keys.files_key, name, key)
        await self._row(name, key, person, content, kind=kind, parent=None, wrapped=wrapped)
        await self._variants(name, key, person, content, variants)
        return name

    async def ready(
        self, person: PersonId, name: str, content: bytes = CONTENT, *, variants: int = 0, **about: Any
    ) -> str:
        """Make an upload that can be sent, with its bytes; return its id, which is also that of its file."""
        made = await an_upload(self.b.s, person, name, size=len(content), **about)
        root = await self._write(made, await self.key_of(made), content)
        await self.run(
            lambda rows: rows.run("UPDATE blob SET root = ?, scan = 'clean', preparing = 0 WHERE id = ?", (root, made))
        )
        await self._variants(made, await self.key_of(made), person, content, variants)
        return made

    async def refer(self, blob: str, room: RoomId, n: int, place: int = 0, key: bytes | None = None) -> int:
        """Have message `n` of a room refer to a blob, under a key of the week; return the number of that key."""
        file_key = key or await self.key_of(blob)

        def put(rows: Rows) -> int:
            room_key = entries.room_key(rows, room)
            epoch = EpochId(room, iso_week(self.b.clock()), "file")
            newest = epoch_keys.newest(rows, room_key, epoch.week, "file")
            if newest is None or newest.wrapped is None:
                number, fresh = max(epoch_keys.last(rows), FREE) + 1, new_epoch_key()
                rows.run(
                    "INSERT INTO epoch_key (key, room, week, kind, generation, wrapped) VALUES (?, ?, ?, 'file', ?, ?)",
                    (
                        number, room_key, epoch.week, newest.generation + 1 if newest else 0,
                        wrap(self.b.s.keys.agency_key, epoch, fresh),
                    ),
                )  # fmt: skip
            else:
                number, fresh = newest.key, unwrap_any(self.b.s.keys.agency_keys, epoch, newest.wrapped)
            wrapped = keys.wrap_for_reference(EpochCipher(fresh), blob, room, n, file_key)
            rows.run(
                "INSERT INTO file_ref (room, n, place, blob, epoch, wrapped_key, form)"
                " VALUES (?, ?, ?, ?, ?, ?, 'picture')",
                (room_key, n, place, blob, number, wrapped),
            )
            return number

        return await self.run(put)

    async def key_of(self, blob: str) -> bytes:
        """Return the key of a blob that no message refers to yet."""
        [(wrapped,)] = await self.rows("SELECT wrapped_key FROM blob WHERE id = ?", blob)
        return keys.unwrap(self.b.s.keys.files_keys, blob, wrapped)

    async def sent(self, person: PersonId, room: RoomId, *, variants: int = 1) -> tuple[str, int, bytes]:
        """Send a message with a file; return the blob, the position of the message, and the file's key."""
        blob = await self.blob(person, variants=variants)
        key = await self.key_of(blob)
        n = (await self.b.say(person, room)).n
        await self.refer(blob, room, n, key=key)
        return blob, n, key

    async def run(self, function: Callable[[Rows], T]) -> T:
        """Run a function in one write transaction."""
        async with self.b.s.store.write() as tx:
            return await tx.run(function)

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        async with self.b.s.store.read() as reader:
            return await reader.run(lambda rows: rows.all(statement, values))

    async def objects(self) -> set[str]:
        """Return the ids of all objects."""
        objects = self.b.s.files.objects
        return await objects.run(lambda: set(objects.list()))

    async def receipts(self, blob: str) -> list[tuple[str, str, int]]:
        """Return store, reason and bytes of what was deleted of a file, in order."""
        return await self.rows("SELECT store, why, bytes FROM file_receipt WHERE blob = ? ORDER BY key", blob)

    async def use(self) -> list[tuple[str, str, int, int]]:
        """Return all that is used and reserved."""
        return await self.rows("SELECT scope, owner, bytes, reserved FROM file_use WHERE bytes + reserved > 0")

    async def _variants(self, blob: str, key: bytes, person: PersonId, content: bytes, variants: int) -> None:
        for number in range(variants):
            name = f"{blob}-v{number}"
            derived = keys.variant_key(key, name)
            await self._row(name, derived, person, content[:100], kind="thumb", parent=blob, wrapped=None)

    async def _row(
        self, name: str, key: bytes, person: PersonId, content: bytes, *, kind: str, parent: str | None,
        wrapped: bytes | None,
    ) -> None:  # fmt: skip
        root = await self._write(name, key, content)
        await self.run(
            lambda rows: rows.run(
                "INSERT INTO blob (id, kind, parent, owner, type, size, root, wrapped_key, made_at)"
                " VALUES (?, ?, ?, ?, 'image/png', ?, ?, ?, ?)",
                (name, kind, parent, person, len(content), root, wrapped, self.b.clock()),
            )
        )

    async def _write(self, name: str, key: bytes, content: bytes) -> bytes:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return (await write_sealed(self.b.s.files.objects, name, key, chunks())).root
