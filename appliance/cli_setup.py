"""`gchat setup`: a new agency, from an empty folder to an administrator who can sign in.

Owns what is asked, by flags or at the terminal, and what is printed at the end. What the flags say is checked before
the first question, and each answer where it is given: one that cannot be used is asked for again, with the reason.
Nothing is made before all is known; without a terminal, what is missing is named by its flag (exit code 2).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance.cli_offline import read_text
from appliance.errors import AppError, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.actions.first_day import FirstAdministrator
    from appliance.actions.terms import TermsDraft
    from appliance.config import Agency, Config
    from appliance.rules.helpdesk import Helpdesk
    from appliance.setup import Created, NewAgency, Staff

SOURCES: Final = ("file", "credential", "passphrase", "shares")
UNIT_CODE: Final = "ADMIN"
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
    "admin_unit_code": f"รหัสหน่วยงานย่อยนั้น ตามไฟล์ผังองค์กร — its code, as the units file has it [{UNIT_CODE}]",
}
HELPDESK_QUESTIONS: Final = {
    "helpdesk_phone": "โทรศัพท์ที่เจ้าหน้าที่ใช้ขอความช่วยเหลือ (เว้นว่างได้) — telephone number staff call for help (may be empty)",
    "helpdesk_email": "อีเมลสำหรับขอความช่วยเหลือ (เว้นว่างได้) — mail address for help (may be empty)",
    "helpdesk_place": "ห้องและอาคารที่ติดต่อ (เว้นว่างได้) — room and building to go to (may be empty)",
}
LANGUAGES: Final = 2
MAY_BE_EMPTY: Final = ("keys", "admin_unit", "admin_unit_code", *HELPDESK_QUESTIONS)
NEEDED: Final = tuple(
    name for name in AGENCY_QUESTIONS | ADMIN_QUESTIONS if name not in ("admin_unit", "admin_unit_code")
)
# What stands for an answer that is not there yet while those that are there are checked.
STAND_INS: Final = {
    "slug": "agency-to-be",
    "domain": "agency-to-be.test",
    "name_th": "หน่วยงาน",
    "name_en": "Agency",
    "admin_name": "ก ข",
    "admin_user": "administrator",
    "admin_staff_no": "1",
}


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
    setup.add_argument("--admin-unit-code", metavar="CODE", help=f"that unit's code ({UNIT_CODE})")
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


@dataclass(frozen=True, slots=True)
class _Answers:
    """All that a setup needs to know, checked."""

    agency: NewAgency
    staff: Staff
    source: str
    terms: TermsDraft | None
    administrator: FirstAdministrator | None
    helpdesk: Helpdesk


def _setup(arguments: argparse.Namespace) -> int:
    from appliance import cli, cli_keys, setup  # noqa: PLC0415 - commands import what they need when they run
    from appliance.cli_keys import show_log_key  # noqa: PLC0415
    from appliance.log.notes import log_signer  # noqa: PLC0415

    data = arguments.data.resolve()
    setup.check_folder(data)
    if sys.stdin.isatty():
        _ask(arguments)
    elif missing := _missing(arguments):
        print(f"ยังขาดค่าต่อไปนี้ — these are missing: {', '.join(missing)}", file=sys.stderr)
        print(
            "ไม่มีเทอร์มินัลให้ถาม จึงยังไม่ได้สร้างอะไร — there is no terminal to ask at, so nothing was made.",
            file=sys.stderr,
        )
        return 2
    answers = _checked(arguments)
    with setup.unfinished(data):
        created = setup.create(
            data,
            answers.agency,
            answers.source,
            cli.ask,
            staff=answers.staff,
            hand_out=cli_keys.hand_out_shares,
            tell=cli.teller(),
        )
        code = asyncio.run(_begin(created, answers.terms, answers.administrator, answers.helpdesk))
    show_log_key(log_signer(created.config.agency, created.keys).verifier)
    _tell(created.config, answers.terms, answers.administrator, code, given=arguments.terms is not None)
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


def _missing(arguments: argparse.Namespace) -> list[str]:
    """Return the flags that have to be given and are not."""
    needed = [name for name in NEEDED if not (arguments.no_administrator and name in ADMIN_QUESTIONS)]
    return [f"--{name.replace('_', '-')}" for name in needed if getattr(arguments, name) is None]


def _ask(arguments: argparse.Namespace) -> None:
    """Ask for what no flag says. Raises Invalid, ConfigError for what a flag says, before anything is asked."""
    _checked(arguments)
    questions = AGENCY_QUESTIONS | ({} if arguments.no_administrator else ADMIN_QUESTIONS) | HELPDESK_QUESTIONS
    for name, question in questions.items():
        beside_the_point = name == "admin_unit_code" and not arguments.admin_unit
        if getattr(arguments, name) is None and not beside_the_point:
            _answer(arguments, name, question)


def _answer(arguments: argparse.Namespace, name: str, question: str) -> None:
    """Ask one question until its answer can be used."""
    from appliance import cli  # noqa: PLC0415 - commands import what they need when they run
    from appliance.web.texts import refuse_unfit  # noqa: PLC0415

    while True:
        answer = cli.typed(input, f"{question}: ").strip()
        if not answer and name not in MAY_BE_EMPTY:
            continue
        setattr(arguments, name, answer)
        try:
            refuse_unfit({name: answer})
            _checked(arguments)
        except AppError as error:
            cli.tell(error)
        else:
            return


def _checked(arguments: argparse.Namespace) -> _Answers:
    """Return what was answered so far, with stand-ins for what was not. Raises Invalid, ConfigError, VaultLocked."""
    from appliance import cli, setup  # noqa: PLC0415 - commands import what they need when they run
    from appliance.actions.first_day import check_administrator  # noqa: PLC0415
    from appliance.actions.settings import checked_helpdesk  # noqa: PLC0415
    from appliance.vault.master import MasterSource, new_master_key  # noqa: PLC0415
    from appliance.vault.record import SourceKind  # noqa: PLC0415

    data, source = arguments.data.resolve(), arguments.keys or "passphrase"
    if source not in SOURCES:
        raise Invalid(code="key_source", value=source)
    said = {
        name: stand_in if (value := getattr(arguments, name)) is None else value for name, stand_in in STAND_INS.items()
    }
    agency = setup.NewAgency(said["slug"], said["domain"], said["name_th"], said["name_en"])
    staff = setup.Staff(arguments.host, arguments.port, tuple(arguments.names or ()))
    loaded = setup.check(data, agency, source, staff)
    if source == SourceKind.CREDENTIAL:
        # It has to be there already.
        new_master_key(MasterSource(SourceKind.CREDENTIAL), data, cli.ask)
    administrator = None if arguments.no_administrator else _administrator(arguments, said)
    if administrator is not None:
        check_administrator(loaded.agency, administrator)
    helpdesk = (arguments.helpdesk_phone or "", arguments.helpdesk_email or "", arguments.helpdesk_place or "")
    return _Answers(agency, staff, source, _terms(arguments, loaded.agency), administrator, checked_helpdesk(*helpdesk))


def _terms(arguments: argparse.Namespace, agency: Agency) -> TermsDraft | None:
    from appliance.actions.terms import standard_terms, written_terms  # noqa: PLC0415 - commands import what they need when they run

    if arguments.no_terms:
        return None
    if not arguments.terms:
        return standard_terms(agency)
    if len(arguments.terms) > LANGUAGES:
        raise Invalid(code="terms_files")
    return written_terms(*(read_text(path) for path in arguments.terms))


def _administrator(arguments: argparse.Namespace, said: Mapping[str, str]) -> FirstAdministrator:
    from appliance.actions.first_day import FirstAdministrator  # noqa: PLC0415 - commands import what they need when they run

    return FirstAdministrator(
        said["admin_name"],
        said["admin_user"],
        said["admin_staff_no"],
        arguments.admin_unit or None,
        arguments.admin_unit_code or UNIT_CODE,
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
