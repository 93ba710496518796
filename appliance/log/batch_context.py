"""What `plan.py` needs to decide a batch: the agency, the time, the rooms, keys and messages that its commands name.

Values only. `commits.py` collects them once for each batch, before `plan` is called; `plan` does no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.errors import AppError
    from appliance.evidence.registry import Registry
    from appliance.log.bodies import EpochKey
    from appliance.log.foreign_facts import ForeignFacts
    from appliance.log.heads import Head
    from appliance.log.sources import Numbers, Random
    from appliance.model import Deny, Home, Marks, Millis, RoomId, RoomState, Target
    from appliance.store.batch import NewCheckpoint
    from appliance.vault.epochs import EpochKind

    MayKeepGroup = Callable[[Home, RoomState, Millis], Deny | None]
    """Says, for a room and a time, why a group may not be one of these members (F38); pure."""


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Everything `plan` needs: the agency at home here, the time, the rooms, keys and facts that the commands name.

    `keys` are the epoch keys by (room's key, week, kind) and stay the same for the whole batch; `agency_key` wraps
    those of a room that begins. `errors` says, by `id(command)`, why something of a command could not be read.
    `may_keep_group` says why a group may not be one of these members (F38). `pos` is the newest position of the feed;
    `sign` signs a room as it stands here, `sign_as_hub` up to an entry of which this agency was the hub. `foreign`
    says, by `id(command)`, what is known for commands of other agencies, `roots` are those of rooms at the sizes that
    statements name. `random` and `numbers` give what is new (`sources.py`).
    """

    home: Home
    registry: Registry
    now: Millis
    heads: Mapping[RoomId, Head]
    keys: Mapping[tuple[int, str, EpochKind], EpochKey]
    agency_key: bytes = field(repr=False)
    targets: Mapping[tuple[RoomId, int], Target | None]
    marks: Mapping[tuple[RoomId, int], Marks]
    errors: Mapping[int, AppError]
    may_keep_group: MayKeepGroup
    pos: int
    sign: Callable[[Head], NewCheckpoint]
    sign_as_hub: Callable[[Head], NewCheckpoint]
    foreign: Mapping[int, ForeignFacts]
    roots: Mapping[tuple[RoomId, int], bytes]
    random: Random
    numbers: Numbers
