"""The request by which an agency asks to be listed, made on its gateway and signed by every key that it names.

The gateway has its own keys and those of the channel; the identity key comes from the officer's stick, the log key from
the appliance. What the request must be is in `federation/registry/enrolment.py`. Pure: times and keys are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from federation.gateway.folder import Keys, witness_key
from federation.gateway.keys import YEAR_S, KeyUse
from federation.registry import enrolment, signed
from federation.registry.document import Key, Pin, RegistryError, Use

if TYPE_CHECKING:
    from appliance.evidence.note import Signer
    from federation.registry.signed import PrivateKey

LOG_KEY: str = "log-1"
IDENTITY_KEY: str = "id-1"


@dataclass(frozen=True, slots=True)
class Asked:
    """What people say of the agency, and the number that the operator gave for the request."""

    names: enrolment.Names
    endpoint: str
    letter_sha256: str
    nonce: str
    officer: str


def request(keys: Keys, identity: Ed25519PrivateKey, log: Signer, asked: Asked, now: int) -> bytes:
    """Return the signed request as a file to carry. Raises RegistryError for one that would be refused."""
    draft = enrolment.draft(
        enrolment.Enrolment(
            agency=asked.names,
            ep=[asked.endpoint],
            keys=_listed(keys, identity, log, now),
            tls=[
                Pin(spki=key.public, cert=base64url.encode(key.certificate), nbf=key.nbf, exp=key.exp)
                for key in keys.of(KeyUse.CHANNEL)
            ],
            letter_sha256=asked.letter_sha256,
            nonce=asked.nonce,
            ts=now,
            officers=[enrolment.Officer(name=asked.officer)],
        )
    )
    for name, private in _signers(keys, identity, log).items():
        draft = signed.sign(draft, name, private)
    return signed.encode(draft)


def sign(keys: Keys, file: bytes) -> bytes:
    """Return a request that was drafted elsewhere with the signatures of all of the gateway's keys that it names.

    Raises RegistryError for what is none, and for one that names another agency or none of the keys.
    """
    envelope = signed.parse(file)
    asked = enrolment.read(envelope)
    if asked.agency.slug != keys.agency:
        raise RegistryError("another_agency", asked.agency.slug)
    wanted = enrolment.signers(asked)
    own = {name: private for name, private in _own(keys).items() if name in wanted}
    if not own:
        raise RegistryError("no_such_key", keys.agency)
    for name, private in own.items():
        envelope = signed.sign(envelope, name, private)
    return signed.encode(envelope)


def _listed(keys: Keys, identity: Ed25519PrivateKey, log: Signer, now: int) -> dict[str, Key]:
    found = {key.id: Key(use=Use.GATEWAY, pub=key.public, nbf=key.nbf, exp=key.exp) for key in keys.of(KeyUse.GATEWAY)}
    found |= {
        key.id: Key(use=Use.WITNESS, vkey=witness_key(keys, key), nbf=key.nbf, exp=key.exp)
        for key in keys.of(KeyUse.WITNESS)
    }
    found[LOG_KEY] = Key(use=Use.LOG, vkey=log.verifier.vkey, nbf=now, exp=now + YEAR_S)
    public = base64url.encode(identity.public_key().public_bytes_raw())
    life = enrolment.LIFE_S[Use.IDENTITY]
    found[IDENTITY_KEY] = Key(use=Use.IDENTITY, pub=public, nbf=now, exp=now + life)
    return found


def _signers(keys: Keys, identity: Ed25519PrivateKey, log: Signer) -> Mapping[str, PrivateKey]:
    return {**_own(keys), LOG_KEY: log.key, IDENTITY_KEY: identity}


def _own(keys: Keys) -> dict[str, PrivateKey]:
    return {key.public if key.use is KeyUse.CHANNEL else key.id: key.private for key in keys.own}
