"""`gchat terms …`: terms of use."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.grammar import add_command, add_start


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    publish = add_command(group, "terms publish", "publish the next version; everyone is asked again (F80)")
    publish.add_argument(
        "file", type=Path, nargs="?", help="Thai text, its first line the title; the product's otherwise"
    )
    publish.add_argument("--english", type=Path, help="English text, its first line the title")
    add_start(publish)
    add_command(group, "terms acceptances", "write who accepted which version when, as CSV")
