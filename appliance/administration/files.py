"""`gchat files …`: compare files with their rows, show who uses how much room and what was deleted of a file."""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.actions.file_check import check_files, repair_files
from appliance.administration.formats import csv_line, shown
from appliance.administration.terminal import Terminal
from appliance.files.workers import WorkerFailed
from appliance.locale import both
from appliance.model import PersonId
from appliance.reads.file_usage import load_usage
from appliance.rules.file_quota import Use, size_text
from appliance.services import Services
from appliance.store import file_deletions

USAGE: Final = ("scope", "id", "name", "bytes", "limit", "percent", "previews", "type", "messages", "made_at")


class Asked(msgspec.Struct, kw_only=True):
    """`files check`: mend what can be mended, open every record."""

    repair: bool
    deep: bool


class Most(msgspec.Struct, kw_only=True):
    """`files usage`: how many people and files."""

    limit: int


async def check(s: Services, terminal: Terminal, given: Asked) -> int:
    """Print every fault; the exit code says whether there is one, after a repair whether one is left."""
    found = await check_files(s, terminal.operator.name, deep=given.deep)
    for fault in found.faults:
        await terminal.err(str(fault))
    if given.repair and found.faults:
        await repair_files(s, found)
        found = await check_files(s, terminal.operator.name, deep=given.deep)
        for fault in found.faults:
            await terminal.err(both("files.left", fault=str(fault)))
    await terminal.out(both("files.checked", objects=found.objects, rows=found.rows, faults=len(found.faults)))
    if found.waiting:
        await terminal.err(both("files.waiting", count=found.waiting))
    is_looking = await _is_looking(s, terminal)
    return 1 if found.faults or not is_looking else 0


async def _is_looking(s: Services, terminal: Terminal) -> bool:
    """Say what the workers lack; return whether they can look at files."""
    try:
        await s.files.workers.check()
    except WorkerFailed as failed:
        await terminal.err(both(f"files.{failed.code}", why=str(failed)))
        return False
    return True


async def usage(s: Services, terminal: Terminal, given: Most) -> int:
    """Print who uses how much, as CSV: disk, agency, units, people and the largest files, with whose they are."""
    found = await load_usage(s, given.limit)
    await terminal.out(csv_line(USAGE))
    await terminal.out(_line("disk", "", "", found.disk))
    await terminal.out(_line("agency", s.config.agency.slug, "", found.agency, found.variants))
    for name, use in found.units:
        await terminal.out(_line("unit", "", name, use))
    for person in found.people:
        use = Use(person.bytes + person.reserved)
        await terminal.out(_line("person", person.person, _name_of(s, person.person), use))
    for file in found.files:
        about = (file.type, file.refs, shown(file.made_at))
        await terminal.out(_line("file", file.id, _name_of(s, file.owner), Use(file.size), file.variants, about))
    for scope, use in (("disk", found.disk), ("agency", found.agency)):
        if use.is_nearly_used:
            await terminal.err(both(f"files.nearly.{scope}", percent=use.percent, left=size_text(use.left or 0)))
    return 0


class Deleted(msgspec.Struct, kw_only=True):
    """`files receipts`: of which file, or of which room's messages."""

    file: str | None
    room: str | None


async def receipts(s: Services, terminal: Terminal, given: Deleted) -> int:
    """Print what was deleted of a file, or of all files of a room, as CSV; the exit code says whether anything was."""
    async with s.store.read() as reader:
        if given.room is not None:
            found = await reader.run(file_deletions.receipts_of_room, given.room)
        else:
            found = await reader.run(file_deletions.receipts_of, given.file or "")
    if not found:
        await terminal.err(both("admin.nothing_found"))
        return 1
    await terminal.out(csv_line(("file", "store", "why", "at", "bytes", "message")))
    for item in found:
        await terminal.out(
            csv_line((item.blob, item.store, item.why, shown(item.at), item.bytes, "" if item.n is None else item.n))
        )
    return 0


def _name_of(s: Services, person: PersonId) -> str:
    card = s.directory.people.get(person)
    return card.name if card else ""


def _line(
    scope: str, name: str, shown_as: str, use: Use, previews: int | str = "", about: tuple[object, ...] = ("", "", "")
) -> str:
    limit = (use.limit, use.percent) if use.limit else ("", "")
    return csv_line((scope, name, shown_as, use.used, *limit, previews, *about))
