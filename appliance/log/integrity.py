"""Whether a room's stored rows are still what was committed (F72): that nothing was changed behind the appliance.

One walk over all entries of a room, in one read transaction. Each entry is judged as a replica would judge it
(`evidence/verification.py`). The walk compares:
- the tree of the entries with the stored tree, the signed checkpoint and the heads that were recorded elsewhere;
- the columns of every row with its own header, since reads use the columns;
- each body with its commitment, where the keys are given; its form is no matter of this walk, since nobody changed it;
- the positions in the feed, which rise with the entries;
- the tables that people see with the entries: room, members, retractions, edits, reactions, mentions, concerns,
  references to files;
- the tables by which entries and repeats are found (`entry_at`, `unfolded_at`, `txn`) with the log that they are made
  from, also ahead of the room's end;
- the epoch keys that the entries name with those of the room.

It is also a fault when no signature covers an entry, and when a body is missing, or its key destroyed, without a
`shred` entry that says so.

Receipts (`receipt`, and `read` of `room_member`) and each person's own view (`room_view`) are in no log: they are not
compared and are no evidence (decision 0006). Nor are compared: the lines of the feed that are no entries, what
people are told of rooms that they were taken off (`departure`), mentions, marks and the like of rooms that are not
there, and a room of which no row is left and no head was recorded. It reads only, and may run beside a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from appliance.errors import KeyDestroyed, MalformedRow, WrongKey
from appliance.evidence.errors import EvidenceError
from appliance.evidence.leaf import leaf_hash
from appliance.evidence.registry import Registry
from appliance.evidence.statements import NAMING_SIZES
from appliance.evidence.tree import EMPTY_ROOT, HASH_BYTES, Frontier
from appliance.evidence.verification import Accepted, Body, Log, Refused, Step, verify_entry
from appliance.locale import both
from appliance.log.expected import Expected
from appliance.log.notes import home_of, open_room
from appliance.log.projections import EntryRef
from appliance.log.rows import is_said, leaf_of
from appliance.rules.entry_types import row_of
from appliance.rules.policy import Members, policy_of
from appliance.store import entries, epoch_keys, rooms
from appliance.store.transactions import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evidence.note import Verifier
    from appliance.log.bodies import Bodies
    from appliance.model import RoomId, RoomState, Target
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


class Interrupted(Exception):
    """Raised by `Check.pause` to end a walk: the appliance ends in the middle of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """What rooms are verified with: the agency's key, the bodies' keys, and the heads that were recorded elsewhere.

    `heads` has, for each room, the root at every size that was recorded. `pause` is called between pages.
    `former`: other keys of the agency that may have signed recorded heads, before or during a switch of the key.
    `registry`: the agencies that may have written entries; None: this one alone.
    """

    verifier: Verifier
    bodies: Bodies | None = None
    heads: Mapping[RoomId, Mapping[int, bytes]] = field(default_factory=dict)
    pause: Callable[[], object] = field(default=lambda: None)
    former: tuple[Verifier, ...] = ()
    registry: Registry | None = None


def verify_room(rows: Rows, room: RoomId, check: Check, settled: int | None = None) -> Fault | None:
    """Return the first fault of a room's stored rows, or None. All is read in one transaction.

    `settled`: entries before it are old enough to be signed; None: all are. Beside a server that is writing, the newest
    ones may not be signed yet.
    """
    with snapshot(rows):
        try:
            row = rooms.load(rows, room, home_of(check.verifier))
        except MalformedRow:
            return Fault(room, "state")
        return _Walk(rows, room, row, check).first_fault(settled) if row else Fault(room, "no_room")


class TreeRoots:
    """The roots of a growing tree at every size, 32 bytes each; kept only where entries may name a former size."""

    def __init__(self, *, keep: bool) -> None:
        self._keep, self._roots = keep, bytearray(EMPTY_ROOT)

    def add(self, frontier: Frontier) -> None:
        """Note the tree at its next size."""
        if self._keep:
            self._roots += frontier.root()

    def root_at(self, size: int) -> bytes | None:
        """Return the root at a size that was reached, None where it is not kept."""
        return bytes(self._roots[HASH_BYTES * size : HASH_BYTES * (size + 1)]) or None


class _Walk:
    """One walk over a room."""

    def __init__(self, rows: Rows, room: RoomId, row: RoomRow, check: Check) -> None:
        self._rows, self._room, self._row, self._check = rows, room, row, check
        # What is known of the tree at a size: its root, and what differs where it has another one.
        self._roots: dict[int, list[tuple[bytes, str]]] = {}
        self._frontier = Frontier()
        self._state: RoomState | None = None
        self._home = home_of(check.verifier)
        self._registry = check.registry or Registry.alone(self._home.agency)
        self._expected = Expected(self._home)
        self._absent: set[int] = set()
        self._destroyed: set[int] = set()
        # The epoch keys that entries name, each with the first entry that does.
        self._epochs: dict[int, int] = {}
        self._counters: dict[str, int] = {}
        self._ids: set[str] = set()
        self._last_at = self._version = self._pos = 0
        self._tree_roots = TreeRoots(keep=entries.asks_for_roots(rows, row.key, NAMING_SIZES))

    def first_fault(self, settled: int | None) -> Fault | None:
        """Return the first fault."""
        room, size = self._room, self._row.size
        signed = rooms.checkpoint(self._rows, self._row.key)
        if signed is None:
            return Fault(room, "unsigned", count=size)
        checkpoint = open_room(signed.note, room, self._check.verifier)
        # Which heads are recorded goes by the size in the column.
        if checkpoint is None or checkpoint.size != signed.size:
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
            if (astray := entries.first_misplaced(self._rows, self._row.key, start, page_end - 1)) is not None:
                return Fault(self._room, "index", astray)
            for found in entries.between(self._rows, self._row.key, n, page_end - 1):
                if found.n > n:
                    break
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
            if fault := self._left_out(start, page_end - 1, n):
                return fault
            self._check.pause()
        return None

    def _left_out(self, first: int, last: int, n: int) -> Fault | None:
        """Report an entry of a page that is missing, `n` being the next one, or whose idempotency key is."""
        if n <= last:
            return Fault(self._room, "index" if entries.is_in_log(self._rows, self._row.key, n) else "entry", n)
        unlisted = entries.first_without_txn(self._rows, self._row.key, first, last)
        return None if unlisted is None else Fault(self._room, "txn", unlisted)

    def _out_of_order(self, found: EntryRow) -> Fault | None:
        """Report an entry whose position in the feed is not above that of the entry before it: they rise from 1 on."""
        before, self._pos = self._pos, found.pos
        return Fault(self._room, "feed", found.n) if found.pos <= before else None

    def _differs(self, n: int) -> str | None:
        known = self._roots.get(n, ())
        return next((what for root, what in known if root != self._frontier.root()), None)

    def _add(self, found: EntryRow, n: int) -> Fault | None:
        try:
            body = self._body(found)
        except WrongKey:
            return Fault(self._room, "body", n)
        try:
            leaf = leaf_of(found)
        except EvidenceError:
            return Fault(self._room, "entry", n)
        verdict = verify_entry(self._log(), leaf, self._registry, body)
        if isinstance(verdict, Refused):
            return Fault(self._room, "body" if verdict.step is Step.BODY else "entry", n)
        header, entry = verdict.candidate.header, verdict.entry
        if not is_said(found, header, self._home):
            return Fault(self._room, "entry", n)
        if found.epoch is not None:
            self._epochs.setdefault(found.epoch, n)
        if not header.body_length and (found.epoch, found.sealed) != (None, None):
            return Fault(self._room, "body", n)
        gone = found.sealed is None or found.epoch is None or found.epoch in self._destroyed
        if gone and header.body_length:
            self._absent.add(n)
        at = EntryRef(self._row.key, n, self._home.person(entry.sender))
        self._expected.add(at, entry, body.data if body else None, self._state)
        if erases := row_of(entry).erases:
            first, last = erases(entry.state)
            # The range is what the entry says, and may be far longer than the room.
            self._absent = {absent for absent in self._absent if not first <= absent <= last}
        self._take(verdict, leaf)
        return None

    def _log(self) -> Log:
        """Return the log before the next entry."""
        return Log(
            room=self._room,
            state=self._state,
            size=self._frontier.size,
            last_at=self._last_at,
            registry=self._version,
            counters=self._counters,
            ids=self._ids,
            target=self._target,
            root_at=self._tree_roots.root_at,
        )

    def _take(self, accepted: Accepted, leaf: bytes) -> None:
        candidate = accepted.candidate
        header = candidate.header
        self._state, self._last_at, self._version = accepted.state, candidate.hub_time, candidate.registry_version
        self._counters[header.origin] = header.counter + 1
        self._ids.add(header.id)
        self._frontier = self._frontier.append(leaf_hash(leaf))
        self._tree_roots.add(self._frontier)

    def _target(self, n: int) -> Target | None:
        """Return the facts of an earlier entry as the entries so far leave it."""
        found = entries.target(self._rows, self._row.key, n, self._home) if n < self._frontier.size else None
        if found is None:
            return None
        _, retraction = self._expected.tables.marks.get(n, (None, None))
        return replace(found, redacted=retraction is not None)

    def _body(self, row: EntryRow) -> Body | None:
        """Return a body, or None where there is none to open. Raises WrongKey."""
        if row.sealed is None or row.epoch is None or self._check.bodies is None:
            return None
        try:
            return Body(*self._check.bodies.open_bytes(self._rows, self._room, row.n, row.epoch, row.sealed))
        except KeyDestroyed:
            self._destroyed.add(row.epoch)
            return None

    def _compare(self) -> Fault | None:
        if self._absent:
            return Fault(self._room, "absent", min(self._absent))
        if self._state != self._row.state or not self._right_origin():
            return Fault(self._room, "state")
        if (n := entries.first_wrong_txn(self._rows, self._row.key)) is not None:
            return Fault(self._room, "txn", n)
        if (ahead := entries.first_misplaced(self._rows, self._row.key, self._row.size, entries.END - 1)) is not None:
            return Fault(self._room, "index", ahead)
        if fault := self._wrong_keys():
            return fault
        differing = self._expected.differing(self._rows, self._row.key, self._check.bodies)
        return Fault(self._room, *differing) if differing else None

    def _wrong_keys(self) -> Fault | None:
        """Report a key that an entry names and the room does not have, and generations that do not rise from 0 by 1."""
        kept, last = set[int](), ("", "", -1)
        for key, week, kind, generation in epoch_keys.of_room(self._rows, self._row.key):
            before = last[2] if last[:2] == (week, kind) else -1
            if generation != before + 1:
                return Fault(self._room, "keys")
            kept.add(key)
            last = (week, kind, generation)
        foreign = [n for key, n in self._epochs.items() if key not in kept]
        return Fault(self._room, "keys", min(foreign)) if foreign else None

    def _right_origin(self) -> bool:
        """Compare who made the room and when, and whose private chat it is, with its first entry and its members."""
        first = entries.one(self._rows, self._row.key, 0)
        kind, people = self._row.state.kind, map(self._home.person, self._row.state.members)
        pair = rooms.pair_key(kind, people) if policy_of(kind).members is Members.PAIR else None
        by, stored, right = rooms.made_by(self._rows, self._row.key)
        return right and first is not None and (first.at, first.sender, pair) == (self._row.created_at, by, stored)
