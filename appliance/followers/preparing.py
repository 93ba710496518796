"""Files in the background: uploads whose last byte is there, variants, scans; from the tables, so also after a crash.

Three lanes (`lanes.py`) work through what waits. Whoever leaves something in the tables sets `Files.to_prepare`. Where
files are delivered unscanned after a while, the rooms of each are told when that is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from appliance.actions import file_variants, preparing, scanning
from appliance.errors import AppError
from appliance.followers.lanes import Lane, Work
from appliance.followers.people import woken_within
from appliance.rules.scanning import ScanPolicy
from appliance.store import file_work

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.services import Services

logger = logging.getLogger(__name__)
UPLOADS: Final = Work("uploads", file_work.uploads_to_prepare, preparing.prepare_upload, preparing.give_up, frozenset())
VARIANTS: Final = Work(
    "variants",
    file_work.blobs_to_prepare,
    file_variants.make_variants,
    file_variants.give_up,
    frozenset(("worker_away",)),
)
SCANS: Final = Work(
    "scans",
    file_work.blobs_to_scan,
    scanning.scan_file,
    scanning.give_up,
    frozenset(("scanner_away", "worker_away")),
)
UPLOAD_WORKERS: Final = 3
LOOK_S: Final = 60.0
AT_ONCE: Final = 100


class PreparingFollower:
    """Runs from `start` to `close`."""

    def __init__(self, s: Services) -> None:
        self._s = s
        self._lanes = [
            Lane(s, UPLOADS, UPLOAD_WORKERS),
            Lane(s, VARIANTS, s.config.files.workers),
        ]
        if s.config.files.scan != ScanPolicy.OFF:
            self._lanes.append(Lane(s, SCANS, s.config.clamav.at_once))
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

    async def _run(self) -> None:
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
