"""The one table from errors to HTTP, and the one place that renders them.

The domain knows no HTTP; this module knows of the domain only the families of `appliance.errors`. An unexpected
exception is logged with the request's id, and the caller gets that id and nothing more.
"""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from appliance import errors
from appliance.locale import Language, text
from appliance.wire.common import ErrorAnswer, ErrorBody

STATUS: Final[dict[type[errors.AppError], int]] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.NotReady: 409,
    errors.KeyDestroyed: 410,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.QuotaExceeded: 507,
    errors.Unavailable: 503,
    errors.WrongKey: 503,
    errors.SchemaTooNew: 503,
    errors.SchemaTooOld: 503,
    errors.ConfigError: 500,
    errors.AppError: 500,
}
NO_SUCH_RANGE: Final = "range_not_satisfiable"
# Codes whose status differs from that of their family.
STATUS_BY_CODE: Final = {
    "unsupported_media_type": 415,
    "method_not_allowed": 405,
    "csrf": 403,
    "must_change_password": 403,
    "terms_not_accepted": 403,
    "content_encoding": 415,
    "expectation_failed": 417,
    "too_large": 413,
    NO_SUCH_RANGE: 416,
    "too_slow": 408,
    "bad_request": 400,
    "websocket_expected": 426,
    "tus_version": 412,
    "upload_checksum": 460,
    "upload_expired": 410,
    "upload_disk_full": 507,
}
# What aiohttp raises by itself, by status; whatever else it may come to raise is a bad request.
CODE_OF_HTTP: Final = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 417: "expectation_failed"}
UNAVAILABLE_RETRY_S: Final = 5
NOT_READY_RETRY_S: Final = 1


def status_of(error: errors.AppError) -> int:
    """Return the HTTP status of an error: that of its code, or of its family."""
    return STATUS_BY_CODE.get(error.code) or next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def of_http(error: web.HTTPException) -> errors.AppError:
    """Return the error that an exception of aiohttp stands for."""
    code = CODE_OF_HTTP.get(error.status, "bad_request" if error.status < 500 else "internal")
    return errors.NotFound() if code == errors.NotFound.code else errors.AppError(code=code)


def body_of(error: errors.AppError, language: Language, request_id: str) -> ErrorBody:
    """Return what the caller is shown of an error."""
    message = text(error.code, language, **error.detail)
    return ErrorBody(code=error.code, message=message, field=error.field, request=request_id)


def retry_after_of(error: errors.AppError) -> int | None:
    """Return the seconds after which trying again may help, None where waiting does not help."""
    if isinstance(error, errors.TooMany):
        return max(1, round(error.retry_after))
    if isinstance(error, errors.NotReady):
        return NOT_READY_RETRY_S
    return UNAVAILABLE_RETRY_S if isinstance(error, errors.Unavailable) else None


def render_json(error: errors.AppError, language: Language, request_id: str) -> web.Response:
    """Return the response to an error, with `Retry-After` where waiting helps (RFC 9110 §10.2.3).

    A range that a file does not have is answered with the size it has (RFC 9110 §14.4).
    """
    headers = {}
    if (retry_after := retry_after_of(error)) is not None:
        headers["Retry-After"] = str(retry_after)
    elif isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    elif error.code == NO_SUCH_RANGE:
        headers["Content-Range"] = f"bytes */{error.detail['size']}"
    return web.Response(
        status=status_of(error),
        body=msgspec.json.encode(ErrorAnswer(error=body_of(error, language, request_id))),
        content_type="application/json",
        headers=headers,
    )
