"""The client's types and room policies are those of the server: `make api-types` would change nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.api.app import STAFF
from appliance.api.openapi import document

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "appliance" / "client"


@pytest.mark.slow
def test_the_clients_types_are_made_from_todays_api() -> None:
    described = CLIENT / ".cache" / "openapi.json"
    described.parent.mkdir(exist_ok=True)
    described.write_bytes(msgspec.json.encode(document(STAFF)))
    done = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "packaging" / "node.sh", "npm", "--prefix", CLIENT, "run", "--silent", "api-types", "--", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun `make api-types` and commit src/core/schema.ts"


@pytest.mark.parametrize(("table", "module"), [("policies", "roomPolicies.ts"), ("entries", "entryTypes.ts")])
def test_the_clients_tables_of_the_rules_are_todays(table: str, module: str) -> None:
    made = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, ROOT / "packaging" / "rule_tables.py", table, "/dev/stdout"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = (CLIENT / "src" / "core" / module).read_text("utf-8")
    assert made.stdout == kept, f"run `make api-types` and commit src/core/{module}"
