"""The worker: reads one job and one file from standard input, answers on standard output, and ends.

It runs inside a fence (`appliance/files/fences.py`, `systemd/gchat-preview@.service`) and loads a decoder only once it
knows which. Whatever goes wrong in one is a refusal: the file can still be sent as it is.
"""

from __future__ import annotations

import pkgutil
import resource
import sys
from contextlib import suppress
from typing import Final

from appliance.preview.content import Content, Outcome, Refused
from appliance.preview.protocol import MAX_LINE, SECONDS, Answer, JobKind, Refusal, encode, read_job

_WORK: Final = {
    JobKind.CLEAN: "appliance.preview.cleaning:clean",
    JobKind.PICTURE: "appliance.preview.pictures:look",
    JobKind.PORTRAIT: "appliance.preview.pictures:portrait",
    JobKind.PDF: "appliance.preview.documents:pages",
    JobKind.VIDEO: "appliance.preview.media:video",
    JobKind.SOUND: "appliance.preview.media:sound",
    JobKind.ARCHIVE: "appliance.preview.archives:members",
}


def main() -> None:
    """Do one job. Raises ProtocolError for a line that is no job."""
    job = read_job(sys.stdin.buffer.readline(MAX_LINE + 1))
    with suppress(OSError):  # systemd's fence refuses this call, and has a limit of its own
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS[job.kind], SECONDS[job.kind]))
    content, outcome = Content(job, sys.stdin.buffer), Outcome()
    refused = work(content, outcome)
    content.skip()
    sys.stdout.buffer.write(encode(Answer(refused=refused) if refused else outcome.answer()))
    if not refused:
        outcome.write(sys.stdout.buffer)
    sys.stdout.buffer.flush()


def work(content: Content, outcome: Outcome) -> Refusal | None:
    """Do what the job says with the file that follows it; return why nothing was made, None if something was."""
    try:
        pkgutil.resolve_name(_WORK[content.job.kind])(content, outcome)
    except Refused as refusal:
        return refusal.why
    except MemoryError:
        return Refusal.TOO_LARGE
    except Exception:  # noqa: BLE001 -- a decoder may raise anything; the file is at fault, or made to be
        return Refusal.BROKEN
    return None


if __name__ == "__main__":
    main()
