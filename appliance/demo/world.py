"""The one world that tests, `make run`, screenshots and benchmarks share: a ministry, its people and their talk.

Owns the cast and its week. The data is in `world_data/<agency>/`: `units.csv` and `people.csv` are directory files as
an agency imports them; `accounts.csv` names roles, states and status lines; `rooms.csv` the rooms; `talk.csv` who did
what in which room on which working day (0 is the last one) at what time. A person goes by their user name (`narin.p`),
a room by a short code (`dengue`), a message that others point at by a tag.

`seed(folder)` makes a whole appliance of it through the same actions as the API, with a clock that walks through the
week up to now, and writes `demo-logins.json` with everybody's login. What is worth knowing when writing a test:

    witthaya.s  permanent secretary, highest rank     thawin.o     driver, nearly the lowest
    somchai.j   agency administrator                  malee.t      administrator of the unit DIGI and below
    narin.p     owner of `dengue` and of `epid`, the latter by the post EPID-001 that he holds
    suphawadi.c holds two posts                       kittiphong.c acts (รักษาการ) in a post that is vacant
    anucha.p    suspended                             sairung.c    revoked
    decha.r     an outsider: no rank, in no room
    `dengue` is the long thread; `budget`, `news`, `incident` are working groups (chaiwat.b asks to be taken off the
    last); `all` has 50 members; `p01` … `p20` have 10 each; `seminar` is closed; `d1` … `d7` are private chats.

It does not start a server: `tests/agency.py` does.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from appliance import config, wiring
from appliance.actions import messages, removal_requests, rooms
from appliance.actions.account_changes import get_account
from appliance.actions.accounts import create_account, revoke_account, suspend_account
from appliance.actions.audit_checkpoints import ACCEPTED
from appliance.actions.audit_records import record_at
from appliance.actions.me import set_status
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.roles import add_role
from appliance.actions.settings import set_helpdesk
from appliance.actions.terms import publish_terms, standard_terms
from appliance.data_folder import DEMO_LOGINS
from appliance.demo.ministries import MOPH, Ministry, user_of
from appliance.demo.week import DAY, MINUTE, Clock, when
from appliance.model import PersonId, PostId, RoomId, SessionId
from appliance.people import Grant
from appliance.process import setup
from appliance.rules.passwords import one_time_code
from appliance.rules.roles import Actor
from appliance.services import Services
from appliance.store import accounts, terms
from appliance.vault.record import FILE_NAME as KEYRING_FILE
from appliance.wire.messages import TextBody

# Of the appliances that tests and benchmarks make for themselves; a demo that somebody looks at gets one of its own.
PASSWORD: Final = "lotus-river-2569"  # noqa: S105 - of invented people
OPERATOR: Final = Actor.operator("demo")
# Roles of the compliance console are given by two.
FOUNDER, CO_FOUNDER = (
    Actor(name, PersonId(name), (Grant("agency_admin"),)) for name in ("first-founder", "second-founder")
)
# Programs that drive the demo do in a second what an office does in a day; they sign in from one address.
GENEROUS: Final = """\
# Limits of a demonstration that load drivers use, all of them from one address. A real agency leaves these out.
[limits]
user_requests_s = 2000
user_requests_burst = 20000
address_requests_s = 2000
address_requests_burst = 20000
user_entries_s = 2000
user_entries_burst = 20000
room_entries_s = 5000
room_entries_burst = 20000
user_adds_hour = 1000000
user_rooms_hour = 100000
user_rooms_day = 100000
connections_a_person = 2000

[sessions]
most = 2000

[directory]
alarm = 1000000
most = 1000000
"""
NO_SCANNER: Final = """\
# A demonstration runs on machines without a virus scanner and without the units of systemd.
[files]
scan = "off"
fence = "bwrap"
"""


@dataclass(slots=True)
class Cast:
    """Who and what there is by now: user names to people, codes to rooms, tags to positions."""

    people: dict[str, PersonId] = field(default_factory=dict)
    rooms: dict[str, RoomId] = field(default_factory=dict)
    tags: dict[tuple[str, str], int] = field(default_factory=dict)
    reading: set[tuple[str, str]] = field(default_factory=set)


def seed(
    data: Path, ministry: Ministry = MOPH, *, extra: str = GENEROUS + NO_SCANNER, password: str | None = None
) -> None:
    """Make the ministry's appliance in `data`, which holds none yet. A seeding that was killed leaves none either.

    Everybody has the one `password`; without it a random one, which `demo-logins.json` says.

    It is made in a folder of its own inside, and moved out with the keys last: without them there is no appliance.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = data / ".seeding"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    setup.create(making, ministry.agency, "file", wiring.no_terminal, extra)
    asyncio.run(_fill(making, ministry, password or one_time_code(secrets.token_hex()).lower()))
    made = sorted(making.iterdir(), key=lambda path: path.name == KEYRING_FILE)
    for path in made:
        path.replace(data / path.name)
    making.rmdir()


async def _fill(data: Path, ministry: Ministry, password: str) -> None:
    now = wiring.system_clock()
    clock = Clock(when(now, -9, "09:00"))
    async with wiring.services(
        config.load(data), sources=wiring.Sources(clock=clock, monotonic=lambda: clock.now / 1000)
    ) as s:
        cast = Cast()
        await _people(s, ministry, cast, password)
        # What ended before the week began.
        for row in ministry.rows("accounts"):
            if row["state"] == "revoked":
                await revoke_account(s, OPERATOR, cast.people[row["person"]], "สิ้นสุดสัญญาจ้าง")
        for at, doing in _week(s, ministry, cast, now):
            clock.now = max(clock.now, at)
            await doing()
        await s.receipts.flushed()
        for row in ministry.rows("rooms"):
            if row["closed"]:
                await rooms.close_room(s, cast.people[row["owner"]], cast.rooms[row["room"]])
        clock.now = max(clock.now, now - MINUTE)
        for row in ministry.rows("accounts"):
            if row["state"] == "suspended":
                until = now + 30 * DAY
                await suspend_account(s, OPERATOR, cast.people[row["person"]], until, "ลาศึกษาต่อ")
        _write_logins(data, s, ministry, cast, password)


def _week(
    s: Services, ministry: Ministry, cast: Cast, now: int
) -> list[tuple[int, Callable[[], Coroutine[Any, Any, None]]]]:
    """Return what happened and when, in order: each room is made shortly before its first words."""
    talk = [(when(now, int(row["day"]), row["time"]), row) for row in ministry.rows("talk")]
    begins: dict[str, int] = {}
    for at, row in talk:
        begins[row["room"]] = min(at, begins.get(row["room"], at))
    rooms_made = [
        (begins[row["room"]] - 20 * MINUTE, partial(_room, s, cast, row, place))
        for place, row in enumerate(ministry.rows("rooms"))
    ]
    said = [(at, partial(_line, s, cast, row)) for at, row in talk]
    return sorted([*rooms_made, *said], key=lambda happening: happening[0])


async def _people(s: Services, ministry: Ministry, cast: Cast, password: str) -> None:
    """Import the directory, make the accounts, have everybody accept the terms."""
    files = {name: (ministry.folder / name).read_bytes() for name in ("units.csv", "people.csv")}
    await import_people(s, files)
    by_number = {card.staff_no: card.id for card in s.directory.now.ordered}
    users = {user_of(row): by_number[row["staff_no"]] for row in ministry.rows("people") if row["email"]}
    await make_accounts(s, users, password)
    await set_helpdesk(s, OPERATOR, *ministry.helpdesk)
    cast.people.update(users)
    unit_ids = {unit.code: unit.id for unit in s.directory.now.units.values()}
    for row in ministry.rows("accounts"):
        for role in row["roles"].split():
            name, _, unit = role.partition(":")
            await add_role(s, FOUNDER, users[row["person"]], Grant(name, unit_ids[unit] if unit else None), CO_FOUNDER)
        if row["status"]:
            await set_status(s, users[row["person"]], row["status"])


async def import_people(s: Services, files: dict[str, bytes]) -> None:
    """Import directory files as an administrator does."""
    preview = await preview_import(s, files)
    await apply_import(s, OPERATOR, preview)


async def make_accounts(s: Services, users: dict[str, PersonId], password: str = PASSWORD) -> None:
    """Give people accounts under user names, all with one password that is hashed once, and the terms accepted."""
    for user, person in users.items():
        await create_account(s, OPERATOR, person, user)
    now = s.clock()
    version = s.terms.in_force(now)
    if not version:
        draft = standard_terms(s.config.agency)
        version = await publish_terms(s, OPERATOR, draft.titles, draft.texts)
    hashed = await s.hasher.hash(password)
    async with s.store.write() as tx:
        for person in users.values():
            await tx.run(accounts.set_password, person, hashed, now)
            await tx.run(terms.accept, person, version, SessionId("demo"), now)
            await record_at(tx, now, person, ACCEPTED, person, version=version, session="demo")
        for account in [await get_account(tx, person) for person in users.values()]:
            tx.after_commit(partial(s.accounts.put, account))


async def _room(s: Services, cast: Cast, row: dict[str, str], place: int) -> None:
    owner = cast.people[row["owner"]]
    others = list(_members(s, cast, row, place))
    if row["kind"] == "direct":
        room = await rooms.create_direct(s, owner, others[0], f"demo-{row['room']}")
    else:
        posts = s.directory.people[owner].posts
        post = posts[0] if row["post"] else None
        room = await rooms.create_group(s, owner, row["name"], others, f"demo-{row['room']}", post and PostId(post))
    cast.rooms[row["room"]] = room


def _members(s: Services, cast: Cast, row: dict[str, str], place: int) -> Iterator[PersonId]:
    """Give a room's members but its owner: those named, whole units (`*EPID`), and others up to its size."""
    named = [cast.people[user] for user in row["members"].split() if not user.startswith("*")]
    codes = {unit.code: unit.id for unit in s.directory.now.units.values()}
    for code in (word[1:] for word in row["members"].split() if word.startswith("*")):
        below = s.directory.now.below(codes[code])
        named += [card.id for card in s.directory.now.ordered if not card.units.isdisjoint(below)]
    found = dict.fromkeys(person for person in named if person != cast.people[row["owner"]])
    if row["size"]:
        # Everybody but the outsider, from another place of the list for each room.
        everybody = [person for user, person in cast.people.items() if user != "decha.r"]
        start = place * 7
        for person in everybody[start % len(everybody) :] + everybody:
            if len(found) >= int(row["size"]) - 1:
                break
            if person != cast.people[row["owner"]] and s.accounts.is_active(person, s.clock()):
                found[person] = None
    yield from found


async def _line(s: Services, cast: Cast, row: dict[str, str]) -> None:
    """Do what one line of the week says."""
    room, person = cast.rooms[row["room"]], cast.people[row["person"]]
    target = cast.tags.get((row["room"], row["to"]))
    txn_id = f"demo-{len(cast.tags)}-{s.log.feed.pos}"
    if row["what"] == "say":
        n = (await messages.send_message(s, person, room, _body(s, cast, row["text"]), txn_id, target)).n
        cast.tags[row["room"], row["tag"] or f"#{n}"] = n
    elif row["what"] == "read":
        if (row["room"], row["person"]) in cast.reading:
            # Of two receipts that wait together only the further one is kept.
            await s.receipts.flushed()
            cast.reading.clear()
        cast.reading.add((row["room"], row["person"]))
        await s.receipts.read(room, person, (await s.log.head(room)).size - 1)
    elif row["what"] == "ask":
        await removal_requests.ask_removal(s, person, room, row["text"])
    elif target is None:
        raise ValueError(f"{row} points at nothing")
    elif row["what"] == "edit":
        await messages.edit_message(s, person, room, target, _body(s, cast, row["text"]), txn_id)
    elif row["what"] == "retract":
        await messages.retract_message(s, person, room, target, row["text"], txn_id)
    else:
        await messages.react(s, person, room, target, row["text"], on=True)


def _body(s: Services, cast: Cast, text: str) -> TextBody:
    """Return a message whose `@{user}` are mentions of people and whose `@ทุกคน` calls everyone."""
    users = re.findall(r"@\{([^}]+)\}", text)
    named = re.sub(r"@\{([^}]+)\}", lambda found: f"@{s.directory.people[cast.people[found[1]]].name}", text)
    return TextBody(text=named, mentions=[cast.people[user] for user in users], everyone="@ทุกคน" in text)


def _write_logins(data: Path, s: Services, ministry: Ministry, cast: Cast, password: str) -> None:
    """Write everybody's login, and the codes by which tests name people and rooms."""
    ended = {row["person"] for row in ministry.rows("accounts") if row["state"]}
    ladder = s.directory.now.ladder
    ranks = {user_of(row): row["rank"] for row in reversed(ministry.rows("people")) if row["email"]}
    logins = []
    for user, person in cast.people.items():
        card, account, rung = s.directory.people[person], s.accounts.get(person), ladder.rung(ranks[user])
        if user in ended or account is None:
            continue
        logins.append(
            {
                "user": user,
                "password": password,
                "person": person,
                "name": card.name,
                "rank": rung.name_th if rung else None,
                "unit": card.unit_name,
                "roles": sorted(account.roles | {"member"}),
            }
        )
    _write_private(data / DEMO_LOGINS, logins)
    _write_private(data / "demo-cast.json", {"people": cast.people, "rooms": cast.rooms})


def _write_private(path: Path, content: object) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
