"""How memory comes to know what a test wrote into the database by itself, past every action."""

from __future__ import annotations

from appliance.services import Services
from appliance.store import accounts, settings


async def reread(s: Services) -> None:
    async with s.store.read() as reader:
        found, values = await reader.run(accounts.list_accounts), await reader.run(settings.list_all)
    for account in found:
        s.accounts.put(account)
    for value in values:
        s.settings.put(value)
    s.directory.changed()
    await s.directory.reload(s.clock())
