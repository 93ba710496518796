"""What people set about themselves; everything else belongs to the directory (F17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Invalid
from appliance.rules.text import written
from appliance.spelling.thai import canonical
from appliance.store import people

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.services import Services


async def set_status(s: Services, person: PersonId, status: str) -> None:
    """Set the line shown under one's name. Raises Invalid for characters that cannot be shown."""
    clean = " ".join(canonical(status).split())
    if not clean.isprintable():
        raise Invalid(field="status")
    async with s.store.write() as tx:
        await tx.run(people.set_status, person, written(clean))
