"""The two invented ministries of the demo world, and as many more people as a benchmark wants."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.process import setup

DATA: Final = Path(__file__).parent / "world_data"
BULK_RANKS: Final = ("ปฏิบัติงาน", "ปฏิบัติการ", "ชำนาญงาน", "ชำนาญการ", "ชำนาญการพิเศษ", "กลุ่มงานบริการ")


@dataclass(frozen=True, slots=True)
class Ministry:
    """One agency of the world."""

    slug: str
    agency: setup.NewAgency
    # Telephone, mail address and place of an invented office: no number and no name of these is anybody's.
    helpdesk: tuple[str, str, str]

    def rows(self, table: str) -> list[dict[str, str]]:
        """Return the lines of one of its tables."""
        with (DATA / self.slug / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


MOPH: Final = Ministry(
    "moph",
    setup.NewAgency("moph", "moph.test", "กระทรวงสาธารณสุข", "Ministry of Public Health"),
    ("02-000-0000 ต่อ 1234", "helpdesk@moph.test", "ห้อง 305 อาคาร 1"),
)
MOI: Final = Ministry(
    "moi",
    setup.NewAgency("moi", "moi.test", "กระทรวงมหาดไทย", "Ministry of Interior"),
    ("02-000-0000 ต่อ 5678", "helpdesk@moi.test", "ห้อง 112 อาคาร 2"),
)


def bulk_people(n: int, *, unit: str = "HELP") -> bytes:
    """Return a people table of `n` more people for `import_people`, together with the ministry's own.

    For benchmarks: staff numbers 900001 and up, user names `bulk1` and up, all in one unit. A people table describes
    the whole staff, so the ministry's own lines come first.
    """
    own = (DATA / MOPH.slug / "people.csv").read_text(encoding="utf-8")
    columns = own.partition("\n")[0].split(",")
    names = json.loads((DATA / "names.json").read_text(encoding="utf-8"))
    given, family = names["given"], names["family"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    for i in range(n):
        writer.writerow(
            {
                "staff_no": str(900_001 + i),
                "title": ("นาย", "นาง", "นางสาว")[i % 3],
                "given_name": given[i % len(given)],
                "family_name": family[(i + i // len(given)) % len(family)],
                "email": f"bulk{i + 1}@{MOPH.agency.domain}",
                "unit": unit,
                "post_code": f"B{i + 1:05}",
                "post_title": "เจ้าหน้าที่",
                "rank": BULK_RANKS[i % len(BULK_RANKS)],
            }
        )
    return (own + text.getvalue()).encode()


def user_of(row: dict[str, str]) -> str:
    """Return the user name of a line of a people table: what is before the @ of the address."""
    return row["email"].partition("@")[0]
