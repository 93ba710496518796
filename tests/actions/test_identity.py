"""What another process changes, this one notices: two `Identity` over one database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.actions.accounts import revoke_account, suspend_account
from appliance.actions.audit import sign_checkpoint, verify_audit
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.settings import set_contact_mode
from appliance.actions.terms import publish_terms
from appliance.model import ContactMode
from appliance.people_services import OfflineServices
from appliance.store import audit
from tests.office import DAY, OPERATOR, PEOPLE, Office, reopen

if TYPE_CHECKING:
    from appliance.identity import Identity


async def other(office: Office) -> OfflineServices:
    """The administrator's process."""
    return replace(office.s, identity=await reopen(office))


async def refresh(office: Office) -> bool:
    return await office.s.identity.refresh(office.s.store, office.clock())


def known(identity: Identity) -> object:
    """All that an identity knows, to compare with another one's."""
    return (sorted(identity.accounts(), key=lambda account: account.person), identity.directory.ordered)


async def test_nothing_to_notice(office: Office) -> None:
    assert not await refresh(office)


async def test_a_revocation_elsewhere_ends_sessions_here(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    await office.account("1002", "malee.m")
    untouched = await office.sign_in("malee.m")
    ended: list[str] = []
    office.s.identity.on_session_end(ended.append)
    cli = await other(office)
    await revoke_account(cli, OPERATOR, person, "พ้นจากราชการ")
    assert await refresh(office)
    assert office.s.identity.authenticate(done.token, office.clock()) is None
    assert office.s.identity.authenticate(untouched.token, office.clock()) is not None
    assert ended == [done.session.id]
    assert known(office.s.identity) == known(cli.identity)
    assert not await refresh(office)


async def test_changes_here_need_no_second_reading(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "x")
    assert not await refresh(office)
    assert known(office.s.identity) == known(await reopen(office))


async def test_imports_terms_and_settings_made_elsewhere(office: Office) -> None:
    await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    cli = await other(office)
    await publish_terms(cli, OPERATOR, ("ข้อกำหนด", "Terms"), ("หนึ่ง", "One"))
    await set_contact_mode(cli, OPERATOR, ContactMode.PUBLIC)
    preview = await preview_import(cli, {"p.csv": PEOPLE.replace("มีสุข", "มีทรัพย์").encode()})
    await apply_import(cli, OPERATOR, preview)
    assert await refresh(office)
    session = office.s.identity.authenticate(done.token, office.clock())
    assert session is not None
    assert not session.terms_ok
    assert office.s.identity.contact_mode(office.clock()) is ContactMode.PUBLIC
    assert office.s.identity.people[office.person("1002")].name == "นางสาวมาลี มีทรัพย์"


async def test_signing_in_while_refreshing_loses_no_session(office: Office) -> None:
    await office.account("1001", "somchai.j")
    other_person = await office.account("1002", "malee.m")
    cli = await other(office)

    async def keep_changing() -> None:
        for day in range(1, 15):
            await suspend_account(cli, OPERATOR, other_person, office.clock() + day * DAY, "x")
            await refresh(office)

    async def keep_signing_in() -> list[str]:
        return [(await office.sign_in("somchai.j")).token for _ in range(15)]

    _, tokens = await asyncio.gather(keep_changing(), keep_signing_in())
    assert all(office.s.identity.authenticate(token, office.clock()) for token in tokens)
    await refresh(office)
    assert all(office.s.identity.authenticate(token, office.clock()) for token in tokens)


async def test_the_audit_log_verifies_and_shows_tampering(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    assert await sign_checkpoint(office.s) is not None
    assert await sign_checkpoint(office.s) is None
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "ลับ")
    await sign_checkpoint(office.s)
    sound = await verify_audit(office.s)
    assert (sound.checkpoints, sound.faults) == (2, ())
    async with office.s.store.read() as reader:
        last = (await audit.list_newest(reader, 1))[0]

    async def after(sql: str, *values: object) -> tuple[str, ...]:
        """The faults once the database was changed behind our back; undone afterwards."""
        found: tuple[str, ...] = ()
        try:
            async with office.s.store.write() as tx:
                await tx.execute(sql, values)
        finally:
            found = (await verify_audit(office.s)).faults
        return found

    assert await after("UPDATE audit SET outcome = 'refused' WHERE n = ?", last.n) == (f"record {last.n} was altered",)
    assert await after("UPDATE audit SET outcome = 'done' WHERE n = ?", last.n) == ()
    assert await after("UPDATE audit SET detail = '{}' WHERE n = ?", last.n) == (f"record {last.n} was altered",)
    # Destroying a detail with its salt is allowed and leaves the log sound.
    assert await after("UPDATE audit SET detail = NULL, salt = NULL WHERE n = ?", last.n) == ()
    assert await after("DELETE FROM audit WHERE n = 0") == ("record 0 is missing",)


async def test_a_cut_off_audit_log_is_noticed(office: Office) -> None:
    await office.account("1001", "somchai.j")
    await sign_checkpoint(office.s)
    async with office.s.store.write() as tx:
        size = (await audit.get_frontier(tx)).size
        await tx.execute("DELETE FROM audit WHERE n = ?", (size - 1,))
    assert (await verify_audit(office.s)).faults == (
        f"the head says {size} records, there are {size - 1}",
        f"checkpoint of {size} records, there are {size - 1}",
    )
