"""The other agencies as staff see them: by name, and whether they can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import agency_of
from appliance.rules.collation import sort_key
from appliance.wire.directory import Agencies, EnrolledAgency
from appliance.wire.rooms import RoomAgency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.agencies import Agency
    from appliance.model import Principal
    from appliance.services import Services


def load_agencies(s: Services) -> Agencies:
    """Return every agency that is or was enrolled, the own one first, the others in Thai order."""
    home = s.log.home.agency
    known = sorted(s.agencies.all().values(), key=lambda agency: (agency.slug != home, sort_key(agency.name_th)))
    return Agencies(agencies=[_view(s, agency) for agency in known])


def agencies_of_room(s: Services, hub: str, members: Iterable[Principal]) -> list[RoomAgency]:
    """Return the agencies of a room, its hub first, the others in Thai order; none for a room of the own one alone."""
    slugs = {hub, *map(agency_of, members)}
    if slugs == {s.log.home.agency}:
        return []
    found = [_in_room(s, slug) for slug in slugs]
    return sorted(found, key=lambda agency: (agency.id != hub, sort_key(agency.name)))


def _in_room(s: Services, slug: str) -> RoomAgency:
    known = s.agencies.get(slug)
    return RoomAgency(
        id=slug,
        name=known.name_th if known else slug,
        name_en=known.name_en if known else None,
        status=s.agencies.reach(slug).value,
    )


def _view(s: Services, agency: Agency) -> EnrolledAgency:
    return EnrolledAgency(
        id=agency.slug,
        name_th=agency.name_th,
        name_en=agency.name_en,
        status=agency.standing.value,
        link=s.agencies.reach(agency.slug).value,
        last_heard=s.agencies.link(agency.slug).heard,
    )
