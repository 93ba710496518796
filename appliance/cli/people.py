"""`gchat people` and `gchat units`: the directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, set_command


def register(name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group, or what `units` takes."""
    if name == "units":
        set_command(command, "units")
        return
    group = command.add_subparsers(required=True)
    load = add_command(group, "people import", "preview directory files and, with --apply, import them (F14)")
    load.add_argument("files", nargs="+", type=Path, help="CSV files of units and of people")
    load.add_argument("--apply", action="store_true", help="make the changes; without it nothing is changed")
    load.add_argument("--approve-deactivations", action="store_true", help="take more people off the staff than usual")
    load.add_argument("--language", choices=["th", "en"], default="th", help="of the preview")
