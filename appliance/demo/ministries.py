"""The invented ministries of the demo, and how one is described. The second one is small."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.process import setup

DATA: Final = Path(__file__).parent / "world_data"


@dataclass(frozen=True, slots=True)
class Ministry:
    """One agency of a world, with the folder of its tables."""

    folder: Path
    agency: setup.NewAgency
    # Telephone, mail address and place of an invented office: no number and no name of these is anybody's.
    helpdesk: tuple[str, str, str]

    def rows(self, table: str) -> list[dict[str, str]]:
        """Return the lines of one of its tables."""
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


MOPH: Final = Ministry(
    DATA / "moph",
    setup.NewAgency("moph", "moph.test", "กระทรวงสาธารณสุข", "Ministry of Public Health"),
    ("02-000-0000 ต่อ 1234", "helpdesk@moph.test", "ห้อง 305 อาคาร 1"),
)

MOI: Final = Ministry(
    DATA / "moi",
    setup.NewAgency("moi", "moi.test", "กระทรวงมหาดไทย", "Ministry of Interior"),
    ("02-000-0000 ต่อ 5678", "helpdesk@moi.test", "ห้อง 112 อาคาร 2"),
)


def user_of(row: dict[str, str]) -> str:
    """Return the user name of a line of a people table: what is before the @ of the address."""
    return row["email"].partition("@")[0]
