"""`gchat setup`: a new agency, from an empty folder to an administrator who can sign in.

Owns what is asked at the terminal and what is printed at the end. What the flags say is checked before the first
question, and each answer where it is given: one that cannot be used is asked for again, with the reason. Nothing is
made before all is known; without a terminal, what is missing is named by its flag (exit code 2).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.actions.audit_checkpoints import sign_checkpoint
from appliance.actions.first_day import FirstAdministrator, begin, check_administrator
from appliance.actions.settings import checked_helpdesk, set_helpdesk
from appliance.actions.terms import TermsDraft, standard_terms, written_terms
from appliance.administration.formats import read_text
from appliance.administration.terminal import File
from appliance.cli.explain import print_error, retry_printer
from appliance.cli.grammar import FIRST_UNIT, KEY_SOURCES
from appliance.cli.local.keys import hand_out_shares, show_log_key
from appliance.cli.local.stopped import open_services, operator
from appliance.cli.questions import ask
from appliance.cli.terminal import typed
from appliance.config import Agency, Config
from appliance.errors import AppError, Invalid
from appliance.files import machine
from appliance.files.machine import ForFiles
from appliance.locale import LANGUAGES, both
from appliance.log.notes import log_signer
from appliance.process import setup
from appliance.process.setup import Created, NewAgency, Staff
from appliance.rules.helpdesk import Helpdesk
from appliance.vault.master import MasterSource, new_master_key
from appliance.vault.record import SourceKind
from appliance.web.texts import refuse_unfit

AGENCY_QUESTIONS: Final = ("slug", "domain", "name_th", "name_en", "keys")
ADMIN_QUESTIONS: Final = ("admin_name", "admin_user", "admin_staff_no", "admin_unit", "admin_unit_code")
HELPDESK_QUESTIONS: Final = ("helpdesk_phone", "helpdesk_email", "helpdesk_place")
MAY_BE_EMPTY: Final = ("keys", "admin_unit", "admin_unit_code", *HELPDESK_QUESTIONS)
NEEDED: Final = tuple(
    name for name in (*AGENCY_QUESTIONS, *ADMIN_QUESTIONS) if name not in ("admin_unit", "admin_unit_code")
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


@dataclass(frozen=True, slots=True)
class _Answers:
    """All that a setup needs to know, checked."""

    agency: NewAgency
    staff: Staff
    source: str
    terms: TermsDraft | None
    administrator: FirstAdministrator | None
    helpdesk: Helpdesk


def run(arguments: argparse.Namespace) -> int:
    """Make a new agency; exit code 2 where something is missing and there is nobody to ask."""
    data = arguments.data.resolve()
    setup.check_folder(data)
    if sys.stdin.isatty():
        _ask(arguments)
    elif missing := _missing(arguments):
        print(both("setup.missing", missing=", ".join(missing)), file=sys.stderr)
        print(
            both("setup.no_terminal"),
            file=sys.stderr,
        )
        return 2
    answers = _checked(arguments)
    for_files = asyncio.run(machine.look(arguments.fence, arguments.scan))
    with setup.unfinished(data):
        created = setup.create(
            data,
            answers.agency,
            answers.source,
            ask,
            setup.files_toml(for_files.settings),
            staff=answers.staff,
            hand_out=hand_out_shares,
            report=retry_printer(),
        )
        code = asyncio.run(_begin(created, answers.terms, answers.administrator, answers.helpdesk))
    show_log_key(log_signer(created.config.agency, created.keys).verifier)
    _print_result(created.config, answers.terms, answers.administrator, code, given=arguments.terms is not None)
    _print_lacks(for_files)
    print(both("setup.next_up", data=data))
    return 0


async def _begin(
    created: Created, terms: TermsDraft | None, administrator: FirstAdministrator | None, helpdesk: Helpdesk
) -> str | None:

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
    for name in (*AGENCY_QUESTIONS, *(() if arguments.no_administrator else ADMIN_QUESTIONS), *HELPDESK_QUESTIONS):
        beside_the_point = name == "admin_unit_code" and not arguments.admin_unit
        if getattr(arguments, name) is None and not beside_the_point:
            _answer(arguments, name)


def _answer(arguments: argparse.Namespace, name: str) -> None:
    """Ask one question (`setup.ask.NAME` of the catalogue) until its answer can be used."""
    question = both(f"setup.ask.{name}", sources=", ".join(KEY_SOURCES), first_unit=FIRST_UNIT)
    while True:
        answer = typed(input, f"{question}: ").strip()
        if not answer and name not in MAY_BE_EMPTY:
            continue
        setattr(arguments, name, answer)
        try:
            refuse_unfit({name: answer})
            _checked(arguments)
        except AppError as error:
            print_error(error)
        else:
            return


def _checked(arguments: argparse.Namespace) -> _Answers:
    """Return what was answered so far, with stand-ins for what was not. Raises Invalid, ConfigError, VaultLocked."""
    data, source = arguments.data.resolve(), arguments.keys or "passphrase"
    if source not in KEY_SOURCES:
        raise Invalid(code="key_source", value=source)
    said = {
        name: stand_in if (value := getattr(arguments, name)) is None else value for name, stand_in in STAND_INS.items()
    }
    agency = setup.NewAgency(said["slug"], said["domain"], said["name_th"], said["name_en"])
    staff = setup.Staff(arguments.host, arguments.port, tuple(arguments.names or ()))
    loaded = setup.check(data, agency, source, staff)
    if source == SourceKind.CREDENTIAL:
        # It has to be there already.
        new_master_key(MasterSource(SourceKind.CREDENTIAL), data, ask)
    administrator = None if arguments.no_administrator else _administrator(arguments, said)
    if administrator is not None:
        check_administrator(loaded.agency, administrator)
    helpdesk = (arguments.helpdesk_phone or "", arguments.helpdesk_email or "", arguments.helpdesk_place or "")
    return _Answers(agency, staff, source, _terms(arguments, loaded.agency), administrator, checked_helpdesk(*helpdesk))


def _terms(arguments: argparse.Namespace, agency: Agency) -> TermsDraft | None:

    if arguments.no_terms:
        return None
    if not arguments.terms:
        return standard_terms(agency)
    if len(arguments.terms) > len(LANGUAGES):
        raise Invalid(code="terms_files")
    return written_terms(*(read_text(File(str(path), path.read_bytes())) for path in arguments.terms))


def _administrator(arguments: argparse.Namespace, said: Mapping[str, str]) -> FirstAdministrator:

    return FirstAdministrator(
        said["admin_name"],
        said["admin_user"],
        said["admin_staff_no"],
        arguments.admin_unit or None,
        arguments.admin_unit_code or FIRST_UNIT,
    )


def _print_result(
    config: Config, terms: TermsDraft | None, administrator: FirstAdministrator | None, code: str | None, *, given: bool
) -> None:
    print(both("setup.set_up", name_th=config.agency.name_th, name_en=config.agency.name_en, data=config.data))
    if terms is None:
        print(both("setup.no_terms_use_gchat"))
    elif given:
        print(both("setup.terms_published"))
    else:
        print(both("setup.draft_terms_published"))
    if administrator is None:
        print(both("setup.no_users_yet"))
    else:
        print(both("setup.administrator", name=administrator.name))
        print(both("setup.user", user=administrator.user))
        print(both("setup.one_time_code", code=code))


def _print_lacks(for_files: ForFiles) -> None:
    """Print what files need that this machine does not have, what does not work without it, and what brings it."""
    for lack, why in for_files.lacks.items():
        print(both(f"setup.files.{lack}", why=why))
    if for_files.packages:
        print(both("setup.files.install", packages=" ".join(for_files.packages)))
