"""Whether the virus scanner answers, tells of what it does not look into, and writes to memory alone.

It is noticed, logged, and of the first the rooms are told.

Rules:
- each change is one line for whoever watches the log: `ALERT virus scanner away`, `ALERT virus scanner back`, `ALERT
  virus scanner tells not`;
- where it writes what it is sent is looked at when it first answers, after it was away, and each hour, since files lie
  there in clear: `ALERT virus scanner writes to a disk` each time, as long as that is so (`files/scanner_folder.py`);
- rooms are told that files which wait for their scan are not being scanned, and when they are again;
- what the scanner tells of is tried when it is first asked, after it was away, and each hour, or each minute while it
  does not tell: nobody says when its settings have changed.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.files import probes, scanner_folder
from appliance.files.scanner import SCANNER_AWAY
from appliance.files.scanner_folder import Medium
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.rules.scanning import ScanPolicy
from appliance.store import file_work

if TYPE_CHECKING:
    from appliance.log.riders import RiderTx
    from appliance.rules.scanning import Telling
    from appliance.services import Services

logger = logging.getLogger(__name__)
TRIED_FOR_MS: Final = 3_600_000
TRIED_AGAIN_MS: Final = 60_000
LOOKED_AT_EACH_MS: Final = 3_600_000
TOLD_AT_ONCE: Final = 100
MOST_TOLD: Final = 1_000
"""Files whose rooms are told of a change: the oldest that wait. Of others it is read with their message."""


async def look(s: Services) -> None:
    """Ask whether the scanner answers, and note it."""
    if s.config.files.scan == ScanPolicy.OFF:
        return
    try:
        await s.files.scanner.ping()
    except Unavailable as error:
        await note_away(s, error)
    else:
        await note_answer(s)
        await _note_folder(s)


async def what_it_tells(s: Services, *, anew: bool = False) -> Telling:
    """Return whether the scanner tells of its limits; `anew` tries it now. Raises Unavailable."""
    health = s.files.health
    async with health.asking:
        known_for = TRIED_FOR_MS if health.told and all(health.told) else TRIED_AGAIN_MS
        if anew or health.told is None or s.clock() - health.told_at > known_for:
            told = await probes.ask(s.files.scanner, s.config.clamav.max_file_size)
            if not all(told) and told != health.told:
                logger.error(
                    "ALERT virus scanner tells not: limits=%s encrypted=%s: no file is found clean; gchat av status",
                    told.limits, told.encrypted,
                )  # fmt: skip
            health.told, health.told_at = told, s.clock()
        return health.told


async def note_away(s: Services, error: Unavailable) -> None:
    """Note that the scanner could not be asked."""
    health = s.files.health
    if error.code != SCANNER_AWAY or health.is_away:
        return
    health.away_since, health.told, health.folder_at = s.clock(), None, None
    logger.error("ALERT virus scanner away: %s", error)
    await _tell_who_waits(s)


async def note_answer(s: Services) -> None:
    """Note that the scanner has answered."""
    health = s.files.health
    if health.away_since is None:
        return
    seconds, health.away_since = (s.clock() - health.away_since) // 1000, None
    logger.warning("ALERT virus scanner back: away for %d s", seconds)
    s.files.to_prepare.set()
    await _tell_who_waits(s)


async def _note_folder(s: Services) -> None:
    """Log where the scanner writes what it is sent, if that may get to a disk; look once an hour."""
    health, now = s.files.health, s.clock()
    if health.folder_at is not None and now - health.folder_at < LOOKED_AT_EACH_MS:
        return
    health.folder_at = now
    folder = await asyncio.to_thread(scanner_folder.look, Path(s.config.clamav.config))
    if folder.medium in (Medium.DISK, Medium.SWAPPED):
        logger.error(
            "ALERT virus scanner writes to a disk: folder=%s medium=%s: files lie there in clear while they are"
            " scanned; docs/files.md, «how clamd has to be set»; gchat av status",
            folder.path, folder.medium,
        )  # fmt: skip
    elif folder.medium is Medium.UNKNOWN:
        logger.warning("it is not known where the virus scanner writes what it is sent; gchat av status")


async def _tell_who_waits(s: Services) -> None:
    """Tell the rooms of files that wait for their scan how it stands."""
    upto = (0, "")
    for _ in range(MOST_TOLD // TOLD_AT_ONCE):
        async with s.store.read() as reader:
            waiting = await reader.run(file_work.pending_after, *upto, TOLD_AT_ONCE)
        if not waiting:
            return

        def put(tx: RiderTx, blobs: tuple[str, ...] = tuple(blob for _, blob in waiting)) -> None:
            for blob in blobs:
                announce(tx, s.log.bodies, scanning_of(s.config.files, s.files.health), blob)

        await s.log.change(put)
        upto = waiting[-1]
