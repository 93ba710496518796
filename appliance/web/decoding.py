"""Decodes bodies and queries of requests into typed values, strictly, and checks their texts (`texts.py`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from appliance.errors import Invalid, TooLarge
from appliance.web.texts import refuse_unfit

if TYPE_CHECKING:
    from appliance.web.call import Call

BODY_S: Final = 15.0
"""How long the body of a request may take to arrive."""
SMALL_BODY: Final = 8 << 10
"""Bytes of a body that takes no turn to be read: nearly every message."""


async def read_body(call: Call, decoder: msgspec.json.Decoder[Any], most: int) -> object:
    """Decode a JSON body of at most `most` bytes strictly, its texts checked.

    Decoding and checking a large one takes the event loop milliseconds, so those of one person are read one at a time.
    Raises Invalid naming the field, or for one that takes too long or does not come to its end; TooLarge, TooMany.
    """
    length = call.request.content_length
    if call.session is None or (length is not None and length <= SMALL_BODY):
        return await _read(call.request, decoder, most)
    async with call.services.body_reads.slot(call.session.person):
        return await _read(call.request, decoder, most)


async def _read(request: web.Request, decoder: msgspec.json.Decoder[Any], most: int) -> object:
    if request.content_type != "application/json":
        raise Invalid(code="unsupported_media_type")
    if (request.content_length or 0) > most:
        raise TooLarge
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.content.iter_any():
                raw += part
                if len(raw) > most:
                    raise TooLarge
    except TimeoutError as error:
        raise Invalid(code="too_slow") from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Invalid(str(error), code="bad_request") from error
    try:
        body = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=field_of(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(str(error), code="bad_json") from error
    refuse_unfit(body)
    return body


def read_query(request: web.Request, kind: type) -> object:
    """Decode query parameters strictly: each at most once, unknown names refused, texts checked. Raises Invalid."""
    values: dict[str, str] = {}
    for name, value in request.query.items():
        if name in values:
            raise Invalid(field=name)
        values[name] = value
    try:
        query: object = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=field_of(error)) from error
    refuse_unfit(query)
    return query


def field_of(error: msgspec.ValidationError) -> str | None:
    """Return the field a validation error speaks of: msgspec writes `$.body.text`, unknown ones in words."""
    message = str(error)
    if "`" in message and ("unknown field" in message or "missing required field" in message):
        return message.split("`")[1]
    _, found, path = message.rpartition(" - at `$.")
    return path.rstrip("`") if found else None
