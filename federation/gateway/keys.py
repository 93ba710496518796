"""A gateway's own keys: which there are, and which of them is in use.

| use | algorithm | for |
|---|---|---|
| `gw` | Ed25519 | seals, signed statements, signed requests |
| `wit` | Ed25519 | cosignatures of checkpoints |
| `tls` | ECDSA P-256 | the channel to other gateways |

Rules: a key is good from `nbf` to before `exp` (s UTC) as the registry lists it, and what the registry does not list
nobody would believe. Where two of a use are good, the newer one is used once every linked peer has seen the version
of the registry that lists it, or `SWITCH_S` after its `nbf`. The former stays in the folder until its end.

Pure: does not touch files (`folder`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from federation import tls
from federation.registry.document import public_key

if TYPE_CHECKING:
    from federation.registry.document import Agency

YEAR_S: Final = 366 * 86_400
SWITCH_S: Final = 48 * 3_600
"""How long after its beginning a new key waits for peers that have not said that they know it."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class KeyUse(StrEnum):
    """What a key is for."""

    GATEWAY = "gw"
    WITNESS = "wit"
    CHANNEL = "tls"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One key with its private half. `certificate` is that of a `tls` key (DER)."""

    id: str
    use: KeyUse
    nbf: int
    exp: int
    private: Ed25519PrivateKey | EllipticCurvePrivateKey = field(repr=False)
    certificate: bytes = b""

    @property
    def public(self) -> str:
        """What the registry lists: the 32 bytes of an Ed25519 key (base64url), or the pin of a `tls` key."""
        if isinstance(self.private, Ed25519PrivateKey):
            return base64url.encode(self.private.public_key().public_bytes_raw())
        return tls.spki_of(self.certificate)

    @property
    def signs(self) -> Ed25519PrivateKey:
        """The private half of a key that signs. Raises TypeError for a key of the channel."""
        if not isinstance(self.private, Ed25519PrivateKey):
            raise TypeError(f"{self.id} signs nothing")
        return self.private

    @property
    def identity(self) -> tls.Identity:
        """What the channel shows. Raises TypeError for a key that signs."""
        if not isinstance(self.private, EllipticCurvePrivateKey):
            raise TypeError(f"{self.id} is not the channel's")
        return tls.Identity(self.private, self.certificate)


@dataclass(frozen=True, slots=True)
class Listed:
    """A key of ours as the registry lists it; `seen` is the version in which this process first found it."""

    nbf: int
    until: int
    seen: int


def listed_in(agency: Agency, version: int, before: Mapping[str, Listed]) -> dict[str, Listed]:
    """Return the keys and pins of our agency in a version of the registry, by their public halves (`OwnKey.public`)."""
    dates = {base64url.encode(public_key(key).public_bytes_raw()): (key.nbf, key.until) for key in agency.keys.values()}
    dates |= {pin.spki: (pin.nbf, pin.exp) for pin in agency.tls}
    return {
        public: Listed(nbf, until, before[public].seen if public in before else version)
        for public, (nbf, until) in dates.items()
    }


def new_key(use: KeyUse, agency: str, others: Iterable[str], now: int) -> OwnKey:
    """Return a new key for a year from `now` (s UTC), with an id that is not among the `others`."""
    key_id = _free_id(use, others, now)
    if use is KeyUse.CHANNEL:
        channel = tls.new_key()
        return OwnKey(key_id, use, now, now + YEAR_S, channel, tls.certify(channel, agency))
    return OwnKey(key_id, use, now, now + YEAR_S, Ed25519PrivateKey.generate())


def in_use(
    own: Sequence[OwnKey], use: KeyUse, listed: Mapping[str, Listed], peers_know: int | None, now: int
) -> OwnKey | None:
    """Return the key of a use to work with; None where the registry lists none that is good at `now` (s UTC).

    `listed` is by public half; `peers_know` is the lowest version of the registry that a linked peer has, None without
    links.
    """
    dates = {key.id: listed.get(key.public) for key in own if key.use is use}
    good = [(found.nbf, key) for key in own if (found := dates.get(key.id)) and found.nbf <= now < found.until]
    if len(good) < 2:
        return good[0][1] if good else None
    *_, (_, former), (_, newest) = sorted(good, key=lambda item: item[0])
    found = listed[newest.public]
    everybody = peers_know is None or peers_know >= found.seen
    return newest if everybody or now >= found.nbf + SWITCH_S else former


def _free_id(use: KeyUse, others: Iterable[str], now: int) -> str:
    year = 1970 + int(now // 31_556_952)
    taken = set(others)
    for letter in _LETTERS:
        if (key_id := f"{use}-{year}{letter}") not in taken:
            return key_id
    raise ValueError(f"{use}: too many keys in a year")
