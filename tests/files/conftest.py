from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clamd import Clamd, daemon


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """A clamd that answers. Whoever stops it asks for `daemon()` of its own."""
    with daemon() as running:
        yield running
