"""Write the tables of the rules for the web client: `make api-types`.

Use: python packaging/rule_tables.py (policies | entries) FILE
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.rules.entry_types import ENTRY_TYPES, EntryKind
from appliance.rules.policy import CHAT_KIND, NEW_ROOM_KIND, NOTHING_ALLOWED, POLICIES, RoomPolicy


def _row(policy: RoomPolicy) -> str:
    return "".join(f"    {name}: {json.dumps(value)},\n" for name, value in asdict(policy).items()).replace('"', "'")


def policies() -> str:
    """Return the TypeScript module of what holds in each kind of room."""
    rows = "".join(f"  {kind}: {{\n{_row(policy)}  }},\n" for kind, policy in POLICIES.items())
    nothing = _row(NOTHING_ALLOWED).replace("    ", "  ")
    return f"""\
/* Made by `make api-types` from appliance/rules/policy.py. Do not edit. */

/** What holds in each kind of room. */
export const ROOM_POLICIES = {{
{rows}}} as const;

/** The policy of a kind that has no row. */
export const NOTHING_ALLOWED = {{
{nothing}}} as const;

/** The kind of private chat that begins from a person's card. */
export const CHAT_KIND = '{CHAT_KIND}';

/** The kind of room that a name and members make. */
export const NEW_ROOM_KIND = '{NEW_ROOM_KIND}';
"""


def _entry_type(row: EntryKind) -> str:
    takes = ", ".join(f"'{ability}'" for ability in sorted(row.takes))
    return f"{{ takes: [{takes}], message: {json.dumps(row.message)} }}"


def entries() -> str:
    """Return the TypeScript module of what each type of entry takes of later ones, and which are messages."""
    rows = "".join(f"  '{kind}': {_entry_type(row)},\n" for kind, row in ENTRY_TYPES.items())
    return f"""\
/* Made by `make api-types` from appliance/rules/entry_types.py. Do not edit. */

/** What later entries may do to one, and whether it counts as unread and is the newest line of its room. */
export const ENTRY_TYPES = {{
{rows}}} as const;
"""


TABLES = {"policies": policies, "entries": entries}

if __name__ == "__main__":
    Path(sys.argv[2]).write_text(TABLES[sys.argv[1]](), encoding="utf-8")
