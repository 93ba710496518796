"""What a command of the administration prints, wherever it is carried out."""

from __future__ import annotations

import sys
from collections.abc import Callable

from appliance.administration.protocol import Data, Err, Out

Write = Callable[[bytes], object]


def show(frame: Out | Err | Data, write: Write) -> None:
    """Print a line, or write bytes."""
    if isinstance(frame, Data):
        write(frame.content)
    else:
        print(frame.text, file=sys.stdout if isinstance(frame, Out) else sys.stderr, flush=True)
