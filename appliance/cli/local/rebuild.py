"""What `gchat search` needs of the appliance: its index key, and a word to a running search process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance import config
from appliance.cli.questions import ask
from appliance.data_folder import search_path
from appliance.search_client import Searching
from appliance.vault import unlock


def rebuild(data: Path) -> None:
    """Have a running search process forget its index and be fed everything again. Raises Unavailable."""
    asyncio.run(_rebuild(data))


async def _rebuild(data: Path) -> None:
    search = Searching(search_path(data))
    await search.rebuild()
    await search.close()


def ask_index_key(data: Path) -> bytes:
    """Open the appliance's keys, where nobody handed over the index key. Raises what `unlock_keys` raises."""
    return unlock.unlock_keys(config.load(data), ask).index_key
