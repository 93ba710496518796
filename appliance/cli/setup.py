"""`gchat setup`: a new agency."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import FIRST_UNIT, KEY_SOURCES, add_data
from appliance.config import FENCES
from appliance.rules.scanning import ScanPolicy


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    command.description = "Makes keys, database, terms of use and the first administrator. See docs/first-day.md."
    add_data(command)
    command.add_argument("--slug", help="short ASCII name of the agency; not to be changed later")
    command.add_argument("--domain", help="domain the agency's evidence is signed under; not to be changed later")
    command.add_argument("--name-th", help="the agency's name in Thai")
    command.add_argument("--name-en", help="the agency's name in English")
    command.add_argument("--keys", choices=KEY_SOURCES, help="where the master key comes from (docs/keys.md)")
    command.add_argument("--admin-name", metavar="NAME", help="first administrator: given and family name")
    command.add_argument("--admin-user", metavar="USER", help="their user name")
    command.add_argument(
        "--admin-staff-no", metavar="NUMBER", help="their staff number, as the people file will have it"
    )
    command.add_argument(
        "--admin-unit", metavar="NAME", help="their unit under the agency; otherwise the agency itself"
    )
    command.add_argument("--admin-unit-code", metavar="CODE", help=f"that unit's code ({FIRST_UNIT})")
    command.add_argument("--no-administrator", action="store_true", help="make no account yet")
    terms = command.add_mutually_exclusive_group()
    terms.add_argument(
        "--terms",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the agency's own terms, Thai and English, the first line the title; otherwise the product's draft",
    )
    terms.add_argument("--no-terms", action="store_true", help="publish no terms; nobody is asked to accept any")
    command.add_argument("--helpdesk-phone", metavar="NUMBER", help="telephone number on the sign-in page, for help")
    command.add_argument("--helpdesk-email", metavar="ADDRESS", help="mail address on the sign-in page, for help")
    command.add_argument("--helpdesk-place", metavar="PLACE", help="room and building on the sign-in page, for help")
    command.add_argument("--host", help="address to listen on for other machines, such as 0.0.0.0; turns TLS on")
    command.add_argument("--port", type=int, help="port to listen on (8080)")
    command.add_argument("--names", nargs="+", metavar="NAME", help="names that staff type in the browser (localhost)")
    command.add_argument("--fence", choices=FENCES, help="how files are looked at; otherwise by what this machine has")
    command.add_argument(
        "--scan", choices=[*ScanPolicy], help="files without a virus scan; otherwise off where no clamd is installed"
    )
    command.set_defaults(run="appliance.cli.local.setup:run")
