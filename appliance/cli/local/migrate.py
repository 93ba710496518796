"""`gchat migrate`: bring the database to this release's schema."""

from __future__ import annotations

import argparse

from appliance import config, wiring
from appliance.cli.questions import ask
from appliance.store.migrate import migrate
from appliance.vault import unlock


def run(arguments: argparse.Namespace) -> int:
    """Migrate the database of an appliance that does not run."""
    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded, refused=wiring.SERVER_MUST_STOP):
        keys = unlock.unlock_keys(loaded, ask)
        before, after = migrate(loaded.database, keys.database_key)
    print(f"schema {before} → {after}")
    return 0
