"""The RFC 6962 Merkle tree: roots, the growing edge, inclusion and consistency proofs.

Rules: a leaf is hashed as SHA-256(0x00 || data), a node as SHA-256(0x01 || left || right); the last node of an odd
level is promoted unchanged, which is the tree of RFC 6962 §2.1. Verification follows RFC 9162 §2.1.3.2 and §2.1.4.2.
A `Frontier` is a value: a writer keeps the old one until its transaction is durable.
Does not know what a leaf means, nor where hashes are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from appliance.evidence.errors import ProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf's bytes (RFC 6962 §2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtree roots (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: enough to append and to know the root, in at most 64 hashes.

    `peaks` are the roots of the complete subtrees, largest first: one for each 1 bit of `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The tree with one more leaf hash."""
        keep, rest, node = len(self.peaks), self.size, leaf
        while rest & 1:
            keep -= 1
            node = sha256(b"\x01" + self.peaks[keep] + node).digest()
            rest >>= 1
        return Frontier(self.size + 1, (*self.peaks[:keep], node))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The tree with these leaf hashes added in order."""
        peaks, size = list(self.peaks), self.size
        for leaf in leaves:
            node, rest = leaf, size
            while rest & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                rest >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """Root hash at this size; the hash of nothing for an empty tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01" + peak + root).digest()
        return root

    def to_bytes(self) -> bytes:
        """Size as 8 big-endian bytes, then the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Inverse of `to_bytes`; raises `ProofError` if the length does not fit the size."""
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_BYTES * size.bit_count():
            raise ProofError("frontier of wrong length")
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(8, len(data), HASH_BYTES)))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaf hashes."""
    return Frontier().extend(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Audit path of leaf `index` in the tree over `leaves`, leaf's sibling first. Raises `ProofError`."""
    if not 0 <= index < len(leaves):
        raise ProofError(f"no leaf {index} in a tree of {len(leaves)}")
    return _path(_levels(leaves), index)


def inclusion_proofs(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Audit paths of every leaf at once, hashing each node a single time."""
    levels = _levels(leaves)
    return [_path(levels, index) for index in range(len(leaves))]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` leads to from a leaf hash; raises `ProofError` if the proof has the wrong length."""
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    node, at, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_BYTES:
            raise ProofError("inclusion proof of wrong length")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        at >>= 1
        last >>= 1
    if last:
        raise ProofError("inclusion proof of wrong length")
    return node


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of `size` leaves with `root` holds the leaf hash at `index` (RFC 9162 §2.1.3.2)."""
    try:
        return len(leaf) == HASH_BYTES and root_from_inclusion(leaf, index, size, proof) == root
    except ProofError:
        return False


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Proof that the tree over `leaves` extends its first `old_size` leaves (RFC 6962 §2.1.2). Raises `ProofError`."""
    if not 0 <= old_size <= len(leaves):
        raise ProofError(f"no size {old_size} in a tree of {len(leaves)}")
    if old_size in (0, len(leaves)):
        return []
    levels = _levels(leaves)
    # Climb to the largest complete subtree that ends where the old tree ended.
    at, level = old_size - 1, 0
    while at & 1:
        at >>= 1
        level += 1
    start = [levels[level][at]] if at else []  # the verifier already has it when it is the whole old tree
    return start + _path(levels[level:], at)


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new_size` leaves extends the one of `old_size` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old_size <= new_size or any(len(node) != HASH_BYTES for node in proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, node)
        at >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All nodes, leaves first; the last level is the root."""
    levels = [list(leaves)]
    while len(level := levels[-1]) > 1:
        parents = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        if len(level) & 1:
            parents.append(level[-1])
        levels.append(parents)
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    path = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return path
