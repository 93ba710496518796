"""What happens by itself after a time: jobs of the appliance on an apscheduler in the event loop.

Each job is one action over the Services. A job that fails is logged and runs again at its next turn; one that is late
(the machine slept) runs once, at once. Nothing here decides: when something is due is the action's rule. Importing
apscheduler takes a twentieth of the appliance's start, so who starts the timers may let them begin after that.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC
from typing import TYPE_CHECKING, Final

from appliance.actions import audit, clock, evidence, far_apart, owner_requests, refusals, sign_in
from appliance.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from appliance.services import Services

    Job = Callable[[Services], Awaitable[object]]

log = logging.getLogger(__name__)
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
JOBS: Final[dict[str, tuple[Job, float]]] = {
    "audit-checkpoint": (audit.sign_checkpoint, MINUTE_S),
    "clock": (clock.check_clock, MINUTE_S),
    "departures": (owner_requests.delete_old_departures, HOUR_S),
    "removal-requests": (owner_requests.escalate_due, HOUR_S),
    "repeated-refusals": (refusals.record_repeated, MINUTE_S),
    "sessions-apart": (far_apart.note_sessions_apart, MINUTE_S),
    "sign-in-history": (sign_in.delete_old_sign_ins, HOUR_S),
}
NIGHTLY: Final[dict[str, Job]] = {"evidence-check": evidence.check_evidence}


class Timers:
    """The timed jobs of one appliance: name to action, with seconds between two runs or once a night."""

    def __init__(
        self, s: Services, jobs: Mapping[str, tuple[Job, float]] = JOBS, nightly: Mapping[str, Job] = NIGHTLY
    ) -> None:
        self._s, self._jobs, self._nightly = s, jobs, nightly
        self._scheduler: AsyncIOScheduler | None = None
        self._beginning: asyncio.TimerHandle | None = None

    def start(self, after_s: float = 0) -> None:
        """Begin now or so much later; the first run of a job is one interval from then."""
        if after_s:
            self._beginning = asyncio.get_running_loop().call_later(after_s, self._begin)
        else:
            self._begin()

    def _begin(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - see the module's docstring

        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for name, (job, seconds) in self._jobs.items():
            self._scheduler.add_job(self._run, "interval", (name, job), seconds=seconds, id=name)
        for name, job in self._nightly.items():
            hour = self._s.config.evidence.check_hour_utc
            self._scheduler.add_job(self._run, "cron", (name, job), hour=hour, minute=0, id=name)
        self._scheduler.start()

    def close(self) -> None:
        """Stop; a job that is running goes on to its end."""
        if self._beginning is not None:
            self._beginning.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, job: Job) -> None:
        try:
            await job(self._s)
        except AppError as error:
            log.warning("the timed job %s could not be done: %s", name, error)
        except Exception:
            log.exception("the timed job %s failed", name)
