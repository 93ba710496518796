"""A bureau of a few people over the real log, store, hub and identity; the test holds the clock and the ids.

Small on purpose: what a room needs of an agency and nothing else (the whole world: `appliance/demo/world.py`). By rank:
`boss` above `head`, `head` above `narin`, `malee`, `somchai` and `outsider`, who are peers; `clerk` below them all.
`narin` and `malee` serve in the unit `epid`, whose administrator is `admin`; `narin` holds the post `epid-chief`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

from appliance import wiring
from appliance.actions import messages, rooms
from appliance.config import Agency, Config, Files, Limits
from appliance.log.notes import log_signer
from appliance.model import AccountState, Appended, ContactMode, Home, PersonId, PostId, RoomId, UnitId
from appliance.people import Grant, Holding, Post, Profile, Unit, UnitKind, Visibility
from appliance.policies import Argon2, Policies
from appliance.reads.rooms import load_room
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.services import Services
from appliance.store import accounts, people, settings, units
from appliance.store.db import Tx, open_store
from appliance.store.migrate import make
from appliance.vault.keyring import Keyring
from appliance.vault.record import Purpose
from appliance.wire.messages import TextBody
from appliance.wire.rooms import RoomView
from tests.rereading import reread
from tests.waiting import until

START = 1_790_000_000_000
SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

BOSS, HEAD, NARIN, MALEE, SOMCHAI, CLERK, OUTSIDER, ADMIN = (
    PersonId(name) for name in ("boss", "head", "narin", "malee", "somchai", "clerk", "outsider", "admin")
)
EPID, WHOLE = UnitId("epid"), UnitId("whole")
CHIEF = PostId("epid-chief")
RANKS = {BOSS: "S2", HEAD: "M2", NARIN: "K2", MALEE: "K2", SOMCHAI: "K2", CLERK: "O1", OUTSIDER: "K2", ADMIN: "K3"}
NAMES = {
    BOSS: ("วิทยา", "สุขเกษม"),
    HEAD: ("สุภาวดี", "ใจงาม"),
    NARIN: ("นรินทร์", "ปัญญาดี"),
    MALEE: ("มาลี", "มีสุข"),
    SOMCHAI: ("สมชาย", "ใจดี"),
    CLERK: ("ธวัช", "ขยันยิ่ง"),
    OUTSIDER: ("เดชา", "ห่างไกล"),
    ADMIN: ("แก้วตา", "ดูแลดี"),
}
HOME = Home("test")
principal = HOME.principal
KEYS = Keyring("test", "0" * 16, {purpose: bytes([n + 1]) * 32 for n, purpose in enumerate(Purpose)})
UNLIMITED = Limits(
    user_entries_burst=1e9, room_entries_burst=1e9, user_adds_hour=1e9, user_rooms_hour=1e9, user_rooms_day=1e9
)
POLICIES = Policies(argon2=Argon2(time_cost=1, memory_kib=8))
SIGNER = log_signer(Agency("test", "agency.test"), KEYS)


def keys_of(agency: str) -> Keyring:
    """Return the keys of a bureau: each agency signs its logs with another key."""
    if agency == "test":
        return KEYS
    seed = sha256(agency.encode()).digest()
    keys = {purpose: bytes([n + 1]) * 32 for n, purpose in enumerate(Purpose)}
    return Keyring(agency, "0" * 16, {**keys, Purpose.LOG_SIGNING: seed})


@dataclass(slots=True)
class Clock:
    """A clock that stands still until the test moves it."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def pass_(self, milliseconds: int) -> None:
        self.now += milliseconds


@dataclass(slots=True)
class Bureau:
    """The services with shorthands for tests."""

    s: Services
    clock: Clock
    txns: count[int] = field(default_factory=lambda: count(1))

    def txn(self) -> str:
        return f"t-{next(self.txns)}"

    async def group(self, owner: PersonId, *members: PersonId, name: str = "ห้องทดสอบ") -> RoomId:
        return await rooms.create_group(self.s, owner, name, list(members), self.txn())

    async def say(self, who: PersonId, room: RoomId, text: str = "สวัสดีครับ", **more: object) -> Appended:
        reply_to = more.pop("reply_to", None)
        assert reply_to is None or isinstance(reply_to, int)
        body = TextBody(text=text, **more)  # type: ignore[arg-type]
        return await messages.send_message(self.s, who, room, body, self.txn(), reply_to)

    async def view(self, who: PersonId, room: RoomId) -> RoomView:
        return await load_room(self.s, who, room)

    async def read(self, who: PersonId, room: RoomId, upto: int, first: int = 0) -> None:
        await self.s.receipts.read(room, who, upto, first)
        await self.s.receipts.flushed()

    async def set_state(self, who: PersonId, state: AccountState) -> None:
        """Put an account into a state; a suspension is for a day."""
        until = self.clock() + DAY if state is AccountState.SUSPENDED else None
        async with self.s.store.write() as tx:
            await tx.run(accounts.set_state, who, state, until)
        await reread(self.s)

    async def leave_the_staff(self, who: PersonId) -> None:
        """Have the directory say that a person does not serve here any more; the account stays as it is."""
        async with self.s.store.write() as tx:
            await tx.run(people.deactivate, [who], self.clock())
        await reread(self.s)

    async def hold(self, who: PersonId, post: PostId) -> None:
        """Have a person fill a post from now on, and nobody else."""
        now = self.clock()
        async with self.s.store.write() as tx:
            held = [item for item in await tx.run(people.list_holdings) if item.post == post and item.held_to is None]
            await tx.run(
                people.put_holdings,
                [
                    *(Holding(item.person, post, item.held_from, now, item.acting, item.main) for item in held),
                    Holding(who, post, now, None, acting=False, main=False),
                ],
            )
        await reread(self.s)

    async def contact_mode(self, mode: str) -> None:
        async with self.s.store.write() as tx:
            await tx.run(
                settings.insert,
                CONTACT_MODE.key,
                CONTACT_MODE.encode(ContactMode(mode)),
                self.clock(),
                "test",
                self.clock(),
            )
        await reread(self.s)


@asynccontextmanager
async def open_bureau(
    folder: Path,
    *,
    extra: int = 0,
    clock: Clock | None = None,
    limits: Limits = UNLIMITED,
    agency: str = "test",
    **sections: Any,
) -> AsyncIterator[Bureau]:
    """Open the bureau of a folder, founding it with `extra` more people (`p0`, `p1`, …) if it is not there yet.

    `agency` is whose bureau it is; bureaus of two agencies have people of the same ids. `sections` are those of the
    configuration that differ.
    """
    # The fence that a machine without systemd's units has.
    sections["files"] = replace(sections.get("files", Files()), fence="bwrap")
    config = Config(data=folder, agency=Agency(agency, "agency.test"), policies=POLICIES, limits=limits, **sections)
    clock, ids = clock or Clock(), count(1)
    if not config.database.exists():
        config.database.write_bytes(await _founded(extra))
    # Ids must not come again after a restart, as the real ones do not.
    prefix = token_hex(3)

    def new_id(kind: str) -> str:
        return f"{kind}_{prefix}{next(ids):06d}"

    sources = wiring.Sources(clock, new_id, lambda: f"token-{next(ids):032d}", lambda: clock.now / 1000)
    async with wiring.compose(config, keys_of(agency), sources) as s:
        yield Bureau(s, clock)


async def settled(s: Services) -> None:
    """Wait until everything under way has reached everybody."""
    await s.receipts.flushed()
    by_person = s.hub._by_person  # noqa: SLF001 - what is waited for
    await until(lambda: not any(c.catching_up for found in by_person.values() for c in found), "all caught up")


_FOUNDED: dict[int, bytes] = {}


async def _founded(extra: int) -> bytes:
    """Return the database of a bureau just founded; the first is made, the others are copies."""
    if extra not in _FOUNDED:
        with TemporaryDirectory() as folder:
            database = Path(folder) / "gchat.db"
            make(database, KEYS.database_key)
            store = await open_store(database, KEYS.database_key)
            async with store.write() as tx:
                await _found(tx, extra)
            await store.close()
            _FOUNDED[extra] = database.read_bytes()
    return _FOUNDED[extra]


async def _found(tx: Tx, extra: int) -> None:
    then = START - 300 * DAY
    await tx.run(
        units.insert,
        [
            Unit(WHOLE, None, "W", "กระทรวงทดสอบ", None, UnitKind.MINISTRY, 0, then, None, None),
            Unit(EPID, WHOLE, "E", "กองระบาดวิทยา", None, UnitKind.DIVISION, 0, then, None, None),
        ],
    )
    cast = {**RANKS, **{PersonId(f"p{n}"): "O1" for n in range(extra)}}
    names = {**NAMES, **{PersonId(f"p{n}"): (f"คนที่ {n}", "มากมาย") for n in range(extra)}}
    posts = {who: _post(PostId(f"post-{who}"), WHOLE, rank) for who, rank in cast.items()}
    in_epid = {NARIN: CHIEF, MALEE: PostId("post-malee")}
    for who, post in in_epid.items():
        posts[who] = _post(post, EPID, "K2")
    await tx.run(units.insert_posts, posts.values())
    await tx.run(people.insert, [_profile(who, *names[who]) for who in cast], then)
    await tx.run(
        people.put_holdings, [Holding(who, posts[who].id, then, None, acting=False, main=True) for who in cast]
    )
    for who in cast:
        await tx.run(accounts.insert, who, f"{who}.t", then)
    await tx.run(accounts.add_role, ADMIN, Grant("unit_admin", EPID), "test", then)


def _post(post: PostId, unit: UnitId, rank: str) -> Post:
    return Post(post, f"code-{post}", unit, "นักวิชาการ", None, rank, head=False, valid_from=0, valid_to=None)


def _profile(who: PersonId, given: str, family: str) -> Profile:
    return Profile(
        id=who,
        staff_no=f"no-{who}",
        title="",
        given_name=given,
        family_name=family,
        title_en=None,
        given_name_en=None,
        family_name_en=None,
        email=None,
        phone=None,
        mobile=None,
        birth_date=None,
        email_visibility=Visibility.AGENCY,
        phone_visibility=Visibility.AGENCY,
        mobile_visibility=Visibility.AGENCY,
        listing=Visibility.AGENCY,
        status="",
        active=True,
    )
