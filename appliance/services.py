"""Services: everything an action may use, in one frozen value made by `wiring`.

Actions and reads receive it as their first argument; rules never see it. The clock and the makers of ids and tokens
are here so that tests control them; nothing else in the product asks the operating system for either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.identity.recorded import Recorded
from appliance.identity.refusals import Refusals
from appliance.limits import HeavyCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.agencies import Agencies
    from appliance.config import Config
    from appliance.files.disk import Disk
    from appliance.files.state import Files
    from appliance.identity.accounts import Accounts
    from appliance.identity.current import CurrentDirectory
    from appliance.identity.devices import Devices
    from appliance.identity.groups import MayKeepGroup
    from appliance.identity.hasher import PasswordHasher
    from appliance.identity.quota import DirectoryQuota
    from appliance.identity.recovery_codes import RecoveryCodes
    from appliance.identity.sessions import Sessions
    from appliance.identity.settings import Settings
    from appliance.identity.terms import Terms
    from appliance.identity.throttle import Throttle
    from appliance.identity.tickets import EnrolmentTicket, SignInTicket, Tickets
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
    agencies: Agencies
    directory: CurrentDirectory
    accounts: Accounts
    sessions: Sessions
    settings: Settings
    terms: Terms
    throttle: Throttle
    hasher: PasswordHasher
    devices: Devices
    directory_quota: DirectoryQuota
    recovery_codes: RecoveryCodes
    sign_in_tickets: Tickets[SignInTicket]
    enrolment_tickets: Tickets[EnrolmentTicket]
    may_keep_group: MayKeepGroup
    search: Searching
    disk: Disk
    files: Files
    refusals: Refusals = field(default_factory=Refusals)
    recorded: Recorded = field(default_factory=Recorded)
    heavy_calls: HeavyCalls = field(default_factory=HeavyCalls)
    body_reads: HeavyCalls = field(default_factory=HeavyCalls)
    """For reading large bodies."""
