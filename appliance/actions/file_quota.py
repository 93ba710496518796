"""Refusing files that do not fit: asked when an upload is made and again when a message refers to it.

The rule is `rules/file_quota.py`. It is asked inside the transaction that takes the space, so that uploads which arrive
together are counted one after the other and their sum is never above a limit.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import QuotaExceeded
from appliance.files.uses import agency_use, promised_use, uses_of
from appliance.locale import both
from appliance.rules.file_quota import Scope, check_quota, size_text

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.services import Services
    from appliance.store.db import Rows

logger = logging.getLogger(__name__)
CODES: Final = {
    Scope.PERSON: "quota_person",
    Scope.UNIT: "quota_unit",
    Scope.AGENCY: "quota_agency",
    Scope.DISK: "disk_nearly_full",
}


def refuse_above(s: Services, rows: Rows, person: PersonId, size: int = 0) -> None:
    """Refuse `size` more bytes of a person's files where they do not fit. Raises QuotaExceeded.

    With 0 it is asked whether what the transaction has written by now fits; it is on the disk already then.
    """
    uses = uses_of(rows, s.config.files, s.disk, s.directory, person, s.clock())
    if size:
        uses[Scope.DISK] = promised_use(rows, s.disk)
    over = check_quota(size, uses)
    if over is not None:
        raise QuotaExceeded(code=CODES[over.scope], left=size_text(over.left), limit=size_text(over.limit))


def has_room(s: Services, rows: Rows, person: PersonId, size: int) -> bool:
    """Return whether `size` bytes more, which nobody asked for by themselves, fit into each quota of a person."""
    return check_quota(size, uses_of(rows, s.config.files, s.disk, s.directory, person, s.clock())) is None


async def warn_of_space(s: Services) -> list[Scope]:
    """Warn administrators, in the log of the process, that the disk or the agency's quota is nearly used.

    A timer calls this each hour. Returns which of them are.
    """
    async with s.store.read() as reader:
        agency = await reader.run(agency_use, s.config.files, s.disk)
    uses = {Scope.DISK: s.disk.use(), Scope.AGENCY: agency}
    nearly = [scope for scope, use in uses.items() if use.is_nearly_used]
    for scope in nearly:
        use = uses[scope]
        logger.warning("files: %s", both(f"files.nearly.{scope}", percent=use.percent, left=size_text(use.left or 0)))
    return nearly
