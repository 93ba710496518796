"""What peers ask beside their link: checked here for form and signature, answered by the appliance.

Rules: path, query and body are of the form that `requests` has for their kind, or the request is 400; the signature
counts (`signatures`), or it is 401; what the appliance answers goes out as it is, up to the bound of its kind.

Does not: know rooms, people or files: who may be told what is the appliance's to judge.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from appliance.errors import AppError, Invalid, NotFound
from federation.gateway import requests
from federation.gateway.gateway import Gateway
from federation.gateway.messages import Answered, Asked, Kind
from federation.gateway.server import Answer
from federation.gateway.signatures import Signatures
from federation.gateway.to_appliance import Appliance

MEDIA_TYPES: Final = ("application/json", "application/octet-stream", "text/plain", "text/x.tlog.size")


class Control:
    """Answers requests of peers by asking the appliance."""

    def __init__(self, gateway: Gateway, appliance: Appliance, signatures: Signatures) -> None:
        self._gateway, self._appliance, self._signatures = gateway, appliance, signatures

    def routes(self) -> dict[tuple[str, str], Answer]:
        """Return the routes, by method and path."""
        found = {(form.method, form.path): self._handler(kind) for kind, form in requests.FORMS.items()}
        return {**found, ("GET", f"{requests.REGISTRY}{{name:.+}}"): self._registry_file}

    async def _registry_file(self, request: web.Request, peer: str) -> web.StreamResponse:
        """Give a file of the registry as we have it: whoever gets it verifies it."""
        await self._signatures.body_of(request, peer, 0)
        content = self._gateway.registry_files.get(request.match_info["name"])
        if content is None:
            raise NotFound
        return web.Response(body=content, content_type="application/octet-stream")

    def _handler(self, kind: Kind) -> Answer:
        form = requests.FORMS[kind]

        async def answer(request: web.Request, peer: str) -> web.StreamResponse:
            body = await self._signatures.body_of(request, peer, form.most_body)
            if request.content_type != form.media_type:
                raise Invalid(code="unsupported_media_type")
            try:
                target = requests.read(kind, request.match_info, request.query.items(), body)
            except requests.Malformed as error:
                raise Invalid(str(error), code="peer_request") from error
            told = await self._appliance.ask(Asked(peer, kind, target, body), Answered)
            if len(told.body) > form.most_answer or told.media_type not in MEDIA_TYPES:
                raise AppError(f"{kind}: an answer of {len(told.body)} bytes, {told.media_type}")
            headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
            return web.Response(status=told.status, body=told.body, content_type=told.media_type, headers=headers)

        return answer
