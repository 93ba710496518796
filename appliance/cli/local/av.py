"""`gchat av import`: checks files of signatures and puts them into clamd's folder, then has the server tell clamd."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from appliance import config
from appliance.cli.local.administer import administer
from appliance.files.signatures import check, put_in
from appliance.locale import both


def run(arguments: argparse.Namespace) -> int:
    """Check the record and all files before the first is put in. Raises AppError, OSError."""
    data: Path = arguments.data.resolve()
    _have(data, "av importing")
    database = Path(config.load(data).clamav.database)
    checked = [(path, check(path)) for path in arguments.file]
    for path, found in checked:
        put_in(path, found, database)
        print(both("av.imported", file=path.name, version=found.version, built=found.built, count=found.count))
    told = [f"{path.name} {found.version}" for path, found in checked]
    return _have(data, "av imported", files=told)


def _have(data: Path, command: str, **values: object) -> int:
    """Have the appliance of this folder carry out a command. Raises AppError, OSError."""
    return administer(argparse.Namespace(data=data, run="", command=command, **values), sys.stdout.buffer.write)
