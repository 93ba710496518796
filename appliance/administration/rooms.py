"""`gchat room …`: find rooms, export a room's log for evidence, give a room a new owner, close rooms."""

from __future__ import annotations

import msgspec

from appliance.actions.evidence import export_room, list_rooms
from appliance.actions.rooms import end_room, reassign_room
from appliance.administration.accounts import by_user
from appliance.administration.formats import shown
from appliance.administration.proofs import prove_two
from appliance.administration.terminal import Terminal
from appliance.locale import both
from appliance.model import PersonId, RoomId
from appliance.rules.text import one_line
from appliance.services import Services


class Wanted(msgspec.Struct, kw_only=True):
    """`room list`: part of a room's name, user name of a member."""

    name: str | None
    member: str | None


class Export(msgspec.Struct, kw_only=True):
    """`room export`."""

    room: RoomId
    why: str
    partial: bool


class Reassignment(msgspec.Struct, kw_only=True):
    """`room reassign`: the new owner, and the two people who decide."""

    room: RoomId
    to: PersonId
    why: str
    by: str
    second: str


class Closing(msgspec.Struct, kw_only=True):
    """`room close`."""

    room: list[RoomId]
    why: str


async def list_found(s: Services, terminal: Terminal, given: Wanted) -> int:
    """Print the rooms that fit."""
    member = by_user(s, given.member) if given.member else None
    rooms = await list_rooms(s, terminal.operator, given.name, member)
    if not rooms:
        await terminal.err(both("admin.nothing_found"))
    for found in rooms:
        line = (found.id, found.kind, shown(found.created_at), str(found.members), one_line(found.name))
        await terminal.out("\t".join(line))
    return 0


async def export(s: Services, terminal: Terminal, given: Export) -> int:
    """Write a room's whole log."""
    done = await export_room(s, terminal.operator, given.room, given.why, terminal.data, partial=given.partial)
    for n in done.damaged:
        await terminal.err(both("admin.body_damaged_was_left", room=given.room, n=n))
    for n in done.malformed:
        await terminal.err(both("admin.body_malformed_was_left", room=given.room, n=n))
    await terminal.err(both("admin.entries_sha", entries=done.entries, sha=done.sha256))
    return 1 if done.damaged else 0


async def reassign(s: Services, terminal: Terminal, given: Reassignment) -> int:
    """Give a room whose owner has left to another member."""
    by, second = await prove_two(s, terminal, given.by, given.second)
    await reassign_room(s, by, given.room, given.to, given.why, second)
    await terminal.out(both("admin.room_reassigned", room=given.room, to=given.to))
    return 0


async def close(s: Services, terminal: Terminal, given: Closing) -> int:
    """Close groups and take everybody but the owner off."""
    for room in dict.fromkeys(given.room):
        await end_room(s, terminal.operator.name, room, given.why)
        await terminal.out(both("admin.room_closed", room=room))
    return 0
