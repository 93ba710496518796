"""Write the table of room policies for the web client: `make api-types`.

Use: python packaging/room_policies.py FILE
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.rules.policy import NOTHING_ALLOWED, POLICIES, RoomPolicy


def _row(policy: RoomPolicy) -> str:
    return "".join(f"    {name}: {json.dumps(value)},\n" for name, value in asdict(policy).items()).replace('"', "'")


def module() -> str:
    """Return the TypeScript module."""
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
"""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(module(), encoding="utf-8")
