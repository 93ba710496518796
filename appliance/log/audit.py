"""Whether a room's stored rows are still what was committed (F72): nothing was edited behind the appliance's back.

One walk over all entries of a room, in one read transaction. It compares the tree they make with the stored tree, the
signed checkpoint and the heads that were recorded elsewhere; every row's columns with its own header, since columns are
what reads use; each body with its commitment, where the keys are given; the position in the feed, which rises with the
entries and has one line for each; and the tables that people see with what the entries say: room, members, retractions,
edits, reactions, mentions, whom other entries concern. Entries that no signature covers are a fault, and so is a body
that is gone, or whose key was destroyed, though no `shred` entry says so.

Receipts (`receipt`, and `read` of `room_member`) and what one person does to their own view (`room_view`) are in no
log: they are not compared and are no evidence (decision 0006). It reads only, and may run beside a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import KeyDestroyed, WrongKey
from appliance.evidence import commitment
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.room_id import agency_of
from appliance.evidence.tree import Frontier
from appliance.locale import both
from appliance.log.bodies import decode
from appliance.log.expected import Expected
from appliance.log.notes import home_of, open_room
from appliance.log.projections import Place
from appliance.log.rows import header_of, leaf_of
from appliance.model import Deny, EntryType, Principal
from appliance.rules import entry_types
from appliance.rules import rooms as rules
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.policy import Members, policy_of
from appliance.store import entries, feed, rooms
from appliance.store.db import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evidence.canonical import Header
    from appliance.evidence.note import Verifier
    from appliance.log.bodies import Bodies
    from appliance.model import RoomId, RoomState, TextBody
    from appliance.store.db import Rows
    from appliance.store.entries import EntryRow
    from appliance.store.rooms import RoomRow, SignedTree

PAGE: Final = 250


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a room (`fault.WHAT` of the catalogue).

    `n` is the entry where that is known, `count` how many it is about.
    """

    room: RoomId
    what: str
    n: int | None = None
    count: int | None = None

    def __str__(self) -> str:
        place = self.room if self.n is None else f"{self.room} n={self.n}"
        return f"{place}: {both(f'fault.{self.what}', count=self.count)}"


@dataclass(frozen=True, slots=True)
class Check:
    """What rooms are verified with: the agency's key, the bodies' keys, and the heads that were recorded elsewhere.

    `heads` has, for each room, the root at every size that was recorded. `pause` is called between pages.
    `former`: other keys of the agency that may have signed recorded heads, before or during a switch of the key.
    """

    verifier: Verifier
    bodies: Bodies | None = None
    heads: Mapping[RoomId, Mapping[int, bytes]] = field(default_factory=dict)
    pause: Callable[[], object] = field(default=lambda: None)
    former: tuple[Verifier, ...] = ()


def verify_room(rows: Rows, room: RoomId, check: Check, settled: int | None = None) -> Fault | None:
    """Return the first fault of a room's stored rows, or None. All is read in one transaction.

    `settled`: entries before it are old enough to be signed; None: all are. Beside a server that is writing, the newest
    ones may not be signed yet.
    """
    with snapshot(rows):
        try:
            row = rooms.load(rows, room, home_of(check.verifier))
        except ValueError:
            # A kind or a role that does not exist.
            return Fault(room, "state")
        return _Walk(rows, room, row, check).first_fault(settled) if row else Fault(room, "no_room")


class _Walk:
    """One walk over a room."""

    def __init__(self, rows: Rows, room: RoomId, row: RoomRow, check: Check) -> None:
        self._rows, self._room, self._row, self._check = rows, room, row, check
        # What is known of the tree at a size: its root, and what differs where it has another one.
        self._roots: dict[int, list[tuple[bytes, str]]] = {}
        self._frontier = Frontier()
        self._state: RoomState | None = None
        self._home = home_of(check.verifier)
        self._expected = Expected(self._home)
        self._absent: set[int] = set()
        self._counters: dict[str, int] = {}
        self._pos = 0

    def first_fault(self, settled: int | None) -> Fault | None:
        """Return the first fault."""
        room, size = self._room, self._row.size
        signed = rooms.checkpoint(self._rows, self._row.key)
        if signed is None:
            return Fault(room, "unsigned", count=size)
        checkpoint = open_room(signed.note, room, self._check.verifier)
        if checkpoint is None:
            return Fault(room, "checkpoint")
        self._roots[checkpoint.size] = [(checkpoint.root, "entries")]
        for at, root in self._check.heads.get(room, {}).items():
            self._roots.setdefault(at, []).append((root, "heads"))
        if max(self._roots) > size:
            return Fault(room, self._roots[max(self._roots)][0][1])
        if fault := self._walk(checkpoint.size, signed) or self._compare():
            return fault
        if checkpoint.size < (size if settled is None else settled):
            return Fault(room, "unsigned", count=size - checkpoint.size)
        return None

    def _walk(self, signed_size: int, signed: SignedTree) -> Fault | None:
        n, size = 0, self._row.size
        while n < size:
            start, page_end = n, min(n + PAGE, size)
            for found in entries.between(self._rows, self._row.key, n, page_end - 1):
                if fault := self._add(found, n) or self._out_of_order(found):
                    return fault
                n += 1
                if what := self._differs(n):
                    return Fault(self._room, what)
                if n == signed_size and (self._frontier.to_bytes(), self._counters) != (
                    signed.frontier,
                    signed.counters,
                ):
                    return Fault(self._room, "tree")
            if n < page_end:
                return Fault(self._room, "entry", n)
            if (unlisted := feed.first_unlisted(self._rows, self._row.key, start, page_end - 1)) is not None:
                return Fault(self._room, "feed", unlisted)
            self._check.pause()
        return None

    def _out_of_order(self, found: EntryRow) -> Fault | None:
        """Report an entry that stands in the feed before the one before it: positions rise from 1 on."""
        before, self._pos = self._pos, found.pos
        return Fault(self._room, "feed", found.n) if found.pos <= before else None

    def _differs(self, n: int) -> str | None:
        known = self._roots.get(n, ())
        return next((what for root, what in known if root != self._frontier.root()), None)

    def _add(self, found: EntryRow, n: int) -> Fault | None:
        header = header_of(self._room, found, n, agency_of(self._check.verifier.name))
        if header is None or header.counter != self._counters.get(header.origin, 0):
            return Fault(self._room, "entry", n)
        self._counters[header.origin] = header.counter + 1
        try:
            body = self._body(found, header)
        except (WrongKey, msgspec.MsgspecError):
            return Fault(self._room, "body", n)
        entry = entry_types.proposed(
            header.type, header.origin, Principal(header.sender), header.written_at, header.state
        )
        if isinstance(entry, Deny) or (self._state is None and entry.type is not EntryType.ROOM_CREATE):
            # No rule would have let it in.
            return Fault(self._room, "entry", n)
        try:
            self._expected.add(Place(self._row.key, n, self._home.person(entry.sender)), entry, body, self._state)
            self._state = rules.apply(self._state, entry, self._room, n)
        except KeyError:
            return Fault(self._room, "entry", n)
        if erases := ENTRY_TYPES[entry.type].erases:
            first, last = erases(entry.state)
            self._absent -= set(range(first, last + 1))
        self._frontier = self._frontier.append(leaf_hash(leaf_of(found)))
        return None

    def _body(self, row: EntryRow, header: Header) -> TextBody | None:
        """Return a body that is the one committed to, or None where there is none. Raises WrongKey, MsgspecError."""
        if row.sealed is None or row.epoch is None:
            if header.commitment != commitment.NO_BODY:
                self._absent.add(row.n)
            return None
        if self._check.bodies is None:
            return None
        try:
            salt, body = self._check.bodies.open_bytes(self._rows, self._room, row.n, row.epoch, row.sealed)
        except KeyDestroyed:
            self._absent.add(row.n)
            return None
        if header.body_length != len(body) or not commitment.check(header.commitment, salt, body):
            raise WrongKey
        return decode(body)

    def _compare(self) -> Fault | None:
        if self._absent:
            return Fault(self._room, "absent", min(self._absent))
        if self._state != self._row.state or not self._right_origin():
            return Fault(self._room, "state")
        differing = self._expected.differing(self._rows, self._row.key)
        return Fault(self._room, *differing) if differing else None

    def _right_origin(self) -> bool:
        """Compare who made the room and when, and whose private chat it is, with its first entry and its members."""
        first = entries.one(self._rows, self._row.key, 0)
        of_two = policy_of(self._row.state.kind).members is Members.PAIR
        pair = " ".join(sorted(map(self._home.person, self._row.state.members))) if of_two else None
        by, stored = rooms.made_by(self._rows, self._row.key)
        return first is not None and (first.at, first.sender, pair) == (self._row.created_at, by, stored)
