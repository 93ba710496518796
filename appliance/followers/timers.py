"""Jobs at set times, such as signing the audit log each minute, on an apscheduler in the event loop.

Each job is one action over the Services; when something is due is the action's rule, and nothing is decided here. A job
that fails is logged and runs again at its next time. A job that is late (the machine slept) runs once, at once. A job
that runs when the appliance stops is cancelled and awaited. Importing this module would make the start longer by a
tenth, so `wiring.py` imports it afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC
from typing import TYPE_CHECKING, Final

from appliance.actions import (
    audit_checkpoints,
    clock,
    disposal,
    evidence,
    far_apart,
    file_check,
    file_deletion,
    file_quota,
    owner_requests,
    portraits,
    refusals,
    scanner_watch,
    sign_in,
)
from appliance.errors import AppError
from appliance.late import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from appliance.services import Services

    Job = Callable[[Services], Awaitable[object]]

logger = logging.getLogger(__name__)
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
JOBS: Final[dict[str, tuple[Job, float]]] = {
    "audit-checkpoint": (audit_checkpoints.sign_checkpoint, MINUTE_S),
    "clock": (clock.check_clock, MINUTE_S),
    "departures": (owner_requests.delete_old_departures, HOUR_S),
    "file-deletion": (file_deletion.sweep, MINUTE_S),
    "photos-of-ended": (portraits.delete_of_ended, MINUTE_S),
    "file-space": (file_quota.warn_of_space, HOUR_S),
    "removal-requests": (owner_requests.escalate_due, HOUR_S),
    "repeated-refusals": (refusals.record_repeated, MINUTE_S),
    "sessions-apart": (far_apart.note_sessions_apart, MINUTE_S),
    "sign-in-history": (sign_in.delete_old_sign_ins, HOUR_S),
    "virus-scanner": (scanner_watch.look, MINUTE_S),
}
NIGHTLY: Final[dict[str, Job]] = {
    "evidence-check": evidence.check_evidence,
    "file-check": file_check.check_nightly,
    "idle-keys": disposal.destroy_idle_keys,
}


class Timers:
    """The timed jobs of one appliance: name to action, with seconds between two runs or once a night."""

    def __init__(
        self, s: Services, jobs: Mapping[str, tuple[Job, float]] = JOBS, nightly: Mapping[str, Job] = NIGHTLY
    ) -> None:
        self._s, self._jobs, self._nightly = s, jobs, nightly
        self._scheduler: AsyncIOScheduler | None = None
        self._running: set[asyncio.Task[object]] = set()
        self._closing = False

    def start(self) -> None:
        """Begin; the first run of a job is one interval from now."""
        scheduler: AsyncIOScheduler = load("apscheduler.schedulers.asyncio:AsyncIOScheduler")(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for name, (job, seconds) in self._jobs.items():
            scheduler.add_job(self._run, "interval", (name, job), seconds=seconds, id=name)
        for name, job in self._nightly.items():
            hour = self._s.config.evidence.check_hour_utc
            scheduler.add_job(self._run, "cron", (name, job), hour=hour, minute=0, id=name)
        scheduler.start()
        self._scheduler = scheduler

    async def close(self) -> None:
        """Stop; a job that is running is cancelled, and has ended when this returns."""
        self._closing = True
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, name: str, job: Job) -> None:
        task = asyncio.current_task()
        if self._closing or task is None:
            return
        self._running.add(task)
        try:
            await job(self._s)
        except asyncio.CancelledError:
            # `close` ends it, and nobody waits for more: the scheduler would report a cancelled job as a fault.
            if not self._closing:
                raise
        except AppError as error:
            logger.warning("the timed job %s could not be done: %s", name, error)
        except Exception:
            logger.exception("the timed job %s failed", name)
        finally:
            self._running.discard(task)
