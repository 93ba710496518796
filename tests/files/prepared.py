"""A bureau with uploads whose last byte is there, and the real parts that make files of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.attachments import FileForm
from appliance.config import Clamav, Files
from appliance.files import keys, said
from appliance.files.content import read_clear, write_sealed
from appliance.files.said import Said
from appliance.log.file_keys import open_blob
from appliance.model import RoomId
from appliance.rules.scanning import ScanLimits
from appliance.store import blobs, uploads
from appliance.store.blobs import BlobRow
from appliance.store.uploads import UploadRow
from tests.bureau import MALEE, NARIN, Bureau, open_bureau
from tests.clamd import LIMITS
from tests.files.working import chunks
from tests.filing import Filing
from tests.made_files import Uploaded, put_upload

NOBODY = "/nonexistent/clamd"


def scanning(path: str = NOBODY, limits: ScanLimits = LIMITS) -> Clamav:
    """Return the settings that fit the clamd of the tests."""
    return Clamav(
        socket=path,
        config=str(Path(path).with_name("clamd.conf")),
        stream_max_length=limits.stream,
        max_file_size=limits.member,
        max_scan_size=limits.total,
        max_files=limits.members,
        max_recursion=limits.depth,
    )


@dataclass(slots=True)
class Desk:
    """A bureau and one of its rooms, where `NARIN` and `MALEE` talk."""

    b: Bureau
    filing: Filing
    room: RoomId

    async def whole_upload(self, content: bytes, name: str = "รายงาน.bin", kind: str = "", **said_of: Any) -> str:
        """Make an upload of `MALEE` that is to be prepared."""
        s, upload, key = self.b.s, self.b.s.new_id("f"), keys.new_file_key()
        await write_sealed(s.files.objects, upload, key, chunks(content))
        about = Said(name=name, type=kind, **{"form": FileForm.DOCUMENT, **said_of})
        new = Uploaded(upload, key, about, len(content), self.room)
        await self.filing.run(lambda rows: put_upload(rows, s, MALEE, new))
        return upload

    async def upload(self, upload: str) -> UploadRow:
        """Return the row of an upload."""
        async with self.b.s.store.read() as reader:
            row = await reader.run(uploads.get, upload)
        assert row is not None
        return row

    async def said(self, upload: str) -> Said:
        """Return what the message of an upload will say."""
        row = await self.upload(upload)
        return said.opened(keys.unwrap(self.b.s.keys.files_keys, upload, row.wrapped_key), upload, row.said)

    async def blob(self, blob: str | None) -> BlobRow:
        """Return the row of a file."""
        assert blob is not None
        async with self.b.s.store.read() as reader:
            row = await reader.run(blobs.get, blob)
        assert row is not None
        return row

    async def variants(self, blob: str) -> list[BlobRow]:
        """Return what was made of a file."""
        async with self.b.s.store.read() as reader:
            return await reader.run(blobs.variants_of, blob)

    async def bytes(self, blob: str | None) -> bytes:
        """Return the content of a file, by the key that opens it."""
        assert blob is not None
        async with self.b.s.store.read() as reader:
            opened = await reader.run(open_blob, self.b.s.log.bodies, self.b.s.keys.files_keys, blob)
        assert opened is not None
        pieces = read_clear(self.b.s.files.objects, blob, opened.key, opened.row.size)
        return b"".join([piece async for piece in pieces])

    async def send(self, blob: str) -> int:
        """Have `MALEE` send a file that is ready; return the position of the message."""
        n = (await self.b.say(MALEE, self.room)).n
        await self.filing.refer(blob, self.room, n)
        return n

    async def events(self, kind: str) -> list[str]:
        """Return what the feed has of a kind of event, in order."""
        return [row[0] for row in await self.filing.rows("SELECT data FROM feed WHERE type = ? ORDER BY pos", kind)]

    async def audited(self, action: str) -> list[tuple[str, str, str]]:
        """Return actor, target and detail of the records of an action."""
        return await self.filing.rows("SELECT actor, target, detail FROM audit WHERE action = ? ORDER BY n", action)


@asynccontextmanager
async def desk(folder: Path, clamd: str = NOBODY, **files: Any) -> AsyncIterator[Desk]:
    """Open a bureau whose files are scanned by a clamd, or by none that is there."""
    async with open_bureau(folder, files=Files(**files), clamav=scanning(clamd)) as bureau:
        yield Desk(bureau, Filing(bureau), await bureau.group(NARIN, MALEE, NARIN))
