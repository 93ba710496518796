"""Envelopes: a text, exactly as it was signed, with the signatures of several keys.

What an agency sends to the operator of the registry travels so: the request to be enrolled, and changes of its keys.
Each signature is over the pre-authentication encoding (DSSE) of type and payload, so none counts for another type, nor
for anything else that these keys sign. Rules:
- the payload is canonical JSON, and is verified as the bytes that came, never written anew;
- Ed25519 for keys that sign notes, seals and envelopes; ECDSA on P-256 with SHA-256 for the keys of TLS;
- what is not signed by whom it should be is refused with the names of all that are missing.

Pure. Does not know what is signed (`enrolment`, `changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from appliance.evidence import base64url, canonical
from appliance.evidence.errors import EvidenceError, NotCanonicalError
from appliance.evidence.statements import pae
from federation.registry.document import RegistryError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENVELOPE: Final = 256 * 1024
_MAX_SIGNATURES: Final = 80
_SIGNATURE_BYTES: Final = 64

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
T = TypeVar("T")

SignatureText = Annotated[str, Meta(min_length=40, max_length=120, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was signed, as text, and the signatures by the names of their keys (base64url)."""

    type: Annotated[str, Meta(max_length=64)]
    payload: Annotated[str, Meta(max_length=canonical.MAX_BODY)]
    sigs: Annotated[dict[Annotated[str, Meta(max_length=64)], SignatureText], Meta(max_length=_MAX_SIGNATURES)] = {}


_DECODER: Final = msgspec.json.Decoder(Envelope)


def enclose(kind: str, content: msgspec.Struct) -> Envelope:
    """Return what is to be signed, without signatures yet. Raises RegistryError."""
    try:
        payload = canonical.encode(msgspec.to_builtins(content))
    except NotCanonicalError as error:
        raise RegistryError("shape", str(error)) from error
    return Envelope(type=kind, payload=payload.decode())


def parse(data: bytes) -> Envelope:
    """Return an envelope, unverified. Raises RegistryError."""
    if len(data) > MAX_ENVELOPE:
        raise RegistryError("too_large", f"{len(data)} bytes")
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RegistryError("shape", str(error)) from error


def encode(envelope: Envelope) -> bytes:
    """Return an envelope as a file for people to carry."""
    return msgspec.json.format(msgspec.json.encode(envelope, order="deterministic"), indent=2) + b"\n"


def read(envelope: Envelope, kind: str, shape: type[T]) -> T:
    """Return what an envelope of a type says, unverified. Raises RegistryError."""
    if envelope.type != kind:
        raise RegistryError("type", envelope.type)
    try:
        value: Any = canonical.decode(envelope.payload.encode())
        return msgspec.convert(value, shape)
    except (NotCanonicalError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise RegistryError("shape", str(error)) from error


def message(envelope: Envelope) -> bytes:
    """Return the bytes that each key signs."""
    return pae(envelope.type, envelope.payload.encode())


def sign(envelope: Envelope, name: str, key: PrivateKey) -> Envelope:
    """Return the envelope with the signature of one more key, in the place of a former one of it."""
    if isinstance(key, Ed25519PrivateKey):
        signature = key.sign(message(envelope))
    else:
        signature = key.sign(message(envelope), ec.ECDSA(hashes.SHA256()))
    return msgspec.structs.replace(envelope, sigs={**envelope.sigs, name: base64url.encode(signature)})


def missing(envelope: Envelope, keys: Mapping[str, PublicKey]) -> list[str]:
    """Return the names of keys that have not signed."""
    return [name for name in keys if name not in envelope.sigs]


def verify(envelope: Envelope, keys: Mapping[str, PublicKey]) -> None:
    """Refuse an envelope that is not signed by each of these keys, and by no other. Raises RegistryError."""
    if absent := missing(envelope, keys):
        raise RegistryError("not_signed", ", ".join(absent))
    if strangers := [name for name in envelope.sigs if name not in keys]:
        raise RegistryError("signed_by_others", ", ".join(strangers))
    bytes_signed = message(envelope)
    for name, key in keys.items():
        if not _is_signature(key, envelope.sigs[name], bytes_signed):
            raise RegistryError("signature", name)


def _is_signature(key: PublicKey, text: str, signed: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(base64url.decode(text, _SIGNATURE_BYTES), signed)
        else:
            key.verify(_der(text), signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, EvidenceError):
        return False
    return True


def _der(text: str) -> bytes:
    """Return the bytes of a signature whose length varies."""
    return base64url.decode(text, len(text) * 3 // 4)
