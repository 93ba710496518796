"""The log entry as the tree holds it: the header as received, and what the hub adds.

Leaf bytes are canonical JSON `{"h": header, "ht": ms, "n": position, "rg": registry version, "sl": seal or null}`
(docs/evidence.md); the leaf hash is SHA-256(0x00 || leaf). The header travels as a string of its
exact bytes.
Does not check the header's content or the seal's signature (`canonical`, `seal`).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, field

from appliance.evidence.canonical import MAX_HEADER, Count, Time
from appliance.evidence.errors import NotCanonicalError
from appliance.evidence.seal import Seal, encode_seal
from appliance.evidence.tree import leaf_hash

__all__ = ["MAX_LEAF", "Leaf", "decode_leaf", "encode_leaf", "join_leaf", "leaf_hash"]

# Escaping at most doubles canonical text, and the seal of a batch of 64 fits in 1 KiB.
MAX_LEAF: Final = 2 * MAX_HEADER + 2048


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decoded leaf: the header's exact text, the hub's time (ms UTC) and the position, 0 for the first entry.

    `registry_version` is the version of the registry of agencies: 0 outside any federation. `seal` is None for an entry
    of the hub's own agency.
    """

    header_text: Annotated[str, Meta(max_length=MAX_HEADER)] = field(name="h")
    hub_time: Time = field(name="ht")
    n: Count
    registry_version: Count = field(name="rg")
    seal: Seal | None = field(name="sl")

    @property
    def header(self) -> bytes:
        """The header bytes that were sealed."""
        return self.header_text.encode()


_ENCODER: Final = msgspec.json.Encoder()
_LEAVES: Final = msgspec.json.Decoder(Leaf)


def encode_leaf(header: bytes, *, hub_time: int, n: int, registry: int, seal: Seal | None = None) -> bytes:
    """Canonical leaf bytes around canonical `header` bytes; `hub_time` in ms UTC."""
    return join_leaf(header, hub_time, n, registry, encode_seal(seal))


def join_leaf(header: bytes, hub_time: int, n: int, registry: int, seal: bytes) -> bytes:
    """Leaf bytes from canonical bytes of header and seal (`encode_seal`); raises `NotCanonicalError`."""
    # Assembled by hand: the five keys never change, and only the header text needs escaping.
    try:
        text = _ENCODER.encode(header.decode())
    except UnicodeDecodeError as error:
        raise NotCanonicalError(str(error)) from error
    return b'{"h":%b,"ht":%d,"n":%d,"rg":%d,"sl":%b}' % (text, hub_time, n, registry, seal)


def decode_leaf(data: bytes) -> Leaf:
    """Leaf from exactly canonical bytes; raises `NotCanonicalError`."""
    if len(data) > MAX_LEAF:
        raise NotCanonicalError(f"leaf of {len(data)} bytes, at most {MAX_LEAF}")
    try:
        leaf = _LEAVES.decode(data)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise NotCanonicalError(str(error)) from error
    if (
        encode_leaf(leaf.header, hub_time=leaf.hub_time, n=leaf.n, registry=leaf.registry_version, seal=leaf.seal)
        != data
    ):
        raise NotCanonicalError("leaf is not in canonical form")
    return leaf
