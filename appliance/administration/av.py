"""`gchat av …` and `gchat files quarantine …`: the virus scanner, and files in which it has found something."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions import file_quarantine
from appliance.actions.scanner_state import ask_scanner, count_files, note_rescan, note_signatures
from appliance.actions.scanner_watch import look, what_it_tells
from appliance.actions.scanning import scan_again
from appliance.administration.formats import csv_line, shown
from appliance.administration.proofs import prove_two
from appliance.administration.terminal import Nothing, Terminal
from appliance.errors import Conflict, Forbidden, Unavailable
from appliance.files import scanner_folder
from appliance.files.scanner_folder import Medium
from appliance.locale import both
from appliance.model import Deny, PersonId
from appliance.rules.file_quota import size_text
from appliance.rules.scanning import ScanPolicy
from appliance.services import Services

if TYPE_CHECKING:
    from appliance.actions.scanner_state import ScannerState
    from appliance.config import Clamav
    from appliance.files.scanner_folder import ScannerFolder
    from appliance.rules.scanning import Telling

QUARANTINE: Final = ("file", "found_at", "user", "name", "bytes", "found", "sealed")


class Again(msgspec.Struct, kw_only=True):
    """`av rescan`: those that were found clean too."""

    all: bool


class Imported(msgspec.Struct, kw_only=True):
    """What `av import` has put in: name and version of each."""

    files: list[str]


class Delete(msgspec.Struct, kw_only=True):
    """`files quarantine delete`: with two people also a file that a message carries."""

    file: str
    why: str
    by: str | None
    second: str | None


class Release(msgspec.Struct, kw_only=True):
    """`files quarantine release`: the two people who decide."""

    file: str
    why: str
    by: str
    second: str


async def status(s: Services, terminal: Terminal, given: Nothing) -> int:
    """Print whether the scanner answers, how old its signatures are, and how many files are in which state."""
    del given
    policy = ScanPolicy(s.config.files.scan)
    await terminal.out(both(f"av.policy.{policy}"))
    for scan, count in (await count_files(s)).items():
        await terminal.out(f"{scan}\t{count}")
    if policy is ScanPolicy.OFF:
        return 0
    await look(s)
    try:
        state, told = await ask_scanner(s), await what_it_tells(s, anew=True)
    except Unavailable as error:
        away = shown(s.files.health.away_since)
        await terminal.err(both("av.away", socket=s.config.clamav.socket, since=away, error=str(error)))
        return 1
    folder = await asyncio.to_thread(scanner_folder.look, Path(s.config.clamav.config))
    is_well = [await _say_signatures(terminal, state), await _say_telling(s, terminal, told)]
    is_well.append(await _say_folder(s.config.clamav, terminal, folder))
    return 0 if all(is_well) else 1


async def _say_signatures(terminal: Terminal, state: ScannerState) -> bool:
    """Print which signatures the scanner has; return whether they are as they should be."""
    version = state.version
    if version.signatures_at is None or state.days is None:
        await terminal.out(both("av.own_signatures", engine=version.engine))
        return True
    at = shown(round(version.signatures_at.timestamp() * 1000))
    line = both("av.signatures", engine=version.engine, number=version.signatures or 0, at=at, days=state.days)
    await terminal.out(line)
    if state.is_old:
        await terminal.err(both("av.old", days=state.days))
    return not state.is_old


async def _say_telling(s: Services, terminal: Terminal, told: Telling) -> bool:
    """Print whether the scanner tells of what it does not look into; return that."""
    if all(told):
        await terminal.out(both("av.tells"))
        return True
    if not told.limits:
        await terminal.err(both("av.hides_limits", size=size_text(s.config.clamav.max_file_size)))
    if not told.encrypted:
        await terminal.err(both("av.hides_encrypted"))
    return False


async def _say_folder(clamav: Clamav, terminal: Terminal, folder: ScannerFolder) -> bool:
    """Print what the scanner's folder lies on; return whether it is as it should be.

    That is: no file gets to a disk there in clear, and all that is looked at at once has room. clamd says «OK» of a PDF
    file that it could not unpack for want of room (tried with ClamAV 1.4).
    """
    is_memory = folder.medium is Medium.MEMORY
    say = terminal.out if is_memory else terminal.err
    await say(both(f"av.folder.{folder.medium}", folder=folder.path))
    needed = clamav.at_once * 2 * clamav.max_scan_size
    has_room = folder.size is None or folder.size >= needed
    if not has_room:
        await terminal.err(both("av.folder_small", folder=folder.path, needed=size_text(needed)))
    return is_memory and has_room


async def rescan(s: Services, terminal: Terminal, given: Again) -> int:
    """Have files scanned again in the background; each keeps its state until then. Raises Conflict (`scanning_off`)."""
    if s.config.files.scan == ScanPolicy.OFF:
        raise Conflict(code="scanning_off")
    count = await scan_again(s, clean_too=given.all)
    await note_rescan(s, terminal.operator, count)
    await terminal.out(both("av.rescan", count=count))
    return 0


async def importing(s: Services, terminal: Terminal, given: Nothing) -> int:
    """Do nothing yet: where no record can be made, opening the appliance has said so before a file is put in."""
    del s, terminal, given
    return 0


async def imported(s: Services, terminal: Terminal, given: Imported) -> int:
    """Record the signatures that were put in, and have the scanner load them."""
    try:
        await note_signatures(s, terminal.operator, given.files)
    except Unavailable as error:
        await terminal.err(both("av.not_loaded", error=str(error)))
        return 1
    await terminal.out(both("av.loaded"))
    return 0


async def list_quarantine(s: Services, terminal: Terminal, given: Nothing) -> int:
    """Print what is in quarantine as CSV: file, when it was found, its sender, bytes, what was found, if sealed."""
    del given
    found = await file_quarantine.list_quarantine(s)
    if not found:
        await terminal.err(both("admin.nothing_found"))
        return 0
    await terminal.out(csv_line(QUARANTINE))
    for one in found:
        account, card = s.accounts.get(PersonId(one.owner)), s.directory.people.get(PersonId(one.owner))
        sender = (account.user if account else one.owner, card.name if card else "")
        await terminal.out(csv_line((one.id, shown(one.scanned_at), *sender, one.size, one.found, int(one.sealed))))
    return 0


async def delete_infected(s: Services, terminal: Terminal, given: Delete) -> int:
    """Delete a file of the quarantine for good, out of its messages where two people say so."""
    if (given.by is None) != (given.second is None):
        raise Forbidden(Deny.SECOND_PERSON_REQUIRED)
    by, second = terminal.operator, None
    if given.by is not None and given.second is not None:
        by, second = await prove_two(s, terminal, given.by, given.second)
    await file_quarantine.delete_infected(s, by, given.file, given.why, second)
    await terminal.out(both("av.deleted", file=given.file))
    return 0


async def release(s: Services, terminal: Terminal, given: Release) -> int:
    """Let a file of the quarantine be opened again, where two people say that the scanner is wrong."""
    by, second = await prove_two(s, terminal, given.by, given.second)
    await file_quarantine.release(s, by, given.file, given.why, second)
    await terminal.out(both("av.released", file=given.file))
    return 0
