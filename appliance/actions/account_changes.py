"""Transactions that change an account: after the commit the accounts in memory are those of the database.

Does not: decide who may change what (`rules/accounts.py`, `rules/roles.py`), record it (`audit_records.py`).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from appliance.errors import NotFound, Unauthenticated
from appliance.store import accounts, sessions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.model import PersonId, UnitId
    from appliance.people import Account, Session
    from appliance.services import Services
    from appliance.store.db import Reader, Tx


@asynccontextmanager
async def changing_account(s: Services, person: PersonId) -> AsyncIterator[Tx]:
    """Lend a transaction that changes this person's account or roles."""
    async with s.store.write() as tx:
        yield tx
        account = await get_account(tx, person)
        tx.after_commit(lambda: s.accounts.put(account))


@asynccontextmanager
async def changing_own_account(s: Services, session: Session) -> AsyncIterator[Tx]:
    """Lend a transaction in which somebody changes their own account.

    Raises Unauthenticated where the session was ended while it waited: whoever was signed out changes nothing more.
    """
    async with changing_account(s, session.person) as tx:
        if not await tx.run(sessions.stands, session.id):
            raise Unauthenticated
        yield tx


async def get_account(reader: Reader, person: PersonId) -> Account:
    """Return a person's account as it stands in this transaction. Raises NotFound."""
    account = await reader.run(accounts.get, person)
    if account is None:
        raise NotFound(code="account_not_found")
    return account


def units_over(s: Services, person: PersonId) -> frozenset[UnitId]:
    """Return the units a person serves in today and all units over them."""
    return s.directory.now.units_over(person)
