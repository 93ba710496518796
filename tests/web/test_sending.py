"""Answers that are sent piece by piece to clients that go away."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from appliance.services import Services
from appliance.web.application import Application
from appliance.web.call import Call
from appliance.web.sending import send_pieces


async def test_a_client_that_leaves_before_the_head_of_the_answer_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    ended = list[web.StreamResponse]()

    async def handler(request: web.Request) -> web.StreamResponse:
        async def pieces() -> AsyncIterator[bytes]:
            assert request.transport is not None
            request.transport.abort()
            request.protocol.connection_lost(None)
            yield b"x"

        call = Call(cast("Application", None), cast("Services", None), request, "r_1", "::1")
        ended.append(await send_pieces(call, 200, {}, 1, pieces()))
        return ended[-1]

    app = web.Application()
    app.router.add_get("/", handler)
    with caplog.at_level(logging.INFO):
        async with TestClient(TestServer(app)) as client:
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.get("/")
    assert len(ended) == 1
    assert "r_1 was left by its client" in caplog.text
    assert "Traceback" not in caplog.text
