"""A cross-agency room of two ministries, as one exported log, for the tests of exports and of the verifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evidence.court import Court
from tests.evidence.room_builder import ExportedRoom, RoomBuilder, created, meeting


@pytest.fixture
def builder() -> RoomBuilder:
    """A room of one create entry, to be extended."""
    return created()


@pytest.fixture
def exported(builder: RoomBuilder) -> ExportedRoom:
    """Thirteen entries of two agencies: state without bodies, Thai messages, seals and `seen`."""
    return meeting(builder).export()


@pytest.fixture
def court(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Court:
    return Court(tmp_path, capsys)
