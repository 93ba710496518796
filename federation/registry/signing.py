"""What a holder of a key signs by themselves, on a machine of their own: a request in a file, a signature in a file.

The request holds the metadata and, for `targets`, the whole document, so that a holder sees what is signed and not its
hash alone. Rules: the document of a request is the one that its metadata names; a signature counts only over the bytes
of the draft that waits. Pure.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta
from securesystemslib.signer import Signature
from tuf.api.metadata import Metadata, Root, Targets

from federation.registry import document as documents
from federation.registry import roles
from federation.registry.document import MAX_DOCUMENT, Document, RegistryError
from federation.registry.roles import TARGET, Holder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LONGEST: Final = 3 * MAX_DOCUMENT


class SigningRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft that waits for signatures. `document` is that of targets, `before` the published one."""

    metadata: Annotated[str, Meta(max_length=roles.MAX_METADATA)]
    document: str = ""
    before: str = ""


class HolderSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holder's signature, for one draft of a role alone."""

    role: Annotated[str, Meta(max_length=16)]
    version: Annotated[int, Meta(ge=1)]
    keyid: Annotated[str, Meta(min_length=64, max_length=64)]
    sig: Annotated[str, Meta(min_length=128, max_length=128, pattern=r"^[0-9a-f]+$(?!\n)")]


class Asked(msgspec.Struct, frozen=True):
    """What a holder is asked to sign."""

    metadata: Metadata[Any]
    document: Document | None
    before: Document | None


def parse_request(data: bytes) -> Asked:
    """Return what a request asks for. Raises RegistryError."""
    if len(data) > _LONGEST:
        raise RegistryError("too_large", f"{len(data)} bytes")
    try:
        found = msgspec.json.decode(data, type=SigningRequest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RegistryError("shape", str(error)) from error
    text = found.metadata.encode()
    if not found.document:
        return Asked(roles.read(text, Root), None, None)
    targets = roles.read(text, Targets)
    if roles.target_name(targets.signed) != f"{sha256(found.document.encode()).hexdigest()}.{TARGET}":
        raise RegistryError("another_document")
    before = documents.parse(found.before.encode()) if found.before else None
    return Asked(targets, documents.parse(found.document.encode()), before)


def parse_signature(data: bytes) -> HolderSignature:
    """Return a holder's signature, unverified. Raises RegistryError."""
    try:
        return msgspec.json.decode(data, type=HolderSignature)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RegistryError("shape", str(error)) from error


def sign(asked: Asked, holder: Holder, key: Ed25519PrivateKey) -> HolderSignature:
    """Return a holder's signature of what is asked."""
    signed = asked.metadata.signed
    signature = key.sign(asked.metadata.signed_bytes).hex()
    return HolderSignature(role=signed.type, version=signed.version, keyid=holder.key.keyid, sig=signature)


def add(metadata: Metadata[Any], known: Iterable[Root], signature: HolderSignature) -> None:
    """Add a holder's signature to a draft. `known` are the roots that list who may sign. Raises RegistryError."""
    signed = metadata.signed
    if (signature.role, signature.version) != (signed.type, signed.version):
        raise RegistryError("another_draft", f"{signature.role} {signature.version}")
    allowed = [root for root in known if signature.keyid in root.roles[signed.type].keyids]
    if not allowed:
        raise RegistryError("no_holder", signature.keyid)
    public = bytes.fromhex(str(allowed[0].keys[signature.keyid].keyval["public"]))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature.sig), metadata.signed_bytes)
    except InvalidSignature as error:
        raise RegistryError("signature", signature.keyid) from error
    metadata.signatures[signature.keyid] = Signature(signature.keyid, signature.sig)
