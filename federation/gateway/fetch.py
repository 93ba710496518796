"""Signed requests to peers: what the appliance wants to know of them, and links that are made of requests.

Rules: only to addresses of the registry, as `dialler` has it; the answer is read up to the bound of its kind and goes
to the appliance as it is; redirects are not followed. Each of a peer's addresses is tried in turn until one answers.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import ClientError, ClientTimeout

from appliance.errors import AppError
from federation.gateway import requests
from federation.gateway.channels import ChannelClosed
from federation.gateway.messages import Failed, Fetch, Fetched, Result
from federation.gateway.server import EXCHANGE
from federation.protocol.frames import MAX_LIST, FrameError, encode, encode_list, parse_list
from federation.registry.document import MAX_DOCUMENT

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from federation.gateway.gateway import Gateway
    from federation.gateway.signatures import Signatures

logger = logging.getLogger(__name__)
FETCH_S: Final = 30.0
EXCHANGE_S: Final = 60.0
NO_PEER: Final = "no_peer"
UNREACHABLE: Final = "unreachable"
REFUSED: Final = "refused"


class AnswerTooLarge(ClientError):
    """A peer answered with more than a request of its kind may bring."""


class _Request(NamedTuple):
    """What is asked: `most` is how many bytes the answer may have."""

    method: str
    url: str
    media_type: str
    body: bytes
    most: int


class Fetcher:
    """Asks peers over the one HTTP client of the gateway."""

    def __init__(self, gateway: Gateway, client: ClientSession, signatures: Signatures) -> None:
        self._gateway, self._client, self._signatures = gateway, client, signatures

    async def fetch(self, job: Fetch) -> Result:
        """Return what a peer answered, or why nobody did."""
        form = requests.FORMS[job.kind]
        agency = self._gateway.roster.active(job.peer)
        try:
            path = requests.path_of(job.kind, job.target, job.body)
        except requests.Malformed:
            return Failed(job.job, REFUSED)
        if agency is None or job.peer == self._gateway.agency:
            return Failed(job.job, NO_PEER)
        for address in agency.ep:
            try:
                status, body = await self._ask(
                    job.peer, _Request(form.method, address + path, form.media_type, job.body, form.most_answer)
                )
            except (ClientError, OSError, TimeoutError, AppError) as error:
                logger.info("%s: %s of %s: %r", job.peer, job.kind, address, error)
                continue
            return Fetched(job.job, status, body)
        return Failed(job.job, UNREACHABLE)

    async def exchange(self, peer: str, address: str, link: str, frames: list[bytes]) -> list[bytes]:
        """Bring frames of a link that is made of requests, and return those of the peer. Raises ChannelClosed."""
        url = f"{address}{EXCHANGE}?link={link}"
        try:
            status, body = await self._ask(
                peer, _Request("POST", url, requests.JSON, encode_list(frames), MAX_LIST), EXCHANGE_S
            )
            if status != 200:
                raise ChannelClosed(f"{status} of {peer}")
            return [encode(frame) for frame in parse_list(body)]
        except (ClientError, OSError, TimeoutError, AppError, FrameError) as error:
            raise ChannelClosed(repr(error)) from error

    async def registry_file(self, peer: str, name: str) -> tuple[int, bytes]:
        """Return status and content of a file of the registry at a peer. Raises ChannelClosed."""
        agency = self._gateway.roster.active(peer)
        for address in agency.ep if agency is not None else ():
            with contextlib.suppress(ClientError, OSError, TimeoutError, AppError):
                url = f"{address}{requests.REGISTRY}{name}"
                return await self._ask(peer, _Request("GET", url, requests.JSON, b"", MAX_DOCUMENT))
        raise ChannelClosed(UNREACHABLE)

    async def _ask(self, peer: str, request: _Request, seconds: float = FETCH_S) -> tuple[int, bytes]:
        """Return status and body of a peer's answer."""
        context = self._gateway.context_for(peer)
        if context is None:
            raise ChannelClosed("one of the two has no key that counts")
        headers = self._signatures.sign(request.method, request.url, request.media_type, request.body)
        async with self._client.request(
            request.method, request.url, data=request.body, headers=headers, ssl=context, allow_redirects=False,
            timeout=ClientTimeout(total=seconds),
        ) as answer:  # fmt: skip
            found = bytearray()
            async for piece in answer.content.iter_any():
                found += piece
                if len(found) > request.most:
                    raise AnswerTooLarge(f"more than {request.most} bytes")
            return answer.status, bytes(found)
