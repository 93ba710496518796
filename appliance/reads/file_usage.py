"""Who uses how much room for files: the disk, the agency, units, people, and the largest files.

Operators are shown all of it. It names people and units, never a file: what a file is called is content, and only its
room may see it. Everybody is shown what they use themselves (`load_own_space`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from appliance.files.uses import agency_use, promised_use, uses_of
from appliance.rules.file_quota import Scope, Use, year_of
from appliance.store import file_checks, file_use
from appliance.wire.files import OwnSpace, Space

if TYPE_CHECKING:
    from appliance.model import PersonId, UnitId
    from appliance.services import Services
    from appliance.store.file_checks import Large
    from appliance.store.file_use import PersonUse


class Usage(NamedTuple):
    """What is used, in bytes. `units` and `people` begin with those who use most; `people` and `files` are cut short.

    Of a unit and a person `used` counts all years, what was made of their files, and what uploads on the way reserve.
    `variants` is what was made of all files to be shown in their place; `agency` counts it too.
    """

    disk: Use
    agency: Use
    variants: int
    units: list[tuple[str, Use]]
    people: list[PersonUse]
    files: list[Large]


async def load_usage(s: Services, most: int) -> Usage:
    """Return the use of files, `most` people and files of it."""
    async with s.store.read() as reader:
        people = await reader.run(file_use.list_people)
        agency = await reader.run(agency_use, s.config.files, s.disk)
        variants = await reader.run(file_checks.variants_size)
        files = await reader.run(file_checks.largest, most)
    units: defaultdict[UnitId | None, int] = defaultdict(int)
    for person in people:
        card = s.directory.people.get(person.person)
        units[card.unit if card else None] += person.bytes + person.reserved
    return Usage(
        s.disk.use(),
        agency,
        variants,
        [(_name_of(s, unit), Use(used, s.config.files.quota_unit)) for unit, used in _most_first(units)],
        sorted(people, key=lambda person: (-person.bytes - person.reserved, person.person))[:most],
        files,
    )


async def load_own_space(s: Services, person: PersonId) -> OwnSpace:
    """Return what a person's files use of the limits that hold for them."""
    async with s.store.read() as reader:
        uses = await reader.run(uses_of, s.config.files, s.disk, s.directory, person, s.clock())
        uses[Scope.DISK] = await reader.run(promised_use, s.disk)
    left = [use.left for use in uses.values() if use.left is not None]
    return OwnSpace(
        year=year_of(s.clock()),
        own=_space(uses[Scope.PERSON]),
        unit=_space(uses[Scope.UNIT]) if Scope.UNIT in uses else None,
        left=min(s.config.files.largest, *left),
    )


def _space(use: Use) -> Space:
    return Space(used=use.used, limit=use.limit or None)


def _most_first(units: dict[UnitId | None, int]) -> list[tuple[UnitId | None, int]]:
    return sorted(units.items(), key=lambda item: (-item[1], item[0] or ""))


def _name_of(s: Services, unit: UnitId | None) -> str:
    found = s.directory.now.all_units.get(unit) if unit is not None else None
    return found.name_th if found else ""
