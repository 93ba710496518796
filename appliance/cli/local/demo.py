"""`gchat demo`: send real messages through the API of a running demo."""

from __future__ import annotations

import argparse
import asyncio
import json

from appliance.demo.load import load as load_lines


def load(arguments: argparse.Namespace) -> int:
    """Send the lines of a file; with `--verify`, read them back."""
    ready = json.loads(arguments.ready_file.read_text(encoding="utf-8"))
    # Only a line feed ends a message: other separators of Unicode may stand inside one.
    lines = [line for line in arguments.file.read_text(encoding="utf-8").split("\n") if line.strip()]
    return asyncio.run(load_lines(ready, lines[: arguments.limit], verify=arguments.verify))
