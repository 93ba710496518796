"""Importing a function when it is needed, by its name: how a light module reaches a heavy one.

It is the only way: an import inside a function is refused by ruff (PLC0415) and by tests/architecture, with or without
a suppression.
"""

from __future__ import annotations

import gc
import importlib
from typing import Any


def load(name: str) -> Any:
    """Import the function, or whatever has a name, that "module:name" names.

    What is imported stays, so the garbage collector is off meanwhile: looking through it takes an eighth of a start.
    """
    module, _, function = name.partition(":")
    gc.disable()
    try:
        return getattr(importlib.import_module(module), function)
    finally:
        gc.enable()
