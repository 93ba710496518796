"""The bytes of a file on their way to somebody who may read it.

Rules: whoever may no longer read it gets no more than one second of it; that is asked again while it is sent. A record
that does not open ends the reading before any byte of it, and is an error of the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import STORAGE_DAMAGED, Unavailable
from appliance.files.content import read_clear
from appliance.files.objects import ObjectMissing
from appliance.reads.files import open_file
from appliance.sealed_file import SealBroken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.model import PersonId
    from appliance.reads.files import OpenedFile
    from appliance.services import Services

logger = logging.getLogger(__name__)
ASK_AGAIN_MS: Final = 1_000


async def load_bytes(s: Services, person: PersonId, file: OpenedFile, start: int, stop: int) -> AsyncIterator[bytes]:
    """Give the bytes `start` to `stop` (not included) of a file, at most 64 KiB at a time.

    Raises NotFound or Forbidden when the person may read it no longer, Unavailable (`storage_damaged`).
    """
    stored, asked = file.stored, s.clock()
    try:
        async for piece in read_clear(s.files.objects, stored.id, file.key, stored.size, start, stop):
            if s.clock() - asked >= ASK_AGAIN_MS:
                await open_file(s, person, stored.id)
                asked = s.clock()
            yield piece
    except SealBroken as broken:
        logger.exception("file %s is damaged: record %s does not open", stored.id, broken.record)
        raise Unavailable(code=STORAGE_DAMAGED) from broken
    except ObjectMissing:
        # One that was deleted meanwhile is not found any more.
        await open_file(s, person, stored.id)
        logger.exception("file %s is damaged: its object is missing", stored.id)
        raise
