"""Refusing files that do not fit: asked when an upload is made and again when a message refers to it.

The rule is `rules/file_quota.py`. It is asked inside the transaction that takes the space, so that uploads which arrive
together are counted one after the other and their sum is never above a limit.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import QuotaExceeded
from appliance.locale import both
from appliance.rules.file_quota import Scope, Use, agency_limit, check_quota, size_text, year_of
from appliance.store import file_use

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
    uses = load_uses(s, rows, person)
    if size:
        uses[Scope.DISK] = s.disk.use()
    over = check_quota(size, uses)
    if over is not None:
        raise QuotaExceeded(code=CODES[over.scope], left=size_text(over.left))


def load_uses(s: Services, rows: Rows, person: PersonId) -> dict[Scope, Use]:
    """Return what is used of each limit that holds for a person now."""
    files = s.config.files
    used = file_use.of_person(rows, person, year_of(s.clock()))
    uses = {
        Scope.PERSON: Use(used, files.quota_person_year),
        Scope.AGENCY: Use(file_use.of_agency(rows), _agency_limit(s)),
    }
    card = s.directory.people.get(person)
    if files.quota_unit and card is not None and card.unit is not None:
        people = [other.id for other in s.directory.people.values() if other.unit == card.unit]
        uses[Scope.UNIT] = Use(file_use.of_people(rows, people), files.quota_unit)
    return uses


async def warn_of_space(s: Services) -> list[Scope]:
    """Warn administrators, in the log of the process, that the disk or the agency's quota is nearly used.

    A timer calls this each hour. Returns which of them are.
    """
    async with s.store.read() as reader:
        used = await reader.run(file_use.of_agency)
    uses = {Scope.DISK: s.disk.use(), Scope.AGENCY: Use(used, _agency_limit(s))}
    nearly = [scope for scope, use in uses.items() if use.is_nearly_used]
    for scope in nearly:
        use = uses[scope]
        logger.warning("files: %s", both(f"files.nearly.{scope}", percent=use.percent, left=size_text(use.left or 0)))
    return nearly


def _agency_limit(s: Services) -> int:
    space = s.disk.space()
    return agency_limit(space.total, s.config.files.disk_percent) if space else 0
