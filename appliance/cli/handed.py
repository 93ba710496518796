"""What a supervisor hands its processes through a pipe."""

from __future__ import annotations

import os


def read_key(descriptor: int) -> bytes:
    """Return the key that a pipe holds in hexadecimal."""
    with os.fdopen(descriptor, encoding="ascii") as pipe:
        return bytes.fromhex(pipe.read())
