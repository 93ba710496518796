"""Importing the agency's directory from files: first a preview, then all of it or nothing (F14).

The plan is pure (`rules/imports.py`); here the organisation is read for it and its changes are written in one
transaction, unless somebody else changed the directory in between. People who leave the staff lose their sessions at
once and keep their accounts, which work again when a later import brings them back. A date of birth that makes somebody
too young for the account they have suspends it until the day they are old enough (F93).
"""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from appliance.actions.audit_records import record, record_at
from appliance.errors import Conflict, Forbidden, Invalid, TooLarge
from appliance.model import AccountState, PersonId, PostId, UnitId
from appliance.people import Holding, Post, Profile, SessionEnd, Unit
from appliance.rules.accounts import comes_of_age, is_of_age
from appliance.rules.import_files import read_files
from appliance.rules.imports import Plan, needs_approval, plan_import
from appliance.rules.organisation import HoldingState, Organisation, PersonState, PostState, UnitState
from appliance.rules.roles import Duty, may_perform
from appliance.rules.thai_days import midnight, thai_day
from appliance.store import accounts, people, sessions, units
from appliance.store.people import ImportRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.model import Millis
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.db import Reader, Tx


class Preview(msgspec.Struct, frozen=True):
    """What an import would do, to which state of the directory, and whether it needs approval.

    `under_age` are those whose accounts it would suspend.
    """

    plan: Plan
    version: int
    needs_approval: bool
    files_sha256: str
    under_age: tuple[PersonState, ...] = ()


class _Ids(msgspec.Struct):
    """Ids by code: those there are, and new ones for what is added."""

    new_id: Callable[[str], str]
    units: dict[str, UnitId]
    posts: dict[str, PostId]
    people: dict[str, PersonId]

    def unit(self, code: str) -> UnitId:
        if code not in self.units:
            self.units[code] = UnitId(self.new_id("u"))
        return self.units[code]

    def post(self, code: str) -> PostId:
        if code not in self.posts:
            self.posts[code] = PostId(self.new_id("t"))
        return self.posts[code]

    def person(self, staff_no: str) -> PersonId:
        if staff_no not in self.people:
            self.people[staff_no] = PersonId(self.new_id("p"))
        return self.people[staff_no]


async def preview_import(s: Services, files: Mapping[str, bytes]) -> Preview:
    """Return what importing these files (by name) would change; changes nothing. Raises TooLarge."""
    policy = s.config.policies.imports
    if sum(map(len, files.values())) > policy.largest_file:
        raise TooLarge
    now = s.clock()
    version = s.directory.revision
    async with s.store.read() as reader:
        organisation, ids = await _read(s, reader, now)
    rows = await asyncio.to_thread(read_files, dict(files))
    plan = await asyncio.to_thread(plan_import, organisation, rows, now)
    digest = sha256()
    for name in sorted(files):
        digest.update(sha256(files[name]).digest())
    approval = needs_approval(plan.deactivated, plan.active_before, policy.deactivate_percent)
    minors = tuple(
        state for state in _under_age(s, plan, now) if s.accounts.get(ids.people[state.staff_no]) is not None
    )
    return Preview(plan, version, approval, digest.hexdigest(), minors)


async def apply_import(s: Services, actor: Actor, preview: Preview, *, approved: bool = False) -> None:
    """Apply a preview as one transaction. Raises Forbidden, Invalid (problems), Conflict (approval, changed since)."""
    if denied := may_perform(Duty.IMPORT_PEOPLE, actor):
        raise Forbidden(denied)
    plan = preview.plan
    if plan.problems:
        raise Invalid(code="import_problems", count=len(plan.problems))
    if preview.needs_approval and not approved:
        raise Conflict(code="import_needs_approval", people=plan.deactivated, active=plan.active_before)
    if not plan.changes:
        return
    now = s.clock()
    async with s.store.write() as tx:
        if s.directory.revision != preview.version:
            raise Conflict(code="directory_changed")
        _, ids = await _read(s, tx, now)
        await _write_units(tx, plan, ids)
        await _write_posts(tx, plan, ids, now)
        gone = await _write_people(tx, plan, ids, now)
        await _write_holdings(tx, plan, ids)
        suspended = await _suspend_under_age(s, tx, actor, plan, ids)
        run = ImportRun(s.new_id("i"), now, actor.name, preview.files_sha256, plan.changes, plan.deactivated, approved)
        await tx.run(people.record_import, run)
        for account in [await tx.run(accounts.get, person) for person in (*gone, *suspended)]:
            if account is not None:
                tx.after_commit(partial(s.accounts.put, account))
        tx.after_commit(s.directory.changed)
        await record_at(
            tx,
            now,
            actor.name,
            "people.import",
            run.id,
            files_sha256=run.files_sha256,
            changes=run.changes,
            deactivated=run.deactivated,
            approved=approved,
        )
    await s.directory.reload(now)


async def _write_units(tx: Tx, plan: Plan, ids: _Ids) -> None:
    wanted = [(change, _unit(change.after, ids)) for change in plan.units]
    # A successor may be further down the list: units are added first and pointed at their successors afterwards.
    await tx.run(units.insert, [_without_successor(unit) for change, unit in wanted if change.before is None])
    await tx.run(units.update, [unit for _, unit in wanted])


async def _write_posts(tx: Tx, plan: Plan, ids: _Ids, now: Millis) -> None:
    await tx.run(units.insert_posts, [_post(change.after, ids, now) for change in plan.posts if change.before is None])
    await tx.run(
        units.update_posts, [_post(change.after, ids, now) for change in plan.posts if change.before is not None]
    )


async def _write_people(tx: Tx, plan: Plan, ids: _Ids, now: Millis) -> list[PersonId]:
    gone = [ids.person(change.after.staff_no) for change in plan.people if change.operation == "ended"]
    added = [_profile(change.after, ids) for change in plan.people if change.operation == "added"]
    changed = [_profile(change.after, ids) for change in plan.people if change.operation == "changed"]
    await tx.run(people.insert, added, now)
    await tx.run(people.update, changed)
    await tx.run(people.deactivate, gone, now)
    await tx.run(sessions.delete_of_all, gone, SessionEnd.OFF_STAFF, now)
    await tx.run(accounts.bump_epochs, gone)
    return gone


def _under_age(s: Services, plan: Plan, now: Millis) -> list[PersonState]:
    """Return people already in the directory whom the import makes too young for an account."""
    youngest, today = s.config.policies.accounts.youngest, thai_day(now)
    return [
        change.after
        for change in plan.people
        if change.operation == "changed" and not is_of_age(change.after.birth_date, today, youngest)
    ]


async def _suspend_under_age(s: Services, tx: Tx, actor: Actor, plan: Plan, ids: _Ids) -> list[PersonId]:
    """Suspend the accounts of people whom the import makes too young, until they are old enough; return whose."""
    youngest, suspended = s.config.policies.accounts.youngest, []
    for state in _under_age(s, plan, s.clock()):
        person = ids.person(state.staff_no)
        account = await tx.run(accounts.get, person)
        if account is None or account.state is AccountState.REVOKED:
            continue
        assert state.birth_date is not None  # noqa: S101 - nobody without one is too young
        until = max(midnight(comes_of_age(state.birth_date, youngest)), account.suspended_until or 0)
        if account.state is AccountState.SUSPENDED and account.suspended_until == until:
            continue
        await tx.run(accounts.set_state, person, AccountState.SUSPENDED, until)
        await tx.run(accounts.bump_epoch, person)
        ended = await tx.run(sessions.delete_of, person, SessionEnd.SUSPENDED, s.clock())
        await record(
            s, tx, actor.name, "account.suspend", person, reason="under_age", until=until, sessions_ended=ended
        )
        suspended.append(person)
    return suspended


async def _write_holdings(tx: Tx, plan: Plan, ids: _Ids) -> None:
    moved = [
        _holding(change.before, ids)
        for change in plan.holdings
        if change.before is not None
        and (change.before.held_from != change.after.held_from or change.after.held_from == change.after.held_to)
    ]
    await tx.run(people.delete_holdings, moved)
    kept = [change.after for change in plan.holdings if change.after.held_from != change.after.held_to]
    await tx.run(people.put_holdings, [_holding(state, ids) for state in kept])


# The organisation by codes, and back


async def _read(s: Services, reader: Reader, now: Millis) -> tuple[Organisation, _Ids]:
    all_units, all_posts = await reader.run(units.list_units), await reader.run(units.list_posts)
    profiles = [profile for profile, _ in await reader.run(people.list_all)]
    holdings = await reader.run(people.list_holdings)
    unit_codes = {unit.id: unit.code for unit in all_units}
    post_codes = {post.id: post.code for post in all_posts}
    staff_nos = {profile.id: profile.staff_no for profile in profiles}
    going_on = [held for held in holdings if held.held_to is None or held.held_to > now]
    organisation = Organisation(
        units={unit.code: _unit_state(unit, unit_codes) for unit in all_units},
        posts={
            post.code: PostState(
                post.code, unit_codes[post.unit], post.title_th, post.title_en, post.rank, head=post.head
            )
            for post in all_posts
        },
        people={profile.staff_no: _person_state(profile) for profile in profiles},
        holdings={
            (staff_nos[held.person], post_codes[held.post]): HoldingState(
                staff_nos[held.person],
                post_codes[held.post],
                held.held_from,
                held.held_to,
                acting=held.acting,
                main=held.main,
            )
            for held in sorted(going_on, key=lambda held: -held.held_from)
        },
    )
    ids = _Ids(
        s.new_id,
        {code: unit for unit, code in unit_codes.items()},
        {code: post for post, code in post_codes.items()},
        {staff_no: person for person, staff_no in staff_nos.items()},
    )
    return organisation, ids


def _unit_state(unit: Unit, codes: Mapping[UnitId, str]) -> UnitState:
    return UnitState(
        code=unit.code,
        parent=codes[unit.parent] if unit.parent else None,
        name_th=unit.name_th,
        name_en=unit.name_en,
        kind=unit.kind,
        position=unit.position,
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
        merged_into=codes[unit.merged_into] if unit.merged_into else None,
    )


def _person_state(profile: Profile) -> PersonState:
    return PersonState(**{field.name: getattr(profile, field.name) for field in fields(PersonState)})


def _unit(state: UnitState, ids: _Ids) -> Unit:
    return Unit(
        id=ids.unit(state.code),
        parent=ids.unit(state.parent) if state.parent else None,
        code=state.code,
        name_th=state.name_th,
        name_en=state.name_en,
        kind=state.kind,
        position=state.position,
        valid_from=state.valid_from,
        valid_to=state.valid_to,
        merged_into=ids.unit(state.merged_into) if state.merged_into else None,
    )


def _without_successor(unit: Unit) -> Unit:
    return replace(unit, merged_into=None)


def _post(state: PostState, ids: _Ids, now: Millis) -> Post:
    return Post(
        id=ids.post(state.code),
        code=state.code,
        unit=ids.unit(state.unit),
        title_th=state.title_th,
        title_en=state.title_en,
        rank=state.rank,
        head=state.head,
        valid_from=now,
        valid_to=None,
    )


def _profile(state: PersonState, ids: _Ids) -> Profile:
    values = {field.name: getattr(state, field.name) for field in fields(PersonState)}
    return Profile(id=ids.person(state.staff_no), status="", **values)


def _holding(state: HoldingState, ids: _Ids) -> Holding:
    return Holding(
        person=ids.person(state.staff_no),
        post=ids.post(state.post),
        held_from=state.held_from,
        held_to=state.held_to,
        acting=state.acting,
        main=state.main,
    )
