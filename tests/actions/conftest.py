"""`office` for people's matters (`tests/office.py`), `bureau` for rooms (`tests/bureau.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bureau import Bureau, open_bureau
from tests.office import Office, open_office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with open_bureau(tmp_path) as opened:
        yield opened


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened
