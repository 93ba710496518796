"""The way to `passkeys.py` from a running server: its library is imported when the first sign-in needs it.

Does nothing with passkeys; `passkeys.py` may import whatever those import who go this way.
"""

from __future__ import annotations

import asyncio
from typing import Any

from appliance.late import load


async def load_passkeys(function: str) -> Any:
    """Import a function of `actions/passkeys.py` aside of the event loop: that takes a quarter of a second."""
    return await asyncio.to_thread(load, f"appliance.actions.passkeys:{function}")
