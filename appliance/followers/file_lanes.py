"""Files in the background: uploads whose last byte is there, variants, scans; from the tables, so also after a crash.

Three lanes (`lanes.py`) work through what waits. Whoever leaves something in the tables sets `Files.to_prepare`. Where
files are delivered unscanned after a while, the rooms of each are told when that is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.actions import file_variants, scanning, upload_preparation
from appliance.actions.file_content import WORKER_AWAY
from appliance.errors import AppError
from appliance.files.scanner import SCANNER_AWAY
from appliance.followers.lanes import Counting, Lane, Work
from appliance.followers.people import woken_within
from appliance.rules.scanning import ScanPolicy
from appliance.store import file_turns as turns
from appliance.store import file_work

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.services import Services

logger = logging.getLogger(__name__)
UPLOADS: Final = Work(
    "uploads",
    turns.next_upload,
    Counting(turns.begin_upload, turns.forgive_upload, turns.interrupted_uploads),
    upload_preparation.prepare_upload,
    upload_preparation.give_up,
    frozenset(),
)
VARIANTS: Final = Work(
    "variants",
    turns.next_to_prepare,
    Counting(turns.begin_preparing, turns.forgive_preparing, turns.interrupted_preparing),
    file_variants.make_variants,
    file_variants.give_up,
    frozenset((WORKER_AWAY,)),
)
SCANS: Final = Work(
    "scans",
    turns.next_to_scan,
    Counting(turns.begin_scan, turns.forgive_scan, turns.interrupted_scans),
    scanning.scan_file,
    scanning.give_up,
    frozenset((SCANNER_AWAY, WORKER_AWAY)),
)
LEAST_UPLOAD_WORKERS: Final = 3
"""Most uploads need no place: they are looked through, and ready."""
ONE_MORE: Final = 1
"""A lane has one worker more than there are places (`files/places.py`): one person fills neither."""
LOOK_S: Final = 60.0
AT_ONCE: Final = 100


class FileFollower:
    """Runs from `start` to `close`."""

    def __init__(self, s: Services) -> None:
        self._s = s
        self._lanes = [
            Lane(s, UPLOADS, max(LEAST_UPLOAD_WORKERS, s.config.files.workers + ONE_MORE)),
            Lane(s, VARIANTS, s.config.files.workers + ONE_MORE),
        ]
        if s.config.files.scan != ScanPolicy.OFF:
            self._lanes.append(Lane(s, SCANS, s.config.clamav.at_once + ONE_MORE))
        self._waited_upto: tuple[Millis, str] = (0, "")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="preparing")

    async def close(self) -> None:
        """Stop, also in the middle of a file: it is looked at again after the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            for lane in self._lanes:
                await lane.forgive_begun()

    async def _run(self) -> None:
        for lane in self._lanes:
            await lane.finish_interrupted()
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())
            while True:
                self._s.files.to_prepare.clear()
                for lane in self._lanes:
                    lane.wake()
                await woken_within(self._s.files.to_prepare, await self._pause_s())

    async def _pause_s(self) -> float:
        """Tell of files that have waited long enough for their scan; return how long it is until the next has."""
        if self._s.config.files.scan != ScanPolicy.DELIVER:
            return LOOK_S
        try:
            return await self._tell_waited()
        except AppError as error:
            logger.info("who waits for a scan cannot be told just now: %s", error)
        except Exception:
            logger.exception("who waits for a scan could not be told")
        return LOOK_S

    async def _tell_waited(self) -> float:
        wait_ms = self._s.config.files.scan_wait_s * 1000
        while True:
            async with self._s.store.read() as reader:
                waiting = await reader.run(file_work.pending_after, *self._waited_upto, AT_ONCE)
            for made_at, blob in waiting:
                left_ms = made_at + wait_ms - self._s.clock()
                if left_ms > 0:
                    return min(LOOK_S, left_ms / 1000)
                await scanning.announce_waited(self._s, blob)
                self._waited_upto = (made_at, blob)
            if len(waiting) < AT_ONCE:
                return LOOK_S
