"""What is used of the limits on files, as of now: a person's in this year, their unit's, the agency's.

Owns the figures alone, read from counts that triggers keep and from the disk. What follows from them is
`rules/file_quota.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.rules.file_quota import Scope, Use, agency_limit, year_of
from appliance.store import file_use

if TYPE_CHECKING:
    from appliance.config import Files
    from appliance.files.disk import Disk
    from appliance.identity.current import CurrentDirectory
    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows


def uses_of(
    rows: Rows, settings: Files, disk: Disk, directory: CurrentDirectory, person: PersonId, now: Millis
) -> dict[Scope, Use]:
    """Return what is used of each limit that holds for a person's files."""
    uses = {
        Scope.PERSON: Use(file_use.of_person(rows, person, year_of(now)), settings.quota_person_year),
        Scope.AGENCY: agency_use(rows, settings, disk),
    }
    card = directory.people.get(person)
    if settings.quota_unit and card is not None and card.unit is not None:
        people = [other.id for other in directory.people.values() if other.unit == card.unit]
        uses[Scope.UNIT] = Use(file_use.of_people(rows, people), settings.quota_unit)
    return uses


def promised_use(rows: Rows, disk: Disk) -> Use:
    """Return what is used of the disk once every upload on its way is whole.

    What of these has arrived already counts twice: a picture is kept as it came and as it was cleaned for a while.
    """
    use = disk.use()
    return Use(use.used + file_use.reserved(rows), use.limit)


def agency_use(rows: Rows, settings: Files, disk: Disk) -> Use:
    """Return what is used of the agency's limit; there is none while the disk cannot be asked."""
    space = disk.space()
    return Use(file_use.of_agency(rows), agency_limit(space.total, settings.disk_percent) if space else 0)
