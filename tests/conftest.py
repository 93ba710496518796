"""What all tests share: browser tests are skipped where there is no Chromium, and `make check` tries fewer examples."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

settings.register_profile("quick", max_examples=20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("chromium"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
