"""Processes of the product that wait less than it does, for tests in which a wait runs out and is no subject itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# One that starts gives its predecessor 6 s to end, and a port that is taken as long.
NO_PREDECESSOR: Final = "from appliance.process import sockets; sockets.PREDECESSOR_S = 0.1"
# A request's head has 20 s and its body 15 s.
SLOW_REQUESTS: Final = """
from appliance.web import decoding, listener
listener.IDLE_TIMEOUT_S, decoding.BODY_S = 3.0, 2.0
"""


def hurried(folder: Path, code: str) -> dict[str, str]:
    """Return the environment of a process that runs `code` first; the code is kept in the folder, which may be new."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(folder)}
