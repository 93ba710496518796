from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clamd import Clamd, daemon


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for a worker than the product does: a busy machine takes its time to start one."""
    for name in ("_START_S", "_STALLED_S"):
        monkeypatch.setattr(f"appliance.files.workers.{name}", 60)


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """A clamd that answers. Whoever stops it asks for `daemon()` of its own."""
    with daemon() as running:
        yield running
