"""What is known of the virus scanner while the appliance runs: since when it is away, what it tells, when its
folder was looked at.

Kept in memory alone: after a start it is asked anew (`actions/scanner_watch.py`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.model import Millis
    from appliance.preview.protocol import JobKind
    from appliance.rules.scanning import Telling


@dataclass(slots=True)
class ScannerHealth:
    """One for each appliance. `told` is what the scanner has shown, at `told_at`; `asking` is held by who tries it.

    `folder_at` is when it was last looked at where the scanner writes what it is sent. `unlooked` are the jobs for
    which no worker could be had when it was last tried: files wait for them until somebody installs what is missing.
    """

    away_since: Millis | None = None
    told: Telling | None = None
    told_at: Millis = 0
    folder_at: Millis | None = None
    unlooked: set[JobKind] = field(default_factory=set)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_away(self) -> bool:
        """Whether the scanner could not be asked when it was last tried."""
        return self.away_since is not None
