"""Who uses how much room for files: the disk, the agency, units, people, and the largest files.

For operators. It names people and units, never a file: what a file is called is content, and only its room may see it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from appliance.rules.file_quota import Use, agency_limit
from appliance.store import file_checks, file_use

if TYPE_CHECKING:
    from appliance.model import UnitId
    from appliance.services import Services
    from appliance.store.file_checks import Large
    from appliance.store.file_use import PersonUse


class Usage(NamedTuple):
    """What is used, in bytes. `units` and `people` begin with those who use most; `people` and `files` are cut short.

    Of a unit and a person `used` counts all years and what uploads on the way reserve.
    """

    disk: Use
    agency: Use
    units: list[tuple[str, Use]]
    people: list[PersonUse]
    files: list[Large]


async def load_usage(s: Services, most: int) -> Usage:
    """Return the use of files, `most` people and files of it."""
    async with s.store.read() as reader:
        people = await reader.run(file_use.list_people)
        agency = await reader.run(file_use.of_agency)
        files = await reader.run(file_checks.largest, most)
    units: defaultdict[UnitId | None, int] = defaultdict(int)
    for person in people:
        card = s.directory.people.get(person.person)
        units[card.unit if card else None] += person.bytes + person.reserved
    space = s.disk.space()
    limit = agency_limit(space.total, s.config.files.disk_percent) if space else 0
    return Usage(
        s.disk.use(),
        Use(agency, limit),
        [(_name_of(s, unit), Use(used, s.config.files.quota_unit)) for unit, used in _most_first(units)],
        sorted(people, key=lambda person: (-person.bytes - person.reserved, person.person))[:most],
        files,
    )


def _most_first(units: dict[UnitId | None, int]) -> list[tuple[UnitId | None, int]]:
    return sorted(units.items(), key=lambda item: (-item[1], item[0] or ""))


def _name_of(s: Services, unit: UnitId | None) -> str:
    found = s.directory.now.all_units.get(unit) if unit is not None else None
    return found.name_th if found else ""
