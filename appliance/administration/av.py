"""`gchat av …` and `gchat files quarantine …`: the virus scanner, and files in which it has found something."""

from __future__ import annotations

import msgspec

from appliance.actions import file_quarantine
from appliance.actions.scanner_state import ask_scanner, count_files, note_rescan, note_signatures
from appliance.actions.scanning import scan_again
from appliance.administration.formats import shown
from appliance.administration.proofs import prove_two
from appliance.administration.terminal import Nothing, Terminal
from appliance.errors import Unavailable
from appliance.locale import both
from appliance.rules.file_quota import size_text
from appliance.rules.scanning import ScanPolicy
from appliance.services import Services


class Again(msgspec.Struct, kw_only=True):
    """`av rescan`: those that were found clean too."""

    all: bool


class Imported(msgspec.Struct, kw_only=True):
    """What `av import` has put in: name and version of each."""

    files: list[str]


class OneFile(msgspec.Struct, kw_only=True):
    """`files quarantine delete`."""

    file: str
    why: str


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
    try:
        state = await ask_scanner(s)
    except Unavailable as error:
        await terminal.err(both("av.away", socket=s.config.clamav.socket, error=str(error)))
        return 1
    version = state.version
    if version.signatures_at is None or state.days is None:
        await terminal.err(both("av.no_signatures", engine=version.engine))
        return 1
    at = shown(round(version.signatures_at.timestamp() * 1000))
    line = both("av.signatures", engine=version.engine, number=version.signatures or 0, at=at, days=state.days)
    await terminal.out(line)
    if state.is_old:
        await terminal.err(both("av.old", days=state.days))
    return 1 if state.is_old else 0


async def rescan(s: Services, terminal: Terminal, given: Again) -> int:
    """Have files scanned again in the background; each keeps its state until then."""
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
    """Print what is in quarantine: file, when it was found, sender, size, what was found."""
    del given
    for one in await file_quarantine.list_quarantine(s):
        await terminal.out("\t".join((one.id, shown(one.scanned_at), one.owner, size_text(one.size), one.found)))
    return 0


async def delete_infected(s: Services, terminal: Terminal, given: OneFile) -> int:
    """Delete a file of the quarantine for good."""
    await file_quarantine.delete_infected(s, terminal.operator, given.file, given.why)
    await terminal.out(both("av.deleted", file=given.file))
    return 0


async def release(s: Services, terminal: Terminal, given: Release) -> int:
    """Let a file of the quarantine be opened again, where two people say that the scanner is wrong."""
    by, second = await prove_two(s, terminal, given.by, given.second)
    await file_quarantine.release(s, by, given.file, given.why, second)
    await terminal.out(both("av.released", file=given.file))
    return 0
