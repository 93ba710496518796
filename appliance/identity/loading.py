"""Reading at the start who there is, who is signed in and what was tried."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from appliance.errors import Unavailable
from appliance.identity.accounts import Accounts
from appliance.identity.current import CurrentDirectory, read_directory
from appliance.identity.devices import Devices
from appliance.identity.hasher import PasswordHasher
from appliance.identity.outcomes import CODE_FAILED
from appliance.identity.quota import DirectoryQuota
from appliance.identity.sessions import Sessions
from appliance.identity.settings import Settings
from appliance.identity.terms import Terms
from appliance.identity.throttle import Throttle
from appliance.policies import DAY
from appliance.store import accounts, directory_shown, sessions, settings, terms
from appliance.vault.derived import derived_key

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.policies import Policies
    from appliance.store.db import Store

logger = logging.getLogger(__name__)
_REPLAYED_FAILURES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The services about people, each a field of `Services` under the same name."""

    directory: CurrentDirectory
    accounts: Accounts
    sessions: Sessions
    settings: Settings
    terms: Terms
    throttle: Throttle
    hasher: PasswordHasher
    devices: Devices
    directory_quota: DirectoryQuota


async def load(store: Store, pepper: bytes, policies: Policies, now: Millis) -> Loaded:
    """Read everything there is; `pepper` is the vault's session pepper. Raises Unavailable."""
    async with store.read() as reader:
        values = Settings(await reader.run(settings.list_all))
        directory = CurrentDirectory(store, values, await read_directory(reader, values, now))
        people = Accounts(directory, await reader.run(accounts.list_accounts))
        published = Terms(await reader.run(terms.list_versions))
        records = [
            replace(record, last_used=min(record.last_used, now))
            for record in await reader.run(sessions.list_all)
            if record.expires > now
        ]
        costs = await reader.run(accounts.count_costs)
    hasher = PasswordHasher(
        policies.argon2,
        policies.sign_in.parallel,
        derived_key(pepper, "absent-users"),
        most_waiting=policies.sign_in.waiting,
    )
    hasher.know_costs(costs)
    loaded = Loaded(
        directory=directory,
        accounts=people,
        sessions=Sessions(pepper, policies.sessions, directory, people, published, records),
        settings=values,
        terms=published,
        throttle=Throttle(policies.sign_in),
        hasher=hasher,
        devices=Devices(derived_key(pepper, "device-cookie"), people.epoch_of),
        directory_quota=DirectoryQuota(policies.directory),
    )
    await _load_counts(loaded, store, policies, now)
    return loaded


async def _load_counts(loaded: Loaded, store: Store, policies: Policies, now: Millis) -> None:
    """Load the counts of failed tries and people shown. Where they are damaged, counting starts from zero."""
    since = now - policies.sign_in.forget_ms
    try:
        async with store.read() as reader:
            for owner, network, last in await reader.run(sessions.list_known_networks):
                loaded.throttle.learn(owner, network, last)
            for user, address, at, outcome, tries in await reader.run(
                sessions.list_recent_failures, since, _REPLAYED_FAILURES
            ):
                loaded.throttle.replay("code" if outcome == CODE_FAILED else "password", user, address, at, tries)
            loaded.directory_quota.load(await reader.run(directory_shown.list_since, now - DAY))
    except Unavailable as error:
        logger.warning("earlier sign-ins or directory searches cannot be read, and are not counted: %s", error)
