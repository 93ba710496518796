"""`gchat setting …`: settings of the agency."""

from __future__ import annotations

import argparse

import msgspec

from appliance.actions.settings import set_contact_mode, set_helpdesk, set_rank_map
from appliance.cli.local.formats import parse_time, read_text
from appliance.errors import Invalid
from appliance.model import ContactMode
from appliance.people_services import OfflineServices
from appliance.rules.roles import Actor


async def contact_mode(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Set who may start private chats."""
    await set_contact_mode(
        s, actor, ContactMode(arguments.mode), parse_time(arguments.start) if arguments.start else None
    )
    return 0


async def rank_map(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Map the agency's ranks to the national ladder."""
    try:
        mapping = msgspec.json.decode(read_text(arguments.file), type=dict[str, str | int])
    except msgspec.MsgspecError as error:
        raise Invalid(code="json_file", file=str(arguments.file), why=str(error)) from error
    await set_rank_map(s, actor, mapping)
    return 0


async def helpdesk(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Set whom staff ask for help."""
    await set_helpdesk(s, actor, arguments.phone, arguments.email, arguments.place)
    return 0
