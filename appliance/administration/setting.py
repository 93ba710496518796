"""`gchat setting …`: settings of the agency."""

from __future__ import annotations

import msgspec

from appliance.actions.settings import set_contact_mode, set_helpdesk, set_rank_map
from appliance.administration.formats import parse_time, read_text
from appliance.administration.terminal import File, Terminal
from appliance.errors import Invalid
from appliance.locale import both
from appliance.model import ContactMode
from appliance.rules.agency_settings import HELPDESK
from appliance.services import Services


class Mode(msgspec.Struct, kw_only=True):
    """`setting contact-mode`; `start` is when it begins to hold."""

    mode: ContactMode
    start: str | None


class RankMap(msgspec.Struct, kw_only=True):
    """`setting rank-map`: a JSON object."""

    file: File


class Desk(msgspec.Struct, kw_only=True):
    """`setting helpdesk`; what is None stays as it is."""

    phone: str | None
    email: str | None
    place: str | None


async def contact_mode(s: Services, terminal: Terminal, given: Mode) -> int:
    """Set who may start private chats."""
    start = parse_time(given.start) if given.start else None
    await set_contact_mode(s, terminal.operator, given.mode, start)
    await terminal.out(both("admin.setting_changed", setting=f"contact-mode {given.mode.value}"))
    return 0


async def rank_map(s: Services, terminal: Terminal, given: RankMap) -> int:
    """Map the agency's ranks to the national ladder."""
    try:
        mapping = msgspec.json.decode(read_text(given.file), type=dict[str, str | int])
    except msgspec.MsgspecError as error:
        raise Invalid(code="json_file", file=given.file.name, why=str(error)) from error
    await set_rank_map(s, terminal.operator, mapping)
    await terminal.out(both("admin.setting_changed", setting="rank-map"))
    return 0


async def helpdesk(s: Services, terminal: Terminal, given: Desk) -> int:
    """Set whom staff ask for help, as far as anything is given; print whom they ask."""
    wanted = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not None}
    if wanted:
        now = s.settings.get(HELPDESK, s.clock())
        desk = {"phone": now.phone, "email": now.email, "place": now.place} | wanted
        await set_helpdesk(s, terminal.operator, **desk)
        await terminal.out(both("admin.setting_changed", setting="helpdesk"))
    desk_now = s.settings.get(HELPDESK, s.clock())
    shown = {"phone": desk_now.phone, "email": desk_now.email, "place": desk_now.place}
    await terminal.out(both("admin.helpdesk", **{name: value or "–" for name, value in shown.items()}))
    return 0
