"""An answer that is sent piece by piece, in constant memory.

Rules: the first piece is read before anything is sent, so that what cannot be read at all is an error like any other.
What breaks later cannot be said any more: the connection is ended, and the client sees that bytes are missing. So it is
ended for whoever is signed out meanwhile, and for whoever takes nothing for a while (`listener.py`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance.errors import AppError
from appliance.web.streams import cut, still_signed_in
from appliance.web.unread import unread_by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from appliance.web.call import Call

logger = logging.getLogger(__name__)


KEEPS_UP: Final = 64 * 1024
"""Bytes that may wait for a client of whom one says that it takes what it is sent."""


def keeps_up(call: Call) -> bool:
    """Return whether a client has taken nearly all that it was sent: only then is more got ready for it."""
    transport = call.request.transport
    return transport is not None and unread_by(transport) < KEEPS_UP


async def send_pieces(
    call: Call, status: int, headers: Mapping[str, str], length: int, pieces: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Send `length` bytes that `pieces` give. Raises what the first of them raises."""
    first = await anext(pieces, b"")
    response = web.StreamResponse(status=status, headers={**headers, **call.headers, "X-Request-Id": call.request_id})
    response.content_length = length
    try:
        # The client may have gone while the first piece was read: then its headers cannot be sent either.
        await response.prepare(call.request)
        await response.write(first)
        async for piece in pieces:
            if not still_signed_in(call):
                break
            await response.write(piece)
        else:
            await response.write_eof()
            return response
    except AppError as error:
        logger.warning("%s ended while it was answered: %s", call.request_id, error.code)
    except ConnectionError:
        logger.info("%s was left by its client", call.request_id)
    cut(call.request)
    return response
