"""The event `file`: more is known of a file that a message carries.

It goes to each room that has the file and names only the message, the file's id and the facts: the feed holds nothing
of what was said. A message that not everyone in its room is shown has none, nor has one that was retracted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.log import events
from appliance.log.file_facts import facts_of
from appliance.log.views import GONE
from appliance.model import EVERYONE
from appliance.store import entries, file_deletions, file_refs
from appliance.wire.files import FileChanged

if TYPE_CHECKING:
    from appliance.log.bodies import Bodies
    from appliance.log.file_facts import Scanning
    from appliance.log.riders import RiderTx
    from appliance.model import RoomId
    from appliance.wire.files import FileFacts

FILE: Final = "file"


def announce(tx: RiderTx, bodies: Bodies, scanning: Scanning, blob: str) -> None:
    """Put what is known of a file now on the feed, once for each message that shows it to everyone in its room."""
    announce_facts(tx, bodies, blob, facts_of(tx.rows, blob, scanning, tx.at) or GONE)


def announce_under(tx: RiderTx, bodies: Bodies, room: RoomId, key: int) -> None:
    """Tell a room that the files whose references are under an epoch key are gone, for each message that shows one."""
    at = events.RoomReader(tx.rows, bodies, room, entries.room_key(tx.rows, room))
    for n, blob in file_deletions.references_under(tx.rows, key):
        row = entries.one(tx.rows, at.key, n)
        if row is not None and not events.is_hidden(at, row, events.Viewer(EVERYONE, tx.at)):
            announce_at(tx, room, n, blob, GONE)


def announce_facts(tx: RiderTx, bodies: Bodies, blob: str, facts: FileFacts) -> None:
    """Put these facts of a file on the feed, once for each message that shows it to everyone in its room."""
    for ref in file_refs.of_blob(tx.rows, blob):
        row = entries.one(tx.rows, ref.key, ref.n)
        at = events.RoomReader(tx.rows, bodies, ref.room, ref.key)
        if row is not None and not events.is_hidden(at, row, events.Viewer(EVERYONE, tx.at)):
            announce_at(tx, ref.room, ref.n, blob, facts)


def announce_at(tx: RiderTx, room: RoomId, n: int, blob: str, facts: FileFacts) -> None:
    """Put what is known of a file of one message on the feed."""
    tx.announce(FILE, msgspec.to_builtins(FileChanged(n=n, id=blob, facts=facts)), room=room)
