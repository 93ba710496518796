"""The directory as it is now, built again when the calendar or an import changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from appliance.identity import directory as organisation
from appliance.rules.agency_settings import RANK_MAP
from appliance.rules.ranks import national
from appliance.store import people, units

if TYPE_CHECKING:
    from appliance.identity.settings import Settings
    from appliance.model import Millis, PersonId
    from appliance.people import PersonCard
    from appliance.store.db import Reader, Store


class CurrentDirectory:
    """`now` is the directory of today, only ever replaced as a whole; `revision` counts imports and rank maps."""

    def __init__(self, store: Store, settings: Settings, built: organisation.Directory) -> None:
        self.now = built
        self.revision = 0
        self._store, self._settings = store, settings
        self._reloading = asyncio.Lock()
        self._is_stale = False
        self._listeners: list[Callable[[], object]] = []
        self._on_stale: list[Callable[[], object]] = []

    @property
    def people(self) -> Mapping[PersonId, PersonCard]:
        """A card of everyone there ever was; look at `active`."""
        return self.now.people

    def on_change(self, listener: Callable[[], object]) -> None:
        """Have `listener` called whenever the directory was replaced."""
        self._listeners.append(listener)

    def on_stale(self, listener: Callable[[], object]) -> None:
        """Have `listener` called whenever the stored directory has changed and is to be built again."""
        self._on_stale.append(listener)

    def changed(self) -> None:
        """Note, with the commit, that the stored directory has changed; `reload` makes it known."""
        self.revision += 1
        self._is_stale = True
        for listener in self._on_stale:
            listener()

    def is_due(self, now: Millis) -> bool:
        """Return whether the directory has to be built again: a date has come, or a change could not be read yet."""
        return self._is_stale or (self.now.next_change is not None and now >= self.now.next_change)

    async def reload(self, now: Millis) -> None:
        """Build the directory as it is now. Raises Unavailable; it stays due then."""
        async with self._reloading:
            await self._build(now)

    async def reload_due(self, now: Millis) -> None:
        """Build the directory if that is due, and nobody else has just done it. Raises Unavailable."""
        async with self._reloading:
            if self.is_due(now):
                await self._build(now)

    async def _build(self, now: Millis) -> None:
        revision = self.revision
        async with self._store.read() as reader:
            built = await read_directory(reader, self._settings, now)
        self.now = built
        self._is_stale = self._is_stale and revision != self.revision
        for listener in self._listeners:
            listener()


async def read_directory(reader: Reader, settings: Settings, now: Millis) -> organisation.Directory:
    """Return the directory as the store has it at a time."""
    records = organisation.Records(
        units=await reader.run(units.list_units),
        posts=await reader.run(units.list_posts),
        people=await reader.run(people.list_all),
        holdings=await reader.run(people.list_holdings),
    )
    ladder = national().with_mapping(settings.get(RANK_MAP, now))
    return await asyncio.to_thread(organisation.build, records, ladder, now)
