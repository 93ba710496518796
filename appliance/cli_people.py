"""`gchat people`, `units`, `terms`, `setting`, `audit`: the directory and what is set and recorded for the agency."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import cli_accounts
from appliance.cli_offline import add_command, parse_time, read_text, safe_csv, shown
from appliance.errors import Invalid

if TYPE_CHECKING:
    from appliance.people_services import OfflineServices
    from appliance.rules.roles import Actor


def register(commands: Any) -> None:
    """Add the commands to the command line."""
    cli_accounts.register(commands)
    people = commands.add_parser("people", help="the directory").add_subparsers(required=True)
    load = add_command(people, "import", "preview directory files and, with --apply, import them (F14)", _import)
    load.add_argument("files", nargs="+", type=Path, help="CSV files of units and of people")
    load.add_argument("--apply", action="store_true", help="make the changes; without it nothing is changed")
    load.add_argument("--approve-deactivations", action="store_true", help="take more people off the staff than usual")
    load.add_argument("--language", choices=["th", "en"], default="th", help="of the preview")
    add_command(commands, "units", "show the organisation chart", _units)
    terms = commands.add_parser("terms", help="terms of use").add_subparsers(required=True)
    publish = add_command(terms, "publish", "publish the next version; everyone is asked again (F80)", _publish)
    publish.add_argument(
        "file", type=Path, nargs="?", help="Thai text, its first line the title; the product's otherwise"
    )
    publish.add_argument("--english", type=Path, help="English text, its first line the title")
    publish.add_argument(
        "--from",
        dest="start",
        metavar="DAY[THH:MM]",
        help="from the beginning of that day, or that time; now otherwise",
    )
    add_command(terms, "acceptances", "write who accepted which version when, as CSV", _acceptances)
    setting = commands.add_parser("setting", help="settings of the agency").add_subparsers(required=True)
    mode = add_command(setting, "contact-mode", "who may start private chats: by rank, or everyone (F38, F39)", _mode)
    mode.add_argument("mode", choices=["normal", "public"])
    mode.add_argument(
        "--from",
        dest="start",
        metavar="DAY[THH:MM]",
        help="from the beginning of that day, or that time; now otherwise",
    )
    ranks = add_command(setting, "rank-map", "map the agency's ranks to the national ladder (Q4)", _rank_map)
    ranks.add_argument("file", type=Path, help='JSON: {"our rank": "K3", "another": 55}')
    desk = add_command(setting, "helpdesk", "whom staff ask for help; shown on the sign-in page", _helpdesk)
    desk.add_argument("--phone", default="", help="telephone number, such as '02-590-1000 ต่อ 1234'")
    desk.add_argument("--email", default="", help="mail address")
    desk.add_argument("--place", default="", help="room and building")
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(required=True)
    listing = add_command(audit, "list", "show the newest records", _audit_list)
    listing.add_argument("--limit", type=int, default=50)
    listing.add_argument("--target", help="of this target alone")
    add_command(audit, "heads", "write the recorded heads of rooms: ROOM/SIZE/ROOT, then the root on record", _heads)
    add_command(audit, "verify", "compute the log again and compare it with its checkpoints", _audit_verify)


async def _import(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.people_import import apply_import, preview_import  # noqa: PLC0415 - commands import what they need when they run
    from appliance.locale import text  # noqa: PLC0415
    from appliance.reads.import_preview import describe_changes, describe_problems, describe_totals  # noqa: PLC0415

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


async def _units(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    from appliance.reads.directory import unit_views  # noqa: PLC0415 - commands import what they need when they run

    depth: dict[str | None, int] = {None: -1}
    for unit in unit_views(s):
        depth[unit.id] = depth[unit.parent] + 1
        code = s.identity.directory.units[unit.id].code  # type: ignore[index]
        print(f"{'  ' * depth[unit.id]}{code}  {unit.name}  ({unit.people_below})")
    return 0


async def _publish(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.terms import publish_terms, standard_terms, written_terms  # noqa: PLC0415 - commands import what they need when they run

    draft = standard_terms(s.config.agency)
    if arguments.file is not None:
        paths = (arguments.file, arguments.english) if arguments.english else (arguments.file,)
        draft = written_terms(*(read_text(path) for path in paths))
    start = parse_time(arguments.start) if arguments.start else None
    print(await publish_terms(s, actor, draft.titles, draft.texts, start))
    return 0


async def _acceptances(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    from appliance.store import terms  # noqa: PLC0415 - commands import what they need when they run

    out = safe_csv(sys.stdout)
    out.writerow(("version", "staff_no", "person", "at", "session"))
    async with s.store.read() as reader:
        for item in await terms.list_acceptances(reader):
            at = datetime.fromtimestamp(item.at / 1000, UTC).isoformat()
            out.writerow((item.version, item.staff_no, item.person, at, item.session))
    return 0


async def _mode(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.settings import set_contact_mode  # noqa: PLC0415 - commands import what they need when they run
    from appliance.model import ContactMode  # noqa: PLC0415

    await set_contact_mode(
        s, actor, ContactMode(arguments.mode), parse_time(arguments.start) if arguments.start else None
    )
    return 0


async def _helpdesk(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.actions.settings import set_helpdesk  # noqa: PLC0415 - commands import what they need when they run

    await set_helpdesk(s, actor, arguments.phone, arguments.email, arguments.place)
    return 0


async def _rank_map(s: OfflineServices, actor: Actor, arguments: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415 - commands import what they need when they run

    from appliance.actions.settings import set_rank_map  # noqa: PLC0415

    try:
        mapping = msgspec.json.decode(read_text(arguments.file), type=dict[str, str | int])
    except msgspec.MsgspecError as error:
        raise Invalid(code="json_file", file=str(arguments.file), why=str(error)) from error
    await set_rank_map(s, actor, mapping)
    return 0


async def _audit_list(s: OfflineServices, _actor: Actor, arguments: argparse.Namespace) -> int:
    from appliance.store import audit  # noqa: PLC0415 - commands import what they need when they run

    async with s.store.read() as reader:
        records = await audit.list_newest(reader, arguments.limit, target=arguments.target)
    for item in reversed(records):
        detail = item.detail if item.detail is not None else "–"
        print(f"{item.n}\t{shown(item.at)}\t{item.actor}\t{item.action}\t{item.target}\t{item.outcome}\t{detail}")
    return 0


async def _heads(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    from base64 import b64encode  # noqa: PLC0415 - commands import what they need when they run

    from appliance.log.recorded_heads import head_lines, root_over  # noqa: PLC0415
    from appliance.store import recorded_heads  # noqa: PLC0415

    async with s.store.read() as reader:
        heads = await reader.run(recorded_heads.list_all)
    for line in head_lines(heads):
        print(line)
    print(f"{len(heads)} ห้อง — rooms · {b64encode(root_over(heads)).decode()}", file=sys.stderr)
    return 0


async def _audit_verify(s: OfflineServices, _actor: Actor, _arguments: argparse.Namespace) -> int:
    from appliance.actions.audit import verify_audit  # noqa: PLC0415 - commands import what they need when they run

    found = await verify_audit(s)
    for fault in found.faults:
        print(fault, file=sys.stderr)
    print(json.dumps({"records": found.records, "checkpoints": found.checkpoints, "faults": len(found.faults)}))
    return 1 if found.faults else 0
