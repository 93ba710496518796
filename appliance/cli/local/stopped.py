"""Commands of the administration where no server runs: carried out in this process, which holds the data folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from appliance import config, wiring
from appliance.actions import evidence
from appliance.administration import commands
from appliance.administration.operators import operator_of
from appliance.administration.protocol import Data, Err, Out
from appliance.administration.terminal import Terminal
from appliance.cli.local.printing import Write, show
from appliance.cli.questions import ask
from appliance.cli.terminal import ask_secret
from appliance.config import Config
from appliance.rules.roles import Actor
from appliance.services import Services
from appliance.store.migrate import migrate
from appliance.vault import unlock
from appliance.vault.keyring import Keyring


class OwnTerminal(Terminal):
    """The terminal of this process; `write` takes bytes of the result."""

    def __init__(self, write: Write) -> None:
        super().__init__(operator())
        self._write = write

    async def out(self, line: str) -> None:
        """Print a line of the result."""
        show(Out(line), self._write)

    async def err(self, line: str) -> None:
        """Print a line that is no part of the result."""
        show(Err(line), self._write)

    async def data(self, content: bytes) -> None:
        """Write bytes of the result."""
        show(Data(content), self._write)

    async def ask_secret(self, prompt: str) -> str:
        """Ask for something that is typed unseen. Raises Cancelled."""
        return ask_secret(prompt)


def operator() -> Actor:
    """Return who gives the commands of this process."""
    return operator_of(os.getuid(), "self")


def carry_out(data: Path, command: str, values: Mapping[str, Any], write: Write) -> int:
    """Carry out a command and return its exit code.

    Raises AppError: `already_running` while another process holds the folder, and what opening the appliance raises.
    """
    loaded = config.load(data)
    with wiring.only_process(loaded):
        return asyncio.run(_carry_out(loaded, unlock.unlock_keys(loaded, ask), command, values, write))


async def _carry_out(loaded: Config, keys: Keyring, command: str, values: Mapping[str, Any], write: Write) -> int:
    async with open_services(loaded, keys) as s:
        return await commands.carry_out(s, OwnTerminal(write), command, values)


@asynccontextmanager
async def open_services(loaded: Config, keys: Keyring) -> AsyncIterator[Services]:
    """Open an appliance that no server runs, after bringing its database to this release's schema."""
    migrate(loaded.database, keys.database_key)
    async with wiring.compose(loaded, keys) as s:
        await evidence.record_unsigned(s)
        yield s
