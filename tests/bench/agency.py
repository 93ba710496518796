"""The agencies that benchmarks run on: as many people as asked, in rooms of the sizes asked, made in a moment.

They are made through the same actions as any other agency. Their configuration lifts the limits of use, which one
address with thousands of connections would reach, and takes the cheapest argon2, since logins are not what is measured
(`coldstart`, which measures one, asks for the real cost).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from appliance import config, wiring
from appliance.actions.rooms import create_group
from appliance.demo import ministries, world
from appliance.model import PersonId
from appliance.process import setup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.services import Services

DISK: Final = Path(os.environ.get("GCHAT_BENCH_DIR", "/var/tmp"))  # noqa: S108 - each run makes a folder of its own there
MEMORY_DISK: Final = Path("/dev/shm")  # noqa: S108 - likewise
FILE: Final = "bench.json"
CHEAP_LOGINS: Final = "\n[argon2]\ntime_cost = 1\nmemory_kib = 8\n"


class Room(msgspec.Struct, frozen=True):
    """A room and its members, by their numbers."""

    id: str
    members: list[int]


class Layout(msgspec.Struct, frozen=True):
    """Who there is: people by user name, rooms. Person 0 of a room's members owns it."""

    users: list[str]
    rooms: list[Room]

    @property
    def password(self) -> str:
        """Everybody's password."""
        return world.PASSWORD


@dataclass(frozen=True, slots=True)
class Sizes:
    """What to make: how many people, and the members of each room by number."""

    people: int
    rooms: tuple[tuple[int, ...], ...]


def apart(rooms: int, members: int) -> Sizes:
    """Return sizes for rooms that share nobody."""
    return Sizes(rooms * members, tuple(tuple(range(room * members, (room + 1) * members)) for room in range(rooms)))


@contextmanager
def folder(place: Path) -> Iterator[Path]:
    """Lend a new folder on a disk; it is gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="gchat-bench-", dir=place))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def places() -> dict[str, Path]:
    """Return the kinds of disk that this machine has, by the names that results use."""
    found = {"disk": DISK}
    if MEMORY_DISK.is_dir() and os.access(MEMORY_DISK, os.W_OK):
        found["memory_disk"] = MEMORY_DISK
    return found


def make(data: Path, sizes: Sizes, *, cheap_logins: bool = True, lifted: bool = True) -> Layout:
    """Make an agency in an empty folder and return who there is; with its limits `lifted`, or those of the product."""
    extra = (world.GENEROUS if lifted else "") + world.NO_SCANNER + (CHEAP_LOGINS if cheap_logins else "")
    setup.create(data, ministries.MOPH.agency, "file", wiring.no_terminal, extra)
    return asyncio.run(_fill(data, sizes))


def load(data: Path) -> Layout:
    """Return who there is in a folder made before."""
    return msgspec.json.decode((data / FILE).read_bytes(), type=Layout)


async def _fill(data: Path, sizes: Sizes) -> Layout:
    async with wiring.services(config.load(data)) as s:
        people = await bulk_people(s, sizes.people)
        rooms = []
        for number, members in enumerate(sizes.rooms):
            ids = [people[member] for member in members]
            room = await create_group(s, ids[0], f"ห้องทดสอบ {number + 1}", ids[1:], f"bench-{number}")
            rooms.append(Room(room, list(members)))
        layout = Layout([_user(number) for number in range(sizes.people)], rooms)
    (data / FILE).write_bytes(msgspec.json.encode(layout))
    return layout


async def bulk_people(s: Services, count: int) -> list[PersonId]:
    """Import so many people of one unit and give each an account; return them by number."""
    units = "code,name_th,kind\nB,กองทดสอบ,division\n"
    lines = (f"{number:06},ทดสอบ,คนที่{number},B,เจ้าหน้าที่" for number in range(count))
    people = "\n".join(("staff_no,given_name,family_name,unit,post_title", *lines))
    await world.import_people(s, {"units.csv": units.encode(), "people.csv": people.encode()})
    by_number = {card.staff_no: card.id for card in s.directory.now.ordered}
    ids = [by_number[f"{number:06}"] for number in range(count)]
    await world.make_accounts(s, {_user(number): person for number, person in enumerate(ids)})
    return ids


def members_but(room: Room, *numbers: int) -> Sequence[int]:
    """Return a room's members without some."""
    return [member for member in room.members if member not in numbers]


def _user(number: int) -> str:
    return f"bench{number:05}"
