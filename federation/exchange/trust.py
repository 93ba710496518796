"""Which registry this appliance judges by: the newest that it has verified itself.

Rules: files that the gateway brings are verified from the root that the agency was given (`registry/client.py`), as the
gateway verifies them; what was verified last is kept in the data folder and is in force again after a start. From then
on entries are judged by it and agencies are named by it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from appliance.agencies import Agency, Standing
from appliance.errors import Invalid
from federation.registry.client import RegistryClient
from federation.registry.document import RegistryError
from federation.registry.fetching import from_files

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.services import Services
    from federation.registry.client import Known

FOLDER = "registry"
REFUSED = "registry_refused"


class Trust:
    """The registry of one appliance."""

    def __init__(self, s: Services, folder: Path, root: bytes) -> None:
        """Open what was verified before, and judge by it. Raises RegistryError for a root that is none."""
        self._s = s
        self._client = RegistryClient(folder, root)
        self._one_at_a_time = asyncio.Lock()
        if self._client.current is not None:
            self._follow(self._client.current)

    async def take(self, files: dict[str, bytes]) -> int:
        """Verify the files of a registry and judge by it; return the version in force. Raises Invalid."""
        async with self._one_at_a_time:
            now = self._s.clock() // 1000
            try:
                known = await asyncio.to_thread(self._client.update, from_files(files), now)
            except RegistryError as error:
                raise Invalid(str(error), code=REFUSED) from error
            self._follow(known)
            return known.version

    def _follow(self, known: Known) -> None:
        agencies = [
            Agency(slug, agency.th, agency.en, Standing(agency.status.value))
            for slug, agency in known.document.agencies.items()
        ]
        self._s.log.registry = known.document.as_evidence()
        self._s.agencies.take(known.version, agencies)
