"""Gateway seals: whether an agency's gateway signed the header of its entry (`docs/evidence.md` §7).

Checked for the keys that are given; the rest is counted as not checked, since keys come from the registry of agencies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.evidence.errors import ProofError
from appliance.evidence.note import KeyType
from appliance.evidence.offline.names import key_name
from appliance.evidence.offline.outcome import Failed, Usage
from appliance.evidence.offline.trust import parse_key
from appliance.evidence.offline.values import decode64url
from appliance.evidence.tree import leaf_hash, root_from_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evidence.note import Verifier
    from appliance.evidence.offline.entries import ParsedEntry

_CONTEXT: Final = b"gchat-seal-v1\n"


@dataclass(slots=True)
class Seals:
    """Gateway keys by agency and key id, those that were used, and what was done with the seals so far."""

    keys: dict[tuple[str, str], Verifier] = field(default_factory=dict)
    used: set[Verifier] = field(default_factory=set)
    checked: int = 0
    unchecked: dict[str, int] = field(default_factory=dict)
    _batches: set[tuple[bytes, bytes, str]] = field(default_factory=set)

    @classmethod
    def of(cls, vkeys: Sequence[str]) -> Seals:
        """Return the seals' check for gateway keys. Raises `Usage`."""
        keys: dict[tuple[str, str], Verifier] = {}
        for vkey in vkeys:
            key = parse_key(vkey)
            name = key_name(key.name) if key else None
            if key is None or name is None or name.key == "log" or key.key_type is not KeyType.ED25519:
                raise Usage("gateway_key", key=vkey)
            if keys.setdefault((name.agency, name.key), key).public != key.public:
                raise Usage("gateway_twice", key=key.name)
        return cls(keys)

    def check(self, entry: ParsedEntry) -> bool:
        """Return whether the entry has a seal that a given key made. A seal's path is checked without a key too.

        Raises `Failed` where path or signature are false.
        """
        seal = entry.seal
        if seal is None:
            return False
        root = _root(entry, seal)
        key = self.keys.get((entry.origin, seal["k"]))
        if key is None:
            name = f"{entry.origin}/{seal['k']}"
            self.unchecked[name] = self.unchecked.get(name, 0) + 1
            return False
        self._verify(entry, seal, root, key)
        self.used.add(key)
        self.checked += 1
        return True

    def _verify(self, entry: ParsedEntry, seal: dict[str, Any], root: bytes, key: Verifier) -> None:
        public = key.public
        try:
            if (public, root, seal["s"]) not in self._batches:
                Ed25519PublicKey.from_public_bytes(public).verify(decode64url(seal["s"]) or b"", _CONTEXT + root)
        except InvalidSignature as error:
            failed = Failed("seal", entry.n, origin=entry.origin)
            failed.keys = [key]
            raise failed from error
        self._batches = {(public, root, seal["s"])}


def _root(entry: ParsedEntry, seal: dict[str, Any]) -> bytes:
    path = [decode64url(node) or b"" for node in seal["p"]]
    try:
        return root_from_inclusion(leaf_hash(entry.header_text.encode()), seal["i"], seal["n"], path)
    except ProofError as error:
        raise Failed("seal", entry.n, origin=entry.origin) from error
