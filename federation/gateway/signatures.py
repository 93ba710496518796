"""Signed requests between gateways: whose they are, that they are new, and that nothing of them was altered.

Rules, on top of the profile of `federation/http_signatures.py`: the key is a gateway key, good now, of the very agency
that opened the connection; a nonce counts once for each peer; a peer whose clock is too far off gets our time in `Date`
and is refused. Every request is read whole first, up to the bound of its kind.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, Protocol

from aiohttp import web

from appliance.errors import Invalid, TooLarge, Unauthenticated
from federation import http_signatures
from federation.gateway.keys import KeyUse

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from federation.gateway.gateway import Gateway
    from federation.gateway.session import Session

NONCE_S: Final = 300
MAX_NONCES: Final = 20_000
"""Of one peer in that time; one who needs more is refused until some are forgotten."""
_NONCE_BYTES: Final = 16


class OpenLinks(Protocol):
    """Where the links are found."""

    def open_to(self, peer: str) -> Session | None:
        """Return the link to a peer that has greeted."""


class NoSigningKey(Unauthenticated):
    """The registry lists no gateway key of ours that is good now."""

    code = "peer_signature"


class Signatures:
    """Signs our requests and checks those of peers."""

    def __init__(self, gateway: Gateway, links: OpenLinks) -> None:
        self._gateway, self._links = gateway, links
        self._nonces: dict[str, dict[str, int]] = {}

    async def body_of(self, request: web.Request, peer: str, most: int) -> bytes:
        """Return the body of a peer's request whose signature counts. Raises Unauthenticated, TooLarge, Invalid."""
        if (request.content_length or 0) > most:
            raise TooLarge
        body = await self._read(request, most)
        now = self._gateway.seconds()
        link = self._links.open_to(peer)
        if link is not None and link.refuses_signed_requests:
            raise Unauthenticated("clock", code="peer_signature")
        agency = f"{peer}/"

        def key_of(key_id: str) -> Ed25519PublicKey | None:
            if not key_id.startswith(agency):
                return None
            return self._gateway.roster.signing_key(peer, key_id.removeprefix(agency), now)

        if any(len(request.headers.getall(name, ())) != 1 for name in http_signatures.HEADERS):
            raise Unauthenticated("profile", code="peer_signature")
        try:
            found = http_signatures.verify(request.method, _target(request), request.headers, body, key_of, now)
        except http_signatures.SignatureError as error:
            raise Unauthenticated(str(error.code), code="peer_signature") from error
        self._use(peer, found.nonce, now)
        return body

    def sign(self, method: str, url: str, content_type: str, body: bytes) -> dict[str, str]:
        """Return the headers of one of our requests. Raises NoSigningKey."""
        own = self._gateway.key(KeyUse.GATEWAY)
        if own is None:
            raise NoSigningKey
        key_id = f"{self._gateway.agency}/{own.id}"
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        return http_signatures.sign(method, url, content_type, body, key_id, own.signs, self._gateway.seconds(), nonce)

    async def _read(self, request: web.Request, most: int) -> bytes:
        found = bytearray()
        try:
            async for piece in request.content.iter_any():
                found += piece
                if len(found) > most:
                    raise TooLarge
        except (ConnectionError, web.RequestPayloadError) as error:
            raise Invalid(str(error), code="bad_request") from error
        return bytes(found)

    def _use(self, peer: str, nonce: str, now: int) -> None:
        """Note a nonce. Raises Unauthenticated for one that was used, and where too many are kept."""
        used = self._nonces.setdefault(peer, {})
        if len(used) >= MAX_NONCES:
            self._nonces[peer] = used = {each: at for each, at in used.items() if now - at < NONCE_S}
        if nonce in used or len(used) >= MAX_NONCES:
            raise Unauthenticated("nonce", code="peer_signature")
        used[nonce] = now


def _target(request: web.Request) -> str:
    """Return the whole address as the peer wrote it."""
    return f"{request.scheme}://{request.headers.get('Host', '')}{request.raw_path}"
