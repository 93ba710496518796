"""Signatures of HTTP requests between gateways: one fixed profile of RFC 9421, with the digest of RFC 9530.

A request is signed with Ed25519 over exactly four components, in this order: method, whole address, media type, digest
of the body. Nothing is negotiated. Rules:
- the parameters are `created`, `expires` at most 60 s later, `nonce`, `keyid`, `tag`, in this order and form; a request
  with other components, another tag, or more than one signature is not of the profile;
- it counts from `created` to `expires`, with `SKEW_S` for clocks that differ;
- the digest is that of the bytes that came. What is signed is what stands in the headers, never what would stand there.

Example: headers = sign("GET", url, "application/json", b"", "moph/gw-2026a", key, created=now, nonce="k3Jx…")

Pure: times and nonces are arguments. Does not remember nonces or know whose a key is (`gateway/signatures.py`).
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADERS: Final = ("Content-Type", "Content-Digest", "Signature-Input", "Signature")
"""What a signed request has, each once."""
COMPONENTS: Final = ("@method", "@target-uri", "content-type", "content-digest")
TAG: Final = "gchat-fed-v1"
LIFE_S: Final = 60
SKEW_S: Final = 120
MAX_HEADER: Final = 1_024
_LABEL: Final = "fed"
_LISTED: Final = " ".join(f'"{name}"' for name in COMPONENTS)
_INPUT: Final = re.compile(
    rf"{_LABEL}=(?P<params>\({re.escape(_LISTED)}\);created=(?P<created>[0-9]{{1,12}});expires=(?P<expires>[0-9]{{1,12}})"
    rf';nonce="(?P<nonce>[A-Za-z0-9_-]{{16,64}})";keyid="(?P<key_id>[a-z0-9/_-]{{1,80}})";tag="{TAG}")',
    re.ASCII,
)
_SIGNATURE: Final = re.compile(rf"{_LABEL}=:([A-Za-z0-9+/]{{86}}==):", re.ASCII)


class SignatureError(ValueError):
    """A request whose signature does not count: `profile`, `digest`, `expired`, `key` or `signature`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose key has signed a request, once (`nonce`), and when (s UTC)."""

    key_id: str
    nonce: str
    created: int


def sign(  # noqa: PLR0917 - the parts of a request
    method: str,
    url: str,
    content_type: str,
    body: bytes,
    key_id: str,
    key: Ed25519PrivateKey,
    created: int,
    nonce: str,
) -> dict[str, str]:
    """Return the headers of a signed request; `created` is s UTC."""
    expires = created + LIFE_S
    params = f'({_LISTED});created={created};expires={expires};nonce="{nonce}";keyid="{key_id}";tag="{TAG}"'
    digest = digest_of(body)
    signature = key.sign(base(zip(COMPONENTS, (method, url, content_type, digest), strict=True), params))
    return {
        "Content-Type": content_type,
        "Content-Digest": digest,
        "Signature-Input": f"{_LABEL}={params}",
        "Signature": f"{_LABEL}=:{b64encode(signature).decode()}:",
    }


def verify(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    key_of: Callable[[str], Ed25519PublicKey | None],
    now: int,
) -> Verified:
    """Return whose key has signed a request, by `key_of` its id; `now` is s UTC. Raises SignatureError."""
    content_type, digest, said, given = (headers.get(name, "") for name in HEADERS)
    params, signature = _INPUT.fullmatch(said[: MAX_HEADER + 1]), _SIGNATURE.fullmatch(given[: MAX_HEADER + 1])
    if params is None or signature is None or not content_type or "\n" in content_type + url + method:
        raise SignatureError("profile")
    created, expires = int(params["created"]), int(params["expires"])
    if not created < expires <= created + LIFE_S:
        raise SignatureError("profile")
    if not created - SKEW_S <= now <= expires + SKEW_S:
        raise SignatureError("expired")
    if not hmac.compare_digest(digest.encode(), digest_of(body).encode()):
        raise SignatureError("digest")
    key = key_of(params["key_id"])
    if key is None:
        raise SignatureError("key")
    signed = base(zip(COMPONENTS, (method, url, content_type, digest), strict=True), params["params"])
    try:
        key.verify(b64decode(signature[1], validate=True), signed)
    except (InvalidSignature, binascii.Error) as error:
        raise SignatureError("signature") from error
    return Verified(params["key_id"], params["nonce"], created)


def base(components: Iterable[tuple[str, str]], params: str) -> bytes:
    """Return the bytes that are signed (RFC 9421 §2.5): a line for each component, then the parameters."""
    lines = [f'"{name}": {value}' for name, value in (*components, ("@signature-params", params))]
    return "\n".join(lines).encode()


def digest_of(body: bytes) -> str:
    """Return the Content-Digest of a body (RFC 9530 §2)."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
