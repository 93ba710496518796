"""`gchat serve`: the appliance process."""

from __future__ import annotations

import argparse

from appliance import config
from appliance.cli.handed import read_key
from appliance.cli.questions import ask
from appliance.process import serve
from appliance.vault import unlock
from appliance.vault.master import MasterKey


def run(arguments: argparse.Namespace) -> int:
    """Serve until the process is asked to end."""
    loaded = config.load(arguments.data.resolve(), tls=arguments.tls)
    handover = serve.Handover(arguments.listen_fd, arguments.ready_fd, arguments.parent_fd)
    master = None if arguments.key_fd is None else MasterKey(read_key(arguments.key_fd))
    serve.run(loaded, handover, lambda: unlock.unlock_keys(loaded, ask, master))
    return 0
