"""The tree against the Certificate Transparency vectors, the definitions of RFC 6962 §2.1 and `pymerkle`."""

from __future__ import annotations

import random

import pytest
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as oracle_verify_consistency

from appliance.evidence.errors import ProofError
from appliance.evidence.offline.room import TreeHistory
from appliance.evidence.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    inclusion_proofs,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves of the Certificate Transparency reference tests, with the root at each size.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [bytes.fromhex(text) for text in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
# (leaf index, size, path) and (old size, new size, path) of the same tests; hashes by their first four bytes.
INCLUSION = [
    (0, 1, []),
    (0, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]),
    (5, 8, ["bc1a0643", "ca854ea1", "d37ee418"]),
    (2, 3, ["fac54203"]),
    (1, 5, ["6e340b9c", "5f083f0a", "bc1a0643"]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]),
    (6, 8, ["0ebc5d34", "ca854ea1", "d37ee418"]),
    (2, 5, ["5f083f0a", "bc1a0643"]),
    (6, 7, ["0ebc5d34", "b08693ec", "d37ee418"]),
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def hashes(size: int) -> list[bytes]:
    return [leaf_hash(n.to_bytes(4, "big")) for n in range(size)]


def shortened(path: list[bytes]) -> list[str]:
    return [node[:4].hex() for node in path]


def split(size: int) -> int:
    """The largest power of two below `size`, as RFC 6962 §2.1 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def defined_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = split(len(leaves))
    return node_hash(defined_root(leaves[:k]), defined_root(leaves[k:]))


def defined_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [defined_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*defined_subproof(m, leaves[:k], whole=whole), defined_root(leaves[k:])]
    return [*defined_subproof(m - k, leaves[k:], whole=False), defined_root(leaves[:k])]


def test_roots_of_the_reference_vectors() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == root_of([])
    for size, root in enumerate(ROOTS, 1):
        frontier = frontier.append(HASHES[size - 1])
        assert (frontier.size, frontier.root(), root_of(HASHES[:size])) == (size, root, root)


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_of_the_reference_vectors(index: int, size: int, path: list[str]) -> None:
    proof = inclusion_proof(HASHES[:size], index)
    assert shortened(proof) == path
    assert verify_inclusion(HASHES[index], index, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_consistency_of_the_reference_vectors(old: int, new: int, path: list[str]) -> None:
    proof = consistency_proof(HASHES[:new], old)
    assert shortened(proof) == path
    assert verify_consistency(old, ROOTS[old - 1], new, ROOTS[new - 1], proof)


@pytest.mark.parametrize("size", range(1, 34))
def test_proofs_are_those_rfc_6962_defines(size: int) -> None:
    leaves = hashes(size)
    root = defined_root(leaves)
    assert root_of(leaves) == root
    every = inclusion_proofs(leaves)
    for index in range(size):
        assert inclusion_proof(leaves, index) == every[index] == defined_path(index, leaves)
        assert verify_inclusion(leaves[index], index, size, every[index], root)
    for old in range(1, size + 1):
        proof = consistency_proof(leaves, old)
        assert proof == defined_subproof(old, leaves, whole=True)
        assert verify_consistency(old, defined_root(leaves[:old]), size, root, proof)
    assert verify_consistency(0, EMPTY_ROOT, size, root, consistency_proof(leaves, 0))


def test_roots_and_proofs_equal_pymerkle() -> None:
    source = random.Random(7)  # noqa: S311  (a fixed sample, nothing secret)
    oracle, frontier, leaves = InmemoryTree(algorithm="sha256"), Frontier(), []
    for n in range(700):
        data = source.randbytes(source.randrange(40)) + n.to_bytes(4, "big")
        oracle.append_entry(data)
        leaves.append(leaf_hash(data))
        frontier = frontier.append(leaves[-1])
    for size in (1, 2, 3, 255, 256, 257, 699, 700, *source.sample(range(1, 700), 25)):
        root = root_of(leaves[:size])
        assert root == oracle.get_root(size)
        index = source.randrange(size)
        proof = inclusion_proof(leaves[:size], index)
        theirs = oracle.prove_inclusion(index + 1, size).path
        # pymerkle lists the nodes from left to right and starts from the leaf itself.
        assert sorted([*proof, leaves[index]]) == sorted(theirs)
        assert verify_inclusion(leaves[index], index, size, proof, root)
        old = source.randrange(1, size + 1)
        change = consistency_proof(leaves[:size], old)
        # Its consistency proofs list every peak of the old tree, so theirs is checked on our roots and ours by ours.
        oracle_verify_consistency(root_of(leaves[:old]), root, oracle.prove_consistency(old, size))
        assert verify_consistency(old, root_of(leaves[:old]), size, root, change)
    assert frontier.root() == oracle.get_root(700)


def test_extending_equals_appending() -> None:
    leaves = hashes(130)
    appended = Frontier()
    for n, leaf in enumerate(leaves):
        assert Frontier().extend(leaves[: n // 2]).extend(leaves[n // 2 : n]) == appended
        appended = appended.append(leaf)


def test_frontier_survives_its_bytes() -> None:
    for size in (0, 1, 2, 63, 64, 100):
        frontier = Frontier().extend(hashes(size))
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier
        for broken in (frontier.to_bytes()[:-1], frontier.to_bytes() + b"\x00", b""):
            if broken or size:
                with pytest.raises(ProofError):
                    Frontier.from_bytes(broken + b"\x00" * (not broken))


def test_a_history_remembers_its_root_at_every_size() -> None:
    tree = TreeHistory()
    leaves = [n.to_bytes(4, "big") for n in range(100)]
    for leaf in leaves:
        tree.append(leaf)
    for size in range(101):
        assert tree.root(size) == root_of(hashes(size))
    assert [tree.leaf(index) for index in range(100)] == hashes(100)


@pytest.mark.parametrize("size", [2, 3, 6, 7, 8, 13])
def test_altered_inclusion_proofs_fail(size: int) -> None:
    leaves, stranger = hashes(size), b"\xab" * 32
    root = root_of(leaves)
    for index in range(size):
        proof, leaf = inclusion_proof(leaves, index), leaves[index]
        wrong = [
            (leaf, index - 1, size, proof, root),
            (leaf, index + 1, size, proof, root),
            (leaf, index ^ 2, size, proof, root),
            (leaf, index, size * 2, proof, root),
            (leaf, index, size // 2, proof, root),
            (stranger, index, size, proof, root),
            (b"short", index, size, proof, root),
            (leaf, index, size, proof, stranger),
            (leaf, index, size, [*proof, b""], root),
            (leaf, index, size, [*proof, root], root),
            (leaf, index, size, [root, *proof], root),
            (leaf, index, size, proof[:-1], root),
            *((leaf, index, size, [*proof[:at], stranger, *proof[at + 1 :]], root) for at in range(len(proof))),
        ]
        assert [case for case in wrong if verify_inclusion(*case)] == []


@pytest.mark.parametrize(("old", "new"), [(1, 8), (6, 8), (2, 5), (6, 7), (4, 8), (5, 13)])
def test_altered_consistency_proofs_fail(old: int, new: int) -> None:
    leaves, stranger = hashes(new), b"\xab" * 32
    one, two, proof = root_of(leaves[:old]), root_of(leaves), consistency_proof(leaves, old)
    wrong = [
        (old - 1, one, new, two, proof),
        (old + 1, one, new, two, proof),
        (old ^ 2, one, new, two, proof),
        (old, one, new * 2, two, proof),
        (old, one, new // 2, two, proof),
        (old, stranger, new, two, proof),
        (old, one, new, stranger, proof),
        (old, two, new, one, proof),
        (new, one, old, two, proof),
        (old, one, new, two, []),
        (old, one, new, two, [*proof, b""]),
        (old, one, new, two, [*proof, two]),
        (old, one, new, two, [one, *proof]),
        (old, one, new, two, proof[:-1]),
        (0, one, new, two, []),
        (new, one, new, two, []),
        *((old, one, new, two, [*proof[:at], stranger, *proof[at + 1 :]]) for at in range(len(proof))),
    ]
    assert [case for case in wrong if verify_consistency(*case)] == []


def test_proofs_outside_the_tree_are_refused() -> None:
    with pytest.raises(ProofError):
        inclusion_proof(HASHES, 8)
    with pytest.raises(ProofError):
        inclusion_proof([], 0)
    with pytest.raises(ProofError):
        consistency_proof(HASHES, 9)
