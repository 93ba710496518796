"""What the appliance holds of files while it runs: their objects, who writes to, looks at and deletes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.files.arrivals import Arrivals
from appliance.files.scanner_health import ScannerHealth
from appliance.files.transfers import MOST_ARRIVING, MOST_ARRIVING_OF_ALL, MOST_ARRIVING_WAITING, Transfers

if TYPE_CHECKING:
    from appliance.files.objects import Objects
    from appliance.files.scanner import Scanner
    from appliance.files.workers import Workers


@dataclass(frozen=True, slots=True)
class Files:
    """One for each appliance, made by `wiring`; a field of `Services`.

    `health` is what is known of the scanner. `to_prepare` is set when the tables have something new to prepare or to
    scan (`followers/file_lanes.py`). `deleting` is held by who deletes objects: each is deleted, and its bytes are
    counted, once.
    """

    objects: Objects
    workers: Workers
    scanner: Scanner
    health: ScannerHealth = field(default_factory=ScannerHealth)
    arrivals: Arrivals = field(default_factory=Arrivals)
    arriving: Transfers = field(
        default_factory=lambda: Transfers(MOST_ARRIVING, MOST_ARRIVING_WAITING, MOST_ARRIVING_OF_ALL)
    )
    downloads: Transfers = field(default_factory=Transfers)
    to_prepare: asyncio.Event = field(default_factory=asyncio.Event)
    deleting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def close(self) -> None:
        """Wait for what the disk is doing and take nothing more."""
        self.objects.close()
