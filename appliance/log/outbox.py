"""What people here write to rooms that another agency orders, on its way there.

The writer puts it into the outbox in place of the log (`waiting_entry.py`), durable and with the id that its entry will
have. Here it is numbered, sealed and followed until its entry comes back; the batch that replicates the entry takes it
out. Rules:
- `os` goes on where the agency's entries of the room end, those included that are accepted or sealed already; `seen` is
  the room as it is here. Both are made under the writer's lock, so that they fit;
- the gateway seals the headers as they are (`to_seal`, `sealed`), and what is sealed is submitted again byte for byte
  until the hub has answered (`to_submit`, `answered`);
- what it has accepted is kept until its entry is here, and submitted again when a link opens anew (`submit_again`);
- what the hub refuses by a rule of the room is refused for good. Whatever is sealed behind it, and all of it where the
  reason is that numbers, registry or room have moved on, is numbered and sealed anew with the same ids.

Does not: send anything, or hold the gateway's key.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from appliance.errors import KeyDestroyed, NotFound
from appliance.evidence.canonical import FIRST_COUNTER, Header, encode_header
from appliance.evidence.seal import Seal, encode_seal
from appliance.evidence.verification import Body
from appliance.log import heads as head_rows
from appliance.log.foreign import BEHIND, MAX_ENTRIES, NOT_HUB, Submitted
from appliance.model import RULES_VERSION, PersonId
from appliance.store import outbox
from appliance.store.outbox import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evidence.note import Verifier
    from appliance.log.bodies import Bodies
    from appliance.log.foreign import Answer
    from appliance.log.heads import Head, Heads
    from appliance.model import RoomId
    from appliance.store.db import Store, Tx
    from appliance.store.outbox import WaitingRow

ROOM_WAITS: Final = frozenset(("room_recovering", "room_unproven", "storage_damaged"))
"""Why a hub takes nothing into one of its rooms just now, while its others go on."""
ANEW: Final = ROOM_WAITS | {BEHIND, NOT_HUB, "seen", "registry_back", "registry_unknown", "not_enrolled", "seal_key"}
"""Reasons that say nothing against an event itself: it is numbered and sealed anew."""
ERASED: Final = "erased"
"""Why something is refused whose body was destroyed before it was sent."""


class Prepared(NamedTuple):
    """Headers of one room that are to be sealed together, in order, with the ids of what they are of."""

    ids: list[str]
    headers: list[bytes]


class Outbox:
    """What is on its way from here to the hubs of rooms."""

    def __init__(self, store: Store, bodies: Bodies, heads: Heads, verifier: Verifier) -> None:
        self._store, self._bodies, self._heads, self._verifier = store, bodies, heads, verifier

    async def rooms(self) -> list[tuple[RoomId, str]]:
        """Return the rooms for which something is pending or sealed, with their hubs."""
        async with self._store.read() as reader:
            return await reader.run(outbox.rooms)

    async def submit_again(self, hub: str) -> None:
        """Have what a hub accepted, and has not given back as an entry, be submitted again as it was sealed.

        For a link that opens: a hub that still has it answers with the same position, and one that was restored from a
        copy without it takes it in.
        """
        async with self._store.write() as tx:
            await tx.run(outbox.put_submitted, hub)

    async def to_seal(self, room: RoomId) -> Prepared | None:
        """Return the next headers of a room to be sealed, at most `MAX_ENTRIES`, or None where nothing is pending.

        Raises NotFound, Unavailable.
        """
        async with self._store.write() as tx:
            head = await self._head(tx, room)
            rows = await tx.run(outbox.of_phase, head.key, Phase.PENDING, MAX_ENTRIES)
            taken = await tx.run(outbox.count_numbered, head.key)
        if not rows:
            return None
        first = head.counters.get(self._bodies.home.agency, FIRST_COUNTER) + taken
        headers = [encode_header(self._header(head, row, first + at)) for at, row in enumerate(rows)]
        return Prepared([row.id for row in rows], headers)

    async def _head(self, tx: Tx, room: RoomId) -> Head:
        head = self._heads.get(room) or await tx.run(head_rows.load, room, self._verifier)
        if head is None:
            raise NotFound(field="room")
        return head

    def _header(self, head: Head, row: WaitingRow, counter: int) -> Header:
        fields: dict[str, Any] | None = None if row.state is None else msgspec.json.decode(row.state)
        return Header(
            commitment=row.commitment,
            body_length=row.length,
            id=row.id,
            origin=self._bodies.home.agency,
            counter=counter,
            room=head.state.room,
            rules_version=RULES_VERSION,
            seen=(head.size, b64encode(head.frontier.root()).decode()),
            sender=self._bodies.home.principal(PersonId(row.sender)),
            state=fields,
            written_at=row.at,
            type=row.type,
            v=1,
        )

    async def sealed(self, prepared: Prepared, seals: Sequence[Seal]) -> None:
        """Keep what the gateway sealed."""
        made = zip(prepared.ids, prepared.headers, map(encode_seal, seals), strict=True)
        async with self._store.write() as tx:
            for name, header, seal in made:
                await tx.run(outbox.put_sealed, name, header, seal)

    async def to_submit(self, room: RoomId) -> list[Submitted]:
        """Return what is sealed and the hub has not accepted, in order, at most `MAX_ENTRIES`, the same each time.

        What has lost its body is refused, and what is behind it numbered anew.
        """
        async with self._store.write() as tx:
            head = await self._head(tx, room)
            found = []
            for row in await tx.run(outbox.of_phase, head.key, Phase.SEALED, MAX_ENTRIES):
                try:
                    body = await self._body(tx, room, row)
                except KeyDestroyed:
                    await tx.run(outbox.put_refused, head.key, row.id, ERASED)
                    await tx.run(outbox.put_pending, head.key)
                    return []
                seal = msgspec.json.decode(row.seal or b"", type=Seal)
                found.append(Submitted(row.header or b"", seal, body))
            return found

    async def _body(self, tx: Tx, room: RoomId, row: WaitingRow) -> Body | None:
        if row.epoch is None or row.sealed is None:
            return None
        return Body(*await tx.run(self._bodies.open_bytes, room, row.id, row.epoch, row.sealed))

    async def answered(self, room: RoomId, answers: Sequence[Answer]) -> None:
        """Take in what the hub said of each event that was submitted."""
        async with self._store.write() as tx:
            head = await self._head(tx, room)
            for answer in answers:
                if answer.n is not None:
                    await tx.run(outbox.put_accepted, head.key, answer.id, answer.n)
                elif answer.reason is not None and answer.reason not in ANEW:
                    await tx.run(outbox.put_refused, head.key, answer.id, answer.reason)
            if any(answer.n is None for answer in answers):
                await tx.run(outbox.put_pending, head.key)
