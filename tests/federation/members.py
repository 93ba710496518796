"""Agencies with gateways for tests: real keys, one registry that lists them, and gateways that know it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from appliance.evidence.note import Verifier
from appliance.vault.master import MasterKey
from appliance.vault.record import SourceKind
from federation.gateway import folder
from federation.gateway.gateway import Gateway
from federation.gateway.keys import KeyUse, OwnKey, new_key
from federation.gateway.settings import ApplianceSocket, Dialling, Limits, Settings
from federation.registry import document
from tests.federation import registries

NOW_S = registries.START + 30 * document.DAY_S
NOW = NOW_S * 1000
LOOPBACK = ("127.0.0.0/8",)


class Clock:
    """Times that a test moves: ms UTC, and seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    def pass_s(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@dataclass
class Member:
    """One agency: its gateway's keys, and where it listens."""

    slug: str
    own: tuple[OwnKey, ...] = ()
    endpoint: str = ""
    log: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    def __post_init__(self) -> None:
        if not self.own:
            self.own = tuple(new_key(use, self.slug, (), registries.START) for use in KeyUse)

    @property
    def domain(self) -> str:
        return f"{self.slug}.test"

    @property
    def keys(self) -> folder.Keys:
        """The keys as the gateway opens them."""
        return folder.Keys(self.slug, self.domain, self.own, SourceKind.FILE, MasterKey(os.urandom(32)))

    def of(self, use: KeyUse) -> OwnKey:
        """The first key of a use."""
        return next(key for key in self.own if key.use is use)

    @property
    def witness(self) -> Verifier:
        """The witness key as others know it."""
        return Verifier.from_vkey(folder.witness_key(self.keys, self.of(KeyUse.WITNESS)))

    def listed(self, **changes: Any) -> document.Agency:
        """The agency as the registry has it."""
        gateway, witness = (self.of(use).signs for use in (KeyUse.GATEWAY, KeyUse.WITNESS))
        keys = registries.Keys(self.slug, self.domain, gateway, self.log, witness)
        found: dict[str, Any] = {"tls": [pin_of(key) for key in self.keys.of(KeyUse.CHANNEL)]}
        if self.endpoint:
            found["ep"] = [self.endpoint]
        return registries.agency(keys, **(found | changes))


def pin_of(key: OwnKey, **changes: Any) -> document.Pin:
    """A key of the channel as the registry has it."""
    found: dict[str, Any] = {"spki": key.public, "cert": base64url.encode(key.certificate), "nbf": registries.START}
    return document.Pin(**(found | {"exp": registries.START + registries.YEAR} | changes))


def revoked(reg: int) -> list[document.Change]:
    """The history of an agency that was revoked in a version."""
    return [
        document.Change(reg=1, status=document.Standing.ACTIVE),
        document.Change(reg=reg, status=document.Standing.REVOKED),
    ]


def gateway_of(member: Member, folder_: Path, clock: Clock, **limits: int) -> Gateway:
    """A gateway that knows nobody yet and may dial loopback."""
    settings = Settings(
        folder_,
        peers=Dialling(LOOPBACK),
        appliance=ApplianceSocket(str(folder_ / "gateway.sock")),
        limits=Limits(**limits),
    )
    return Gateway(settings, member.keys, clock, clock.monotonic)
