"""Services: everything an action may use, in one frozen value made by `wiring`.

Actions and reads receive it as their first argument; rules never see it. The clock and the makers of ids and tokens
are here so that tests control them; nothing else in the product asks the operating system for either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.limits import HeavyCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.config import Config
    from appliance.identity import Identity
    from appliance.live import Hub
    from appliance.log.receipts import Receipts
    from appliance.log.writer import RoomLog
    from appliance.model import Millis
    from appliance.search_client import Searching
    from appliance.store.db import Store
    from appliance.vault.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Services:
    """`clock()` is milliseconds UTC; `new_id("p")` an opaque id; `new_token()` 256 random bits as text."""

    config: Config
    clock: Callable[[], Millis]
    new_id: Callable[[str], str]
    new_token: Callable[[], str]
    keys: Keyring
    store: Store
    log: RoomLog
    receipts: Receipts
    hub: Hub
    identity: Identity
    search: Searching
    heavy_calls: HeavyCalls = field(default_factory=HeavyCalls)
    body_reads: HeavyCalls = field(default_factory=HeavyCalls)
    """For reading large bodies."""
