"""`gchat serve`: the appliance process."""

from __future__ import annotations

import argparse

from appliance import config
from appliance.cli.handed import read_key
from appliance.cli.questions import ask
from appliance.process import serve
from appliance.vault import unlock
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterKey


def run(arguments: argparse.Namespace) -> int:
    """Serve until the process is asked to end."""
    loaded = config.load(arguments.data.resolve(), tls=arguments.tls)
    handover = serve.Handover(arguments.listen_fd, arguments.ready_fd, arguments.parent_fd)

    def unlock_keys() -> Keyring:
        # Read where it is used: nothing holds the master key any more once the keyring is open.
        master = None if arguments.key_fd is None else MasterKey(read_key(arguments.key_fd))
        return unlock.unlock_keys(loaded, ask, master)

    serve.run(loaded, handover, unlock_keys)
    return 0
