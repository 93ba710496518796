"""The commands by name, and carrying one out: the same in a running server and in a stopped appliance.

Each is a function of the services, the terminal and one struct, whose fields are what the command line may say.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, get_type_hints

import msgspec

from appliance.actions.audit_checkpoints import sign_checkpoint
from appliance.administration.terminal import Terminal
from appliance.errors import AppError
from appliance.late import load
from appliance.services import Services

OTHER_RELEASE: Final = "other_release_runs"
COMMANDS: Final = {
    "user add": "accounts:add",
    "user reset-password": "accounts:reset",
    "user reactivate": "accounts:reactivate",
    "user suspend": "accounts:suspend",
    "user lift": "accounts:lift",
    "user revoke": "accounts:revoke",
    "user confirm": "accounts:confirm",
    "user role add": "accounts:add_role_to",
    "user role remove": "accounts:remove_role_from",
    "user photo list": "photos:list_waiting",
    "user photo show": "photos:show",
    "user photo approve": "photos:approve",
    "user photo refuse": "photos:refuse",
    "user photo remove": "photos:remove",
    "user list": "accounts:list_all",
    "user sessions": "accounts:sessions",
    "people import": "people:import_files",
    "units": "people:units",
    "terms publish": "terms:publish",
    "terms acceptances": "terms:acceptances",
    "setting contact-mode": "setting:contact_mode",
    "setting rank-map": "setting:rank_map",
    "setting helpdesk": "setting:helpdesk",
    "files quarantine list": "av:list_quarantine",
    "files quarantine delete": "av:delete_infected",
    "files quarantine release": "av:release",
    "av status": "av:status",
    "av rescan": "av:rescan",
    "av importing": "av:importing",
    "av imported": "av:imported",
    "audit list": "audit:list_newest",
    "audit heads": "audit:heads",
    "audit verify": "audit:verify",
    "files check": "files:check",
    "files usage": "files:usage",
    "files receipts": "files:receipts",
    "room list": "rooms:list_found",
    "room export": "rooms:export",
    "room reassign": "rooms:reassign",
    "room close": "rooms:close",
}


async def carry_out(s: Services, terminal: Terminal, name: str, values: Mapping[str, Any]) -> int:
    """Carry out a command and sign the audit log's head; return the exit code.

    Raises AppError: `other_release_runs` for a command that this release does not know in this form.
    """
    if name not in COMMANDS:
        raise AppError(name, code=OTHER_RELEASE)
    run = load(f"appliance.administration.{COMMANDS[name]}")
    try:
        given = msgspec.convert(values, _kind_of(run))
    except msgspec.ValidationError as error:
        raise AppError(str(error), code=OTHER_RELEASE) from error
    try:
        code: int = await run(s, terminal, given)
    finally:
        await sign_checkpoint(s)
    return code


def _kind_of(run: Callable[..., object]) -> Any:
    """Return the struct that a command takes: what its third parameter is."""
    hints = get_type_hints(run)
    return hints[[*inspect.signature(run).parameters][2]]
