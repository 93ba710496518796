"""What the appliance holds of files while it runs: their objects, and who writes to an upload just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.files.arrivals import Arrivals

if TYPE_CHECKING:
    from appliance.files.objects import Objects


@dataclass(frozen=True, slots=True)
class Files:
    """One for each appliance, made by `wiring`; a field of `Services`."""

    objects: Objects
    arrivals: Arrivals = field(default_factory=Arrivals)

    def close(self) -> None:
        """Wait for what the disk is doing and take nothing more."""
        self.objects.close()
