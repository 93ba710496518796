"""Importing a function when it is needed, by its name: how a light module reaches a heavy one."""

from __future__ import annotations

import gc
import importlib
from typing import Any


def load(name: str) -> Any:
    """Import the function that "module:function" names.

    What is imported stays, so the garbage collector is off meanwhile: looking through it takes an eighth of a start.
    """
    module, _, function = name.partition(":")
    gc.disable()
    try:
        return getattr(importlib.import_module(module), function)
    finally:
        gc.enable()
