"""What is committed is known to memory at once, and memory knows what a fresh start would read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.actions.accounts import revoke_account, suspend_account
from appliance.actions.audit_checkpoints import sign_checkpoint, verify_audit
from appliance.actions.passwords import change_password, reset_password
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.sessions import end_session
from appliance.actions.settings import set_contact_mode, set_helpdesk, set_rank_map
from appliance.actions.terms import publish_terms
from appliance.errors import Conflict
from appliance.locale import both
from appliance.model import ContactMode
from appliance.people import SessionEnd
from appliance.reads.me import load_agency
from appliance.reads.sessions import why_ended
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.store import audit
from tests.office import DAY, OPERATOR, PASSWORD, PEOPLE, Office, reopen
from tests.sql import run_sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.actions.sign_in import SignedIn
    from appliance.identity.loading import Loaded
    from appliance.people import Session
    from appliance.services import Services


def known(memory: Services | Loaded) -> object:
    """All that memory knows, to compare with another one's."""
    return (sorted(memory.accounts.all(), key=lambda account: account.person), memory.directory.now.ordered)


async def test_a_revocation_ends_sessions_at_once(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    await office.account("1002", "malee.m")
    untouched = await office.sign_in("malee.m")
    ended: list[str] = []
    office.s.sessions.on_end(ended.append)
    await revoke_account(office.s, OPERATOR, person, "พ้นจากราชการ")
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    assert office.s.sessions.authenticate(untouched.token, office.clock()) is not None
    assert ended == [done.session.id]
    assert known(office.s) == known(await reopen(office))


async def test_memory_knows_what_a_fresh_start_would_read(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "x")
    await set_rank_map(office.s, OPERATOR, {"ปฏิบัติการ": "K5"})
    assert known(office.s) == known(await reopen(office))
    preview = await preview_import(office.s, {"p.csv": PEOPLE.replace("มีสุข", "มีทรัพย์").encode()})
    await apply_import(office.s, OPERATOR, preview)
    assert known(office.s) == known(await reopen(office))


async def test_terms_and_settings_act_at_once(office: Office) -> None:
    await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    await publish_terms(office.s, OPERATOR, ("ข้อกำหนด", "Terms"), ("หนึ่ง", "One"))
    await set_contact_mode(office.s, OPERATOR, ContactMode.PUBLIC)
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    assert not session.terms_ok
    assert office.s.settings.get(CONTACT_MODE, office.clock()) is ContactMode.PUBLIC


async def test_whoever_an_import_takes_off_the_staff_is_signed_out(office: Office) -> None:
    await office.account("1001", "somchai.j")
    done = await office.sign_in("somchai.j")
    heard: list[bool] = []
    office.s.directory.on_change(lambda: heard.append(True))
    rest = "\n".join(line for line in PEOPLE.splitlines() if not line.startswith("1001,"))
    await office.import_(people=rest, approved=True)
    assert office.s.sessions.authenticate(done.token, office.clock()) is None
    assert heard
    assert known(office.s) == known(await reopen(office))


async def test_an_import_over_another_one_is_refused(office: Office) -> None:
    first = await preview_import(office.s, {"p.csv": PEOPLE.replace("มีสุข", "มีทรัพย์").encode()})
    second = await preview_import(office.s, {"p.csv": PEOPLE.replace("มีสุข", "มีเงิน").encode()})
    await apply_import(office.s, OPERATOR, first)
    with pytest.raises(Conflict, match="directory_changed"):
        await apply_import(office.s, OPERATOR, second)


async def test_a_directory_that_could_not_be_read_stays_due(office: Office) -> None:
    office.s.directory.changed()
    assert office.s.directory.is_due(office.clock())
    await office.s.directory.reload(office.clock())
    assert not office.s.directory.is_due(office.clock())


async def test_the_audit_log_verifies_and_shows_tampering(office: Office) -> None:
    person = await office.account("1001", "somchai.j")
    assert await sign_checkpoint(office.s) is not None
    assert await sign_checkpoint(office.s) is None
    await suspend_account(office.s, OPERATOR, person, office.clock() + DAY, "ลับ")
    await sign_checkpoint(office.s)
    sound = await verify_audit(office.s)
    assert (sound.checkpoints, sound.faults) == (2, ())
    async with office.s.store.read() as reader:
        last = (await reader.run(audit.list_newest, 1))[0]
    altered = both("verify.audit_altered", n=last.n)

    async def after(sql: str, *values: object) -> tuple[str, ...]:
        """The faults once the database was changed behind our back; undone afterwards."""
        found: tuple[str, ...] = ()
        try:
            async with office.s.store.write() as tx:
                await tx.run(run_sql, sql, values)
        finally:
            found = (await verify_audit(office.s)).faults
        return found

    assert await after("UPDATE audit SET outcome = 'refused' WHERE n = ?", last.n) == (altered,)
    assert await after("UPDATE audit SET outcome = 'done' WHERE n = ?", last.n) == ()
    assert await after("UPDATE audit SET detail = '{}' WHERE n = ?", last.n) == (altered,)
    # Destroying a detail with its salt is allowed and leaves the log sound.
    assert await after("UPDATE audit SET detail = NULL, salt = NULL WHERE n = ?", last.n) == ()
    assert await after("DELETE FROM audit WHERE n = 0") == (both("verify.audit_missing", n=0),)


async def test_a_cut_off_audit_log_is_noticed(office: Office) -> None:
    await office.account("1001", "somchai.j")
    await sign_checkpoint(office.s)
    async with office.s.store.write() as tx:
        size = (await tx.run(audit.get_frontier)).size
        await tx.run(run_sql, "DELETE FROM audit WHERE n = ?", (size - 1,))
    assert (await verify_audit(office.s)).faults == (
        both("verify.audit_head", said=size, size=size - 1),
        both("verify.audit_beyond", said=size, size=size - 1),
    )


async def test_whoever_holds_a_token_that_ended_is_told_why(office: Office) -> None:
    """And a token that never was says nothing."""
    await office.account("1001", "somchai.j")
    person = office.person("1001")

    async def why(ends: Callable[[SignedIn, Session], Awaitable[object]]) -> SessionEnd | None:
        gone, other = await office.sign_in("somchai.j"), await office.sign_in("somchai.j")
        session = office.s.sessions.authenticate(other.token, office.clock())
        assert session is not None
        await ends(gone, session)
        assert office.s.sessions.authenticate(gone.token, office.clock()) is None
        return await why_ended(office.s, gone.token)

    assert await why(lambda gone, session: end_session(office.s, session, gone.session.id)) is SessionEnd.BY_OWNER
    change = "แจกันดอกลีลาวดีสีขาว"
    changed = await why(lambda _, session: change_password(office.s, session, PASSWORD, change))
    assert changed is SessionEnd.PASSWORD_CHANGED
    assert await why_ended(office.s, "made-up") is None
    gone = await office.sign_in("somchai.j", change)
    await reset_password(office.s, OPERATOR, person, "บัตรประจำตัว")
    assert await why_ended(office.s, gone.token) is SessionEnd.RESET


async def test_a_session_whose_time_ran_out_says_so_and_one_signed_out_says_nothing(office: Office) -> None:
    await office.account("1001", "somchai.j")
    out = await office.sign_in("somchai.j")
    session = office.s.sessions.authenticate(out.token, office.clock())
    assert session is not None
    await end_session(office.s, session, session.id)
    assert await why_ended(office.s, out.token) is None
    idle = await office.sign_in("somchai.j")
    office.clock.pass_(office.s.config.policies.sessions.idle_ms + 1)
    assert office.s.sessions.authenticate(idle.token, office.clock()) is None
    assert await why_ended(office.s, idle.token) is SessionEnd.EXPIRED


async def test_the_helpdesk_that_was_set_is_on_the_sign_in_page(office: Office) -> None:
    assert load_agency(office.s).helpdesk.phone == ""
    await set_helpdesk(office.s, OPERATOR, "02-100-1000 ต่อ 12", "help@agency.test", "ห้อง 305")
    desk = load_agency(office.s).helpdesk
    assert (desk.phone, desk.email, desk.place) == ("02-100-1000 ต่อ 12", "help@agency.test", "ห้อง 305")
