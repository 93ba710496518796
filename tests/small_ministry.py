"""A second invented ministry, smaller than that of the demo: for tests of what holds for every agency."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from appliance.demo.ministries import Ministry
from appliance.process import setup

MOI: Final = Ministry(
    Path(__file__).parent / "small_ministry",
    setup.NewAgency("moi", "moi.test", "กระทรวงมหาดไทย", "Ministry of Interior"),
    ("02-000-0000 ต่อ 5678", "helpdesk@moi.test", "ห้อง 112 อาคาร 2"),
)
