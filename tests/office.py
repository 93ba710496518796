"""A small agency on a real encrypted database, with a clock and ids the test controls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from appliance import wiring
from appliance.actions.accounts import create_account
from appliance.actions.passwords import change_password
from appliance.actions.people_import import apply_import, preview_import
from appliance.actions.sessions import end_session
from appliance.actions.sign_in import SignedIn, sign_in
from appliance.config import Agency, Config
from appliance.identity.loading import Loaded, load
from appliance.policies import Argon2, Policies
from appliance.rules.roles import Actor
from appliance.services import Services
from appliance.store.migrate import make
from appliance.vault.keyring import Keyring
from appliance.vault.record import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.model import PersonId, UnitId

START = 1_780_000_000_000
DAY = 86_400_000
OPERATOR = Actor.operator("test")
PASSWORD = "ถ้วยชามสังคโลกสีเขียว"
CHEAP = Policies(argon2=Argon2(time_cost=1, memory_kib=8))

UNITS = """code,parent,name_th,name_en,kind
M,,กระทรวงทดสอบ,Ministry of Tests,ministry
D1,M,กรมตัวอย่าง,Department of Examples,department
D1A,D1,กองแผนงาน,Planning Division,division
D1B,D1,กองคลัง,Finance Division,division
D2,M,กรมพยาน,Department of Witnesses,department
"""
COLUMNS = "staff_no,title,given_name,family_name,given_name_en,family_name_en,email,phone,mobile"
PEOPLE = f"""{COLUMNS},unit,post_title,rank,acting,main
1001,นาย,สมชาย,ใจดี,Somchai,Jaidee,somchai@agency.test,02-100-1001,081-000-1001,D1A,นักวิเคราะห์นโยบายและแผน,ปฏิบัติการ,,
1002,นางสาว,มาลี,มีสุข,Malee,Meesuk,malee@agency.test,02-100-1002,081-000-1002,D1A,ผู้อำนวยการกองแผนงาน,อำนวยการต้น,,
1003,นาย,เกรียงไกร,กล้าหาญ,,,,,,D1B,นักวิชาการเงิน,ชำนาญการ,,ใช่
1003,,,,,,,,,D1A,หัวหน้ากลุ่มงาน,ชำนาญการพิเศษ,ใช่,
1004,นาง,แก้วตา,ไพบูลย์,,,,,,D1,อธิบดี,บริหารสูง,,
1005,นาย,ปิติ,ไม่ทราบระดับ,,,,,,D2,ที่ปรึกษา,,,
"""


class Clock:
    """A clock that stands still until the test moves it; with a `step` it also moves on at each reading."""

    def __init__(self) -> None:
        self.now, self.step = START, 0

    def __call__(self) -> int:
        self.now += self.step
        return self.now

    def pass_(self, milliseconds: int) -> None:
        self.now += milliseconds


@dataclass(frozen=True, slots=True)
class Office:
    """The services with shorthands for tests."""

    s: Services
    clock: Clock

    def person(self, staff_no: str) -> PersonId:
        return next(card.id for card in self.s.directory.now.ordered if card.staff_no == staff_no)

    def unit(self, code: str) -> UnitId:
        return next(unit.id for unit in self.s.directory.now.units.values() if unit.code == code)

    async def import_(self, *, approved: bool = False, **files: str) -> None:
        preview = await preview_import(self.s, {f"{name}.csv": text.encode() for name, text in files.items()})
        assert not preview.plan.problems, preview.plan.problems
        await apply_import(self.s, OPERATOR, preview, approved=approved)

    async def account(
        self, staff_no: str, user: str, password: str = PASSWORD, *, address: str = "192.0.2.1"
    ) -> PersonId:
        """Make an account whose owner has changed the one-time code, at an address."""
        person = self.person(staff_no)
        code = await create_account(self.s, OPERATOR, person, user)
        first = await self.sign_in(user, code, address)
        session = self.s.sessions.authenticate(first.token, self.clock())
        assert session is not None
        await change_password(self.s, session, code, password)
        await end_session(self.s, session, session.id)
        return person

    async def sign_in(
        self, user: str, password: str = PASSWORD, address: str = "192.0.2.1", cookie: str = ""
    ) -> SignedIn:
        result = await sign_in(self.s, user, password, "โทรศัพท์", address, cookie)
        assert isinstance(result, SignedIn)
        return result


@asynccontextmanager
async def open_office(folder: Path, policies: Policies = CHEAP, *, empty: bool = False) -> AsyncIterator[Office]:
    """Open the agency of a folder, making it if it is not there yet: two departments and five people."""
    keys = Keyring("test", "0" * 16, {purpose: bytes([n]) * 32 for n, purpose in enumerate(Purpose)})
    config = Config(data=folder, agency=Agency("kromthotsop", "gchat.test", "กรมทดสอบ", "Testing"), policies=policies)
    if not config.database.exists():
        config.database.write_bytes(_made(keys.database_key))
    clock, ids = Clock(), count(1)
    sources = wiring.Sources(clock, lambda prefix: f"{prefix}_{next(ids):04d}", lambda: f"token-{next(ids):032d}")
    async with wiring.compose(config, keys, sources) as s:
        office = Office(s, clock)
        if not empty:
            await office.import_(units=UNITS, people=PEOPLE)
        yield office


@cache
def _made(key: bytes) -> bytes:
    """Return a database with nothing in it yet; the first is made, the others are copies."""
    with TemporaryDirectory() as folder:
        database = Path(folder) / "gchat.db"
        make(database, key)
        return database.read_bytes()


async def reopen(office: Office) -> Loaded:
    """Return what another process, or this one after a restart, knows."""
    s = office.s
    return await load(s.store, s.keys.session_pepper, s.config.policies, office.clock())


def with_policies(policies: Policies = CHEAP, **changes: object) -> Policies:
    """Return the cheap policies with some replaced."""
    return replace(policies, **changes)  # type: ignore[arg-type]
