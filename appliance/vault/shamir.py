"""A secret in three shares, any two of which give it back and one of which tells nothing.

Shamir's scheme (1979) with threshold 2 over GF(2^8) modulo x^8+x^4+x^3+x+1, byte by byte: share x is secret + slope·x.
For a fixed share every secret is possible with exactly one slope, so one share alone carries no information.

On paper a share is six parts between colons, in Crockford's base 32 (no I, L, O, U):
`GCHAT1:moph:2:7F3KQ9ZX:ABCD-EFGH-…:4M7TWX2P` is format, agency, share number, set, payload, checksum. Reading it
forgives case, spaces, dashes, full-width signs, Thai digits, and O, I, L typed for 0, 1, 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field

from appliance.vault.refusals import Reason, wrong
from search_index.stream_safe import stream_safe

NEEDED = 2
SECRET_BYTES = 32
NUMBERS = (1, 2, 3)
_FORMAT = "GCHAT1"
_SET_BYTES = 5
_CHECK_BYTES = 5
_PARTS = 6
_REDUCER = 0x1B
_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITE = str.maketrans(_RFC_4648, _CROCKFORD)
_READ = str.maketrans(_CROCKFORD + "OILU", _RFC_4648 + "ABB!", "-")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_AGENCY = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Share:
    """One officer's share: `number` is 1 to 3, `set_id` (5 random bytes) is common to the three."""

    agency: str
    number: int
    set_id: bytes
    payload: bytes = field(repr=False)


def split(secret: bytes, agency: str) -> tuple[Share, Share, Share]:
    """Three shares of `secret` (32 bytes), new ones at every call.

    Raises ValueError for an agency id a share cannot carry.
    """
    if not _AGENCY.fullmatch(agency.lower()):
        raise ValueError(f"agency id {agency!r} cannot be printed on a share")
    set_id, slope = os.urandom(_SET_BYTES), os.urandom(SECRET_BYTES)
    first, second, third = (Share(agency.lower(), x, set_id, point(secret, slope, x)) for x in NUMBERS)
    return first, second, third


def point(secret: bytes, slope: bytes, x: int) -> bytes:
    """The value at `x` of the line that is `secret` at 0."""
    return bytes(s ^ _multiply(a, x) for s, a in zip(secret, slope, strict=True))


def join(shares: list[Share]) -> bytes:
    """The secret of two or three shares of one set.

    Raises WrongKey: `shares_too_few`, `shares_same`, `shares_of_two_sets` (also if a third share is off the line).
    """
    if len(shares) < NEEDED:
        raise wrong(Reason.SHARES_TOO_FEW)
    if len({share.number for share in shares}) != len(shares):
        raise wrong(Reason.SHARES_SAME)
    if len({(share.agency, share.set_id) for share in shares}) != 1:
        raise wrong(Reason.SHARES_OF_TWO_SETS)
    one, two, *rest = shares
    run = _invert(one.number ^ two.number)
    slope = bytes(_multiply(a ^ b, run) for a, b in zip(one.payload, two.payload, strict=True))
    secret = point(one.payload, slope, one.number)
    if any(point(secret, slope, other.number) != other.payload for other in rest):
        raise wrong(Reason.SHARES_OF_TWO_SETS)
    return secret


def write_share(share: Share) -> str:
    """The share as an officer keeps it on paper."""
    payload = _encode(share.payload)
    groups = "-".join(payload[i : i + 4] for i in range(0, len(payload), 4))
    return ":".join(
        (_FORMAT, share.agency, str(share.number), _encode(share.set_id), groups, _encode(_checksum(share)))
    )


def read_share(text: str) -> Share:
    """The share an officer typed. Raises WrongKey: `share_form`, `share_checksum`; never repeats what was typed."""
    parts = _plain(text).split(":")
    if len(parts) != _PARTS or parts[0] != _FORMAT or parts[2] not in map(str, NUMBERS):
        raise wrong(Reason.SHARE_FORM)
    try:
        share = Share(parts[1].lower(), int(parts[2]), _decode(parts[3]), _decode(parts[4]))
        checksum = _decode(parts[5])
    except binascii.Error:
        raise wrong(Reason.SHARE_FORM) from None
    if len(share.payload) != SECRET_BYTES or len(share.set_id) != _SET_BYTES:
        raise wrong(Reason.SHARE_FORM)
    if checksum != _checksum(share):
        raise wrong(Reason.SHARE_CHECKSUM, share=share.number)
    return share


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", stream_safe(text)).translate(_DASHES).translate(_THAI_DIGITS).upper()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")


def _checksum(share: Share) -> bytes:
    """40 bits over the share itself: a mistyped one passes once in 10^12, and it says nothing of the other shares."""
    head = f"gchat-share/1\0{share.agency}\0{share.number}\0".encode()
    return hashlib.sha256(head + share.set_id + share.payload).digest()[:_CHECK_BYTES]


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").translate(_WRITE)


def _decode(text: str) -> bytes:
    digits = text.translate(_READ)
    if not digits.isascii():
        raise binascii.Error("a letter outside the alphabet")
    return base64.b32decode(digits + "=" * (-len(digits) % 8))


def _multiply(a: int, b: int) -> int:
    product = 0
    for bit in range(8):
        product ^= a * ((b >> bit) & 1)
        a = ((a << 1) & 0xFF) ^ (_REDUCER * (a >> 7))
    return product


def _invert(a: int) -> int:
    """a^254, which is 1/a for every a but 0 (numbers differ, so 0 does not occur)."""
    power = 1
    for _ in range(254):
        power = _multiply(power, a)
    return power
