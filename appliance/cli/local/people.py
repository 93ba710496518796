"""`gchat people` and `gchat units`: the directory."""

from __future__ import annotations

import argparse
import sys

from appliance.actions.people_import import apply_import, preview_import
from appliance.locale import text
from appliance.people_services import OfflineServices
from appliance.reads.directory import unit_views
from appliance.reads.import_preview import describe_changes, describe_problems, describe_totals
from appliance.rules.roles import Actor


async def import_files(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    """Preview directory files; with `--apply`, import them."""
    preview = await preview_import(s, {str(path): path.read_bytes() for path in arguments.files})
    for line in describe_problems(preview.plan.problems, "th", "en"):
        print(line, file=sys.stderr)
    for line in describe_changes(preview.plan, arguments.language):
        print(line)
    for minor in preview.under_age:
        print(text("import_under_age", arguments.language, staff_no=minor.staff_no))
    if not preview.plan.problems:
        print(describe_totals(preview.plan, arguments.language))
    if arguments.apply or preview.plan.problems:
        await apply_import(s, actor, preview, approved=arguments.approve_deactivations)
        print("นำเข้าแล้ว — imported" if preview.plan.changes else "ไม่มีอะไรต้องเปลี่ยน — nothing to change")
        return 0
    flags = "--apply --approve-deactivations" if preview.needs_approval else "--apply"
    print(f"ดูก่อน ยังไม่มีการเปลี่ยนแปลง ใช้ {flags} เพื่อนำเข้า — preview only, nothing was changed; {flags} imports it")
    return 0


async def units(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    """Print the organisation chart."""
    depth: dict[str | None, int] = {None: -1}
    for unit in unit_views(s):
        depth[unit.id] = depth[unit.parent] + 1
        code = s.identity.directory.units[unit.id].code  # type: ignore[index]
        print(f"{'  ' * depth[unit.id]}{code}  {unit.name}  ({unit.people_below})")
    return 0
