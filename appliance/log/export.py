"""A room's whole log as a stream of lines, for evidence: `gchat-verify room` checks it without the appliance.

The lines are those of `evidence.export`, up to the size that the room has at the beginning. The checkpoint is signed
for exactly that size, and only when the leaves that were written make the tree that is signed. A room that another
agency orders is exported with that hub's own note, as it came. A body whose key was
destroyed is left out; the log still verifies. It reads and signs, writes nothing, and may run beside a server. Memory
is bounded by one page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import AppError, KeyDestroyed, Unproven, WrongKey
from appliance.evidence import commitment
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError
from appliance.evidence.export import ExportEntry, ExportHead, checkpoint_line, entry_line, head_line
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.note import open_checkpoint, split_note
from appliance.evidence.tree import Frontier
from appliance.log.notes import is_hub, origin_of, sign_room
from appliance.log.rows import leaf_of
from appliance.model import Deny, Principal
from appliance.rules import entry_types
from appliance.rules.visibility import EVIDENCE, SHOWN, EntryFacts, shown
from appliance.store import entries, replicas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from appliance.evidence.canonical import Header
    from appliance.evidence.note import Signer, Verifier
    from appliance.evidence.registry import Registry
    from appliance.log.bodies import Bodies
    from appliance.log.heads import Head
    from appliance.model import Millis, RoomId
    from appliance.store.db import Rows, Store
    from appliance.store.entries import ExportRow

PAGE: Final = 500


class RoomExport(msgspec.Struct):
    """One export: the room, its head as of now, the agency's key, the bodies' keys, the time that is signed with it.

    `registry` has the keys by which other hubs sign.

    `partial` leaves damaged bodies out instead of stopping at the first; `damaged` then lists their entries. `withheld`
    lists those whose bodies are not shown to everyone in the room, and so not here either. `malformed` are those whose
    bodies no line can hold, since they are no UTF-8: no replica would have taken them, and they do not stop the others.
    """

    room: RoomId
    head: Head
    signer: Signer
    bodies: Bodies
    at: Millis
    registry: Registry
    partial: bool = False
    damaged: list[int] = msgspec.field(default_factory=list)
    withheld: list[int] = msgspec.field(default_factory=list)
    malformed: list[int] = msgspec.field(default_factory=list)

    async def lines(self, store: Store) -> AsyncIterator[bytes]:
        """Give the lines. Raises AppError (`body_damaged`, with the entry), Unproven before anything is signed."""
        size, signs = self.head.size, is_hub(self.head.state, self.bodies.home.agency, self.head.size)
        origin, vkey, note = origin_of(self.signer.name, self.head.state, size), self.signer.verifier.vkey, ""
        if not signs:
            origin, vkey, note = await self._note_of_hub(store)
        yield head_line(ExportHead(origin=origin, room=self.room, vkey=vkey))
        written = Frontier()
        for first in range(0, self.head.size, PAGE):
            async with store.read() as reader:
                page = await reader.run(self._page, first)
            written = written.extend(leaf_hash(entry.leaf) for entry in page)
            for entry in page:
                yield entry_line(entry)
        if written != self.head.frontier:
            raise Unproven(f"{self.room}: the entries are not those that were signed", room=self.room)
        yield checkpoint_line(sign_room(self.signer, self.head.state, written, self.at) if signs else note)

    async def _note_of_hub(self, store: Store) -> tuple[str, str, str]:
        """Return origin, the hub's key and the hub's note over the entries. Raises Unproven."""
        async with store.read() as reader:
            kept = await reader.run(replicas.note_at, self.head.key, self.head.size)
        enrolled = self.registry.agencies
        keys = [key for agency in enrolled for key in self.registry.log_keys(agency, 0)]
        try:
            checkpoint, note = open_checkpoint(kept.note if kept else "", [*keys, self.signer.verifier])
        except EvidenceError as error:
            raise Unproven(f"{self.room}: no note of its hub", room=self.room) from error
        if (checkpoint.size, checkpoint.root) != (self.head.size, self.head.frontier.root()):
            raise Unproven(f"{self.room}: its hub signed another tree", room=self.room)
        signed = note.signatures[0]
        vkey = next(key.vkey for key in (*keys, self.signer.verifier) if _signed_by(signed.line, key))
        return checkpoint.origin, vkey, kept.note if kept else ""

    def _page(self, rows: Rows, first: int) -> list[ExportEntry]:
        found = []
        count = min(PAGE, self.head.size - first)
        for row in entries.export_page(rows, self.head.key, first, count):
            salt, body = self._opened(rows, row)
            found.append(ExportEntry(self._leaf(row), salt, body))
        return found

    def _leaf(self, row: ExportRow) -> bytes:
        try:
            return leaf_of(row)
        except EvidenceError as error:
            raise Unproven(f"{self.room} n={row.n}: {error}", room=self.room) from error

    def _opened(self, rows: Rows, row: ExportRow) -> tuple[bytes | None, bytes | None]:
        if row.epoch is None or row.sealed is None:
            return None, None
        try:
            header = decode_header(row.header)
            if not self._is_shown(rows, header):
                self.withheld.append(row.n)
                return None, None
            salt, body = self.bodies.open_bytes(rows, self.room, row.n, row.epoch, row.sealed)
            if commitment.check(header.commitment, salt, body):
                return (salt, body) if self._is_text(row.n, body) else (None, None)
        except KeyDestroyed:
            return None, None
        except (WrongKey, EvidenceError):
            pass
        if not self.partial:
            raise AppError(f"{self.room} n={row.n}", code="body_damaged", n=row.n)
        self.damaged.append(row.n)
        return None, None

    def _is_text(self, n: int, body: bytes) -> bool:
        try:
            body.decode()
        except UnicodeDecodeError:
            self.malformed.append(n)
            return False
        return True

    def _is_shown(self, rows: Rows, header: Header) -> bool:
        state = entry_types.read(header.type, header.state, header.rules_version)
        # An entry of an unknown form is exported as it is stored.
        if isinstance(state, Deny):
            return True
        aimed = state.points_at
        of = None if aimed is None else entries.target(rows, self.head.key, aimed, self.bodies.home)
        facts = EntryFacts(header.type, state, Principal(header.sender), of=of, rules=header.rules_version)
        return shown(facts, EVIDENCE, self.at) == SHOWN


def _signed_by(line: str, key: Verifier) -> bool:
    [(name, blob, _)] = split_note(f"-\n\n{line}")[1]
    return (name, blob[:4]) == (key.name, key.key_id)
