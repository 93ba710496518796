"""The bytes of a file on their way to somebody who may read it.

Rules: whoever may no longer read it gets no more than one second of it; that is asked again while it is sent. A record
that does not open ends the reading before any byte of it, and marks the file as damaged (`log/file_content.py`).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.files.content import Part
from appliance.log.file_content import read_stored
from appliance.log.file_facts import scanning_of
from appliance.reads.files import open_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from appliance.model import PersonId
    from appliance.people import Session
    from appliance.reads.files import OpenedFile
    from appliance.services import Services

ASK_AGAIN_MS: Final = 1_000


@asynccontextmanager
async def one_download(s: Services, session: Session, cut: Callable[[], object]) -> AsyncIterator[None]:
    """Have a download of a person run for the block; `cut()` is called when their session ends before.

    Raises TooMany (`busy`) when too many of them wait for their turn already.
    """
    downloads = s.files.downloads
    with downloads.ending_with(session.id, cut):
        async with downloads.place(session.person):
            yield


async def load_bytes(
    s: Services, person: PersonId, file: OpenedFile, start: int, stop: int, keeps_up: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Give the bytes `start` to `stop` (not included) of a file, at most a record (64 KiB) at a time.

    While `keeps_up()` says that their reader is behind, no further record waits in memory.
    Raises NotFound or Forbidden when the person may read it no longer, Unavailable (`storage_damaged`).
    """
    stored, asked, scanning = file.stored, s.clock(), scanning_of(s.config.files, s.files.health)
    part = Part(start, stop, keeps_up)
    pieces = read_stored(s.files.objects, s.log, scanning, stored.id, file.key, stored.size, part=part)
    try:
        async for piece in pieces:
            if s.clock() - asked >= ASK_AGAIN_MS:
                await open_file(s, person, stored.id)
                asked = s.clock()
            yield piece
    except Unavailable:
        # One that was deleted meanwhile is not found any more.
        await open_file(s, person, stored.id)
        raise
