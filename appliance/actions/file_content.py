"""The clear bytes of stored files and the workers that are given them, with one kind of error for whatever goes wrong.

Does not: decide who may have them (`log/file_access.py`).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Unavailable
from appliance.files.workers import Failure, WorkerFailed
from appliance.log.file_content import read_stored
from appliance.log.file_facts import scanning_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from appliance.files.workers import Result
    from appliance.preview.protocol import Job
    from appliance.services import Services

WORKER_AWAY: Final = "worker_away"
WORKER_FAILED: Final = "worker_failed"


async def clear(s: Services, object_id: str, key: bytes, size: int) -> AsyncGenerator[bytes]:
    """Give the bytes of an object. Raises Unavailable, with the code `storage_damaged` where it does not open."""
    async for piece in read_stored(
        s.files.objects, s.log, scanning_of(s.config.files, s.files.health), object_id, key, size
    ):
        yield piece


@asynccontextmanager
async def worked(s: Services, job: Job, content: AsyncIterator[bytes], person: str) -> AsyncGenerator[Result]:
    """Have a worker do a job for a person's file.

    Raises PreviewRefused, AppError (`worker_failed`), Unavailable (`worker_away`).
    """
    try:
        async with s.files.workers.run(job, content, person) as result:
            s.files.health.unlooked.discard(job.kind)
            yield result
    except WorkerFailed as failed:
        if failed.code in (Failure.NO_FENCE, Failure.NO_DECODER):
            s.files.health.unlooked.add(job.kind)
            raise Unavailable(str(failed), code=WORKER_AWAY) from failed
        raise AppError(f"{job.kind} of {job.type}: {failed}", code=WORKER_FAILED) from failed
