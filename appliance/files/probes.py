"""Files made to find out whether clamd tells of what it does not look into, and asking it about them.

clamd cannot be asked for its settings, so it is tried. It has to answer that a limit was met, not «OK», for a ZIP whose
member is larger than its limit. It does so with `AlertExceedsMax yes` and `MaxFileSize` as large as `MaxScanSize`: its
ZIP reader cuts a member at MaxFileSize in silence, and what is then left is above MaxScanSize, of which it tells.
(With a smaller MaxFileSize it answers «OK»: tried with ClamAV 1.4.) It has to tell of encrypted members as well
(`AlertEncrypted yes`).
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.files.scanner import SCANNER_AWAY
from appliance.rules.scanning import Telling, Verdict, telling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.files.scanner import Scanner

_CHUNK: Final = bytes(1024 * 1024)
_FLAGS: Final = 8  # APPNOTE.TXT 4.3.12: where the flags of a member lie in the archive's list
_LOCAL_FLAGS: Final = 6


@lru_cache(maxsize=1)
def oversized(limit: int) -> bytes:
    """Return a ZIP of some hundred bytes whose one member unpacks to more than `limit` bytes of zero.

    Making one takes seconds, so the last is kept.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_BZIP2) as archive, archive.open("probe", "w") as member:
        for _ in range(limit // len(_CHUNK) + 1):
            member.write(_CHUNK)
    return written.getvalue()


def locked() -> bytes:
    """Return a ZIP with a member that says it has a password."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("probe", bytes(1000))
    made = bytearray(written.getvalue())
    made[_LOCAL_FLAGS] |= 1
    made[made.index(b"PK\x01\x02") + _FLAGS] |= 1
    return bytes(made)


async def ask(scanner: Scanner, limit: int) -> Telling:
    """Try a scanner whose limit of one member is said to be `limit` bytes.

    Raises Unavailable (`scanner_away`), also when the scanner has no time: that shows nothing.
    """
    large = await scanner.scan(_once(await asyncio.to_thread(oversized, limit)))
    if large.verdict is Verdict.UNREADABLE:
        raise Unavailable("clamd could not look at the file that it is tried with", code=SCANNER_AWAY)
    return telling(large, await scanner.scan(_once(locked())))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
