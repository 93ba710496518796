"""Commitments, room ids, leaves, seals and exports: what one entry is made of."""

from __future__ import annotations

import hashlib
from base64 import b32encode, urlsafe_b64encode
from typing import TYPE_CHECKING

import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url, commitment
from appliance.evidence.canonical import decode_header
from appliance.evidence.errors import EvidenceError, ExportError, NotCanonicalError, SealError
from appliance.evidence.export import ExportEntry, entry_line
from appliance.evidence.leaf import decode_leaf, encode_leaf, leaf_hash
from appliance.evidence.room_id import checkpoint_origin, room_id
from appliance.evidence.seal import MAX_BATCH, Seal, seal_batch, verify_seal, verify_seals
from appliance.evidence.tree import root_of
from tests.evidence.room_builder import START

if TYPE_CHECKING:
    from tests.evidence.room_builder import ExportedRoom

KEY = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
BODY = '{"text":"สวัสดี"}'.encode()


def test_commitment_is_the_salted_hash() -> None:
    salt, bc = commitment.commit(BODY)
    assert bc == urlsafe_b64encode(hashlib.sha256(salt + BODY).digest()).decode().rstrip("=")
    assert commitment.check(bc, salt, BODY)
    assert commitment.commit(BODY)[0] != salt
    assert not commitment.check(bc, salt, BODY + b" ")
    assert not commitment.check(bc, bytes(16), BODY)
    assert not commitment.check("ก" * 43, salt, BODY)


def test_the_boundary_of_the_salt_cannot_move() -> None:
    salt, bc = commitment.commit(BODY)
    assert not commitment.check(bc, salt + BODY[:1], BODY[1:])
    assert not commitment.check(bc, salt[:-1], salt[-1:] + BODY)
    assert not commitment.check(commitment.NO_BODY, b"", b"")


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "A*", "A+8", "", "AAAA", "ก"])
def test_one_base64url_text_for_one_value(text: str) -> None:
    assert base64url.decode("AA", 1) == b"\x00"
    with pytest.raises(EvidenceError):
        base64url.decode(text, 1)


def test_room_id_is_the_hash_of_the_create_header() -> None:
    header = b'{"bc":"..."}'
    assert room_id(header) == "r_" + b32encode(hashlib.sha256(header).digest()).decode().lower()[:26]
    assert len(room_id(header)) == 28
    assert checkpoint_origin("gchat.test", "r_x", 2) == "gchat.test/room/r_x/e2"


def test_leaf_is_canonical_and_holds_the_header_bytes(exported: ExportedRoom) -> None:
    for n, entry in enumerate(exported.entries):
        leaf = decode_leaf(entry.leaf)
        assert entry.leaf == rfc8785.dumps(msgspec.json.decode(entry.leaf))
        assert (leaf.n, decode_header(leaf.header).counter >= 0) == (n, True)
        assert leaf_hash(entry.leaf) == hashlib.sha256(b"\x00" + entry.leaf).digest()


def test_header_text_is_escaped_in_the_leaf_as_in_rfc8785() -> None:
    header = '{"a":"\\u0001\\"\\\\ \x7f ไทย 😀"}'
    leaf = encode_leaf(header.encode(), hub_time=START, n=0, registry=0)
    assert leaf == rfc8785.dumps({"h": header, "ht": START, "n": 0, "rg": 0, "sl": None})
    assert decode_leaf(leaf).header == header.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"n":0', b'"n":0.0'),
        (b'"n":0', b'"n":-1'),
        (b'"n":0', b'"n":00'),
        (b'"n":0', b'"n":9007199254740992'),
        (b'"n":0', b'"n":0,"x":1'),
        (b'"n":0,', b""),
        (b'"sl":null', b'"sl":{}'),
        (b',"sl":null', b""),
        (b'"ht":1', b'"ht": 1'),
        (b'"h":"head"', b'"h":"h\\u0065ad"'),
        (b'"h":"head"', b'"h":1'),
    ],
)
def test_leaf_must_be_canonical(old: bytes, new: bytes) -> None:
    leaf = encode_leaf(b"head", hub_time=1, n=0, registry=0)
    assert old in leaf
    with pytest.raises(NotCanonicalError):
        decode_leaf(leaf.replace(old, new))


@pytest.mark.parametrize("size", [1, 2, 3, 8, 63, MAX_BATCH])
def test_a_batch_is_sealed_once_and_each_header_is_covered(size: int) -> None:
    headers = [b"header %d" % n for n in range(size)]
    seals = seal_batch(headers, "gw-2026a", KEY)
    assert len({seal.s for seal in seals}) == 1
    assert seals[0].p == () or size > 1
    verify_seals(zip(headers, seals, strict=True), KEY.public_key())
    for header, seal in zip(headers, seals, strict=True):
        verify_seal(header, seal, KEY.public_key())
        assert msgspec.json.encode(seal) == rfc8785.dumps(msgspec.to_builtins(seal))


def test_altered_seals_are_refused() -> None:
    headers = [b"header %d" % n for n in range(5)]
    seals = seal_batch(headers, "gw-2026a", KEY)
    seal, other = seals[2], seal_batch(headers[:3], "gw-2026a", KEY)[2]
    change = msgspec.structs.replace
    wrong = [
        (headers[1], seal),
        (headers[2], change(seal, i=3)),
        (headers[2], change(seal, n=3)),
        (headers[2], change(seal, p=seal.p[:-1])),
        (headers[2], change(seal, p=("*" * 43, *seal.p[1:]))),
        (headers[2], change(seal, s=other.s)),
        (headers[2], change(seal, s="A" * 86)),
        (headers[2], change(seal, s="*" * 86)),
    ]
    for header, altered in wrong:
        with pytest.raises(SealError):
            verify_seal(header, altered, KEY.public_key())
    with pytest.raises(SealError):
        verify_seal(headers[2], seal, Ed25519PrivateKey.generate().public_key())
    with pytest.raises(SealError):
        # One true header of the batch does not carry a false one through.
        verify_seals([(headers[2], seal), (b"forged", seal)], KEY.public_key())


def test_a_seal_is_not_a_bare_root_signature() -> None:
    signature = base64url.encode(KEY.sign(root_of([leaf_hash(b"header")])))
    with pytest.raises(SealError):
        verify_seal(b"header", Seal(0, "gw", 1, (), signature), KEY.public_key())


def test_batches_have_1_to_64_headers() -> None:
    for headers in ([], [b"x"] * 65):
        with pytest.raises(SealError):
            seal_batch(headers, "gw-2026a", KEY)


def test_every_line_of_an_export_is_canonical(exported: ExportedRoom) -> None:
    lines = exported.lines
    assert all(line == rfc8785.dumps(msgspec.json.decode(line)) + b"\n" for line in lines)
    assert len(lines) == len(exported.entries) + 2 == 15


def test_salt_and_body_go_together() -> None:
    for entry in (
        ExportEntry(b"{}", None, b"{}"),
        ExportEntry(b"{}", b"x" * 16, None),
        ExportEntry(b"\xff", None, None),
    ):
        with pytest.raises(ExportError):
            entry_line(entry)
