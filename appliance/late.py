"""Importing a function when it is needed, by its name: how a light module reaches a heavy one.

It is the only way: an import inside a function is refused by ruff (PLC0415) and by tests/architecture, with or without
a suppression.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CERTIFICATES: Final = "SSL_CERT_FILE"
"""Where OpenSSL looks for the certificates of the CAs that the machine trusts."""


def load(name: str) -> Any:
    """Import the function, or whatever has a name, that "module:name" names.

    What is imported stays, so the garbage collector is off meanwhile and leaves it out of all that follow: looking
    through it takes a seventh of a start. Whatever else there is by then is left out with it, so only a first import
    does that.
    """
    module, _, function = name.partition(":")
    is_first = module not in sys.modules
    gc.disable()
    try:
        with _without_certificates():
            return getattr(importlib.import_module(module), function)
    finally:
        if is_first:
            gc.freeze()
        gc.enable()


@contextmanager
def _without_certificates() -> Iterator[None]:
    """Import aiohttp in the block without the certificates of all CAs, which its client reads as it is imported.

    That is a tenth of a start, and nothing here asks a server whose certificate such a CA has signed: those who ask any
    name the one CA that they trust. Whoever did not would be refused, and never trust another server.
    """
    given = os.environ.get(_CERTIFICATES)
    if "aiohttp" in sys.modules:
        yield
        return
    os.environ[_CERTIFICATES] = os.devnull
    try:
        yield
    finally:
        del os.environ[_CERTIFICATES]
        if given is not None:
            os.environ[_CERTIFICATES] = given
