"""`gchat people` and `gchat units`: the directory."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.actions.people_import import apply_import, preview_import
from appliance.administration.terminal import File, Nothing, Terminal
from appliance.locale import both, text
from appliance.model import UnitId
from appliance.reads.directory import unit_views
from appliance.reads.import_preview import describe_changes, describe_problems, describe_totals
from appliance.services import Services


class Import(msgspec.Struct, kw_only=True):
    """`people import`."""

    files: list[File]
    apply: bool
    approve_deactivations: bool
    language: Literal["th", "en"]


async def import_files(s: Services, terminal: Terminal, given: Import) -> int:
    """Preview directory files; with `--apply`, import them."""
    preview = await preview_import(s, {file.name: file.content for file in given.files})
    for line in describe_problems(preview.plan.problems, "th", "en"):
        await terminal.err(line)
    for line in describe_changes(preview.plan, given.language):
        await terminal.out(line)
    for minor in preview.under_age:
        await terminal.out(text("import_under_age", given.language, staff_no=minor.staff_no))
    if not preview.plan.problems:
        await terminal.out(describe_totals(preview.plan, given.language))
    if given.apply or preview.plan.problems:
        await apply_import(s, terminal.operator, preview, approved=given.approve_deactivations)
        await terminal.out(both("admin.imported") if preview.plan.changes else both("admin.nothing_change"))
        return 0
    flags = "--apply --approve-deactivations" if preview.needs_approval else "--apply"
    await terminal.out(both("admin.preview_only_nothing_was", flags=flags))
    return 0


async def units(s: Services, terminal: Terminal, _given: Nothing) -> int:
    """Print the organisation chart."""
    depth: dict[str | None, int] = {None: -1}
    for unit in unit_views(s):
        depth[unit.id] = depth[unit.parent] + 1
        code = s.directory.now.units[UnitId(unit.id)].code
        await terminal.out(f"{'  ' * depth[unit.id]}{code}  {unit.name}  ({unit.people_below})")
    return 0
