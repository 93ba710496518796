"""The values of a plan that cannot be computed: ids of entries, random bytes, and the next free numbers.

They come with the context of a batch, so that the same commands, context and sources give the same plan. The numbers of
rooms and epoch keys are this appliance's own and rise. A number that was taken is not given again while the appliance
runs, also when its batch fails; gaps are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from appliance.errors import Unavailable
from appliance.log.damage import DAMAGED
from appliance.vault.wrapping import RandomBytes


class Random(NamedTuple):
    """Ids of a kind, such as `e` for entries, and so many random bytes: for salts, nonces and keys."""

    new_id: Callable[[str], str]
    new_bytes: RandomBytes


class Numbers(msgspec.Struct):
    """The highest numbers of a room and of an epoch key; None where a torn page hides which that is."""

    room: int | None
    epoch_key: int | None

    def next_room(self) -> int:
        """Take the number of a new room. Raises Unavailable (`storage_damaged`)."""
        self.room = _after(self.room, "rooms")
        return self.room

    def next_epoch_key(self) -> int:
        """Take the number of a new epoch key. Raises Unavailable (`storage_damaged`)."""
        self.epoch_key = _after(self.epoch_key, "epoch keys")
        return self.epoch_key


def _after(last: int | None, what: str) -> int:
    if last is None:
        raise Unavailable(f"the newest {what} cannot be read", code=DAMAGED)
    return last + 1
