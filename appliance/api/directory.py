"""The organisation chart and its people over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.model import PersonId, UnitId
from appliance.reads.agencies import load_agencies
from appliance.reads.directory import load_people, load_person, load_units
from appliance.web.call import Call
from appliance.web.routes import Cost, Routes
from appliance.wire.directory import Agencies, People, PeopleQuery, Person, Units, UnitsQuery

routes = Routes("directory")


@routes.get("/directory/units", cost=Cost.FEW)
async def list_units(call: Call, query: UnitsQuery) -> Units:
    """Return the organisation chart, parents before children, in pages."""
    return load_units(call.services, query.cursor)


@routes.get("/directory/agencies")
async def list_agencies(call: Call) -> Agencies:
    """Return every enrolled agency, and whether it can be reached now."""
    return load_agencies(call.services)


@routes.get("/directory/people", cost=Cost.SEVERAL, heavy=True)
async def list_people(call: Call, query: PeopleQuery) -> People:
    """Return a page of people, searched by name, unit, post, staff or telephone number, the best answers first."""
    return await load_people(
        call.services,
        call.person,
        q=query.q,
        unit=UnitId(query.unit) if query.unit else None,
        below=query.below,
        cursor=query.cursor,
        limit=query.limit,
        language=call.language,
    )


@routes.get("/people/{person}")
async def get_person(call: Call, person: PersonId) -> Person:
    """Return one person, as far as the caller may see them."""
    return Person(person=await load_person(call.services, call.person, person))
