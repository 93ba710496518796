"""Leaves the schema tests out before they are read when slow ones are: making their cases takes seconds by itself."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.name == "test_schema.py" and "not slow" in str(config.getoption("markexpr")):
        return True
    return None
