"""Registry documents for tests: agencies with real keys, and what a test changes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from appliance.evidence.note import KeyType, Signer
from federation.registry import document

START = 1_767_225_600
YEAR = 365 * document.DAY_S


@dataclass(frozen=True)
class Keys:
    """The private keys of an agency, by the ids they have in the registry."""

    slug: str
    domain: str
    gw: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    log: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)
    wit: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    def signer(self, use: document.Use) -> Signer:
        """Return what signs notes: the log key or the witness key."""
        kind, key = {
            document.Use.LOG: (KeyType.ED25519, self.log),
            document.Use.WITNESS: (KeyType.COSIGNATURE, self.wit),
        }[use]
        return Signer(document.key_name(self.domain, self.slug, use), kind, key)


def keys_of(slug: str) -> Keys:
    """New keys for an agency."""
    return Keys(slug, f"{slug}.test")


def agency(of: Keys, /, **changes: Any) -> document.Agency:
    """An active agency with these keys, since the first version."""
    found: dict[str, Any] = {
        "th": f"หน่วยงาน {of.slug}",
        "en": f"Agency {of.slug}",
        "domain": of.domain,
        "ep": [f"https://gw.{of.domain}:8443"],
        "keys": {
            "gw-2026a": document.Key(
                use=document.Use.GATEWAY,
                pub=base64url.encode(of.gw.public_key().public_bytes_raw()),
                nbf=START,
                exp=START + YEAR,
            ),
            "log-2026a": document.Key(
                use=document.Use.LOG, vkey=of.signer(document.Use.LOG).verifier.vkey, nbf=START, exp=START + YEAR
            ),
            "wit-2026a": document.Key(
                use=document.Use.WITNESS,
                vkey=of.signer(document.Use.WITNESS).verifier.vkey,
                nbf=START,
                exp=START + YEAR,
            ),
        },
        "tls": [],
        "history": [document.Change(reg=1, status=document.Standing.ACTIVE, at=START)],
    }
    return document.Agency(**(found | changes))


def registry(*members: document.Agency, reg: int = 1, slugs: tuple[str, ...] = ()) -> document.Document:
    """A registry of these agencies, by the first part of their domains or by `slugs`."""
    names = slugs or tuple(member.domain.partition(".")[0] for member in members)
    return document.Document(reg=reg, agencies=dict(zip(names, members, strict=True)))
