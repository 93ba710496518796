"""`gchat setup`: a new agency, from an empty folder to an administrator who can sign in.

Owns what is asked, by flags or at the terminal, and what is printed at the end. Everything that was given is checked
before anything is made; without a terminal, what is missing is named by its flag (exit code 2).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.cli_offline import read_text
from appliance.errors import Invalid

if TYPE_CHECKING:
    from appliance.actions.first_day import FirstAdministrator
    from appliance.actions.terms import TermsDraft
    from appliance.config import Agency, Config
    from appliance.rules.helpdesk import Helpdesk
    from appliance.setup import Created

SOURCES: Final = ("file", "credential", "passphrase", "shares")
AGENCY_QUESTIONS: Final = {
    "slug": "ชื่อย่อหน่วยงาน (อักษรโรมัน) — short ASCII name of the agency",
    "domain": "โดเมนของหน่วยงาน — the agency's domain",
    "name_th": "ชื่อหน่วยงานภาษาไทย — the agency's name in Thai",
    "name_en": "ชื่อหน่วยงานภาษาอังกฤษ — the agency's name in English",
    "keys": f"แหล่งกุญแจ — source of the master key: {', '.join(SOURCES)} [passphrase]",
}
ADMIN_QUESTIONS: Final = {
    "admin_name": "ชื่อและนามสกุลของผู้ดูแลระบบคนแรก — first administrator's given and family name",
    "admin_user": "ชื่อผู้ใช้ของผู้ดูแลระบบ — their user name",
    "admin_staff_no": "เลขประจำตัวของผู้ดูแลระบบ — their staff number",
    "admin_unit": "หน่วยงานย่อยของผู้ดูแลระบบ (เว้นว่าง: ตัวหน่วยงาน) — their unit (empty: the agency itself)",
}
HELPDESK_QUESTIONS: Final = {
    "helpdesk_phone": "โทรศัพท์ที่เจ้าหน้าที่ใช้ขอความช่วยเหลือ (เว้นว่างได้) — telephone number staff call for help (may be empty)",
    "helpdesk_email": "อีเมลสำหรับขอความช่วยเหลือ (เว้นว่างได้) — mail address for help (may be empty)",
    "helpdesk_place": "ห้องและอาคารที่ติดต่อ (เว้นว่างได้) — room and building to go to (may be empty)",
}
LANGUAGES: Final = 2
MAY_BE_EMPTY: Final = ("keys", "admin_unit", *HELPDESK_QUESTIONS)


def register(commands: Any) -> None:
    """Add the command to the command line."""
    setup = commands.add_parser(
        "setup",
        help="make a new agency in a folder; asks at the terminal for what no flag says",
        description="Makes keys, database, terms of use and the first administrator. See docs/first-day.md.",
    )
    setup.add_argument("--data", type=Path, default=Path("/var/lib/gchat"), help="the appliance's folder")
    setup.add_argument("--slug", help="short ASCII name of the agency; not to be changed later")
    setup.add_argument("--domain", help="domain the agency's evidence is signed under; not to be changed later")
    setup.add_argument("--name-th", help="the agency's name in Thai")
    setup.add_argument("--name-en", help="the agency's name in English")
    setup.add_argument("--keys", choices=SOURCES, help="where the master key comes from (docs/keys.md)")
    setup.add_argument("--admin-name", metavar="NAME", help="first administrator: given and family name")
    setup.add_argument("--admin-user", metavar="USER", help="their user name")
    setup.add_argument("--admin-staff-no", metavar="NUMBER", help="their staff number, as the people file will have it")
    setup.add_argument("--admin-unit", metavar="NAME", help="their unit under the agency; otherwise the agency itself")
    setup.add_argument("--admin-unit-code", metavar="CODE", default="ADMIN", help="that unit's code (ADMIN)")
    setup.add_argument("--no-administrator", action="store_true", help="make no account yet")
    terms = setup.add_mutually_exclusive_group()
    terms.add_argument(
        "--terms",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the agency's own terms, Thai and English, the first line the title; otherwise the product's draft",
    )
    terms.add_argument("--no-terms", action="store_true", help="publish no terms; nobody is asked to accept any")
    setup.add_argument("--helpdesk-phone", metavar="NUMBER", help="telephone number on the sign-in page, for help")
    setup.add_argument("--helpdesk-email", metavar="ADDRESS", help="mail address on the sign-in page, for help")
    setup.add_argument("--helpdesk-place", metavar="PLACE", help="room and building on the sign-in page, for help")
    setup.add_argument("--host", help="address to listen on for other machines, such as 0.0.0.0; turns TLS on")
    setup.add_argument("--port", type=int, help="port to listen on (8080)")
    setup.add_argument("--names", nargs="+", metavar="NAME", help="names that staff type in the browser (localhost)")
    setup.set_defaults(run=_setup)


def _setup(arguments: argparse.Namespace) -> int:
    from appliance import cli, cli_keys, setup  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.first_day import check_administrator  # noqa: PLC0415
    from appliance.actions.settings import checked_helpdesk  # noqa: PLC0415
    from appliance.cli_keys import show_log_key  # noqa: PLC0415
    from appliance.log.notes import log_signer  # noqa: PLC0415

    setup.check_folder(arguments.data.resolve())
    if missing := _complete(arguments):
        print(f"ยังขาดค่าต่อไปนี้ — these are missing: {', '.join(missing)}", file=sys.stderr)
        print(
            "ไม่มีเทอร์มินัลให้ถาม จึงยังไม่ได้สร้างอะไร — there is no terminal to ask at, so nothing was made.",
            file=sys.stderr,
        )
        return 2
    agency = setup.NewAgency(arguments.slug, arguments.domain, arguments.name_th, arguments.name_en)
    staff = setup.Staff(arguments.host, arguments.port, tuple(arguments.names or ()))
    loaded = setup.check(arguments.data.resolve(), agency, arguments.keys, staff)
    terms = _terms(arguments, loaded.agency)
    administrator = _administrator(arguments)
    helpdesk = checked_helpdesk(
        arguments.helpdesk_phone or "", arguments.helpdesk_email or "", arguments.helpdesk_place or ""
    )
    if administrator is not None:
        check_administrator(loaded.agency, administrator)
    with setup.unfinished(loaded.data):
        created = setup.create(
            loaded.data, agency, arguments.keys, cli.ask, staff=staff, hand_out=cli_keys.hand_out_shares
        )
        code = asyncio.run(_begin(created, terms, administrator, helpdesk))
    show_log_key(log_signer(created.config.agency, created.keys).verifier)
    _tell(created.config, terms, administrator, code, given=arguments.terms is not None)
    return 0


async def _begin(
    created: Created, terms: TermsDraft | None, administrator: FirstAdministrator | None, helpdesk: Helpdesk
) -> str | None:
    from appliance.actions.audit import sign_checkpoint  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.first_day import begin  # noqa: PLC0415
    from appliance.actions.settings import set_helpdesk  # noqa: PLC0415
    from appliance.cli_offline import open_services, operator  # noqa: PLC0415

    async with open_services(created.config, created.keys) as s:
        code = await begin(s, operator(), terms, administrator)
        if helpdesk.phone or helpdesk.email or helpdesk.place:
            await set_helpdesk(s, operator(), helpdesk.phone, helpdesk.email, helpdesk.place)
        await sign_checkpoint(s)
        return code


def _complete(arguments: argparse.Namespace) -> list[str]:
    """Ask for what no flag says; return the flags that are missing where there is nobody to ask."""
    questions = AGENCY_QUESTIONS | ({} if arguments.no_administrator else ADMIN_QUESTIONS) | HELPDESK_QUESTIONS
    missing = []
    for name, question in questions.items():
        if getattr(arguments, name) is not None:
            continue
        if sys.stdin.isatty():
            setattr(arguments, name, _answer(question, empty=name in MAY_BE_EMPTY))
        elif name != "admin_unit" and name not in HELPDESK_QUESTIONS:
            missing.append(f"--{name.replace('_', '-')}")
    if not missing:
        arguments.keys = arguments.keys or "passphrase"
        if arguments.keys not in SOURCES:
            raise Invalid(code="key_source", value=arguments.keys)
    return missing


def _answer(question: str, *, empty: bool) -> str:
    while True:
        answer = input(f"{question}: ").strip()
        if answer or empty:
            return answer


def _terms(arguments: argparse.Namespace, agency: Agency) -> TermsDraft | None:
    from appliance.actions.terms import standard_terms, written_terms  # noqa: PLC0415 - commands import what they need when they run

    if arguments.no_terms:
        return None
    if not arguments.terms:
        return standard_terms(agency)
    if len(arguments.terms) > LANGUAGES:
        raise Invalid(code="terms_files")
    return written_terms(*(read_text(path) for path in arguments.terms))


def _administrator(arguments: argparse.Namespace) -> FirstAdministrator | None:
    from appliance.actions.first_day import FirstAdministrator  # noqa: PLC0415 - commands import what they need when they run

    if arguments.no_administrator:
        return None
    return FirstAdministrator(
        arguments.admin_name,
        arguments.admin_user,
        arguments.admin_staff_no,
        arguments.admin_unit or None,
        arguments.admin_unit_code,
    )


def _tell(
    config: Config, terms: TermsDraft | None, administrator: FirstAdministrator | None, code: str | None, *, given: bool
) -> None:
    data = config.data
    print(f"สร้างระบบของ {config.agency.name_th} แล้ว — {config.agency.name_en} is set up in {data}")
    if terms is None:
        print("ไม่มีข้อกำหนดการใช้งาน — no terms of use: gchat terms publish")
    elif given:
        print("ประกาศข้อกำหนดการใช้งานฉบับที่ 1 แล้ว — version 1 of the terms of use is published")
    else:
        print("ประกาศข้อกำหนดการใช้งานฉบับที่ 1 แล้ว เป็นร่างของระบบ ให้ฝ่ายกฎหมายตรวจ")
        print("  — version 1 of the terms of use is published: the product's draft, for your lawyers to read")
    if administrator is None:
        print("ยังไม่มีผู้ใช้ — there are no users yet: gchat people import, then gchat user add")
    else:
        print(f"ผู้ดูแลระบบ — administrator: {administrator.name}")
        print(f"  ชื่อผู้ใช้ — user: {administrator.user}")
        print(f"  รหัสใช้ครั้งเดียว (แสดงครั้งนี้ครั้งเดียว) — one-time code, shown this once: {code}")
    print(f"ต่อไป — next: gchat up --data {data}")
