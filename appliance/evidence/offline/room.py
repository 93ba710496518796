"""A whole room log: form, order, rules, bodies, seals, tree and signature of an export (`docs/evidence.md` §9).

Where an alteration breaks no rule of its own, the failure names the entries among which something was altered: between
the last root that another agency saw and the first that differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from appliance.evidence.offline.bodies import Spans, check_body, has_body, is_formed
from appliance.evidence.offline.conduct import Conduct
from appliance.evidence.offline.entries import CREATE, ParsedEntry, read_entry
from appliance.evidence.offline.export_file import EntryLine, ExportFile, ExportHead
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.seals import Seals
from appliance.evidence.offline.statements import Statements
from appliance.evidence.offline.trust import SignedHead, Trust, check_checkpoint
from appliance.evidence.offline.values import decode64
from appliance.evidence.tree import EMPTY_ROOT, HASH_BYTES, Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(slots=True)
class TreeHistory:
    """A growing tree that remembers leaf hashes and its root at every size, 64 bytes an entry."""

    frontier: Frontier = field(default_factory=Frontier)
    leaves: bytearray = field(default_factory=bytearray)
    roots: bytearray = field(default_factory=lambda: bytearray(EMPTY_ROOT))

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.frontier.size

    def append(self, leaf: bytes) -> None:
        """Add a leaf's bytes."""
        hashed = leaf_hash(leaf)
        self.frontier = self.frontier.append(hashed)
        self.leaves += hashed
        self.roots += self.frontier.root()

    def root(self, size: int) -> bytes:
        """Return the root when the tree had `size` leaves."""
        return bytes(self.roots[HASH_BYTES * size : HASH_BYTES * (size + 1)])

    def leaf(self, n: int) -> bytes:
        """Return the hash of leaf `n`."""
        return bytes(self.leaves[HASH_BYTES * n : HASH_BYTES * (n + 1)])


@dataclass(slots=True)
class RoomCheck:
    """What has been verified of one room log. `signed` is set once the whole log was.

    `hubs`: the entry after which each hub signs, its agency and its epoch. `without_seal`: entries without a seal that
    was checked, by agency.
    """

    head: ExportHead
    seals: Seals
    statements: Statements
    history: TreeHistory = field(default_factory=TreeHistory)
    conduct: Conduct = field(default_factory=Conduct)
    counters: dict[str, int] = field(default_factory=dict)
    first_time: int = 0
    last_time: int = 0
    confirmed: int = 0
    bodies: int = 0
    malformed: Spans = field(default_factory=Spans)
    absent: Spans = field(default_factory=Spans)
    last_hub: str = ""
    last_epoch: int = 1
    hubs: list[tuple[int, str, int]] = field(default_factory=list)
    without_seal: dict[str, int] = field(default_factory=dict)
    digest: bytes = b""
    note: str = ""
    signed: SignedHead | None = None

    def entry(self, line: EntryLine) -> ParsedEntry:
        """Check the next entry, add it to the tree and return it. Raises `Failed` naming it."""
        n = self.history.size
        entry = read_entry(line.leaf, n)
        self._belongs(entry)
        self._order(entry)
        if n:
            self._sealed(entry)
        if not self.seals.check(entry):
            self.without_seal[entry.origin] = self.without_seal.get(entry.origin, 0) + 1
        self._take(entry)
        if line.salt is not None and line.body is not None:
            check_body(entry, line.salt, line.body)
            self.bodies += 1
            if not is_formed(entry, line.body):
                self.malformed.add(n)
        elif has_body(entry):
            self.absent.add(n)
        self.history.append(line.leaf.encode())
        return entry

    def _take(self, entry: ParsedEntry) -> None:
        """Judge the entry, and see who signs the log after it: who ordered it, or who an order made the hub by it."""
        n, before = entry.n, (self.conduct.hub or entry.origin, self.conduct.epoch)
        self.conduct.take(entry, self.statements.facts(self._root_at))
        after = (self.conduct.hub, self.conduct.epoch)
        ordered = after != before and self.conduct.since == n
        self.last_hub, self.last_epoch = after if ordered else before
        if not self.hubs or self.hubs[-1][2] != after[1]:
            self.hubs.append((n - 1 if ordered else n, *after))

    def _root_at(self, size: int) -> bytes | None:
        return self.history.root(size) if size <= self.history.size else None

    def _belongs(self, entry: ParsedEntry) -> None:
        if entry.n == 0 and (entry.kind != CREATE or entry.room != self.head.room or entry.seal is not None):
            raise Failed("room_id", entry.n)
        if entry.room != self.head.room:
            raise Failed("other_room", entry.n)

    def _order(self, entry: ParsedEntry) -> None:
        n, origin = entry.n, entry.origin
        if entry.hub_time < self.last_time:
            raise Failed("time_back", n)
        self.first_time = self.first_time or entry.hub_time
        self.last_time = entry.hub_time
        expected = self.counters.get(origin, 0)
        if entry.header["os"] != expected:
            raise Failed("counter", n, origin=origin, found=entry.header["os"], expected=expected)
        self.counters[origin] = expected + 1
        if "seen" in entry.header:
            size, root = entry.header["seen"]
            if size > n or decode64(root) != self.history.root(size):
                raise Failed("seen", n, size=size, first=min(self.confirmed, n))
            self.confirmed = max(self.confirmed, size)

    def _sealed(self, entry: ParsedEntry) -> None:
        if entry.seal is None and entry.origin != self.conduct.hub:
            raise Failed("no_seal", entry.n, origin=entry.origin, hub=self.conduct.hub)
        if "seen" not in entry.header and entry.origin != self.conduct.hub:
            raise Failed("no_seen", entry.n, origin=entry.origin)

    def hub_at(self, size: int) -> tuple[str, int]:
        """Return the hub and its epoch that sign a checkpoint of this size; beyond the log, those after its end."""
        return next((hub, epoch) for n, hub, epoch in reversed(self.hubs) if n < max(size - 1, 1))

    @property
    def finished(self) -> SignedHead:
        """The checkpoint of a log that was checked to its end."""
        assert self.signed is not None  # noqa: S101 - a finished check
        return self.signed

    @property
    def unproved(self) -> dict[str, int]:
        """Entries and statements of each agency that it neither signed by a key that was given, nor signed the log."""
        signers, found = self.finished.agencies, dict(self.without_seal)
        for agency, count in self.statements.unproved.items():
            found[agency] = found.get(agency, 0) + count
        return {agency: count for agency, count in found.items() if agency not in signers}

    def close(self, note: str, trust: Trust) -> None:
        """Compare the log with its checkpoint and the key with the agency. Raises `Failed`."""
        signed, size = check_checkpoint(note, trust), self.history.size
        if signed.head.origin != self.head.origin:
            raise Failed("origin", origin=signed.head.origin)
        if signed.head.size != size or not size:
            raise Failed("size_differs", min(signed.head.size, size), size=signed.head.size, count=size)
        if signed.head.root != self.history.root(size):
            raise Failed("root_differs", first=min(self.confirmed, size - 1), last=size - 1)
        if self.head.epoch != self.last_epoch:
            raise Failed("epoch", epoch=self.head.epoch, expected=self.last_epoch)
        if not signed.signed_for(self.last_hub):
            raise Failed("other_agency", keys=signed.names, hub=self.last_hub)
        self.note, self.signed = note, signed


def check_room(
    file: BinaryIO,
    trust: Trust | None,
    seals: Seals,
    each: Callable[[RoomCheck, ParsedEntry, EntryLine], None] | None = None,
    orders: Sequence[str] = (),
) -> RoomCheck:
    """Verify an exported room log to its end. `trust` None: the key in the file. `each` is called with every entry.

    `orders`: the registry's keys for orders.
    """
    statements = Statements.of(seals, orders)
    export = ExportFile(file)
    check = RoomCheck(export.head, seals, statements)
    for line in export.entries():
        entry = check.entry(line)
        if each:
            each(check, entry, line)
    known = trust or Trust([export.head.key], from_file=True)
    try:
        check.close(export.note, known)
    except Failed as failure:
        failure.keys = failure.keys or known.logs
        raise
    check.digest = export.digest
    return check
