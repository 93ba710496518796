"""`gchat setting …`: settings of the agency."""

from __future__ import annotations

import msgspec

from appliance.actions.settings import set_contact_mode, set_helpdesk, set_rank_map
from appliance.administration.formats import parse_time, read_text
from appliance.administration.terminal import File, Terminal
from appliance.errors import Invalid
from appliance.model import ContactMode
from appliance.services import Services


class Mode(msgspec.Struct, kw_only=True):
    """`setting contact-mode`; `start` is when it begins to hold."""

    mode: ContactMode
    start: str | None


class RankMap(msgspec.Struct, kw_only=True):
    """`setting rank-map`: a JSON object."""

    file: File


class Desk(msgspec.Struct, kw_only=True):
    """`setting helpdesk`."""

    phone: str
    email: str
    place: str


async def contact_mode(s: Services, terminal: Terminal, given: Mode) -> int:
    """Set who may start private chats."""
    start = parse_time(given.start) if given.start else None
    await set_contact_mode(s, terminal.operator, given.mode, start)
    return 0


async def rank_map(s: Services, terminal: Terminal, given: RankMap) -> int:
    """Map the agency's ranks to the national ladder."""
    try:
        mapping = msgspec.json.decode(read_text(given.file), type=dict[str, str | int])
    except msgspec.MsgspecError as error:
        raise Invalid(code="json_file", file=given.file.name, why=str(error)) from error
    await set_rank_map(s, terminal.operator, mapping)
    return 0


async def helpdesk(s: Services, terminal: Terminal, given: Desk) -> int:
    """Set whom staff ask for help."""
    await set_helpdesk(s, terminal.operator, given.phone, given.email, given.place)
    return 0
